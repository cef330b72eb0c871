"""The texts of benchmark files, whatever their fields are called: every string of a record
(:mod:`kgmed.kg.records`) is a text of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.kg.records import FORMATS, format_of, records


@dataclass(frozen=True, slots=True)
class BenchmarkText:
    """A text, and where it stands: the file, the record's number from 1, and its field."""

    file: str
    record: int
    field: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, to be told.

        >>> BenchmarkText("medqa.jsonl", 7, "question", "...").place
        'medqa.jsonl record 7, question'
        """
        return f"{self.file} record {self.record}, {self.field}"


def benchmark_texts(path: Path) -> Iterator[BenchmarkText]:
    """Every text of a file, or of the files of these formats in a folder, in order.

    Raises :class:`~kgmed.kg.errors.UsageError` for a file of another format and a folder without
    any, :class:`~kgmed.kg.errors.DataError` for one that can't be read.
    """
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if format_of(file) in FORMATS]
        if not files:
            raise UsageError(f"{path}: found no file of {', '.join(FORMATS)} in this folder.")
        for file in files:
            yield from benchmark_texts(file)
        return
    for number, (_id, record) in enumerate(records(path), 1):
        for field, text in _strings(record, ""):
            yield BenchmarkText(path.name, number, field, text)


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
