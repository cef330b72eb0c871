"""Errors as they are answered: one shape, and a status that says whose they are."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import (
    InputError,
    KgmedError,
    LanguageModelError,
    MissingExtra,
    Overloaded,
    StoreError,
    TimeLimit,
    UnknownConcept,
)

if TYPE_CHECKING:
    from starlette.responses import Response

LOG = logging.getLogger(__name__)


class Gone(Exception):
    """The client went away before it was answered."""


KINDS = {
    400: "bad_request", 401: "no_token", 404: "not_found", 405: "bad_method", 408: "too_slow",
    413: "too_large", 429: "too_many", 500: "internal", 503: "unavailable", 504: "too_long",
}  # fmt: skip
"""Status -> the word that an error says besides its message."""
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (UnknownConcept, 404),
    (InputError, 400),
    (TimeLimit, 504),
    (Overloaded, 503),
    (LanguageModelError, 503),
    (MissingExtra, 503),
    (StoreError, 503),
)
RETRY_AFTER_S = 5


def status_of(error: Exception) -> int:
    """The status that an error is answered with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def body(status: int, message: str, where: str = "") -> bytes:
    """An error as JSON.

    >>> body(404, "The graph holds no id X:1.", "id")
    b'{"error": {"kind": "not_found", "message": "The graph holds no id X:1.", "where": "id"}}'
    """
    kind = KINDS.get(status, "bad_request" if status < 500 else "internal")
    shape = {"error": {"kind": kind, "message": message, "where": where}}
    return json.dumps(shape, ensure_ascii=False).encode("utf-8", "backslashreplace")


def answer(status: int, message: str, where: str = "") -> Response:
    """An error as a response."""
    from starlette.responses import Response

    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kgmed"'
    if status in {429, 503}:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(body(status, message, where), status, headers, media_type="application/json")


def of_error(error: Exception) -> tuple[int, str]:
    """(status, message) of an error; what isn't meant for clients is logged, and not told."""
    status = status_of(error)
    if status == 500:
        LOG.error("an error that wasn't expected", exc_info=error)
        return 500, "The server failed at this; its log says how."
    if isinstance(error, StoreError):
        LOG.error("the graph can't be read: %s", error)
        return status, "The graph can't be read now."
    if isinstance(error, LanguageModelError):
        LOG.error("the language model gives no answer: %s", error)
        return status, "The language model gives no answer now."
    if isinstance(error, UnknownConcept):
        return status, error.found  # no command: who asks has a page or a tool
    return status, str(error)


async def kgmed_error(_request: Any, error: Exception) -> Response:
    """What kgmed raises on purpose, as a response."""
    status, message = of_error(error)
    return answer(status, message)


async def gone(_request: Any, _error: Exception) -> Response:
    """What a client that went away isn't told; the status is for the log, as nginx writes it."""
    from starlette.responses import Response

    return Response(status_code=499)


async def http_error(_request: Any, error: Any) -> Response:
    """What FastAPI raises: no such route, no such method."""
    told = {404: "There is no such address; /openapi.json lists those that there are."}
    made = answer(error.status_code, told.get(error.status_code, str(error.detail)))
    made.headers.update(getattr(error, "headers", None) or {})
    return made


async def invalid(_request: Any, error: Any) -> Response:
    """A value of a request that isn't what was expected."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        place = first["loc"][-1]
        return answer(400, f"Found a body that isn't JSON, at character {place}.", "body")
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    return answer(400, f"Found {where or 'the body'} that can't be used: {first['msg']}.", where)


HANDLERS: dict[Any, Any] = {Gone: gone, KgmedError: kgmed_error, Exception: kgmed_error}
