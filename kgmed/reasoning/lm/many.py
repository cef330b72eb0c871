"""Many requests to a model at once, and their answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from kgmed.reasoning.lm.base import Completion, Request, completed

AHEAD = 4
"""Requests a thread that are taken in before the first of them is answered."""


def answers(
    complete: Completion, requests: Iterable[Request], *, concurrency: int = 1
) -> Iterator[str]:
    """The answers to requests, in their order, up to ``concurrency`` of them asked at a time.

    Where one has no answer, that is raised in its turn, and nothing further is asked.

    >>> list(answers(lambda r: r.user.upper(), [Request("", t, None, "x") for t in "ab"]))
    ['A', 'B']
    """
    if concurrency < 2:
        for request in requests:
            yield completed(complete, request)
        return
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="kgmed-lm")
    waiting: deque[Future[str]] = deque()
    try:
        for request in requests:
            waiting.append(pool.submit(completed, complete, request))
            if len(waiting) >= concurrency * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
