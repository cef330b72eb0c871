"""Both snapshots' tables in one DuckDB connection, with codes that can be compared.

Views ``old_concepts``, ``new_names`` ... are those of :mod:`kgmed.kg.layers`. Numbers of profiles
and predicates differ between snapshots: a ``code`` is the new snapshot's number where that has the
same entry, and -1 - the old number where it hasn't.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.errors import CorruptSnapshot, StoreError
from kgmed.kg.layers import PROFILE, define, literal
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

DEFAULT_MEMORY = "4GB"
"""What DuckDB may hold; beyond it, it spills to disk."""


def connect(work: Path, *, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection whose tables and spilled rows lie in ``work``."""
    import duckdb

    connection = duckdb.connect(str(work / "diff.duckdb"))
    no_progress_bar(connection)
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


def attach(
    connection: duckdb.DuckDBPyConnection, old: Snapshot, new: Snapshot, *, empty: bool = False
) -> None:
    """Make the views and dictionaries of both sides; ``empty`` views show none of the rows."""
    define(connection, old, prefix="old_", empty=empty)
    define(connection, new, prefix="new_", empty=empty)
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
