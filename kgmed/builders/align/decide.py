"""Hits ranked by class: which is chosen, which is a rival, what ties, and what is refused why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.builders.align.report import LISTED, AlignReport
from kgmed.builders.align.rules import BROAD, CLOSE, EXACT, LIKE, RULES, SOURCE, VERSION, quoted
from kgmed.builders.identity import IdentityRules
from kgmed.builders.source import SourceInfo

if TYPE_CHECKING:
    import duckdb

_EXACT = quoted(name for name, rule in RULES.items() if rule.predicate == EXACT)
_BROAD = quoted(name for name, rule in RULES.items() if rule.predicate == BROAD)


def _by_rule(what: str) -> str:
    """SQL: the rule's ``confidence``, ``predicate`` or ``justification``."""
    cases = " ".join(f"WHEN '{name}' THEN {getattr(r, what)!r}" for name, r in RULES.items())
    return f"CASE rule {cases} END"


def weigh(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> None:
    """``candidate``: per own concept and class the best rule, and how well the categories fit.

    ``fit``: 2 of one kind, 1 compatible or unknown, 0 of disjoint families. ``refused``: why the
    candidate doesn't count, '' where it does.
    """
    order = " ".join(f"WHEN '{name}' THEN {n}" for n, name in enumerate(rules.leaders))
    connection.execute(f"""
        CREATE TABLE sole AS
        SELECT code, any_value(leader) AS leader FROM class_code WHERE claims
          AND (leader, system) NOT IN (
            SELECT (leader, system) FROM class_code WHERE claims
            GROUP BY leader, system HAVING count(DISTINCT code) > 1)
        GROUP BY code HAVING count(DISTINCT leader) = 1;
        CREATE TABLE found AS
        SELECT h.id, k.leader, h.rule, h.label, h.target, h.target_label
        FROM hit h JOIN class k ON k.id = h.target
        UNION ALL
        SELECT l.id, s.leader, 'code by label', l.label, s.leader, ''
        FROM label_code l JOIN sole s USING (code)
        UNION ALL
        SELECT o.id, s.leader, 'code', o.label, s.leader, ''
        FROM (SELECT c.*, w.label FROM own_code c JOIN own w USING (id)) o JOIN sole s USING (code)
        WHERE NOT o.by_label AND o.code NOT LIKE '%.8';  -- .8: others, specified
        CREATE TABLE agreement AS
        SELECT f.id, f.leader, bool_or(o.code = c.code) AS same,
               bool_or(left(o.code, 3) = left(c.code, 3)) AS near_it
        FROM (SELECT DISTINCT id, leader FROM found) f
        JOIN own_code o ON o.id = f.id JOIN class_code c ON c.leader = f.leader
        GROUP BY f.id, f.leader;
        CREATE TABLE candidate AS
        WITH sure AS (
          SELECT f.* REPLACE (
              CASE WHEN g.same AND f.rule IN ({quoted(LIKE)}) THEN 'code and like name'
                   WHEN g.same AND f.rule IN ({_EXACT}) AND f.rule <> 'code by label'
                   THEN 'code and name' ELSE f.rule END AS rule),
            coalesce(NOT g.near_it, false) AS code_differs
          FROM found f LEFT JOIN agreement g USING (id, leader)),
        best AS (
          SELECT *, {_by_rule("confidence")} AS confidence,
                 rule IN ({_EXACT}) AS is_exact, rule IN ({quoted(LIKE)}) AS is_like
          FROM sure QUALIFY row_number() OVER (
            PARTITION BY id, leader
            ORDER BY is_exact DESC, confidence DESC, target = leader DESC, target, label,
                     target_label) = 1),
        fitted AS (
          SELECT b.*, split_part(b.leader, ':', 1) AS prefix,
            CASE WHEN len(o.family) > 0 AND len(coalesce(m.family, [])) > 0
                      AND NOT list_has_any(o.family, m.family) THEN 0
                 WHEN list_has_any(o.kind, coalesce(m.kind, [])) THEN 2 ELSE 1 END AS fit,
            EXISTS (SELECT 1 FROM barred x JOIN class k ON k.id = x.other
                    WHERE x.id = b.id AND k.leader = b.leader) AS is_barred
          FROM best b JOIN own o ON o.id = b.id LEFT JOIN class_meaning m ON m.leader = b.leader)
        SELECT *, CASE prefix {order} ELSE {len(rules.leaders)} END AS rank,
          CASE WHEN is_barred THEN 'a negative mapping'
               WHEN fit = 0 OR fit = 1 AND rule = 'latin' THEN 'another category'
               WHEN is_like AND code_differs THEN 'another code' ELSE '' END AS refused
        FROM fitted""")


def decide(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> None:
    """``decision``: every candidate that counts at the top, with its role, and those refused.

    The top is the best rule's confidence, then the better fit, then the authority that leads.
    """
    connection.execute(f"""
        CREATE TABLE decision AS
        WITH possible AS (
          SELECT * FROM candidate WHERE refused = ''
          QUALIFY is_exact = bool_or(is_exact) OVER (PARTITION BY id)),
        top AS (
          SELECT * FROM possible QUALIFY confidence = max(confidence) OVER (PARTITION BY id)),
        fitting AS (SELECT * FROM top QUALIFY fit = max(fit) OVER (PARTITION BY id)),
        ranked AS (SELECT *, min(rank) OVER (PARTITION BY id) AS best FROM fitting),
        counted AS (
          SELECT *, count(*) FILTER (WHERE rank = best) OVER (PARTITION BY id) AS level FROM ranked)
        SELECT id, leader, rule, label, target, target_label, confidence, is_exact,
               CASE WHEN rank > best THEN 'rival' WHEN level = 1 THEN 'chosen'
                    WHEN prefix IN ({quoted(rules.strict)}) THEN 'tied' ELSE 'tied, not unique'
               END AS role, '' AS refused
        FROM counted
        UNION ALL
        SELECT id, leader, rule, label, target, target_label, confidence, is_exact, 'refused',
               refused
        FROM candidate WHERE refused <> ''""")


def store(connection: duckdb.DuckDBPyConnection, report: AlignReport) -> None:
    """Insert the mappings, and describe their source in the report where there are any.

    A tie of an authority whose ids are unique stays an exact match: identity refuses it, and says
    so. Where ids aren't unique identity would join both, so it becomes a close match, as is a class
    of the same name in an authority that leads less.
    """
    connection.execute(f"""
        CREATE TABLE made AS
        SELECT id AS subject,
               CASE WHEN role IN ('chosen', 'tied') THEN {_by_rule("predicate")}
                    ELSE '{CLOSE}' END AS predicate,
               target AS object, '' AS modifier, {_by_rule("justification")} AS justification,
               confidence, label AS subject_label, target_label AS object_label
        FROM decision WHERE role = 'chosen' OR role <> 'refused' AND is_exact
        UNION ALL
        SELECT id, '{BROAD}', target, '', '{RULES["label of a code"].justification}',
               {RULES["label of a code"].confidence}, label, target_label
        FROM label_code l WHERE (l.id, l.code) NOT IN
          (SELECT (id, code) FROM own_code WHERE NOT by_label)""")
    licences = connection.execute("""
        SELECT DISTINCT s.licence FROM main.source s WHERE s.number IN (
          SELECT n.source_number FROM main.in_names n
          WHERE (n.id, n.text) IN (SELECT (subject, subject_label) FROM made
                                   UNION SELECT (object, object_label) FROM made)
          UNION SELECT c.source_number FROM main.in_concepts c SEMI JOIN made m
            ON m.subject = c.id)
        ORDER BY 1""").fetchall()
    if not licences:
        return
    info = SourceInfo(
        SOURCE,
        "kgmed's alignment by codes and names",
        VERSION,
        " AND ".join(licence or "unstated" for (licence,) in licences),
    )
    connection.execute(
        "INSERT INTO main.source SELECT max(number) + 1, ?, ?, ? FROM main.source",
        [info.infores, info.release, info.licence],
    )
    connection.execute(f"""
        INSERT INTO main.in_mappings BY NAME
        SELECT *, '{SOURCE}' AS source, (SELECT max(number) FROM main.source) AS source_number
        FROM made ORDER BY ALL""")
    report.sources.append(info)


def fill(connection: duckdb.DuckDBPyConnection, report: AlignReport) -> None:
    """Count and list what was decided."""
    connection.execute("""
        CREATE TABLE fate AS
        SELECT own.id, own.label, category,
          CASE WHEN own.id IN (SELECT id FROM done) THEN 'done'
               WHEN own.id IN (SELECT id FROM decision WHERE role = 'chosen' AND is_exact)
               THEN 'exact'
               WHEN own.id IN (SELECT id FROM decision WHERE role LIKE 'tied%' AND is_exact)
               THEN 'tied'
               WHEN own.id IN (SELECT id FROM decision WHERE role = 'chosen')
                 OR own.id IN (SELECT id FROM label_code) THEN 'broad'
               ELSE 'none' END AS fate
        FROM own""")
    counts = dict(connection.execute("SELECT fate, count(*) FROM fate GROUP BY 1").fetchall())
    report.concepts = sum(counts.values())
    report.mapped_already = counts.get("done", 0)
    report.exact, report.broad = counts.get("exact", 0), counts.get("broad", 0)
    report.ties = counts.get("tied", 0)
    report.rules = dict(
        connection.execute(f"""
            SELECT rule, count(DISTINCT id) AS n FROM decision WHERE role = 'chosen' GROUP BY 1
            UNION ALL SELECT 'label of a code', count(DISTINCT id) FROM label_code
            HAVING count(*) > 0 ORDER BY list_position([{quoted(RULES)}], rule)""").fetchall()
    )
    report.categories = {
        category: {"concepts": total, "exact": exact, "broad": broad, "none": none}
        for category, total, exact, broad, none in connection.execute("""
            SELECT CASE WHEN len(category) = 0 THEN 'none stated'
                        ELSE array_to_string(category, ', ') END AS name, count(*),
                   count(*) FILTER (WHERE fate IN ('exact', 'done')),
                   count(*) FILTER (WHERE fate = 'broad'),
                   count(*) FILTER (WHERE fate IN ('none', 'tied'))
            FROM fate GROUP BY 1 ORDER BY 2 DESC, 1""").fetchall()
    }
    report.refused = dict(
        connection.execute("""
            SELECT refused, count(*) FROM decision WHERE role = 'refused' GROUP BY 1
            ORDER BY 1""").fetchall()
    )
    listed = """
        SELECT d.id, any_value(label ORDER BY label) AS name, any_value(rule) AS rule,
               string_agg(target || ' (' || target_label || ')', '; ' ORDER BY target) AS found
        FROM decision d WHERE {} GROUP BY d.id ORDER BY d.id LIMIT {}"""
    for rows_of, where in (
        (report.tied, "role LIKE 'tied%' AND is_exact"),
        (report.another_code, "refused = 'another code'"),
    ):
        rows_of += [
            {"id": id, "name": name, "rule": rule, "candidates": found}
            for id, name, rule, found in connection.execute(listed.format(where, LISTED)).fetchall()
        ]
