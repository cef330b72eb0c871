"""Whether a run's confidence means anything: calibration, and what abstaining by it would buy.

Of records that were answered and have a ``score``, the confidence in what was said, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.reasoning.evaluation.measures.accuracy import graded, outcomes
from kgmed.reasoning.evaluation.measures.resampling import Array
from kgmed.reasoning.evaluation.runs import Record

BINS = 10
_CURVE = 200
"""Points of a curve that are kept."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: their number, mean confidence and share that is right."""

    answers: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True)
class Risk:
    """Of the surest answers: how many of all items they are, and the share that isn't right."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """What a run's confidence is worth; None where no answer has one.

    ``answers`` have a confidence, ``unscored`` haven't. ``ece`` and ``brier``: :func:`ece`,
    :func:`brier`. ``aurc`` is the area under ``curve``: :func:`risk_coverage`.
    """

    answers: int
    unscored: int
    ece: float | None
    brier: float | None
    aurc: float | None
    bins: tuple[Bin, ...]
    curve: tuple[Risk, ...]


def confidence(records: Sequence[Record], *, bins: int = BINS) -> Confidence:
    """What the confidence of a run's answers is worth."""
    held = graded(records)
    answered = [record for record in held if record["correct"] is not None]
    scored = [record for record in answered if record["score"] is not None]
    scores = np.array([record["score"] for record in scored], dtype=float)
    right, _ = outcomes(scored)
    area, curve = risk_coverage(held)
    return Confidence(
        answers=len(scored),
        unscored=len(answered) - len(scored),
        ece=ece(scores, right, bins=bins),
        brier=brier(scores, right),
        aurc=area,
        bins=reliability(scores, right, bins=bins),
        curve=curve,
    )


def brier(scores: Array, right: Array) -> float | None:
    """The mean squared difference of confidence and outcome; 0 is best, 0.25 a constant 0.5.

    Brier 1950, https://doi.org/10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2.

    >>> round(brier(np.array([0.9, 0.6]), np.array([1, 0])), 3)
    0.185
    """
    return float(np.mean((scores - right) ** 2)) if len(scores) else None


def ece(scores: Array, right: Array, *, bins: int = BINS) -> float | None:
    """The expected calibration error over bins of equal mass: |confidence - share right|, weighted.

    Equal mass, not equal width, so that each bin has answers: Nixon et al. 2019,
    https://arxiv.org/abs/1904.01685.

    >>> round(ece(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1, 1, 0, 1]), bins=2), 3)
    0.25
    """
    found = reliability(scores, right, bins=bins)
    if not found:
        return None
    return sum(bin.answers * abs(bin.confidence - bin.right) for bin in found) / len(scores)


def reliability(scores: Array, right: Array, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Answers by confidence, in at most ``bins`` of about equal size, the least sure first.

    Answers of one confidence stay together, so that their order doesn't matter.
    """
    order = np.argsort(scores, kind="stable")
    scores, right = scores[order], np.asarray(right)[order]
    found = []
    start = 0
    for number in range(1, bins + 1):
        wanted = round(number * len(scores) / bins)
        if wanted <= start:
            continue
        end = int(np.searchsorted(scores, scores[wanted - 1], side="right"))
        part = slice(start, end)
        found.append(Bin(end - start, float(scores[part].mean()), float(right[part].mean())))
        start = end
    return tuple(found)


def risk_coverage(records: Sequence[Record]) -> tuple[float | None, tuple[Risk, ...]]:
    """The area under the risk-coverage curve of graded records, and the curve.

    At each coverage k / n the risk is the share of the k surest items that isn't right; the area is
    the mean over k = 1 ... n (Geifman, Uziel, El-Yaniv 2019, https://arxiv.org/abs/1805.08206). 0
    is best. Items that weren't answered come last and are not right, so that the area tells runs
    apart on the same items whatever they abstain from; answers without a confidence come before
    them. Items of one confidence are spread evenly over their places. The curve itself ends where
    the answers do. None and () where no answer has a confidence.
    """
    right, wrong = outcomes(records)
    answered = right + wrong
    if not any(r["score"] is not None for r, a in zip(records, answered, strict=True) if a):
        return None, ()
    given = [record["score"] for record in records]
    ranks = np.array([-1.0 if score is None else score for score in given])
    ranks[answered == 0] = -2.0
    order = np.argsort(-ranks, kind="stable")
    ranks, errors = ranks[order], 1 - right[order]
    _, group, sizes = np.unique(-ranks, return_inverse=True, return_counts=True)
    spread = (np.bincount(group, weights=errors) / sizes)[group]
    n = len(records)
    risks = np.cumsum(spread) / np.arange(1, n + 1)
    last = int(answered.sum())
    ends = np.cumsum(sizes)
    shown = [int(end) for end in ends if end <= last]
    if len(shown) > _CURVE:
        shown = [shown[i] for i in np.linspace(0, len(shown) - 1, _CURVE).round().astype(int)]
    return float(risks.mean()), tuple(Risk(k / n, float(risks[k - 1])) for k in shown)
