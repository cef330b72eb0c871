"""Writing the files: DuckDB copies each table, then the folder is put in its place."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg import layers
from kgmed.kg.errors import StoreError, UsageError
from kgmed.kg.layers import literal
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_ITEM
from kgmed.kg.views import licensing
from kgmed.kg.views import neo4j_schema as schema
from kgmed.kg.views.licensing import Leaving, Terms
from kgmed.kg.views.neo4j_admin.scripts import Written, write_scripts
from kgmed.kg.views.neo4j_admin.tables import MARKER_TEXTS, RANGE, TABLES, Column, Look, Table
from kgmed.kg.views.remainder import remaining

if TYPE_CHECKING:
    import duckdb

    from kgmed.kg.store.embedded import EmbeddedStore

FORMATS = ("csv", "parquet")
MANIFEST = "manifest.json"
SHAPE = "kgmed.neo4j/1"
ARRAY = "\x1f"
"""What stands between the items of a list in CSV. neo4j-admin has no way to escape it."""
_NUMBER_BITS = 36
"""Row numbers of a table begin at its place in the order of tables, shifted by so many bits."""
PART = 500_000
"""Concepts whose rows are gathered at a time."""
_COPY = {
    "csv": "FORMAT csv, HEADER false, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR ''",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


@dataclass(frozen=True, slots=True)
class Neo4jFiles:
    """What an export wrote: nodes by label, relationships by type of structure or 'statements',
    bytes and seconds; how many U+001F were removed; and what leaving meant."""

    out: str
    format: str
    nodes: dict[str, int]
    relationships: dict[str, int]
    bytes: int
    seconds: float
    removed: int
    leaving: Leaving
    schema: str = SHAPE

    @property
    def rows(self) -> int:
        """Nodes and relationships."""
        return sum(self.nodes.values()) + sum(self.relationships.values())


def export(
    store: EmbeddedStore,
    out: Path,
    *,
    format: str = "csv",
    allow: Sequence[str] = (),
    memory: str = "3GB",
    progress: Callable[[str], None] = lambda _text: None,
) -> Neo4jFiles:
    """Write a graph for ``neo4j-admin database import`` into the folder ``out``.

    ``allow`` names licences or sources that aren't open and may leave. A folder that an earlier
    export made is replaced once all is written; any other that isn't empty is refused. DuckDB holds
    up to ``memory``, and spills to ``out``'s disk. Raises :class:`~kgmed.kg.errors.UsageError`, and
    :class:`~kgmed.kg.errors.StoreError` where the disk is full.
    """
    import duckdb

    if format not in FORMATS:
        raise UsageError(f"Found format {format!r}, expected one of: {', '.join(FORMATS)}.")
    begin = time.perf_counter()
    _check(out)
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        (partial / "data").mkdir(parents=True)
        with duckdb.connect() as connection:
            no_progress_bar(connection)
            connection.execute(f"SET memory_limit = {literal(memory)}")
            connection.execute(f"SET temp_directory = {literal(str(partial / 'spill'))}")
            leaving = licensing.define(connection, store.snapshot, allow=allow)
            terms = Terms.of(store.snapshot, allow)
            predicates = _prepare(connection, store, leaving, terms, progress)
            written, removed = _copy_all(connection, partial / "data", format, progress)
            relationships = _relationships(written)
        write_scripts(partial, written, predicates, parquet=format == "parquet")
        shutil.rmtree(partial / "spill", ignore_errors=True)
        made = Neo4jFiles(
            str(out),
            format,
            _nodes(written),
            relationships,
            sum(file.stat().st_size for file in partial.rglob("*") if file.is_file()),
            0.0,
            removed,
            leaving,
        )
        _write_manifest(partial, made, store)
        _publish(partial, out)
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        raise StoreError(
            f"{out}: the export ran out of disk or memory, or can't write there: {error}. Free "
            "some, or name a folder on a larger disk."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return replace(made, seconds=time.perf_counter() - begin)


def _check(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a file is in the way; --out names a folder.")
    if out.is_dir() and any(out.iterdir()) and not _is_export(out):
        raise UsageError(
            f"{out}: the folder holds files that no export to Neo4j wrote "
            f"({min(path.name for path in out.iterdir())} ...). Name an empty or a new folder."
        )


def _is_export(folder: Path) -> bool:
    try:
        held = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(held, dict) and held.get("schema") == SHAPE


def _publish(partial: Path, out: Path) -> None:
    """Give the folder its name; what an earlier export left goes out of the way first."""
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    if out.is_dir():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    store: EmbeddedStore,
    leaving: Leaving,
    terms: Terms,
    progress: Callable[[str], None],
) -> list[str]:
    """Make the tables that the queries of files join; returns the predicates of statements."""
    progress("counting degrees")
    connection.execute("""
        CREATE TABLE degree AS
        SELECT cid, count(*) AS degree FROM (
          SELECT s AS cid FROM rows WHERE o IS NOT NULL
          UNION ALL SELECT o FROM rows WHERE o IS NOT NULL) GROUP BY cid""")
    info, coverage = remaining(connection, store, leaving, terms)
    used = connection.execute("""
        SELECT DISTINCT predicate, negated FROM predicate
        WHERE p IN (SELECT DISTINCT p FROM rows) ORDER BY ALL""").fetchall()
    for name in {name for name, _negated in used} | set(info.categories):
        if schema.quoted(name) and ARRAY in name:
            raise UsageError(f"Found U+001F in {name!r}, a category or predicate; rename it.")
    about = {name: value for name, value in asdict(info).items() if name != "uri"}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    texts = (
        schema.MARKER, leaving.snapshot, "complete", _json(about),
        _json([asdict(row) for row in coverage]), _json(used), info.created, now,
    )  # fmt: skip
    columns = ", ".join(f"{name} VARCHAR" for name in MARKER_TEXTS)
    plain = connection.execute(f"SELECT {schema.plain_order_sql('concepts', 'predicate')}")
    layers.fill(
        connection, "marker", f"{columns}, format INT, schema INT, {schema.PLAIN_ORDER} BOOL",
        [[*texts, info.format, schema.SCHEMA, plain.fetchall()[0][0]]],
    )  # fmt: skip
    retracted = [
        [said.id, said.retracted.reason, said.retracted.who, said.retracted.date,
         schema.statement_json(said)]
        for said in store.retracted()
        if said.retracted and terms.lets(said.primary_knowledge_source, said.licence)
    ]  # fmt: skip
    texts_of = "id VARCHAR, reason VARCHAR, who VARCHAR, date VARCHAR, statement VARCHAR"
    layers.fill(connection, "retracted", texts_of, retracted)
    return sorted({name for name, _negated in used})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _copy_all(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    format: str,
    progress: Callable[[str], None],
) -> tuple[list[Written], int]:
    """Copy every table that has rows; returns the files, and how many U+001F were removed."""
    written: list[Written] = []
    removed = 0
    concepts = (connection.execute("SELECT max(cid) FROM concepts").fetchall()[0][0] or 0) + 1
    for number, table in enumerate(TABLES):
        progress(f"writing {table.name}")
        part, found = copy_table(connection, table, folder, format, number, concepts=concepts)
        removed += found
        if part.rows:
            written.append(part)
    return written, removed


def copy_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    folder: Path,
    format: str,
    number: int = 0,
    *,
    concepts: int = 1,
) -> tuple[Written, int]:
    """Copy a table into files of ``folder``; returns them, and how many U+001F were removed.

    ``number`` is the table's place in the order of tables, ``concepts`` how many numbers of
    concepts there are. Rows whose texts have line breaks go into files of their own in CSV.
    """
    broken, removed = _look(connection, table) if format == "csv" else ("false", 0)
    part = Written(table)
    for first in range(0, concepts, PART) if table.parted else (0,):
        rows = table.rows.replace(RANGE, f"cid BETWEEN {first} AND {first + PART - 1}")
        for multiline in (False, True) if broken != "false" else (False,):
            where = broken if multiline else f"NOT ({broken})"
            name = f"{table.name}-multiline" if multiline else table.name
            file = f"{name}-{first // PART:03}.{format}" if table.parted else f"{name}.{format}"
            query = _select(table, rows, where, format, (number << _NUMBER_BITS) + part.rows)
            copy = f"COPY ({query}) TO {literal(str(folder / file))} ({_COPY[format]})"
            copied = int(connection.execute(copy).fetchall()[0][0])
            if copied:
                part.files.append(file)
                part.multiline += [file] if multiline else []
                part.rows += copied
            else:
                (folder / file).unlink()
    return part, removed


def _select(table: Table, rows: str, broken: str, format: str, offset: int) -> str:
    cells = ", ".join(
        f'{_cell(column, format, offset)} AS "{column.name}"' for column in table.columns
    )
    return f"SELECT {cells} FROM {rows} WHERE ({table.where}) AND ({broken})"


def _cell(column: Column, format: str, offset: int) -> str:
    """SQL: the value as it is written. What is empty is absent."""
    sql = column.sql
    if column.kind == "row":
        return f"{sql} + {offset}"
    if column.kind in {"number", "code"}:
        return sql
    array, item = _character(ARRAY), _character(DETAIL_ITEM)
    if column.kind == "text":
        return f"nullif({sql}, '')"
    if column.kind == "items":
        if format == "csv":
            return f"nullif(replace(replace({sql}, {array}, ''), {item}, {array}), '')"
        return f"CASE WHEN {sql} <> '' THEN string_split({sql}, {item}) END"
    if column.kind == "labels":
        return f"nullif(array_to_string({sql}, {array}), '')"
    if format == "csv":
        cleaned = f"list_transform({sql}, lambda x: replace(x, {array}, ''))"
        return f"nullif(array_to_string({cleaned}, {array}), '')"
    return f"CASE WHEN len({sql}) > 0 THEN {sql} END"


def _character(text: str) -> str:
    return f"chr({ord(text)})"


def _look(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[str, int]:
    """The condition of rows whose texts have line breaks, 'false' where none does, and how many
    U+001F stand in items of lists."""
    look = _looked(connection, table)
    broken, removed = 0, 0
    for one in table.looks or (look,):
        breaks = " OR ".join(_breaks(sql) for sql in (*one.texts, *one.items)) or "false"
        array = " + ".join(_separators(sql) for sql in one.items) or "0"
        n, found = connection.execute(f"""
            SELECT count(*) FILTER (WHERE {breaks}), coalesce(sum({array}), 0)::BIGINT
            FROM {one.rows}""").fetchall()[0]
        broken, removed = broken + n, removed + int(found)
    condition = " OR ".join(_breaks(sql) for sql in (*look.texts, *look.items)) or "false"
    return condition if broken else "false", removed


def _looked(connection: duckdb.DuckDBPyConnection, table: Table) -> Look:
    """The texts of a table's own rows. What a dictionary holds is looked at there."""
    texts, items = [], []
    for column in table.columns:
        if column.dictionary:
            broken = f"SELECT count(*) FROM {column.dictionary} WHERE {_breaks(column.sql)}"
            if connection.execute(broken).fetchall()[0][0]:
                texts.append(column.sql)
        elif column.kind == "text":
            texts.append(column.sql)
        elif column.kind == "items":
            items.append(column.sql)
        elif column.kind in {"list", "labels"}:
            items.append(f"array_to_string({column.sql}, '')")
    return Look(f"{table.rows} WHERE {table.where}", tuple(texts), tuple(items))


def _breaks(sql: str) -> str:
    return f"coalesce(contains({sql}, chr(10)) OR contains({sql}, chr(13)), false)"


def _separators(sql: str) -> str:
    """SQL: how many U+001F a text holds."""
    array = _character(ARRAY)
    without = f"replace({sql}, {array}, '')"
    return f"CASE WHEN contains({sql}, {array}) THEN len({sql}) - len({without}) ELSE 0 END"


def _nodes(written: Sequence[Written]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in written:
        for read in part.table.reads:
            if read.what == "nodes":
                found[read.token] = found.get(read.token, 0) + part.rows
    return found


def _relationships(written: Sequence[Written]) -> dict[str, int]:
    """Counts by type of structure; those of statements, whose type a column says, are one."""
    found: dict[str, int] = {}
    for part in written:
        for read in part.table.reads:
            if read.what == "relationships":
                name = read.token or "statements"
                found[name] = found.get(name, 0) + part.rows
    return found


def _write_manifest(folder: Path, made: Neo4jFiles, store: EmbeddedStore) -> None:
    from importlib.metadata import version

    held = {
        "schema": SHAPE,
        "kgmed": version("kgmed"),
        "graph": store.snapshot.manifest["snapshot"],
        "format": made.format,
        "nodes": made.nodes,
        "relationships": made.relationships,
        "removed_u001f": made.removed,
        "leaving": asdict(made.leaving),
    }
    text = json.dumps(held, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
