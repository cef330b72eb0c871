"""A server in a thread of this process, on a free port of loopback, as ``kgmed serve`` runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

from kgmed.serve import run
from kgmed.serve.options import Options

_SERVERS: dict[int, uvicorn.Server] = {}
"""What serves at a port."""
TOKEN = "a-token-for-tests-0123456789"  # noqa: S105


@contextmanager
def served(
    options: Options | None = None, *, make: run.Make | None = None, **given: Any
) -> Iterator[httpx.Client]:
    """A client of a server with these options; without any, of the open graph. ``make`` makes what
    is served, REST unless given."""
    asked = options or Options("kgmed:open", **{"access_log": "", "port": 0, **given})
    with run.bound(asked) as listening:
        server = uvicorn.Server(run.config(asked, make))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            _SERVERS[listening.getsockname()[1]] = server
            with httpx.Client(base_url=run.url(asked, listening), timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(30)


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(600):
        if server.started:
            return
        if not thread.is_alive():
            break
        time.sleep(0.05)
    raise AssertionError("the server didn't start")


def port_of(client: httpx.Client) -> int:
    """The port that a client's server listens at."""
    port = client.base_url.port
    assert port is not None
    return port


def connections_of(client: httpx.Client) -> int:
    """How many connections its server has."""
    return len(_SERVERS[port_of(client)].server_state.connections)
