"""A million statements in Neo4j, imported in bulk: every answer is the embedded store's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from neo4j_bulk import bulk, stores
from store_equality import CHECKS, Some, compare

from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.drugbank import DrugBankSource
from kgmed.builders.pipeline import build
from kgmed.builders.snomed import SnomedSource
from kgmed.builders.source import Source
from kgmed.builders.synthetic import SOURCES, write
from kgmed.builders.umls import UmlsSource
from kgmed.facade import Graph, open_graph
from kgmed.kg.store.neo4j.store import Neo4jStore

pytestmark = pytest.mark.stress

SCALE = 0.06
"""Of the synthetic sources: about a million statements."""


@pytest.fixture(scope="module")
def million(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Graph, Neo4jStore, Some]]:
    work = tmp_path_factory.mktemp("million")
    for name in SOURCES:
        write(name, work / "rows" / name, scale=SCALE, seed=1)
    rows = work / "rows"
    sources: list[Source] = [
        UmlsSource(rows / "umls"),
        SnomedSource(rows / "snomed"),
        DrugBankSource(rows / "drugbank"),
        CMeKGSource(rows / "cmekg"),
    ]
    build(sources, work / "graph")
    with open_graph(work / "graph") as graph:
        assert graph.info().statements > 900_000
        with bulk(graph, work) as uri, stores(graph, uri, work / "home") as both:
            yield both


@pytest.mark.parametrize("method", CHECKS)
def test_a_million_statements_imported_in_bulk_give_the_same(
    method: str, million: tuple[Graph, Neo4jStore, Some]
) -> None:
    graph, there, some = million
    compare(method, graph.local_store(), there, some)
