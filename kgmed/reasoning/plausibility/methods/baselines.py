"""Simple scores that a trained model has to beat: degrees, and degree-weighted path counts.

Both need NumPy alone and nothing but the triples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Longs, Reals, Triples
from kgmed.reasoning.plausibility.triples.negatives import End, Slots

DAMPING = 0.4
"""Hetionet's exponent w (Himmelstein et al. 2017, https://doi.org/10.7554/eLife.26726)."""
LENGTHS = (1, 2, 3)


class Degree:
    """How often the one stands at its end of the predicate, times how often the other does: each
    count one more, so that what never does isn't nothing."""

    name = "degree"

    def __init__(self, slots: Slots) -> None:
        self._degrees = slots.degrees

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        found = np.zeros(len(s))
        for code in np.unique(p).tolist():
            own = np.flatnonzero(p == code)
            left = self._degrees(code, "subject", s[own]) + 1.0
            found[own] = left * (self._degrees(code, "object", o[own]) + 1.0)
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        other: End = "object" if end == "subject" else "subject"
        left = self._degrees(p, other, anchors) + 1.0
        return left[:, None] * (self._degrees(p, end, candidates) + 1.0)


class PathCounts:
    """Hetionet's degree-weighted path count (DWPC), over all paths of the given ``lengths``.

    A path counts less the more statements its concepts have: each statement multiplies it by
    ``(a * b) ** -damping``, where ``a`` and ``b`` are how often its ends stand there in its
    predicate. A path may go along a statement or against it, and comes through no concept twice;
    so the statement between the two concepts is in no path but the one that it is itself. The
    predicate that is asked for decides nothing here: what is alike is near.
    """

    def __init__(
        self,
        triples: Triples,
        part: Longs,
        *,
        lengths: tuple[int, ...] = LENGTHS,
        damping: float = DAMPING,
    ) -> None:
        slots = Slots(triples, part)
        s, p, o = triples.s[part], triples.p[part], triples.o[part]
        weight = np.zeros(len(part))
        for code in np.unique(p).tolist():
            own = np.flatnonzero(p == code)
            left = slots.degrees(code, "subject", s[own]).astype(np.float64)
            weight[own] = (left * slots.degrees(code, "object", o[own])) ** -damping
        n = triples.concepts
        row, column = np.concatenate([s, o]).astype(np.int64), np.concatenate([o, s])
        keys, place = np.unique(row * n + column, return_inverse=True)
        weights = np.bincount(place, np.concatenate([weight, weight]), len(keys))
        self._set(
            np.searchsorted(keys // n, np.arange(n + 1)), (keys % n).astype(np.int32),
            weights.astype(np.float32), lengths,
        )  # fmt: skip

    def _set(self, first: Longs, neighbors: Ints, weights: Reals, lengths: tuple[int, ...]) -> None:
        self.name, self.lengths = "dwpc", lengths
        self._first, self._neighbors, self._weights = first, neighbors, weights
        self._n = len(first) - 1
        square = weights.astype(np.float64) ** 2  # to each neighbour and back
        self._back = np.diff(np.concatenate([[0.0], np.cumsum(square)])[first])

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any], *, lengths: tuple[int, ...] = LENGTHS) -> Self:
        """The counts of what :attr:`arrays` gave."""
        made = cls.__new__(cls)
        made._set(
            arrays["paths.first"], arrays["paths.neighbors"], arrays["paths.weights"], lengths
        )
        return made

    @property
    def arrays(self) -> dict[str, Any]:
        """All that counting needs, to be kept: for concept c, its neighbours and what a step to
        each weighs, from ``first[c]`` to ``first[c + 1]``."""
        return {
            "paths.first": self._first, "paths.neighbors": self._neighbors,
            "paths.weights": self._weights,
        }  # fmt: skip

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        found: Floats = self.by_length(s, o).sum(0)
        return found

    def by_length(self, s: Ints, o: Ints) -> Floats:
        """The counts of each length by itself; shapes (n,) to (lengths, n).

        A count is the same from either end; of each pair it is taken from the one that has more of
        the others, which is reached but once.
        """
        if not len(s):
            return np.zeros((len(self.lengths), 0))
        often = np.bincount(s), np.bincount(o)
        turned = often[0][s] < often[1][o]
        s, o = np.where(turned, o, s), np.where(turned, s, o)
        found = np.zeros((len(self.lengths), len(s)))
        order = np.argsort(s, kind="stable")
        bounds = np.flatnonzero(np.r_[True, s[order][1:] != s[order][:-1], True])
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            own = order[low:high]
            found[:, own] = self._counts(int(s[own[0]]), o[own])
        return found

    def steps(self, s: Ints, o: Ints) -> Floats:
        """What the step from each concept to another weighs, 0 where no statement joins them or a
        number is -1; shapes (n,)."""
        found = np.zeros(len(s))
        for n, (one, other) in enumerate(zip(s.tolist(), o.tolist(), strict=True)):
            if one < 0 or other < 0:
                continue
            first, past = int(self._first[one]), int(self._first[one + 1])
            place = first + int(np.searchsorted(self._neighbors[first:past], other))
            if place < past and self._neighbors[place] == other:
                found[n] = self._weights[place]
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        found: Floats = self.against_by_length(anchors, candidates).sum(0)
        return found

    def against_by_length(self, anchors: Ints, candidates: Ints) -> Floats:
        """The counts of each length from each anchor to each candidate; shape (lengths, anchors,
        candidates)."""
        distinct, place = np.unique(anchors, return_inverse=True)
        table = np.zeros((len(self.lengths), len(distinct), len(candidates)))
        for row, anchor in enumerate(distinct.tolist()):
            table[:, row] = self._counts(anchor, candidates)
        return table[:, place]

    def _counts(self, anchor: int, others: Ints) -> Floats:
        """The counts of the paths from one concept to each of some others, by length."""
        once = np.zeros(self._n)
        row = slice(self._first[anchor], self._first[anchor + 1])
        once[self._neighbors[row]] = self._weights[row]
        direct = once[others]
        by_length = {1: direct}
        if max(self.lengths) > 1:
            twice = self._spread(once)
            twice[anchor] = 0
            by_length[2] = twice[others]
        if 3 in self.lengths:
            # less the walks that come through the end and go back to it
            again = direct * (self._back[others] - direct**2)
            walks = self._gathered(twice, others)
            by_length[3] = np.where(walks - again <= 1e-6 * again, 0, walks - again)
        return np.stack([by_length[length] for length in self.lengths])

    def _spread(self, start: Floats) -> Floats:
        """One step further from every concept reached."""
        reached = np.flatnonzero(start)
        counts = self._first[reached + 1] - self._first[reached]
        places = _ranges(self._first[reached], counts)
        share = np.repeat(start[reached], counts) * self._weights[places]
        further: Floats = np.bincount(self._neighbors[places], share, self._n).astype(np.float64)
        return further

    def _gathered(self, reached: Floats, others: Ints) -> Floats:
        """One step further, to some concepts alone."""
        counts = self._first[others + 1] - self._first[others]
        if counts.sum() > len(self._neighbors):
            return self._spread(reached)[others]
        places = _ranges(self._first[others], counts)
        share = reached[self._neighbors[places]] * self._weights[places]
        row = np.repeat(np.arange(len(others)), counts)
        return np.bincount(row, share, len(others)).astype(np.float64)


def _ranges(first: Longs, counts: Longs) -> Longs:
    """The numbers from each first on, as many as its count."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - ends + counts, counts)
