"""From the tables of a comparison to its counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from kgmed.kg.diff.model import (
    FIELDS,
    ConceptCounts,
    Diff,
    MappingCounts,
    NameCounts,
    Side,
    SourceDiff,
    StatementCounts,
)
from kgmed.kg.diff.names import Counts
from kgmed.kg.diff.rows import of_source
from kgmed.kg.diff.statements import BIT
from kgmed.kg.store.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

_CONCEPTS = """(
    SELECT kind::VARCHAR AS kind, sources FROM concept_change JOIN new_concepts ON cid = n
    WHERE kind NOT IN ('retired', 'split')
    UNION ALL
    SELECT kind::VARCHAR, sources FROM concept_change JOIN old_concepts ON cid = o
    WHERE kind IN ('retired', 'split'))"""


def summarise(
    connection: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    snapshots: tuple[Snapshot, Snapshot],
    *,
    source: str,
    counts: Counts,
    paths: tuple[int, int],
) -> Diff:
    """Count what the tables hold, in all and per source."""
    old, new = snapshots
    sources = _by_source(connection, old, new, source, counts)
    kinds: dict[str, int] = dict(
        connection.execute(
            f"SELECT kind, count(*) FROM {_CONCEPTS} WHERE {of_source(source)} GROUP BY 1"
        ).fetchall()
    )
    statements = _total(StatementCounts, [entry.statements for entry in sources])
    mappings = _total(MappingCounts, [entry.mappings for entry in sources])
    names: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in (row for entry in sources for row in entry.names):
        names[row.language][0] += row.added
        names[row.language][1] += row.removed
    something = (
        statements.added, statements.removed, statements.retracted, statements.restored,
        statements.fields, kinds, names,
        mappings.added, mappings.removed, mappings.restated, *paths,
    )  # fmt: skip
    return Diff(
        old=sides[0],
        new=sides[1],
        same=not any(something),
        source=source,
        statements=statements,
        concepts=ConceptCounts(**kinds),
        names=tuple(NameCounts(name, *names[name]) for name in sorted(names)),
        mappings=mappings,
        paths_added=paths[0],
        paths_removed=paths[1],
        sources=sources,
    )


def side_of(snapshot: Snapshot, graph: str) -> Side:
    """What a snapshot is, under the URI that it was asked for by."""
    manifest = snapshot.manifest
    return Side(
        graph,
        snapshot.folder.name,
        manifest["snapshot"],
        manifest["created"],
        manifest["counts"],
    )


def _by_source(
    connection: duckdb.DuckDBPyConnection,
    old: Snapshot,
    new: Snapshot,
    source: str,
    counts: Counts,
) -> tuple[SourceDiff, ...]:
    statements = _statements(connection, old, new)
    concepts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, kind, n in connection.execute(f"""
            SELECT source, kind, count(*)
            FROM (SELECT kind, unnest(sources) AS source FROM {_CONCEPTS})
            GROUP BY ALL""").fetchall():
        concepts[name][kind] = n
    known = {entry["infores"] for side in (old, new) for entry in side.manifest["sources"]}
    known |= {*statements, *concepts, *counts.names, *counts.mappings}
    if source:
        known = {source}
    return tuple(
        SourceDiff(
            source=name,
            old_releases=_words(old, name, "release"),
            new_releases=_words(new, name, "release"),
            old_licences=_words(old, name, "licence"),
            new_licences=_words(new, name, "licence"),
            statements=statements.get(name, StatementCounts()),
            concepts=ConceptCounts(**concepts[name]),
            names=counts.names.get(name, ()),
            mappings=counts.mappings.get(name, MappingCounts()),
        )
        for name in sorted(known)
    )


def _words(snapshot: Snapshot, source: str, key: str) -> tuple[str, ...]:
    """A source's releases or licences in a snapshot."""
    entries = (e for e in snapshot.manifest["sources"] if e["infores"] == source)
    return tuple(sorted({str(entry[key]) for entry in entries if entry[key]}))


def _statements(
    connection: duckdb.DuckDBPyConnection, old: Snapshot, new: Snapshot
) -> dict[str, StatementCounts]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    differs: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, side in (("old", old), ("new", new)):
        for entry in side.manifest["sources"]:
            if entry["statements"]:
                sums[entry["infores"]][name] += entry["statements"]
    for source, kind, mask, one_concept, n in connection.execute("""
            SELECT primary_knowledge_source, kind::VARCHAR, mask, one_concept, count(*)
            FROM change JOIN profile_of ON code = profile GROUP BY ALL""").fetchall():
        sums[source][kind] += n
        if mask == BIT["release"]:
            sums[source]["release_only"] += n
        if one_concept:
            sums[source]["joined" if kind == "removed" else "parted"] += n
        for name in FIELDS:
            if mask & BIT[name]:
                differs[source][name] += n
    return {
        source: StatementCounts(
            **mine,
            fields={name: differs[source][name] for name in FIELDS if name in differs[source]},
        )
        for source, mine in sums.items()
    }


def _total(kind: Any, parts: Iterable[Any]) -> Any:
    """Add up counts field by field; those by name are added by name."""
    sums: dict[str, Any] = {}
    for part in parts:
        for field in fields(kind):
            value = getattr(part, field.name)
            if isinstance(value, int):
                sums[field.name] = sums.get(field.name, 0) + value
            else:
                inner = sums.setdefault(field.name, {})
                for name, n in value.items():
                    inner[name] = inner.get(name, 0) + n
    for value in sums.values():
        if isinstance(value, dict):  # in the order of FIELDS, or by name
            ordered = sorted(value, key=lambda n: (FIELDS.index(n) if n in FIELDS else 0, n))
            items = {name: value[name] for name in ordered}
            value.clear()
            value.update(items)
    return kind(**sums)
