"""The file format of the open graph's committed tables: tab-separated text, gzipped.

A table's file is ``<source>.<table>.tsv.gz``: UTF-8, LF, a header of column names of
:data:`kgmed.builders.source.COLUMNS`, no quoting (no value holds a tab or a line break), lists
joined with ``|``. A column with one value for all rows is not in the file: it stands under
``constants`` in ``extraction.json``, next to the counts. Rows are sorted, the gzip header holds no
time, so that the same rows give the same bytes and a change of the tables can be read as a diff of
``zcat``.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, cast

from kgmed.builders.source import COLUMNS, TableName, schema
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

LIST_SEPARATOR = "|"
EXTRACTION = "extraction.json"

Row = Mapping[str, str]


def tables_folder() -> Traversable:
    """Where the committed tables lie, in the installed package."""
    return files("kgmed.builders.open_data").joinpath("tables")


def file_name(source: str, table: TableName) -> str:
    """The file of one table of one source.

    >>> file_name("ndfrt", "statements")
    'ndfrt.statements.tsv.gz'
    """
    return f"{source}.{table}.tsv.gz"


def gzip_bytes(data: bytes) -> bytes:
    """Gzip without a time or an operating system in the header.

    >>> import gzip
    >>> gzip.decompress(gzip_bytes(b"fever"))
    b'fever'
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(data) + deflate.flush()
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    return header + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def split_constants(
    columns: Sequence[str], rows: Iterable[Row]
) -> tuple[list[str], dict[str, str], list[list[str]]]:
    """Set columns of one value apart: the other columns, the constants, the sorted rows.

    >>> split_constants(["id", "language"], [{"id": "b", "language": "en"},
    ...                                      {"id": "a", "language": "en"}])
    (['id'], {'language': 'en'}, [['a'], ['b']])
    """
    cells = [[row.get(column, "") for column in columns] for row in rows]
    varying = [
        i for i, _ in enumerate(columns) if i == 0 or len({values[i] for values in cells}) > 1
    ]
    constants = {
        column: cells[0][i]
        for i, column in enumerate(columns)
        if cells and i not in varying and cells[0][i]
    }
    return (
        [columns[i] for i in varying],
        constants,
        sorted([values[i] for i in varying] for values in cells),
    )


def to_tsv(columns: Sequence[str], rows: Iterable[Sequence[str]], *, where: str) -> bytes:
    """Write rows as text. Raises :class:`DataError` on a value that holds a tab or a line break."""
    lines = ["\t".join(columns)]
    width = len(columns) - 1
    for row in rows:
        line = "\t".join(row)
        if line.count("\t") != width or "\n" in line or "\r" in line:
            raise DataError(f"{where}: found a tab or line break in {list(row)!r}, expected none.")
        lines.append(line)
    return ("\n".join(lines) + "\n").encode()


@cache
def extraction() -> dict[str, Any]:
    """What the extraction wrote of the tables: releases, counts, constants, findings."""
    path = tables_folder().joinpath(EXTRACTION)
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def read_tsv(data: bytes) -> pa.Table:
    """Read unquoted tab-separated text; every column is text, '' is an empty text."""
    import pyarrow as pa
    from pyarrow import csv

    header = data[: data.index(b"\n")].decode().split("\t")
    return csv.read_csv(
        pa.BufferReader(data),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
        read_options=csv.ReadOptions(block_size=max(1 << 20, len(data))),
    )


def conform(read: pa.Table, table: TableName, constants: Mapping[str, str]) -> pa.Table:
    """Give a table read from a file the columns and types of the source protocol."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for name, kind in COLUMNS[table].items():
        if name in read.column_names:
            values = read.column(name).combine_chunks()
        else:
            values = pa.repeat(pa.scalar(constants.get(name, "")), read.num_rows)
        if kind == "list<string>":
            empty = pa.scalar([], pa.list_(pa.string()))
            parts = pc.split_pattern(values, LIST_SEPARATOR)
            values = pc.if_else(pc.equal(values, ""), empty, parts)
        elif kind == "bool":
            values = pc.equal(values, "true")
        elif kind == "double":
            values = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
            values = values.cast(pa.float64())
        elif kind == "int32":
            values = pc.if_else(pc.equal(values, ""), "0", values).cast(pa.int32())
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=schema(table))
