"""What every request passes before anything looks at it: who, to which host, how much, how fast.

In order: the host it is addressed to (a page elsewhere may let its name point here, "DNS
rebinding"), how many the client sent, the token, the size, kind and time of its body. Answers get
the headers that keep browsers from doing what the page never asks for. HEAD is answered as GET is,
without the body (RFC 9110, section 9.3.2).
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from hashlib import sha256
from ipaddress import ip_address
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from kgmed.serve.api import problems
from kgmed.serve.api.access import MOST_BODY, AccessLog, Record
from kgmed.serve.options import LOOPBACK, Options
from kgmed.serve.protocol import Patience
from kgmed.serve.rates import Rates

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
OPEN = ("/healthz", "/readyz")
"""What is answered to anybody, however often: it says nothing of the graph's contents."""
PREFLIGHT_S = 600


class Refused(Exception):
    """A request that isn't passed on."""

    def __init__(
        self, status: int, message: str, where: str = "", *, close: bool = False, wait_s: float = 0
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.where = status, message, where
        self.close, self.wait_s = close, wait_s


class Gate:
    """The application with everything above before it.

    ``guarded`` are the beginnings of the paths that the token is asked for, and that nobody may
    keep an answer of. What the application raises as :class:`Refused` is answered as such.
    """

    def __init__(
        self,
        app: App,
        options: Options,
        *,
        rates: Rates | None,
        log: AccessLog | None,
        guarded: tuple[str, ...] = ("/v1",),
    ) -> None:
        self._app, self._options, self._rates, self._log = app, options, rates, log
        self._guarded = guarded
        self._token = sha256(options.token.encode()).digest() if options.token else b""
        self._hosts = {name.casefold() for name in (*LOOPBACK, options.host, *options.hosts)}
        self._origins = set(options.origins)
        self.patience = Patience(
            options.header_timeout_s, options.send_timeout_s, options.connections
        )

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(reversed(scope["headers"]))  # of several of a name, the first
        record = Record(time.monotonic(), scope["method"])
        bare = scope["method"] == "HEAD"
        if bare:
            scope = {**scope, "method": "GET"}
        record.client = _client(scope, headers, self._options.proxies)
        more = self._added(scope, headers)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                held = {name.lower() for name, _value in message.get("headers", ())}
                message["headers"] = [
                    *message.get("headers", ()), *(h for h in more if h[0] not in held)
                ]  # fmt: skip
            elif bare:
                message["body"] = b""
            record.sent += len(message.get("body", b""))
            await send(message)

        try:
            if self._is_preflight(scope, headers):
                await _empty(sending, self._preflight())
                return
            self._check(scope, headers, record)
            if self._options.log_questions:
                record.asked["path"] = scope["path"]
                record.asked["query"] = scope["query_string"].decode("latin-1")
            if scope["method"] == "POST":
                body = await self._body(headers, receive)
                if self._options.log_questions:
                    record.asked["body"] = body[:MOST_BODY].decode("utf-8", "replace")
                receive = _again(body, receive)
            await self._app(scope, receive, sending)
        except Refused as refused:
            await _refuse(sending, refused)
        finally:
            if self._log is not None:
                self._log.write(record, scope, time.monotonic())

    # Who may ask

    def _check(self, scope: Any, headers: dict[bytes, bytes], record: Record) -> None:
        self._check_host(headers, scope)
        if scope["path"] in OPEN:
            return
        if self._rates is not None:
            wait_s = self._rates.wait_s(record.client, time.monotonic())
            if wait_s > 0:
                raise Refused(
                    429,
                    f"Found too many requests from {record.client}; expected at most "
                    f"{self._options.rate:g} a second. Ask again in {ceil(wait_s)} s.",
                    wait_s=wait_s,
                )
        if self._token and self._guards(scope):
            self._check_token(headers)

    def _guards(self, scope: Any) -> bool:
        path = scope["path"]
        return path not in OPEN and path.startswith(self._guarded)

    def _check_host(self, headers: dict[bytes, bytes], scope: Any) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        named = hosts[0].decode("latin-1") if hosts else ""
        if len(hosts) == 1 and self._is_ours(named):
            return
        raise Refused(
            400,
            f"Found a request to the host {named[:80]!r}, which isn't this server's name; expected "
            "the address it listens at, or a name given by --allow-host.",
            "host",
        )

    def _is_ours(self, named: str) -> bool:
        try:
            host = urlsplit(f"//{named}").hostname or ""
        except ValueError:
            return False
        if host.casefold() in self._hosts:
            return True
        try:  # no name, so that none was made to point here
            return self._options.leaves and bool(ip_address(host))
        except ValueError:
            return False

    def _check_token(self, headers: dict[bytes, bytes]) -> None:
        kind, _space, token = headers.get(b"authorization", b"").partition(b" ")
        given = sha256(token.strip()).digest()
        if not hmac.compare_digest(given, self._token) or kind.lower() != b"bearer":
            raise Refused(
                401,
                "Found no token or a wrong one; expected the header Authorization: Bearer TOKEN "
                "with the token that the server was started with.",
                "authorization",
            )

    # Bodies

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """A request's body, whole; within its size and time."""
        most = self._options.body_bytes
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise Refused(
                400,
                f"Found a body of the kind {kind.decode('latin-1')[:80]!r}, expected "
                "application/json.",
                "content-type", close=True,
            )  # fmt: skip
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > most:
            raise self._too_large(most)
        parts: list[bytes] = []
        held = 0
        try:
            async with asyncio.timeout(self._options.body_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(408, "The request ended before its body did.", close=True)
                    parts.append(message.get("body", b""))
                    held += len(parts[-1])
                    if held > most:
                        raise self._too_large(most)
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            raise Refused(
                408,
                f"Found a body that wasn't there after {self._options.body_timeout_s:g} s.",
                close=True,
            ) from None

    def _too_large(self, most: int) -> Refused:
        return Refused(
            413, f"Found a body of more than {most:,} bytes. Send it in parts.", close=True
        )

    # Browsers

    def _added(self, scope: Any, headers: dict[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        added = list(HEADERS)
        origin = headers.get(b"origin", b"")
        if origin.decode("latin-1") in self._origins:
            added.append((b"access-control-allow-origin", origin))
        added.append(
            (b"cross-origin-resource-policy", b"cross-origin" if self._origins else b"same-origin")
        )
        if self._origins:
            added.append((b"vary", b"Origin"))
        # a newer server's page is never mixed with modules of an older one that a browser kept
        kept = b"no-store" if self._guards(scope) or scope["path"] in OPEN else b"no-cache"
        added.append((b"cache-control", kept))
        return added

    def _is_preflight(self, scope: Any, headers: dict[bytes, bytes]) -> bool:
        return (
            scope["method"] == "OPTIONS"
            and headers.get(b"origin", b"").decode("latin-1") in self._origins
            and b"access-control-request-method" in headers
        )

    def _preflight(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type"),
            (b"access-control-max-age", str(PREFLIGHT_S).encode()),
        ]


def _client(scope: Any, headers: dict[bytes, bytes], proxies: Sequence[str]) -> str:
    """The address that a request is from; of a proxy that is trusted, the one that it tells."""
    peer = (scope.get("client") or ("",))[0]
    if peer not in proxies:
        return str(peer)
    told = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
    for address in reversed([part.strip() for part in told if part.strip()]):
        if address not in proxies:
            return address[:64]
    return str(peer)


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that was read already, then what comes after it."""
    left = [body]

    async def once() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return once


async def _empty(send: Send, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, refused: Refused) -> None:
    body = problems.body(refused.status, refused.message, refused.where)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if refused.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="kgmed"'))
    if refused.wait_s:
        headers.append((b"retry-after", str(ceil(refused.wait_s)).encode()))
    if refused.close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
