"""Fixtures for tests and doctests: a home of their own, and the open graph built into it once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

from kgmed.facade import Graph, open_graph

settings.register_profile("kgmed", deadline=None)  # machines are shared: no timed tests
settings.load_profile("kgmed")

collect_ignore = ["kg", "builders", "reasoning", "prompts"]  # links into kgmed/
if (
    find_spec("dspy") is None
):  # an extra: modules that are made of it can't be imported for doctests
    collect_ignore += [
        str(path)
        for path in Path(__file__).parent.glob("kgmed/reasoning/**/*.py")
        if "\nfrom dspy" in (text := path.read_text(encoding="utf-8")) or "\nimport dspy" in text
    ]


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
