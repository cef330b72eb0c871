"""Rows of several tables, written once as they come and read back table by table.

A source is asked for one table after another, and reading 1.7 GB of XML four times would take four
times as long: the one reading goes to compressed Arrow files in a folder of its own, which is
removed with the spool. Memory holds one batch of each kind of row.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.columns import constant, make_batch
from kgmed.builders.rows import BATCH_ROWS
from kgmed.builders.source import COLUMNS, TableName, schema

if TYPE_CHECKING:
    import pyarrow as pa


class Spool:
    """Tables in files. Add rows through :meth:`rows`, :meth:`close`, then read :meth:`batches`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kgmed-spool-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._writers: dict[TableName, Any] = {}
        self._kinds: list[Rows] = []

    def rows(self, table: TableName, *columns: str, **constants: str) -> Rows:
        """A kind of row of ``table``: the columns that differ from row to row, and the others."""
        kind = Rows(self, table, columns, constants)
        self._kinds.append(kind)
        return kind

    def write(self, table: TableName, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        from pyarrow import ipc

        writer = self._writers.get(table)
        if writer is None:
            options = ipc.IpcWriteOptions(compression="lz4")
            path = str(self._folder / table)
            writer = self._writers[table] = ipc.new_stream(path, schema(table), options=options)
        writer.write_batch(batch)

    def close(self) -> None:
        """Write what is left; nothing is added after."""
        for kind in self._kinds:
            kind.flush()
        for writer in self._writers.values():
            writer.close()

    def remove(self) -> None:
        """Delete the files."""
        for writer in self._writers.values():
            writer.close()
        self._remove()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table."""
        from pyarrow import ipc

        if table in self._writers:
            with open(self._folder / table, "rb") as file:  # noqa: PTH123
                yield from ipc.open_stream(file)


def filled(read: Callable[[Spool], None]) -> Spool:
    """The rows that ``read`` adds, all written; none are left behind where it fails."""
    spool = Spool()
    try:
        read(spool)
        spool.close()
    except BaseException:
        spool.remove()
        raise
    return spool


class Rows:
    """Rows that share some of their values."""

    def __init__(
        self, spool: Spool, table: TableName, columns: tuple[str, ...], constants: dict[str, str]
    ) -> None:
        self._spool, self._table, self._columns = spool, table, columns
        self._constants = constants
        self._rows: list[tuple[Any, ...]] = []

    def add(self, *values: Any) -> None:
        """One row: a text, or a list of texts, for each column."""
        self._rows.append(values)
        if len(self._rows) >= BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write the rows so far."""
        import pyarrow as pa

        if not self._rows:
            return
        types = {"string": pa.string(), "list<string>": pa.list_(pa.string())}
        kinds = COLUMNS[self._table]
        columns = {
            name: pa.array(values, types[kinds[name]])
            for name, values in zip(self._columns, zip(*self._rows, strict=True), strict=True)
        }
        count = len(self._rows)
        columns |= {name: constant(text, count) for name, text in self._constants.items()}
        self._spool.write(self._table, make_batch(self._table, columns, count))
        self._rows.clear()
