"""A learned score and path counts, weighed into one by logistic regression.

A model sees what is alike, the paths what is near. The weights are fitted on held-out true
statements and their hard negatives, predicate by predicate where there are enough. Degrees are left
out on purpose: with them true statements are told better from negatives that are as common, but the
right answer stands lower among all others (docs/learn-measured.md has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from kgmed.reasoning.plausibility.measures.calibrate import FEWEST, Judged, logistic
from kgmed.reasoning.plausibility.measures.measure import Scores
from kgmed.reasoning.plausibility.methods.baselines import PathCounts
from kgmed.reasoning.plausibility.triples.data import Floats, Ints
from kgmed.reasoning.plausibility.triples.negatives import End

RIDGE = 1.0
"""Penalty of the squared weights, of features that have one as their spread."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """Feature -> number that it is multiplied with, and a constant, for each predicate with enough
    statements and, under '', for all others. ``scale`` divides each feature before."""

    features: tuple[str, ...]
    scale: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "features": list(self.features), "scale": list(self.scale),
            "weights": {name: list(found) for name, found in self.weights.items()},
        }  # fmt: skip

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` wrote."""
        return cls(
            tuple(found["features"]), tuple(found["scale"]),
            {name: tuple(weights) for name, weights in found["weights"].items()},
        )  # fmt: skip


class Features:
    """What a statement is judged by: the path counts, of each length but 1, and what was learned,
    where there is a model. A direct statement is left to the verifier."""

    def __init__(self, learned: Scores | None, paths: PathCounts) -> None:
        self.learned, self.paths = learned, paths
        counts = (f"paths_{length}" for length in paths.lengths[1:])
        self.names = (*(("learned",) if learned is not None else ()), *counts)

    def of(self, s: Ints, p: Ints, o: Ints) -> Floats:
        """The features of triples; shape (features, n)."""
        counts = self.paths.by_length(s, o)[1:]
        if self.learned is None:
            return counts
        return np.concatenate([self.learned.score(s, p, o)[None], counts])

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        """The features of each candidate at ``end``, with each anchor at the other; shape
        (features, anchors, candidates)."""
        counts = self.paths.against_by_length(anchors, candidates)[1:]
        if self.learned is None:
            return counts
        learned = self.learned.against(anchors, p, end, candidates)
        return np.concatenate([learned[None], counts])


class Mixed:
    """Scores that are log odds: features, weighed."""

    def __init__(
        self, features: Features, weighing: Weighing, predicates: Sequence[str], *, name: str
    ) -> None:
        self.name, self.features, self.weighing = name, features, weighing
        table = [weighing.weights.get(one, weighing.weights[""]) for one in predicates]
        self._weights = np.array(table)

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        """The log odds of triples; shapes (n,)."""
        found = squeezed(self.features.names, self.features.of(s, p, o), self.weighing.scale)
        weights = self._weights[p]
        odds: Floats = np.einsum("fn,nf->n", found, weights[:, :-1]) + weights[:, -1]
        return odds

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        """The log odds of each candidate with each anchor; shape (anchors, candidates)."""
        raw = self.features.against(anchors, p, end, candidates)
        found = squeezed(self.features.names, raw, self.weighing.scale)
        weights = self._weights[p]
        odds: Floats = np.tensordot(weights[:-1], found, 1) + weights[-1]
        return odds


def squeezed(names: Sequence[str], found: Floats, scale: Sequence[float]) -> Floats:
    """Features divided by their scale; path counts, which reach over orders of magnitude, through
    the inverse hyperbolic sine, as Hetionet has it."""
    made: Floats = found / np.reshape(scale, (-1,) + (1,) * (found.ndim - 1))
    for row, name in enumerate(names):
        if name.startswith("paths"):
            np.arcsinh(made[row], out=made[row])
    return made


def weighed(
    names: Sequence[str], raw: Floats, sample: Judged, predicates: Sequence[str],
    *, fewest: int = FEWEST,
) -> Weighing:  # fmt: skip
    """Fit the weights to judged statements, whose features are ``raw`` [features, n]."""
    scale = []
    for name, row in zip(names, raw, strict=True):
        some = row[row > 0] if name.startswith("paths") else row
        spread = some.mean() if name.startswith("paths") and len(some) else row.std()
        scale.append(float(spread) or 1.0)
    x = squeezed(names, raw, scale)
    every = np.ones(len(sample.true), bool)
    weights = {"": _fit(x, sample, every)}
    counts = np.bincount(sample.predicate[sample.true], minlength=len(predicates))
    for code in np.flatnonzero(counts >= fewest).tolist():
        weights[predicates[code]] = _fit(x, sample, sample.predicate == code)
    return Weighing(tuple(names), tuple(scale), weights)


def _fit(x: Floats, sample: Judged, own: Any) -> tuple[float, ...]:
    found = logistic(x[:, own], sample.true[own], sample.weight[own], ridge=RIDGE)
    return tuple(found.tolist())
