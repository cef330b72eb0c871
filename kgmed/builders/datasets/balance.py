"""Caps per predicate and hub, and a bound on rows: chosen by hashes, without any global state.

A row stays with the probability that its cap asks for, drawn from a hash of the seed and the id of
its first statement, so that every part, and every partition on another machine, decides alike. With
n statements of a predicate, rows of k of them are about n / k: each stays with cap * k / n. Of a
concept with n statements likewise.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.splits import draw

T = TypeVar("T")
SHARE, LEAST = 0.05, 200
"""The share of the graph's statements that a balanced dataset has of one predicate at most, and how
many it has in any case."""
EACH, SOME = 20, 32
"""Where rows are bounded, a part gives so many at least, as to open one costs more than a few rows;
but so many parts give some in any case."""
HUB = 50
"""The statements of one concept that a balanced dataset has at most, about."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What of the rows stays. ``statements`` counts those of each predicate, ``hubs`` those at each
    concept that has more than ``per_hub``. 0 is no cap."""

    seed: int
    per_predicate: int = 0
    per_hub: int = 0
    statements: Mapping[str, int] | None = None
    hubs: Mapping[str, int] | None = None

    def keeps(self, draft: Draft) -> bool:
        """Whether a draft stays; one that rests on no statement always does."""
        if not draft.facts or not (self.per_predicate or self.per_hub):
            return True
        chance = self.chance(draft)
        return chance >= 1 or draw(self.seed, draft.facts[0].ids[0]) < chance

    def chance(self, draft: Draft) -> float:
        """The probability that a draft stays: that of the cap that asks for the least."""
        least = 1.0
        if self.per_predicate:
            for name, k in Counter(fact.predicate for fact in draft.facts).items():
                n = (self.statements or {}).get(name, 0)
                if n:
                    least = min(least, self.per_predicate * k / n)
        if self.per_hub and self.hubs:
            ends = Counter(
                end for fact in draft.facts for end in {fact.subject, fact.object}
                if end in self.hubs
            )  # fmt: skip
            for end, k in ends.items():
                least = min(least, self.per_hub * k / self.hubs[end])
        return least


def caps(statements: Mapping[str, int]) -> tuple[int, int]:
    """The caps per predicate and per concept of a balanced dataset, by the statements that a graph
    has of each predicate.

    >>> caps({"subclass_of": 12_000, "treats": 8_000, "causes": 30})
    (1001, 50)
    """
    return max(LEAST, int(SHARE * sum(statements.values()))), HUB


class Lowest(Generic[T]):
    """Keeps the items with the lowest of some numbers, at most so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._heap: list[tuple[float, str, T]] = []

    def takes(self, number: float) -> bool:
        """Whether an item of this number may still be one of those kept."""
        return len(self._heap) < self.most or bool(self._heap and -number >= self._heap[0][0])

    def add(self, number: float, id: str, item: T) -> None:
        """Take an item in; ``id`` settles ties."""
        entry = (-number, id, item)
        if len(self._heap) < self.most:
            heapq.heappush(self._heap, entry)
        elif self._heap and entry[:2] > self._heap[0][:2]:
            heapq.heapreplace(self._heap, entry)

    def __iter__(self) -> Iterator[T]:
        """What was kept, in the order of ids."""
        for _number, _id, item in sorted(self._heap, key=lambda entry: entry[1]):
            yield item


def chosen(most: int, weights: list[int], *, some: int = SOME) -> list[int]:
    """What parts weigh where so many rows are shared out among them: those that give none weigh
    nothing. Few rows are of some parts, at even distances.

    >>> chosen(40, [5, 5, 20, 10], some=2), chosen(1000, [5, 5, 20, 10], some=2)
    ([0, 5, 0, 10], [5, 5, 20, 10])
    """
    count = min(len(weights), max(some, most // EACH))
    places = {(2 * n + 1) * len(weights) // (2 * count) for n in range(count)}
    return [weight if place in places else 0 for place, weight in enumerate(weights)]


def quota(most: int, ends: list[int], part: int) -> int:
    """How many rows a part may write of ``most`` over all parts, by what each weighs.

    >>> [quota(10, [5, 5, 20], part) for part in range(3)]
    [1, 2, 7]
    """
    total, before = sum(ends), sum(ends[:part])
    if not total:
        return 0
    return most * (before + ends[part]) // total - most * before // total
