"""Many checks at once over a snapshot's arrays: NumPy, and numba where it is installed.

The results are those of the single queries; only the speed differs. Concepts are numbered as in
the snapshot, an overlay's new ones after its base's; :meth:`Batch.numbers` maps CURIEs to numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.errors import CorruptSnapshot
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.patched import CSR_ARRAYS, Patched
from kgmed.kg.store.snapshot import Snapshot, crc_of

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int32]
MISSING = -1
"""The number of an id that the graph doesn't hold."""


class Batch:
    """Vectorised reads over one snapshot; the arrays are memory-mapped and verified once."""

    def __init__(self, snapshot: Snapshot) -> None:
        base = snapshot.base or snapshot
        self._folder = base.folder
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        for name in CSR_ARRAYS:
            self._arrays[name] = mapped(base, name)
        self._patched = Patched.read(snapshot, self._arrays) if snapshot.base else Patched.none()
        manifest = snapshot.manifest
        self._codes = {
            name: code for code, (name, negated) in enumerate(manifest["predicates"]) if not negated
        }
        self._positive = np.array([not negated for _name, negated in manifest["predicates"]], bool)

    def numbers(self, curies: pa.Array | Sequence[str]) -> Ints:
        """Concept numbers of CURIEs (any equivalent id), -1 where the graph lacks one.

        Shape (n,), in the order given.
        """
        import duckdb
        import pyarrow as pa

        table = pa.table({"curie": curies, "n": np.arange(len(curies), dtype=np.int64)})
        connection = duckdb.connect()
        try:
            no_progress_bar(connection)
            connection.register("asked", table)
            connection.register("added", self._patched.ids)
            found = connection.execute(
                "SELECT n, cid FROM asked JOIN ("
                "SELECT curie, cid FROM read_parquet(?) UNION ALL SELECT curie, cid FROM added)"
                " USING (curie)",
                [str(self._folder / "tables" / "ids.parquet")],
            ).fetchnumpy()
        finally:
            connection.close()
        result = np.full(len(curies), MISSING, np.int32)
        result[found["n"]] = found["cid"]
        return result

    def predicate_codes(self, predicates: pa.Array | Sequence[str]) -> Ints:
        """Codes of predicates, -1 for one of which the graph holds no positive statement."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column = pc.dictionary_encode(pa.chunked_array([predicates]).combine_chunks())
        table = [self._codes.get(name, MISSING) for name in column.dictionary.to_pylist()]
        codes: Ints = np.array(table or [MISSING], np.int32)[column.indices.to_numpy()]
        return codes

    def has_statements(self, subjects: Ints, codes: Ints, objects: Ints) -> npt.NDArray[np.bool_]:
        """Whether a positive statement joins each triple of numbers; False where one is -1.

        Shapes (n,). A binary search per triple inside the subject's row.
        """
        valid = (subjects >= 0) & (codes >= 0) & (objects >= 0)
        result = np.zeros(len(subjects), bool)
        patched = self._patched
        if not len(patched.row_of):
            parts = [(valid, self._arrays, subjects)]
        else:
            row = patched.row_of[np.where(valid, subjects, 0)]
            parts = [
                (valid & (row < 0), self._arrays, subjects),
                (valid & (row >= 0), patched.arrays, row),
            ]
        for chosen, arrays, rows in parts:
            result[chosen] = self._search(arrays, rows[chosen], codes[chosen], objects[chosen])
        return result

    @staticmethod
    def _search(
        arrays: dict[str, npt.NDArray[Any]], rows: Ints, codes: Ints, objects: Ints
    ) -> npt.NDArray[np.bool_]:
        search = _numba_search() or _numpy_search
        found: npt.NDArray[np.bool_] = search(
            arrays["out_off"],
            arrays["out_p"],
            arrays["out_nbr"],
            np.ascontiguousarray(rows),
            np.ascontiguousarray(codes),
            np.ascontiguousarray(objects),
        )
        return found

    def check_triples(self, table: pa.Table) -> npt.NDArray[np.bool_]:
        """:meth:`has_statements` for a table of CURIEs: columns subject, predicate, object."""
        import pyarrow as pa

        n = table.num_rows
        ends = [*table.column("subject").chunks, *table.column("object").chunks]
        numbers = self.numbers(pa.chunked_array(ends, pa.string()))
        codes = self.predicate_codes(table.column("predicate").combine_chunks())
        return self.has_statements(numbers[:n], codes, numbers[n:])

    def distances(
        self, starts: Ints, ends: Ints, *, hops: int, predicates: Sequence[str] | None = None
    ) -> Ints:
        """Statements on the shortest path of each pair of numbers, -1 where there is none.

        Shapes (n,). Needs numba (extra ``fast``).
        """
        from kgmed.kg.store.compiled import distances

        mask = self._positive.copy()
        if predicates is not None:
            mask[:] = False
            for name in predicates:
                if name in self._codes:
                    mask[self._codes[name]] = True
        patched = self._patched
        result: Ints = distances(
            tuple(self._arrays[name] for name in CSR_ARRAYS),
            (patched.row_of, *(patched.arrays[name] for name in CSR_ARRAYS)),
            mask,
            np.ascontiguousarray(starts, np.int32),
            np.ascontiguousarray(ends, np.int32),
            hops,
        )
        return result


def mapped(snapshot: Snapshot, name: str) -> npt.NDArray[Any]:
    """One array of a snapshot that is no overlay, memory-mapped, its checksum verified.

    Raises :class:`~kgmed.kg.errors.CorruptSnapshot` where the checksum differs.
    """
    path = snapshot.folder / "csr" / f"{name}.bin"
    if not snapshot.verified:
        expected = snapshot.manifest["files"][f"csr/{name}.bin"][1]
        if crc_of(path) != expected:
            raise CorruptSnapshot(f"{path}: its CRC-32 differs. Build the graph again.")
    dtype = snapshot.manifest["arrays"][name]["dtype"]
    empty = path.stat().st_size == 0
    array = np.empty(0, dtype) if empty else np.memmap(path, dtype, "r").view(np.ndarray)
    array.flags.writeable = False
    return array


def lower_bounds(
    offsets: npt.NDArray[Any],
    codes: npt.NDArray[Any],
    neighbors: npt.NDArray[Any],
    rows: npt.NDArray[Any],
    keys: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """First place in each row at or past a key, ``code << 32 | neighbour``, else the row's end.

    Shapes (n,). Compiled where numba is installed.
    """
    try:
        from kgmed.kg.store import compiled
    except ImportError:
        return _numpy_lower_bounds(offsets, codes, neighbors, rows, keys)
    places: npt.NDArray[np.int64] = compiled.lower_bounds(
        offsets, codes, neighbors, np.ascontiguousarray(rows), np.ascontiguousarray(keys)
    )
    return places


def _numpy_lower_bounds(
    offsets: npt.NDArray[Any],
    codes: npt.NDArray[Any],
    neighbors: npt.NDArray[Any],
    rows: npt.NDArray[Any],
    keys: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """All searches in step: one round halves every open interval."""
    low, high = offsets[rows], offsets[rows + 1]
    active = np.flatnonzero(low < high)
    while len(active):
        middle = (low[active] + high[active]) >> 1
        value = (codes[middle].astype(np.int64) << 32) | neighbors[middle]
        less = value < keys[active]
        low[active[less]] = middle[less] + 1
        high[active[~less]] = middle[~less]
        active = active[low[active] < high[active]]
    places: npt.NDArray[np.int64] = low
    return places


def _numba_search() -> Any:
    try:
        from kgmed.kg.store.compiled import has_statements
    except ImportError:
        return None
    return has_statements


def _numpy_search(
    offsets: npt.NDArray[Any],
    codes: npt.NDArray[Any],
    neighbors: npt.NDArray[Any],
    s: Ints,
    p: Ints,
    o: Ints,
) -> npt.NDArray[np.bool_]:
    """All binary searches in step: one round halves every open interval."""
    order = np.lexsort((o, p, s))  # neighbouring searches touch neighbouring pages
    low, high = offsets[s[order]], offsets[s[order] + 1]
    end = high.copy()
    wanted = (p[order].astype(np.int64) << 32) | o[order]
    active = np.flatnonzero(low < high)
    while len(active):
        middle = (low[active] + high[active]) >> 1
        value = (codes[middle].astype(np.int64) << 32) | neighbors[middle]
        less = value < wanted[active]
        low[active[less]] = middle[less] + 1
        high[active[~less]] = middle[~less]
        active = active[low[active] < high[active]]
    found = low < end
    place = np.where(found, low, 0)
    if len(neighbors):
        found &= (neighbors[place] == o[order]) & (codes[place] == p[order])
    result = np.empty(len(s), bool)
    result[order] = found
    return result
