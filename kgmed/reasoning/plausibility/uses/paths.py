"""Paths ranked by what a trained model knows of the concepts on them.

A concept on the way explains more the better it is tied to both ends: by many other ways, through
concepts that are specific. The ties are degree-weighted path counts
(:class:`~kgmed.reasoning.plausibility.methods.baselines.PathCounts`), which every model keeps.
``benchmarks/paths_rank.py`` measures the ranking by mechanisms that curators drew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kgmed.kg.model import Path
from kgmed.reasoning.plausibility.triples.data import Floats, Ints

if TYPE_CHECKING:
    from kgmed.reasoning.plausibility.scorer import Scorer

LEAST = 1e-4
"""Added to each count, so that what is tied by nothing isn't infinitely far."""


def path_scores(scorer: Scorer, paths: Sequence[Path]) -> list[float]:
    """Scores of paths between the same two concepts by a trained model: the greater, the earlier.

    The mean, over the concepts on the way, of the logarithms of their ties to the start and to the
    end, and the mean logarithm of what the steps weigh. A tie is the count of the ways of two and
    three statements; the statements alone count that the model was trained on.
    """
    between = sorted({id for path in paths for id in path.nodes[1:-1]})
    tie = {
        end: dict(zip(between, _ties(scorer, end, between), strict=True))
        for end in sorted({end for path in paths for end in (path.nodes[0], path.nodes[-1])})
    }
    return [
        _mean([tie[path.nodes[0]][id] + tie[path.nodes[-1]][id] for id in path.nodes[1:-1]])
        + by_steps
        for path, by_steps in zip(paths, step_scores(scorer, paths), strict=True)
    ]


def step_scores(scorer: Scorer, paths: Sequence[Path]) -> list[float]:
    """The mean logarithm of what the steps of each path weigh: Hetionet's score of one path."""
    return [_mean(_steps(scorer, path)) for path in paths]


def _ties(scorer: Scorer, end: str, others: Sequence[str]) -> list[float]:
    counts = np.zeros(len(others))
    start, numbers = _numbers(scorer, [end]), _numbers(scorer, others)
    known = np.flatnonzero(numbers >= 0)
    if start[0] >= 0 and len(known):
        anchors = np.repeat(start, len(known))
        counts[known] = scorer.paths.by_length(anchors, numbers[known])[1:].sum(0)
    ties: list[float] = np.log(counts + LEAST).tolist()
    return ties


def _steps(scorer: Scorer, path: Path) -> list[float]:
    """The logarithms of what the steps weigh; of those alone that the model has."""
    numbers = _numbers(scorer, path.nodes)
    weights: Floats = scorer.paths.steps(numbers[:-1], numbers[1:])
    found: list[float] = np.log(weights[weights > 0]).tolist()
    return found


def _numbers(scorer: Scorer, ids: Sequence[str]) -> Ints:
    return np.array([scorer.number(id) for id in ids], np.int32)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
