"""Telling how far a long build is: rows, their rate, and the time that is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmed.builders.source import Source

EVERY_S = 1.0


class Watch:
    """The step at hand, and the numbers beside it; ``tell`` shows a step, ``update`` its numbers.

    ``seconds`` is what the whole build was forecast to take and ``rows`` what it reads; what is
    left is corrected by how long the reading really took.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        tell: Callable[[str], None],
        update: Callable[[str], None],
        *,
        rows: int,
        reading_s: float,
        seconds: float,
    ) -> None:
        self._sources, self._tell, self._update = sources, tell, update
        self._rows, self._reading, self._seconds = rows, reading_s, seconds
        self._start = self._since = time.monotonic()
        self._step = ""
        self._read_in = 0.0

    def __call__(self, text: str) -> None:
        """A new step."""
        self._step, self._since = text, time.monotonic()
        if not self._read_in and text == "laying out what was read":
            self._read_in = self._since - self._start
        self._tell(text)

    def numbers(self) -> str:
        """What to show beside the step now."""
        now = time.monotonic()
        read = sum(t.read for source in self._sources for t in list(source.tallies.values()))
        parts = [self._step]
        if not self._read_in and read and (elapsed := now - self._start) > 0:
            of = f" of about {self._rows:,}" if self._rows > read else ""
            parts.append(f"{read:,}{of} rows, {read / elapsed:,.0f} rows/s")
        else:
            parts.append(f"{now - self._since:.0f} s")
        if left := self.left(now):
            parts.append(left)
        return ": ".join([parts[0], ", ".join(parts[1:])])

    def left(self, now: float) -> str:
        """How long the rest should take, as text."""
        building = self._seconds - self._reading
        if self._read_in:
            pace = self._read_in / self._reading if self._reading else 1.0
            pace = min(max(pace, 0.3), 3.0)  # a cached source reads in no time, and builds as ever
            left = building * max(pace, 0.5) - (now - self._start - self._read_in)
        else:
            left = self._seconds - (now - self._start)
        if self._seconds < 20:
            return ""
        return f"about {left / 60:.0f} min left" if left > 90 else (
            f"about {left:.0f} s left" if left > 5 else "almost done")  # fmt: skip

    @contextmanager
    def running(self) -> Iterator[Watch]:
        """Show the numbers every second while the block runs."""
        done = threading.Event()

        def show() -> None:
            while not done.wait(EVERY_S):
                self._update(self.numbers())

        thread = threading.Thread(target=show, daemon=True, name="progress")
        thread.start()
        try:
            yield self
        finally:
            done.set()
            thread.join()
