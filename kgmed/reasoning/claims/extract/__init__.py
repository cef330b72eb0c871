"""Claims from a text, without a language model: sentences, cues between linked mentions, lists.

A sentence that states nothing (a question, a condition, a command) is skipped with its reason, and
so is one whose words between the mentions aren't known. A claim is anchored to its span.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language
from kgmed.reasoning.claims.extract.chinese import ChinesePatterns, read_chinese
from kgmed.reasoning.claims.extract.cues import EnglishCues
from kgmed.reasoning.claims.extract.english import read_english
from kgmed.reasoning.claims.extract.found import Found, Member, Reading
from kgmed.reasoning.claims.extract.framing import whole
from kgmed.reasoning.claims.extract.qualified import Tails
from kgmed.reasoning.claims.extract.sentences import Sentence, blanked, sentences, states_nothing
from kgmed.reasoning.claims.model import Claim, Skipped

if TYPE_CHECKING:
    from kgmed.kg.predicates import Registry

__all__ = ["extract"]

_CUES: dict[int, tuple[Registry, EnglishCues, ChinesePatterns]] = {}
_KEPT = 8


def extract(
    text: str, links: Sequence[Link], registry: Registry, *, lang: Language | None = None
) -> tuple[list[Claim], list[Skipped]]:
    """The claims of a text, in its order, and the sentences that state none, each with a reason.

    ``links`` are the text's (:meth:`kgmed.kg.linking.linker.Linker.text`), left to right; ``lang``
    is each sentence's own where it isn't given. An end that has a name but no concept is a link
    without an id. A sentence that gave a claim isn't skipped, whatever else it says. Reasons are
    ``question``, ``command``, ``condition``, ``comparison``, ``about the reader``, ``uncertain``,
    ``not of now``, ``not listed`` (that a source has no statement of it), ``no concept``,
    ``indirect`` (a word between the mentions changes what is said), ``too long a list`` and ``no
    known relation``. Linear in the length of the text.
    """
    english, chinese = _patterns(registry)
    claims: list[Claim] = []
    skipped: list[Skipped] = []
    carried: list[Member] = []
    before = ""
    for sentence, mentions in whole(sentences(text, lang=lang), links):
        reason = states_nothing(blanked(sentence, mentions), sentence.lang)
        if reason:
            skipped.append(_skip(sentence, reason))
            continue
        tails = Tails(sentence)
        inside = [link for link in mentions if not tails.hold(link)]
        if not inside:
            skipped.append(_skip(sentence, "no concept"))
            continue
        if sentence.lang == "zh":
            reading = read_chinese(tails.text, sentence.start, inside, chinese, carried=carried)
        else:
            reading = read_english(tails.text, sentence.start, inside, english, carried=carried)
        found = _distinct(reading)
        if found or not before.endswith(";"):  # no rest of a list, of which some isn't linked
            carried = reading.subject or carried
        before = sentence.text
        starts = sorted(min(one.subject.start, one.object.start) for one in found)
        claims += [_claim(text, sentence, one, tails, last=starts[-1]) for one in found]
        if not found:
            why = reading.reasons[0] if reading.reasons else "no known relation"
            skipped.append(_skip(sentence, why))
    return claims, skipped


def _patterns(registry: Registry) -> tuple[EnglishCues, ChinesePatterns]:
    """The cues of a registry, built once."""
    kept = _CUES.get(id(registry))
    if kept is None or kept[0] is not registry:
        if len(_CUES) >= _KEPT:
            _CUES.clear()
        kept = (registry, EnglishCues(registry), ChinesePatterns(registry))
        _CUES[id(registry)] = kept
    return kept[1], kept[2]


def _distinct(reading: Reading) -> list[Found]:
    seen: set[tuple[int, str, int, bool]] = set()
    kept = []
    for one in sorted(reading.claims, key=lambda c: (c.start, c.end)):
        key = (one.subject.start, one.predicate, one.object.start, one.negated)
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept


def _claim(text: str, sentence: Sentence, found: Found, tails: Tails, *, last: int) -> Claim:
    """A claim with its span and qualifiers; ``last`` is where the last claim's first end starts."""
    start = max(found.start, sentence.start)
    end = tails.whole(min(found.end, sentence.end))
    place = max(found.subject.end, found.object.end)
    return Claim(
        found.subject, found.predicate, found.object, found.negated,
        tails.behind(place, others_follow=last >= place),
        start=start, end=end, text=text[start:end], sentence=sentence.text,
    )  # fmt: skip


def _skip(sentence: Sentence, reason: str) -> Skipped:
    return Skipped(sentence.start, sentence.end, sentence.text, reason)
