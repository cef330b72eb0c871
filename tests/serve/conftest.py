"""A server of the open graph for the tests of REST; skipped where what serves isn't installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from kgmed.facade import Graph

pytest.importorskip("fastapi", reason="needs FastAPI: pip install 'kgmed[serve]'")
pytest.importorskip("uvicorn", reason="needs uvicorn: pip install 'kgmed[serve]'")
pytest.importorskip("httpx", reason="needs httpx: pip install 'kgmed[dev]'")

if TYPE_CHECKING:
    import httpx


@pytest.fixture(scope="session")
def client(graph: Graph) -> Iterator[httpx.Client]:
    """A client of a server on loopback; the open graph was built by ``graph``."""
    from serving import served

    with served() as found:
        yield found
