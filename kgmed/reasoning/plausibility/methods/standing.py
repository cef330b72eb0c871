"""Which concepts stand at which end of a predicate, in what a model was trained on. NumPy alone."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Mask, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End, opposite


class Standing:
    """Which concepts stand at which end of which family of predicates.

    ``table`` is uint8 [2 F, N / 8], a bit for each concept, the subjects of family f in row 2 f;
    ``families`` int32 [P], ``symmetric`` bool [P].
    """

    def __init__(self, table: Any, families: Ints, symmetric: Mask, concepts: int) -> None:
        self.table, self.families, self._symmetric = table, families, symmetric
        self._n = concepts

    @classmethod
    def of(cls, triples: Triples, part: Longs) -> Self:
        """Those of the triples at places ``part``."""
        size = int(triples.families.max(initial=-1)) + 1
        table = np.zeros((2 * size, (triples.concepts + 7) // 8), np.uint8)
        p = triples.p[part]
        for family in range(size):
            own = part[triples.families[p] == family]
            both = own[triples.symmetric[triples.p[own]]]
            for row, (one, other) in enumerate(((triples.s, triples.o), (triples.o, triples.s))):
                found = np.zeros(triples.concepts, bool)
                found[one[own]] = found[other[both]] = True
                table[2 * family + row] = np.packbits(found)
        return cls(table, triples.families, triples.symmetric, triples.concepts)

    @property
    def anywhere(self) -> Mask:
        """Whether each concept stands anywhere: whether it was trained on."""
        found: Mask = np.unpackbits(np.bitwise_or.reduce(self.table), count=self._n) == 1
        return found

    def at(self, p: int, end: End) -> Mask:
        """Whether each concept stands at that end of the family of predicate ``p``; either, where
        it is symmetric."""
        row = 2 * int(self.families[p])
        bits = self.table[row + ENDS.index(end)]
        if self._symmetric[p]:
            bits = bits | self.table[row + ENDS.index(opposite(end))]
        found: Mask = np.unpackbits(bits, count=self._n) == 1
        return found
