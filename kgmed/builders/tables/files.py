"""Text tables and Parquet through DuckDB: rows in batches, and which line is wrong.

Text follows RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180) where it is quoted, else a quote is
data. DuckDB's reader is described at https://duckdb.org/docs/stable/data/csv/overview.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.columns import trimmed
from kgmed.builders.quarantine import SetAside
from kgmed.builders.rows import (
    BATCH_ROWS,
    SEPARATORS,
    Block,
    OnError,
    Problem,
    is_gzip,
    shown,
    split_name,
)
from kgmed.builders.source import Tally
from kgmed.builders.tables.lines import (
    PARQUET,
    delimiter_of,
    header_of,
    is_regular,
    lines_of,
    quote_of,
    text_of,
)
from kgmed.builders.tables.mapping import Edges, Nodes, Table, meant
from kgmed.kg.errors import ConfigError, DataError, KgmedError, RowError

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

MEMORY = "1GB"
"""What DuckDB may use for one file before it spills to disk."""

_SEPARATOR = f"[{SEPARATORS}]"


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


def columns_of(path: Path, table: Table) -> tuple[str, ...]:
    """The names of a file's columns. Unnamed ones are numbered from 1, a second of a name too."""
    if split_name(path)[1] in PARQUET:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return tuple(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{path}: isn't a Parquet file that can be read: {error}.") from error
    delimiter_of(path, table)
    if table.columns:
        return table.columns
    seen: Counter[str] = Counter()
    names = []
    for place, written in enumerate(header_of(path, table).fields, start=1):
        name = written.strip() or f"column{place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


class Reading:
    """One pass over one file: through DuckDB, and line by line from where that fails.

    Rows are numbered from 0, those that can't be cut into fields left out.
    """

    def __init__(self, database: Database, section: Section, *, skip: bool) -> None:
        self.rejected: list[SetAside] = []
        self.replaced = 0
        self._database = database
        self._section = section
        self._skip = skip
        self._is_parquet = split_name(section.path)[1] in PARQUET

    def batches(self) -> Iterator[Rows]:
        """Stream the rows. Raises :class:`RowError` at the first that can't be cut into fields,
        unless such are skipped."""
        import duckdb
        import pyarrow as pa

        section, start = self._section, 0
        if self._is_parquet or self._is_regular():
            try:
                for batch in self._asked(f"FROM {self._relation()}", [str(section.path)]):
                    yield self._as_rows(batch, start)
                    start += batch.num_rows
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                if self._is_parquet:
                    message = str(error).splitlines()[0]
                    raise DataError(
                        f"{section.path}: can't be read: {message}. Is the download complete?"
                    ) from error
            else:
                return
        yield from self._line_by_line(start)

    def _is_regular(self) -> bool:
        """Whether DuckDB can be asked: the header is the first line, and no row has a field too
        many that it would take."""
        section = self._section
        if section.label not in self._database.regular:
            path, table = section.path, section.table
            first = bool(table.columns) or header_of(path, table).is_first
            self._database.regular[section.label] = first and is_regular(
                path, table, len(section.columns)
            )
        return self._database.regular[section.label]

    def _asked(self, relation: str, parameters: Sequence[object]) -> Iterator[pa.RecordBatch]:
        with self._database.connection.cursor() as cursor:
            query = cursor.sql(self._query(relation), params=list(parameters))
            for batch in query.to_arrow_reader(BATCH_ROWS):
                if batch.num_rows:
                    yield batch

    def _line_by_line(self, start: int) -> Iterator[Rows]:
        """The rows from number ``start`` on."""
        import pyarrow as pa

        if not self._section_distinct:
            number = 0
            for batch in self._cut():
                if number + batch.num_rows > start:
                    rest = batch.slice(max(0, start - number))
                    yield self._as_rows(rest, max(start, number))
                number += batch.num_rows
            return
        names = self._section.needs
        schema = pa.schema([(name, pa.string()) for name in names])
        refused: list[KgmedError] = []

        def cut() -> Iterator[pa.RecordBatch]:
            try:
                yield from self._cut()
            except KgmedError as error:  # DuckDB would make an error of its own of it
                refused.append(error)

        stream = pa.RecordBatchReader.from_batches(schema, cut())
        with self._database.connection.cursor() as cursor:
            cursor.register("lines", stream)
            for batch in cursor.sql(self._query("FROM lines")).to_arrow_reader(BATCH_ROWS):
                if refused:
                    raise refused[0]
                if batch.num_rows:
                    yield self._as_rows(batch, 0)
        if refused:
            raise refused[0]

    def _cut(self) -> Iterator[pa.RecordBatch]:
        """The rows as kgmed cuts them; what can't be cut stops, or is set aside."""
        import pyarrow as pa
        import pyarrow.compute as pc

        section = self._section
        path, names = section.path, section.needs or list(section.columns[:1])
        last: Block | None = None
        none = pa.array(("", *section.table.missing), pa.string())
        for records in lines_of(path, section.table, section.columns, names):
            for at, problem in sorted(records.problems.items()):
                line, text = records.block.first + at, text_of(records, at)
                if not self._skip:
                    raise RowError(
                        path,
                        line,
                        found=f"{problem.found} in {shown(_printable(text))}",
                        expected=problem.expected,
                        hint=f"{problem.hint} Or set such rows aside with --on-error skip.",
                    )
                self.rejected.append(SetAside(path, line, problem.reason, text))
            self.replaced += records.block.replaced if records.block is not last else 0
            last = records.block
            columns = [records.columns[name] for name in names]
            cells = [pc.if_else(pc.is_in(cell, value_set=none), "", cell) for cell in columns]
            if len(records):
                yield pa.RecordBatch.from_arrays(cells, names=names)

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

    def _query(self, relation: str) -> str:
        texts = [f"{self._as_text(name)} AS {_identifier(name)}" for name in self._section.needs]
        if not self._section_distinct:
            return f"SELECT {', '.join(texts) or '1 AS one'} {relation}"
        columns = ", ".join(_identifier(name) for name in self._section.needs)
        return f"""
            SELECT {columns}, min("row number") AS first, count(*) AS n
            FROM (SELECT {", ".join(texts)}, row_number() OVER () AS "row number"
                  {relation})
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

    def _relation(self) -> str:
        if self._is_parquet:
            return "read_parquet(?)"
        section = self._section
        path, table = section.path, section.table
        quote = _literal(quote_of(path, table))
        options = {
            "auto_detect": "false",
            "header": "false" if table.columns else "true",
            "delim": _literal(delimiter_of(path, table)),
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
        return f"read_csv(?, {', '.join(f'{key} = {text}' for key, text in options.items())})"


class BadRows:
    """The rows of one file that break their format: the first stops, or all are set aside."""

    def __init__(self, section: Section, on_error: OnError) -> None:
        self.rejected: list[SetAside] = []
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
            SetAside(path, line, problem.reason, text)
            for number, problem in self._problems.items()
            for line, text in (places.get(number, (number + 1, "")),)
        ]
        return sorted([*found, *self.rejected], key=lambda row: row.line)

    def _place(self, numbers: set[int]) -> dict[int, tuple[int, str]]:
        """Row numbers as line numbers and the rows' text; a Parquet file's rows count from 1."""
        section = self._section
        if not numbers or split_name(section.path)[1] in PARQUET:
            return {number: (number + 1, "") for number in numbers}
        found: dict[int, tuple[int, str]] = {}
        first = 0
        for records in lines_of(section.path, section.table, section.columns, ()):
            for number in numbers & set(range(first, first + len(records))):
                at = records.index[number - first]
                found[number] = records.block.first + at, text_of(records, at)
            first += len(records)
            if len(found) == len(numbers):
                break
        return found


class Database:
    """A DuckDB for one source, opened at first use; it goes with the source. ``regular`` are the
    sections it can be asked for, by label."""

    def __init__(self) -> None:
        self.regular: dict[str, bool] = {}
        self._connection: duckdb.DuckDBPyConnection | None = None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, of bounded memory, which spills into a folder for temporary files."""
        import duckdb

        if self._connection is None:
            spill = tempfile.mkdtemp(prefix="kgmed-tables-")
            self._connection = connection = duckdb.connect()
            weakref.finalize(self, _remove, connection, spill)
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute("SET temp_directory = ?", [spill])
        return self._connection


def _remove(connection: duckdb.DuckDBPyConnection, spill: str) -> None:
    connection.close()
    shutil.rmtree(spill, ignore_errors=True)


def _printable(text: str) -> str:
    """A text whose surrogates, which no terminal takes, are question marks."""
    return text.encode("utf-8", "replace").decode()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
