"""Tables and networkx views hold what the graph holds."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support import concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.model import Statement
from kgmed.kg.views.subgraph import subgraph
from kgmed.kg.views.tables import NAMES_OF_TABLES, Tables


@pytest.fixture(scope="module")
def tables(graph: Graph) -> Tables:
    return graph.tables()


def test_counts_are_those_of_the_graph(graph: Graph, tables: Tables) -> None:
    info = graph.info()
    assert tables.counts == {
        "concepts": info.concepts,
        "names": info.names,
        "statements": info.statements + info.values,
        "mappings": info.mappings,
        "paths": info.paths,
        "coverage": len(graph.coverage()),
    }
    shown = tables._repr_html_()
    assert all(name in shown for name in NAMES_OF_TABLES)
    assert f"{info.concepts:,}" in shown


def flat(statement: Statement) -> dict[str, Any]:
    row = asdict(statement)
    value = row.pop("value") or {"text": "", "type": "", "unit": "", "language": ""}
    del row["retracted"]
    return {
        **row,
        "value": value["text"], "value_type": value["type"], "unit": value["unit"],
        "value_language": value["language"], "source_record": list(row["source_record"]),
        "publications": list(row["publications"]),
    }  # fmt: skip


def test_statements_have_every_field(graph: Graph, tables: Tables) -> None:
    import json

    rows = tables.sql("SELECT * FROM statements USING SAMPLE 200 ROWS (reservoir, 7)")
    for row in rows.to_arrow_table().to_pylist():
        row["qualifiers"] = json.loads(row["qualifiers"])
        expected = flat(graph.statement(row["id"]))
        expected["qualifiers"] = dict(expected["qualifiers"])
        assert row == expected


def test_concepts_have_names_by_language(graph: Graph, tables: Tables) -> None:
    rows = tables.sql("SELECT * FROM concepts USING SAMPLE 200 ROWS (reservoir, 7)")
    for row in rows.to_arrow_table().to_pylist():
        expected = graph.concept(row["id"])
        assert dict(row["names"]) == dict(expected.names)
        assert row["name"] == expected.name
        for field in ("categories", "equivalent_ids", "sources"):
            assert tuple(row[field]) == getattr(expected, field)


def test_a_reader_streams_the_columns_and_rows_that_are_asked_for(tables: Tables) -> None:
    reader = tables.reader(
        "statements", columns=["id", "object"], predicates=["treats"], sources=["infores:ndfrt"]
    )
    assert reader.schema.names == ["id", "object"]
    found = reader.read_all().num_rows
    (expected,) = tables.sql(
        "SELECT count(*) FROM statements WHERE predicate = ? AND primary_knowledge_source = ?",
        ["treats", "infores:ndfrt"],
    ).fetchall()
    assert found == expected[0]
    drugs = tables.reader("concepts", categories=["Drug"], batch_rows=1000)
    assert all("Drug" in row for row in drugs.read_all()["categories"].to_pylist())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: t.arrow("edges"), "statements"),
        (lambda t: t.reader("names", columns=["label"]), "language"),
        (lambda t: t.reader("names", predicates=["treats"]), "languages"),
        (lambda t: t.reader("names", languages="en"), "a list"),
        (lambda t: t.sql("SELECT * FROM edges"), "The tables are concepts"),
        (lambda t: t.sql("SELEC"), "can't run"),
    ],
)
def test_errors_say_what_there_is(tables: Tables, call: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call(tables)


def test_frames_hold_the_same_rows(tables: Tables) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    assert len(tables.pandas("coverage")) == tables.counts["coverage"]
    assert tables.polars("paths").height == tables.counts["paths"]


def test_a_missing_package_is_named(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"kgmed\[views\]"):
        tables.pandas("names")


# networkx ----------------------------------------------------------------------------------------


def test_a_view_around_a_concept_holds_its_statements(graph: Graph) -> None:
    view = graph.to_networkx(["warfarin"], limit=100_000)
    edges = graph.store.neighbors(["drugbank:DB00682"])[0]
    assert set(view.edges(keys=True)) == {(e.subject, e.object, e.statement) for e in edges}
    assert view.graph["cut"] == ""
    first = edges[0]
    kept = view.edges[first.subject, first.object, first.statement]
    assert kept.keys() >= {"predicate", "qualifiers", "release", "licence", "publications"}
    whole = graph.statement(first.statement)
    assert all(getattr(whole, name) == value for name, value in kept.items())
    node = view.nodes["drugbank:DB00682"]
    assert node["name"] == "Warfarin"
    assert list(node["values"]) == graph.store.values(["drugbank:DB00682"])[0]


def test_hops_widen_and_zero_stays_among_the_concepts(graph: Graph) -> None:
    ids = ["warfarin", "ibuprofen"]
    sizes = [
        graph.to_networkx(ids, hops=hops, predicates=["interacts_with"]).number_of_edges()
        for hops in (0, 1, 2)
    ]
    assert 0 < sizes[0] < sizes[1] < sizes[2]


def test_a_limit_is_an_error_or_says_what_it_cut(graph: Graph) -> None:
    with pytest.raises(UsageError, match="more than 10 statements"):
        graph.to_networkx(["warfarin"], limit=10)
    view = graph.to_networkx(["warfarin"], limit=10, truncate=True)
    assert view.number_of_edges() <= 10
    assert "there are more" in view.graph["cut"]


def test_all_of_a_predicate_or_a_source(graph: Graph) -> None:
    view = graph.to_networkx(predicates=["contraindicated_in"])
    assert view.number_of_edges() == graph.info().predicates["contraindicated_in"]
    part = subgraph(graph.store, predicates=["treats"], sources=["ndfrt", "pharmacotherapydb"])
    assert {s.primary_knowledge_source for s in part.statements} == {"infores:pharmacotherapydb"}
    with pytest.raises(UsageError, match="expected some"):
        graph.to_networkx()


def test_a_view_is_in_order(tmp_path: Path) -> None:
    ids = ["mesh:D3", "mesh:D1", "mesh:D2"]
    rows = [{"subject": a, "predicate": "treats", "object": b} for a in ids for b in ids if a != b]
    found = [concept(id, id, "Drug") for id in ids]
    build([source(statements=rows, **tables_of(found))], tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        one, other = (graph.to_networkx(some) for some in (["mesh:D1"], ["mesh:D1", "mesh:D2"]))
        assert list(one) == sorted(ids)
        assert list(other.edges) == sorted(other.edges)
