"""What is said of a broader or a narrower concept, and passes along the hierarchy to a claim's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.kg.predicates import Inheritance
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs, Way, parts
from kgmed.reasoning.claims.batch.climb import MOST_STEPS, Walked, climb, step
from kgmed.reasoning.claims.batch.columns import Claims, joined, states
from kgmed.reasoning.claims.batch.rank import first_of

HIERARCHY = "subclass_of"
SOME_STEPS = 2
"""Steps up from a narrower thing of which a statement still says ``some``."""
STATED_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Inherited:
    """Claims for which something passes along the hierarchy: which, how many steps of it, and the
    statements of the proof in order, as (index into ``rows``, place, edge)."""

    rows: Longs
    steps: Longs
    index: Longs
    orders: Longs
    edges: Longs


def inherit(
    arrays: Arrays, claims: Claims, codes: Sequence[int], passing: Inheritance, *, end: str
) -> list[Inherited]:
    """What passes to one end of claims, ``subject`` or ``object``, the nearest first found."""
    rows = np.arange(len(claims))
    is_some = passing.strength == "some"
    most = SOME_STEPS if is_some else MOST_STEPS
    if passing.direction == "down":
        return [] if is_some else [_walk(arrays, claims, rows, codes, "out", end, most)]
    if passing.direction == "none":
        return []
    if is_some:
        rows = rows[~is_top(arrays, _ends(claims, rows, end)[1])]
    fixed, moving, way = _ends(claims, rows, end)
    stated, below = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for code in codes:
        first, past = arrays.runs(way, fixed, code)
        stated += past - first
    for code in arrays.codes([HIERARCHY]):
        first, past = arrays.runs("in", moving, code)
        below += past - first
    possible = (stated > 0) & (below > 0)
    # the end with fewer statements to look at is where to start: a hub costs no more than the other
    from_below = possible & (below * 4 < stated)
    found = [_walk(arrays, claims, rows[from_below], codes, "in", end, most)]
    others = np.flatnonzero(possible & ~from_below)
    for part in parts(stated[others], at_once=STATED_AT_ONCE):
        found.append(_from_statements(arrays, claims, rows[others[part]], codes, end, most))
    return found


def is_top(arrays: Arrays, nodes: Ints) -> Flags:
    """Whether a concept has nothing above it in the hierarchy."""
    top = np.ones(len(nodes), bool)
    for code in arrays.codes([HIERARCHY]):
        first, past = arrays.runs("out", nodes, code)
        top &= first == past
    return top


def _ends(claims: Claims, rows: Longs, end: str) -> tuple[Ints, Ints, Way]:
    """The end that stays, the end that the hierarchy moves, and the way from stay to move."""
    if end == "object":
        return claims.subjects[rows], claims.objects[rows], "out"
    return claims.objects[rows], claims.subjects[rows], "in"


def _at(
    arrays: Arrays,
    claims: Claims,
    rows: Longs,
    fixed: Ints,
    nodes: Ints,
    codes: Sequence[int],
    end: str,
) -> tuple[Longs, Longs]:
    """(index, edge) of statements between the end that stays and nodes of the hierarchy."""
    s, o = (fixed, nodes) if end == "object" else (nodes, fixed)
    hits = [joined(arrays, claims, rows, s, code, o) for code in codes]
    if not hits:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    index, edges = (np.concatenate(column) for column in zip(*hits, strict=True))
    return index, edges


def _walk(
    arrays: Arrays,
    claims: Claims,
    rows: Longs,
    codes: Sequence[int],
    way: Way,
    end: str,
    most: int,
) -> Inherited:
    """Walk from the moving end along the hierarchy until a statement is met."""
    fixed, moving, _way = _ends(claims, rows, end)

    def stated(whose: Longs, nodes: Ints) -> Flags:
        hit = np.zeros(len(nodes), bool)
        hit[_at(arrays, claims, rows[whose], fixed[whose], nodes, codes, end)[0]] = True
        return hit

    walked = climb(arrays, moving, arrays.codes([HIERARCHY]), way, stated, most=most)
    met = np.flatnonzero(walked.steps)
    index, edges = _at(arrays, claims, rows[met], fixed[met], walked.ends[met], codes, end)
    index, edges = arrays.ranking.best(index, edges)
    return _put_together(rows, met[index], edges, walked, walked.owners, end, flip=end == "object")


def _from_statements(
    arrays: Arrays, claims: Claims, rows: Longs, codes: Sequence[int], end: str, most: int
) -> Inherited:
    """Walk up from everything that is stated of the end that stays; the nearest wins."""
    fixed, moving, way = _ends(claims, rows, end)
    index, nodes, edges = step(arrays, fixed, codes, way)
    asked = claims.qualified[rows[index]]
    if asked.any():
        kept = np.ones(len(index), bool)
        for i in np.flatnonzero(asked).tolist():
            kept[i] = states(claims.qualifiers[asked[i]], arrays.qualifiers(int(edges[i])))
        index, nodes, edges = index[kept], nodes[kept], edges[kept]
    hierarchy = arrays.codes([HIERARCHY])
    walked = climb(
        arrays,
        nodes,
        hierarchy,
        "out",
        lambda whose, reached: reached == moving[index[whose]],
        most=most,
    )
    met = np.flatnonzero(walked.steps)
    order = met[np.lexsort((met, walked.steps[met], index[met]))]
    nearest = np.zeros(len(rows), np.int64)
    whose, first = np.unique(index[order], return_index=True)
    nearest[whose] = walked.steps[order[first]]
    order = order[walked.steps[order] == nearest[index[order]]]
    ranking = arrays.ranking
    whose, place = first_of(
        index[order], order, lambda i: ranking.rank(int(edges[i])), np.arange(len(edges))
    )
    owner_of = np.full(len(nodes), -1)
    owner_of[place] = index[place]
    mine = owner_of[walked.owners] >= 0
    narrowed = Walked(
        _per(walked.steps[place], index[place], len(rows)),
        walked.ends,
        index[walked.owners[mine]],
        walked.orders[mine],
        walked.edges[mine],
    )
    return _put_together(
        rows, whose, edges[place], narrowed, narrowed.owners, end, flip=end == "subject"
    )


def _per(values: Longs, places: Longs, count: int) -> Longs:
    found = np.zeros(count, np.int64)
    found[places] = values
    return found


def _put_together(
    rows: Longs, whose: Longs, edges: Longs, walked: Walked, owners: Longs, end: str, *, flip: bool
) -> Inherited:
    """The statement and the hierarchy's, in the order from the claim's subject to its object.

    ``flip``: the walk's statements come the other way round than they were walked.
    """
    steps = walked.steps
    orders = steps[owners] - 1 - walked.orders if flip else walked.orders
    if end == "object":
        at, of_statement = orders + 1, np.zeros(len(whose), np.int64)
    else:
        at, of_statement = orders, steps[whose]
    place = np.full(len(rows), -1)
    place[whose] = np.arange(len(whose))
    return Inherited(
        rows[whose],
        steps[whose],
        np.concatenate([np.arange(len(whose)), place[owners]]),
        np.concatenate([of_statement, at]),
        np.concatenate([edges, walked.edges]),
    )
