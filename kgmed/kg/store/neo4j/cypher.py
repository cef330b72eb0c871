"""One Cypher query of a user's, asked under limits, and its rows as plain values."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.kg.store.neo4j.address import Address
from kgmed.kg.store.neo4j.connection import Connection
from kgmed.kg.store.neo4j.guard import refuse_writes
from kgmed.kg.store.neo4j.report import Rows

READS = "r"
"""The type that the server gives a query which only reads."""
OF_THE_SERVER = {"dbms.components"}
"""A procedure that reads what isn't in the database; a query of it alone has the type 's'."""


def ask_cypher(
    address: Address,
    query: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    limit: int = 100,
    timeout_s: float | None = None,
) -> Rows:
    """Ask a query that only reads; ``limit`` rows at most come back, within ``timeout_s`` seconds.

    Raises :class:`~kgmed.kg.errors.UsageError` for a query that may do more than read, and
    :class:`~kgmed.kg.errors.ServerError` for what the server refuses.
    """
    called = refuse_writes(query)
    begin = time.perf_counter()
    connection = Connection(replace(address, timeout_s=timeout_s or address.timeout_s))
    try:
        kind = connection.kind_of(query, dict(parameters or {}))
        if kind != READS and not (kind == "s" and called == OF_THE_SERVER):
            raise UsageError(
                f"The server says that the query does more than read (type {kind!r}, expected "
                f"{READS!r})."
            )
        columns, rows = connection.some(query, dict(parameters or {}), limit=limit + 1)
    finally:
        connection.close()
    return Rows(
        address.uri,
        tuple(columns),
        tuple(tuple(map(plain, row)) for row in rows[:limit]),
        len(rows) > limit,
        (time.perf_counter() - begin) * 1e3,
    )


def plain(value: Any) -> Any:
    """A value of the driver's as JSON's own types.

    >>> plain([1, float("nan"), {"a": b"\\x01"}])
    [1, 'nan', {'a': '01'}]
    """
    from neo4j.graph import Node, Path, Relationship
    from neo4j.spatial import Point

    if isinstance(value, Node):
        return {"labels": sorted(value.labels), "properties": _properties(value)}
    if isinstance(value, Relationship):
        start, end = (
            None if node is None else plain(node.get("id"))
            for node in (value.start_node, value.end_node)
        )
        properties = _properties(value)
        return {"type": value.type, "start": start, "end": end, "properties": properties}
    if isinstance(value, Path):
        return {
            "nodes": [plain(node) for node in value.nodes],
            "relationships": [plain(step) for step in value.relationships],
        }
    if hasattr(value, "iso_format"):
        return value.iso_format()
    if isinstance(value, Point):
        return {"srid": value.srid, "coordinates": list(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _properties(entity: Any) -> dict[str, Any]:
    """The properties of a node or relationship: id and name first, the others by name."""
    first = ("id", "name")
    names = sorted(entity.keys(), key=lambda name: (name not in first, name))
    return {name: plain(entity[name]) for name in names}
