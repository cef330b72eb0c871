"""Where the boxes of a picture stand: columns by distance from a concept, the same every time.

Breadth first from the first concept, neighbours are at most one column apart, so that every line
joins boxes of one column or of two that stand side by side. Where many things lie around one
concept, what hangs together is put to its right or its left, as even as may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SIDE = 6
"""Neighbours that stand on one side of a concept; more are shared out over both."""
_SWEEPS = 4


def columns(
    ids: Sequence[str], pairs: Sequence[tuple[str, str]], start: str = "", *, both: bool = True
) -> list[list[list[str]]]:
    """The columns, from left to right, of each part that hangs together, from top to bottom.

    ``ids`` are all boxes; ``start`` is the one that distances are from, by default the one with the
    most neighbours. With ``both`` a crowded one has neighbours on both sides.

    >>> columns(["a", "b", "c"], [("a", "b"), ("b", "c")], "a")
    [[['a'], ['b'], ['c']]]
    >>> columns(["a", "b", "c"], [("a", "b")])
    [[['a'], ['b']], [['c']]]
    """
    around: dict[str, list[str]] = {id: [] for id in ids}
    for a, b in pairs:
        if a != b and b not in around[a]:
            around[a].append(b)
            around[b].append(a)
    left = dict.fromkeys(ids)
    parts = []
    while left:
        root = start if start in left else max(left, key=lambda one: len(around[one]))
        place = _distances(root, around)
        if both and len(around[root]) > SIDE:
            _share_out(root, place, around)
        parts.append(_ordered(place, around))
        left = {id: None for id in left if id not in place}
    return parts


def _distances(root: str, around: Mapping[str, Sequence[str]]) -> dict[str, int]:
    place = {root: 0}
    frontier = [root]
    while frontier:
        beyond = []
        for id in frontier:
            for other in around[id]:
                if other not in place:
                    place[other] = place[id] + 1
                    beyond.append(other)
        frontier = beyond
    return place


def _share_out(root: str, place: dict[str, int], around: Mapping[str, Sequence[str]]) -> None:
    """Put parts that only the root joins to its left, where the right has more."""
    seen = {root}
    groups = []
    for first in around[root]:
        if first in seen:
            continue
        group, stack = [], [first]
        seen.add(first)
        while stack:
            id = stack.pop()
            group.append(id)
            for other in around[id]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        groups.append(group)
    half = sum(map(len, groups)) / 2
    right = 0.0
    for group in groups:  # in order, so that what is alike stays together
        side = 1 if right + len(group) / 2 <= half else -1
        right += len(group) if side == 1 else 0
        for id in group:
            place[id] *= side


def _ordered(place: Mapping[str, int], around: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Columns from left to right; in each, boxes near those that they are joined to."""
    low, high = min(place.values()), max(place.values())
    found = {n: [id for id in place if place[id] == n] for n in range(low, high + 1)}
    for sweep in range(_SWEEPS):
        order = range(high + 1) if sweep % 2 == 0 else range(high, -1, -1)
        for side in (1, -1):
            for n in order:
                here, there = side * n, side * (n - 1 if sweep % 2 == 0 else n + 1)
                if here in found and there in found and here != 0:
                    _sort(found[here], found[there], around)
    return [found[n] for n in range(low, high + 1)]


def _sort(here: list[str], there: Sequence[str], around: Mapping[str, Sequence[str]]) -> None:
    rank = {id: n / max(1, len(there) - 1) for n, id in enumerate(there)}
    own = {id: n / max(1, len(here) - 1) for n, id in enumerate(here)}
    middle = {}
    for id in here:
        near = [rank[other] for other in around[id] if other in rank]
        middle[id] = sum(near) / len(near) if near else own[id]
    here.sort(key=lambda one: (middle[one], own[one]))
