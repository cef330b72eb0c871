"""How well scores find what was held out: ranks, and true against probably false.

Ranks are filtered (Bordes et al. 2013: other true answers are taken out of the way) and realistic
(a tie counts half: the mean of the optimistic and the pessimistic rank, as PyKEEN has it,
https://pykeen.readthedocs.io/en/stable/tutorial/understanding_evaluation.html). Either end of a
triple is asked for, among the concepts of the categories that stand there in what was trained on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kgmed.reasoning.plausibility.told import Figure
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Longs, Triples, triple_keys
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End, Negatives, Slots

ROWS = 256
"""Triples whose candidates are scored at once."""
HITS = (1, 3, 10)
TIE = 1e-5
"""Scores that differ by less, relative to their size, are equal."""


class Scores(Protocol):
    """What gives triples scores, the higher the more plausible: a model or a baseline."""

    @property
    def name(self) -> str: ...

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        """The scores of triples; shapes (n,)."""
        ...

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        """The scores of each candidate at ``end`` of predicate ``p``, with each anchor at the
        other; shape (anchors, candidates)."""
        ...


class Answers:
    """What the triples (those at places ``part``, or all) state of a predicate and one end."""

    def __init__(self, triples: Triples, part: Longs | None = None) -> None:
        chosen = slice(None) if part is None else part
        s, o, p = triples.s[chosen], triples.o[chosen], triples.p[chosen]
        both = np.flatnonzero(triples.symmetric[p])
        n = self._n = triples.concepts
        self.keys: dict[End, Longs] = {}
        """By end, ascending, :func:`triple_keys` of (anchor, predicate, answer)."""
        own: dict[End, tuple[Ints, Ints]] = {"object": (s, o), "subject": (o, s)}
        for end, (anchor, answer) in own.items():
            keys = triple_keys(anchor, p, answer, n)
            if len(both):
                turned = triple_keys(answer[both], p[both], anchor[both], n)
                keys = np.concatenate([keys, turned])
            if (keys[1:] < keys[:-1]).any():
                keys.sort()
            self.keys[end] = keys

    def of(self, anchors: Ints, p: int, end: End) -> tuple[Longs, Ints]:
        """(row of the anchor, answer) of all answers at ``end`` to the anchors at the other."""
        keys = self.keys[end]
        wanted = (np.int64(p) * self._n + anchors) * self._n
        low, high = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted + self._n)
        counts = high - low
        row = np.repeat(np.arange(len(anchors)), counts)
        within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        return row, (keys[np.repeat(low, counts) + within] % self._n).astype(np.int32)


def ranks(
    scores: Scores,
    slots: Slots,
    part: Longs,
    *,
    answers: Answers | None = None,
    loops: bool = False,
) -> Floats:
    """The rank of the true subject and of the true object, for the triples at places ``part``.

    Shape (n, 2); 1 is best, and a tie with one other makes it 1.5. With ``loops`` the concept at
    the one end may stand at the other, too.
    """
    triples = slots.triples
    answers = answers or Answers(triples)
    found = np.zeros((len(part), 2))
    for code in np.unique(triples.p[part]).tolist():
        own = np.flatnonzero(triples.p[part] == code)
        for number, end in enumerate(ENDS):
            candidates = slots.slot(code, end).candidates
            for start in range(0, len(own), ROWS):
                rows = own[start : start + ROWS]
                s, o = triples.s[part[rows]], triples.o[part[rows]]
                anchors, wanted = (s, o) if number else (o, s)
                given = np.full(len(rows), code, np.int32)
                aim = scores.score(s, given, o)[:, None]
                table = scores.against(anchors, code, end, candidates)
                other = np.ones(table.shape, bool)
                row, answer = answers.of(anchors, code, end)
                _strike(other, row, answer, candidates)
                _strike(other, np.arange(len(rows)), wanted, candidates)
                if not loops:
                    _strike(other, np.arange(len(rows)), anchors, candidates)
                # one score comes of two computations, which round differently
                equal = (np.abs(table - aim) <= TIE * np.abs(aim)) & other
                above = (table > aim) & other & ~equal
                found[rows, number] = 1 + above.sum(1) + equal.sum(1) / 2
    return found


def struck(candidates: Ints, concept: Ints) -> tuple[Longs, Longs]:
    """(place among ``concept``, column of the candidates) of the concepts that are candidates."""
    if not len(candidates):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    column = np.minimum(np.searchsorted(candidates, concept), len(candidates) - 1)
    there = np.flatnonzero(candidates[column] == concept)
    return there, column[there]


def _strike(other: npt.NDArray[np.bool_], row: Longs, concept: Ints, candidates: Ints) -> None:
    """Take concepts out of the candidates of their rows."""
    there, column = struck(candidates, concept)
    other[row[there], column] = False


@dataclass(frozen=True, eq=False)
class Sample:
    """What one method gave for one split: everything that figures are computed from.

    ``ranks`` as :func:`ranks` gives them; ``p`` (int32 [n]) the predicates of the true triples;
    ``true`` and ``false`` their scores and those of their negatives, ``of`` the true triple that
    each negative was made of.
    """

    ranks: Floats
    p: Ints
    true: Floats
    false: Floats
    of: Ints


def sampled(
    scores: Scores, slots: Slots, part: Longs, negatives: Negatives,
    *, answers: Answers | None = None,
) -> Sample:  # fmt: skip
    """The ranks and scores of the triples at places ``part`` and of their negatives."""
    triples = slots.triples
    s, p, o = triples.s[part], triples.p[part], triples.o[part]
    return Sample(
        ranks(scores, slots, part, answers=answers), p, scores.score(s, p, o),
        scores.score(negatives.s, negatives.p, negatives.o), negatives.of,
    )  # fmt: skip


def figures(samples: Sequence[Sample], *, draws: int = 1000, seed: int = 0) -> dict[str, Figure]:
    """``mrr``, ``hits_1``, ``hits_3``, ``hits_10``, ``auc`` and ``average_precision``.

    The value is the mean over the samples (one a seed); the interval comes of drawing the true
    triples of each anew, with their negatives, ``draws`` times.
    """
    rng = np.random.default_rng(seed)
    names = ["mrr", *(f"hits_{k}" for k in HITS), "auc", "average_precision"]
    points, drawn = np.zeros(len(names)), np.zeros((draws, len(names)))
    for sample in samples:
        of_triple = [
            (1 / sample.ranks).mean(1),
            *((sample.ranks <= k).mean(1) for k in HITS),
        ]
        n = len(of_triple[0])
        weights = rng.multinomial(n, np.full(n, 1 / n), draws).astype(np.float64)
        ones = np.ones((1, n))
        for counts, into in ((ones, points[None]), (weights, drawn)):
            mean = [counts @ value / n for value in of_triple]
            mean += separation(sample, counts)
            np.add(into, np.stack(mean, 1) / len(samples), out=into)
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return {
        name: Figure(*(round(float(x), 6) for x in row))
        for name, row in zip(names, zip(points, low, high, strict=True), strict=True)
    }


def lead(
    ahead: Sequence[Sample], behind: Sequence[Sample], *, draws: int = 1000, seed: int = 0
) -> Figure:
    """By how much the AUC of one method is above that of another on the same triples and negatives,
    which are drawn anew for both together."""
    rng = np.random.default_rng(seed)
    point, drawn = np.zeros(1), np.zeros(draws)
    for one, other in zip(ahead, behind, strict=True):
        n = len(one.true)
        weights = rng.multinomial(n, np.full(n, 1 / n), draws).astype(np.float64)
        for counts, into in ((np.ones((1, n)), point), (weights, drawn)):
            more = separation(one, counts)[0] - separation(other, counts)[0]
            np.add(into, more / len(ahead), out=into)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(*(round(float(x), 6) for x in (point[0], low, high)))


def separation(sample: Sample, weights: Floats) -> tuple[Floats, Floats]:
    """Area under the ROC curve and average precision of true against false scores, for each row of
    weights of the true triples; shape (rows, n) to two of (rows,).

    The negatives of a triple share its weight, so that both sides weigh the same and average
    precision doesn't depend on how many negatives there are: 0.5 is chance, and what is told where
    one side has none. Ties count half.
    """
    score = np.concatenate([sample.true, sample.false])
    each = np.bincount(sample.of, minlength=len(sample.true))
    has = each > 0
    true = weights * has
    false = weights[:, sample.of] / each[sample.of]
    levels, level = np.unique(-score, return_inverse=True)
    n = len(sample.true)
    auc, precision = np.zeros(len(weights)), np.zeros(len(weights))
    for row in range(len(weights)):
        up = np.bincount(level[:n], true[row], len(levels))
        down = np.bincount(level[n:], false[row], len(levels))
        hits, misses = np.cumsum(up), np.cumsum(down)
        if not hits[-1] or not misses[-1]:  # nothing to tell apart
            auc[row] = precision[row] = 0.5
            continue
        auc[row] = (up * (misses[-1] - misses + down / 2)).sum() / (hits[-1] * misses[-1])
        precision[row] = (up * hits / np.maximum(hits + misses, 1e-12)).sum() / hits[-1]
    return auc, precision


def by_predicate(
    sample: Sample, names: Sequence[str], *, draws: int = 200
) -> Mapping[str, tuple[int, dict[str, Figure]]]:
    """Predicate -> how many of its triples were held out, and the figures of these."""
    found = {}
    for code in np.unique(sample.p).tolist():
        own = np.flatnonzero(sample.p == code)
        place = np.full(len(sample.p), -1)
        place[own] = np.arange(len(own))
        chosen = place[sample.of] >= 0
        part = Sample(
            sample.ranks[own], sample.p[own], sample.true[own], sample.false[chosen],
            place[sample.of[chosen]].astype(np.int32),
        )  # fmt: skip
        found[names[code]] = len(own), figures([part], draws=draws)
    return found
