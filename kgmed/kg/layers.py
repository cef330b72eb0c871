"""A snapshot's Parquet tables as views in DuckDB, those of an overlay laid over its base's.

:func:`define` makes, each with a prefix of its own so that a connection can hold several snapshots:

    concepts    cid, id, categories, sources, equivalent_ids
    ids         curie, cid: every equivalent id
    names       cid, n (order within the concept), text, language, kind, source, key
    rows        row, s, p, o (NULL with a value), profile, id (16 bytes), details, value fields:
                every statement that stands
    mappings    the fields of Mapping, subject_cid, object_cid
    paths       start, end, path, steps (JSON: lists of [statement id, direction])
    predicate   p, predicate, negated
    profile     profile, primary_knowledge_source, release, licence, original_predicate,
                knowledge_level, agent_type
    retraction  sid (16 bytes), id (UUID), reason, who, date: of an overlay

``row`` is the edge number of a statement, or -1 - the place of one with a value, where an overlay's
follow its base's. An overlay's concepts, predicates and profiles follow its base's too, so that
numbers of concepts are in the order of ids only without an overlay.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from kgmed.kg.store.csr import DETAIL_FIELDS
from kgmed.kg.store.names import unpack
from kgmed.kg.store.snapshot import OVERLAY_FILE, Snapshot

if TYPE_CHECKING:
    import duckdb

PROFILE = (
    "primary_knowledge_source",
    "release",
    "licence",
    "original_predicate",
    "knowledge_level",
    "agent_type",
)
_COLUMNS = {
    "concepts": "cid, id, categories, sources, equivalent_ids",
    "ids": "curie, cid",
    "names": "cid, nid AS n, text, language, kind, source, key",
    "mappings": "*",
    "paths": 'start, "end", path, steps',
}
_NAMES = "cid INT, n BIGINT, text VARCHAR, language VARCHAR, kind VARCHAR, source VARCHAR"


def define(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    *,
    prefix: str = "",
    empty: bool = False,
) -> None:
    """Make the views and dictionaries of a snapshot; ``empty`` views show none of the rows."""
    predicates = [[n, *entry] for n, entry in enumerate(snapshot.manifest["predicates"])]
    entries = [entry for layer in _layers(snapshot) for entry in layer.manifest["profiles"]]
    profiles = [[n, *entry] for n, entry in enumerate(entries)]
    texts = ", ".join(f"{name} VARCHAR" for name in PROFILE)
    fill(connection, f"{prefix}predicate", "p INT, predicate VARCHAR, negated BOOL", predicates)
    fill(connection, f"{prefix}profile", f"profile INT, {texts}", profiles)
    queries = {
        table: " UNION ALL ".join(
            f"SELECT {names} FROM {_file(layer, table)}" for layer in _layers(snapshot)
        )
        for table, names in _COLUMNS.items()
    }
    queries["rows"] = _rows(snapshot)
    if snapshot.base is not None:
        _lay_over(connection, snapshot, snapshot.base, prefix, queries)
    else:
        fill(connection, f"{prefix}retraction", _RETRACTION, [])
    only = "WHERE false" if empty else ""
    for table, query in queries.items():
        connection.execute(f"CREATE VIEW {prefix}{table} AS SELECT * FROM ({query}) {only}")


_RETRACTION = "sid BLOB, id UUID, reason VARCHAR, who VARCHAR, date VARCHAR"


def _lay_over(
    connection: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    base: Snapshot,
    prefix: str,
    queries: dict[str, str],
) -> None:
    """What an overlay changes: concepts and lists of names that stand for the base's, statements
    and paths that stand no longer."""
    connection.execute(f"""
        CREATE TABLE {prefix}retraction({_RETRACTION});
        INSERT INTO {prefix}retraction
        SELECT id, id::UUID, reason, who, date FROM {_file(snapshot, "retractions")}""")
    fill(connection, f"{prefix}merged", _NAMES, list(_merged(snapshot)))
    rows = connection.execute(f"SELECT path, steps FROM {_file(base, 'paths')}").fetchall()
    taken = connection.execute(f"SELECT sid FROM {prefix}retraction").fetchall()
    gone = {id.hex() for (id,) in taken}
    lost = [row for row in rows if gone and _is_lost(row[1], gone)]
    fill(connection, f"{prefix}lost_path", "path VARCHAR, steps VARCHAR", lost)
    concepts, names = _COLUMNS["concepts"], _COLUMNS["names"]
    queries["concepts"] = f"""
        SELECT {concepts} FROM {_file(base, "concepts")}
        WHERE cid NOT IN (SELECT cid FROM {_file(snapshot, "concepts")})
        UNION ALL SELECT {concepts} FROM {_file(snapshot, "concepts")}"""
    queries["names"] = f"""
        SELECT {names} FROM {_file(base, "names")}
        WHERE cid NOT IN (SELECT cid FROM {prefix}merged)
        UNION ALL
        SELECT m.*, k.key FROM {prefix}merged m
        JOIN (SELECT cid, text, language, any_value(key) AS key
              FROM ({queries["names"]}) WHERE cid IN (SELECT cid FROM {prefix}merged)
              GROUP BY ALL) k USING (cid, text, language)"""
    queries["rows"] = f"""
        SELECT * FROM ({queries["rows"]}) WHERE id NOT IN (SELECT sid FROM {prefix}retraction)"""
    queries["paths"] = f"""
        SELECT * FROM ({queries["paths"]}) p
        WHERE NOT EXISTS (SELECT 1 FROM {prefix}lost_path l
                          WHERE l.path = p.path AND l.steps = p.steps)"""


def _layers(snapshot: Snapshot) -> list[Snapshot]:
    """A snapshot, or an overlay's base and the overlay."""
    return [snapshot] if snapshot.base is None else [snapshot.base, snapshot]


def _file(layer: Snapshot, table: str) -> str:
    return f"read_parquet({literal(str(layer.folder / 'tables' / f'{table}.parquet'))})"


def literal(text: str) -> str:
    """A text as an SQL literal, where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _rows(snapshot: Snapshot) -> str:
    """The query of all statements, those with a value among them, retracted ones too."""
    details = "profile, id, " + ", ".join(
        f"coalesce({name}, '') AS {name}" for name in DETAIL_FIELDS
    )
    queries, first = [], 0
    for layer in _layers(snapshot):
        values = literal(str(layer.folder / "tables" / "values.parquet"))
        queries += [
            f"""SELECT eid::BIGINT AS row, s, p, o, {details},
                       '' AS value, '' AS value_type, '' AS unit, '' AS value_language
                FROM {_file(layer, "statements")}""",
            f"""SELECT -1 - {first} - file_row_number, s, p, NULL, {details},
                       value, value_type, unit, value_language
                FROM read_parquet({values}, file_row_number = true)""",
        ]
        first += int(layer.manifest["counts"]["values"])
    return " UNION ALL ".join(queries)


def _merged(snapshot: Snapshot) -> Iterator[tuple[Any, ...]]:
    """All names, in order, of the concepts that an overlay gives some."""
    path = snapshot.folder / OVERLAY_FILE
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        for cid, blob in database.execute("SELECT cid, rows FROM names"):
            for n, (text, language, kind, source) in enumerate(unpack(blob)):
                yield cid, n, text, language, kind, source


def _is_lost(steps: str, gone: Container[str]) -> bool:
    """Whether each line of a curated path holds a statement that is gone."""
    return all(any(id in gone for id, _way in line) for line in json.loads(steps))


def fill(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: str,
    rows: Iterable[Sequence[Any]],
) -> None:
    """Make a table of columns such as ``p INT, predicate VARCHAR``, and its rows.

    By way of Arrow: ``executemany`` takes a millisecond a row.
    """
    import pyarrow as pa

    names = [column.split()[0] for column in columns.split(", ")]
    cells = list(zip(*rows, strict=True)) or [()] * len(names)
    connection.execute(f"CREATE OR REPLACE TABLE {table}({columns})")
    if not cells[0]:
        return
    connection.register("rows_to_fill", pa.table(dict(zip(names, map(list, cells), strict=True))))
    connection.execute(f"INSERT INTO {table} SELECT * FROM rows_to_fill")
    connection.unregister("rows_to_fill")
