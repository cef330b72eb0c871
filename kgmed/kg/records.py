"""The records of a file in one of the forms that people keep questions and texts in.

JSON Lines (also under the name .json), JSON (a list, or records by id), CSV, TSV, Parquet, and
plain text, a record a line; each also as .gz.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from kgmed.kg.errors import DataError, UsageError

FORMATS = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".txt")


def format_of(path: Path) -> str:
    """The ending of a file's name, that of .gz aside.

    >>> format_of(Path("exam.JSONL.gz")), format_of(Path("exam.csv"))
    ('.jsonl', '.csv')
    """
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.suffix.lower()


def records(path: Path, *, formats: Sequence[str] = FORMATS) -> Iterator[tuple[str, Any]]:
    """(id, record) of each, in order; the id is "" where the form gives none.

    Raises :class:`~kgmed.kg.errors.UsageError` for another ending than ``formats``, and
    :class:`~kgmed.kg.errors.DataError` for a file that can't be read; the whole file is read first.
    """
    kind = format_of(path)
    if kind not in formats:
        raise UsageError(
            f"{path}: found the ending {path.suffix!r}, expected one of {', '.join(formats)}"
            " (also with .gz)."
        )
    if kind == ".parquet":
        return _numberless(_parquet(path, _bytes(path)))
    text = text_of(path)
    if kind == ".txt":
        return _numberless(line for line in map(str.strip, text.splitlines()) if line)
    if kind in {".csv", ".tsv"}:
        delimiter = "\t" if kind == ".tsv" else ","
        reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        return _numberless(_rows(path, reader))
    return _json(path, text)


def text_of(path: Path) -> str:
    """The text of a file, also of a .gz; raises :class:`~kgmed.kg.errors.DataError` for one that
    can't be read."""
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: found bytes that aren't UTF-8 at {error.start}, expected UTF-8 text."
        ) from error


def rows_of(path: Path) -> Iterator[list[str]]:
    """The rows of a CSV file that has no head; raises :class:`~kgmed.kg.errors.DataError` for one
    that can't be read."""
    return _rows(path, csv.reader(io.StringIO(text_of(path))))


T = TypeVar("T")


def _rows(path: Path, reader: Iterable[T]) -> Iterator[T]:
    try:
        yield from reader
    except csv.Error as error:
        raise DataError(
            f"{path}: found no table ({error}), expected CSV or TSV. Is the download complete?"
        ) from error


def _numberless(found: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return (("", record) for record in found)


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path}: found damaged gzip data ({error}). Is the download complete?"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error


def _json(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] in {"{", "["} and not _is_json(text.lstrip().partition("\n")[0]):
            raise DataError(
                f"{path} line {error.lineno}: found no JSON ({error}), expected one JSON document, "
                "or one on each line. Is the download complete?"
            ) from error
        return _numberless(_lines(path, text))
    if isinstance(whole, dict) and whole and all(isinstance(v, dict) for v in whole.values()):
        return iter(whole.items())
    return _numberless(whole if isinstance(whole, list) else [whole])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _lines(path: Path, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise DataError(
                    f"{path} line {number}: found no JSON ({error}), expected one JSON document,"
                    " or one on each line. Is the download complete?"
                ) from error


def _parquet(path: Path, data: bytes) -> list[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return list(pq.read_table(io.BytesIO(data)).to_pylist())
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: can't be read as Parquet ({error}).") from error
