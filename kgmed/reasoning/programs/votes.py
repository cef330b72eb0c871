"""Votes on what answers mean: pure functions over samples.

A sample votes with what it says: an option, yes or no, or the concepts that it names, so that two
names of one concept are one vote. Its weight is how well its claims were borne out. Of lists that
differ, the one that has most in common with all is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WORTH = {"SUPPORTED": 1.0, "NOT_COVERED": 0.5, "UNSUPPORTED": 0.4, "REFUTED": 0.0}
"""What a claim counts by its verdict; an answer without claims counts as one not covered."""
REFUTED = 0.25
"""What is left of a sample's weight by a refuted claim, besides."""


@dataclass(frozen=True, slots=True)
class Vote:
    """What a sample says, as a set, and its weight."""

    says: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Won:
    """Which sample was chosen (its place), and how far the samples agree with it (0-1)."""

    chosen: int
    agreement: float


def weight(verdicts: Sequence[str]) -> float:
    """The weight of a sample by its claims' verdicts.

    >>> weight(["SUPPORTED", "SUPPORTED"]), weight([]), weight(["SUPPORTED", "REFUTED"])
    (1.0, 0.5, 0.125)
    """
    if not verdicts:
        return WORTH["NOT_COVERED"]
    mean = sum(WORTH[verdict] for verdict in verdicts) / len(verdicts)
    return mean * (REFUTED if "REFUTED" in verdicts else 1.0)


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """What two votes have in common, of all that either says.

    >>> likeness(frozenset("ab"), frozenset("bc"))
    0.3333333333333333
    """
    return len(one & other) / len(one | other) if one or other else 1.0


def won(votes: Sequence[Vote]) -> Won:
    """The sample that the others, by their weight, are most like; of equals the weightiest, then
    the first.

    >>> votes = [Vote(frozenset({"a"}), 1.0), Vote(frozenset({"b"}), 0.4),
    ...          Vote(frozenset({"b"}), 0.4)]
    >>> won(votes).chosen, round(won(votes).agreement, 2)
    (0, 0.56)
    """
    total = sum(vote.weight for vote in votes)
    if not votes or not total:
        return Won(0, 0.0)
    support = [
        sum(other.weight * likeness(vote.says, other.says) for other in votes) for vote in votes
    ]
    best = max(range(len(votes)), key=lambda i: (round(support[i], 9), votes[i].weight, -i))
    return Won(best, support[best] / total)
