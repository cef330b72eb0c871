"""The texts of benchmark files, whatever their fields are called.

JSON, JSON Lines (also under the name .json), CSV, TSV, Parquet and plain text, each also as .gz;
every string of a record is a text of its own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgmed.builders.rows import is_gzip, opened
from kgmed.kg.errors import DataError, UsageError

FORMATS = (".json", ".jsonl", ".csv", ".tsv", ".parquet", ".txt")


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
        files = [file for file in sorted(path.rglob("*")) if _format(file) in FORMATS]
        if not files:
            raise UsageError(f"{path}: found no file of {', '.join(FORMATS)} in this folder.")
        for file in files:
            yield from benchmark_texts(file)
        return
    if _format(path) not in FORMATS:
        raise UsageError(
            f"{path}: found the ending {path.suffix!r}, expected one of {', '.join(FORMATS)}"
            " (also with .gz)."
        )
    for number, record in enumerate(_records(path), 1):
        for field, text in _strings(record, ""):
            yield BenchmarkText(path.name, number, field, text)


def _format(path: Path) -> str:
    return Path(path.stem).suffix.lower() if is_gzip(path) else path.suffix.lower()


def _records(path: Path) -> Iterator[Any]:
    kind = _format(path)
    if kind == ".parquet":
        yield from _parquet(path)
        return
    with opened(path) as file:
        data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: found bytes that aren't UTF-8 at {error.start}, expected UTF-8 text."
        ) from error
    if kind == ".txt":
        yield from filter(None, (line.strip() for line in text.splitlines()))
    elif kind in {".csv", ".tsv"}:
        rows = csv.DictReader(io.StringIO(text), delimiter="\t" if kind == ".tsv" else ",")
        yield from rows
    else:
        yield from _json(path, text)


def _json(path: Path, text: str) -> Iterator[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if whole is not None:
        yield from whole if isinstance(whole, list) else _members(whole)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            raise DataError(
                f"{path} line {number}: found no JSON ({error}), expected one JSON document, or"
                " one on each line. Is the download complete?"
            ) from error


def _members(whole: Any) -> list[Any]:
    """The records of an object: its values where they are objects, else itself."""
    if isinstance(whole, dict) and whole and all(isinstance(v, dict) for v in whole.values()):
        return list(whole.values())
    return [whole]


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield from batch.to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: can't be read as Parquet ({error}).") from error


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
