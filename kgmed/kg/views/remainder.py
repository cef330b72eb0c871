"""What a graph is once some of it stays behind: its counts and its coverage."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING

from kgmed.kg.store.base import CoverageRow, GraphInfo

if TYPE_CHECKING:
    import duckdb

    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.kg.views.licensing import Leaving, Terms


def remaining(
    connection: duckdb.DuckDBPyConnection, store: EmbeddedStore, leaving: Leaving, terms: Terms
) -> tuple[GraphInfo, list[CoverageRow]]:
    """Info and coverage of what leaves, from the views of :func:`kgmed.kg.views.licensing.define`.

    A graph that leaves whole is as its store says it is.
    """
    info, coverage = store.info(), store.coverage()
    if leaving.whole:
        return info, coverage

    def pairs(query: str) -> dict[str, int]:
        return dict(connection.execute(f"{query} GROUP BY 1 ORDER BY 2 DESC, 1").fetchall())

    def rows(table: str) -> int:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])

    kept = {
        (row.infores, row.release, row.licence): row
        for row in info.sources
        if terms.lets(row.infores, row.licence)
    }
    changed = replace(
        info,
        snapshot=leaving.snapshot,
        concepts=rows("concepts"),
        names=rows("names"),
        statements=rows("rows WHERE o IS NOT NULL"),
        values=rows("rows WHERE o IS NULL"),
        mappings=rows("mappings"),
        paths=rows("paths"),
        sources=tuple(kept.values()),
        predicates=pairs("""
            SELECT CASE WHEN negated THEN 'not ' || predicate ELSE predicate END, count(*)
            FROM rows JOIN predicate USING (p)"""),
        categories=pairs("SELECT unnest(categories), count(*) FROM concepts"),
        licences=pairs("SELECT licence, count(*) FROM rows JOIN profile USING (profile)"),
    )
    return changed, _coverage(connection, coverage, terms)


def _coverage(
    connection: duckdb.DuckDBPyConnection, coverage: list[CoverageRow], terms: Terms
) -> list[CoverageRow]:
    """The rows of what leaves. A source's release mostly leaves whole or not at all; what leaves in
    part is counted again."""
    sides: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for source, release, licence in (
        connection.execute("""
        SELECT DISTINCT primary_knowledge_source, release, licence FROM every_profile""").fetchall()
    ):
        sides[terms.lets(source, licence)].add((source, release))
    partly = sides[True] & sides[False]
    found = [row for row in coverage if (row.source, row.release) in sides[True] - partly]
    for source, release in sorted(partly):
        counted = connection.execute(_RECOUNT, [source, release]).fetchall()
        found += [
            CoverageRow(predicate, subject, object, source, release, statements, subjects, objects)
            for predicate, subject, object, statements, subjects, objects in counted
        ]
    return sorted(found, key=astuple)


_RECOUNT = """
    WITH said AS (
      SELECT predicate, s, o FROM rows JOIN predicate USING (p) JOIN profile USING (profile)
      WHERE primary_knowledge_source = $1 AND release = $2 AND NOT negated),
    typed AS (
      SELECT predicate, s, o, unnest(a.categories) AS subject_category,
             CASE WHEN o IS NULL THEN [''] ELSE b.categories END AS others
      FROM said JOIN concepts a ON a.cid = s LEFT JOIN concepts b ON b.cid = o)
    SELECT predicate, subject_category, object_category, count(*), count(DISTINCT s),
           count(DISTINCT o)
    FROM (SELECT * EXCLUDE (others), unnest(others) AS object_category FROM typed)
    GROUP BY 1, 2, 3"""
