"""How many items are right: of all, of those that were answered, and what silence is worth.

An item is graded where it has a right answer to be held against: a choice, a yes or no, a
judgement, or an open answer that a judge found right or wrong. Of the graded ones each is right,
wrong, or not answered: abstained, failed, or nothing that could be read as an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.reasoning.evaluation.measures.resampling import (
    STANDARD,
    Array,
    Interval,
    Resampling,
    interval,
    mean,
    share,
)
from kgmed.reasoning.evaluation.runs import Record

PENALTY = 1.0
"""What a wrong answer costs, where a right one earns 1."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many items are right.

    ``items`` = ``right`` + ``wrong`` + ``abstained`` + ``failed`` + ``unread``; ``ungraded`` open
    ones are beside them. ``accuracy`` is over all items, ``of_answered`` over right and wrong,
    ``answered`` their share; ``points`` is :func:`points`, ``macro_f1`` is :func:`macro_f1`.
    """

    items: int
    right: int
    wrong: int
    abstained: int
    failed: int
    unread: int
    ungraded: int
    accuracy: Interval
    of_answered: Interval
    answered: float | None
    points: Interval
    macro_f1: Interval


def accuracy(
    records: Sequence[Record], *, penalty: float = PENALTY, how: Resampling = STANDARD
) -> Accuracy:
    """How many of a run's items are right, with intervals."""
    held = graded(records)
    right, wrong = outcomes(held)
    silent = [record for record in held if record["correct"] is None]
    failed = sum(bool(record["error"]) for record in silent)
    abstained = sum(record["abstained"] and not record["error"] for record in silent)
    return Accuracy(
        items=len(held),
        right=int(right.sum()),
        wrong=int(wrong.sum()),
        abstained=abstained,
        failed=failed,
        unread=len(silent) - failed - abstained,
        ungraded=len(records) - len(held),
        accuracy=share(right, np.ones(len(held)), how),
        of_answered=share(right, right + wrong, how),
        answered=float((right + wrong).mean()) if held else None,
        points=points(held, penalty=penalty, how=how),
        macro_f1=macro_f1(held, how=how),
    )


def graded(records: Iterable[Record]) -> list[Record]:
    """The records of items that are right or wrong, or would be if they were answered.

    Of an open item that wasn't answered its own record can't tell: ``graded`` (true or false) of
    the record says it, where :func:`kgmed.reasoning.evaluation.comparison.compare.compare` knows.
    """
    return [record for record in records if _is_graded(record)]


def _is_graded(record: Record) -> bool:
    if record["kind"] != "open":
        return True
    told = record.get("graded")
    return record["correct"] is not None if told is None else bool(told)


def outcomes(records: Sequence[Record]) -> tuple[Array, Array]:
    """Whether each is right, whether each is wrong (1 or 0); neither where it isn't answered."""
    right = np.array([record["correct"] is True for record in records], dtype=float)
    wrong = np.array([record["correct"] is False for record in records], dtype=float)
    return right, wrong


def points(
    records: Sequence[Record], *, penalty: float = PENALTY, how: Resampling = STANDARD
) -> Interval:
    """Mean points an item: 1 where right, 0 where not answered, -``penalty`` where wrong.

    A penalty of t / (1 - t) pays for an answer exactly where it is right with a probability above t
    (Kalai et al. 2025, https://arxiv.org/abs/2509.04664): 1 asks for better than even, 1/3 is fair
    to a guess among four options, Med-HALT takes 0.25 (https://arxiv.org/abs/2307.15343).

    >>> records = [{"correct": True}, {"correct": False}, {"correct": None}, {"correct": None}]
    >>> points(records, penalty=0.5).value
    0.125
    """
    right, wrong = outcomes(records)
    return mean(right - penalty * wrong, how)


def macro_f1(records: Sequence[Record], *, how: Resampling = STANDARD) -> Interval:
    """The mean over labels of F1 = 2 TP / (2 TP + FP + FN); labels are those right or said.

    A label is a letter, yes, no, maybe, supported or hallucinated, each of its kind of item; an
    item of several right letters counts under each. What isn't answered is missed under its right
    label, and nowhere else. Items without a label (open ones) are left out.

    >>> said = [("A", "A"), ("A", "B"), ("B", "B"), ("B", "")]
    >>> records = [{"kind": "choice", "right": (r,), "said": s} for r, s in said]
    >>> round(macro_f1(records).value, 4)
    0.5833
    """
    pairs = [(labels(r["kind"], r["right"]), labels(r["kind"], r["said"])) for r in records]
    pairs = [(right, said) for right, said in pairs if right]
    names = sorted(set().union(*(right | said for right, said in pairs)))
    rows = np.array(
        [
            [value for name in names for value in _cells(name in right, name in said)]
            for right, said in pairs
        ],
        dtype=float,
    )

    def mean_f1(sums: Array) -> Array:
        twice, below = 2 * sums[:, 0::2], sums[:, 1::2]
        # below is 2 TP + FP + FN; a label that a draw lacks altogether isn't part of its mean
        f1 = np.divide(twice, below, out=np.zeros_like(twice), where=below > 0)
        return np.asarray(f1.sum(axis=1) / (below > 0).sum(axis=1))

    return interval(rows, mean_f1, how)


def labels(kind: str, said: Sequence[str]) -> frozenset[tuple[str, str]]:
    """What is right, or was said, as labels; of a choice "ABD" or "A, B, D" is three.

    >>> sorted(labels("choice", "A, C")), sorted(labels("yes_no", ("maybe",)))
    ([('choice', 'A'), ('choice', 'C')], [('yes_no', 'maybe')])
    """
    parts = [said] if isinstance(said, str) else list(said)
    if kind == "choice":
        return frozenset((kind, c) for part in parts for c in part if c.isalnum())
    return frozenset((kind, part) for part in parts if part)


def _cells(right: bool, said: bool) -> tuple[int, int]:
    """TP and 2 TP + FP + FN of one item under one label."""
    return int(right and said), int(right) + int(said)
