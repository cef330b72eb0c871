"""What a language model was asked and what it cost, in calls and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from threading import Lock

_LOCK = Lock()


@dataclass
class Usage:
    """Counts of calls that were answered, and of their tokens.

    ``cached_tokens`` are those of the prompts that the endpoint had at hand (prefix caching),
    ``reasoning_tokens`` those that a reasoning model thought with; both are part of the other
    counts, and 0 where an endpoint doesn't tell. ``retries`` counts requests that were sent again.
    """

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    retries: int = 0

    def add(self, **counts: int) -> None:
        """Add to counts; from any thread."""
        with _LOCK:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)

    def reset(self) -> None:
        """Set all counts to 0."""
        with _LOCK:
            for name in asdict(self):
                setattr(self, name, 0)

    @property
    def total_tokens(self) -> int:
        """Tokens of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens

    def as_dict(self) -> dict[str, int]:
        """The counts that an answer carries.

        >>> Usage(calls=2, prompt_tokens=30, completion_tokens=8).as_dict()["total_tokens"]
        38
        """
        return {**asdict(self), "total_tokens": self.total_tokens}


@dataclass
class Meter:
    """Counts all that passes, and apart what passes within a block: one question's usage among
    others that are asked at the same time."""

    total: Usage = field(default_factory=Usage)
    _open: ContextVar[tuple[Usage, ...]] = field(
        default_factory=lambda: ContextVar("kgmed_lm_usage", default=())
    )

    @contextmanager
    def counting(self) -> Iterator[Usage]:
        """Count what this thread or task, and the tasks that it starts, ask within the block.

        Threads count where they run in a copy of the context (``asyncio.to_thread`` does).
        """
        usage = Usage()
        token = self._open.set((*self._open.get(), usage))
        try:
            yield usage
        finally:
            self._open.reset(token)

    def add(self, **counts: int) -> None:
        """Add to the total, and to every block that is open here."""
        for usage in (self.total, *self._open.get()):
            usage.add(**counts)
