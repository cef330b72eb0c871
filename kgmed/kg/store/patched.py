"""The rows that an overlay changed, as whole rows in arrays, for batch reads.

Batch reads take a concept's row from the base's arrays, or from these where ``row_of`` says so.
They take memory for every edge at a concept that the overlay touches, six bytes a direction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.store.snapshot import OVERLAY_FILE, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

CSR_ARRAYS = ("out_off", "out_nbr", "out_p", "in_off", "in_nbr", "in_p")
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Patched:
    """``row_of``: per concept number the row in ``arrays``, -1 where the base's stands; empty
    without an overlay. ``ids``: the added CURIEs, columns curie and cid."""

    row_of: npt.NDArray[np.int32]
    arrays: dict[str, Array]
    ids: pa.Table

    @classmethod
    def none(cls) -> Patched:
        """What there is without an overlay: nothing."""
        return cls(_sealed(np.empty(0, np.int32)), _rows([], _NO_EDGES, _NO_EDGES), _ids([]))

    @classmethod
    def read(cls, snapshot: Snapshot, base: dict[str, Array]) -> Patched:
        """The rows of an overlay over its base's arrays."""
        path = snapshot.folder / OVERLAY_FILE
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            curies = database.execute("SELECT curie, cid FROM curie").fetchall()
            nodes = np.array(
                database.execute(
                    "SELECT node FROM patch UNION SELECT cid FROM concept WHERE cid >= ?",
                    (len(base["out_off"]) - 1,),
                ).fetchall(),
                np.int64,
            ).reshape(-1)
            edits = [
                np.array(
                    database.execute(
                        "SELECT node, place, code, neighbor, gone FROM patch WHERE way = ?", (way,)
                    ).fetchall(),
                    np.int64,
                ).reshape(-1, 5)
                for way in (0, 1)
            ]
        finally:
            database.close()
        concepts = max(len(base["out_off"]) - 1, int(nodes.max(initial=-1)) + 1)
        row_of = np.full(concepts, -1, np.int32)
        row_of[nodes] = np.arange(len(nodes))
        ways = [
            _patched(nodes, row_of, base[f"{way}_off"], base[f"{way}_p"], base[f"{way}_nbr"], some)
            for way, some in zip(("out", "in"), edits, strict=True)
        ]
        return cls(_sealed(row_of), _rows(nodes, *ways), _ids(curies))


_NO_EDGES = (np.empty(0, np.int64), np.empty(0, np.uint16), np.empty(0, np.int32))
_Edges = tuple[Array, Array, Array]


def _ids(curies: list[tuple[str, int]]) -> pa.Table:
    import pyarrow as pa

    columns = ([curie for curie, _ in curies], [cid for _, cid in curies])
    return pa.table(
        {"curie": pa.array(columns[0], pa.string()), "cid": pa.array(columns[1], pa.int32())}
    )


def _patched(
    nodes: Array, row_of: Array, offsets: Array, codes: Array, neighbors: Array, edits: Array
) -> _Edges:
    """(row, code, neighbour) of every edge of the patched rows in one direction, sorted."""
    old = nodes[nodes < len(offsets) - 1]
    starts, lengths = offsets[old], offsets[old + 1] - offsets[old]
    ends = np.cumsum(lengths)
    places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths)
    rows = np.repeat(row_of[old].astype(np.int64), lengths)
    gone = edits[:, 4] == 1
    stay = ~np.isin(places, edits[gone, 1])
    new = edits[~gone]
    row = np.concatenate([rows[stay], row_of[new[:, 0]]])
    code = np.concatenate([codes[places[stay]], new[:, 2].astype(np.uint16)])
    neighbor = np.concatenate([neighbors[places[stay]], new[:, 3].astype(np.int32)])
    order = np.lexsort((neighbor, code, row))
    return row[order], code[order], neighbor[order]


def _rows(nodes: Any, out: _Edges, into: _Edges) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for way, (row, code, neighbor) in (("out", out), ("in", into)):
        counts = np.bincount(row, minlength=len(nodes))
        arrays[f"{way}_off"] = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        arrays[f"{way}_p"] = code.astype(np.uint16)
        arrays[f"{way}_nbr"] = neighbor.astype(np.int32)
    return {name: _sealed(array) for name, array in arrays.items()}


def _sealed(array: Array) -> Array:
    """Read-only, as the mapped arrays are: numba compiles once for both."""
    array.flags.writeable = False
    return array
