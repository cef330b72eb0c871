"""An overlay's statements: few, so that they stay whole, with their sources' own words beside them.

A build does the same for tens of millions of rows (:mod:`kgmed.builders.statements`) on numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.merge import write_table
from kgmed.builders.statements import STATEMENT_ID_SQL
from kgmed.kg.predicates import Registry
from kgmed.kg.store.csr import DETAIL_ITEM

if TYPE_CHECKING:
    import duckdb


def identify_statements(connection: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """``st``: every staged statement, its ends in order, with its id and concept numbers."""
    symmetric = ", ".join(f"'{name}'" for name, p in registry.items() if p.symmetric) or "''"
    swap = f"predicate IN ({symmetric}) AND object <> '' AND subject > object"
    connection.execute(f"""
        CREATE OR REPLACE TABLE st AS
        WITH turned AS (
          SELECT * REPLACE (CASE WHEN {swap} THEN object ELSE subject END AS subject,
                            CASE WHEN {swap} THEN subject ELSE object END AS object)
          FROM in_statements),
        identified AS (SELECT {STATEMENT_ID_SQL} AS sid, * FROM turned)
        SELECT i.*, a.cid AS s, b.cid AS o, a.leader AS subject_leader, b.leader AS object_leader
        FROM identified i JOIN id_cid a ON a.id = i.subject
        LEFT JOIN id_cid b ON b.id = i.object""")


_DETAILS = f"""
    array_to_string(list_sort(list_distinct(list(source_record)
        FILTER (WHERE source_record <> ''))), '{DETAIL_ITEM}') AS source_record,
    array_to_string(list_sort(list_filter(list_distinct(flatten(list(
        coalesce(publications, [])))), lambda x: x <> '')), '{DETAIL_ITEM}') AS publications,
    min(text) AS text,
    min(CASE WHEN subject = subject_leader THEN '' ELSE subject END) AS original_subject,
    min(CASE WHEN object = '' OR object = object_leader THEN '' ELSE object END)
        AS original_object,
    min(qualifiers) AS qualifiers"""
_PROFILES = """JOIN profile_code f USING (primary_knowledge_source, release, licence,
    original_predicate, knowledge_level, agent_type)
    JOIN predicate_code c USING (predicate, negated)"""


def write_statements(
    connection: duckdb.DuckDBPyConnection, tables: Path, *, first: int = 0
) -> None:
    """Write ``statements.parquet`` from ``st``, its edges numbered from ``first``."""
    query = f"""
        SELECT (row_number() OVER (ORDER BY s, p, o, id) - 1 + {first})::INT AS eid, * FROM (
          SELECT min(s)::INT AS s, min(p)::USMALLINT AS p, min(o)::INT AS o,
                 min(profile)::UINTEGER AS profile, from_hex(sid) AS id, {_DETAILS}
          FROM st {_PROFILES}
          WHERE object <> '' AND s <> o
          GROUP BY sid)
        ORDER BY eid"""
    write_table(connection, query, tables, "statements")


def write_values(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """Write ``values.parquet`` from ``st``."""
    query = f"""
        SELECT min(s)::INT AS s, min(p)::USMALLINT AS p, min(profile)::UINTEGER AS profile,
               from_hex(sid) AS id, min(value_type) AS value_type, min(value) AS value,
               min(unit) AS unit, min(value_language) AS value_language, {_DETAILS}
        FROM st {_PROFILES}
        WHERE object = '' GROUP BY sid ORDER BY 1, 2, 4"""
    write_table(connection, query, tables, "values")
