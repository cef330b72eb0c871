"""Worker processes of batch work: they leave Ctrl-C to the process that started them, and end with
it.

Workers are spawned, which works from threads and notebooks; a script that uses them must not do so
when it is imported (``if __name__ == "__main__":``).
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers(ProcessPoolExecutor):
    """A pool of spawned processes, each of which runs ``prepare(*arguments)`` first.

    A terminal sends Ctrl-C to every process of the group. Workers never see it, not even while
    they are still importing: the parent hears it and shuts the pool down. Where the parent dies
    without doing so, the workers end by themselves.
    """

    def __init__(
        self, processes: int, prepare: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        super().__init__(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(prepare, arguments),
        )

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker do ``fn(*args, **kwargs)``; starts one where none is idle."""
        with _interrupts_held():  # what is started here inherits it
            return super().submit(fn, *args, **kwargs)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the block is left; processes started in the block don't get it at all."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def collect_rarely() -> None:
    """Look for cycles of garbage a hundred times more seldom; for a process that does batch work
    and nothing else.

    What such work keeps - names, concepts, links under way - is long-lived and without cycles, and
    looking through it again and again takes a fifth of the time of linking.
    """
    gc.freeze()
    gc.set_threshold(70_000, 20, 20)


def _start(prepare: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_rarely()
    prepare(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
