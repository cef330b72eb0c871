"""A language model whose waits end where a query's time does.

A thread that waits for an answer can't be ended from outside. Here it waits for an event loop's
task, which can: the request is cancelled, its connection closed, and the endpoint (vLLM does) may
stop writing what nobody reads.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from dspy import lm15
from dspy.utils.exceptions import LMError

from kgmed.kg.errors import TimeLimit

T = TypeVar("T")
TICK_S = 0.1
"""Seconds between two looks at whether there is time left."""


class Limit(Protocol):
    """How long may be waited."""

    def check(self) -> None:
        """Raise :class:`~kgmed.kg.errors.TimeLimit` where it is too late."""


class OutOfTime(TimeLimit, LMError):  # type: ignore[misc]
    """:class:`~kgmed.kg.errors.TimeLimit` as an error of DSPy's, so that its programs pass it on as
    it is."""

    def __init__(self, message: str) -> None:
        LMError.__init__(self, message)


class Loop:
    """An event loop in a thread of its own, started when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Have something awaited there."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="kgmed-model-loop", daemon=True
                )
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, awaited: Any) -> None:
        """End the loop, what waits in it, and the connections that an engine has in it."""
        if self._loop is None or self._thread is None:
            return
        self.submit(_ended(awaited)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Limited:
    """An engine of DSPy for programs that wait, over one that is awaited."""

    def __init__(self, engine: Any, awaited: Any, loop: Loop, limit: Limit) -> None:
        self._engine, self._awaited, self._loop, self._limit = engine, awaited, loop, limit
        for name in ("response_schema", "function_calling", "reasoning"):
            setattr(self, f"supports_{name}", getattr(engine, f"supports_{name}", False))
        self.supported_params = getattr(engine, "supported_params", ())

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        return self._loop.submit(_within(self._limit, self._awaited.complete(request))).result()

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """One answer, as it is written."""
        events: SimpleQueue[Any] = SimpleQueue()

        async def listen() -> None:
            async for event in self._awaited.stream(request):
                events.put(event)

        asked = self._loop.submit(_within(self._limit, listen()))
        asked.add_done_callback(lambda _asked: events.put(None))
        try:
            while (event := events.get()) is not None:
                yield event
            asked.result()
        finally:
            asked.cancel()

    def close(self) -> None:
        """The connections are the other engine's."""

    def dump_state(self) -> dict[str, Any]:
        """What a saved program keeps: the settings, without the key."""
        found: dict[str, Any] = self._engine.dump_state()
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Limited:
        return self


class AsyncLimited:
    """:class:`Limited` for programs that await, in whichever loop they do."""

    def __init__(self, awaited: Any, limit: Limit) -> None:
        self._awaited, self._limit = awaited, limit

    async def complete(self, request: lm15.Request) -> lm15.Response:
        """One answer."""
        made: lm15.Response = await _within(self._limit, self._awaited.complete(request))
        return made

    async def aclose(self) -> None:
        """The connections are the other engine's."""
        await self._awaited.aclose()

    def __deepcopy__(self, memo: dict[int, Any]) -> AsyncLimited:
        return self


def _check(limit: Limit) -> None:
    try:
        limit.check()
    except TimeLimit as error:
        raise OutOfTime(str(error)) from error


async def _ended(awaited: Any) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await awaited.aclose()
    await asyncio.get_running_loop().shutdown_default_executor()


async def _within(limit: Limit, work: Coroutine[Any, Any, T]) -> T:
    """What comes of some work, while there is time; it is cancelled where there isn't."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            _check(limit)
            done, _waiting = await asyncio.wait({task}, timeout=TICK_S)
            if done:
                return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=1)
