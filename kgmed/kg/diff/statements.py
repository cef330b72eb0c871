"""Which statements were added, removed, changed or moved: one full join by id.

A row of the join is narrow: the id, both ends, predicate and profile as codes, and a 64-bit hash of
the details, which says of two statements with one id whether theirs differ. DuckDB partitions the
join by the id's hash and spills what its memory doesn't hold, so that 50M by 50M take 4 GB.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.diff.model import FIELDS, STATEMENT_KINDS

if TYPE_CHECKING:
    import duckdb

BIT = {name: 1 << place for place, name in enumerate(FIELDS)}
"""Field -> its bit in ``change.mask``."""
MOVED = BIT["subject"] | BIT["object"]
DETAILS = BIT["source_record"] | BIT["publications"] | BIT["text"]

_PROFILE_FIELDS = (
    "release",
    "licence",
    "original_predicate",
    "knowledge_level",
    "agent_type",
)
_HASH = """CASE WHEN source_record = '' AND publications = '' AND text = '' THEN 0
                ELSE hash(source_record, publications, text) END"""


def compare_statements(connection: duckdb.DuckDBPyConnection, *, source: str) -> None:
    """Fill ``change(id, kind, mask, old_row, new_row, profile, old_profile, old_p, one_concept)``,
    a row for each statement that differs; of one source if ``source`` isn't ''.

    ``mask`` holds a bit per field that differs; ``profile`` is the code of the newer side.
    """
    kinds = ", ".join(f"'{kind}'" for kind in STATEMENT_KINDS)
    connection.execute(f"CREATE TYPE statement_kind AS ENUM ({kinds})")
    _join(connection, source)
    _details(connection)
    _classify(connection)
    _loops(connection)


def _join(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    def wanted(side: str) -> str:
        if not source:
            return ""
        numbers = connection.execute(
            f"SELECT profile FROM {side}_profile WHERE primary_knowledge_source = ?", [source]
        ).fetchall()
        return f"WHERE t.profile IN ({', '.join(str(n) for (n,) in numbers) or 'NULL'})"

    connection.execute(f"""
        CREATE TABLE joined AS
        SELECT coalesce(a.id, b.id) AS id, a.row AS old_row, b.row AS new_row,
               a.profile AS old_profile, b.profile AS new_profile, a.p AS old_p, b.p AS new_p,
               a.s <> b.s AS subject_differs, a.o <> b.o AS object_differs,
               a.details <> b.details AS details_differ
        FROM (SELECT t.id::UUID AS id, row, coalesce(ls.n, -1 - t.s) AS s,
                     CASE WHEN t.o IS NULL THEN 0 ELSE coalesce(lo.n, -1 - t.o) END AS o,
                     pc.code AS p, fc.code AS profile, {_HASH} AS details
              FROM old_rows t
              JOIN predicate_code pc ON pc.p = t.p JOIN profile_code fc ON fc.profile = t.profile
              LEFT JOIN leader ls ON ls.o = t.s LEFT JOIN leader lo ON lo.o = t.o
              {wanted("old")}) a
        FULL JOIN (SELECT t.id::UUID AS id, row, s, coalesce(o, 0) AS o, p::INT AS p,
                          profile::INT AS profile, {_HASH} AS details
                   FROM new_rows t {wanted("new")}) b ON a.id = b.id
        WHERE a.id IS NULL OR b.id IS NULL OR a.s <> b.s OR a.o <> b.o OR a.p <> b.p
           OR a.profile <> b.profile OR a.details <> b.details""")


def _details(connection: duckdb.DuckDBPyConnection) -> None:
    """``detail(id, bits)``: which of the details differ, where the hashes do."""
    bits = " + ".join(
        f"(a.{name} <> b.{name})::INT * {BIT[name]}"
        for name in ("source_record", "publications", "text")
    )
    connection.execute(f"""
        CREATE TABLE detail AS
        SELECT j.id, {bits} AS bits
        FROM (SELECT id, old_row, new_row FROM joined WHERE details_differ) j
        JOIN old_rows a ON a.row = j.old_row JOIN new_rows b ON b.row = j.new_row""")


def _classify(connection: duckdb.DuckDBPyConnection) -> None:
    profile_bits = " + ".join(
        f"coalesce(fo.{name} <> fn.{name}, false)::INT * {BIT[name]}" for name in _PROFILE_FIELDS
    )
    connection.execute(f"""
        CREATE TABLE change AS
        SELECT id, (CASE WHEN old_row IS NULL AND id IN (SELECT id FROM old_retraction)
                         THEN 'restored'
                         WHEN new_row IS NULL AND id IN (SELECT id FROM new_retraction)
                         THEN 'retracted'
                         WHEN old_row IS NULL THEN 'added' WHEN new_row IS NULL THEN 'removed'
                         WHEN mask & ~{MOVED} <> 0 THEN 'changed' ELSE 'moved'
                    END)::statement_kind AS kind,
               mask::SMALLINT AS mask, old_row, new_row, profile, old_profile, old_p,
               false AS one_concept
        FROM (SELECT j.*, coalesce(new_profile, old_profile) AS profile,
                     coalesce(subject_differs, false)::INT * {BIT["subject"]}
                     + coalesce(object_differs, false)::INT * {BIT["object"]}
                     + coalesce(po.predicate <> pn.predicate, false)::INT * {BIT["predicate"]}
                     + {profile_bits} + coalesce(d.bits, 0) AS mask
              FROM joined j LEFT JOIN detail d USING (id)
              LEFT JOIN profile_of fo ON fo.code = j.old_profile
              LEFT JOIN profile_of fn ON fn.code = j.new_profile
              LEFT JOIN predicate_of po ON po.code = j.old_p
              LEFT JOIN predicate_of pn ON pn.code = j.new_p)
        WHERE mask <> 0 OR old_row IS NULL OR new_row IS NULL;
        DROP TABLE joined; DROP TABLE detail""")


def _loops(connection: duckdb.DuckDBPyConnection) -> None:
    """Mark what came or went because both its ends are one concept where it is missing.

    A statement's own ends are its original ids, or where it has none the ids of its concepts.
    """
    for kind, side, other, here, there in (
        ("removed", "old", "new", "o", "n"),
        ("added", "new", "old", "n", "o"),
    ):
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE looped AS
            WITH gone AS MATERIALIZED (
              SELECT c.id, t.s, t.o, t.original_subject, t.original_object
              FROM change c JOIN {side}_rows t ON t.row = c.{side}_row
              WHERE c.kind = '{kind}' AND t.o IS NOT NULL),
            near AS MATERIALIZED (
              SELECT g.*, x.{there} AS there FROM gone g JOIN pair x ON x.{here} = g.s
              JOIN pair y ON y.{here} = g.o AND y.{there} = x.{there})
            SELECT id FROM (
              SELECT n.id, joint.equivalent_ids AS members,
                     coalesce(nullif(n.original_subject, ''), s.id) AS subject,
                     coalesce(nullif(n.original_object, ''), o.id) AS object
              FROM near n
              JOIN {side}_concepts s ON s.cid = n.s JOIN {side}_concepts o ON o.cid = n.o
              JOIN {other}_concepts joint ON joint.cid = n.there)
            WHERE list_contains(members, subject) AND list_contains(members, object);
            UPDATE change SET one_concept = true WHERE id IN (SELECT id FROM looped)""")
