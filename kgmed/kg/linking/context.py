"""What the words around a mention say of it: so far, whether it is negated."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kgmed.kg.linking.words import NEGATION_CUES

_SCOPE = 40
"""Characters before a mention in which a negation cue counts, within the clause."""
_CLAUSE = re.compile(r"[.;:!?,。；：！？，]|\bbut\b|但")


@dataclass(frozen=True, slots=True)
class Context:
    """What is said of a mention."""

    negated: bool = False
    uncertain: bool = False
    experiencer: str = "patient"


class Contexts:
    """The cues of a text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, start: int, _end: int) -> Context:
        """What is said of the mention at these offsets."""
        before = _CLAUSE.split(self._text[max(0, start - _SCOPE) : start])[-1].lower()
        words = set(re.findall(r"[a-z']+", before))
        return Context(any(c in words if c.isascii() else c in before for c in NEGATION_CUES))
