"""The rows behind the counts, in order.

Concepts come by id, kind and language; statements by id. Both are sorted by DuckDB and streamed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from kgmed.kg.diff.model import (
    CONCEPT_KINDS,
    ONE_CONCEPT,
    STATEMENT_KINDS,
    ConceptChange,
    ConceptKind,
    StatementChange,
    StatementKind,
)
from kgmed.kg.diff.statements import BIT, DETAILS, MOVED
from kgmed.kg.errors import UsageError
from kgmed.kg.layers import literal
from kgmed.kg.model import Retraction, Statement, Value
from kgmed.kg.store.csr import DETAIL_ITEM

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

PART_ROW = 4096
"""Bytes of DuckDB's memory for each statement row that is put together at a time, with room to
spare: 4 GB make parts of a million rows. Each part reads both snapshots' tables once."""
_BATCH = 10_000

CONCEPT_ORDER = " ORDER BY id, kind, language, before"
STATEMENT_ORDER = " ORDER BY n.id"
STATEMENT_COLUMNS = (
    "id", "subject", "predicate", "object", "value", "value_type", "unit", "value_language",
    "qualifiers", "negated", "primary_knowledge_source", "source_record", "publications",
    "release", "licence", "text", "original_subject", "original_predicate", "original_object",
    "knowledge_level", "agent_type",
)  # fmt: skip
FIRST_NAME = "arg_min({}, CASE language WHEN 'en' THEN '' ELSE language END)"
"""Of a concept's preferred names, the English one, else that of the first language."""
VALUE_COLUMNS = ("value", "value_type", "unit", "value_language")


def _list_sql(column: str) -> str:
    return f"CASE {column} WHEN '' THEN [] ELSE string_split({column}, '{DETAIL_ITEM}') END"


def _before_sql() -> str:
    """The old values of what differs, as a JSON object in the order of the fields."""
    old = {
        "subject": "past.subject",
        "object": "past.object",
        "predicate": "old_predicate.predicate",
        **{
            name: f"old_profile.{name}"
            for name in ("release", "licence", "original_predicate", "knowledge_level")
        },
        "agent_type": "old_profile.agent_type",
        "source_record": _list_sql("past.source_record"),
        "publications": _list_sql("past.publications"),
        "text": "past.text",
    }
    parts = ", ".join(
        f"CASE WHEN mask & {bit} <> 0 THEN '\"{name}\":' || to_json({old[name]}) END"
        for name, bit in BIT.items()
    )
    return f"'{{' || concat_ws(',', {parts}) || '}}'"


def statement_rows(where: str) -> str:
    """The query of statement rows whose ``change`` meets a condition, without an order.

    A row is what the newer side holds, so that only statements that it lacks, and those whose
    details or ends differ, are looked up in the old tables. Every step is materialised, so that
    what one joins is let go before the next, and takes memory for the chosen rows, not for the
    graph.
    """

    def held(name: str, condition: str) -> str:
        return f"""
            {name}_side AS MATERIALIZED (
              SELECT c.*, t.* EXCLUDE (id, row, profile)
              FROM chosen c JOIN {name}_rows t ON t.row = c.{name}_row WHERE {condition}),
            {name}_end AS MATERIALIZED (
              SELECT cid, id FROM {name}_concepts
              WHERE cid IN (SELECT s FROM {name}_side UNION SELECT o FROM {name}_side)),
            {name}_named AS MATERIALIZED (
              SELECT r.*, s.id AS subject, coalesce(o.id, '') AS object
              FROM {name}_side r JOIN {name}_end s ON s.cid = r.s
              LEFT JOIN {name}_end o ON o.cid = r.o)"""

    return f"""
        WITH chosen AS MATERIALIZED (SELECT * FROM change WHERE {where}),
        {held("new", "new_row IS NOT NULL")},
        {held("old", f"new_row IS NULL OR mask & {MOVED | DETAILS} <> 0")},
        present AS (
          SELECT *, p::INT AS code FROM new_named
          UNION ALL BY NAME
          SELECT n.*, pc.code FROM old_named n JOIN predicate_code pc ON pc.p = n.p
          WHERE new_row IS NULL),
        past AS (
          SELECT id, subject, object, source_record, publications, text
          FROM old_named WHERE new_row IS NOT NULL)
        SELECT kind::VARCHAR AS kind,
               replace(n.id::VARCHAR, '-', '') AS id, n.subject, q.predicate, n.object,
               n.value, n.value_type, n.unit, n.value_language, n.qualifiers, q.negated,
               f.primary_knowledge_source, {_list_sql("n.source_record")} AS source_record,
               {_list_sql("n.publications")} AS publications, f.release, f.licence, n.text,
               coalesce(nullif(n.original_subject, ''), n.subject) AS original_subject,
               f.original_predicate,
               coalesce(nullif(n.original_object, ''), n.object) AS original_object,
               f.knowledge_level, f.agent_type,
               CASE WHEN r.id IS NOT NULL THEN to_json(struct_pack(
                   reason := r.reason, who := r.who, date := r.date))::VARCHAR ELSE '' END
                   AS retracted,
               CASE WHEN one_concept THEN '{ONE_CONCEPT}' ELSE '' END AS reason,
               {_before_sql()} AS before
        FROM present n LEFT JOIN past USING (id)
        JOIN predicate_of q ON q.code = n.code JOIN profile_of f ON f.code = n.profile
        LEFT JOIN new_retraction r ON r.id = n.id AND kind = 'retracted'
        LEFT JOIN predicate_of old_predicate ON old_predicate.code = n.old_p
        LEFT JOIN profile_of old_profile ON old_profile.code = n.old_profile"""


def concept_rows(where: str, *, limit: int | None = None) -> str:
    """The query of concept rows that meet a condition over their columns, without an order.

    ``limit`` bounds the rows of each kind, the first by id and language. A row's concept is the
    new one, but for those that were retired or split.
    """
    bound = ""
    if limit is not None:
        bound = f"""QUALIFY row_number() OVER (PARTITION BY kind ORDER BY id, language)
                    <= {int(limit)}"""
    titles = " UNION ALL ".join(
        f"""SELECT {newer} AS newer, cid, text, language FROM {side}_names
            WHERE kind = 'preferred' AND cid IN (SELECT cid FROM chosen WHERE newer = {newer})"""
        for side, newer in (("new", "true"), ("old", "false"))
    )
    return f"""
        WITH chosen AS MATERIALIZED (
          SELECT * FROM (
            SELECT c.*, true AS newer, e.cid, e.id, e.sources
            FROM concept_change c JOIN new_concepts e ON e.cid = c.n
            WHERE kind NOT IN ('retired', 'split')
            UNION ALL
            SELECT c.*, false, e.cid, e.id, e.sources
            FROM concept_change c JOIN old_concepts e ON e.cid = c.o
            WHERE kind IN ('retired', 'split'))
          WHERE {where} {bound}),
        title AS (
          SELECT newer, cid, {FIRST_NAME.format("text")} AS name
          FROM ({titles}) GROUP BY newer, cid)
        SELECT kind::VARCHAR AS kind, id, coalesce(name, id) AS name, before,
               after, ids, language, sources
        FROM chosen LEFT JOIN title USING (newer, cid)"""


def batches(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    """A query's batches, as they come; other queries may run meanwhile."""
    yield from connection.cursor().sql(query).to_arrow_reader(_BATCH)


def read_statements(
    connection: duckdb.DuckDBPyConnection,
    *,
    kinds: Sequence[StatementKind] | None = None,
    fields: Sequence[str] | None = None,
) -> Iterator[StatementChange]:
    """Statement rows by id: those of these kinds, and where any of these fields differs."""
    condition = _among(kinds, STATEMENT_KINDS)
    if fields is not None:
        unknown = [name for name in fields if name not in BIT]
        if unknown:
            raise UsageError(f"Found field {unknown[0]!r}, expected one of: {', '.join(BIT)}.")
        condition += f" AND mask & {sum(BIT[name] for name in set(fields))} <> 0"
    return _statements(connection, condition)


def first_statements(
    connection: duckdb.DuckDBPyConnection, limit: int
) -> Iterator[StatementChange]:
    """The first rows of each kind by id, those last of which only the release differs."""
    first = " UNION ALL ".join(
        f"""(SELECT id FROM change WHERE kind = '{kind}'
             ORDER BY mask = {BIT["release"]}, id LIMIT {int(limit)})"""
        for kind in STATEMENT_KINDS
    )
    return _statements(connection, f"id IN ({first})")


def _statements(connection: duckdb.DuckDBPyConnection, condition: str) -> Iterator[StatementChange]:
    for part in statement_parts(connection, condition):
        for batch in batches(connection, statement_rows(part) + STATEMENT_ORDER):
            yield from map(_statement_change, batch.to_pylist())


def statement_parts(connection: duckdb.DuckDBPyConnection, condition: str) -> list[str]:
    """Conditions that cut the rows of one into parts that fit into memory, in order.

    Ids are digests, so that equal ranges of their numbers hold about equally many.
    """
    rows, memory = connection.execute(
        f"SELECT count(*), current_setting('memory_limit') FROM change WHERE {condition}"
    ).fetchall()[0]
    number, unit = memory.split()  # '3.7 GiB'
    limit = float(number) * 1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB").index(unit)
    count = -(-int(rows) // max(1, int(limit / PART_ROW)))
    if count <= 1:
        return [condition]
    cuts = [f"'{UUID(int=(n << 128) // count)}'::UUID" for n in range(1, count)]
    return [
        " AND ".join(
            [f"({condition})"]
            + ([f"id >= {cuts[n - 1]}"] if n else [])
            + ([f"id < {cuts[n]}"] if n < count - 1 else [])
        )
        for n in range(count)
    ]


def read_concepts(
    connection: duckdb.DuckDBPyConnection,
    *,
    source: str,
    kinds: Sequence[ConceptKind] | None = None,
    limit: int | None = None,
) -> Iterator[ConceptChange]:
    """Concept rows by id, kind and language; ``limit`` bounds the rows of each kind."""
    condition = f"{_among(kinds, CONCEPT_KINDS)} AND {of_source(source)}"
    return _concepts(connection, concept_rows(condition, limit=limit) + CONCEPT_ORDER)


def _concepts(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[ConceptChange]:
    for batch in batches(connection, query):
        for row in batch.to_pylist():
            lists = {name: tuple(row[name]) for name in ("before", "after", "ids", "sources")}
            yield ConceptChange(**{**row, **lists})


def of_source(source: str) -> str:
    """The condition that a concept's row is about one that a source speaks of."""
    return f"list_contains(sources, {literal(source)})" if source else "true"


def _among(chosen: Sequence[str] | None, known: Sequence[str]) -> str:
    if chosen is None:
        return "true"
    for name in chosen:
        if name not in known:
            raise UsageError(f"Found kind {name!r}, expected one of: {', '.join(known)}.")
    return f"kind::VARCHAR IN ({', '.join(map(literal, chosen)) or 'NULL'})"


def first_names(
    connection: duckdb.DuckDBPyConnection, changes: Sequence[StatementChange]
) -> dict[str, str]:
    """The names of the concepts at the ends of some statements, by id; English if there is one."""
    ends = {end for c in changes for end in (c.statement.subject, c.statement.object)}
    ends |= {
        str(c.before[name]) for c in changes for name in ("subject", "object") if name in c.before
    }
    found: dict[str, str] = {}
    for side in ("old", "new"):
        rows = connection.execute(
            f"""SELECT c.id, {FIRST_NAME.format("n.text")}
                FROM (SELECT id, cid FROM {side}_concepts
                      WHERE id IN (SELECT unnest($1::VARCHAR[]))) c
                JOIN {side}_names n USING (cid) WHERE n.kind = 'preferred' GROUP BY 1""",
            [sorted(ends)],
        ).fetchall()
        found.update(rows)
    return dict(sorted(found.items()))


def _statement_change(row: dict[str, Any]) -> StatementChange:
    fields = {name: row[name] for name in STATEMENT_COLUMNS if name not in VALUE_COLUMNS}
    fields["qualifiers"] = json.loads(row["qualifiers"] or "{}")
    fields["source_record"] = tuple(row["source_record"])
    fields["publications"] = tuple(row["publications"])
    value = None
    if row["value_type"]:
        value = Value(*(row[name] for name in VALUE_COLUMNS))
    before = {
        name: tuple(item) if isinstance(item, list) else item
        for name, item in json.loads(row["before"]).items()
    }
    retracted = Retraction(**json.loads(row["retracted"])) if row["retracted"] else None
    statement = Statement(**fields, value=value, retracted=retracted)
    return StatementChange(cast(StatementKind, row["kind"]), statement, before, row["reason"])
