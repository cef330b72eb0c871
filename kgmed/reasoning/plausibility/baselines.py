"""Simple scores that a trained model has to beat: degrees, and degree-weighted path counts.

Both need NumPy alone and nothing but the triples.
"""

from __future__ import annotations

import numpy as np

from kgmed.reasoning.plausibility.data import Floats, Ints, Longs, Triples
from kgmed.reasoning.plausibility.negatives import End, Slots

DAMPING = 0.4
"""Hetionet's exponent w (Himmelstein et al. 2017, https://doi.org/10.7554/eLife.26726)."""
LENGTHS = (1, 2, 3)


class Degree:
    """How often the one stands at its end of the predicate, times how often the other does; each
    count one more, so that what never does isn't nothing."""

    name = "degree"

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        found = np.zeros(len(s))
        for code in np.unique(p).tolist():
            own = np.flatnonzero(p == code)
            left = self._slots.degrees(code, "subject", s[own]) + 1.0
            found[own] = left * (self._slots.degrees(code, "object", o[own]) + 1.0)
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        other: End = "object" if end == "subject" else "subject"
        left = self._slots.degrees(p, other, anchors) + 1.0
        return left[:, None] * (self._slots.degrees(p, end, candidates) + 1.0)


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
        self.name = "dwpc"
        self.lengths = lengths
        self._n = triples.concepts
        slots = Slots(triples, part)
        s, p, o = triples.s[part], triples.p[part], triples.o[part]
        weight = np.zeros(len(part))
        for code in np.unique(p).tolist():
            own = np.flatnonzero(p == code)
            left = slots.degrees(code, "subject", s[own]).astype(np.float64)
            weight[own] = (left * slots.degrees(code, "object", o[own])) ** -damping
        row, column = np.concatenate([s, o]).astype(np.int64), np.concatenate([o, s])
        keys, place = np.unique(row * self._n + column, return_inverse=True)
        self._weights = np.bincount(place, np.concatenate([weight, weight]), len(keys))
        self._neighbors = (keys % self._n).astype(np.int64)
        self._first = np.searchsorted(keys // self._n, np.arange(self._n + 1))
        # to each neighbour and back
        self._back = np.bincount(keys // self._n, self._weights**2, self._n)

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        found = np.zeros(len(s))
        order = np.argsort(s, kind="stable")
        bounds = np.flatnonzero(np.r_[True, s[order][1:] != s[order][:-1], True])
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            own = order[low:high]
            found[own] = self._counts(int(s[own[0]]), o[own])
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        distinct, place = np.unique(anchors, return_inverse=True)
        table = np.stack([self._counts(anchor, candidates) for anchor in distinct.tolist()])
        return table[place]

    def _counts(self, anchor: int, others: Ints) -> Floats:
        """The count of the paths from one concept to each of some others."""
        once = np.zeros(self._n)
        row = slice(self._first[anchor], self._first[anchor + 1])
        once[self._neighbors[row]] = self._weights[row]
        direct = once[others]
        found = direct.copy() if 1 in self.lengths else np.zeros(len(others))
        if max(self.lengths) == 1:
            return found
        twice = self._spread(once)
        twice[anchor] = 0
        if 2 in self.lengths:
            found += twice[others]
        if 3 in self.lengths:
            # less the walks that come through the end and go back to it
            again = direct * (self._back[others] - direct**2)
            found += self._gathered(twice, others) - again
        return np.round(found, 12)  # the order of additions makes no difference to a tie

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
