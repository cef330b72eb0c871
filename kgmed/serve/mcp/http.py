"""MCP over streamable HTTP at ``/mcp``: one request, one answer, no session kept.

What REST asks of a request is asked here, too (:mod:`kgmed.serve.api.gate`): host, rate, token,
size and time of the body; besides, the site that a browser's request comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from kgmed.serve.api.access import access_log
from kgmed.serve.api.gate import OPEN, Gate, Refused
from kgmed.serve.engine import Engine
from kgmed.serve.mcp.server import made
from kgmed.serve.options import Options

if TYPE_CHECKING:
    from kgmed.serve.api.gate import App, Receive, Send
    from kgmed.serve.rates import Rates

PATH = "/mcp"
PORT = 8322


def make(options: Options, rates: Rates | None = None) -> Gate:
    """The ASGI application of one worker, for :func:`kgmed.serve.run.serve`."""
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
    return Gate(
        _posted(inner, set(options.origins)), options, rates=rates,
        log=access_log(options.access_log), guarded=("/",),
    )  # fmt: skip


def _posted(app: App, origins: set[str]) -> App:
    """An application that no page of a site but ``origins`` reaches, and ``/mcp`` by POST alone."""

    async def passed(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in OPEN:
            headers = dict(reversed(scope["headers"]))
            origin = headers.get(b"origin", b"").decode("latin-1")
            if origin and origin not in origins:
                raise Refused(
                    403,
                    f"Found a request from a page of {origin[:80]!r}; expected none, or a site "
                    "given by --allow-origin.",
                    "origin",
                )
            if scope["path"] == PATH and scope["method"] != "POST":
                raise Refused(
                    405, f"Found {scope['method'][:16]}, expected POST: no session is kept here."
                )
        await app(scope, receive, send)

    return passed
