"""Clients that go away: what runs for them ends, so that nobody waits behind it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from serving import served

from kgmed.facade import Graph
from kgmed.kg.errors import TimeLimit
from kgmed.serve import samples
from kgmed.serve.limits import Limits
from kgmed.serve.service import Service

PATIENCE_S = 0.5
SOON_S = 20
HOURS = Limits(timeout_s=7200)
QUESTION = {"question": "drug interactions of warfarin"}


class Endless:
    """A query that looks at the graph again and again; ``begun`` when it runs, ``ended`` with what
    ended it."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()
        self.ended: BaseException | None = None

    def __call__(self, service: Service, *_given: Any, **_named: Any) -> Any:
        self.begun.set()
        try:
            while True:
                service.graph.store.info()
                time.sleep(0.01)
        except BaseException as error:
            self.ended = error
            self.over.set()
            raise


def _method(call: Endless) -> Any:
    def method(service: Service, *given: Any, **named: Any) -> Any:
        return call(service, *given, **named)

    return method


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    """``search`` and ``ask`` never end by themselves."""
    found = Endless()
    for name in ("search", "ask", "_events"):
        monkeypatch.setattr(Service, name, _method(found))
    return found


@pytest.mark.parametrize(("method", "address", "more"), [
    ("GET", "/v1/search", {"params": {"q": "gout"}}),
    ("POST", "/v1/ask", {"json": QUESTION}),
    ("POST", "/v1/ask/stream", {"json": QUESTION}),
])  # fmt: skip
def test_a_query_ends_when_its_client_goes_away(
    graph: Graph, endless: Endless, method: str, address: str, more: dict[str, Any]
) -> None:
    with served(threads=1, limits=HOURS) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.request(method, address, timeout=PATIENCE_S, **more)
        assert endless.begun.is_set()
        assert endless.over.wait(SOON_S)
        assert isinstance(endless.ended, TimeLimit)
        assert client.get("/v1/concepts/DB00682").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_a_sample_that_nobody_waits_for_is_ended(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []

    class Slow(samples.subprocess.Popen):  # type: ignore[type-arg,name-defined]
        def __init__(self, command: list[str], **named: Any) -> None:
            super().__init__([command[0], "-c", "import time; time.sleep(600)"], **named)
            started.append(self)

    monkeypatch.setattr(samples.subprocess, "Popen", Slow)  # type: ignore[attr-defined]
    with served() as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/v1/samples", params={"task": "yes_no"}, timeout=2)
        assert started[0].wait(SOON_S) != 0


# MCP


@contextmanager
def mcp_over_http() -> Iterator[str]:
    from kgmed.serve.mcp.http import PATH, make

    with served(make=make, threads=1, limits=HOURS) as client:
        yield str(client.base_url).rstrip("/") + PATH


def test_a_call_of_a_tool_ends_when_it_is_cancelled(graph: Graph, endless: Endless) -> None:
    pytest.importorskip("mcp", reason="needs the Python SDK of MCP: pip install 'kgmed[mcp]'")
    from mcp_serving import inside, using

    async def work(client: Any) -> None:
        with anyio.move_on_after(PATIENCE_S) as scope:
            await client.call_tool("search", {"text": "gout"})
        assert scope.cancelled_caught
        assert await asyncio.to_thread(endless.over.wait, SOON_S)

    using(inside(threads=1, limits=HOURS), work)
    assert isinstance(endless.ended, TimeLimit)


def test_a_call_over_http_ends_when_its_client_goes_away(graph: Graph, endless: Endless) -> None:
    pytest.importorskip("mcp", reason="needs the Python SDK of MCP: pip install 'kgmed[mcp]'")
    asked = {"name": "search", "arguments": {"text": "gout"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    headers = {"accept": "application/json, text/event-stream"}
    with mcp_over_http() as url:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(url, json=message, headers=headers, timeout=PATIENCE_S)
        assert endless.begun.wait(SOON_S)
        assert endless.over.wait(SOON_S)
