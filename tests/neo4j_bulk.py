"""A database that neo4j-admin made of an export, as a user makes one: ``kgmed export neo4j``, its
``import.sh``, its ``schema.cypher``, then ``bolt://``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from neo4j_server import imported, run_cypher, server
from store_equality import Some

from kgmed.facade import Graph, server_address
from kgmed.kg.store.neo4j.store import Neo4jStore


@contextmanager
def bulk(graph: Graph, work: Path, format: str = "csv") -> Iterator[str]:
    """A server whose database neo4j-admin made of a graph, whatever its licences."""
    allow = sorted({row.infores for row in graph.info().sources})
    graph.export_neo4j(work / "files", format=format, allow_restricted=allow)
    try:
        imported(work / "files", work / "neo4j")
    except AssertionError as error:
        if format == "parquet" and "NoClassDefFoundError" in str(error):
            pytest.skip("this Neo4j lacks the libraries that read Parquet")
        raise
    with server(work) as (uri, _home):
        run_cypher(uri, work / "files" / "schema.cypher")
        yield uri


@contextmanager
def stores(graph: Graph, uri: str, home: Path) -> Iterator[tuple[Graph, Neo4jStore, Some]]:
    """A graph, its database as a store, and questions. ``home`` has no names of it yet."""
    there = Neo4jStore(server_address(uri), home=home)
    try:
        yield graph, there, Some(graph.local_store())
    finally:
        there.close()
