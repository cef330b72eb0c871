"""Fixtures for tests and doctests: a home of their own, and the open graph built into it once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kgmed.facade import Graph, open_graph

settings.register_profile("kgmed", deadline=None)  # machines are shared: no timed tests
settings.load_profile("kgmed")

collect_ignore = ["kg", "builders", "reasoning", "prompts"]  # links into kgmed/


@pytest.fixture(scope="session", autouse=True)
def kgmed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A KGMED_HOME shared by all workers of this run, never the user's."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    home = shared / "kgmed-home"
    home.mkdir(exist_ok=True)
    os.environ["KGMED_HOME"] = str(home)
    os.environ.pop("KGMED_GRAPH", None)
    return home


@pytest.fixture(scope="session")
def graph(kgmed_home: Path) -> Iterator[Graph]:
    """The open graph."""
    with open_graph(progress=lambda _text: None) as opened:
        yield opened


@pytest.fixture(autouse=True)
def names_of_doctests(doctest_namespace: dict[str, object]) -> None:
    """What the facade's doctests call."""
    doctest_namespace["open_graph"] = open_graph
