"""MCP over streamable HTTP at ``/mcp``: one request, one answer, no session kept.

What REST asks of a request is asked here, too (:mod:`kgmed.serve.api.gate`): host, rate, token,
size and time of the body; besides, the site that a browser's request comes from.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from kgmed.kg.errors import MissingExtra
from kgmed.serve.api.access import AccessLog, Record
from kgmed.serve.api.gate import OPEN, Gate, Refused
from kgmed.serve.engine import Engine
from kgmed.serve.mcp.server import made
from kgmed.serve.options import Options
from kgmed.serve.protocol import Impatient
from kgmed.serve.rates import Rates

if TYPE_CHECKING:
    import uvicorn

PATH = "/mcp"
PORT = 8322


class McpGate(Gate):
    """The gate, which also asks every request for its token, and browsers for their site."""

    def _check(self, scope: Any, headers: dict[bytes, bytes], record: Record) -> None:
        super()._check(scope, headers, record)
        if scope["path"] in OPEN:
            return
        if self._token:
            self._check_token(headers)
        self._check_origin(headers)
        if scope["path"] == PATH and scope["method"] != "POST":
            raise Refused(
                405, f"Found {scope['method'][:16]}, expected POST: no session is kept here."
            )

    def _check_origin(self, headers: dict[bytes, bytes]) -> None:
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and origin not in self._origins:
            raise Refused(
                403,
                f"Found a request from a page of {origin[:80]!r}; expected none, or a site given "
                "by --allow-origin.",
                "origin",
            )


def app(options: Options, rates: Rates | None = None) -> Gate:
    """The ASGI application of one worker."""
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.requests import Request
    from starlette.routing import Route

    held: list[Engine] = []

    def engine() -> Engine:
        held.append(Engine(options))
        return held[0]

    server = made(options, engine)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(_request: Request) -> Response:
        told = held[0].problems
        shown = {"ok": not told, "snapshot": held[0].snapshot, "problems": list(told)}
        return JSONResponse(shown, 503 if told else 200)

    inner = server.streamable_http_app(
        streamable_http_path=PATH, stateless_http=True, max_request_body_size=options.body_bytes,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        custom_starlette_routes=[Route("/healthz", healthz), Route("/readyz", readyz)],
    )  # fmt: skip
    log = None
    if options.access_log:
        to_file = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        name = options.access_log
        log = AccessLog(2 if name == "-" else os.open(name, to_file, 0o640))
    return McpGate(inner, options, rates=rates, log=log)


def serve(
    options: Options, listening: socket.socket, *, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM; requests that run then are let end."""
    try:
        import uvicorn
    except ImportError as error:
        raise MissingExtra("uvicorn", "mcp") from error
    config = _config(options)
    listening.listen(config.backlog)
    ready()
    uvicorn.Server(config).run(sockets=[listening])


def _config(options: Options) -> uvicorn.Config:
    import uvicorn

    rates = Rates(options.rate, options.burst) if options.rate else None
    return uvicorn.Config(
        partial(app, options, rates), factory=True, interface="asgi3", lifespan="on", ws="none",
        http=Impatient, loop="asyncio", access_log=False, server_header=False,
        log_level="warning", proxy_headers=False, timeout_keep_alive=options.keep_alive_s,
        timeout_graceful_shutdown=options.stop_within_s,
    )  # fmt: skip
