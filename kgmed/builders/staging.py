"""Stage sources' batches as Parquet and open them in one DuckDB connection with bounded memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.source import TABLES, Source, TableName, schema
from kgmed.kg.linking.normalize import ASCII_KEY_SQL, key

if TYPE_CHECKING:
    import duckdb

DEFAULT_MEMORY = "4GB"


def connect(work: Path, *, memory: str = DEFAULT_MEMORY) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that spills into ``work`` and knows ``kgmed_key``."""
    import duckdb

    connection = duckdb.connect(str(work / "staging.duckdb"))
    spill = work / "spill"
    spill.mkdir(exist_ok=True)
    connection.execute("SET enable_progress_bar = false")  # it would go to standard output
    connection.execute(f"SET memory_limit = '{memory}'")
    connection.execute(f"SET threads = {os.cpu_count() or 1}")
    connection.execute("SET temp_directory = ?", [str(spill)])
    connection.create_function("kgmed_key", key, ["VARCHAR"], "VARCHAR")
    return connection


def key_sql(column: str) -> str:
    """The SQL of :func:`kgmed.kg.linking.normalize.key`: plain ASCII in SQL, the rest in Python."""
    return f"""CASE WHEN {column} = '' THEN ''
        WHEN regexp_full_match({column}, '[A-Za-z0-9]+( [A-Za-z0-9]+)*') THEN lower({column})
        WHEN regexp_full_match({column}, '[ -~]*') THEN {ASCII_KEY_SQL.format(column)}
        ELSE kgmed_key({column}) END"""


def stage(source: Source, number: int, work: Path) -> dict[str, int]:
    """Write one source's tables to Parquet; returns rows per table."""
    import pyarrow.parquet as pq

    rows: dict[str, int] = {}
    for table in TABLES:
        folder = work / table
        folder.mkdir(exist_ok=True)
        count = 0
        with pq.ParquetWriter(
            folder / f"{number:03d}.parquet", schema(table), compression="zstd"
        ) as writer:
            for batch in source.batches(table):
                writer.write_batch(batch)
                count += batch.num_rows
        rows[table] = count
    return rows


def open_staged(
    connection: duckdb.DuckDBPyConnection, work: Path, sources: Sequence[Source]
) -> None:
    """Create ``in_concepts`` ... ``in_paths`` over the staged files, each with its source."""
    connection.execute(
        "CREATE OR REPLACE TABLE source(number INT, infores VARCHAR, release VARCHAR,"
        " licence VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO source VALUES (?, ?, ?, ?)",
        [(n, s.info.infores, s.info.release, s.info.licence) for n, s in enumerate(sources)],
    )
    for table in ("concepts", "mappings", "paths"):
        connection.execute(f"""
            CREATE OR REPLACE TABLE in_{table} AS
            SELECT t.* EXCLUDE (filename), s.infores AS source, s.number AS source_number
            FROM {_files(work, table)} t JOIN source s ON {_NUMBER}""")
    connection.execute(f"""
        CREATE OR REPLACE TABLE in_names AS
        SELECT t.* EXCLUDE (filename), s.infores AS source, s.number AS source_number,
               {key_sql("t.text")} AS key
        FROM {_files(work, "names")} t JOIN source s ON {_NUMBER}
        WHERE trim(t.text) <> ''""")
    connection.execute(f"""
        CREATE OR REPLACE VIEW in_statements AS
        SELECT t.* EXCLUDE (filename, primary_knowledge_source, release, licence),
               coalesce(nullif(t.primary_knowledge_source, ''), s.infores)
                 AS primary_knowledge_source,
               coalesce(nullif(t.release, ''), own.release, s.release) AS release,
               coalesce(nullif(t.licence, ''), s.licence) AS licence,
               s.infores AS source, s.number AS source_number
        FROM {_files(work, "statements")} t JOIN source s ON {_NUMBER}
        LEFT JOIN (SELECT infores, min(release) AS release FROM source GROUP BY infores) own
          ON own.infores = t.primary_knowledge_source""")


_NUMBER = "s.number = CAST(parse_filename(t.filename, true) AS INT)"


def _files(work: Path, table: TableName) -> str:
    pattern = str(work / table / "*.parquet").replace("'", "''")
    return f"read_parquet('{pattern}', filename = true)"
