"""How well a detector finds hallucinated texts among judgements.

A judgement's item is right as "supported" or "hallucinated"; what is to be found is the latter. A
text is flagged where the detector said "hallucinated"; one that it abstained from isn't flagged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.reasoning.evaluation.measures.resampling import (
    STANDARD,
    Array,
    Interval,
    Resampling,
    interval,
    percentiles,
    share,
)
from kgmed.reasoning.evaluation.runs import Record

HALLUCINATED = "hallucinated"


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector found: counts of texts, and measures 0 to 1 with intervals.

    ``caught`` + ``missed`` are hallucinated, ``false_alarms`` + ``passed`` are not; ``silent`` of
    them all weren't judged. ``balanced`` is the mean of recall and the share of supported texts
    that aren't flagged. ``auc``: :func:`auc`, of judged texts with a confidence.
    """

    texts: int
    caught: int
    missed: int
    false_alarms: int
    passed: int
    silent: int
    precision: Interval
    recall: Interval
    f1: Interval
    balanced: Interval
    auc: Interval


def detection(records: Sequence[Record], *, how: Resampling = STANDARD) -> Detection:
    """What a detector found among the judgements of a run; others are left out."""
    held = [record for record in records if record["kind"] == "judgement"]
    bad = np.array([HALLUCINATED in record["right"] for record in held], dtype=float)
    flagged = np.array([record["said"] == HALLUCINATED for record in held], dtype=float)
    caught, alarms = bad * flagged, (1 - bad) * flagged
    columns = np.column_stack([caught, bad, alarms, 1 - bad])
    scored = [r for r in held if r["score"] is not None and r["said"]]
    return Detection(
        texts=len(held),
        caught=int(caught.sum()),
        missed=int(bad.sum() - caught.sum()),
        false_alarms=int(alarms.sum()),
        passed=int((1 - bad).sum() - alarms.sum()),
        silent=sum(not record["said"] for record in held),
        precision=share(caught, flagged, how),
        recall=share(caught, bad, how),
        f1=interval(columns, _f1, how),
        balanced=interval(columns, _balanced, how),
        auc=auc(
            np.array([HALLUCINATED in record["right"] for record in scored]),
            np.array([suspicion(record) for record in scored], dtype=float),
            how=how,
        ),
    )


def suspicion(record: Record) -> float:
    """How sure a detector is that a text is hallucinated: its confidence in what it said, turned.

    >>> suspicion({"said": "hallucinated", "score": 0.9}), suspicion({"said": "supported",
    ...                                                               "score": 0.75})
    (0.9, 0.25)
    """
    score = float(record["score"])
    return score if record["said"] == HALLUCINATED else 1 - score


def auc(bad: Array, scores: Array, *, how: Resampling = STANDARD) -> Interval:
    """The probability that a hallucinated text has a higher score than another; ties count half.

    The area under the ROC curve (Hanley and McNeil 1982,
    https://doi.org/10.1148/radiology.143.1.7063747), with its bootstrap interval; None where all
    texts are of one sort.

    >>> auc(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.4, 0.1])).value
    0.875
    """
    bad = np.asarray(bad, dtype=bool)
    if bad.all() or not bad.any():
        return Interval()
    levels, place = np.unique(scores, return_inverse=True)
    of_bad = np.bincount(place[bad], minlength=len(levels)).astype(float)
    of_good = np.bincount(place[~bad], minlength=len(levels)).astype(float)
    value = float(_auc(of_bad[None], of_good[None])[0])
    generator = np.random.default_rng(how.seed)
    shares = np.concatenate([of_bad, of_good]) / len(bad)
    parts = []
    step = max(1, 4_000_000 // len(shares))
    for start in range(0, how.resamples, step):
        drawn = generator.multinomial(len(bad), shares, size=min(step, how.resamples - start))
        parts.append(_auc(drawn[:, : len(levels)], drawn[:, len(levels) :]))
    found = np.concatenate(parts)
    found = found[~np.isnan(found)]
    if not len(found) or found.min() == found.max():
        return Interval(value)
    return Interval(value, *percentiles(found, how.level))


def _auc(bad: Array, good: Array) -> Array:
    """AUCs of counts by score, from the lowest score; shapes (n, levels)."""
    below = np.cumsum(good, axis=1) - good / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((bad * below).sum(axis=1) / (bad.sum(axis=1) * good.sum(axis=1)))


def _f1(sums: Array) -> Array:
    caught, bad, alarms = sums[:, 0], sums[:, 1], sums[:, 2]
    return np.asarray(2 * caught / (caught + alarms + bad))


def _balanced(sums: Array) -> Array:
    return np.asarray((sums[:, 0] / sums[:, 1] + 1 - sums[:, 2] / sums[:, 3]) / 2)
