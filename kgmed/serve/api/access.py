"""The access log: a line of JSON for each request, without what was asked unless that is wanted.

    {"time": "2026-01-02T03:04:05.678Z", "method": "POST", "route": "/v1/ask", "status": 200,
     "ms": 12.3, "bytes": 132516, "client": "127.0.0.1"}

``route`` is the address's pattern, so that no id stands in it. With ``log_questions`` the path, the
query string and the body stand there, too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

UNKNOWN = "(none)"
MOST_BODY = 4_000
"""Bytes of a body that are logged."""


@dataclass(slots=True)
class Record:
    """What is known of a request by the time it is answered; ``asked`` what it asked."""

    started: float
    method: str
    client: str = ""
    status: int = 0
    sent: int = 0
    asked: dict[str, str] = field(default_factory=dict)


def access_log(name: str) -> AccessLog | None:
    """The log that goes to the end of a file, ``-`` for standard error; None for ""."""
    if not name:
        return None
    to_file = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    return AccessLog(2 if name == "-" else os.open(name, to_file, 0o640))


class AccessLog:
    """Writes lines to a file descriptor, each by one write, so that workers' lines don't mix."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, record: Record, scope: Any, now: float) -> None:
        """One line; where nobody reads them any more, none."""
        route = scope.get("route")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "method": record.method[:16],
            "route": getattr(route, "path", None) or UNKNOWN,
            "status": record.status,
            "ms": round((now - record.started) * 1000, 1),
            "bytes": record.sent,
            "client": record.client,
            **record.asked,
        }
        text = json.dumps(line, ensure_ascii=True) + "\n"
        try:
            os.write(self._descriptor, text.encode())
        except (BlockingIOError, BrokenPipeError):
            return
