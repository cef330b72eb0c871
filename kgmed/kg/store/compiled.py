"""The inner loops of :mod:`kgmed.kg.store.batch`, compiled by numba on first use and cached."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from numba import njit
except ImportError as error:
    from kgmed.kg.errors import MissingExtra

    raise ImportError(str(MissingExtra("numba", "fast"))) from error


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def has_statements(
    offsets: Any, codes: Any, neighbors: Any, s: Any, p: Any, o: Any
) -> Any:  # pragma: no cover  compiled
    """A lower bound inside each subject's row, over the pair (code, object)."""
    result = np.zeros(len(s), np.bool_)
    for i in range(len(s)):
        wanted = (np.int64(p[i]) << 32) | np.int64(o[i])
        low, high = offsets[s[i]], offsets[s[i] + 1]
        end = high
        while low < high:
            middle = (low + high) >> 1
            if ((np.int64(codes[middle]) << 32) | np.int64(neighbors[middle])) < wanted:
                low = middle + 1
            else:
                high = middle
        result[i] = low < end and neighbors[low] == o[i] and codes[low] == p[i]
    return result


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def lower_bounds(
    offsets: Any, codes: Any, neighbors: Any, rows: Any, keys: Any
) -> Any:  # pragma: no cover  compiled
    """First place in each row whose (code << 32 | neighbour) is at least the key, or its end."""
    result = np.empty(len(rows), np.int64)
    for i in range(len(rows)):
        low, high = offsets[rows[i]], offsets[rows[i] + 1]
        while low < high:
            middle = (low + high) >> 1
            if ((np.int64(codes[middle]) << 32) | np.int64(neighbors[middle])) < keys[i]:
                low = middle + 1
            else:
                high = middle
        result[i] = low
    return result


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _degree(csr: Any, patch: Any, u: int) -> int:  # pragma: no cover  compiled
    """Edges at a node, in and out."""
    out_off, _out_nbr, _out_p, in_off, _in_nbr, _in_p = csr
    row_of, new_out_off, _new_out_nbr, _new_out_p, new_in_off, _new_in_nbr, _new_in_p = patch
    row = row_of[u] if len(row_of) else -1
    if row >= 0:
        out = new_out_off[row + 1] - new_out_off[row]
        return int(out + new_in_off[row + 1] - new_in_off[row])
    return int(out_off[u + 1] - out_off[u] + in_off[u + 1] - in_off[u])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _distance(
    csr: Any,
    patch: Any,
    mask: Any,
    start: int,
    end: int,
    hops: int,
    seen: Any,
    queues: Any,
    stamp: int,
) -> int:  # pragma: no cover  compiled
    """Bidirectional breadth-first search; ``seen`` holds the stamp per node and side.

    A meeting at a hop is at that distance: any shorter way would have met before. A node that an
    overlay patched has its row in ``patch``.
    """
    if start == end:
        return 0
    out_off, out_nbr, out_p, in_off, in_nbr, in_p = csr
    row_of, new_out_off, new_out_nbr, new_out_p, new_in_off, new_in_nbr, new_in_p = patch
    seen[start, 0] = stamp
    seen[end, 1] = stamp
    queues[0, 0] = start
    queues[1, 0] = end
    first = np.zeros(2, np.int64)
    last = np.ones(2, np.int64)
    weight = np.empty(2, np.int64)
    weight[0] = _degree(csr, patch, start)
    weight[1] = _degree(csr, patch, end)
    for hop in range(1, hops + 1):
        if first[0] == last[0] or first[1] == last[1]:
            return -1
        k = 0 if weight[0] <= weight[1] else 1
        other = 1 - k
        tail = last[k]
        total = 0
        for i in range(first[k], last[k]):
            u = queues[k, i]
            row = row_of[u] if len(row_of) else -1
            for way in range(2):
                if row < 0:
                    begin = out_off[u] if way == 0 else in_off[u]
                    stop = out_off[u + 1] if way == 0 else in_off[u + 1]
                    codes = out_p if way == 0 else in_p
                    neighbors = out_nbr if way == 0 else in_nbr
                else:
                    begin = new_out_off[row] if way == 0 else new_in_off[row]
                    stop = new_out_off[row + 1] if way == 0 else new_in_off[row + 1]
                    codes = new_out_p if way == 0 else new_in_p
                    neighbors = new_out_nbr if way == 0 else new_in_nbr
                if hop == hops:  # the last hop need only meet the other side
                    for e in range(begin, stop):
                        if mask[codes[e]] and seen[neighbors[e], other] == stamp:
                            return hop
                    continue
                for e in range(begin, stop):
                    if not mask[codes[e]]:
                        continue
                    v = neighbors[e]
                    if seen[v, other] == stamp:
                        return hop
                    if seen[v, k] != stamp:
                        seen[v, k] = stamp
                        queues[k, tail] = v
                        tail += 1
                        total += _degree(csr, patch, v)
        first[k] = last[k]
        last[k] = tail
        weight[k] = total
    return -1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _distances(
    csr: Any,
    patch: Any,
    mask: Any,
    starts: Any,
    ends: Any,
    hops: int,
    seen: Any,
    queues: Any,
    result: Any,
) -> None:  # pragma: no cover  compiled
    for i in range(len(starts)):
        if starts[i] < 0 or ends[i] < 0:
            result[i] = -1
        else:
            result[i] = _distance(csr, patch, mask, starts[i], ends[i], hops, seen, queues, i + 1)


def distances(
    csr: tuple[npt.NDArray[Any], ...],
    patch: tuple[npt.NDArray[Any], ...],
    mask: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    hops: int,
) -> npt.NDArray[np.int32]:
    """Length of the shortest path of each pair, at most 7 hops, -1 where there is none.

    ``csr`` and ``patch`` are those of :mod:`kgmed.kg.store.patched`.
    """
    if not 0 <= hops <= 7:
        raise ValueError(f"found hops={hops}, expected 0 to 7")
    nodes = max(len(csr[0]) - 1, len(patch[0]))
    queues = np.empty((2, nodes), np.int32)
    seen = np.zeros((nodes, 2), np.int32)
    result = np.empty(len(starts), np.int32)
    _distances(csr, patch, mask, starts, ends, hops, seen, queues, result)
    return result
