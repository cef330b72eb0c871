"""The texts of benchmark files, whatever their fields are called: every string of a record
(:mod:`kgmed.kg.records`) is a text of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.overlap import BenchmarkText
from kgmed.kg.records import FORMATS, format_of, records


def benchmark_files(path: Path) -> list[tuple[str, Path]]:
    """(name to tell, path) of a file, or of the files of these formats in a folder, in order.

    Raises :class:`~kgmed.kg.errors.UsageError` for a folder without any, and
    :class:`~kgmed.kg.errors.DataError` where nothing is.
    """
    if not path.exists():
        raise DataError(f"{path}: found no file and no folder, expected a benchmark's.")
    if not path.is_dir():
        return [(path.name, path)]
    files = [
        file for file in sorted(path.rglob("*")) if format_of(file) in FORMATS and file.is_file()
    ]
    if not files:
        raise UsageError(f"{path}: found no file of {', '.join(FORMATS)} in this folder.")
    top = path.resolve().name
    return [((Path(top) / file.relative_to(path)).as_posix(), file) for file in files]


def benchmark_texts(path: Path) -> Iterator[BenchmarkText]:
    """Every text of a file, or of the files of these formats in a folder, in order.

    Raises :class:`~kgmed.kg.errors.UsageError` for a file of another format and a folder without
    any, :class:`~kgmed.kg.errors.DataError` for one that can't be read.
    """
    for name, file in benchmark_files(path):
        for number, (_id, record) in enumerate(records(file), 1):
            for field, text in _strings(record, ""):
                yield BenchmarkText(name, number, field, text)


def digests(paths: Iterable[Path]) -> tuple[str, ...]:
    """The name of each benchmark file with the start of its SHA-256, sorted.

    Raises what :func:`benchmark_files` raises, and :class:`~kgmed.kg.errors.UsageError` for a file
    of another format.
    """
    found = set()
    for name, file in [each for path in paths for each in benchmark_files(path)]:
        if format_of(file) not in FORMATS:
            raise UsageError(
                f"{file}: found the ending {file.suffix!r}, expected one of {', '.join(FORMATS)}"
                " (also with .gz)."
            )
        digest = sha256()
        try:
            with file.open("rb") as opened:
                while block := opened.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise DataError(f"{file}: can't be read ({error.strerror or error}).") from error
        found.add(f"{name} (SHA-256 {digest.hexdigest()[:16]})")
    return tuple(sorted(found))


def _strings(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """(field, text) of every string in a record; fields of fields are joined by a point."""
    if isinstance(value, str):
        yield field or "text", value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, field)
