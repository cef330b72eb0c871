"""Both snapshots' tables in one DuckDB connection, with codes that can be compared.

Views ``old_concepts``, ``new_names`` ... are the Parquet files, and of an overlay those of its base
with what it adds and without what it retracts; ``old_retraction`` and ``new_retraction`` are its
retractions. A statement or value is found again by its ``row``: its edge number, or -1 - the place
in ``values.parquet``, where an overlay's rows follow its base's. Numbers of profiles and predicates
differ between snapshots: a ``code`` is the new snapshot's number where that has the same entry, and
-1 - the old number where it hasn't.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
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
    for side, snapshot in (("old", old), ("new", new)):
        _retractions(connection, side, snapshot)
        for table, query in {**_parts(snapshot, side), "rows": _rows(snapshot, side)}.items():
            only = "WHERE false" if empty else ""
            connection.execute(f"CREATE VIEW {side}_{table} AS SELECT * FROM ({query}) {only}")
        predicates = [[n, *entry] for n, entry in enumerate(snapshot.manifest["predicates"])]
        entries = [entry for part in _layers(snapshot) for entry in part.manifest["profiles"]]
        profiles = [[n, *entry] for n, entry in enumerate(entries)]
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


def _layers(snapshot: Snapshot) -> list[Snapshot]:
    """A snapshot, or an overlay's base and the overlay."""
    return [snapshot] if snapshot.base is None else [snapshot.base, snapshot]


def _table(layer: Snapshot, name: str) -> str:
    return f"read_parquet({literal(str(layer.folder / 'tables' / f'{name}.parquet'))})"


def _parts(snapshot: Snapshot, side: str) -> dict[str, str]:
    """View -> its query, but for the statements.

    An overlay's concepts stand for its base's of the same number; its names and mappings are more.
    """
    layers = _layers(snapshot)
    columns = {
        "concepts": "cid, id, categories, sources, equivalent_ids",
        "names": "cid, text, language, kind, source",
        "mappings": "*",
        "paths": "path, steps",
    }
    found = {
        table: " UNION ALL ".join(f"SELECT {names} FROM {_table(part, table)}" for part in layers)
        for table, names in columns.items()
    }
    if snapshot.base is not None:
        base, over = (f"SELECT {columns['concepts']} FROM {_table(p, 'concepts')}" for p in layers)
        found["concepts"] = f"""
            {base} WHERE cid NOT IN (SELECT cid FROM {_table(snapshot, "concepts")})
            UNION ALL {over}"""
        found["paths"] += f" EXCEPT ALL SELECT path, steps FROM {side}_lost_path"
    return found


def _rows(snapshot: Snapshot, side: str) -> str:
    """The query of all statements that stand, values among them."""
    details = "profile, id, " + ", ".join(
        f"coalesce({name}, '') AS {name}" for name in DETAIL_FIELDS
    )
    queries, first = [], 0
    for layer in _layers(snapshot):
        values = literal(str(layer.folder / "tables" / "values.parquet"))
        queries += [
            f"""SELECT eid::BIGINT AS row, s, p, o, {details},
                       '' AS value, '' AS value_type, '' AS unit, '' AS value_language
                FROM {_table(layer, "statements")}""",
            f"""SELECT -1 - {first} - file_row_number, s, p, NULL, {details},
                       value, value_type, unit, value_language
                FROM read_parquet({values}, file_row_number = true)""",
        ]
        first += int(layer.manifest["counts"]["values"])
    rows = " UNION ALL ".join(queries)
    if snapshot.base is None:
        return rows
    return f"SELECT * FROM ({rows}) WHERE id NOT IN (SELECT sid FROM {side}_retraction)"


def _retractions(connection: duckdb.DuckDBPyConnection, side: str, snapshot: Snapshot) -> None:
    """``retraction(sid, id, reason, who, date)``, and ``lost_path``: the base's curated paths that
    have no line without a retracted statement."""
    connection.execute(f"""
        CREATE TABLE {side}_retraction(
          sid BLOB, id UUID, reason VARCHAR, who VARCHAR, date VARCHAR);
        CREATE TABLE {side}_lost_path(path VARCHAR, steps VARCHAR)""")
    if snapshot.base is None:
        return
    connection.execute(f"""
        INSERT INTO {side}_retraction
        SELECT id, id::UUID, reason, who, date FROM {_table(snapshot, "retractions")}""")
    gone = {
        id.hex() for (id,) in connection.execute(f"SELECT sid FROM {side}_retraction").fetchall()
    }
    paths = connection.execute(f"SELECT path, steps FROM {_table(snapshot.base, 'paths')}")
    lost = [row for row in paths.fetchall() if gone and _is_lost(row[1], gone)]
    if lost:
        connection.executemany(f"INSERT INTO {side}_lost_path VALUES (?, ?)", lost)


def _is_lost(steps: str, gone: Container[str]) -> bool:
    return all(any(id in gone for id, _way in line) for line in json.loads(steps))


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
