"""Files of claims, read and written part by part: CSV, TSV, JSON lines, Parquet, Arrow.

Every column is carried through as it stands: those of CSV and TSV as texts, lines of JSON as they
were written, with the added fields at their end.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from kgmed.kg.errors import RowError, UsageError
from kgmed.reasoning.claims.batch.plausible import PLAUSIBLE
from kgmed.reasoning.claims.batch.table import ADDED, QUALIFIERS, TRIPLE, check_columns

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
"""Endings of files and what they hold."""
SEPARATOR = "|"
"""What stands between statement ids in a CSV or TSV file."""
_JSON_COLUMNS = (*TRIPLE, "negated", "qualifiers", *QUALIFIERS)


def format_of(path: Path) -> str:
    """The format of a file, by its ending."""
    found = FORMATS.get(path.suffix.lower())
    if found is None:
        raise UsageError(
            f"{path}: found the ending {path.suffix or '(none)'!r}, expected one of "
            f"{', '.join(FORMATS)}."
        )
    return found


def read(path: Path, *, rows: int, added: Sequence[str] = ADDED) -> Iterator[pa.Table | list[str]]:
    """The parts of a file of claims, ``rows`` rows each but the last: tables, or lines of JSON.
    ``added`` are columns that it can't have.

    Raises :class:`~kgmed.kg.errors.UsageError` where there is no such file or its columns aren't
    those of claims, and :class:`~kgmed.kg.errors.RowError` for a line that can't be read.
    """
    kind = format_of(path)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.")
    if kind == "jsonl":
        yield from _lines(path, rows)
        return
    try:
        if kind == "parquet":
            with pq.ParquetFile(path) as file:
                check_columns(file.schema_arrow.names, where=str(path), added=added)
                yield from _even(file.iter_batches(batch_size=rows), file.schema_arrow, rows)
        elif kind == "arrow":
            with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as file:
                check_columns(file.schema.names, where=str(path), added=added)
                batches = (file.get_batch(i) for i in range(file.num_record_batches))
                yield from _even(batches, file.schema, rows)
        else:
            yield from _separated(path, "," if kind == "csv" else "\t", rows, added)
    except (pa.ArrowInvalid, OSError) as error:
        raise UsageError(
            f"{path}: can't be read as {kind}: {error}. Is it complete, and of that format?"
        ) from error


def _separated(path: Path, delimiter: str, rows: int, added: Sequence[str]) -> Iterator[pa.Table]:
    """Every column as text; a line with too few or too many fields is an error that names it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
    if not head.strip():
        raise UsageError(f"{path}: found no header line, expected the columns {', '.join(TRIPLE)}.")
    parse = pcsv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
    reading = pcsv.ReadOptions(use_threads=False)  # one thread counts lines for its errors
    names = pcsv.read_csv(pa.py_buffer(head.encode()), parse_options=parse).column_names
    check_columns(names, where=str(path), added=added)
    convert = pcsv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
    )
    try:
        with pcsv.open_csv(path, reading, parse, convert) as reader:
            yield from _even(reader, reader.schema, rows)
    except pa.ArrowInvalid as error:
        raise UsageError(
            f"{path}: {error}. Quote fields that hold {'a comma' if delimiter == ',' else 'a tab'} "
            "or a line break."
        ) from error


def _even(batches: Any, schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    """Tables of ``rows`` rows from batches of any sizes; one without rows for a file without."""
    held: list[pa.RecordBatch] = []
    count = given = 0
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= rows:
            table = pa.Table.from_batches(held, schema)
            yield table.slice(0, rows)
            rest = table.slice(rows)
            held, count, given = rest.to_batches(), rest.num_rows, given + rows
    if count or not given:
        yield pa.Table.from_batches(held, schema)


def _lines(path: Path, rows: int) -> Iterator[list[str]]:
    held: list[str] = []
    given = False
    with path.open(encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                held.append(line)
            if len(held) == rows:
                yield held
                held, given = [], True
    if held or not given:
        yield held


def fields_of(path: Path, *, added: Sequence[str] = ADDED) -> tuple[str, ...]:
    """The fields of all lines of a file of JSON lines, in the order in which they first come."""
    names: dict[str, None] = dict.fromkeys(TRIPLE)
    row = 0
    for lines in _lines(path, _SCANNED_AT_ONCE):
        for record in _records(lines, path=path, first_row=row + 1, added=added):
            names.update(dict.fromkeys(record))
        row += len(lines)
    return tuple(names)


_SCANNED_AT_ONCE = 10_000


def table_of(
    lines: Sequence[str],
    *,
    path: Path,
    first_row: int,
    fields: Sequence[str] = (),
    added: Sequence[str] = ADDED,
) -> pa.Table:
    """The columns that verifying needs of lines of JSON, or all of ``fields``, as texts; rows are
    counted without empty lines."""
    records = list(_records(lines, path=path, first_row=first_row, added=added))
    names = fields or [
        name
        for name in _JSON_COLUMNS
        if name in TRIPLE or any(name in record for record in records)
    ]
    return pa.table(
        {
            name: pa.array([_plain(name, r.get(name)) for r in records], pa.string())
            for name in names
        }
    )


def _records(
    lines: Sequence[str], *, path: Path, first_row: int, added: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, first_row):
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            record = None
        if not isinstance(record, dict) or any(
            not isinstance(record.get(name), str | None) for name in TRIPLE
        ):
            expected = f"a JSON object with the texts {', '.join(TRIPLE)}"
            raise RowError(
                path, number, found=line.strip()[:80], expected=expected, hint="One object a line."
            )
        missing = [name for name in TRIPLE if name not in record]
        taken = [name for name in added if name in record]
        if missing or taken:
            found = f"no {missing[0]!r}" if missing else f"the field {taken[0]!r}"
            expected = "fields " + ", ".join(TRIPLE) if missing else "that name to be free"
            raise RowError(path, number, found=found, expected=expected)
        yield record


def _plain(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if name in QUALIFIERS else json.dumps(value, ensure_ascii=False)


# Writing -----------------------------------------------------------------------------------------


def write_part(path: Path, kind: str, table: pa.Table, lines: Sequence[str] | None) -> None:
    """A part of the output, under a name of its own until it is whole."""
    unfinished = path.with_suffix(".unfinished")
    if kind == "jsonl":
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(_as_lines(table, lines))
    elif kind in ("csv", "tsv"):
        options = pcsv.WriteOptions(
            include_header=False, delimiter="," if kind == "csv" else "\t", quoting_style="needed"
        )
        pcsv.write_csv(flat(table), unfinished, options)
    else:
        with pa.ipc.new_file(unfinished, table.schema) as writer:
            writer.write_table(table)
    unfinished.replace(path)


def flat(table: pa.Table) -> pa.Table:
    """A table whose columns are texts or numbers, as CSV has them; empty texts become null, which
    is written as nothing."""
    columns = []
    for name, column in zip(table.schema.names, table.columns, strict=True):
        if name == "statements":
            column = pc.binary_join(column, SEPARATOR)  # noqa: PLW2901
        elif pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)  # noqa: PLW2901
        elif pa.types.is_nested(column.type):
            texts = [v if v is None else json.dumps(v, default=str) for v in column.to_pylist()]
            column = pa.chunked_array([pa.array(texts, pa.string())])  # noqa: PLW2901
        if pa.types.is_string(column.type):
            column = pc.if_else(pc.equal(column, ""), None, column)  # noqa: PLW2901
        columns.append(column)
    return pa.table(columns, names=table.schema.names)


def _as_lines(table: pa.Table, lines: Sequence[str] | None) -> Iterator[str]:
    if lines is None:
        for record in table.to_pylist():
            yield json.dumps(record, ensure_ascii=False, default=str) + "\n"
        return
    added = [name for name in (*ADDED, *PLAUSIBLE) if name in table.schema.names]
    records = table.select(added).to_pylist()
    for line, record in zip(lines, records, strict=True):
        yield f"{line.rstrip()[:-1].rstrip()}, {json.dumps(record, ensure_ascii=False)[1:]}\n"


def join(parts: Sequence[Path], target: Path, kind: str, names: Sequence[str]) -> None:
    """Put the parts of an output together, under the target's name once it is whole."""
    unfinished = target.with_name(target.name + ".unfinished")
    if kind in ("csv", "tsv", "jsonl"):
        with unfinished.open("wb") as file:
            if kind != "jsonl":
                delimiter = "," if kind == "csv" else "\t"
                header = pa.table({name: pa.array([], pa.string()) for name in names})
                options = pcsv.WriteOptions(delimiter=delimiter, quoting_style="needed")
                pcsv.write_csv(header, file, options)
            for part in parts:
                with part.open("rb") as source:
                    shutil.copyfileobj(source, file, 1 << 20)
    else:
        _join_tables(parts, unfinished, kind)
    unfinished.replace(target)


def _join_tables(parts: Sequence[Path], target: Path, kind: str) -> None:
    writer: Any = None
    try:
        for part in parts:
            with pa.memory_map(str(part)) as source, pa.ipc.open_file(source) as file:
                table = file.read_all()
                if writer is None:
                    make = pq.ParquetWriter if kind == "parquet" else pa.ipc.new_file
                    writer = make(str(target), table.schema)
                writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def counts(table: pa.Table) -> dict[str, int]:
    """Rows by verdict."""
    found = pc.value_counts(table.column("verdict").combine_chunks())
    return {entry["values"]: entry["counts"] for entry in found.to_pylist()}
