"""Rows that wait on disk for the rest of their table: Parquet files, asked through DuckDB."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.columns import make_batch
from kgmed.builders.rows import BATCH_ROWS
from kgmed.builders.source import TableName

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class Workspace:
    """A folder for one reader, removed with it, and a DuckDB of bounded memory that spills there.

    The rows are Parquet files; the database itself holds views of them and small tables.
    """

    def __init__(self, parent: Path | None, memory: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kgmed-umls-", dir=parent))
        self._memory = memory
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._writers: dict[str, Any] = {}
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, opened at first use."""
        import duckdb

        if self._connection is None:
            self.folder.mkdir(exist_ok=True)
            connection = duckdb.connect()
            connection.execute(f"SET memory_limit = '{self._memory}'")
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET temp_directory = ?", [str(self.folder / "spill")])
            self._connection = connection
        return self._connection

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Begin a table of the given columns and Arrow types, as a Parquet file."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.drop(name)
        self.folder.mkdir(exist_ok=True)
        schema = pa.schema([(column, pa.type_for_alias(kind)) for column, kind in columns.items()])
        self._writers[name] = pq.ParquetWriter(
            self._path(name), schema, compression="lz4", use_dictionary=False
        )

    def insert(self, name: str, columns: Sequence[pa.Array | npt.NDArray[Any]]) -> None:
        """Append columns, in the order of the table's own."""
        import pyarrow as pa

        writer = self._writers[name]
        if len(columns[0]):
            arrays = [
                column.astype(field.type.to_pandas_dtype())
                if isinstance(column, np.ndarray)
                else column
                for column, field in zip(columns, writer.schema, strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=writer.schema))

    def finish(self, *names: str) -> None:
        """End tables; from now on queries see them by name."""
        for name in names:
            self._writers.pop(name).close()
            path = str(self._path(name)).replace("'", "''")
            self.connection.execute(
                f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet('{path}')"
            )

    def materialize(self, name: str, query: str) -> None:
        """Write a query's rows; queries see them by that name."""
        path = str(self._path(name)).replace("'", "''")
        self.connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION lz4)")
        self.connection.execute(
            f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet('{path}')"
        )

    def drop(self, name: str) -> None:
        """Remove a table, finished or not."""
        if writer := self._writers.pop(name, None):
            writer.close()
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    def batches(
        self, query: str, table: TableName, constants: Mapping[str, pa.Scalar]
    ) -> Iterator[pa.RecordBatch]:
        """Stream a query's rows as a source's rows; ``constants`` fill columns it lacks."""
        import pyarrow as pa

        with self.connection.cursor() as cursor:
            reader = cursor.sql(query).to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                rows = batch.num_rows
                if rows:
                    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
                    columns |= {n: pa.repeat(value, rows) for n, value in constants.items()}
                    yield make_batch(table, columns, rows)

    def close(self) -> None:
        """Remove the files."""
        for name in list(self._writers):
            self.drop(name)
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._remove()


def cui_sql(column: str) -> str:
    """The SQL of a CUI's CURIE, from its number."""
    return f"'umls:C' || lpad({column}::VARCHAR, 7, '0')"
