"""Negatives and what proves them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed: a triple of CURIEs, and qualifiers."""

    subject: str
    predicate: str
    object: str
    qualifiers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells one from another."""
        if not self.qualifiers:
            return (self.subject, self.predicate, self.object)
        listed = (f"{name}={self.qualifiers[name]}" for name in sorted(self.qualifiers))
        return (self.subject, self.predicate, self.object, *listed)


Verdicts = Callable[[Sequence[Claimed]], Sequence[str]]
"""The verdict of each of many claims, in order: SUPPORTED, REFUTED, UNSUPPORTED or NOT_COVERED."""


@runtime_checkable
class Numbered(Protocol):
    """Verdicts that are given faster where concepts are known by number."""

    def numbered(self, number: Callable[[str], int]) -> Verdicts:
        """The same verdicts, by what gives a concept's number in the snapshot, or -1."""
        ...


@dataclass(frozen=True, slots=True)
class Negative:
    """A claim that the graph doesn't support, made of one that it states.

    ``kind`` says what was changed, ``statement`` is the id of the true statement, ``verdict`` what
    the verifier said: REFUTED, UNSUPPORTED or NOT_COVERED. UNSUPPORTED isn't known to be false; it
    is what the graph, which covers both ends, doesn't state. ``probability`` is what a trained
    model told of it, where one chose it.
    """

    kind: str
    claim: Claimed
    statement: str
    verdict: str
    probability: float | None = None


def told_of(*negatives: Negative | None) -> tuple[float, ...]:
    """What a model told of negatives, where one chose them."""
    return tuple(n.probability for n in negatives if n is not None and n.probability is not None)


@dataclass(slots=True)
class Counts:
    """What became of the corruptions that were tried, by (kind, outcome).

    Outcomes are verdicts, ``none`` where a statement has no corruption of the kind, and ``too
    plausible`` for what a trained model finds likely true. SUPPORTED
    ones are dropped, and so are verdicts that weren't wanted.
    """

    tried: Counter[tuple[str, str]] = field(default_factory=Counter)

    def kept(self, kind: str, verdicts: Sequence[str]) -> int:
        """How many of a kind were given out."""
        return sum(self.tried[kind, verdict] for verdict in verdicts)
