"""The rows as a file: JSON lines, TSV or Parquet, written as they come.

A JSON line holds ``what`` (``concept`` or ``statement``) and ``row``, the fields of
:class:`~kgmed.kg.diff.model.ConceptChange` or :class:`~kgmed.kg.diff.model.StatementChange`. The
tables have a column for each field of a concept's row and of a statement: those of the one are
empty in a row of the other. Their ``before`` and ``retracted`` are JSON objects. In TSV, lists are
joined by ``|``, and a tab or the end of a line inside a text becomes a blank.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.diff.rows import (
    STATEMENT_COLUMNS,
    VALUE_COLUMNS,
    batches,
    concept_rows,
    of_source,
    statement_parts,
    statement_rows,
)
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import duckdb

FORMATS = ("jsonl", "tsv", "parquet")

_LISTS = ("sources", "before_ids", "after_ids", "ids", "source_record", "publications")
_CONCEPT_COLUMNS = ("name", "language", "sources", "before_ids", "after_ids", "ids")
_ORDER = "ORDER BY id, kind, language, before_ids"
_LAST = ("retracted", "before", "reason")
_COLUMNS = ("kind", "id", *_CONCEPT_COLUMNS, *STATEMENT_COLUMNS[1:], *_LAST)


def format_of(target: Path) -> str:
    """The format that a file's name asks for."""
    form = target.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        known = ", ".join(f".{name}" for name in FORMATS)
        raise UsageError(f"Found the file {target.name!r}, expected one that ends in: {known}.")
    return form


def write_rows(connection: duckdb.DuckDBPyConnection, target: Path, *, source: str) -> None:
    """Write every row, concepts first; a file of that name is replaced once all is written."""
    form = format_of(target)
    concepts = concept_rows(of_source(source))
    statements = [statement_rows(part) for part in statement_parts(connection, "true")]
    part = target.with_name(f".{target.name}.part")
    try:
        if form == "jsonl":
            lines = [_concept_lines(concepts), *map(_statement_lines, statements)]
            _write_lines(connection, part, lines)
        else:
            present = (*STATEMENT_COLUMNS[1:], *_LAST)
            queries = [
                _flat(concepts, "concept", _CONCEPT_COLUMNS),
                *(_flat(rows, "statement", present) for rows in statements),
            ]
            if form == "tsv":
                lines = [_tsv(query) for query in queries]
                _write_lines(connection, part, lines, first="\t".join(("what", *_COLUMNS)))
            else:
                _write_parquet(connection, part, queries)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _write_lines(
    connection: duckdb.DuckDBPyConnection, target: Path, queries: Sequence[str], *, first: str = ""
) -> None:
    """Write each query's one column, a line a row."""
    with target.open("w", encoding="utf-8", newline="\n") as file:
        if first:
            file.write(f"{first}\n")
        for query in queries:
            for batch in batches(connection, query):
                file.writelines(f"{line}\n" for line in batch.column(0).to_pylist())


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, target: Path, queries: Sequence[str]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"negated": pa.bool_(), **dict.fromkeys(_LISTS, pa.list_(pa.string()))}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in ("what", *_COLUMNS)])
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for query in queries:
            for batch in batches(connection, query):
                writer.write_batch(batch.cast(schema))


def _concept_lines(concepts: str) -> str:
    names = ("kind", "id", "name", "before", "after", "ids", "language", "sources")
    return f"""
        SELECT to_json(struct_pack(
            what := 'concept', row := struct_pack({_packed(names)})))::VARCHAR
        FROM ({concepts}) ORDER BY id, kind, language, before"""


def _statement_lines(statements: str) -> str:
    plain = [n for n in STATEMENT_COLUMNS if n not in {*VALUE_COLUMNS, "qualifiers"}]
    return f"""
        SELECT to_json(struct_pack(what := 'statement', row := struct_pack(
            kind := kind,
            statement := struct_pack({_packed(plain)},
                qualifiers := coalesce(nullif(qualifiers, ''), '{{}}')::JSON,
                value := CASE WHEN value_type <> '' THEN struct_pack(
                    "text" := value, type := value_type, unit := unit,
                    language := value_language) END,
                retracted := nullif(retracted, '')::JSON),
            before := before::JSON, reason := reason)))::VARCHAR
        FROM ({statements}) ORDER BY id"""


def _packed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}" := {name}' for name in names)


def _flat(rows: str, what: str, present: Sequence[str]) -> str:
    """All columns; those that such a row lacks are null."""
    if what == "concept":
        rows = f"SELECT * RENAME (before AS before_ids, after AS after_ids) FROM ({rows})"
    types = {"negated": "BOOLEAN", **dict.fromkeys(_LISTS, "VARCHAR[]")}
    columns = ", ".join(
        name
        if name in {"kind", "id", *present}
        else f"NULL::{types.get(name, 'VARCHAR')} AS {name}"
        for name in _COLUMNS
    )
    return (
        f"SELECT '{what}' AS what, {columns} FROM ({rows}) ORDER BY id, kind, language, before_ids"
    )


def _tsv(query: str) -> str:
    """The lines of a flat query, in its order."""

    def text(name: str) -> str:
        value = f"array_to_string({name}, '|')" if name in _LISTS else f"{name}::VARCHAR"
        return rf"regexp_replace(coalesce({value}, ''), '[\t\r\n]+', ' ', 'g')"

    cells = ", ".join(text(name) for name in ("what", *_COLUMNS))
    return (
        f"SELECT concat_ws(chr(9), {cells}) FROM ({query}) ORDER BY id, kind, language, before_ids"
    )
