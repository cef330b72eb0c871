"""Staged rows and classes of ids -> the merged, numbered tables of a generation.

Nothing that a source said is lost on the way: equal statements of two sources stay two; rows of one
source that state the same thing become one statement with all their records and publications;
whatever is set aside (a statement whose two ends turned out to be one concept) is counted under its
reason. Tens of millions of rows go through joins and one sort each on numbers, not on texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders import statements
from kgmed.builders.curated import curated_paths
from kgmed.kg.categories import PARENTS
from kgmed.kg.predicates import Registry
from kgmed.kg.store.names import NAME_KINDS

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str], None]


@dataclass(slots=True)
class MergeReport:
    """What merging did, for the build report; counts of rows.

    ``unmapped``: source -> its concepts, and those of them to which no mapping gave a second id.
    """

    statements: dict[str, int] = field(default_factory=dict)
    unknown_predicates: dict[str, int] = field(default_factory=dict)
    unknown_categories: dict[str, int] = field(default_factory=dict)
    unmapped: dict[str, dict[str, int]] = field(default_factory=dict)
    cycles: list[dict[str, str]] = field(default_factory=list)
    paths: dict[str, int] = field(default_factory=dict)


def merge(
    connection: duckdb.DuckDBPyConnection,
    tables: Path,
    registry: Registry,
    *,
    progress: Progress = lambda _text: None,
) -> MergeReport:
    """Write ``tables/*.parquet`` (see :mod:`kgmed.kg.store.write`) from the staged rows."""
    report = MergeReport()
    progress("merging concepts")
    statements.identify(connection, registry)
    _concepts(connection, tables)
    report.unmapped = {
        source: {"concepts": n, "of one id": alone}
        for source, n, alone in connection.execute("""
            SELECT source, count(*), count(*) FILTER (WHERE ids = 1) FROM (
              SELECT unnest(sources) AS source, len(equivalent_ids) AS ids FROM concept)
            GROUP BY 1 ORDER BY 1""").fetchall()
    }
    progress("merging names")
    _names(connection, tables)
    progress("merging statements")
    report.cycles = statements.number(connection)
    write_table(connection, statements.statements_sql(), tables, "statements")
    write_table(connection, statements.values_sql(), tables, "values")
    progress("merging mappings and paths")
    _mappings(connection, tables)
    kept, report.paths = curated_paths(connection)
    connection.register("kept_paths", kept)
    write_table(connection, "SELECT * FROM kept_paths", tables, "paths")
    connection.unregister("kept_paths")
    report.statements = statements.count_rows(connection, tables)
    counts = connection.execute(
        "SELECT predicate, sum(rows)::BIGINT FROM predicate_rows GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    report.unknown_predicates = {name: n for name, n in counts if name not in registry}
    report.unknown_categories = dict(
        connection.execute("SELECT category, n FROM unknown_category").fetchall()
    )
    return report


def write_table(connection: duckdb.DuckDBPyConnection, query: str, tables: Path, name: str) -> None:
    """Write a sorted query's rows, in its order."""
    target = str(tables / f"{name}.parquet").replace("'", "''")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    connection.execute("SET preserve_insertion_order = false")


def _concepts(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """``concept`` and ``id_cid``; a class is a concept if a source declares or states one of it."""
    known = ", ".join(f"'{name}'" for name in PARENTS)
    connection.execute(f"""
        CREATE OR REPLACE TABLE declared AS
        SELECT i.n, c.categories, c.source_number, c.sources
        FROM in_concepts c JOIN ids i USING (id);
        CREATE OR REPLACE TABLE concept AS
        WITH used AS (
          SELECT n, source_number FROM declared
          UNION SELECT sn, source_number FROM identified
          UNION SELECT obj, source_number FROM identified WHERE obj IS NOT NULL),
        told AS (
          SELECT DISTINCT c.leader_n, d.source_number, unnest(d.sources) AS source
          FROM declared d JOIN id_class c USING (n) WHERE len(d.sources) > 0),
        members AS (
          SELECT leader_n, list_sort(list(DISTINCT source)) AS sources FROM (
            SELECT c.leader_n, s.infores AS source
            FROM used u JOIN id_class c USING (n) JOIN source s ON s.number = u.source_number
            ANTI JOIN told t ON t.leader_n = c.leader_n AND t.source_number = u.source_number
            UNION ALL SELECT leader_n, source FROM told)
          GROUP BY 1),
        category AS (
          SELECT leader_n, list_sort(list(DISTINCT category)) AS categories FROM (
            SELECT n, unnest(categories) AS category FROM declared) x
          JOIN id_class USING (n) WHERE category <> 'NamedThing' GROUP BY 1),
        equivalent AS (
          SELECT leader_n, min(leader) AS id, list(id ORDER BY id <> leader, n) AS equivalent_ids
          FROM id_class GROUP BY 1)
        SELECT (row_number() OVER (ORDER BY leader_n) - 1)::INT AS cid, id, leader_n,
               coalesce(categories, ['NamedThing']) AS categories, sources, equivalent_ids
        FROM members LEFT JOIN category USING (leader_n) JOIN equivalent USING (leader_n);
        CREATE OR REPLACE TABLE id_cid AS
        SELECT i.n, i.id, c.cid, i.leader_n FROM id_class i JOIN concept c USING (leader_n);
        CREATE OR REPLACE TABLE unknown_category AS
        SELECT category, count(*) AS n FROM (SELECT unnest(categories) AS category FROM concept)
        WHERE category NOT IN ({known}) GROUP BY 1 ORDER BY 1""")
    query = "SELECT * EXCLUDE (leader_n) FROM concept ORDER BY cid"
    write_table(connection, query, tables, "concepts")
    write_table(connection, "SELECT id AS curie, cid FROM id_cid ORDER BY n", tables, "ids")


def _names(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """One row per concept, language and text; the order decides which name is preferred.

    Kind first, then the order in which the sources were given, then the leader's own names, all
    packed into ``place``; then the position that the source gives. A second 'preferred' of one
    language stays as a synonym.
    """
    kinds = " ".join(f"WHEN '{kind}' THEN {rank}" for rank, kind in enumerate(NAME_KINDS))
    connection.execute(f"""
        CREATE OR REPLACE TABLE named AS
        SELECT c.cid, n.language, n.text, n.key, n.source, n.position,
               CASE n.kind {kinds} ELSE 1 END AS rank,
               (rank::BIGINT << 56) + (n.source_number::BIGINT << 40)
                 + (CASE WHEN c.n <> c.leader_n THEN 1::BIGINT << 36 ELSE 0 END) + c.n AS place
        FROM in_names n JOIN id_cid c USING (id);
        CREATE OR REPLACE TABLE twice AS
        SELECT cid, hash(language, text) AS h FROM named GROUP BY ALL HAVING count(*) > 1""")
    query = """
        WITH one AS (
          SELECT n.* FROM named n ANTI JOIN twice t ON t.cid = n.cid
                 AND t.h = hash(n.language, n.text)
          UNION ALL
          SELECT n.* FROM named n SEMI JOIN twice t ON t.cid = n.cid
                 AND t.h = hash(n.language, n.text)
          QUALIFY row_number() OVER (
            PARTITION BY cid, language, text ORDER BY place, position) = 1),
        placed AS (
          SELECT *, row_number() OVER (
                   PARTITION BY cid, language ORDER BY place, position, text) > 1 AS later
          FROM one)
        SELECT row_number() OVER () - 1 AS nid, cid, text, language,
               CASE WHEN NOT later THEN 'preferred' WHEN rank <= 1 THEN 'synonym'
                    WHEN rank = 2 THEN 'abbreviation' ELSE 'brand' END AS kind, source, key
        FROM (FROM placed ORDER BY cid, later, language, place, position, text)"""
    write_table(connection, query, tables, "names")
    connection.execute("DROP TABLE named; DROP TABLE twice; DROP TABLE in_names")


def _mappings(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """Each row once. Only those that look like another, by a hash, are compared in full."""
    row = "hash(subject, predicate, object, modifier, source, justification, confidence)"
    connection.execute(f"""
        CREATE OR REPLACE TABLE alike AS
        SELECT {row} AS h FROM mapping_out GROUP BY h HAVING count(*) > 1""")
    query = f"""
        SELECT m.* EXCLUDE (subject_leader, object_leader),
               a.cid AS subject_cid, b.cid AS object_cid
        FROM (SELECT m.* FROM mapping_out m ANTI JOIN alike ON h = {row}
              UNION ALL SELECT DISTINCT m.* FROM mapping_out m SEMI JOIN alike ON h = {row}) m
        LEFT JOIN concept a ON a.leader_n = m.subject_leader
        LEFT JOIN concept b ON b.leader_n = m.object_leader
        ORDER BY subject, object, source, predicate"""
    write_table(connection, query, tables, "mappings")
