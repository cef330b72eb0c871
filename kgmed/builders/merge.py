"""Staged rows and classes of ids -> the merged, numbered tables of a generation.

Nothing that a source said is lost on the way: equal statements of two sources stay two; rows of one
source that state the same thing become one statement with all their records and publications;
whatever is set aside (a statement whose two ends turned out to be one concept) is counted under its
reason. Ids of statements are computed in SQL by the recipe of
:func:`kgmed.kg.model.statement_id`; a test compares the two.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.categories import PARENTS
from kgmed.kg.predicates import Registry
from kgmed.kg.store.csr import DETAIL_FIELDS, DETAIL_ITEM
from kgmed.kg.store.names import NAME_KINDS

if TYPE_CHECKING:
    import duckdb

_US = "chr(31)"
STATEMENT_ID_SQL = f"""left(sha256(concat(
    primary_knowledge_source, {_US}, subject, {_US}, predicate, {_US},
    CASE WHEN object <> '' THEN concat('o', object)
         ELSE concat('v', value_type, {_US}, unit, {_US}, value_language, {_US}, value) END,
    {_US}, CASE WHEN negated THEN '1' ELSE '0' END, {_US}, qualifiers)), 32)"""

MAX_LINES = 8
"""Lines (simple ways from start to end) kept of one curated path record, shortest first."""


@dataclass(slots=True)
class MergeReport:
    """What merging did, for the build report; counts of rows."""

    statements: dict[str, int] = field(default_factory=dict)
    unknown_predicates: dict[str, int] = field(default_factory=dict)
    unknown_categories: dict[str, int] = field(default_factory=dict)
    cycles: list[dict[str, str]] = field(default_factory=list)
    paths: dict[str, int] = field(default_factory=dict)


def merge(connection: duckdb.DuckDBPyConnection, tables: Path, registry: Registry) -> MergeReport:
    """Write ``tables/*.parquet`` (see :mod:`kgmed.kg.store.write`) from the staged rows."""
    report = MergeReport()
    _concepts(connection, tables)
    _names(connection, tables)
    identify_statements(connection, registry)
    _break_cycles(connection, report)
    _dictionaries(connection)
    write_statements(connection, tables)
    write_values(connection, tables)
    _mappings(connection, tables)
    _paths(connection, tables, report)
    _count(connection, registry, report)
    return report


def _write(connection: duckdb.DuckDBPyConnection, query: str, tables: Path, name: str) -> None:
    target = str(tables / f"{name}.parquet").replace("'", "''")
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def _concepts(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    known = ", ".join(f"'{name}'" for name in PARENTS)
    connection.execute(f"""
        CREATE OR REPLACE TABLE concept AS
        WITH used AS (
          SELECT id, source FROM in_concepts
          UNION SELECT subject, source FROM in_statements
          UNION SELECT object, source FROM in_statements WHERE object <> ''),
        members AS (
          SELECT c.leader, list_sort(list(DISTINCT u.source)) AS sources
          FROM used u JOIN id_class c USING (id) GROUP BY 1),
        category AS (
          SELECT c.leader, list_sort(list(DISTINCT category)) AS categories FROM (
            SELECT id, unnest(categories) AS category FROM in_concepts) x
          JOIN id_class c USING (id) WHERE category <> 'NamedThing' GROUP BY 1),
        equivalent AS (
          SELECT leader, list(id ORDER BY id <> leader, id) AS equivalent_ids
          FROM id_class GROUP BY 1)
        SELECT row_number() OVER (ORDER BY leader) - 1 AS cid, leader AS id,
               coalesce(categories, ['NamedThing']) AS categories, sources, equivalent_ids
        FROM members LEFT JOIN category USING (leader) JOIN equivalent USING (leader);
        CREATE OR REPLACE TABLE id_cid AS
        SELECT i.id, c.cid, i.leader FROM id_class i JOIN concept c ON c.id = i.leader;
        CREATE OR REPLACE TABLE unknown_category AS
        SELECT category, count(*) AS n FROM (SELECT unnest(categories) AS category FROM concept)
        WHERE category NOT IN ({known}) GROUP BY 1 ORDER BY 1""")
    _write(connection, "SELECT * FROM concept ORDER BY cid", tables, "concepts")
    query = "SELECT unnest(equivalent_ids) AS curie, cid FROM concept ORDER BY curie"
    _write(connection, query, tables, "ids")


def _names(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """One row per concept, language and text; the order decides which name is preferred.

    Kind first, then the order in which the sources were given, then the leader's own names.
    A second 'preferred' of one language stays as a synonym.
    """
    kinds = " ".join(f"WHEN '{kind}' THEN {rank}" for rank, kind in enumerate(NAME_KINDS))
    query = f"""
        WITH ranked AS (
          SELECT c.cid, n.text, n.language, n.source, n.key,
                 CASE n.kind {kinds} ELSE 1 END AS rank, n.source_number,
                 n.id <> c.leader AS borrowed,
                 n.id
          FROM in_names n JOIN id_cid c USING (id)),
        one AS (
          SELECT * FROM ranked QUALIFY row_number() OVER (
            PARTITION BY cid, language, text ORDER BY rank, source_number, borrowed, id) = 1),
        placed AS (
          SELECT *, row_number() OVER (
            PARTITION BY cid, language ORDER BY rank, source_number, borrowed, id, text) AS place
          FROM one)
        SELECT row_number() OVER (
                 ORDER BY cid, CASE WHEN place = 1 THEN 0 ELSE 1 END, language,
                          rank, source_number, borrowed, id, text) - 1 AS nid,
               cid, text, language,
               CASE WHEN place = 1 THEN 'preferred' WHEN rank <= 1 THEN 'synonym'
                    WHEN rank = 2 THEN 'abbreviation' ELSE 'brand' END AS kind, source, key
        FROM placed ORDER BY nid"""
    _write(connection, query, tables, "names")


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


def _break_cycles(connection: duckdb.DuckDBPyConnection, report: MergeReport) -> None:
    """Edges of ``subclass_of`` inside a strongly connected component become ``broader``.

    Their ids stay what the sources' own words make them.
    """
    import networkx as nx

    connection.execute("""
        CREATE OR REPLACE TEMP TABLE up AS SELECT DISTINCT s, o FROM st
        WHERE predicate = 'subclass_of' AND NOT negated AND s <> o""")
    while True:  # only what can lie on a cycle: has something above and something below
        before = connection.execute("SELECT count(*) FROM up").fetchall()[0][0]
        connection.execute("""CREATE OR REPLACE TEMP TABLE up AS SELECT * FROM up
            WHERE s IN (SELECT o FROM up) AND o IN (SELECT s FROM up)""")
        if connection.execute("SELECT count(*) FROM up").fetchall()[0][0] == before:
            break
    graph = nx.DiGraph(connection.execute("SELECT s, o FROM up ORDER BY 1, 2").fetchall())
    inside = [
        (s, o)
        for component in nx.strongly_connected_components(graph)
        if len(component) > 1
        for s, o in graph.subgraph(component).edges
    ]
    if not inside:
        return
    connection.execute("CREATE OR REPLACE TEMP TABLE cyclic(s INT, o INT)")
    connection.executemany("INSERT INTO cyclic VALUES (?, ?)", sorted(inside))
    connection.execute("""
        UPDATE st SET predicate = 'broader' FROM cyclic c
        WHERE c.s = st.s AND c.o = st.o AND st.predicate = 'subclass_of'""")
    report.cycles = [
        {"subject": s, "object": o, "source": source}
        for s, o, source in connection.execute("""
            SELECT DISTINCT subject, object, primary_knowledge_source
            FROM st JOIN cyclic USING (s, o)
            WHERE predicate = 'broader' ORDER BY ALL""").fetchall()
    ]


def _dictionaries(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE predicate_code AS
        SELECT row_number() OVER (ORDER BY predicate, negated) - 1 AS p, predicate, negated
        FROM (SELECT DISTINCT predicate, negated FROM st);
        CREATE OR REPLACE TABLE profile_code AS
        SELECT row_number() OVER () - 1 AS profile, * FROM (
          SELECT DISTINCT primary_knowledge_source, release, licence, original_predicate,
                 knowledge_level, agent_type FROM st ORDER BY ALL)""")


_DETAILS = f"""
    array_to_string(list_sort(list_distinct(list(source_record)
        FILTER (WHERE source_record <> ''))), '{DETAIL_ITEM}') AS source_record,
    array_to_string(list_sort(list_distinct(flatten(list(coalesce(publications, []))))),
        '{DETAIL_ITEM}') AS publications,
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
    _write(connection, query, tables, "statements")


def write_values(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    """Write ``values.parquet`` from ``st``."""
    query = f"""
        SELECT min(s)::INT AS s, min(p)::USMALLINT AS p, min(profile)::UINTEGER AS profile,
               from_hex(sid) AS id, min(value_type) AS value_type, min(value) AS value,
               min(unit) AS unit, min(value_language) AS value_language, {_DETAILS}
        FROM st {_PROFILES}
        WHERE object = '' GROUP BY sid ORDER BY 1, 2, 4"""
    _write(connection, query, tables, "values")


def _mappings(connection: duckdb.DuckDBPyConnection, tables: Path) -> None:
    query = """
        SELECT DISTINCT m.* EXCLUDE (subject_leader, object_leader),
               a.cid AS subject_cid, b.cid AS object_cid
        FROM mapping_out m LEFT JOIN concept a ON a.id = m.subject_leader
        LEFT JOIN concept b ON b.id = m.object_leader ORDER BY ALL"""
    _write(connection, query, tables, "mappings")


def _paths(connection: duckdb.DuckDBPyConnection, tables: Path, report: MergeReport) -> None:
    """Each curated record's links become lines of statements from its start to its end."""
    import pyarrow as pa

    rows = connection.execute("""
        WITH link AS (
          SELECT DISTINCT source, subject, predicate, object, qualifiers, min(sid) AS sid,
                 min(s) AS s, min(o) AS o
          FROM (SELECT source, subject, predicate, object, qualifiers, sid, s, o FROM st
                UNION ALL SELECT source, object, predicate, subject, qualifiers, sid, s, o FROM st)
          WHERE object <> '' AND s <> o GROUP BY ALL)
        SELECT p.path, a.cid, b.cid, l.sid, l.s, l.o
        FROM in_paths p JOIN id_cid a ON a.id = p.start JOIN id_cid b ON b.id = p."end"
        LEFT JOIN link l ON l.source = p.source AND l.subject = p.subject
             AND l.predicate = p.predicate AND l.object = p.object
             AND l.qualifiers = p.qualifiers
        ORDER BY p.path, p.position""").fetchall()
    records: dict[tuple[str, int, int], list[tuple[str, int, int]]] = defaultdict(list)
    for path, start, end, sid, s, o in rows:
        links = records[path, start, end]
        if sid is not None:
            links.append((sid, s, o))
    counts = {"records": len(records), "kept": 0, "no way from start to end": 0}
    kept: list[tuple[int, int, str, str]] = []
    for (path, start, end), links in records.items():
        lines = list(_lines(links, start, end))
        if lines:
            counts["kept"] += 1
            kept.append((start, end, path, json.dumps(lines[:MAX_LINES])))
        else:
            counts["no way from start to end"] += 1
    report.paths = counts
    connection.register(
        "kept_paths",
        pa.table(
            {
                "start": pa.array([row[0] for row in kept], pa.int32()),
                "end": pa.array([row[1] for row in kept], pa.int32()),
                "path": pa.array([row[2] for row in kept], pa.string()),
                "steps": pa.array([row[3] for row in kept], pa.string()),
            }
        ),
    )
    _write(connection, 'SELECT * FROM kept_paths ORDER BY start, "end", path', tables, "paths")
    connection.unregister("kept_paths")


def _lines(
    links: list[tuple[str, int, int]], start: int, end: int
) -> Iterator[list[tuple[str, str]]]:
    """The simple ways from start to end over a record's links, shortest first.

    A link may be walked against its direction: curators write both ``X positively regulates Y``
    and ``Y caused by X``.
    """
    around: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for sid, s, o in dict.fromkeys(links):
        around[s].append((o, sid, "out"))
        around[o].append((s, sid, "in"))
    found: list[list[tuple[str, str]]] = []

    def walk(node: int, seen: tuple[int, ...], line: list[tuple[str, str]]) -> None:
        if node == end:
            found.append(line)
            return
        if len(found) >= MAX_LINES * 8 or len(line) > 20:
            return
        for other, sid, direction in around[node]:
            if other not in seen:
                walk(other, (*seen, other), [*line, (sid, direction)])

    if start != end:
        walk(start, (start,), [])
    yield from sorted(found, key=lambda line: (sum(d == "in" for _, d in line), len(line), line))


def _count(connection: duckdb.DuckDBPyConnection, registry: Registry, report: MergeReport) -> None:
    read, loops, kept = connection.execute("""
        SELECT count(*), count(*) FILTER (WHERE object <> '' AND s = o),
               count(DISTINCT sid) FILTER (WHERE object = '' OR s <> o) FROM st""").fetchall()[0]
    report.statements = {
        "read": read,
        "kept": kept,
        "both ends are one concept": loops,
        "the same statement of the same source": read - loops - kept,
    }
    predicates = connection.execute(
        "SELECT predicate, count(*) FROM st GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    report.unknown_predicates = {name: n for name, n in predicates if name not in registry}
    report.unknown_categories = dict(
        connection.execute("SELECT category, n FROM unknown_category").fetchall()
    )


# What the manifest says of the tables -------------------------------------------------------------

_HASHED = {
    "concepts": "id, array_to_string(categories, '|'), array_to_string(equivalent_ids, '|'),"
    " array_to_string(sources, '|')",
    "names": "cid, text, language, kind, source",
    "statements": "s, p, o, profile, hex(id), " + ", ".join(DETAIL_FIELDS),
    "values": "s, p, profile, hex(id), value_type, value, unit, value_language, "
    + ", ".join(DETAIL_FIELDS),
    "mappings": "subject, predicate, object, modifier, justification, confidence, source,"
    " subject_label, object_label, status, reason",
    "paths": 'start, "end", path, steps',
}


def snapshot_hash(connection: duckdb.DuckDBPyConnection, tables: Path, configuration: str) -> str:
    """An order-free hash of the logical rows and the configuration, 64 hexadecimal digits.

    Per table, the rows' MD5 numbers are summed modulo 2^128; the sums and the configuration are
    hashed with SHA-256. Never the bytes of files: compression and page layout don't count.
    """
    digest = hashlib.sha256(configuration.encode())
    for table, columns in _HASHED.items():
        row = f"concat_ws(chr(31), {columns})"
        low, high, count = connection.execute(
            f"SELECT coalesce(sum(md5_number_lower({row})::HUGEINT), 0),"
            f" coalesce(sum(md5_number_upper({row})::HUGEINT), 0), count(*) FROM read_parquet(?)",
            [str(tables / f"{table}.parquet")],
        ).fetchall()[0]
        total = (int(low) + (int(high) << 64)) % (1 << 128)
        digest.update(f"{table} {count} {total:032x}\n".encode())
    return digest.hexdigest()
