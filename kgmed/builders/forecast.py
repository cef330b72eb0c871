"""What a build is about to read, and what it will take: shown before the long work begins.

A source that says what it reads (:class:`Surveyed`) is forecast from its rows; another counts as
small. The paces were measured on two cores and hold to a factor of two on other machines; what a
running build shows is corrected by how long its steps really took.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from kgmed.builders.rows import is_gzip, opened, split_name
from kgmed.builders.source import Source

SAMPLE = 256 * 1024
COMPRESSION = 6.0
"""How much larger a compressed table is taken to be than its file."""

PACE = 8.0
"""Seconds to read a million rows, where a reader doesn't say otherwise."""
BUILDING_S = 8.0
"""Seconds that identity, merging and indexes take for a million rows read."""
DISK_BYTES = 140
"""Bytes that a build needs for a row read: staged rows, work, and the generation itself."""
LEAST_S, LEAST_BYTES = 8.0, 100_000_000
"""What the smallest build takes, with the open graph in it."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that a source reads: its bytes on disk, its rows, counted or estimated, and the
    seconds that a million of them take."""

    name: str
    bytes: int
    rows: int
    pace: float = PACE

    @property
    def seconds(self) -> float:
        """How long reading it takes."""
        return self.rows / 1e6 * self.pace


@runtime_checkable
class Surveyed(Protocol):
    """A source that can say what it will read without reading it."""

    def survey(self) -> list[InputFile]:
        """The files, with their rows as far as can be told from their size and first lines."""
        ...


def estimated_rows(
    start: Callable[[], AbstractContextManager[IO[bytes]]],
    size: int,
    *,
    compressed: bool = False,
    row: bytes = b"\n",
) -> int:
    """How many rows a file of ``size`` bytes has, if all are as long as those of its beginning.

    ``start`` opens it, ``row`` is what each row holds once.

    >>> from contextlib import nullcontext
    >>> from io import BytesIO
    >>> estimated_rows(lambda: nullcontext(BytesIO(b"C0000005|ENG|\\n" * 9)), 14 * 9)
    9
    """
    with start() as file:
        sample = file.read(SAMPLE)
    if not sample:
        return 0
    whole = size * COMPRESSION if compressed else float(size)
    return max(1, round(sample.count(row) * max(whole, len(sample)) / len(sample)))


def survey_files(
    paths: Iterable[Path], *, rows: Mapping[str, bytes] | None = None, pace: float = PACE
) -> list[InputFile]:
    """Plain or .gz files, each once, with their rows by their size. ``rows``: what a row holds
    once, by the ending of the format; a line end where that isn't among them."""
    found = []
    for path in dict.fromkeys(paths):
        row = (rows or {}).get(split_name(path)[1], b"\n")
        size = path.stat().st_size
        count = estimated_rows(partial(opened, path), size, compressed=is_gzip(path), row=row)
        found.append(InputFile(path.name, size, count, pace))
    return found


@dataclass(frozen=True, slots=True)
class SourceForecast:
    """One source of a build: what it is, what it reads, and how long that takes."""

    name: str
    release: str
    licence: str
    files: tuple[InputFile, ...]

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes of all files on disk."""
        return sum(file.bytes for file in self.files)

    @property
    def seconds(self) -> float:
        """How long reading all files takes."""
        return sum(file.seconds for file in self.files)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a build reads and needs: seconds in all, bytes of disk, and what is free there."""

    sources: tuple[SourceForecast, ...]
    seconds: float
    disk: int
    free: int

    def lines(self) -> list[str]:
        """The forecast as text: sources with files first, then what the build needs."""
        lines = []
        for one in self.sources:
            if one.files:
                lines.append(f"{one.name} {one.release}  {one.licence}")
                lines += [
                    f"  {file.name}  {_size(file.bytes)}, about {file.rows:,} rows"
                    for file in one.files
                ]
        others = [one.name for one in self.sources if not one.files]
        if others:
            lines.append(f"with {', '.join(others)}")
        lines.append(f"about {_time(self.seconds)} and {_size(self.disk)} of disk")
        if self.free < self.disk:
            lines.append(f"only {_size(self.free)} of disk are free: the build may not fit")
        return lines


def forecast(sources: Sequence[Source], folder: Path) -> Forecast:
    """What a build of these sources into a folder will read and need."""
    each = []
    for source in sources:
        files = tuple(source.survey()) if isinstance(source, Surveyed) else ()
        info = source.info
        each.append(SourceForecast(info.name, info.release, info.licence, files))
    rows = sum(one.rows for one in each)
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents)
                 if parent.exists())  # fmt: skip
    return Forecast(
        tuple(each),
        LEAST_S + sum(one.seconds for one in each) + rows / 1e6 * BUILDING_S,
        LEAST_BYTES + rows * DISK_BYTES,
        shutil.disk_usage(there).free,
    )


def _size(count: int) -> str:
    value = float(count)
    for unit in ("bytes", "KB", "MB"):
        if value < 1000:
            return f"{value:.3g} {unit}"
        value /= 1000
    return f"{value:.3g} GB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
