"""What becomes of a text after its claims were verified: objections to send back, and what is left.

:func:`objections` tells a writer which claims are refuted, by what, and which the graph doesn't
bear out. :func:`cleaned` is the last word, for when the writer has had its rounds: sentences with a
refuted claim go, true claims that went with them are told anew, what isn't borne out is marked or
goes too. What it returns is verified again, so that no refuted claim is left in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language
from kgmed.kg.verbalize import Verbalizer
from kgmed.reasoning.claims.extract.sentences import Sentence, sentences
from kgmed.reasoning.claims.model import Checked, Verdict, Verification

Verify = Callable[[str], Verification]
Unsupported = Literal["mark", "remove", "keep"]
"""What becomes of a sentence that the graph doesn't bear out."""

MARKS: dict[Language, dict[Verdict, str]] = {
    "en": {
        "UNSUPPORTED": " [not confirmed by the graph{what}]",
        "NOT_COVERED": " [not covered by the graph{what}]",
    },
    "zh": {"UNSUPPORTED": "［图谱未能证实{what}］", "NOT_COVERED": "［图谱未涵盖{what}］"},
}
MARKED = re.compile(
    r" \[not (?:confirmed|covered) by the graph[^\]]*\]|［图谱未(?:能证实|涵盖)[^］]*］"
)
"""A mark in a text."""
_SAID: dict[Language, dict[Verdict, str]] = {
    "en": {
        "REFUTED": "“{claim}” is refuted. {proof}",
        "UNSUPPORTED": "“{claim}” is not confirmed. {proof}",
        "NOT_COVERED": "“{claim}” can't be checked. {proof}",
    },
    "zh": {
        "REFUTED": "“{claim}”与图谱相悖。{proof}",
        "UNSUPPORTED": "“{claim}”未能证实。{proof}",
        "NOT_COVERED": "“{claim}”无法核查。{proof}",
    },
}
_COLON: dict[Language, str] = {"en": ": ", "zh": "："}
_ROUNDS = 5
"""Times that a text is cleaned; a sentence that goes may change what the next one's "it" means."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text without refuted claims, and how many sentences were removed, told anew and marked.

    ``text`` is "" where nothing is left to say. ``found`` is its verification.
    """

    text: str
    found: Verification
    removed: int = 0
    told: int = 0
    marked: int = 0


def objections(
    found: Verification, lang: Language, *, verdicts: Sequence[Verdict] = ("REFUTED",)
) -> list[str]:
    """A line for each claim with one of these verdicts: what was claimed, and why it doesn't hold.

    Refuted claims come first; a claim that is made several times is told once.
    """
    lines: dict[str, None] = {}
    for verdict in ("REFUTED", "UNSUPPORTED", "NOT_COVERED"):
        if verdict not in verdicts:
            continue
        for checked in found.claims:
            if checked.verdict == verdict:
                claim = " ".join((checked.claim.text or checked.claim.sentence).split())
                line = _SAID[lang][checked.verdict].format(claim=claim, proof=_words(checked))
                lines.setdefault(line.strip())
    return list(lines)


def cleaned(
    text: str,
    verify: Verify,
    say: Verbalizer,
    lang: Language,
    *,
    unsupported: Unsupported = "mark",
    cite: Callable[[Checked], str] = lambda _checked: "",
) -> Cleaned:
    """A text without its refuted claims; see the module for what becomes of the rest.

    ``verify`` verifies a text, ``say`` tells true claims anew that stood beside a refuted one, each
    with what ``cite`` says of it before its full stop.
    """
    removed = told = 0
    found = verify(text)
    for _round in range(_ROUNDS):
        bad = {"REFUTED"} | ({"UNSUPPORTED", "NOT_COVERED"} if unsupported == "remove" else set())
        if not any(checked.verdict in bad for checked in found.claims):
            break
        text, gone, anew = _without(
            text, found, bad, lambda checked: _cited(_told(checked, say, lang), cite(checked)), lang
        )
        removed, told = removed + gone, told + anew
        found = verify(text)
    else:  # what can't be put right is not said
        return Cleaned("", verify(""), removed, told)
    marked = 0
    if unsupported == "mark":
        text, marked = _marked(text, found, say, lang)
    return Cleaned(text.strip(), found, removed, told, marked)


def _without(
    text: str, found: Verification, bad: set[str], tell: Callable[[Checked], str], lang: Language
) -> tuple[str, int, int]:
    """The text without the sentences of bad claims; their true claims told at its end."""
    spans = list(sentences(text))
    out: set[int] = set()
    for checked in found.claims:
        if checked.verdict in bad:
            out |= _over(spans, checked)
    while more := {
        place
        for checked in found.claims
        if _named_in(spans, checked) & out
        for place in _over(spans, checked) - out
    }:
        out |= more  # their "it" would mean something else
    kept = text
    for place in sorted(out, reverse=True):
        kept = _cut(kept, spans[place])
    anew: dict[str, None] = {}
    for checked in found.claims:
        if checked.verdict == "SUPPORTED" and _over(spans, checked) & out:
            anew.setdefault(tell(checked))
    joined = ("" if lang == "zh" else " ").join(anew)
    blank = "" if lang == "zh" or not kept.strip() else " "
    return (f"{kept.rstrip()}{blank}{joined}" if anew else kept), len(out), len(anew)


def _over(spans: Sequence[Sentence], checked: Checked) -> set[int]:
    """The sentences that a claim stands in; a list may run over several."""
    claim = checked.claim
    return {
        place
        for place, span in enumerate(spans)
        if span.start < claim.end and claim.start < span.end
    }


def _cut(text: str, sentence: Sentence) -> str:
    """The text without a sentence; without its line, where nothing else stands there."""
    start, end = sentence.start, sentence.end
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    alone = not any(c.isalpha() for c in text[line:start]) and not text[end:stop].strip()
    if alone:
        return text[:line] + text[min(len(text), stop + 1) :]
    while end < stop and text[end].isspace():
        end += 1
    return text[:start] + text[end:]


def _told(checked: Checked, say: Verbalizer, lang: Language) -> str:
    claim = checked.claim
    names = {
        end if isinstance(end, str) else end.id: end if isinstance(end, str) else end.text
        for end in (claim.subject, claim.object)
    }
    subject, predicate, object = claim.triple
    return say.claim(
        subject, predicate, object, names, lang=lang, negated=claim.negated,
        qualifiers=claim.qualifiers,
    )  # fmt: skip


def _cited(sentence: str, citation: str) -> str:
    """A sentence with a citation before its full stop."""
    return f"{sentence[:-1]}{citation}{sentence[-1]}"


def _named_in(spans: Sequence[Sentence], checked: Checked) -> set[int]:
    """The sentences that name a claim's ends: an earlier one, where its own says "it"."""
    ends = [e for e in (checked.claim.subject, checked.claim.object) if isinstance(e, Link)]
    return {
        place
        for place, span in enumerate(spans)
        if any(span.start <= end.start < span.end for end in ends)
    }


def _marked(text: str, found: Verification, say: Verbalizer, lang: Language) -> tuple[str, int]:
    """The text with a mark behind each sentence that isn't borne out, worst verdict first; which
    claims it is, where others of the sentence are."""
    spans = list(sentences(text))
    marks: dict[int, str] = {}
    for place in range(len(spans)):
        here = [checked for checked in found.claims if place in _over(spans, checked)]
        for verdict in ("UNSUPPORTED", "NOT_COVERED"):
            bad = [checked for checked in here if checked.verdict == verdict]
            if not bad or place in marks:
                continue
            claims = [_told(checked, say, lang).rstrip(".。") for checked in bad]
            what = _COLON[lang] + "; ".join(claims) if len(bad) < len(here) else ""
            marks[place] = MARKS[lang][bad[0].verdict].format(what=what)
    for place in sorted(marks, reverse=True):
        end = spans[place].end
        stop = end
        while stop > spans[place].start and text[stop - 1] in ".。;；!！":
            stop -= 1
        text = text[:stop] + marks[place] + text[stop:]
    return text, len(marks)


def _words(checked: Checked) -> str:
    if checked.proof is not None and checked.proof.words:
        return checked.proof.words
    ends = (checked.claim.subject, checked.claim.object)
    unknown = [end.text for end in ends if isinstance(end, Link) and not end.id]
    return ", ".join(unknown) or checked.reason
