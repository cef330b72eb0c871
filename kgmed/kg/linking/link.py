"""A link: a span of text, the concept it names, and why."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """One concept that a span may name.

    ``score`` lies in 0-1 and is the product of ``parts`` (:mod:`kgmed.kg.linking.score`); ``why``
    says it in words.
    """

    id: str
    name: str
    category: str
    score: float
    why: str
    parts: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A span of text and the concept it names.

    ``start`` and ``end`` count Unicode code points of the text that was given. ``alternatives``
    hold the other concepts that the span may name, best first: ambiguity is returned, not hidden.
    ``negated``, ``uncertain`` and ``experiencer`` ("patient", "family" or "other") are what the
    words around it say of it. ``note`` tells what the span has beyond the concept ("salt: sodium").
    ``mention`` (0-1) is how likely a text means the name at all (:mod:`kgmed.kg.linking.quality`).
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
    alternatives: tuple[Candidate, ...] = ()
    uncertain: bool = False
    experiencer: str = "patient"
    note: str = ""
    mention: float = 1.0
    parts: dict[str, float] = field(default_factory=dict)
