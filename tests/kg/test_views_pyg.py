"""The graph as HeteroData: every edge is a statement. Needs torch_geometric."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from support import concept, source, tables_of

from kgmed.builders.pipeline import build
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.kg.views.pyg import where

THERE = importlib.util.find_spec("torch_geometric") is not None
needs_torch = pytest.mark.skipif(not THERE, reason="torch_geometric isn't installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch.*")


@pytest.mark.skipif(THERE, reason="torch_geometric is installed")
def test_without_torch_geometric_the_extra_is_named(graph: Graph) -> None:
    with pytest.raises(MissingExtra, match=r"kgmed\[learn\]"):
        graph.to_pyg()


@needs_torch
def test_edges_are_the_positive_statements(graph: Graph) -> None:
    data = graph.to_pyg()
    assert data.kgmed_snapshot == graph.info().snapshot
    count = 0
    for source_type, predicate, target_type in data.edge_types:
        store = data[source_type, predicate, target_type]
        edges, ids = store.edge_index, store.statement_id
        count += edges.shape[1]
        assert edges.shape == (2, len(ids))
        assert int(edges[0].max()) < data[source_type].num_nodes
        assert int(edges[1].max()) < data[target_type].num_nodes
        statement = graph.statement(bytes(ids[0].tolist()).hex())
        assert statement.predicate == predicate
        assert statement.subject == data[source_type].id[int(edges[0, 0])]
        assert statement.object == data[target_type].id[int(edges[1, 0])]
    positive = {n: c for n, c in graph.info().predicates.items() if not n.startswith("not ")}
    with graph.tables() as tables:
        (row,) = tables.sql("""SELECT count(*) FROM statements
                               WHERE NOT negated AND value_type = ''""").fetchall()
    assert count == row[0] <= sum(positive.values())
    assert data.validate()


@needs_torch
def test_nodes_have_ids_names_and_a_way_back(graph: Graph) -> None:
    data = graph.to_pyg(predicates=["interacts_with"], statement_ids=False)
    label, n = where(data)["drugbank:DB00682"]
    assert (data[label].id[n], data[label].name[n]) == ("drugbank:DB00682", "Warfarin")
    assert {edge[1] for edge in data.edge_types} == {"interacts_with"}
    assert sum(data[label].num_nodes for label in data.node_types) < graph.info().concepts
    with pytest.raises(UsageError, match="interacts_with"):
        graph.to_pyg(predicates=["cures"])


@needs_torch
def test_a_concept_has_the_preferred_or_the_most_specific_type(tmp_path: Path) -> None:
    found = [
        concept("mesh:D1", "one", "ChemicalEntity", "Drug"), concept("mesh:D2", "two", "Disease"),
        concept("mesh:D3", "alone", "Gene"),
    ]  # fmt: skip
    edge = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}
    negated = {**edge, "negated": True, "qualifiers": '{"dose":"1"}'}
    build([source(statements=[edge, negated], **tables_of(found))], tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        assert graph.to_pyg().edge_types == [("Drug", "treats", "Disease")]
        data = graph.to_pyg(prefer=["ChemicalEntity"], isolated=True)
        assert data.edge_types == [("ChemicalEntity", "treats", "Disease")]
        assert data["Gene"].id == ["mesh:D3"]
