"""What a load sends: all rows of a snapshot, or those in which it differs from an older one.

Rows come from the views of :mod:`kgmed.kg.layers` in one DuckDB connection, in a total order, so
that a load can go on where it was stopped; DuckDB sorts on disk what doesn't fit its memory.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kgmed.kg.diff.tables import connect, errors_named
from kgmed.kg.layers import define
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.neo4j.rows import Kind, Table
from kgmed.kg.store.overlay import OverlayStore
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views.neo4j_schema import statement_json

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 5_000
BATCH_BYTES = 4 << 20
"""Rows and bytes of one transaction at most; what a transaction holds stays in the server's
memory until it is committed."""
MEMORY = "2GB"
"""What DuckDB may hold."""

Batch = tuple[str, list[tuple[Any, ...]]]
"""A query, and the rows that it merges."""


def store_of(snapshot: Snapshot) -> EmbeddedStore:
    """The store of an opened snapshot."""
    return EmbeddedStore(snapshot) if snapshot.base is None else OverlayStore(snapshot)


class Plan:
    """The rows of ``new``; of those, only what ``old`` hasn't, where there is one. Close it."""

    def __init__(self, new: Snapshot, old: Snapshot | None = None, *, memory: str = MEMORY) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="kgmed-load-"))
        self.old = old
        try:
            with errors_named(self._work):
                self._connection = connect(self._work, memory=memory)
                for prefix, snapshot in (("new_", new), ("old_", old)):
                    if snapshot is not None:
                        define(self._connection, snapshot, prefix=prefix)
                        self._retracted(snapshot, prefix)
                        self._standing(snapshot, prefix)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the work folder."""
        if hasattr(self, "_connection"):
            self._connection.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def _retracted(self, snapshot: Snapshot, prefix: str) -> None:
        columns = "id VARCHAR, reason VARCHAR, who VARCHAR, date VARCHAR, statement VARCHAR"
        self._connection.execute(f"CREATE TABLE {prefix}retracted({columns})")
        store = store_of(snapshot)
        try:
            rows = [
                (s.id, s.retracted.reason, s.retracted.who, s.retracted.date, statement_json(s))
                for s in store.retracted()
                if s.retracted is not None
            ]
        finally:
            store.close()
        if rows:
            self._connection.executemany(
                f"INSERT INTO {prefix}retracted VALUES (?, ?, ?, ?, ?)", rows
            )

    def _standing(self, snapshot: Snapshot, prefix: str) -> None:
        """The curated paths without the lines of which an overlay retracted a statement."""
        columns = 'start INT, "end" INT, path VARCHAR, steps VARCHAR'
        self._connection.execute(f"CREATE TABLE {prefix}standing({columns})")
        whole = f'SELECT start, "end", path, steps FROM {prefix}paths'
        if snapshot.base is None:
            self._connection.execute(f"INSERT INTO {prefix}standing {whole}")
            return
        rows = self._connection.execute(f"SELECT id FROM {prefix}retracted").fetchall()
        gone = {id for (id,) in rows}
        kept = []
        for start, end, path, steps in self._connection.execute(whole).fetchall():
            lines = [line for line in json.loads(steps) if not any(id in gone for id, _way in line)]
            if lines:
                kept.append((start, end, path, json.dumps(lines)))
        if kept:
            self._connection.executemany(f"INSERT INTO {prefix}standing VALUES (?, ?, ?, ?)", kept)

    # What is merged

    def _rows(self, table: Table) -> str:
        """The query of a table's rows; those that differ are found once, and kept."""
        new = table.sql.replace("{v}", "new_")
        if self.old is None:
            return f"({new})"
        old = table.sql.replace("{v}", "old_")
        kept = f"send_{table.name}"
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {kept} AS ({new}) EXCEPT ({old})")
        return kept

    def count(self, table: Table) -> int:
        """How many rows a table sends."""
        with errors_named(self._work):
            query = f"SELECT count(*) FROM {self._rows(table)}"
            return int(self._connection.execute(query).fetchall()[0][0])

    def batches(self, table: Table, *, done: int = 0) -> Iterator[Batch]:
        """The rows of a table in its order, those after the first ``done``; a batch a query."""
        query = f"SELECT * FROM {self._rows(table)} ORDER BY {table.order} OFFSET {done}"
        with errors_named(self._work):
            reader = self._connection.sql(query).to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                for part in _parts(batch):
                    yield from _batches(table, part)

    # What is removed

    def gone(self, kind: Kind) -> Iterator[list[tuple[Any, ...]]]:
        """The keys of what the old snapshot has and the new lacks, in batches."""
        old, new = (kind.keys.replace("{v}", prefix) for prefix in ("old_", "new_"))
        query = f"SELECT * FROM (({old}) EXCEPT ({new})) ORDER BY {', '.join(_ends(kind))}"
        yield from self._keys(query)

    def expect(self, kind: Kind) -> None:
        """Make ready to compare what a database lists of a kind."""
        columns = ", ".join(f"{name} VARCHAR" for name in kind.columns)
        with errors_named(self._work):
            self._connection.execute(f"CREATE OR REPLACE TABLE listed({columns})")

    def listed(self, kind: Kind, rows: Sequence[Sequence[Any]]) -> None:
        """Take note of keys that a database lists."""
        import pyarrow as pa

        if not rows:
            return
        arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
        with errors_named(self._work):
            self._connection.register("keys", pa.table(arrays, names=list(kind.columns)))
            self._connection.execute("INSERT INTO listed SELECT * FROM keys")
            self._connection.unregister("keys")

    def superfluous(self, kind: Kind) -> Iterator[list[tuple[Any, ...]]]:
        """The keys that were listed and that the snapshot lacks, in batches."""
        keys = kind.keys.replace("{v}", "new_")
        query = f"""SELECT * FROM (SELECT * FROM listed EXCEPT ({keys}))
                    ORDER BY {", ".join(_ends(kind))}"""
        yield from self._keys(query)

    def _keys(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        with errors_named(self._work):
            for batch in self._connection.sql(query).to_arrow_reader(BATCH_ROWS):
                yield _tuples(batch)


def _ends(kind: Kind) -> tuple[str, ...]:
    """The columns of a kind, the type first: rows of one query follow one another."""
    return tuple(reversed(kind.columns))


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of about :data:`BATCH_BYTES`."""
    step = max(1, batch.num_rows * BATCH_BYTES // max(1, batch.nbytes))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def _batches(table: Table, batch: pa.RecordBatch) -> Iterator[Batch]:
    rows = _tuples(batch)
    if not table.split:
        yield table.merge(""), rows
        return
    for common, some in groupby(rows, key=lambda row: row[0]):
        yield table.merge(common), list(some)


def _tuples(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
