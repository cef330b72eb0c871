"""Text tables line by line: slower than DuckDB, but a bad row is named and costs no other row.

DuckDB reads a file that is right. Where it isn't, what it says of the line, and which of the rows
around it get lost, depend on the fault; the rows are then cut by :mod:`kgmed.builders.quoted`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from kgmed.builders.quoted import AFTER_QUOTE, UNCLOSED, quoted_records, unquoted_fields
from kgmed.builders.rows import (
    Block,
    Problem,
    Records,
    blocks_of,
    opened,
    split_name,
)
from kgmed.builders.tables.mapping import Table
from kgmed.kg.errors import ConfigError, DataError

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".sif": "\t", ".tab": "\t"}
PARQUET = (".parquet", ".pq")
_CODECS = {"utf-8": "utf-8", "latin-1": "latin-1", "utf-16": "utf-16"}


class Header(NamedTuple):
    """The first row of a file that names its columns in it: the fields, and the lines before the
    first row of data; ``is_first``: nothing stands before it."""

    fields: list[str]
    lines: int
    is_first: bool


def delimiter_of(path: Path, table: Table) -> str:
    """What stands between the fields, by the mapping or the file's ending."""
    ending = split_name(path)[1]
    found = table.delimiter or DELIMITERS.get(ending, "")
    if not found:
        raise ConfigError(
            f"{path}: found the ending {ending!r}, expected one of {', '.join(DELIMITERS)},"
            f" {', '.join(PARQUET)}, or a delimiter in the mapping."
        )
    return found


def quote_of(path: Path, table: Table) -> str:
    """What values may be quoted with, '' for nothing."""
    if table.quote is not None:
        return table.quote
    return '"' if split_name(path)[1] == ".csv" else ""


class _Recoded(io.RawIOBase):
    """A stream in another encoding as UTF-8."""

    def __init__(self, path: Path, stream: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._path, self._stream, self._encoding = path, stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int | None = -1) -> bytes:
        while True:
            data = self._stream.read(-1 if size is None else size)
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{self._path}: found bytes that aren't {self._encoding} ({error.reason}), "
                    "expected the mapping's encoding. Is it the right one, and the file whole?"
                ) from error
            if text or not data:
                return text.encode("utf-8", "replace")


@contextmanager
def _blocks(path: Path, table: Table) -> Iterator[Iterator[Block]]:
    encoding = _CODECS[table.encoding]
    with opened(path) as file:
        stream = file if encoding == "utf-8" else cast("IO[bytes]", _Recoded(path, file, encoding))
        yield blocks_of(stream, path, hint="Is this a table, and not JSON or a binary file?")


def header_of(path: Path, table: Table) -> Header:
    """The row that names the columns. Raises :class:`DataError` where there is none."""
    with _blocks(path, table) as blocks:
        block = next(blocks, None)
    at = 0
    lines = block.lines if block is not None else []
    while at < len(lines) and not lines[at].strip():
        at += 1
    if block is None or at == len(lines):
        raise DataError(f"{path}: found an empty file, expected a header line.")
    fields, span = _fields(path, table, lines, at)
    problem = block.problems.get(at) or (fields if isinstance(fields, Problem) else None)
    if problem is not None or not isinstance(fields, list):
        why = _explained(problem or UNCLOSED)
        raise DataError(
            f"{path} line {at + 1}: found {why.found}, expected {why.expected}. {why.hint}"
        )
    return Header(fields, at + span, at == 0)


def _fields(path: Path, table: Table, lines: list[str], at: int) -> tuple[list[str] | Problem, int]:
    delimiter, quote = delimiter_of(path, table), quote_of(path, table)
    if not quote:
        return lines[at].split(delimiter), 1
    fields, span = unquoted_fields(lines, at, delimiter=delimiter, quote=quote)
    return (fields, span) if span else (UNCLOSED, 1)


def lines_of(
    path: Path, table: Table, columns: Iterable[str], wanted: Iterable[str]
) -> Iterator[Records]:
    """The rows of a file, a batch at a time, with what can't be cut into fields."""
    start = 0 if table.columns else header_of(path, table).lines
    with _blocks(path, table) as blocks:
        for records, _blank in quoted_records(
            blocks,
            list(columns),
            set(wanted),
            start=start,
            delimiter=delimiter_of(path, table),
            quote=quote_of(path, table),
        ):
            for at, problem in records.problems.items():
                records.problems[at] = _explained(problem)
            yield records


def is_regular(path: Path, table: Table, width: int) -> bool:
    """Whether a file has as many delimiters as its lines ask for.

    DuckDB takes a row with a field too many where that is empty, and reads all its values one
    column further on: a row that a delimiter too many has shifted looks like one that ends with it.
    """
    delimiter = delimiter_of(path, table).encode()
    quote = quote_of(path, table).encode()
    delimiters = lines = odd = 0
    end = b"\n"
    with _blocks(path, table) as blocks:
        for block in blocks:
            data = block.read
            if quote and (odd or quote in data):
                if len(delimiter) > 1:
                    return False
                data, odd = _outside(data, quote, odd)
            data = data.replace(b"\r\n", end)
            blank = len(_BLANK.findall(data)) if data.startswith(end) or end * 2 in data else 0
            delimiters += data.count(delimiter)
            lines += data.count(end) - blank + (not odd and not data.endswith(end))
    return not odd and delimiters == lines * (width - 1)


def _outside(data: bytes, quote: bytes, odd: int) -> tuple[bytes, int]:
    """The bytes outside quotes, given whether one is open before them; and whether one is after."""
    import numpy as np

    bytes_ = np.frombuffer(data, np.uint8)
    open_ = (np.cumsum(bytes_ == quote[0]) + odd) & 1
    return bytes_[open_ == 0].tobytes(), int(open_[-1])


_BLANK = re.compile(rb"(?m)^\n")


def text_of(records: Records, at: int) -> str:
    """A row's lines as they stand in the file, by the first one's place in the block; bytes that
    aren't UTF-8 as surrogates."""
    raw = b"\n".join(records.block.raw(at, records.spans.get(at, 1)))
    return raw.decode("utf-8", "surrogateescape").removesuffix("\r")


def _explained(problem: Problem) -> Problem:
    if problem in (UNCLOSED, AFTER_QUOTE):
        hint = f"{problem.hint} Where quotes are data, set quote = '' in the mapping."
        return problem._replace(hint=hint)
    return problem
