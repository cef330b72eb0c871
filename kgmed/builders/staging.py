"""Stage sources' batches as Parquet and open them in one DuckDB connection with bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.source import (
    COLUMNS,
    TABLES,
    Source,
    SourceInfo,
    SourceReport,
    TableName,
    schema,
)
from kgmed.kg.linking.normalize import ASCII_KEY_SQL, key
from kgmed.kg.quiet import no_progress_bar

if TYPE_CHECKING:
    import duckdb

DEFAULT_MEMORY = "5GB"


def connect(work: Path, *, memory: str = DEFAULT_MEMORY) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that spills into ``work`` and knows ``kgmed_key``."""
    import duckdb

    connection = duckdb.connect(str(work / "staging.duckdb"))
    spill = work / "spill"
    spill.mkdir(exist_ok=True)
    no_progress_bar(connection)
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute(f"SET threads = {os.cpu_count() or 1}")
    connection.execute("SET temp_directory = ?", [str(spill)])
    # Order is asked for where it counts; without it, tables are written in half the time.
    connection.execute("SET preserve_insertion_order = false")
    connection.create_function("kgmed_key", key, ["VARCHAR"], "VARCHAR")
    return connection


def key_sql(column: str) -> str:
    """The SQL of :func:`kgmed.kg.linking.normalize.key`: plain ASCII in SQL, the rest in Python."""
    return f"""CASE WHEN {column} = '' THEN ''
        WHEN regexp_full_match({column}, '[A-Za-z0-9]+( [A-Za-z0-9]+)*') THEN lower({column})
        WHEN regexp_full_match({column}, '[ -~]*') THEN {ASCII_KEY_SQL.format(column)}
        ELSE kgmed_key({column}) END"""


@dataclass(frozen=True, slots=True)
class Staged:
    """One source's rows on disk, a Parquet file per table, and what its reader said of them."""

    info: SourceInfo
    folder: Path
    report: SourceReport

    def file(self, table: TableName) -> Path:
        """Where a table lies."""
        return self.folder / f"{table}.parquet"


def stage(
    source: Source, folder: Path, *, progress: Callable[[int], None] = lambda _rows: None
) -> Staged:
    """Write one source's tables to a new folder; ``progress`` hears of the rows so far."""
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    rows: dict[str, int] = {}
    total = 0
    for table in TABLES:
        rows[table] = 0
        path = folder / f"{table}.parquet"
        with pq.ParquetWriter(path, schema(table), compression="zstd") as writer:
            for batch in source.batches(table):
                writer.write_batch(batch)
                rows[table] += batch.num_rows
                total += batch.num_rows
                progress(total)
    return Staged(source.info, folder, SourceReport.of(source, rows))


def open_staged(connection: duckdb.DuckDBPyConnection, staged: Sequence[Staged]) -> None:
    """Create ``in_concepts`` ... ``in_paths`` over the staged files, each with its source."""
    connection.execute(
        "CREATE OR REPLACE TABLE source(number INT, infores VARCHAR, release VARCHAR,"
        " licence VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO source VALUES (?, ?, ?, ?)",
        [(n, s.info.infores, s.info.release, s.info.licence) for n, s in enumerate(staged)],
    )

    def rows(table: TableName, columns: str = "t.*", where: str = "true") -> str:
        given = "source" in COLUMNS[table]
        return " UNION ALL ".join(
            f"""SELECT {columns}, {_source(one.info.infores, given)} AS source,
                       {n} AS source_number
                FROM read_parquet({_text(str(one.file(table)))}) t WHERE {where}"""
            for n, one in enumerate(staged)
            if one.report.rows[table]
        ) or (
            f"SELECT {columns}, '' AS source, 0 AS source_number"
            f" FROM read_parquet({_text(str(staged[0].file(table)))}) t WHERE false"
        )

    for table in ("concepts", "paths"):
        connection.execute(f"CREATE OR REPLACE TABLE in_{table} AS {rows(table)}")
    columns = "t.* EXCLUDE (source, status, reason), t.status AS given, t.reason AS given_reason"
    stated = rows("mappings", columns)
    connection.execute(f"CREATE OR REPLACE TABLE in_mappings AS {stated}")
    columns = f"t.* EXCLUDE (source), {key_sql('t.text')} AS key"
    keyed = rows("names", columns, "trim(t.text) <> ''")
    connection.execute(f"CREATE OR REPLACE TABLE in_names AS {keyed}")
    connection.execute(f"""
        CREATE OR REPLACE VIEW in_statements AS
        SELECT t.* EXCLUDE (primary_knowledge_source, release, licence),
               coalesce(nullif(t.primary_knowledge_source, ''), t.source)
                 AS primary_knowledge_source,
               coalesce(nullif(t.release, ''), own.release, s.release) AS release,
               coalesce(nullif(t.licence, ''), s.licence) AS licence
        FROM ({rows("statements")}) t JOIN source s ON s.number = t.source_number
        LEFT JOIN (SELECT infores, min(release) AS release FROM source GROUP BY infores) own
          ON own.infores = t.primary_knowledge_source""")


def _source(infores: str, given: bool) -> str:
    """Where a row comes from: what it says itself, if its table has a column for that."""
    return f"coalesce(nullif(t.source, ''), {_text(infores)})" if given else _text(infores)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
