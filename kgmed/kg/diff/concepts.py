"""Which concept became which, by the ids that are members of both.

An old concept goes on in the new one that holds the id it is led by, else in the one that holds
most of its members (of equals, the one of the smallest id). Where several go on in one, they were
merged. A member that is elsewhere than where its concept went has moved, if that other concept was
there before; if it wasn't, the concept was split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.diff.model import CONCEPT_KINDS

if TYPE_CHECKING:
    import duckdb

_LOW = 2**31 - 1
"""Turns the order of numbers round, so that a maximum prefers the smaller."""


def compare_concepts(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill ``concept_change``, and the tables by which statements and names follow concepts.

    ``pair(o, n, shared, leads)``: an old and a new concept with common members; ``leads`` says
    that one id leads both. ``leader(o, n)``: those pairs. ``line(o, n)``: the old concept that a
    new one goes on from, where there is one. ``old_label`` and ``new_label``: numbers that are
    equal where concepts descend from each other.
    """
    _pairs(connection)
    _descent(connection)
    kinds = ", ".join(f"'{kind}'" for kind in CONCEPT_KINDS)
    connection.execute(f"""
        CREATE TYPE concept_kind AS ENUM ({kinds});
        CREATE TABLE concept_change(kind concept_kind, o INT, n INT, language VARCHAR,
            before VARCHAR[], after VARCHAR[], ids VARCHAR[])""")
    _came_and_went(connection)
    _joined_and_split(connection)
    _members(connection)
    _described(connection)
    _labels(connection)


def _pairs(connection: duckdb.DuckDBPyConnection) -> None:
    def members(side: str, number: str) -> str:
        return f"""(SELECT cid AS {number}, unnest(equivalent_ids) AS curie,
                    generate_subscripts(equivalent_ids, 1) = 1 AS {number}_leads
                    FROM {side}_concepts)"""

    connection.execute(f"""
        CREATE TABLE member AS
        SELECT curie, o::INT AS o, n::INT AS n, o_leads, n_leads
        FROM {members("old", "o")} FULL JOIN {members("new", "n")} USING (curie);
        CREATE TABLE pair AS
        SELECT o, n, count(*) AS shared, bool_or(o_leads) AS o_leads, bool_or(n_leads) AS n_leads,
               bool_or(o_leads AND n_leads) AS leads
        FROM member WHERE o IS NOT NULL AND n IS NOT NULL GROUP BY o, n;
        CREATE TABLE leader AS SELECT o, n FROM pair WHERE leads""")


def _descent(connection: duckdb.DuckDBPyConnection) -> None:
    """``goes``: pairs, with ``on`` where the old concept goes on in the new; ``line``: see above.

    The greatest key is the best candidate, and its low half says which one that is.
    """
    key = "({leads}::BIGINT << 62) | (shared << 32) | ({low} - {number})"
    forward = key.format(leads="o_leads", low=_LOW, number="n")
    backward = key.format(leads="n_leads", low=_LOW, number="o")
    connection.execute(f"""
        CREATE TABLE goes AS
        SELECT p.*, p.n = {_LOW} - (f.best & 4294967295) AS "on" FROM pair p
        JOIN (SELECT o, max({forward}) AS best FROM pair GROUP BY o) f USING (o);
        CREATE TABLE origin AS
        SELECT n, count(*) AS partners, count(*) FILTER ("on") AS came,
               ({_LOW} - (max({backward}) FILTER ("on") & 4294967295))::INT AS o
        FROM goes GROUP BY n;
        CREATE TABLE line AS SELECT o, n FROM origin WHERE came > 0""")


def _came_and_went(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        INSERT INTO concept_change
        SELECT 'added', NULL, cid, '', [], equivalent_ids, [] FROM new_concepts
        WHERE cid NOT IN (SELECT n FROM pair);
        INSERT INTO concept_change
        SELECT 'retired', cid, NULL, '', equivalent_ids, [], [] FROM old_concepts
        WHERE cid NOT IN (SELECT o FROM pair)""")


def _joined_and_split(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        INSERT INTO concept_change
        SELECT 'moved', o, n, '', [a.id], [b.id], []
        FROM origin JOIN old_concepts a ON a.cid = o JOIN new_concepts b ON b.cid = n
        WHERE came = 1 AND a.id <> b.id;
        INSERT INTO concept_change
        SELECT 'merged', i.o, i.n, '', list(a.id ORDER BY a.id), [min(b.id)], []
        FROM origin i JOIN goes g ON g.n = i.n
        JOIN old_concepts a ON a.cid = g.o JOIN new_concepts b ON b.cid = i.n
        WHERE i.came > 1 AND g."on" OR i.came = 0 AND i.partners > 1
        GROUP BY i.n, i.o;
        INSERT INTO concept_change
        SELECT 'split', g.o, NULL, '', [min(a.id)], list(b.id ORDER BY NOT g."on", b.id), []
        FROM goes g JOIN origin i ON i.n = g.n
        JOIN old_concepts a ON a.cid = g.o JOIN new_concepts b ON b.cid = g.n
        WHERE (g."on" OR i.came = 0)
          AND g.o IN (SELECT x.o FROM goes x JOIN origin y ON y.n = x.n WHERE y.came = 0)
        GROUP BY g.o""")


def _members(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        INSERT INTO concept_change
        SELECT 'member_moved', g.o, g.n, '', [min(a.id)], [min(b.id)], list(curie ORDER BY curie)
        FROM goes g JOIN origin i ON i.n = g.n JOIN member m ON m.o = g.o AND m.n = g.n
        JOIN old_concepts a ON a.cid = g.o JOIN new_concepts b ON b.cid = g.n
        WHERE NOT g."on" AND i.came > 0 GROUP BY g.o, g.n;
        INSERT INTO concept_change
        SELECT 'members_changed', NULL, n, '',
               coalesce(list(curie ORDER BY curie) FILTER (gone), []),
               coalesce(list(curie ORDER BY curie) FILTER (NOT gone), []), []
        FROM (SELECT m.curie, g.n, true AS gone FROM member m JOIN goes g ON g.o = m.o AND g."on"
              WHERE m.n IS NULL
              UNION ALL
              SELECT m.curie, m.n, false FROM member m JOIN line USING (n) WHERE m.o IS NULL)
        GROUP BY n""")


def _described(connection: duckdb.DuckDBPyConnection) -> None:
    """Names and categories of concepts that went on.

    ``title`` is a table of its own so that no plan joins the names of both sides by language first.
    """
    connection.execute("""
        CREATE TEMP TABLE title AS
        SELECT l.o, l.n, a.language, a.text
        FROM line l JOIN old_names a ON a.cid = l.o WHERE a.kind = 'preferred';
        INSERT INTO concept_change
        SELECT 'renamed', t.o, t.n, t.language, [t.text], [b.text], []
        FROM title t JOIN new_names b ON b.cid = t.n AND b.language = t.language
        WHERE b.kind = 'preferred' AND b.text <> t.text;
        DROP TABLE title;
        INSERT INTO concept_change
        SELECT 'recategorized', o, n, '', a.categories, b.categories, []
        FROM line JOIN old_concepts a ON a.cid = o JOIN new_concepts b ON b.cid = n
        WHERE a.categories <> b.categories""")


def _labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Label concepts so that those which pairs connect have one label; others have their own.

    Only concepts in more than one pair need the search: the smallest number spreads along pairs.
    """
    connection.execute("""
        CREATE TABLE tangled AS SELECT o, n FROM pair
        WHERE o IN (SELECT o FROM pair GROUP BY o HAVING count(*) > 1)
           OR n IN (SELECT n FROM pair GROUP BY n HAVING count(*) > 1);
        CREATE TABLE spread AS SELECT DISTINCT n, n AS label FROM tangled""")
    total = -1
    while True:
        connection.execute("""
            CREATE OR REPLACE TABLE spread AS
            SELECT n, min(least_of_o) AS label FROM tangled JOIN (
              SELECT o, min(label) AS least_of_o FROM tangled JOIN spread USING (n) GROUP BY o)
            USING (o) GROUP BY n""")
        row = connection.execute("SELECT coalesce(sum(label), 0) FROM spread").fetchall()[0]
        if int(row[0]) == total:
            break
        total = int(row[0])
    connection.execute("""
        CREATE TABLE new_label AS
        SELECT cid::INT AS cid, coalesce(label, cid)::INT AS label
        FROM new_concepts LEFT JOIN spread ON n = cid;
        CREATE TABLE old_label AS
        SELECT cid::INT AS cid, coalesce(min(label), -1 - cid)::INT AS label
        FROM old_concepts LEFT JOIN (SELECT o, label FROM pair JOIN new_label ON cid = n)
             ON o = cid
        GROUP BY cid;
        DROP TABLE spread; DROP TABLE tangled""")
