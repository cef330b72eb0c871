"""Opening the graph that a command names, and checking its language; without Typer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        self._rewrite = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
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

    @contextmanager
    def during(self, text: str) -> Iterator[None]:
        """Show a step that says nothing itself, and its seconds, once it has lasted for one; in a
        pipe a line every half a minute."""
        if self._quiet:
            yield
            return
        from threading import Event, Thread

        over, begun = Event(), time.monotonic()
        self._last = begun

        def show() -> None:
            while not over.wait(1.0):
                self.update(f"{text}, {time.monotonic() - begun:.0f} s")

        thread = Thread(target=show, daemon=True, name="progress")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.done()

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
    begun = time.perf_counter()
    try:
        graph = open_graph(uri, progress=tell)
    finally:
        tell.done()
    if is_verbose():
        info = graph.info()
        sys.stderr.write(
            f"kgmed: opened {info.uri}, snapshot {info.snapshot[:16]}, {info.concepts:,} concepts, "
            f"in {(time.perf_counter() - begun) * 1e3:.0f} ms\n"
        )
    return graph


_verbose_since: list[float] = []


def be_verbose() -> None:
    """``--verbose``: say what is opened and what a command took, and log what libraries say."""
    import atexit
    import logging

    if _verbose_since:
        return
    _verbose_since.append(time.perf_counter())
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
    atexit.register(_took)


def is_verbose() -> bool:
    """Whether ``--verbose`` was given."""
    return bool(_verbose_since)


def _took() -> None:
    seconds, busy = time.perf_counter() - _verbose_since[0], time.process_time()
    sys.stderr.write(f"kgmed: took {seconds:.2f} s; the processor was busy for {busy:.2f} s\n")
