"""Walks along a hierarchy from many concepts at once, breadth first, in arrays.

All walks go level by level; one that meets what it looks for stops there, so that what it found is
the nearest. A walk never sees a node twice, which bounds it in a hierarchy with a cycle, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs, Way, laid_out, parts

MOST_STEPS = 64
"""Steps of a walk without a bound of its own; the deepest hierarchies of medicine have about 30."""
WALKS = 16_384
"""Walks that are held in memory at a time."""

Test = Callable[[Longs, Ints], Flags]
"""Which nodes end a walk, given the numbers of the walks and the nodes they came to."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Per walk the steps to what it met, 0 where it met nothing, and where it stood then.

    ``owners``, ``orders``, ``edges`` list the statements walked along by those that met something:
    the walk's number, the place in its way from 0, and the edge number.
    """

    steps: npt.NDArray[np.int64]
    ends: Ints
    owners: Longs
    orders: Longs
    edges: Longs


def climb(
    arrays: Arrays,
    starts: Ints,
    codes: Sequence[int],
    way: Way,
    test: Test,
    *,
    most: int = MOST_STEPS,
) -> Walked:
    """Walk from each start along edges of ``codes`` until ``test`` holds, at most ``most`` steps.

    ``way`` is ``out`` from subject to object, ``in`` the other way. ``test`` isn't asked of the
    starts themselves.
    """
    pieces = [
        _climb(arrays, starts[begin : begin + WALKS], codes, way, test, most, begin)
        for begin in range(0, len(starts), WALKS)
    ] or [_climb(arrays, starts, codes, way, test, 0, 0)]
    return Walked(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("steps", "ends", "owners", "orders", "edges")
        )
    )


def step(arrays: Arrays, nodes: Ints, codes: Sequence[int], way: Way) -> tuple[Longs, Ints, Longs]:
    """One step from each node: (index of the node, where it leads, edge number), in order."""
    found = []
    neighbors = arrays.array(f"{way}_nbr")
    for code in codes:
        first, past = arrays.runs(way, nodes, code)
        for part in parts(past - first):
            index, places = laid_out(first[part], past[part])
            found.append((part[index], neighbors[places], arrays.edges(way, places)))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64)
    if len(found) == 1:
        return found[0]
    index, reached, edges = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(index, kind="stable")
    return index[order], reached[order], edges[order]


def _climb(
    arrays: Arrays,
    starts: Ints,
    codes: Sequence[int],
    way: Way,
    test: Test,
    most: int,
    offset: int,
) -> Walked:
    count = len(starts)
    steps, ends = np.zeros(count, np.int64), np.full(count, -1, np.int32)
    met_at = np.full(count, -1, np.int64)
    owners, nodes = np.arange(count), starts
    seen = _keys(owners, nodes)
    levels: list[tuple[Longs, Longs]] = []  # edge, and the place in the level before
    for depth in range(1, most + 1):
        going = np.flatnonzero(steps[owners] == 0)
        back, reached, edges = step(arrays, nodes[going], codes, way)
        back = going[back]
        keys, first = np.unique(_keys(owners[back], reached), return_index=True)
        place = np.minimum(np.searchsorted(seen, keys), len(seen) - 1)
        first = np.sort(first[seen[place] != keys]) if len(seen) else first
        owners, nodes, back, edges = owners[back[first]], reached[first], back[first], edges[first]
        if not len(nodes):
            break
        levels.append((edges, back))
        hits = np.flatnonzero(test(owners + offset, nodes))
        whose, earliest = np.unique(owners[hits], return_index=True)
        steps[whose], met_at[whose] = depth, hits[earliest]
        ends[whose] = nodes[hits[earliest]]
        # two sorted runs without a key in common: np.union1d would hash them, ten times slower
        seen = np.sort(np.concatenate([seen, np.sort(_keys(owners, nodes))]), kind="stable")
    return Walked(steps, ends, *_trails(levels, steps, met_at, offset))


def _keys(owners: Longs, nodes: Ints) -> Longs:
    return (owners << 32) | nodes.astype(np.int64)


def _trails(
    levels: list[tuple[Longs, Longs]], steps: Longs, met_at: Longs, offset: int
) -> tuple[Longs, Longs, Longs]:
    """The edges of each way that met something, from its start."""
    walks = np.flatnonzero(steps)
    whose, orders, edges = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    place = met_at.copy()
    for depth in range(len(levels), 0, -1):
        edge, back = levels[depth - 1]
        on = walks[steps[walks] >= depth]
        whose.append(on + offset)
        orders.append(np.full(len(on), depth - 1))
        edges.append(edge[place[on]])
        place[on] = back[place[on]]
    return np.concatenate(whose), np.concatenate(orders), np.concatenate(edges)
