"""What DrugBank's English sentence of an interaction says: aspect, direction, and whom it befalls.

The XML holds no fields for it (drugbank.xsd, ``drug-interaction/description``), but nearly all
sentences follow a dozen patterns. A sentence becomes a template, the two drugs' names replaced by
marks; templates are few and are remembered. Qualifiers name the drug that it happens to by CURIE
(``affected``), so that the same sentence read from either drug's record gives the same qualifiers;
a risk that comes from both has no ``affected``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import NamedTuple

A, B = "\x01", "\x02"
"""Marks of the drug whose record it is and of its partner; XML can't hold them."""
TEMPLATES = 50_000
"""Templates remembered; where names don't occur in their sentence every sentence is its own."""
CHARACTERS = 500
"""Longer sentences aren't read: the patterns take time that grows faster than the text."""


class Reading(NamedTuple):
    """``affected`` is the mark of a drug, or '' for a risk that both share."""

    aspect: str
    direction: str
    affected: str


_CHANGE = {
    "increased": "increased",
    "increase": "increased",
    "decreased": "decreased",
    "decrease": "decreased",
    "reduced": "decreased",
    "reduce": "decreased",
}
_CHANGED = "(?P<change>increased|decreased|reduced)"
_CHANGES = "(?P<change>increase|decrease|reduce)"
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # both drugs share the risk
        rf"The (?:risk or severity|risk|severity) of (?P<risk>.+) can be {_CHANGED} when"
        r" (?P<one>.+) is (?:combined|used in combination) with (?P<other>.+)",
        # the risk is that of the first-named alone
        rf"The risk of an? (?P<risk>.+) to (?P<affected>.+) is {_CHANGED} when it is combined with"
        r" (?P<other>.+)",
        rf"The (?P<aspect>[^{A}{B}]+?) of (?P<affected>(?!the ).+?) can be {_CHANGED} when"
        r" (?:.+ is |it is )?(?:combined|used in combination) with (?P<other>.+?)"
        r"(?: resulting in .+)?",
        rf"(?P<other>.+) may {_CHANGES} the (?P<activity>[^{A}{B}]+) activities of"
        r" (?P<affected>.+)",
        rf"(?P<other>.+) may {_CHANGES} (?:the )?effectiveness of (?P<affected>.+)"
        r" as an? (?P<use>[^.]+)",
        rf"(?P<other>.+) may {_CHANGES} the (?P<aspect>[^{A}{B}]+?) of (?P<affected>.+?)"
        r"(?: which could result in .+)?",
        r"(?P<other>.+) can cause an? (?P<change>increase|decrease) in the"
        rf" (?P<aspect>[^{A}{B}]+?) of (?P<affected>.+?)(?: resulting in .+)?",
    )
)
_PARENTHESIS = re.compile(r"\s*\([^()]*\)")


class Sentences:
    """Reads sentences and counts what it could read: ``parsed``, ``read`` and, by template,
    ``unparsed``."""

    def __init__(self) -> None:
        self.read = self.parsed = 0
        self.unparsed: Counter[str] = Counter()
        self._known: dict[str, tuple[str, str, str] | None] = {}

    def qualifiers(self, sentence: str, drug: tuple[str, str], partner: tuple[str, str]) -> str:
        """The qualifiers as canonical JSON, '' where the sentence follows no known pattern.

        ``drug`` and ``partner`` are (CURIE, name).

        >>> Sentences().qualifiers(
        ...     "Aspirin may increase the anticoagulant activities of Warfarin.",
        ...     ("drugbank:DB00945", "Aspirin"), ("drugbank:DB00682", "Warfarin"))
        '{"affected":"drugbank:DB00682","aspect":"anticoagulant activity","direction":"increased"}'
        """
        self.read += 1
        marked = template(sentence, drug[1], partner[1])
        try:
            found = self._known[marked]
        except KeyError:
            found = _written(read_template(marked))
            if len(self._known) < TEMPLATES:
                self._known[marked] = found
        if found is None:
            if sentence:
                shown = marked.replace(A, "{drug}").replace(B, "{partner}")
                if shown in self.unparsed or len(self.unparsed) < TEMPLATES:
                    self.unparsed[shown] += 1
            return ""
        self.parsed += 1
        affected, head, tail = found
        if not affected:
            return tail
        return f"{head}{drug[0] if affected == A else partner[0]}{tail}"


def template(sentence: str, drug: str, partner: str) -> str:
    """The sentence with the names of the two drugs as marks, the longer name first.

    >>> template("Insulin pork may do X to Insulin.", "Insulin", "Insulin pork")
    '\\x02 may do X to \\x01.'
    """
    if len(drug) >= len(partner):
        marked = sentence.replace(drug, A) if drug else sentence
        return marked.replace(partner, B) if partner else marked
    marked = sentence.replace(partner, B)
    return marked.replace(drug, A) if drug else marked


def read_template(marked: str) -> Reading | None:
    """What a template says, None where it follows no known pattern.

    A slot without a mark (a salt's or an older name) stands for the drug that the other slot
    doesn't name; a sentence in which neither is named says nothing sure.

    >>> read_template("The metabolism of \\x02 can be decreased when combined with \\x01.")
    Reading(aspect='metabolism', direction='decreased', affected='\\x02')
    """
    text = marked.strip().removesuffix(".")
    if len(text) > CHARACTERS:
        return None
    for pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        slots = match.groupdict()
        direction = _CHANGE[slots["change"]]
        one, other = slots.get("affected") or slots.get("one") or "", slots["other"]
        first, second = _marks(one), _marks(other)
        if len(first) > 1 or len(second) > 1 or first == second:
            return None
        affected = first or {A: B, B: A}[second]
        aspect = _aspect(slots)
        if not aspect or A in aspect or B in aspect:
            return None
        return Reading(aspect, direction, affected if slots.get("affected") else "")
    return None


def _marks(slot: str) -> str:
    """The marks in a slot, each once."""
    return "".join(mark for mark in (A, B) if mark in slot)


def _aspect(slots: dict[str, str | None]) -> str:
    if risk := slots.get("risk"):
        return f"risk of {risk}"
    if activity := slots.get("activity"):
        return f"{_PARENTHESIS.sub('', activity)} activity"
    if use := slots.get("use"):
        return f"effectiveness as a {use}"
    return (slots.get("aspect") or "").replace(" of the ", " of ")


def _written(reading: Reading | None) -> tuple[str, str, str] | None:
    """(mark of the affected, JSON before its CURIE, JSON after it): a CURIE needs no escapes."""
    if reading is None:
        return None
    aspect = json.dumps(reading.aspect, ensure_ascii=False)
    rest = f'"aspect":{aspect},"direction":"{reading.direction}"}}'
    if not reading.affected:
        return "", "", "{" + rest
    return reading.affected, '{"affected":"', f'",{rest}'
