"""A Neo4j server for the tests marked ``real``: the user's own, or one started here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from neo4j_server import server


@pytest.fixture(scope="session")
def neo4j_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose database may be loaded into; ``KGMED_TEST_NEO4J`` names one by its URI."""
    own = os.environ.get("KGMED_TEST_NEO4J")
    if own:
        yield own
        return
    with server(tmp_path_factory.mktemp("server")) as (uri, _home):
        yield uri
