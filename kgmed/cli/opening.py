"""Opening the graph that a command names, and checking its language; without Typer."""

from __future__ import annotations

import sys
import time
from typing import cast

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

ABSTAINED = 3
"""Exit code of a command that found no answer."""


def language(value: str | None) -> Language | None:
    """Check ``--lang``."""
    if value is not None and value not in {"en", "zh"}:
        raise UsageError(f"Found --lang {value!r}, expected one of: en, zh.")
    return cast(Language | None, value)


UPDATE_S = 30.0
"""Seconds between lines of numbers in a pipe."""


class Progress:
    """Progress on stderr: one line that is rewritten on a terminal, a line a step in a pipe."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._rewrite = sys.stderr.isatty()
        self._shown = False
        self._last = 0.0

    def __call__(self, text: str) -> None:
        if self._quiet:
            return
        self._shown = True
        sys.stderr.write(f"\r\x1b[Kkgmed: {text} ..." if self._rewrite else f"kgmed: {text}\n")
        sys.stderr.flush()
        self._last = time.monotonic()

    def update(self, text: str) -> None:
        """The numbers of the step at hand: at once on a terminal, now and then in a pipe."""
        if self._rewrite or time.monotonic() - self._last > UPDATE_S:
            self(text)

    def note(self, text: str) -> None:
        """A line that stays."""
        if not self._quiet:
            sys.stderr.write(f"kgmed: {text}\n")
            sys.stderr.flush()

    def done(self) -> None:
        """Clear the line."""
        if self._shown and self._rewrite:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def opened(uri: str | None, *, quiet: bool) -> Graph:
    """Open the graph; progress of a first build goes to stderr."""

    tell = Progress(quiet=quiet)
    try:
        return open_graph(uri, progress=tell)
    finally:
        tell.done()
