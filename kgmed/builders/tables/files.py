"""Text tables and Parquet through DuckDB: rows in batches, and which line is wrong.

Text follows RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) where it is quoted, else a quote is
data. DuckDB's reader is described at https://duckdb.org/docs/stable/data/csv/overview.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from kgmed.builders.quarantine import SetAside
from kgmed.builders.rows import (
    BATCH_ROWS,
    SEPARATORS,
    OnError,
    Problem,
    is_gzip,
    opened,
    shown,
    split_name,
    trimmed,
)
from kgmed.builders.source import Tally
from kgmed.builders.tables.mapping import Edges, Nodes, Table, meant
from kgmed.kg.errors import ConfigError, DataError, RowError

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": "\t", ".sif": "\t", ".tab": "\t"}
PARQUET = (".parquet", ".pq")
MEMORY = "1GB"
"""What DuckDB may use for one file before it spills to disk."""

_SEPARATOR = f"[{SEPARATORS}]"
_CODECS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "utf-16": "utf-16"}


@dataclass(frozen=True, slots=True)
class Section:
    """One file as one part of the mapping reads it."""

    label: str
    path: Path
    table: Table
    columns: tuple[str, ...]

    @property
    def needs(self) -> list[str]:
        return list(self.table.needs())


@dataclass(slots=True)
class Rows:
    """Rows as columns of trimmed texts. ``numbers`` counts the file's rows from 0; ``weights``
    says how many equal rows each stands for."""

    columns: dict[str, pa.Array]
    numbers: np.ndarray[tuple[int], np.dtype[np.int64]]
    weights: np.ndarray[tuple[int], np.dtype[np.int64]]
    replaced: int = 0

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def total(self) -> int:
        return int(self.weights.sum())

    def take(self, keep: Sequence[int] | np.ndarray[tuple[int], np.dtype[np.int64]]) -> Rows:
        import numpy as np
        import pyarrow as pa

        places = np.asarray(keep, np.int64)
        columns = {name: values.take(pa.array(places)) for name, values in self.columns.items()}
        return Rows(columns, self.numbers[places], self.weights[places])

    def without(self, rows: Mapping[int, Problem]) -> Rows:
        return self.take([row for row in range(len(self)) if row not in rows])


class Rejected(NamedTuple):
    """A line that can't be cut into fields."""

    line: int
    text: str
    problem: Problem


def find_files(folder: Path, table: Table) -> list[Path]:
    """The files that a path of a mapping stands for; .gz may be added to or missing from it."""
    for name in (table.path, table.path.removesuffix(".gz"), f"{table.path}.gz"):
        if any(character in name for character in "*?["):
            found = sorted(path for path in folder.glob(name) if path.is_file())
        else:
            found = [folder / name] if (folder / name).is_file() else []
        if found:
            return found
    if table.optional:
        return []
    here = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    holds = f" The folder holds {', '.join(here[:20])}." if here else " There is no such folder."
    raise ConfigError(
        f"{folder / table.path}: there is no such file.{meant(Path(table.path).name, here)}"
        + (holds if not folder.is_dir() or here else " The folder is empty.")
    )


def _delimiter(path: Path, table: Table) -> str:
    ending = split_name(path)[1]
    found = table.delimiter or DELIMITERS.get(ending, "")
    if not found:
        raise ConfigError(
            f"{path}: found the ending {ending!r}, expected one of {', '.join(DELIMITERS)},"
            f" {', '.join(PARQUET)}, or a delimiter in the mapping."
        )
    return found


def _quote(path: Path, table: Table) -> str:
    if table.quote is not None:
        return table.quote
    return '"' if split_name(path)[1] == ".csv" else ""


@contextmanager
def _text(path: Path, table: Table) -> Iterator[IO[str]]:
    codec = _CODECS[table.encoding]
    with opened(path) as file:
        yield io.TextIOWrapper(file, codec, errors="replace", newline="")


def _records(file: IO[str], path: Path, table: Table) -> Iterator[tuple[int, list[str], str]]:
    """The records of a text file: the first line's number, fields, the lines as they stand."""
    lines: list[str] = []

    def tee() -> Iterator[str]:
        for line in file:
            lines.append(line)
            yield line

    quote = _quote(path, table)
    delimiter = _delimiter(path, table)
    if quote:
        reader = csv.reader(tee(), delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(tee(), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    first = 1
    for fields in reader:
        yield first, fields, "".join(lines)
        first = reader.line_num + 1
        lines.clear()


def columns_of(path: Path, table: Table) -> tuple[str, ...]:
    """The names of a file's columns. Unnamed ones are numbered from 1, a second of a name too."""
    if split_name(path)[1] in PARQUET:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return tuple(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: isn't a Parquet file that can be read: {error}.") from error
    if table.columns:
        _delimiter(path, table)
        return table.columns
    try:
        with _text(path, table) as file:
            header = next(_records(file, path, table), None)
    except csv.Error as error:
        raise DataError(f"{path}: can't be read ({error}). Is the download complete?") from error
    if header is None:
        raise DataError(f"{path}: found an empty file, expected a header line.")
    seen: Counter[str] = Counter()
    names = []
    for place, written in enumerate(header[1], start=1):
        name = written.strip() or f"column{place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


class Reading:
    """One pass over one file through DuckDB."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, section: Section, *, skip: bool
    ) -> None:
        self.rejected: list[Rejected] = []
        self._connection = connection
        self._section = section
        self._skip = skip
        self._is_parquet = split_name(section.path)[1] in PARQUET

    def batches(self) -> Iterator[Rows]:
        import duckdb
        import pyarrow as pa

        path = self._section.path
        try:
            reader = self._connection.sql(self._query(), params=[str(path)]).to_arrow_reader(
                BATCH_ROWS
            )
            start = 0
            for batch in reader:
                if batch.num_rows:
                    yield self._as_rows(batch, start)
                    start += batch.num_rows
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise self._explained(error) from error
        if self._skip and not self._is_parquet:
            self.rejected = self._rejects()

    def _as_rows(self, batch: pa.RecordBatch, start: int) -> Rows:
        import numpy as np
        import pyarrow.compute as pc

        names = self._section.needs
        columns, replaced = {}, 0
        for name, written in zip(names, batch.columns, strict=False):
            column = written
            if pc.any(pc.match_substring_regex(written, _SEPARATOR)).as_py():
                replaced += pc.sum(pc.count_substring_regex(written, _SEPARATOR)).as_py()
                column = pc.replace_substring_regex(written, _SEPARATOR, " ")
            columns[name] = trimmed(column)
        if self._section_distinct:
            numbers = batch.column(len(names)).to_numpy() - 1
            return Rows(columns, numbers, batch.column(len(names) + 1).to_numpy(), replaced)
        count = batch.num_rows
        numbers = np.arange(start, start + count, dtype=np.int64)
        return Rows(columns, numbers, np.ones(count, np.int64), replaced)

    @property
    def _section_distinct(self) -> bool:
        table = self._section.table
        return isinstance(table, (Nodes, Edges)) and table.distinct

    def _query(self) -> str:
        texts = [f"{self._as_text(name)} AS {_identifier(name)}" for name in self._section.needs]
        if not self._section_distinct:
            return f"SELECT {', '.join(texts) or '1 AS one'} FROM {self._relation()}"
        columns = ", ".join(_identifier(name) for name in self._section.needs)
        return f"""
            SELECT {columns}, min("row number") AS first, count(*) AS n
            FROM (SELECT {", ".join(texts)}, row_number() OVER () AS "row number"
                  FROM {self._relation()})
            GROUP BY {columns} ORDER BY first"""

    def _as_text(self, column: str) -> str:
        name = _identifier(column)
        if self._is_parquet and column in self._lists:
            name = f"array_to_string({name}, '|')"
        return f"coalesce(CAST({name} AS VARCHAR), '')"

    @property
    def _lists(self) -> set[str]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        types = pq.read_schema(self._section.path)
        return {f.name for f in types if pa.types.is_list(f.type) or pa.types.is_large_list(f.type)}

    def _relation(self, *, reject: bool | None = None) -> str:
        if self._is_parquet:
            return "read_parquet(?)"
        section = self._section
        path, table = section.path, section.table
        quote = _literal(_quote(path, table))
        options = {
            "auto_detect": "false",
            "header": "false" if table.columns else "true",
            "delim": _literal(_delimiter(path, table)),
            "quote": quote,
            "escape": quote,
            "strict_mode": "true",
            "null_padding": "false",
            "encoding": _literal(table.encoding),
            "compression": "'gzip'" if is_gzip(path) else "'none'",
            "nullstr": "[" + ", ".join(_literal(text) for text in ("", *table.missing)) + "]",
            "columns": "{"
            + ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in section.columns)
            + "}",
        }
        if self._skip if reject is None else reject:
            options |= {"ignore_errors": "true", "store_rejects": "true", "rejects_limit": "0"}
        return f"read_csv(?, {', '.join(f'{key} = {text}' for key, text in options.items())})"

    def _rejects(self) -> list[Rejected]:
        """What the last pass that stored rejects rejected, one entry per line."""
        found = self._connection.execute(
            "SELECT line_byte_position, error_type, error_message, csv_line FROM reject_errors"
            " ORDER BY line_byte_position, error_type"
        ).fetchall()
        by_place = {place: (kind, why, text or "") for place, kind, why, text in reversed(found)}
        lines = _line_numbers(self._section, list(by_place))
        return [
            Rejected(lines[place], text.strip("\r\n"), _csv_problem(kind, why))
            for place, (kind, why, text) in sorted(by_place.items())
        ]

    def _explained(self, error: Exception) -> DataError:
        """A DuckDB error in kgmed's terms; of a CSV, with the line that is wrong."""
        import duckdb

        path = self._section.path
        message = str(error).splitlines()[0]
        if not self._is_parquet and "CSV Error" in str(error):
            names = ", ".join(f"max({_identifier(name)})" for name in self._section.columns)
            with _connected() as connection:
                again = Reading(connection, self._section, skip=True)
                query = f"SELECT {names} FROM {again._relation(reject=True)}"
                try:
                    connection.execute(query, [str(path)]).fetchall()
                    first = next(iter(again._rejects()), None)
                except duckdb.Error:
                    first = None
            if first is not None:
                problem = first.problem
                return RowError(
                    path,
                    first.line,
                    found=f"{problem.found} in {shown(first.text)}",
                    expected=problem.expected,
                    hint=f"{problem.hint} Or set such rows aside with --on-error skip.".lstrip(),
                )
        return DataError(f"{path}: can't be read: {message}. Is the download complete?")


def _csv_problem(kind: str, message: str) -> Problem:
    count = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if count:
        return Problem(
            "wrong number of fields",
            f"{count[2]} fields",
            count[1],
            "Is a delimiter missing, or a value that holds one not quoted?",
        )
    if kind == "INVALID ENCODING":
        return Problem(
            "wrong encoding",
            "bytes that aren't text in the mapping's encoding",
            "UTF-8 text",
            "Convert the file: iconv -f GB18030 -t UTF-8 (or -f LATIN1, -f UTF-16).",
        )
    if kind == "UNQUOTED VALUE":
        return Problem(
            "a quote that isn't closed",
            "a quoted value that isn't closed where it should be",
            "a quote inside a value written twice",
            "Where quotes are data, set quote = '' in the mapping.",
        )
    return Problem(kind.lower().replace("_", " "), message.splitlines()[0], "a row of the table")


def _line_numbers(section: Section, places: Sequence[int]) -> dict[int, int]:
    """Byte positions in a file as line numbers; a place on a blank line means the next."""
    found: dict[int, int] = {}
    wanted = sorted(places, reverse=True)
    if not wanted:
        return found
    path = section.path
    line, at = 1, 0
    with opened(path) as file:
        for raw in file:
            at += len(raw)
            while wanted and wanted[-1] < at and raw.strip(b"\r\n"):
                found[wanted.pop()] = line
            line += 1
    return found | dict.fromkeys(wanted, max(1, line - 1))


class BadRows:
    """The rows of one file that break their format: the first stops, or all are set aside."""

    def __init__(self, section: Section, on_error: OnError) -> None:
        self.rejected: list[Rejected] = []
        self._section = section
        self._stop = on_error == "stop"
        self._problems: dict[int, Problem] = {}

    def add(self, rows: Rows, problems: Mapping[int, Problem], tally: Tally) -> None:
        by_number = sorted((int(rows.numbers[row]), row) for row in problems)
        if self._stop:
            number, row = by_number[0]
            problem = problems[row]
            line, _ = self._place({number}).get(number, (number + 1, ""))
            raise RowError(
                self._section.path,
                line,
                found=problem.found,
                expected=problem.expected,
                hint=f"{problem.hint} Or set such rows aside with --on-error skip.".lstrip(),
            )
        for number, row in by_number:
            self._problems[number] = problems[row]
            tally.skipped[problems[row].reason] += int(rows.weights[row])

    def rows(self) -> list[SetAside]:
        """What the quarantine file says of this file, in the order of its lines."""
        path = self._section.path
        places = self._place(set(self._problems))
        found = [
            (*places.get(number, (number + 1, "")), problem.reason)
            for number, problem in self._problems.items()
        ]
        found += [(line, text, problem.reason) for line, text, problem in self.rejected]
        return [SetAside(path, line, reason, text) for line, text, reason in sorted(found)]

    def _place(self, numbers: set[int]) -> dict[int, tuple[int, str]]:
        """Row numbers as line numbers and the rows' text; a Parquet file's rows count from 1."""
        section = self._section
        if not numbers or split_name(section.path)[1] in PARQUET:
            return {number: (number + 1, "") for number in numbers}
        rejected = {reject.line for reject in self.rejected}
        found: dict[int, tuple[int, str]] = {}
        number = 0 if section.table.columns else -1
        with _text(section.path, section.table) as file:
            try:
                for line, fields, text in _records(file, section.path, section.table):
                    if not fields or line in rejected:
                        continue
                    if number in numbers:
                        found[number] = line, text.rstrip("\r\n")
                        if len(found) == len(numbers):
                            break
                    number += 1
            except csv.Error:  # a field longer than Python's csv takes: rows, not lines, then
                pass
        return found


@contextmanager
def _connected() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with tempfile.TemporaryDirectory(prefix="kgmed-tables-") as spill:
        connection = duckdb.connect()
        try:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute("SET temp_directory = ?", [spill])
            yield connection
        finally:
            connection.close()


@contextmanager
def open_rows(section: Section, *, skip: bool) -> Iterator[Reading]:
    """Read a file; with ``skip``, lines that can't be cut into fields are put aside."""
    with _connected() as connection:
        yield Reading(connection, section, skip=skip)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
