"""Many requests to a model at once, and their answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from kgmed.reasoning.lm.base import Completion, Request, completed

Given = TypeVar("Given")
Answer = TypeVar("Answer")
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
    return in_order(partial(completed, complete), requests, concurrency=concurrency)


def in_order(
    ask: Callable[[Given], Answer], given: Iterable[Given], *, concurrency: int = 1
) -> Iterator[Answer]:
    """What ``ask`` gives for each, in their order, up to ``concurrency`` of them at a time.

    Where it raises, that is raised in its turn, and nothing further is begun.
    """
    if concurrency < 2:
        yield from map(ask, given)
        return
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="kgmed-lm")
    waiting: deque[Future[Answer]] = deque()
    try:
        for one in given:
            waiting.append(pool.submit(ask, one))
            if len(waiting) >= concurrency * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
