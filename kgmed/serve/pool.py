"""Threads that answer, each with a graph of its own, so that no two share one.

A query waits for its turn and is then run; both together take at most the time that it is given.
Past that, or where nobody waits for it any more, it is told off at its next look at the graph or
while it waits for a language model (:mod:`kgmed.serve.timed`). A thread that doesn't come back even
so is given up, and another takes its place; where too many were given up, nothing more is taken on,
and the pool says that it isn't ready.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, TypeVar

from kgmed.kg.errors import Overloaded, TimeLimit

LOG = logging.getLogger(__name__)
R = TypeVar("R")
S = TypeVar("S")
GRACE_S = 2.0
"""Seconds past its time until a query that doesn't end is given up."""


@dataclass(slots=True, eq=False)
class Job(Generic[S]):
    """Something to run on a thread's own service, done by ``deadline`` (monotonic seconds)."""

    call: Callable[[S], Any]
    deadline: float
    done: Future[Any] = field(default_factory=Future)
    given_up: bool = False
    made: Made[S] | None = None
    """What it runs on, while it does."""


@dataclass(slots=True)
class Made(Generic[S]):
    """What a thread works with: its service, how its time is set, and how it is closed."""

    service: S
    until: Callable[[float], None]
    close: Callable[[], None]


class Pool(Generic[S]):
    """``threads`` threads; at most ``waiting`` queries wait for one.

    ``make`` gives a thread what it works with; it is asked again after ``renew_after`` queries, so
    that what a store remembers doesn't grow for ever, and after a query that was cut off.
    """

    def __init__(
        self,
        make: Callable[[], Made[S]],
        *,
        threads: int,
        waiting: int,
        renew_after: int = 20_000,
        name: str = "kgmed",
    ) -> None:
        self._make, self._threads, self._waiting = make, threads, waiting
        self._renew_after, self._name = renew_after, name
        self._queue: deque[Job[S]] = deque()
        self._running: list[Job[S]] = []
        self._changed = threading.Condition()
        self._stopping = False
        self._lost = 0
        self._working = 0
        self._started = 0
        self._ready = 0
        for _ in range(threads):
            self._start()

    def _start(self) -> None:
        self._started += 1
        self._working += 1
        name = f"{self._name}-{self._started}"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    @property
    def problems(self) -> tuple[str, ...]:
        """Why it isn't ready; () where it is."""
        self._reap()
        with self._changed:
            if self._stopping:
                return ("the server is stopping",)
            if self._lost >= self._threads:
                return (f"{self._lost} queries don't end",)
            return () if self._ready else ("the graph isn't open yet",)

    def submit(self, call: Callable[[S], R], *, within_s: float) -> Job[S]:
        """Have something run; ``job.done`` gives what came of it.

        Raises :class:`~kgmed.kg.errors.Overloaded` where too much is waiting.
        """
        job = Job(call, time.monotonic() + within_s)
        self._reap()
        with self._changed:
            if self._stopping or self._lost >= self._threads:
                raise Overloaded("This server can't take on queries now. Ask again later.")
            if len(self._queue) >= self._waiting:
                raise Overloaded(
                    f"{len(self._queue):,} queries are waiting, and no more may. Ask again later."
                )
            self._queue.append(job)
            self._changed.notify()
        return job

    def drop(self, job: Job[S]) -> None:
        """Nobody waits for a job any more: where it hasn't begun, it isn't; where it runs, its time
        is up."""
        if job.done.done():
            return
        with self._changed:
            if job in self._queue:
                self._queue.remove(job)
            elif job.made is not None:
                job.deadline = min(job.deadline, time.monotonic())
                job.made.until(job.deadline)
        self._reap()

    def _reap(self) -> None:
        """Give up the threads whose queries should have ended, and start others for them."""
        late = time.monotonic() - GRACE_S
        with self._changed:
            for job in [job for job in self._running if job.deadline < late]:
                self._running.remove(job)
                job.given_up = True
                self._lost += 1
                self._working -= 1
                LOG.warning("a query doesn't end; %d of %d", self._lost, self._threads)
                if self._lost < self._threads:
                    self._start()

    def stop(self) -> None:
        """Take on nothing more; what is waiting is refused, what runs goes on to its end."""
        with self._changed:
            self._stopping = True
            waiting, self._queue = list(self._queue), deque()
            self._changed.notify_all()
        for job in waiting:
            if job.done.set_running_or_notify_cancel():
                job.done.set_exception(Overloaded("The server is stopping."))

    def _next(self) -> Job[S] | None:
        with self._changed:
            while not self._queue:
                if self._stopping:
                    return None
                self._changed.wait()
            job = self._queue.popleft()
            self._running.append(job)
            return job

    def _work(self) -> None:
        made: Made[S] | None = None
        used = 0
        try:
            made = self._make()
            with self._changed:
                self._ready += 1
            while (job := self._next()) is not None:
                cut_off = self._run(made, job)
                used += 1
                if not self._goes_on(job):
                    return
                if cut_off or used >= self._renew_after:
                    made, used = self._renewed(made, cut_off=cut_off), 0
        except Exception:  # where no thread is left, the pool says that it isn't ready
            LOG.exception("a thread ended")
        finally:
            if made is not None:
                made.close()

    def _goes_on(self, job: Job[S]) -> bool:
        """Whether the thread that ran a job is needed further: another may have its place."""
        with self._changed:
            if not job.given_up:
                self._running.remove(job)
                return True
            self._lost -= 1
            if self._working >= self._threads:
                return False
            self._working += 1
            return True

    def _run(self, made: Made[S], job: Job[S]) -> bool:
        """Run a job; whether it was cut off, so that something may still use its graph."""
        if not job.done.set_running_or_notify_cancel():
            return False
        if time.monotonic() > job.deadline:
            job.done.set_exception(TimeLimit("The query waited too long for its turn."))
            return False
        with self._changed:
            job.made = made
            made.until(job.deadline)
        try:
            result = job.call(made.service)
        except BaseException as error:  # whoever waits for it is told
            is_late = isinstance(error, TimeLimit)
            self._ended(made, job, -inf if is_late else inf)
            job.done.set_exception(error)
            return is_late
        self._ended(made, job, inf)
        job.done.set_result(result)
        return False

    def _ended(self, made: Made[S], job: Job[S], until: float) -> None:
        """A job is over: dropping it cuts nothing off any more."""
        with self._changed:
            job.made = None
            made.until(until)

    def _renewed(self, made: Made[S], *, cut_off: bool) -> Made[S]:
        try:
            fresh = self._make()
        except Exception:  # the folder may be gone meanwhile; what is open still answers
            LOG.exception("the graph can't be opened again")
            return made
        if not cut_off:
            made.close()
        return fresh
