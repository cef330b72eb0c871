"""A store whose every call may be the last: past a query's deadline it raises.

Whatever runs over a graph comes back to the store again and again, so that a query that takes too
long ends there. Python can't end a thread from outside. A language model is waited for within the
same deadline (:mod:`kgmed.reasoning.lm.limited`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import inf
from typing import Any

from kgmed.kg.errors import TimeLimit

CALLS = (
    "between", "check", "concepts", "coverage", "curated_paths", "degrees", "expand",
    "find_statements", "has_statements", "info", "mapping_table", "mappings", "neighbors", "node",
    "node_degrees", "node_ids", "resolve", "scan", "sources_of", "statements", "values",
)  # fmt: skip
"""What is called on a store (:class:`kgmed.kg.store.base.GraphStore`)."""
NAME_CALLS = ("exact", "fuzzy", "hashed", "held", "names", "one_edit", "prefix", "tokens")
"""What is called on its lexicon."""


class Deadline:
    """When what runs now must be done, by :func:`time.monotonic`."""

    __slots__ = ("at",)

    def __init__(self) -> None:
        self.at = inf

    def check(self) -> None:
        """Raise :class:`~kgmed.kg.errors.TimeLimit` past it."""
        if time.monotonic() > self.at:
            raise TimeLimit("The query took longer than this server lets it. Ask for less.")

    def guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call that is made only before the deadline."""

        def before(*given: Any, **named: Any) -> Any:
            self.check()
            return call(*given, **named)

        return before


class TimedLexicon:
    """The names of a store, while there is time."""

    def __init__(self, inner: Any, deadline: Deadline) -> None:
        for name in NAME_CALLS:
            setattr(self, name, deadline.guarded(getattr(inner, name)))


class TimedStore:
    """A :class:`~kgmed.kg.store.base.GraphStore` around another, ``inner``."""

    def __init__(self, inner: Any, deadline: Deadline) -> None:
        self.inner = inner
        self.expand_at_once = inner.expand_at_once
        self.lexicon = TimedLexicon(inner.lexicon, deadline)
        for name in CALLS:
            setattr(self, name, deadline.guarded(getattr(inner, name)))

    def close(self) -> None:
        """Close the store within."""
        self.inner.close()
