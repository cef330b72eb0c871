"""What a graph's database should hold, from the store's own methods, and what one holds.

Both are dicts of kind -> key -> value, to be compared as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import duckdb

from kgmed.kg import layers
from kgmed.kg.model import Statement, canonical_qualifiers
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import MAPPING_FIELDS
from kgmed.kg.views import neo4j_schema as schema

Held = dict[str, dict[Any, Any]]
FIELDS = (
    "id", "negated", "primary_knowledge_source", "release", "licence", "text",
    "original_predicate", "knowledge_level", "agent_type",
)  # fmt: skip


def _set(fields: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty: that is absent in Neo4j."""
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _properties(said: Statement) -> dict[str, Any]:
    return _set({
        **{name: getattr(said, name) for name in FIELDS},
        "qualifiers": canonical_qualifiers(said.qualifiers),
        "source_record": list(said.source_record),
        "publications": list(said.publications),
        "original_subject": said.original_subject if said.original_subject != said.subject else "",
        "original_object": said.original_object if said.original_object != said.object else "",
    })  # fmt: skip


def expected(store: EmbeddedStore) -> Held:
    """What the shape of docs/neo4j.md makes of a graph."""
    with duckdb.connect() as connection:
        layers.define(connection, store.snapshot)
        ids = [id for (id,) in connection.execute("SELECT id FROM concepts").fetchall()]
        ends = connection.execute("""
            SELECT DISTINCT a.id, b.id FROM paths
            JOIN concepts a ON a.cid = start JOIN concepts b ON b.cid = "end" """).fetchall()
        mappings = connection.execute("""
            SELECT * EXCLUDE (subject_cid, object_cid) FROM mappings
            WHERE subject_cid IS NULL AND object_cid IS NULL""").fetchall()
        keys = dict(connection.execute("SELECT text, key FROM names").fetchall())
    found: Held = {kind: {} for kind in (
        "concepts", "identifiers", "names", "statements", "values", "mappings", "paths",
        "retracted", "marker",
    )}  # fmt: skip
    concepts = [c for c in store.concepts(ids) if c is not None]
    assert len(concepts) == len(ids)
    for concept, degree, names in zip(
        concepts, store.degrees(ids), store.lexicon.names(ids), strict=True
    ):
        found["concepts"][concept.id] = (
            sorted(schema.labels(concept.categories)),
            _set({
                "id": concept.id, "name": concept.name if concept.names else "",
                "categories": list(concept.categories), "degree": degree,
                "preferred_languages": list(concept.names),
                "preferred_names": list(concept.names.values()),
                "equivalent_ids": list(concept.equivalent_ids), "sources": list(concept.sources),
            }),
        )  # fmt: skip
        for curie in concept.equivalent_ids:
            found["identifiers"][curie] = concept.id
        for n, name in enumerate(names):
            key = keys[name.text]
            found["names"][concept.id, n] = _set({
                **asdict(name), "n": n, "uid": schema.uid(concept.id, n),
                "key": key if len(key.encode()) <= schema.KEY_BYTES else "",
            })  # fmt: skip
    for said in store.scan():
        found["statements"][said.id] = (
            said.predicate, said.subject, said.object, _properties(said),
        )  # fmt: skip
    for group in store.values(ids):
        for said in group:
            assert said.value is not None
            node = {"id": said.id, "value": said.value.text, "type": said.value.type,
                    "unit": said.value.unit, "language": said.value.language}  # fmt: skip
            found["values"][said.id] = (
                said.predicate, said.subject, _set(node), _properties(said),
            )  # fmt: skip
    for id, some in zip(ids, store.mappings(ids), strict=True):
        for mapping in some:
            uid = schema.uid(*asdict(mapping).values())
            row = found["mappings"].setdefault(uid, (_set({**asdict(mapping), "uid": uid}), []))
            row[1].append(id)
    for fields in mappings:
        names_of = dict(zip(MAPPING_FIELDS, fields, strict=True))
        uid = schema.uid(*fields)
        found["mappings"][uid] = (_set({**names_of, "uid": uid}), [])
    for _properties_of, some in found["mappings"].values():
        some.sort()
    for start, end in ends:
        lines: dict[str, list[Any]] = {}
        for path in store.curated_paths(start, end):
            line = [[step.statement.id, step.direction] for step in path.steps]
            lines.setdefault(path.curated, []).append(line)
        for record, steps in lines.items():
            found["paths"][record, start, end] = steps
    for said in store.retracted():
        assert said.retracted is not None
        found["retracted"][said.id] = (
            said, said.retracted.reason, said.retracted.who, said.retracted.date,
        )  # fmt: skip
    info = store.info()
    found["marker"][schema.MARKER] = (
        info.snapshot, info.format, schema.SCHEMA, "complete", info.created,
        {**json.loads(json.dumps(asdict(info))), "uri": ""},
        [asdict(row) for row in store.coverage()],
    )  # fmt: skip
    return found


def held(driver: Any) -> Held:
    """What a database holds."""

    def rows(query: str) -> Iterator[Any]:
        with driver.session() as session:
            yield from session.run(query)

    found: Held = {
        "concepts": {r["n"]["id"]: (sorted(r["n"].labels), dict(r["n"]))
                     for r in rows("MATCH (n:Concept) RETURN n")},
        "identifiers": {r["i"]: r["c"] for r in rows(
            "MATCH (n:Identifier)-[:IDENTIFIES]->(c:Concept) RETURN n.id AS i, c.id AS c")},
        "names": {(r["c"], r["n"]["n"]): dict(r["n"]) for r in rows(
            "MATCH (n:Name)<-[:HAS_NAME]-(c:Concept) RETURN n, c.id AS c")},
        "statements": {r["r"]["id"]: (r["r"].type, r["s"], r["o"], dict(r["r"])) for r in rows(
            "MATCH (s:Concept)-[r]->(o:Concept) RETURN s.id AS s, r, o.id AS o")},
        "values": {r["v"]["id"]: (r["r"].type, r["s"], dict(r["v"]), dict(r["r"])) for r in rows(
            "MATCH (s:Concept)-[r]->(v:Value) RETURN s.id AS s, r, v")},
        "mappings": {r["m"]["uid"]: (dict(r["m"]), sorted(r["c"])) for r in rows(
            "MATCH (m:Mapping) OPTIONAL MATCH (c:Concept)-[:HAS_MAPPING]->(m)"
            " RETURN m, collect(c.id) AS c")},
        "paths": {(r["p"]["path"], r["s"], r["e"]): json.loads(r["p"]["steps"]) for r in rows(
            "MATCH (s)-[:STARTS_PATH]->(p:CuratedPath)-[:ENDS_PATH]->(e)"
            " WHERE p.start = s.id AND p.end = e.id RETURN p, s.id AS s, e.id AS e")},
        "retracted": {r["n"]["id"]: (schema.statement_of(r["n"]["statement"]), r["n"]["reason"],
                                     r["n"]["who"], r["n"]["date"])
                      for r in rows("MATCH (n:Retracted) RETURN n")},
        "marker": {r["n"]["id"]: (
            r["n"]["hash"], r["n"]["format"], r["n"]["schema"], r["n"]["state"], r["n"]["created"],
            {**json.loads(r["n"]["info"]), "uri": ""}, json.loads(r["n"]["coverage"]),
        ) for r in rows("MATCH (n:Snapshot) RETURN n")},
    }  # fmt: skip
    return found
