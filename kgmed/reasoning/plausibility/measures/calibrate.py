"""From a score to a probability, and whether the probabilities are true to their word.

A probability is that of a mixture in which every held-out true statement stands beside one that is
probably false (:func:`~kgmed.reasoning.plausibility.triples.negatives.hard_negatives`): of those
told 0.8, about eight in ten were true there. Where true ones are rarer, :func:`at_prior` moves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np

from kgmed.kg.errors import CorruptSnapshot
from kgmed.reasoning.plausibility.told import Reliability
from kgmed.reasoning.plausibility.triples.data import Floats, Ints

Method = Literal["platt", "isotonic"]
METHODS: tuple[Method, ...] = ("platt", "isotonic")
FEWEST = 50
"""True statements of a predicate from which it is calibrated by itself."""
FOLDS = 5
BINS = 15


@dataclass(frozen=True, slots=True)
class Curve:
    """Score -> probability. ``platt``: two numbers, a and b of 1 / (1 + exp(-(a x + b))) (Platt
    1999). ``isotonic``: scores ``x``, ascending, and probabilities ``y`` that never fall, straight
    between them and level outside (Zadrozny and Elkan 2002)."""

    method: Method
    x: tuple[float, ...]
    y: tuple[float, ...] = ()

    def __call__(self, scores: Floats) -> Floats:
        """The probabilities of scores; any shape."""
        if self.method == "platt":
            found: Floats = sigmoid(self.x[0] * scores + self.x[1])
            return found
        return np.interp(scores, self.x, self.y)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve for each predicate with enough statements, and one, '', for all others."""

    curves: Mapping[str, Curve]

    def __call__(self, scores: Floats, predicates: Sequence[str]) -> Floats:
        """The probabilities of scores of these predicates; shapes (n,)."""
        found = self.curves[""](scores)
        names = np.asarray(predicates)
        for name in set(predicates) & set(self.curves):
            own = names == name
            found[own] = self.curves[name](scores[own])
        return found

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            name: {"method": curve.method, "x": list(curve.x), "y": list(curve.y)}
            for name, curve in self.curves.items()
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` wrote; raises :class:`~kgmed.kg.errors.CorruptSnapshot`."""
        try:
            curves = {
                str(name): Curve(one["method"], tuple(map(float, one["x"])),
                                 tuple(map(float, one["y"])))
                for name, one in found.items()
            }  # fmt: skip
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptSnapshot(f"The calibration of a model can't be read: {error}") from error
        if "" not in curves or any(curve.method not in METHODS for curve in curves.values()):
            raise CorruptSnapshot(
                "The calibration of a model lacks the curve '' of all predicates, or has a method "
                f"that is none of {', '.join(METHODS)}. Train the model again."
            )
        return cls(curves)


@dataclass(frozen=True, eq=False)
class Judged:
    """Scores with what is known of them: ``true`` (bool), ``predicate`` (numbers), ``weight``, and
    ``of``, the true statement that each belongs to. Shapes (n,)."""

    scores: Floats
    true: Any
    predicate: Ints
    weight: Floats
    of: Ints


def judged(true: Floats, false: Floats, of: Ints, predicate: Ints) -> Judged:
    """True and false scores in one table, both sides weighing the same; ``predicate`` is that of
    each true one. A true one without a negative weighs nothing."""
    n = len(true)
    each = np.bincount(of, minlength=n)
    return Judged(
        np.concatenate([true, false]), np.r_[np.ones(n, bool), np.zeros(len(false), bool)],
        np.concatenate([predicate, predicate[of]]),
        np.concatenate([(each > 0).astype(np.float64), 1 / each[of]]),
        np.concatenate([np.arange(n, dtype=np.int32), of]),
    )  # fmt: skip


def calibrated(sample: Judged, names: Sequence[str], *, fewest: int = FEWEST) -> Calibration:
    """A calibration of judged scores: for each curve the method with the smaller log loss on folds
    that it wasn't made of."""
    curves = {"": _best(sample, np.ones(len(sample.scores), bool))}
    counts = np.bincount(sample.predicate[sample.true], minlength=len(names))
    for code in np.flatnonzero(counts >= fewest).tolist():
        curves[names[code]] = _best(sample, sample.predicate == code)
    return Calibration(curves)


def _best(sample: Judged, own: Any) -> Curve:
    scores, true, weight = sample.scores[own], sample.true[own], sample.weight[own]
    fold = sample.of[own] % FOLDS
    loss = dict.fromkeys(METHODS, 0.0)
    for one in range(FOLDS):
        out = fold == one
        if not weight[~out & true].sum() or not weight[~out & ~true].sum():
            return fitted("platt", scores, true, weight)
        for method in METHODS:
            curve = fitted(method, scores[~out], true[~out], weight[~out])
            given = np.clip(curve(scores[out]), 1e-6, 1 - 1e-6)
            told = np.where(true[out], np.log(given), np.log1p(-given))
            loss[method] -= float((weight[out] * told).sum())
    return fitted(min(METHODS, key=lambda method: loss[method]), scores, true, weight)


def fitted(method: Method, scores: Floats, true: Any, weight: Floats) -> Curve:
    """The curve of scores, some of them true."""
    return _platt(scores, true, weight) if method == "platt" else _isotonic(scores, true, weight)


def _platt(scores: Floats, true: Any, weight: Floats) -> Curve:
    a, b = logistic(scores[None], true, weight).tolist()
    return Curve("platt", (a, b))


def logistic(x: Floats, true: Any, weight: Floats, *, ridge: float = 1e-9) -> Floats:
    """Weighted logistic regression by Newton's method; shapes (features, n) and (n,) to (features
    + 1,), the constant last.

    ``ridge`` penalizes squared weights of features brought to mean 0 and spread 1. The targets are
    Platt's, so that features that part true from false altogether don't give infinite weights.
    """
    mean = np.average(x, axis=1, weights=weight)
    spread = x.std(axis=1)
    spread = np.where(spread > 0, spread, 1.0)
    z = np.vstack([(x - mean[:, None]) / spread[:, None], np.ones(x.shape[1])])
    up, down = float(weight[true].sum()), float(weight[~true].sum())
    target = np.where(true, (up + 1) / (up + 2), 1 / (down + 2))
    penalty = np.diag(np.r_[np.full(len(x), ridge), 1e-9])
    found = np.zeros(len(z))
    for _ in range(100):
        given = sigmoid(found @ z)
        slope = z @ (weight * (given - target)) + penalty @ found
        curve = (z * (weight * given * (1 - given))) @ z.T + penalty
        step = np.linalg.solve(curve, slope)
        step *= min(1.0, 5 / max(float(abs(step).max()), 1e-12))
        found -= step
        if abs(step).max() < 1e-10:
            break
    weights = found[:-1] / spread
    made: Floats = np.r_[weights, found[-1] - weights @ mean]
    return made


def _isotonic(scores: Floats, true: Any, weight: Floats) -> Curve:
    """Pool adjacent violators, on a value for each distinct score."""
    levels, place = np.unique(scores, return_inverse=True)
    total = np.bincount(place, weight, len(levels))
    share = np.bincount(place, weight * true, len(levels)) / np.maximum(total, 1e-12)
    blocks: list[list[float]] = []  # weight, share, first score, last score
    for x, w, y in zip(levels.tolist(), total.tolist(), share.tolist(), strict=True):
        if not w:
            continue
        blocks.append([w, y, x, x])
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            w2, y2, _first, last = blocks.pop()
            one = blocks[-1]
            one[1] = (one[0] * one[1] + w2 * y2) / (one[0] + w2)
            one[0], one[3] = one[0] + w2, last
    x_of, y_of = [], []
    least = 1 / (weight.sum() + 2)  # never sure of what few statements show
    for _w, y, first, last in blocks:
        bounded = min(max(y, least), 1 - least)
        x_of += [first] if first == last else [first, last]
        y_of += [bounded] if first == last else [bounded, bounded]
    return Curve("isotonic", tuple(x_of), tuple(y_of))


def reliability(told: Floats, true: Any, weight: Floats, *, bins: int = BINS) -> list[Reliability]:
    """Bins of the same weight, from the least to the most probable."""
    order = np.argsort(told, kind="stable")
    ends = np.cumsum(weight[order])
    number = np.minimum((ends - weight[order] / 2) * bins / ends[-1], bins - 1).astype(int)
    # equals are told apart by nothing: they stay in one bin
    first = np.r_[True, told[order][1:] != told[order][:-1]]
    number = number[np.flatnonzero(first)][np.cumsum(first) - 1]
    found = []
    for one in np.unique(number).tolist():
        own = order[number == one]
        mass = float(weight[own].sum())
        if mass:
            found.append(Reliability(
                float(told[own] @ weight[own]) / mass, float(true[own] @ weight[own]) / mass, mass
            ))  # fmt: skip
    return found


def expected_calibration_error(bins: Sequence[Reliability]) -> float:
    """The mean distance of what is told from what is true (ECE, Naeini et al. 2015)."""
    total = sum(one.weight for one in bins)
    return sum(one.weight * abs(one.told - one.true) for one in bins) / total if total else 0.0


def at_prior(probability: Floats, prior: float) -> Floats:
    """The probability where a share ``prior`` of what is asked is true, instead of a half.

    >>> at_prior(np.array([0.8]), 0.1).round(3).tolist()
    [0.308]
    """
    odds = probability / (1 - probability) * prior / (1 - prior)
    found: Floats = odds / (1 + odds)
    return found


def sigmoid(x: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    found: Floats = np.exp(-np.logaddexp(0, -x))
    return found
