"""A source made of Python rows, for tests of the build and the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from kgmed.builders.source import COLUMNS, SourceInfo, TableName, Tally, record_batch

DEFAULTS: dict[str, Any] = {
    "string": "",
    "bool": False,
    "double": None,
    "int32": 0,
    "list<string>": [],
}


@dataclass
class RowSource:
    """A source whose tables are lists of dicts; columns left out take their empty value."""

    info: SourceInfo = field(
        default_factory=lambda: SourceInfo("infores:test", "Test", "2026", "CC0-1.0")
    )
    rows: dict[TableName, list[dict[str, Any]]] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self.rows, sort_keys=True).encode()).hexdigest()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        rows = self.rows.get(table, [])
        self.tallies[table] = Tally(read=len(rows), kept=len(rows))
        yield record_batch(table, rows)


def source(infores: str = "infores:test", **tables: list[dict[str, Any]]) -> RowSource:
    """A row source of the given tables."""
    info = SourceInfo(infores, infores.removeprefix("infores:").title(), "2026", "CC0-1.0")
    return RowSource(info, tables)  # type: ignore[arg-type]


def empty_row(table: TableName) -> dict[str, Any]:
    """A row of a table with nothing in it."""
    return {name: DEFAULTS[kind] for name, kind in COLUMNS[table].items()}


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without the columns that only what was a graph before fills, where they are empty."""
    of_a_graph = ("equivalent_ids", "sources", "source", "position", "status", "reason")
    return [
        {k: v for k, v in row.items() if v or k not in of_a_graph or "path" in row} for row in rows
    ]


def concept(id: str, name: str, *categories: str) -> dict[str, dict[str, Any]]:
    """A concept's row and its preferred name's row."""
    return {
        "concept": {"id": id, "categories": list(categories)},
        "name": {"id": id, "text": name, "language": "en", "kind": "preferred"},
    }


def tables_of(concepts: list[dict[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """``concepts`` and ``names`` tables of :func:`concept` rows."""
    return {
        "concepts": [entry["concept"] for entry in concepts],
        "names": [entry["name"] for entry in concepts],
    }


def exact(subject: str, object: str, **more: Any) -> dict[str, Any]:
    """An exact mapping row."""
    return {"subject": subject, "predicate": "skos:exactMatch", "object": object, **more}
