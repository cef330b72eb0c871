"""A Neo4j server for the tests marked ``real``: the user's own, or one started here.

The benchmarks' own modules can be imported by their tests; they come last, as one of them has the
name of Neo4j's driver.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from neo4j_server import server

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))


@pytest.fixture(scope="session")
def neo4j_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose database may be loaded into; ``KGMED_TEST_NEO4J`` names one by its URI."""
    own = os.environ.get("KGMED_TEST_NEO4J")
    if own:
        yield own
        return
    with server(tmp_path_factory.mktemp("server")) as (uri, _home):
        yield uri
