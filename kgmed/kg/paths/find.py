"""Shortest paths between two concepts: one algorithm over any back end's ``expand``.

Bidirectional breadth-first search over positive statements in either direction. The side whose
frontier has fewer statements is expanded; nodes in the order they were found, neighbours in the
protocol's order. Work is capped by a count of statements read, never by time, so that the same
question has the same answer on every machine and back end.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

from kgmed.kg.model import Path, Step
from kgmed.kg.paths.rank import path_score, statement_score
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore

MAX_STATEMENTS_READ = 4_000_000
"""Statements that one search may read before it gives up and says so."""

Rank = Callable[[Sequence[Path]], Sequence[float]]
"""Scores of paths between the same two concepts: the greater, the earlier."""

_POOL = 64
"""Ways of the shortest length that are collected and ranked."""

_BULK = 64
"""Neighbours from which set operations beat a loop."""


@dataclass(frozen=True, slots=True)
class Found:
    """Paths, best first. ``exhausted`` is False where the cap ended the search."""

    paths: tuple[Path, ...]
    exhausted: bool = True


def find_paths(
    store: GraphStore,
    start: str,
    end: str,
    *,
    registry: Registry,
    hops: int = 4,
    limit: int = 5,
    predicates: Sequence[str] | None = None,
    rank: Rank | None = None,
) -> Found:
    """The shortest paths of at most ``hops`` statements between two concepts.

    ``start`` and ``end`` are concept ids. Of the ways of the shortest length, up to 64 are ranked
    by how much their predicates explain and how specific their concepts are, or by ``rank``, whose
    ties are in that order; ``limit`` come back.
    """
    first, last = store.node(start), store.node(end)
    if first is None or last is None or first == last:
        return Found(())
    ways, exhausted = shortest_ways(store, first, last, hops=hops, predicates=predicates)
    ids = [store.node_ids(way) for way in ways]
    best = _best_statements(store, ids, registry, predicates)
    ranked = []
    for way, names in zip(ways, ids, strict=True):
        path = Path(tuple(best[pair] for pair in pairwise(names)))
        ranked.append((-path_score(path, store.node_degrees(way[1:-1]), registry), path))
    ranked.sort(key=lambda pair: (pair[0], pair[1].nodes))
    best_first = [path for _score, path in ranked]
    if rank is not None and best_first:
        scores = dict(zip(map(id, best_first), rank(best_first), strict=True))
        best_first.sort(key=lambda path: -scores[id(path)])
    return Found(tuple(best_first[:limit]), exhausted)


def shortest_ways(
    store: GraphStore,
    start: Hashable,
    end: Hashable,
    *,
    hops: int,
    predicates: Sequence[str] | None = None,
    pool: int = _POOL,
) -> tuple[list[list[Hashable]], bool]:
    """Node sequences of the shortest length, at most ``pool``, and whether the search was whole."""
    parents: list[dict[Hashable, Hashable | None]] = [{start: None}, {end: None}]
    frontiers: list[Sequence[Hashable]] = [[start], [end]]
    weights = [sum(store.node_degrees(frontier)) for frontier in frontiers]
    read = 0
    for hop in range(1, hops + 1):
        side = 0 if weights[0] <= weights[1] else 1
        read += weights[side]
        if read > MAX_STATEMENTS_READ:
            return [], False
        other = parents[1 - side]
        around: list[tuple[Hashable, list[Hashable]]] = []
        meetings: dict[tuple[Hashable, Hashable], None] = {}
        for node, neighbors in _expanded(store, frontiers[side], predicates):
            if met := other.keys() & neighbors:
                some = sorted(cast(set[int], met)) if len(neighbors) > _BULK else neighbors
                meetings.update(((node, neighbor), None) for neighbor in some if neighbor in met)
                if len(meetings) >= pool:
                    break
            if hop < hops and not meetings:
                around.append((node, neighbors))
        if meetings:
            pairs = list(meetings)[:pool]
            ways = [_join(parents, side, node, neighbor) for node, neighbor in pairs]
            return ways, True
        parents[side], fresh = _discovered(parents[side], around)
        if not fresh:
            break
        frontiers[side] = fresh
        weights[side] = sum(store.node_degrees(fresh))
    return [], True


def _expanded(
    store: GraphStore, nodes: Sequence[Hashable], predicates: Sequence[str] | None
) -> Iterator[tuple[Hashable, list[Hashable]]]:
    """Each node with its neighbours; as many at once as the back end asks for."""
    step = store.expand_at_once
    for start in range(0, len(nodes), step):
        part = nodes[start : start + step]
        yield from zip(part, store.expand(part, predicates=predicates), strict=True)


def _discovered(
    mine: dict[Hashable, Hashable | None], around: Sequence[tuple[Hashable, list[Hashable]]]
) -> tuple[dict[Hashable, Hashable | None], list[Hashable]]:
    """The parents with the new nodes' among them, and these nodes in the order they were found."""
    fresh: list[Hashable] = []
    for node, neighbors in around:
        if len(neighbors) <= _BULK:
            for neighbor in neighbors:
                if neighbor not in mine:
                    mine[neighbor] = node
                    fresh.append(neighbor)
            continue
        new: dict[Hashable, Hashable | None] = dict.fromkeys(neighbors, node)
        for known in mine.keys() & new.keys():
            del new[known]
        fresh += new
        smaller, larger = sorted((mine, new), key=len)
        larger.update(smaller)
        mine = larger
    return mine, fresh


def _join(
    parents: Sequence[dict[Hashable, Hashable | None]],
    side: int,
    node: Hashable,
    neighbor: Hashable,
) -> list[Hashable]:
    """The way through one edge between the two sides, from start to end."""
    left, right = (node, neighbor) if side == 0 else (neighbor, node)
    way: list[Hashable] = []
    step: Hashable | None = left
    while step is not None:
        way.append(step)
        step = parents[0][step]
    way.reverse()
    step = right
    while step is not None:
        way.append(step)
        step = parents[1][step]
    return way


def _best_statements(
    store: GraphStore,
    ways: Sequence[Sequence[str]],
    registry: Registry,
    predicates: Sequence[str] | None,
) -> dict[tuple[str, str], Step]:
    """The best statement between each two neighbouring concepts of the ways."""
    pairs = list(dict.fromkeys(pair for way in ways for pair in pairwise(way)))
    steps = {}
    for pair, choices in zip(pairs, store.between(pairs, predicates=predicates), strict=True):
        best = min(choices, key=lambda choice: (-statement_score(choice, registry), choice.id))
        steps[pair] = Step(best, "out" if best.subject == pair[0] else "in")
    return steps
