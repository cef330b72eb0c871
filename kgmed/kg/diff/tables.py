"""Both snapshots' tables in one DuckDB connection, with codes that can be compared.

Views ``old_concepts``, ``new_statements`` ... are the Parquet files. A statement or value is found
again by its ``row``: the edge number of ``statements.parquet``, or -1 - the place in
``values.parquet``. Numbers of profiles and predicates differ between snapshots: a ``code`` is the
new snapshot's number where that has the same entry, and -1 - the old number where it hasn't.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import CorruptSnapshot, StoreError
from kgmed.kg.store.csr import DETAIL_FIELDS
from kgmed.kg.store.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

DEFAULT_MEMORY = "4GB"
"""What DuckDB may hold; beyond it, it spills to disk."""

TABLES = ("concepts", "names", "statements", "values", "mappings", "paths")
PROFILE = (
    "primary_knowledge_source",
    "release",
    "licence",
    "original_predicate",
    "knowledge_level",
    "agent_type",
)


def connect(work: Path, *, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection whose tables and spilled rows lie in ``work``."""
    import duckdb

    connection = duckdb.connect(str(work / "diff.duckdb"))
    connection.execute("SET enable_progress_bar = false")  # it would go to standard output
    connection.execute(f"SET memory_limit = {literal(memory)}")
    connection.execute(f"SET temp_directory = {literal(str(work / 'spill'))}")
    connection.execute("SET preserve_insertion_order = false")  # what has an order asks for it
    return connection


@contextmanager
def errors_named(work: Path) -> Iterator[None]:
    """Turn DuckDB's errors into ours, with what to do."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StoreError(
            f"The comparison ran out of memory or of disk in {work}: {error}. Free some, set "
            "TMPDIR to a folder on a larger disk, or allow more memory."
        ) from error
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise CorruptSnapshot(
            f"A table of a snapshot, or a file in {work}, can't be read or written: {error}. "
            "'kgmed check' says whether a graph is whole; is the disk full?"
        ) from error


def literal(text: str) -> str:
    """A text as an SQL literal, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def attach(
    connection: duckdb.DuckDBPyConnection, old: Snapshot, new: Snapshot, *, empty: bool = False
) -> None:
    """Make the views and dictionaries of both sides; ``empty`` views show none of the rows."""
    only = "WHERE false" if empty else ""
    for side, snapshot in (("old", old), ("new", new)):
        for table in TABLES:
            file = literal(str(snapshot.folder / "tables" / f"{table}.parquet"))
            connection.execute(
                f"CREATE VIEW {side}_{table} AS SELECT * FROM read_parquet({file}) {only}"
            )
        values = literal(str(snapshot.folder / "tables" / "values.parquet"))
        details = "profile, id, " + ", ".join(
            f"coalesce({name}, '') AS {name}" for name in DETAIL_FIELDS
        )
        connection.execute(f"""
            CREATE VIEW {side}_rows AS
            SELECT eid::BIGINT AS row, s, p, o, {details},
                   '' AS value, '' AS value_type, '' AS unit, '' AS value_language
            FROM {side}_statements
            UNION ALL
            SELECT -1 - file_row_number, s, p, NULL, {details},
                   value, value_type, unit, value_language
            FROM read_parquet({values}, file_row_number = true) {only}""")
        predicates = [[n, *entry] for n, entry in enumerate(snapshot.manifest["predicates"])]
        profiles = [[n, *entry] for n, entry in enumerate(snapshot.manifest["profiles"])]
        _dictionary(connection, f"{side}_predicate", ("p", "predicate", "negated"), predicates)
        _dictionary(connection, f"{side}_profile", ("profile", *PROFILE), profiles)
    for table, number, columns in (
        ("predicate", "p", ("predicate", "negated")),
        ("profile", "profile", PROFILE),
    ):
        equal = ", ".join(columns)
        connection.execute(f"""
            CREATE TABLE {table}_code AS
            SELECT o.{number}, coalesce(n.{number}, -1 - o.{number})::INT AS code, {equal}
            FROM old_{table} o LEFT JOIN new_{table} n USING ({equal});
            CREATE TABLE {table}_of AS
            SELECT {number}::INT AS code, {equal} FROM new_{table}
            UNION ALL SELECT code, {equal} FROM {table}_code WHERE code < 0""")


def _dictionary(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    import pyarrow as pa

    types = {
        "p": pa.int32(),
        "profile": pa.int32(),
        "negated": pa.bool_(),
    }
    table = pa.table(
        {
            column: pa.array([row[place] for row in rows], types.get(column, pa.string()))
            for place, column in enumerate(columns)
        }
    )
    connection.register("entries", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM entries")
    connection.unregister("entries")
