"""Shortest paths between two concepts: one algorithm over any back end's ``expand``.

Bidirectional breadth-first search over positive statements in either direction. The side whose
frontier has fewer statements is expanded; nodes in the order they were found, neighbours in the
protocol's order. Work is capped by a count of statements read, never by time, so that the same
question has the same answer on every machine and back end.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import cast

from kgmed.kg.model import Path, Statement, Step
from kgmed.kg.paths.rank import path_score, statement_score
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore

MAX_STATEMENTS_READ = 4_000_000
"""Statements that one search may read before it gives up and says so."""

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
) -> Found:
    """The shortest paths of at most ``hops`` statements between two concepts.

    ``start`` and ``end`` are concept ids. Of the ways of the shortest length, up to 64 are ranked
    by how much their predicates explain and how specific their concepts are; ``limit`` come back.
    """
    first, last = store.node(start), store.node(end)
    if first is None or last is None or first == last:
        return Found(())
    ways, exhausted = shortest_ways(store, first, last, hops=hops, predicates=predicates)
    ranked = []
    for way in ways:
        path = _with_statements(store, store.node_ids(way), registry, predicates)
        ranked.append((-path_score(path, store.node_degrees(way[1:-1]), registry), path))
    ranked.sort(key=lambda pair: (pair[0], pair[1].nodes))
    return Found(tuple(path for _score, path in ranked[:limit]), exhausted)


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
    parents: tuple[dict[Hashable, Hashable | None], ...] = ({start: None}, {end: None})
    frontiers: list[list[Hashable]] = [[start], [end]]
    weights = [sum(store.node_degrees(frontier)) for frontier in frontiers]
    read = 0
    for _hop in range(hops):
        side = 0 if weights[0] <= weights[1] else 1
        read += weights[side]
        if read > MAX_STATEMENTS_READ:
            return [], False
        mine, other = parents[side], parents[1 - side]
        fresh: list[Hashable] = []
        meetings: dict[tuple[Hashable, Hashable], None] = {}
        for node in frontiers[side]:
            around = store.expand([node], predicates=predicates)[0]
            if len(around) <= _BULK:
                for neighbor in around:
                    if neighbor in other:
                        meetings[node, neighbor] = None
                    if neighbor not in mine:
                        mine[neighbor] = node
                        fresh.append(neighbor)
            else:
                new = dict.fromkeys(around, node)
                for neighbor in sorted(cast(set[int], other.keys() & new.keys())):
                    meetings[node, neighbor] = None
                for known in mine.keys() & new.keys():
                    del new[known]
                mine.update(new)
                fresh += new
            if len(meetings) >= pool:
                break
        if meetings:
            pairs = list(meetings)[:pool]
            ways = [_join(parents, side, node, neighbor) for node, neighbor in pairs]
            return ways, True
        if not fresh:
            return [], True
        frontiers[side] = fresh
        weights[side] = sum(store.node_degrees(fresh))
    return [], True


def _join(
    parents: tuple[dict[Hashable, Hashable | None], ...],
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


def _with_statements(
    store: GraphStore,
    ids: Sequence[str],
    registry: Registry,
    predicates: Sequence[str] | None,
) -> Path:
    """Put the best statement between each two neighbouring concepts."""
    steps = []
    for left, right in zip(ids, ids[1:], strict=False):
        choices = [
            (-statement_score(statement, registry), statement.id, statement)
            for statement in statements_between(store, left, right, predicates=predicates)
        ]
        best = min(choices, key=lambda choice: choice[:2])[2]
        steps.append(Step(best, "out" if best.subject == left else "in"))
    return Path(tuple(steps))


def statements_between(
    store: GraphStore, left: str, right: str, *, predicates: Sequence[str] | None = None
) -> list[Statement]:
    """The positive statements between two concepts, either direction, by the protocol's order."""
    degrees = store.degrees([left, right])
    near, far = (left, right) if degrees[0] <= degrees[1] else (right, left)
    edges = store.neighbors([near], predicates=predicates)[0]
    ids = [e.statement for e in edges if far in (e.subject, e.object) and not e.negated]
    return [statement for statement in store.statements(ids) if statement is not None]
