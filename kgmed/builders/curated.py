"""Curated paths: a record's links become lines of statements from its start to its end."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MAX_LINES = 8
"""Lines (simple ways from start to end) kept of one curated path record, shortest first."""
MAX_WALKS = 10_000
"""Lines looked at before those are chosen."""


def curated_paths(connection: duckdb.DuckDBPyConnection) -> tuple[pa.Table, dict[str, int]]:
    """``start, end, path, steps`` of each record that leads from its start to its end; counts.

    A link is one of its own source's statements, told by subject, predicate, object and qualifiers
    in either direction. Needs ``st`` (:mod:`kgmed.builders.statements`).
    """
    import pyarrow as pa

    rows = connection.execute("""
        WITH wanted AS (
          SELECT p.path, p.position, s.cid AS first, e.cid AS last, p.source_number, p.predicate,
                 p.qualifiers, least(a.n, b.n) AS low, greatest(a.n, b.n) AS high
          FROM in_paths p JOIN id_cid s ON s.id = p.start JOIN id_cid e ON e.id = p."end"
          LEFT JOIN ids a ON a.id = p.subject LEFT JOIN ids b ON b.id = p.object),
        link AS (
          SELECT source_number, stated AS predicate, qualifiers, least(sn, obj) AS low,
                 greatest(sn, obj) AS high, hex(min(sid)) AS sid, min(s) AS s, min(o) AS o
          FROM st SEMI JOIN in_paths USING (source_number)
          WHERE obj IS NOT NULL AND s <> o GROUP BY ALL)
        SELECT w.path, w.first, w.last, lower(l.sid), l.s, l.o
        FROM wanted w LEFT JOIN link l USING (source_number, predicate, qualifiers, low, high)
        ORDER BY w.path, w.position""").fetchall()
    records: dict[tuple[str, int, int], list[tuple[str, int, int]]] = defaultdict(list)
    for path, start, end, sid, s, o in rows:
        links = records[path, start, end]
        if sid is not None:
            links.append((sid, s, o))
    kept: list[tuple[int, int, str, str]] = []
    for (path, start, end), links in records.items():
        if lines := list(_lines(links, start, end)):
            kept.append((start, end, path, json.dumps(lines[:MAX_LINES])))
    starts, ends, paths, steps = zip(*sorted(kept), strict=True) if kept else ((), (), (), ())
    table = pa.table(
        {
            "start": pa.array(starts, pa.int32()),
            "end": pa.array(ends, pa.int32()),
            "path": pa.array(paths, pa.string()),
            "steps": pa.array(steps, pa.string()),
        }
    )
    counts = {
        "records": len(records),
        "kept": len(kept),
        "no way from start to end": len(records) - len(kept),
    }
    return table, counts


def _lines(
    links: list[tuple[str, int, int]], start: int, end: int
) -> Iterator[list[tuple[str, str]]]:
    """The simple ways from start to end over a record's links, shortest first.

    A link may be walked against its direction: curators write both ``X positively regulates Y``
    and ``Y caused by X``.
    """
    around: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for sid, s, o in dict.fromkeys(links):
        around[s].append((o, sid, "out"))
        around[o].append((s, sid, "in"))
    found: list[list[tuple[str, str]]] = []

    def walk(node: int, seen: tuple[int, ...], line: list[tuple[str, str]]) -> None:
        if node == end:
            found.append(line)
            return
        if len(found) >= MAX_WALKS or len(line) > 20:
            return
        for other, sid, direction in around[node]:
            if other not in seen:
                walk(other, (*seen, other), [*line, (sid, direction)])

    if start != end:
        walk(start, (start,), [])
    yield from sorted(found, key=lambda line: (sum(d == "in" for _, d in line), len(line), line))
