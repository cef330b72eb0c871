"""HTTP/1.1 as uvicorn reads it, with an end to clients that send or read too slowly.

uvicorn waits without end for the rest of a header, and for a client to read; slow clients
("slowloris") would hold every connection there is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
    b"retry-after: 5\r\nconnection: close\r\n\r\n"
    b'{"error": {"kind": "unavailable", "message": "Too many connections. Ask again later.", '
    b'"where": ""}}'
)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a header must be there, and until a client must have read what waits for it;
    connections of a worker at most."""

    header_s: float
    send_s: float
    connections: int


class Impatient(H11Protocol):
    """One connection; the application says as ``patience`` how long is waited."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._patience = cast(Patience, cast(Any, self.app).patience)
        self._heading: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        super().connection_made(transport)
        if len(self.connections) > self._patience.connections:
            transport.write(_FULL)
            transport.close()
            return
        self._heading = self.loop.call_later(self._patience.header_s, self._end)

    def data_received(self, data: bytes) -> None:
        """Some of a request; from its first byte on, the rest of its header is waited for."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        begun = self.conn.their_state is not h11.IDLE
        if self._heading is not None and begun:
            self._heading.cancel()
            self._heading = None
        elif self._heading is None and not begun and self.conn.trailing_data[0]:
            self._heading = self.loop.call_later(self._patience.header_s, self._end)

    def pause_writing(self) -> None:
        """The client reads more slowly than is sent."""
        self.flow.pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self._patience.send_s, self._end)

    def resume_writing(self) -> None:
        """It has read."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        self.flow.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        for timer in (self._heading, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _end(self) -> None:
        self.transport.abort()
