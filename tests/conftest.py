"""A Neo4j server and a vLLM for the tests marked ``real``: the user's own, or started here.

The benchmarks' own modules can be imported by their tests; they come last, as one of them has the
name of Neo4j's driver.

Property tests draw the same examples each time, so that a change fails for what it changes;
``KGMED_HYPOTHESIS=random`` draws others, to look for faults.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import vllm_server
from hypothesis import settings
from neo4j_server import server

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("KGMED_HYPOTHESIS", "same"))
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
collect_ignore_glob = ["*conftest.py"]  # no doctests: all have one name, and two can't be imported


@pytest.fixture(scope="session")
def neo4j_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose database may be loaded into; ``KGMED_TEST_NEO4J`` names one by its URI."""
    own = os.environ.get("KGMED_TEST_NEO4J")
    if own:
        yield own
        return
    with server(tmp_path_factory.mktemp("server")) as (uri, _home):
        yield uri


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where tiny models are made; ``KGMED_TEST_MODELS`` names a folder that keeps them."""
    own = os.environ.get("KGMED_TEST_MODELS")
    return Path(own) if own else tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def vllm(
    tiny_models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[vllm_server.Running]:
    """A vLLM that serves the tiny model and an adapter; ``KGMED_TEST_VLLM`` names one by its
    URL."""
    with vllm_server.server(tiny_models, tmp_path_factory.mktemp("vllm")) as running:
        yield running


@pytest.fixture(scope="session")
def vllm_uri(vllm: vllm_server.Running) -> str:
    """The URL of the vLLM."""
    return vllm.url
