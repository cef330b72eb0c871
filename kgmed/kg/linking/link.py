"""A link: a span of text, the concept it names, and why."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """One concept that a span may name. ``score`` lies in 0-1; ``why`` says how it matched."""

    id: str
    name: str
    category: str
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Link:
    """A span of text and the concept it names.

    ``start`` and ``end`` count Unicode code points of the text that was given. ``alternatives``
    hold the other concepts that the span may name, best first: ambiguity is returned, not hidden.
    ``experiencer`` is ``patient``, ``family`` or ``other``; ``note`` is what a reader must know of
    the match ("salt: sodium").
    """

    text: str
    start: int
    end: int
    id: str
    name: str
    category: str
    score: float
    why: str
    negated: bool = False
    alternatives: tuple[Candidate, ...] = field(default_factory=tuple)
    uncertain: bool = False
    experiencer: str = "patient"
    note: str = ""
