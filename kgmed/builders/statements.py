"""Statements between numbered concepts: their ids, their order, and what they say twice.

A staged row is looked at once (:func:`identify`): its ends become numbers, what it shares with
millions of others a profile, and its id is computed in SQL by the recipe of
:func:`kgmed.kg.model.statement_id`; a test compares the two. Only the few rows of a source that say
the same thing are grouped; all others pass straight into one sort.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.predicates import Registry
from kgmed.kg.store.csr import DETAIL_ITEM

if TYPE_CHECKING:
    import duckdb

_US = "chr(31)"
STATEMENT_ID_SQL = f"""left(sha256(concat(
    primary_knowledge_source, {_US}, subject, {_US}, predicate, {_US},
    CASE WHEN object <> '' THEN concat('o', object)
         ELSE concat('v', value_type, {_US}, unit, {_US}, value_language, {_US}, value) END,
    {_US}, CASE WHEN negated THEN '1' ELSE '0' END, {_US}, qualifiers)), 32)"""

_PROFILE = (
    "primary_knowledge_source, release, licence, original_predicate, knowledge_level, agent_type"
)


def identify(connection: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """``identified``: every staged statement with its id and the numbers of its ends.

    Needs ``ids(n, id)``. ``sn`` and ``obj`` are the ends in order (those of a symmetric statement
    as its id has them), ``obj`` null where there is a value.
    """
    symmetric = ", ".join(f"'{name}'" for name, p in registry.items() if p.symmetric) or "''"
    swap = f"predicate IN ({symmetric}) AND object <> '' AND subject > object"
    connection.execute(f"""
        CREATE OR REPLACE TABLE profile_code AS
        SELECT row_number() OVER (ORDER BY {_PROFILE}) - 1 AS profile, * FROM (
          SELECT DISTINCT {_PROFILE} FROM in_statements);
        CREATE OR REPLACE TABLE identified AS
        WITH turned AS (
          SELECT * REPLACE (CASE WHEN {swap} THEN object ELSE subject END AS subject,
                            CASE WHEN {swap} THEN subject ELSE object END AS object)
          FROM in_statements)
        SELECT from_hex({STATEMENT_ID_SQL}) AS sid, a.n AS sn, b.n AS obj, predicate, negated,
               f.profile::UINTEGER AS profile, qualifiers, source_record, publications, text,
               value, value_type, unit, value_language, source_number::USMALLINT AS source_number
        FROM turned t JOIN profile_code f USING ({_PROFILE})
        JOIN ids a ON a.id = t.subject LEFT JOIN ids b ON b.id = t.object""")


def number(connection: duckdb.DuckDBPyConnection) -> list[dict[str, str]]:
    """``st``: what :func:`identify` made, between concepts; and ``predicate_code``.

    Needs ``id_cid(n, id, cid, leader_n)``; ``lent_s`` and ``lent_o`` are ends by another id than
    their concept's. Edges of ``subclass_of`` inside a strongly connected
    component become ``broader``, and are returned; their ids stay what the sources' own words make
    them. ``stated`` is the predicate that a row came with.
    """
    cycles = _cyclic(connection)
    connection.execute("""
        CREATE OR REPLACE TABLE ends AS
        SELECT n, cid, CASE WHEN n <> leader_n THEN id END AS lent FROM id_cid
        SEMI JOIN (SELECT sn AS n FROM identified UNION SELECT obj FROM identified) USING (n);
        CREATE OR REPLACE VIEW st AS
        SELECT i.* EXCLUDE (predicate), i.predicate AS stated,
               CASE WHEN c.s IS NULL THEN i.predicate ELSE 'broader' END AS predicate,
               a.cid AS s, b.cid AS o, a.lent AS lent_s, b.lent AS lent_o
        FROM identified i JOIN ends a ON a.n = i.sn LEFT JOIN ends b ON b.n = i.obj
        LEFT JOIN cyclic c ON i.predicate = 'subclass_of' AND c.s = a.cid AND c.o = b.cid;
        CREATE OR REPLACE TABLE predicate_rows AS
        SELECT predicate, negated, count(*) AS rows FROM st GROUP BY 1, 2;
        CREATE OR REPLACE TABLE predicate_code AS
        SELECT row_number() OVER (ORDER BY predicate, negated) - 1 AS p, predicate, negated
        FROM predicate_rows;
        CREATE OR REPLACE TABLE repeated AS
        SELECT sid FROM identified GROUP BY sid HAVING count(*) > 1""")
    if not cycles:
        return []
    return [
        {"subject": s, "object": o, "source": source}
        for s, o, source in connection.execute("""
            SELECT DISTINCT a.id, b.id, f.primary_knowledge_source
            FROM st JOIN cyclic USING (s, o) JOIN profile_code f USING (profile)
            JOIN ids a ON a.n = sn JOIN ids b ON b.n = obj
            WHERE stated = 'subclass_of' ORDER BY ALL""").fetchall()
    ]


def _cyclic(connection: duckdb.DuckDBPyConnection) -> int:
    """Fill ``cyclic(s, o)``: concepts joined by ``subclass_of`` inside a cycle."""
    import networkx as nx

    connection.execute("""
        CREATE OR REPLACE TABLE cyclic(s INT, o INT);
        CREATE OR REPLACE TEMP TABLE up AS
        SELECT DISTINCT a.cid AS s, b.cid AS o FROM identified i
        JOIN id_cid a ON a.n = i.sn JOIN id_cid b ON b.n = i.obj
        WHERE i.predicate = 'subclass_of' AND NOT i.negated AND a.cid <> b.cid""")

    def left() -> int:
        return int(connection.execute("SELECT count(*) FROM up").fetchall()[0][0])

    before = -1
    while before != (before := left()):  # what can lie on a cycle has something above and below
        connection.execute("""CREATE OR REPLACE TEMP TABLE up AS SELECT * FROM up
            WHERE s IN (SELECT o FROM up) AND o IN (SELECT s FROM up)""")
    graph = nx.DiGraph(connection.execute("SELECT s, o FROM up ORDER BY 1, 2").fetchall())
    inside = [
        (s, o)
        for component in nx.strongly_connected_components(graph)
        if len(component) > 1
        for s, o in graph.subgraph(component).edges
    ]
    if inside:
        connection.executemany("INSERT INTO cyclic VALUES (?, ?)", sorted(inside))
    return len(inside)


_ONE = """
    source_record,
    coalesce(array_to_string(list_sort(list_filter(list_distinct(publications),
        lambda x: x <> '')), '{item}'), '') AS publications,
    text, coalesce(lent_s, '') AS original_subject, coalesce(lent_o, '') AS original_object,
    qualifiers"""
_MERGED = """
    coalesce(array_to_string(list_sort(list_distinct(list(source_record)
        FILTER (WHERE source_record <> ''))), '{item}'), '') AS source_record,
    coalesce(array_to_string(list_sort(list_filter(list_distinct(flatten(list(
        coalesce(publications, [])))), lambda x: x <> '')), '{item}'), '') AS publications,
    min(text) AS text, coalesce(min(lent_s), '') AS original_subject,
    coalesce(min(lent_o), '') AS original_object, min(qualifiers) AS qualifiers"""
_CODES = "JOIN predicate_code c USING (predicate, negated)"


def statements_sql() -> str:
    """The table ``statements``: between two concepts, numbered in the protocol's order."""
    return f"""
        SELECT (row_number() OVER () - 1)::INT AS eid, * FROM (
          SELECT s::INT AS s, p::USMALLINT AS p, o::INT AS o, profile, sid AS id,
                 {_ONE.format(item=DETAIL_ITEM)}
          FROM st t {_CODES} ANTI JOIN repeated r USING (sid)
          WHERE obj IS NOT NULL AND s <> o
          UNION ALL
          SELECT min(s)::INT, min(p)::USMALLINT, min(o)::INT, min(profile), sid,
                 {_MERGED.format(item=DETAIL_ITEM)}
          FROM st t {_CODES} SEMI JOIN repeated r USING (sid)
          WHERE obj IS NOT NULL AND s <> o GROUP BY sid
          ORDER BY s, p, o, id)"""


def values_sql() -> str:
    """The table ``values``: of one concept and a value."""
    return f"""
        SELECT s::INT AS s, p::USMALLINT AS p, profile, sid AS id, value_type, value, unit,
               value_language, {_ONE.format(item=DETAIL_ITEM)}
        FROM st t {_CODES} ANTI JOIN repeated r USING (sid) WHERE obj IS NULL
        UNION ALL
        SELECT min(s)::INT, min(p)::USMALLINT, min(profile), sid, min(value_type), min(value),
               min(unit), min(value_language), {_MERGED.format(item=DETAIL_ITEM)}
        FROM st t {_CODES} SEMI JOIN repeated r USING (sid) WHERE obj IS NULL GROUP BY sid
        ORDER BY s, p, id"""


def count_rows(connection: duckdb.DuckDBPyConnection, tables: Path) -> dict[str, int]:
    """Read = kept + set aside, by reason."""
    read, loops = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE obj IS NOT NULL AND s = o) FROM st"
    ).fetchall()[0]
    kept = sum(
        connection.execute(
            "SELECT count(*) FROM read_parquet(?)", [str(tables / f"{name}.parquet")]
        ).fetchall()[0][0]
        for name in ("statements", "values")
    )
    return {
        "read": read,
        "kept": kept,
        "both ends are one concept": loops,
        "the same statement of the same source": read - loops - kept,
    }
