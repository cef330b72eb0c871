"""What a request asks for is worth the work only while its client is there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from kgmed.serve.api.problems import Gone

if TYPE_CHECKING:
    from starlette.requests import Request

T = TypeVar("T")
LOOK_AFTER_S = 0.1
"""Seconds of work after which its client is looked for."""


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What comes of some work for a request whose body was read.

    Where the client goes away before, the work is cancelled; raises
    :class:`~kgmed.serve.api.problems.Gone` then. Most work is done before anybody looks.
    """
    ours = _Watch(asyncio.current_task())
    timer = asyncio.get_running_loop().call_later(LOOK_AFTER_S, ours.begin, request)
    try:
        return await work
    except asyncio.CancelledError:
        if ours.is_gone:
            raise Gone from None
        raise
    finally:
        timer.cancel()
        ours.end()


class _Watch:
    """Waits for a client to go away, and cancels a task then."""

    def __init__(self, task: asyncio.Task[Any] | None) -> None:
        self._task = task
        self._watching: asyncio.Task[None] | None = None
        self.is_gone = False

    def begin(self, request: Request) -> None:
        self._watching = asyncio.ensure_future(self._wait(request))

    def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self.is_gone and self._task is not None:
            self._task.uncancel()

    async def _wait(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.is_gone = True
        if self._task is not None:
            self._task.cancel()
