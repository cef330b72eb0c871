"""Databases that neo4j-admin made of an export: every answer is the embedded store's.

Import, server and comparison are those of a user: ``kgmed export neo4j``, its ``import.sh``, its
``schema.cypher``, then ``bolt://``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from neo4j_bulk import bulk, stores
from neo4j_server import imported, server
from store_equality import CHECKS, Some, compare
from support import concept, exact, source, tables_of
from untold import Untold

from kgmed.builders.overlay import make_overlay
from kgmed.builders.pipeline import build
from kgmed.facade import Graph, load_graph, open_graph, server_address
from kgmed.kg.errors import NotAGraph, ServerError, UsageError
from kgmed.kg.store.neo4j.connection import Connection
from kgmed.kg.store.neo4j.load import load
from kgmed.kg.store.neo4j.store import Neo4jStore

pytestmark = pytest.mark.real

# The open graph -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["csv", "parquet"])
def open_bulk(
    request: pytest.FixtureRequest, graph: Graph, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Graph, Neo4jStore, Some]]:
    work = tmp_path_factory.mktemp(f"open-{request.param}")
    with bulk(graph, work, request.param) as uri, stores(graph, uri, work / "home") as both:
        yield both


@pytest.mark.parametrize("method", CHECKS)
def test_the_open_graph_imported_in_bulk_gives_the_same(
    method: str, open_bulk: tuple[Graph, Neo4jStore, Some]
) -> None:
    graph, there, some = open_bulk
    compare(method, graph.local_store(), there, some)


# What comes after an import -----------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Graph]:
    """A graph with an overlay, values and mappings."""
    ids = [f"mesh:D{n:06d}" for n in range(60)]
    tables = tables_of([concept(id, f"thing {n} 药", "Drug") for n, id in enumerate(ids)])
    tables["statements"] = [
        {"subject": ids[n], "predicate": ["treats", "home`made"][n % 2], "object": ids[n * 7 % 60]}
        for n in range(1, 60)
    ] + [
        {"subject": id, "predicate": "has_definition", "value": f"said of {id}",
         "value_type": "text"}
        for id in ids[::3]
    ]  # fmt: skip
    tables["mappings"] = [exact(id, f"umls:C{n:07d}") for n, id in enumerate(ids)]
    build([source("infores:test", **tables)], tmp_path / "graph")
    with open_graph(tmp_path / "graph") as graph:
        gone = next(graph.store.scan()).id
    errata = tmp_path / "errata.tsv"
    errata.write_text(
        f"statement_id\treason\twho\tdate\n{gone}\twrong\tme\t2026-11-20\n", encoding="utf-8"
    )
    more = tables_of([concept("mesh:N1", "a new thing", "Drug")])
    more["statements"] = [{"subject": "mesh:N1", "predicate": "treats", "object": ids[1]}]
    make_overlay(tmp_path / "graph", errata=[errata], sources=[source("infores:more", **more)])
    with open_graph(tmp_path / "graph") as graph:
        yield graph


def everything(connection: Connection) -> list[str]:
    """All nodes but the marker, and all relationships, with their properties."""
    rows = connection.read(
        "MATCH (n) WHERE NOT n:Snapshot OPTIONAL MATCH (n)-[r]->(m)"
        " RETURN labels(n), properties(n), type(r), properties(r), coalesce(m.uid, m.id)"
    )
    return sorted(json.dumps([sorted(row[0]), *row[1:]], sort_keys=True) for row in rows)


def test_a_load_over_an_import_changes_nothing_and_makes_its_indexes(
    small: Graph, tmp_path: Path
) -> None:
    """What is written in bulk and what is loaded has the same keys and the same properties."""
    small.export_neo4j(tmp_path / "files")
    imported(tmp_path / "files", tmp_path / "neo4j")
    with server(tmp_path) as (uri, _home):
        connection = Connection(server_address(uri))
        store = Neo4jStore(server_address(uri), home=tmp_path / "home")
        try:
            said = next(small.store.scan()).id
            with pytest.raises(ServerError, match=r"lacks an index.*schema\.cypher"):
                store.statements([said])
            assert any("kgmed_concept_id is missing" in line for line in store.check())
            before = everything(connection)
            graph = tmp_path / "graph"
            assert load_graph(uri, graph, tell=Untold()).mode == "same"
            assert store.check() == []
            assert store.statements([said]) == small.store.statements([said])
            made = load_graph(uri, graph, again=True, tell=Untold())
            assert not any(made.removed.values())
            assert everything(connection) == before
            assert list(store.scan()) == list(small.store.scan())
        finally:
            store.close()
            connection.close()


# What isn't open ----------------------------------------------------------------------------------


def restricted(folder: Path, *, more: int = 0) -> Graph:
    """A graph of an open source and of one that isn't, which share a concept."""
    free = tables_of([concept("mondo:1", "Gout", "Disease"), concept("chebi:2", "Salt", "Drug")])
    free["statements"] = [
        {"subject": "chebi:2", "predicate": "treats", "object": "mondo:1"},
        {"subject": "mondo:1", "predicate": "has_definition", "value": "A", "value_type": "text"},
    ] + [
        {"subject": "chebi:2", "predicate": "affects", "object": "mondo:1", "source_record": "R",
         "qualifiers": f'{{"dose":"{n} mg"}}'} for n in range(more)
    ]  # fmt: skip
    closed = tables_of(
        [concept("umls:C1", "Arthritis urica", "Finding"), concept("umls:C2", "Secret", "Drug")]
    )
    closed["statements"] = [
        {"subject": "umls:C2", "predicate": "hides", "object": "umls:C1"},
        {"subject": "umls:C1", "predicate": "has_definition", "value": "B", "value_type": "text"},
    ]
    closed["mappings"] = [exact("umls:C1", "mondo:1")]
    umls = source("infores:umls", **closed)
    umls.info = type(umls.info)("infores:umls", "UMLS", "2026", "UMLS", attribution="NLM")
    build([source("infores:free", **free), umls], folder)
    return open_graph(folder)


def test_a_load_elsewhere_leaves_out_what_an_export_does(tmp_path: Path) -> None:
    with restricted(tmp_path / "graph") as graph:
        made = graph.export_neo4j(tmp_path / "files")
        snapshot = graph.local_store().snapshot
    imported(tmp_path / "files", tmp_path / "neo4j")
    with server(tmp_path) as (uri, _home):
        address, tell = server_address(uri), Untold()
        connection = Connection(address)
        try:
            exported = everything(connection)
            same = load(snapshot, address, tell=tell, allow=())
            assert (same.mode, same.leaving) == ("same", made.leaving)
            with open_graph(uri) as opened:
                about = opened.info(), opened.coverage()
                assert about[0].snapshot == same.snapshot == made.leaving.snapshot
                assert about[0].snapshot != snapshot.manifest["snapshot"]
            again = load(snapshot, address, tell=tell, allow=(), again=True)
            assert not any(again.removed.values())
            assert everything(connection) == exported
            with open_graph(uri) as opened:
                assert (opened.info(), opened.coverage()) == about
                assert opened.check() == []
            for secret in ("Secret", "Arthritis", "hides", "umls:C2"):
                assert secret not in "".join(exported)
            with pytest.raises(UsageError, match="Give --prune"):
                load(snapshot, address, tell=tell)
            whole = load(snapshot, address, tell=tell, allow=["UMLS"], prune=True)
            assert whole.snapshot == snapshot.manifest["snapshot"]
            assert whole.leaving is not None
            assert whole.leaving.duties == ("attribution", "registered")
            assert "Secret" in "".join(everything(connection))
            back = load(snapshot, address, tell=tell, allow=(), prune=True)
            assert back.removed["concepts"] == 1
            assert everything(connection) == exported
            with restricted(tmp_path / "graph", more=3) as newer:
                changed = newer.local_store().snapshot
            made_of = load(changed, address, tell=tell, allow=(), old=snapshot)
            assert (made_of.mode, made_of.merged["statements"]) == ("diff", 3)
            assert len(everything(connection)) == len(exported) + 3
            with open_graph(uri) as opened:
                assert opened.check() == []
        finally:
            connection.close()


def test_a_graph_that_must_stay_whole_is_not_loaded_empty(tmp_path: Path) -> None:
    closed = source("infores:umls", **tables_of([concept("umls:C1", "Secret", "Drug")]))
    closed.info = type(closed.info)("infores:umls", "UMLS", "2026", "UMLS")
    build([closed], tmp_path / "graph")
    with open_graph(tmp_path / "graph") as graph, server(tmp_path) as (uri, _home):
        with pytest.raises(UsageError, match=r"UMLS.*--trusted"):
            load(graph.local_store().snapshot, server_address(uri), tell=Untold(), allow=())
        with pytest.raises(NotAGraph):
            open_graph(uri)
