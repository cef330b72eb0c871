"""The marker: the one Snapshot node of a database, which tells what that holds.

While a load goes on it is

    (:Snapshot {id: 'kgmed', hash, schema, format, state: 'loading', mode, plan, progress, writer})

``mode`` is ``new`` (the database held nothing of kgmed's), ``prune`` or ``diff HASH``; ``plan``
names the generation whose rows ``progress`` counts; ``writer`` is the call that loads, so that a
second one at the same time stops the first. A complete load has the properties that
:mod:`kgmed.kg.views.neo4j_schema` tells of, and none of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import FormatVersion, NotAGraph, StoreError
from kgmed.kg.store.neo4j import queries
from kgmed.kg.store.neo4j.connection import Connection
from kgmed.kg.views import neo4j_schema as schema

if TYPE_CHECKING:
    import neo4j

_SNAPSHOT = f"(s:{schema.SNAPSHOT} {{id: '{schema.MARKER}'}})"
_LOCK = f"MERGE {_SNAPSHOT} SET s.locked = true REMOVE s.locked"
"""Writes to the marker, so that no other transaction does until this one is done."""
_HELD = f"MATCH {_SNAPSHOT} RETURN properties(s)"
CLAIM = f"MATCH {_SNAPSHOT} SET s += $properties"
PROGRESS = f"MATCH {_SNAPSHOT} SET s.progress = $progress"
COMPLETE = f"MATCH {_SNAPSHOT} SET s = $properties"


def read_marker(connection: Connection) -> dict[str, Any]:
    """The properties of the marker of a complete load; raises what opening a store raises."""
    marker = find_marker(connection)
    where = connection.where
    if marker is None:
        raise NotAGraph(
            f"{where}: found no graph of kgmed (no {schema.SNAPSHOT} node) in the database. "
            "Load one with 'kgmed load', or set KGMED_NEO4J_DATABASE to the database that has one."
        )
    if marker.get("schema") != schema.SCHEMA:
        raise FormatVersion(
            f"{where}: found a graph of shape {marker.get('schema')!r}, expected {schema.SCHEMA}. "
            "Load the graph again with this kgmed, or upgrade kgmed (pip install -U kgmed)."
        )
    if marker.get("state") != "complete":
        raise StoreError(
            f"{where}: the load of the snapshot {str(marker.get('hash'))[:16]} isn't complete. The "
            "same 'kgmed load' command continues it."
        )
    return marker


def find_marker(connection: Connection) -> dict[str, Any] | None:
    """The properties of the marker, whatever they say; None where there is none."""
    rows = connection.read(queries.MARKER)
    return dict(rows[0][0]) if rows else None


def locked(transaction: neo4j.ManagedTransaction) -> dict[str, Any]:
    """The marker's properties, which nothing else changes until the transaction is done; {} where
    there was none."""
    transaction.run(_LOCK).consume()
    held: dict[str, Any] = transaction.run(_HELD).value()[0]
    return {name: value for name, value in held.items() if name != "id"}
