"""What a batch of a training holds: triples of one predicate, and what they are compared with.

All that is drawn is drawn on the CPU, by NumPy, so that a seed draws the same for every device;
what is looked up among all triples is looked up on the device, where the batch is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kgmed.reasoning.plausibility.embedding.models import placed, torch_package
from kgmed.reasoning.plausibility.measures.measure import Answers
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Longs, Triples
from kgmed.reasoning.plausibility.triples.negatives import End, Slots

SMOOTHING = 0.75
"""The power of how often it stands there that a member is drawn by (that of word2vec)."""


class Batches:
    """Batches of the triples at places ``part``, at most ``size`` each.

    ``members`` and ``drawn`` as in
    :class:`~kgmed.reasoning.plausibility.embedding.settings.Settings`.
    """

    def __init__(
        self,
        triples: Triples,
        part: Longs,
        *,
        size: int,
        members: int,
        drawn: int,
        device: str = "cpu",
    ) -> None:
        self.slots = Slots(triples, part)
        self._size, self._members, self._drawn, self._device = size, members, drawn, device
        self._part = part
        self._codes = triples.p[part].astype(np.int16)  # sorted in one pass, as wider ones aren't
        counts = np.bincount(self._codes, minlength=len(triples.predicates))
        self._bounds = [0, *np.cumsum(counts).tolist()]
        self._shares: dict[tuple[int, End], Floats] = {}
        answers = Answers(triples, part)
        self._n = triples.concepts
        self._keys = {end: placed(keys, device) for end, keys in answers.keys.items()}

    def of_epoch(self, rng: np.random.Generator) -> Iterator[tuple[int, Longs]]:
        """(predicate, places of its triples), in an order of chance."""
        order, size = rng.permutation(len(self._part)), self._size
        order = self._part[order[np.argsort(self._codes[order], kind="stable")]]
        found = [
            (code, at, min(at + size, high))
            for code, (low, high) in enumerate(
                zip(self._bounds[:-1], self._bounds[1:], strict=True)
            )
            for at in range(low, high, size)
        ]
        for n in rng.permutation(len(found)).tolist():
            code, low, high = found[n]
            yield code, order[low:high]

    def pool(self, code: int, end: End, rng: np.random.Generator) -> Ints:
        """The concepts that a batch is compared with, ascending."""
        slot = self.slots.slot(code, end)
        chosen, kin = slot.members, slot.candidates
        if len(chosen) > self._members:
            share = self._share(code, end)
            chosen = chosen[np.searchsorted(share, rng.random(self._members), "right")]
        drawn = kin[rng.integers(0, len(kin), min(self._drawn, len(kin)))]
        return np.unique(np.concatenate([chosen, drawn]))

    def _share(self, code: int, end: End) -> Floats:
        """Summed shares of the members: one is drawn by a search, not by going over all."""
        if (code, end) not in self._shares:
            degrees = self.slots.slot(code, end).degrees
            summed = np.cumsum(degrees.astype(np.float64) ** SMOOTHING)
            self._shares[code, end] = summed / summed[-1]
        return self._shares[code, end]

    def others(self, anchors: Any, code: int, end: End, pool: Any) -> Any:
        """Which concepts of the pool are no answer to each anchor in training; a tensor of bool
        [n, pool]. Both are arrays, or tensors of int64 on the device."""
        torch, keys = torch_package(), self._keys[end]
        pool = placed(pool, self._device)
        # a concept that many triples have stands in a batch many times
        distinct, row_of = torch.unique(placed(anchors, self._device), return_inverse=True)
        wanted = (code * self._n + distinct) * self._n
        low, high = torch.searchsorted(keys, wanted), torch.searchsorted(keys, wanted + self._n)
        counts = high - low
        row = torch.repeat_interleave(counts)
        within = torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]
        answer = keys[low[row] + within] % self._n
        place = torch.searchsorted(pool, answer).clamp_max(len(pool) - 1)
        there = pool[place] == answer
        others = torch.ones((len(distinct), len(pool)), dtype=torch.bool, device=row.device)
        others[row[there], place[there]] = False
        return others[row_of]
