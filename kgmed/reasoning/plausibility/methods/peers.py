"""Numbers for concepts that nothing was trained on: those of their peers.

A peer is a concept of the same category that was trained on and is alike
(:mod:`kgmed.reasoning.plausibility.methods.alike`): by name, and by what else is said of both,
where anything is. The row of numbers is the mean of the category and, from there, :data:`STRETCH`
times the way to the weighted mean of the peers. docs/learn-measured.md has the figures, and those
of the graph neural encoder that does no better. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from kgmed.kg.views.pyg import node_type
from kgmed.reasoning.plausibility.embedding.score import NODES, NODES_IM, Weights
from kgmed.reasoning.plausibility.methods.alike import LOOKED_AT, Alike, grams
from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Mask, Reals, Triples

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphStore

Filling = Literal["nearest", "names", "peers"]
FILLINGS: tuple[Filling, ...] = ("nearest", "names", "peers")
"""Whose numbers a concept gets: those of the concept with the name most alike, of the peers by
name, of the peers by name and statements."""
BY_PEERS = ("distmult", "complex")
"""Models in which the mean of several concepts' numbers means something."""
PEERS = 10
POWER = 3.0
"""What similarities are raised to, to weigh the peers."""
STRETCH = 2.0
"""The mean of several concepts is nearer to that of all than any of them."""
NAMES = 8
"""Names of a concept that are looked at, the preferred ones first."""
KINDS_OF_NAMES = ("preferred", "synonym", "brand")
"""Abbreviations tell too little."""


def names_of(store: GraphStore, ids: Sequence[str]) -> list[tuple[str, ...]]:
    """The names of concepts that peers are found by; none for an id that the graph doesn't have."""
    found = []
    for names in store.lexicon.names(ids):
        order = [
            (KINDS_OF_NAMES.index(one.kind), one.language, one.text)
            for one in names
            if one.kind in KINDS_OF_NAMES
        ]
        texts = dict.fromkeys(text for _kind, _language, text in sorted(order))
        found.append(tuple(texts)[:NAMES])
    return found


def category_of(store: GraphStore, id: str) -> str:
    """The most specific category of a concept, '' for one that the graph doesn't have."""
    (found,) = store.concepts([id])
    return "" if found is None else node_type(found.categories)


def statement_marks(triples: Triples, part: Longs, families: Ints) -> list[Longs]:
    """What the triples at places ``part`` say of each concept, as marks; those of ``families``,
    which are asked for, are left out."""
    chosen = part[~np.isin(triples.families[triples.p[part]], families)]
    s, p, o = (column[chosen].astype(np.int64) for column in (triples.s, triples.p, triples.o))
    against = np.where(triples.symmetric[p], p, p + len(triples.predicates))
    n = triples.concepts
    own = np.concatenate([s, o])
    marks = np.concatenate([p * n + o, against * n + s])
    order = np.lexsort((marks, own))
    return np.split(marks[order], np.searchsorted(own[order], np.arange(1, n)))


def marks_width(triples: Triples) -> int:
    """The number that all marks of statements are below."""
    return 2 * len(triples.predicates) * triples.concepts


def peers(
    alike: Sequence[tuple[Alike, Longs]], category: int, *, limit: int = PEERS, leave_out: int = -1
) -> tuple[Ints, Reals]:
    """The concepts most alike by the sum of several similarities, each of an index and the marks
    to look up there; the most alike first."""
    return summed(
        [
            index.nearest(marks, category, limit=LOOKED_AT, leave_out=leave_out)
            for index, marks in alike
        ],
        limit=limit,
    )


def summed(found: Sequence[tuple[Ints, Reals]], *, limit: int) -> tuple[Ints, Reals]:
    """Concepts by the sum of several similarities, each of (concepts, how alike they are)."""
    concepts, place = np.unique(np.concatenate([one for one, _ in found]), return_inverse=True)
    total = np.bincount(place, np.concatenate([how for _, how in found]), len(concepts))
    order = np.lexsort((concepts, -total))[:limit]
    return concepts[order].astype(np.int32), total[order].astype(np.float32)


def row_of(
    weights: Weights, name: str, mean: Reals, concepts: Ints, alike: Reals,
    *, stretch: float = STRETCH,
) -> Reals:  # fmt: skip
    """The numbers of the table ``name`` that a concept with these peers gets; ``mean`` is that of
    its category. Shape (width,)."""
    if not len(concepts):
        return mean
    share = alike.astype(np.float64) ** POWER
    way = (share / share.sum()) @ weights[name][concepts] - mean
    row: Reals = (mean + stretch * way).astype(np.float32)
    return row


def category_means(weights: Weights, name: str, types: Ints, seen: Mask, categories: int) -> Reals:
    """The mean of the seen concepts of each category; 0 where there is none. Shape (categories,
    width)."""
    rows = weights[name]
    found = np.zeros((categories, rows.shape[1]), np.float32)
    order = np.flatnonzero(seen)[np.argsort(types[seen], kind="stable")]
    each = np.bincount(types[seen], minlength=categories)
    starts = np.cumsum(each) - each
    for kind in np.flatnonzero(each).tolist():
        found[kind] = rows[order[starts[kind] : starts[kind] + each[kind]]].mean(0)
    return found


def filled(
    weights: Weights,
    triples: Triples,
    seen: Mask,
    names: Sequence[Longs],
    *,
    filling: Filling = "names",
    statements: Sequence[Longs] | None = None,
) -> dict[str, Reals]:
    """Weights in which the concepts that aren't ``seen`` have the numbers of their peers.

    ``names`` are the :func:`~kgmed.reasoning.plausibility.methods.alike.grams` of each concept,
    ``statements`` its :func:`statement_marks`, which ``peers`` needs.
    """
    found = {name: array.copy() for name, array in weights.items()}
    indexes = [(Alike(names, triples.types, seen), names)]
    if filling == "peers" and statements is not None:
        by_statement = Alike(statements, triples.types, seen, width=marks_width(triples))
        indexes.append((by_statement, statements))
    tables = [name for name in (NODES, NODES_IM) if name in weights]
    size = len(triples.categories)
    means = {name: category_means(weights, name, triples.types, seen, size) for name in tables}
    one = filling == "nearest"
    for n in np.flatnonzero(~seen).tolist():
        kind = int(triples.types[n])
        own, how = peers(
            [(index, marks[n]) for index, marks in indexes], kind, limit=1 if one else PEERS
        )
        for name in tables:
            found[name][n] = row_of(
                weights, name, means[name][kind], own, how, stretch=1.0 if one else STRETCH
            )
    return found


def marks_of_names(store: GraphStore, ids: Sequence[str]) -> list[Longs]:
    """The n-grams of the names of concepts."""
    return [grams(names) for names in names_of(store, ids)]
