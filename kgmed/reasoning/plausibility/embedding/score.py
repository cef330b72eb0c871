"""What four models make of their numbers, in NumPy: the formulas of torch_geometric.nn.kge
(https://pytorch-geometric.readthedocs.io/en/latest/modules/nn.html#kge-models), so that a trained
model is used without torch.

A score is a comparison of a query, made of one end and the predicate, with a candidate for the
other end. Weights have the names that the models' parameters have in torch_geometric; a name is
absent where a model doesn't have it.

- ``distmult``: the sum of h * r * t.
- ``complex``: the real part of the sum of h * r * conj(t), of complex numbers.
- ``transe``: minus the distance of h + r and t; h and t have length one.
- ``rotate``: minus the distance of h turned by the angles r, and t, of complex numbers.

For a symmetric predicate the score is the mean of both directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from kgmed.reasoning.plausibility.triples.data import Ints, Reals
from kgmed.reasoning.plausibility.triples.negatives import End, opposite

Kind = Literal["distmult", "complex", "transe", "rotate"]
KINDS: tuple[Kind, ...] = ("distmult", "complex", "transe", "rotate")
Weights = Mapping[str, Reals]

NODES, NODES_IM = "node_emb.weight", "node_emb_im.weight"
RELATIONS, RELATIONS_IM = "rel_emb.weight", "rel_emb_im.weight"


def candidates(kind: Kind, weights: Weights, concepts: Ints) -> Reals:
    """The rows that queries are compared with; shape (n, width)."""
    real = weights[NODES][concepts]
    if kind == "transe":
        return _unit(real)
    if kind == "distmult":
        return real
    return np.concatenate([real, weights[NODES_IM][concepts]], axis=1)


def queries(kind: Kind, weights: Weights, anchors: Ints, p: Ints, end: End) -> Reals:
    """What is asked for at ``end`` of predicates ``p``, with the anchors at the other; shapes (n,)
    to (n, width)."""
    forward = end == "object"
    a, r = weights[NODES][anchors], weights[RELATIONS][p]
    if kind == "distmult":
        return a * r
    if kind == "transe":
        return _unit(a) + (r if forward else -r)
    b = weights[NODES_IM][anchors]
    if kind == "rotate":
        cos, sin = np.cos(r), np.sin(r) if forward else -np.sin(r)
        return np.concatenate([cos * a - sin * b, cos * b + sin * a], axis=1)
    i = weights[RELATIONS_IM][p]
    if forward:
        return np.concatenate([a * r - b * i, b * r + a * i], axis=1)
    return np.concatenate([a * r + b * i, b * r - a * i], axis=1)


def compared(kind: Kind, query: Reals, candidate: Reals) -> Reals:
    """The scores of queries and candidates, each with each; shapes (n, width) and (m, width) to
    (n, m)."""
    product: Reals = query @ candidate.T
    if kind in ("distmult", "complex"):
        return product
    square = (query**2).sum(1)[:, None] + (candidate**2).sum(1) - 2 * product
    found: Reals = -np.sqrt(np.maximum(square, 0))
    return found


def paired(kind: Kind, query: Reals, candidate: Reals) -> Reals:
    """The scores of queries and candidates, row by row; shapes (n, width) to (n,)."""
    if kind in ("distmult", "complex"):
        products: Reals = (query * candidate).sum(1)
        return products
    found: Reals = -np.sqrt(((query - candidate) ** 2).sum(1))
    return found


def _unit(rows: Reals) -> Reals:
    length = np.sqrt((rows**2).sum(1, keepdims=True))
    found: Reals = rows / np.maximum(length, 1e-12).astype(np.float32)
    return found


class Embedded:
    """A model's scores by NumPy alone; ``symmetric`` is bool [P]."""

    def __init__(
        self, kind: Kind, weights: Weights, symmetric: npt.NDArray[np.bool_], *, name: str = ""
    ) -> None:
        self.kind, self.weights, self.symmetric = kind, weights, symmetric
        self.name = name or kind

    def score(self, s: Ints, p: Ints, o: Ints) -> npt.NDArray[np.float64]:
        """The scores of triples; shapes (n,)."""
        found = np.zeros(len(s), np.float64)
        for start in range(0, len(s), 65_536):  # rows of embeddings are gathered: bound them
            rows = slice(start, start + 65_536)
            found[rows] = self._score(s[rows], p[rows], o[rows])
        return found

    def _score(self, s: Ints, p: Ints, o: Ints) -> Reals:
        kind, weights = self.kind, self.weights
        tails = candidates(kind, weights, o)
        found = paired(kind, queries(kind, weights, s, p, "object"), tails)
        both = np.flatnonzero(self.symmetric[p])
        if len(both):
            turned = queries(kind, weights, s[both], p[both], "subject")
            found[both] = (found[both] + paired(kind, turned, tails[both])) / 2
        return found

    def against(self, anchors: Ints, p: int, end: End, others: Ints) -> npt.NDArray[np.float64]:
        """The scores of each of ``others`` at ``end``, with each anchor at the other end; shape
        (anchors, others)."""
        kind, weights = self.kind, self.weights
        codes = np.full(len(anchors), p, np.int32)
        rows = candidates(kind, weights, others)
        found = compared(kind, queries(kind, weights, anchors, codes, end), rows)
        if self.symmetric[p]:
            turned = queries(kind, weights, anchors, codes, opposite(end))
            found += compared(kind, turned, rows)
            found /= 2
        return found.astype(np.float64)
