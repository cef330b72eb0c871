"""The files for neo4j-admin: their cells, their licences, their folder, and a real import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import neo4j_server
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neo4j_held import expected, held
from support import RowSource, concept, source, tables_of

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.views import neo4j_schema as schema
from kgmed.kg.views.licensing import Held
from kgmed.kg.views.neo4j_admin.tables import NUMBER, Column, Table
from kgmed.kg.views.neo4j_admin.write import copy_table

NASTY = [
    "back`tick", "``", r"a\u0060b", "\\", "back\\slash\\", "`) DETACH DELETE (n) //", "'; DROP",
    'say "hi"', '"', '""', "it's", "a,b", "semi;colon", "a|b", "two\nlines", "two\r\nlines",
    "carriage\rreturn", "tab\tstop", "中文名", "𝔸stral 🧪", "\ufeffbom", "line\u2028sep",
    "next\u0085line", "#hash", "null", "0", "true", "{}", "$param", "[1]", "\x01", "x" * 9_000,
]  # fmt: skip
"""Texts that break a careless writer. The build trims names and has no empty ones."""


# Cells --------------------------------------------------------------------------------------------


def parse(text: str) -> list[list[str]]:
    """CSV as neo4j-admin reads it: RFC 4180 quotes, no escapes, nothing trimmed."""
    rows: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        if text[at] == '"':
            end, cell = at + 1, ""
            while True:
                stop = text.index('"', end)
                cell += text[end:stop]
                if text[stop + 1 : stop + 2] != '"':
                    break
                cell, end = cell + '"', stop + 2
            at = stop + 1
        else:
            stop = min((n for c in ",\n" if (n := text.find(c, at)) >= 0), default=len(text))
            cell, at = text[at:stop], stop
        rows[-1].append(cell)
        if text[at : at + 1] == ",":
            at += 1
            if text[at : at + 1] in {"", "\n"}:
                rows[-1].append("")
        if text[at : at + 1] == "\n":
            at += 1
            if at < len(text):
                rows.append([])
    return rows if rows != [[]] else []


CELLS = Table(
    "cells",
    "cells",
    (
        NUMBER,
        Column("text", "text"),
        Column("items", "items", "items"),
        Column("list", "list", "list"),
    ),
    (),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SHARP = st.text(st.sampled_from("\",\\\n\r \t`'\x1f中🧪"), max_size=6)
ANY = st.one_of(TEXT, SHARP)


@settings(max_examples=60)
@given(st.lists(st.tuples(ANY, st.lists(ANY, max_size=3), st.lists(ANY, max_size=3)), max_size=6))
def test_every_text_comes_out_of_its_cell(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, list[str], list[str]]]
) -> None:
    rows = [(text, [i.replace("\x1e", "") for i in items], more) for text, items, more in rows]
    folder = tmp_path_factory.mktemp("cells")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE cells(text VARCHAR, items VARCHAR, list VARCHAR[])")
        for text, items, more in rows:
            connection.execute(
                "INSERT INTO cells VALUES (?, ?, ?)", [text, "\x1e".join(items), more]
            )
        part, removed = copy_table(connection, CELLS, folder, "csv")
    got = []
    for file in part.files:
        parsed = parse((folder / file).read_bytes().decode())
        breaks = [any("\n" in c or "\r" in c for c in row) for row in parsed]
        assert all(breaks) if file in part.multiline else not any(breaks)
        got += parsed

    def plain(items: list[str]) -> str:
        return "\x1f".join(item.replace("\x1f", "") for item in items)

    want = [(text, plain(items), plain(more)) for text, items, more in rows]
    assert sorted(tuple(row[1:]) for row in got) == sorted(want)
    assert len({row[0] for row in got}) == len(rows)
    assert removed == sum(i.count("\x1f") for _, items, more in rows for i in (*items, *more))


# Folders and licences -----------------------------------------------------------------------------


def nasty_source(infores: str = "infores:test", licence: str = "CC0-1.0") -> RowSource:
    """Concepts, names, statements, values, mappings and predicates of nasty texts."""
    ids = [f"mesh:D{n:06d}" for n in range(len(NASTY))]
    tables = tables_of(
        [concept(id, f"{text} {n}", "Drug", ["Cat`egory", "Name", "two words"][n % 3])
         for n, (id, text) in enumerate(zip(ids, NASTY, strict=True))]
    )  # fmt: skip
    tables["names"] += [
        {"id": id, "text": text, "language": "zh", "kind": "preferred" if n % 2 else "synonym"}
        for n, (id, text) in enumerate(zip(ids, NASTY, strict=True))
    ]
    tables["statements"] = [
        {"subject": ids[n], "predicate": ["treats", "bad`type", r"a\u0060b", "x) DELETE"][n % 4],
         "object": ids[n - 1], "negated": n % 5 == 0, "text": text, "source_record": f"R{n}",
         "publications": [f"pubmed:{n}", 'a "quoted", one'], "original_predicate": text,
         "qualifiers": canonical_qualifiers({"severity": text})}
        for n, text in enumerate(NASTY)
    ] + [
        {"subject": ids[n], "predicate": "has_definition", "value": text, "value_type": "text",
         "value_language": "en"}
        for n, text in enumerate(NASTY)
    ]  # fmt: skip
    tables["mappings"] = [
        {"subject": ids[n], "predicate": ["skos:exactMatch", "skos:closeMatch"][n % 2],
         "object": f"mondo:{n:07d}" if n % 3 else ids[n - 1], "subject_label": text,
         "object_label": "", "confidence": 0.1 * n}
        for n, text in enumerate(NASTY)
    ]  # fmt: skip
    made = source(infores, **tables)
    made.info = type(made.info)(
        infores, 'The "test"\nsource', "2026,1", licence, attribution="`us`"
    )
    return made


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """A graph of nasty texts, with an overlay that retracts and adds."""
    folder = tmp_path_factory.mktemp("nasty")
    build([nasty_source()], folder / "graph")
    with open_graph(folder / "graph") as graph:
        said = next(graph.store.scan(predicate="bad`type"))
        value = graph.store.values(["mesh:D000003"])[0][0]
    errata = folder / "errata.tsv"
    lines = [f"{id}\twrong 'dose`\tthem\t2026-01-02" for id in (said.id, value.id)]
    errata.write_text(
        "statement_id\treason\twho\tdate\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    more = tables_of([concept("chebi:1", "added `one`\n2", "Drug", "Extra`kind")])
    more["names"].append({"id": "mesh:D000001", "text": "another name", "language": "de"})
    more["statements"] = [{"subject": "chebi:1", "predicate": "new`one", "object": "mesh:D000001"}]
    make_overlay(
        folder / "graph", errata=[errata], sources=[source("infores:more", **more)],
        who="them", reason="a test",
    )  # fmt: skip
    with open_graph(folder / "graph") as graph:
        yield graph


def test_an_export_replaces_an_earlier_one_and_no_other_folder(
    nasty: Graph, tmp_path: Path
) -> None:
    out = tmp_path / "neo4j"
    first = nasty.export_neo4j(out)
    (out / "left-over").write_text("of an earlier export")
    again = nasty.export_neo4j(out)
    assert (again.nodes, again.relationships) == (first.nodes, first.relationships)
    assert not (out / "left-over").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["neo4j"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("")
    with pytest.raises(UsageError, match=r"no export to Neo4j wrote \(thesis\.txt"):
        nasty.export_neo4j(other)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="csv, parquet"):
        nasty.export_neo4j(out, format="tsv")
    with pytest.raises(UsageError, match="expected one of this graph's"):
        nasty.export_neo4j(out, allow_restricted=["umls"])
    assert (out / "manifest.json").exists()


def test_both_formats_write_the_same_rows(nasty: Graph, tmp_path: Path) -> None:
    csv = nasty.export_neo4j(tmp_path / "csv")
    parquet = nasty.export_neo4j(tmp_path / "parquet", format="parquet")
    assert (csv.nodes, csv.relationships) == (parquet.nodes, parquet.relationships)
    info = nasty.info()
    assert csv.nodes["Concept"] == info.concepts
    assert csv.nodes["Name"] == csv.relationships["HAS_NAME"] == info.names
    assert csv.nodes["Value"] == info.values
    assert csv.relationships["statements"] == info.statements + info.values
    assert csv.nodes["Mapping"] == info.mappings
    assert csv.nodes["Retracted"] == 2


def test_a_separator_in_a_list_is_removed_and_counted(tmp_path: Path) -> None:
    build([source(**tables_of([concept("mesh:D1", "One", "Drug")]))], tmp_path / "graph")
    with open_graph(tmp_path / "graph") as graph:
        table = graph.store.snapshot.folder / "tables" / "concepts.parquet"
        with duckdb.connect() as connection:  # the build itself lets none through
            connection.execute(
                f"CREATE TABLE held AS SELECT * REPLACE (['mesh:D1', 'x' || chr(31) || 'y'] AS"
                f" equivalent_ids) FROM read_parquet('{table}')"
            )
            connection.execute(f"COPY held TO '{table}' (FORMAT parquet)")
        made = graph.export_neo4j(tmp_path / "out")
    assert made.removed == 1
    assert "mesh:D1\x1fxy," in (tmp_path / "out/data/concepts-000.csv").read_text()


def mixed(folder: Path, *restricted: RowSource) -> Graph:
    free = tables_of([concept("mondo:1", "Gout", "Disease"), concept("chebi:2", "Salt", "Drug")])
    free["names"].append({"id": "mondo:1", "text": "podagra", "language": "en"})
    free["statements"] = [
        {"subject": "chebi:2", "predicate": "treats", "object": "mondo:1"},
        {"subject": "mondo:1", "predicate": "has_definition", "value": "A", "value_type": "text"},
    ]
    build([source("infores:free", **free), *restricted], folder)
    return open_graph(folder)


def test_what_a_licence_keeps_back_leaves_no_trace(tmp_path: Path) -> None:
    closed = tables_of(
        [concept("umls:C1", "Arthritis urica", "Finding"), concept("umls:C2", "Secret", "Drug")]
    )
    closed["statements"] = [
        {"subject": "umls:C2", "predicate": "treats", "object": "umls:C1"},
        {"subject": "umls:C1", "predicate": "has_definition", "value": "B", "value_type": "text"},
    ]
    closed["mappings"] = [
        {"subject": "umls:C1", "predicate": "skos:exactMatch", "object": "mondo:1"}
    ]
    umls = source("infores:umls", **closed)
    umls.info = type(umls.info)("infores:umls", "UMLS", "2026", "UMLS", attribution="NLM")
    with mixed(tmp_path / "free") as free, mixed(tmp_path / "both", umls) as both:
        alone = free.export_neo4j(tmp_path / "alone")
        part = both.export_neo4j(tmp_path / "part")
        whole = both.export_neo4j(tmp_path / "whole", allow_restricted=["UMLS"])
        assert part.leaving.left_out == (Held("infores:umls", "UMLS", "registered", 2, 2, 1),)
        assert part.leaving.licences == ("CC0-1.0",)
        assert part.leaving.duties == ()
        assert whole.leaving.left_out == ()
        assert whole.leaving.duties == ("attribution", "registered")
        assert "NLM" in whole.leaving.attributions
        assert part.leaving.snapshot != both.info().snapshot == whole.leaving.snapshot
        left = {**part.nodes, "Identifier": 2}
        assert left == {**alone.nodes, "Identifier": 2}
        assert part.relationships == {**alone.relationships, "IDENTIFIES": 3}
        text = "\n".join(p.read_text() for p in (tmp_path / "part/data").iterdir())
        assert "Arthritis urica" not in text
        assert "Secret" not in text
        assert "umls:C2" not in text
        marker = json.loads(
            duckdb.read_csv(str(tmp_path / "part/data/snapshot.csv"), header=False).fetchall()[0][4]
        )
        assert marker["predicates"] == free.info().predicates
        assert marker["licences"] == free.info().licences
        assert [row["infores"] for row in marker["sources"]] == ["infores:free"]


# A real server ------------------------------------------------------------------------------------


def check(graph: Graph, uri: str, folder: Path) -> None:
    """The database holds the graph, and the schema's statements run on it."""
    neo4j = pytest.importorskip("neo4j")
    neo4j_server.run_cypher(uri, folder / "schema.cypher")
    with neo4j.GraphDatabase.driver(uri, notifications_min_severity="OFF") as driver:
        states = driver.execute_query("SHOW INDEXES YIELD name, state, type").records
        names = {r["name"] for r in states if r["name"].startswith("kgmed_")}
        assert names == {c.split()[2] for c in schema.constraints()} | {
            "kgmed_name_key", "kgmed_name_text", "kgmed_statement_id"
        }  # fmt: skip
        assert {r["state"] for r in states} == {"ONLINE"}
        want, got = expected(graph.store), held(driver)
        for kind, rows in want.items():
            assert got[kind].keys() == rows.keys(), kind
            different = [(rows[key], got[kind][key]) for key in rows if rows[key] != got[kind][key]]
            assert different == [], (kind, different[:3])
        for id in list(want["statements"])[:3] + list(want["values"])[:3]:
            found = driver.execute_query(
                "CALL db.index.fulltext.queryRelationships('kgmed_statement_id', $prefix)"
                " YIELD relationship AS r RETURN r.id AS id",
                prefix=id[:12] + "*",
            ).records
            assert [r["id"] for r in found] == [id]


@pytest.mark.real
@pytest.mark.parametrize("name", ["nasty", "open"])
def test_a_graph_is_in_neo4j_as_it_is_in_its_store(
    name: str, nasty: Graph, graph: Graph, tmp_path: Path
) -> None:
    chosen = nasty if name == "nasty" else graph
    made = chosen.export_neo4j(tmp_path / "out with blank")
    said = neo4j_server.imported(tmp_path / "out with blank", tmp_path / "neo4j")
    assert f"{sum(made.nodes.values())} nodes" in said
    assert f"{sum(made.relationships.values())} relationships" in said
    with neo4j_server.server(tmp_path) as (uri, _home):
        check(chosen, uri, tmp_path / "out with blank")


@pytest.mark.real
def test_parquet_is_the_same_database(nasty: Graph, tmp_path: Path) -> None:
    nasty.export_neo4j(tmp_path / "out", format="parquet")
    try:
        neo4j_server.imported(tmp_path / "out", tmp_path / "neo4j")
    except AssertionError as error:
        if "NoClassDefFoundError" in str(error):
            pytest.skip("this Neo4j lacks the libraries that read Parquet")
        raise
    with neo4j_server.server(tmp_path) as (uri, _home):
        check(nasty, uri, tmp_path / "out")
