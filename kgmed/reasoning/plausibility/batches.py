"""What a batch of a training holds: triples of one predicate, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kgmed.reasoning.plausibility.data import Ints, Longs, Mask, Triples
from kgmed.reasoning.plausibility.measure import Answers
from kgmed.reasoning.plausibility.negatives import End, Slots


class Batches:
    """Batches of the triples at places ``part``, at most ``size`` each.

    ``members`` and ``drawn`` as in :class:`kgmed.reasoning.plausibility.train.Settings`.
    """

    def __init__(
        self, triples: Triples, part: Longs, *, size: int, members: int, drawn: int
    ) -> None:
        self.triples, self.part = triples, part
        self._size, self._members, self._drawn = size, members, drawn
        self.slots = Slots(triples, part)
        self._given = Answers(triples, part)

    def of_epoch(self, rng: np.random.Generator) -> Iterator[tuple[int, Longs]]:
        """(predicate, places of its triples), in an order of chance."""
        size, part = self._size, self.part
        order = part[rng.permutation(len(part))]
        codes = self.triples.p[order]
        order = order[np.argsort(codes, kind="stable")]
        bounds = np.searchsorted(np.sort(codes), np.arange(len(self.triples.predicates) + 1))
        found = [
            (code, order[at : min(at + size, int(bounds[code + 1]))])
            for code in range(len(self.triples.predicates))
            for at in range(int(bounds[code]), int(bounds[code + 1]), size)
        ]
        for n in rng.permutation(len(found)).tolist():
            yield found[n]

    def pool(self, code: int, end: End, rng: np.random.Generator) -> Ints:
        """The concepts that a batch is compared with, ascending."""
        members, degrees, kin = self.slots.slot(code, end)
        if len(members) > self._members:
            weight = degrees.astype(np.float64) ** 0.75
            members = rng.choice(members, self._members, p=weight / weight.sum())
        drawn = rng.choice(kin, min(self._drawn, len(kin)))
        return np.unique(np.concatenate([members, drawn]))

    def others(self, anchors: Ints, code: int, end: End, pool: Ints) -> Mask:
        """Which concepts of the pool are no answer to each anchor in training; bool [n, pool]."""
        row, answer = self._given.of(anchors, code, end)
        place = np.minimum(np.searchsorted(pool, answer), len(pool) - 1)
        there = pool[place] == answer
        others = np.ones((len(anchors), len(pool)), bool)
        others[row[there], place[there]] = False
        return others
