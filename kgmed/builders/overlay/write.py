"""Write an overlay's generation; :mod:`kgmed.kg.store.overlay` says what is in its files."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kgmed.builders.generation import source_rows
from kgmed.builders.overlay.additions import Additions
from kgmed.builders.overlay.counts import Coverage, Dictionaries, Said, changed, tallies
from kgmed.builders.overlay.numbering import AddedEdge, Change, Numbering
from kgmed.builders.overlay.statements import write_statements, write_values
from kgmed.builders.source import SourceInfo
from kgmed.kg.layers import fill
from kgmed.kg.model import Retraction
from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import MAPPING_FIELDS, pack, unpack
from kgmed.kg.store.snapshot import OVERLAY_FILE
from kgmed.kg.store.write import write_names

if TYPE_CHECKING:
    import duckdb

SCHEMA = """
CREATE TABLE retraction(id BLOB PRIMARY KEY, edge INT, reason TEXT, who TEXT, date TEXT)
  WITHOUT ROWID;
CREATE TABLE edge(edge INTEGER PRIMARY KEY, s INT, p INT, o INT, profile INT, id BLOB,
                  details TEXT);
CREATE INDEX edge_id ON edge(id);
CREATE TABLE patch(node INT, way INT, n INT, place INT, edge INT, code INT, neighbor INT, gone INT,
                   PRIMARY KEY(node, way, n)) WITHOUT ROWID;
CREATE TABLE names(cid INTEGER PRIMARY KEY, rows BLOB);
CREATE TABLE numbers(what TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
"""
STRINGS = pa.list_(pa.string())


@dataclass
class Content:
    """All that an overlay holds. ``gone``: retracted statement of the base -> its edge, None for
    one with a value; the other ``retractions`` are of added statements."""

    base: EmbeddedStore
    connection: duckdb.DuckDBPyConnection
    folder: Path
    added: Additions
    retractions: Mapping[str, Retraction]
    gone: Mapping[str, int | None]
    sources: Sequence[SourceInfo]
    edges: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)

    @cached_property
    def coded(self) -> Dictionaries:
        """Predicates and profiles, those that are new after the base's."""
        rows = self.connection.execute("SELECT DISTINCT predicate, negated FROM st ORDER BY ALL")
        predicates = [*self.base._predicates]
        predicates += [row for row in rows.fetchall() if row not in set(predicates)]
        rows = self.connection.execute(
            """SELECT DISTINCT primary_knowledge_source, release, licence, original_predicate,
                      knowledge_level, agent_type FROM st ORDER BY ALL"""
        )
        profiles = [tuple(row) for row in self.base._profiles]
        profiles += [row for row in rows.fetchall() if row not in set(profiles)]
        return Dictionaries(predicates, profiles)

    @cached_property
    def stand(self) -> list[Said]:
        """The added statements that aren't retracted."""
        found = [
            Said(row["s"], row["p"], row["o"], row["profile"], row["eid"])
            for row in self.edges
            if row["id"].hex() not in self.retractions
        ]
        return found + [
            Said(row["s"], row["p"], None, row["profile"], None)
            for row in self.values
            if row["id"].hex() not in self.retractions
        ]

    @cached_property
    def lost(self) -> list[Said]:
        """The retracted statements of the base."""
        csr, found = self.base._csr, []
        for sid, edge in self.gone.items():
            if edge is None:
                subject, code, _id, profile, *_rest = self.base._value_rows_by_id(sid)[0]
                found.append(Said(subject, code, None, profile, None))
                continue
            for column in (csr.out_p, csr.out_nbr, csr.out_prof):
                column.touch(edge, edge + 1)
            found.append(
                Said(
                    csr.subject(edge), csr.out_p.view[edge], csr.out_nbr.view[edge],
                    csr.out_prof.view[edge], edge,
                )
            )  # fmt: skip
        return found

    def id_of(self, cid: int) -> str:
        """The id of a base's or a new concept."""
        first = self.base._csr.nodes
        return self.base.id_of(cid) if cid < first else self.added.new_ids[cid - first]


def write_overlay(content: Content, provenance: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write everything but ``manifest.json`` and ``additions``; returns the manifest."""
    tables = content.folder / "tables"
    tables.mkdir()
    _write_statements(content, tables)
    concepts = _write_concepts(content, tables)
    _write_database(content, concepts)
    rows = Coverage(content.base, content.coded, content.added.categories).change(
        json.loads((content.base.snapshot.folder / "coverage.json").read_text(encoding="utf-8")),
        content.stand,
        content.lost,
    )
    text = json.dumps(rows, ensure_ascii=False)
    (content.folder / "coverage.json").write_text(text, encoding="utf-8")
    return _manifest(content, concepts, provenance)


def _write_statements(content: Content, tables: Path) -> None:
    """``statements.parquet`` and ``values.parquet``, by the build's own SQL."""
    connection, coded = content.connection, content.coded
    codes = [(code, *pair) for code, pair in enumerate(coded.predicates)]
    fill(connection, "predicate_code", "p INT, predicate VARCHAR, negated BOOL", codes)
    names = ("primary_knowledge_source", "release", "licence", "original_predicate",
             "knowledge_level", "agent_type")  # fmt: skip
    fill(
        connection,
        "profile_code",
        ", ".join(["profile INT", *(f"{name} VARCHAR" for name in names)]),
        [(place, *row) for place, row in enumerate(coded.profiles)],
    )
    write_statements(connection, tables, first=content.base._csr.edges)
    write_values(connection, tables)
    content.edges = pq.read_table(tables / "statements.parquet").to_pylist()
    content.values = pq.read_table(tables / "values.parquet").to_pylist()


@dataclass(frozen=True, slots=True)
class _Concept:
    """A row of the overlay's table ``concept``: a new concept, or a known one that is changed."""

    cid: int
    id: str
    categories: list[str]
    sources: list[str]
    equivalent_ids: list[str]
    names: dict[str, str]


def _write_concepts(content: Content, tables: Path) -> list[_Concept]:
    """``concepts``, ``ids``, ``names``, ``mappings``, ``paths`` and ``retractions`` as Parquet."""
    base, added = content.base, content.added
    first = base._csr.nodes
    found: list[_Concept] = []
    for cid in sorted({*added.changed, *added.merged, *added.categories}):
        if cid >= first:
            id = content.id_of(cid)
            kinds, sources, equivalents = added.categories[cid], added.changed.get(cid, []), [id]
            names: dict[str, str] = {}
        else:
            id, kinds, sources, equivalents, names = base._names.concept(cid)
            sources = added.changed.get(cid, sources)
        if cid in added.merged:
            names = {n.language: n.text for n in added.merged[cid] if n.kind == "preferred"}
        found.append(_Concept(cid, id, kinds, sources, equivalents, names))

    def write(name: str, columns: dict[str, tuple[Iterable[Any], pa.DataType]]) -> None:
        arrays = {key: pa.array(list(rows), kind) for key, (rows, kind) in columns.items()}
        pq.write_table(pa.table(arrays), tables / f"{name}.parquet", compression="zstd")

    text, number = pa.string(), pa.int32()
    write("concepts", {
        "cid": ((c.cid for c in found), number),
        "id": ((c.id for c in found), text),
        "categories": ((c.categories for c in found), STRINGS),
        "sources": ((c.sources for c in found), STRINGS),
        "equivalent_ids": ((c.equivalent_ids for c in found), STRINGS),
    })  # fmt: skip
    write("ids", {
        "curie": (added.new_ids, text),
        "cid": (range(first, first + len(added.new_ids)), number),
    })  # fmt: skip
    write("names", {
        "nid": (range(len(added.names)), number),
        "cid": ((cid for cid, _name, _key in added.names), number),
        **{
            column: ([getattr(name, column) for _cid, name, _key in added.names], text)
            for column in ("text", "language", "kind", "source")
        },
        "key": ((key for _cid, _name, key in added.names), text),
    })  # fmt: skip
    kinds_of = [pa.float64() if name == "confidence" else text for name in MAPPING_FIELDS]
    write("mappings", {
        name: ([row[place] for row in added.mappings], kind)
        for place, (name, kind) in enumerate(
            zip((*MAPPING_FIELDS, "subject_cid", "object_cid"), (*kinds_of, number, number),
                strict=True)
        )
    })  # fmt: skip
    nothing: list[Any] = []
    write("paths", {
        "path": (nothing, text), "start": (nothing, number), "end": (nothing, number),
        "steps": (nothing, text),
    })  # fmt: skip
    taken = sorted(content.retractions.items())
    write("retractions", {
        "id": ((bytes.fromhex(sid) for sid, _ in taken), pa.binary()),
        **{
            column: ([getattr(retraction, column) for _, retraction in taken], text)
            for column in ("reason", "who", "date")
        },
    })  # fmt: skip
    return found


def _write_database(content: Content, concepts: Sequence[_Concept]) -> None:
    """``overlay.sqlite``: the added names as a build indexes them, and the overlay's own tables."""
    folder, base = content.folder, content.base
    sources = sorted({name.source for _cid, name, _key in content.added.names})
    write_names(content.connection, folder, sources=sources)
    path = (folder / "names.sqlite").rename(folder / OVERLAY_FILE)
    (folder / "names.index").rename(path.with_suffix(".index"))
    numbering = Numbering(base, content.added.new_ids, content.coded.predicates)
    out, into = numbering.patch(_standing(content), _gone(content))
    edges = {row["id"].hex(): row["eid"] for row in content.edges}
    edges |= {sid: edge for sid, edge in content.gone.items() if edge is not None}
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN;" + SCHEMA)
    database.executemany(
        "INSERT INTO retraction VALUES (?, ?, ?, ?, ?)",
        (
            (bytes.fromhex(sid), edges.get(sid), *astuple(retraction))
            for sid, retraction in sorted(content.retractions.items())
        ),
    )
    database.executemany(
        "INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            (row["eid"], row["s"], row["p"], row["o"], row["profile"], row["id"], _details(row))
            for row in content.edges
        ),
    )
    database.executemany(
        "INSERT INTO patch VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((c.node, c.way, n, *c[2:]) for way in (out, into) for n, c in enumerate(way)),
    )
    database.executemany(
        "INSERT INTO names VALUES (?, ?)",
        (
            (cid, pack([astuple(name) for name in names]))
            for cid, names in sorted(content.added.merged.items())
        ),
    )
    database.executemany(
        "UPDATE concept SET names = ? WHERE cid = ?",
        ((json.dumps(c.names, ensure_ascii=False), c.cid) for c in concepts),
    )
    database.executemany(
        "INSERT INTO numbers VALUES (?, ?)", _numbers(content, numbering, [*out, *into], edges)
    )
    database.execute("COMMIT")
    database.close()


def _standing(content: Content) -> list[AddedEdge]:
    return [
        AddedEdge(row["eid"], row["s"], row["p"], row["o"], sid)
        for row in content.edges
        if (sid := row["id"].hex()) not in content.retractions
    ]


def _gone(content: Content) -> list[AddedEdge]:
    return [
        AddedEdge(said.edge, said.subject, said.code, said.object, sid)
        for sid, said in zip(content.gone, content.lost, strict=True)
        if said.edge is not None and said.object is not None
    ]


def _details(row: Mapping[str, Any]) -> str:
    return DETAIL_FIELD.join(row[name] or "" for name in DETAIL_FIELDS).rstrip(DETAIL_FIELD)


def _numbers(
    content: Content, numbering: Numbering, changes: Iterable[Change], edges: Mapping[str, int]
) -> Iterator[tuple[str, bytes]]:
    """The lists that are loaded when the overlay is opened."""
    first = content.base._csr.nodes
    deltas: Counter[int] = Counter()
    for change in changes:
        deltas[change.node] += -1 if change.gone else 1
    nodes = sorted({change for change in deltas if change < first})
    new = range(first, first + len(content.added.new_ids))
    known = sorted({*content.added.changed, *content.added.merged})
    yield "nodes", array("i", nodes).tobytes()
    yield "deltas", array("i", [deltas[node] for node in (*nodes, *new)]).tobytes()
    yield "places", array("d", numbering.places).tobytes()
    yield "changed", array("i", [cid for cid in known if cid < first]).tobytes()
    gone = sorted(edges[sid] for sid in content.retractions if sid in edges)
    yield "gone", array("i", gone).tobytes()


# The manifest ------------------------------------------------------------------------------------


def _manifest(
    content: Content, concepts: Sequence[_Concept], provenance: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    base, added = content.base.snapshot.manifest, content.added
    predicates, licences, by_source = tallies(content.coded, content.stand, content.lost)
    statements: Counter[tuple[str, str, str]] = Counter(by_source)
    own: dict[str, int] = {}
    for row in base["sources"]:
        statements[row["infores"], row["release"], row["licence"]] += row["statements"]
        own[row["infores"]] = max(own.get(row["infores"], 0), row["concepts"])
    built_from = base.get("built_from", len(base["sources"]))
    infos = [
        SourceInfo(r["infores"], r["name"], r["release"], r["licence"], "", r["attribution"])
        for r in base["sources"][:built_from]
    ]
    new = {
        "concepts": len(added.new_ids),
        "names": len(added.names),
        "statements": sum(said.object is not None for said in content.stand),
        "values": sum(said.object is None for said in content.stand),
        "mappings": len(added.mappings),
    }
    counts = {name: n + new.get(name, 0) for name, n in base["counts"].items()}
    for said in content.lost:
        counts["values" if said.object is None else "statements"] -= 1
    counts["paths"] -= _lost_paths(content)
    categories = Counter(c for kinds in added.categories.values() for c in kinds)
    overlay = {
        "base": content.base.snapshot.folder.name,
        "base_manifest": _digest(content.base.snapshot.folder / "manifest.json"),
        "base_snapshot": base["snapshot"],
        "retracted": len(content.retractions),
        "added": new,
        "sources": _with_counts(content, provenance),
    }
    infos += content.sources
    return {
        "snapshot": _hash(content, concepts, provenance),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": counts,
        "predicates": [list(pair) for pair in content.coded.predicates],
        "profiles": [list(row) for row in content.coded.profiles[len(base["profiles"]) :]],
        "name_sources": sorted({name.source for _cid, name, _key in added.names}),
        "sources": source_rows(infos, +statements, Counter(own) + added.gained),
        "built_from": len(infos),
        "predicate_counts": changed(base["predicate_counts"], predicates),
        "licence_counts": changed(base["licence_counts"], licences),
        "category_counts": changed(base["category_counts"], categories),
        "overlay": overlay,
    }


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _with_counts(content: Content, provenance: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The added sources, each with how many new concepts and statements it brought."""
    rows = content.connection.execute(
        """SELECT source_number, count(*) FILTER (WHERE object <> ''),
                  count(*) FILTER (WHERE object = '')
           FROM (SELECT sid, any_value(object) AS object, min(source_number) AS source_number
                 FROM st GROUP BY sid) GROUP BY 1"""
    ).fetchall()
    said = {number: (edges, values) for number, edges, values in rows}
    first = content.base._csr.nodes
    speaks = Counter(
        source
        for cid, sources in content.added.changed.items()
        if cid >= first
        for source in sources
    )
    found = []
    for number, entry in enumerate(provenance):
        edges, values = said.get(number, (0, 0))
        counts = {"statements": edges, "values": values}
        counts["concepts"] = speaks[entry["info"]["infores"]]
        found.append({**entry, "counts": counts})
    return found


def _lost_paths(content: Content) -> int:
    """Curated paths of the base that have no line left without a retracted statement."""
    if not content.gone:
        return 0
    rows = content.base._names.query("SELECT steps FROM path")
    return sum(
        all(any(id in content.gone for id, _way in line) for line in unpack(steps))
        for (steps,) in rows
    )


def _hash(
    content: Content, concepts: Sequence[_Concept], provenance: Sequence[dict[str, Any]]
) -> str:
    """An order-free hash of the overlay's logical rows over the base's hash."""
    coded, id_of = content.coded, content.id_of
    told = ("id", *DETAIL_FIELDS)

    def said(row: Mapping[str, Any]) -> tuple[Any, ...]:
        rest = [row[name].hex() if name == "id" else row[name] for name in told]
        return id_of(row["s"]), *coded.predicates[row["p"]], *coded.profiles[row["profile"]], *rest

    tables: dict[str, Iterable[tuple[Any, ...]]] = {
        "sources": (
            (number, *sorted(entry["info"].items()), entry["who"], entry["reason"])
            for number, entry in enumerate(provenance)
        ),
        "retractions": ((sid, *astuple(r)) for sid, r in content.retractions.items()),
        "concepts": ((c.id, c.categories, c.sources, c.equivalent_ids) for c in concepts),
        "names": ((id_of(cid), *astuple(name)) for cid, name, _key in content.added.names),
        "statements": ((*said(row), id_of(row["o"])) for row in content.edges),
        "values": (
            (*said(row), row["value_type"], row["value"], row["unit"], row["value_language"])
            for row in content.values
        ),
        "mappings": (row[: len(MAPPING_FIELDS)] for row in content.added.mappings),
    }
    digest = hashlib.sha256(str(content.base.snapshot.manifest["snapshot"]).encode())
    for name, rows in tables.items():
        total, count = 0, 0
        for row in rows:
            text = json.dumps(row, ensure_ascii=False)
            total += int.from_bytes(hashlib.sha256(text.encode()).digest()[:16])
            count += 1
        digest.update(f"{name} {count} {total % (1 << 128):032x}\n".encode())
    return digest.hexdigest()
