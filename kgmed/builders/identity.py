"""From mapping rows to classes of ids: which rows claim identity, how sure each is, which fail.

SQL over the staged tables on one side, the pure rules of :mod:`kgmed.builders.resolve` on the
other. Every mapping row ends with a status and, where it wasn't used, a reason; nothing is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from kgmed.builders.resolve import (
    CLASSIFICATIONS,
    EDITORIAL,
    LEADERS,
    NEVER_ONE,
    OF_PREFIX,
    OVERRIDE,
    STRICT_AUTHORITIES,
    Problem,
    Resolution,
    resolve,
)
from kgmed.builders.source import REPLACED_BY
from kgmed.builders.staging import key_sql
from kgmed.kg.categories import disjoint

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

OVERRIDES = "override"
"""The infores of a user's own mappings, which win over every rule."""

XREF = "oboInOwl:hasDbXref"

IDENTITY_PREDICATES = (
    "skos:exactMatch",
    "owl:sameAs",
    "owl:equivalentClass",
    "biolink:same_as",
    XREF,
    REPLACED_BY,
)
"""A database cross-reference claims identity only where it is one-to-one or the labels agree."""

DISTINCT_ENDS = ("form_of", "has_active_ingredient")
"""Predicates whose two ends are never the same thing: a salt is not its base, whatever a mapping
says. Nor is what is made of the salt, or is a form of it; but an authority may have put both under
one id of its own."""

MIN_CONFIDENCE = 0.5
"""A mapping below this never joins ids; it is kept as related."""

_NUMERALS = r"list_sort(regexp_extract_all({}, '\b([0-9]+|[ivx]+)\b'))"
"""The numerals of a key, Arabic and Roman, as SQL."""

BASE_CONFIDENCE_SQL = f"""
    CASE WHEN confidence IS NOT NULL THEN confidence
         WHEN predicate = '{REPLACED_BY}' THEN 1.0
         WHEN predicate = 'oboInOwl:hasDbXref' THEN 0.75
         WHEN justification IN ('semapv:ManualMappingCuration', 'semapv:MappingReview') THEN 0.95
         WHEN justification IN ('semapv:LexicalMatching',
                                'semapv:LexicalSimilarityThresholdMatching') THEN 0.7
         ELSE 0.85 END"""


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What the configuration may change: strict authorities, the order of leaders, and the
    authorities without identifiers that are aligned (:mod:`kgmed.builders.align`)."""

    strict: tuple[str, ...] = STRICT_AUTHORITIES
    classifications: tuple[str, ...] = CLASSIFICATIONS
    leaders: tuple[str, ...] = LEADERS
    align: tuple[str, ...] = ("cmekg",)


@dataclass(slots=True)
class IdentityReport:
    """What identity resolution did, for the build report."""

    ids: int = 0
    classes: int = 0
    mappings: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    contradictions: list[dict[str, str]] = field(default_factory=list)


_EDITORIAL = f"""(base >= 1 AND (predicate = '{REPLACED_BY}' AND subject_prefix = object_prefix
    OR source IN ('infores:' || subject_prefix, 'infores:' || object_prefix)))"""
"""A source's own assignment of its own ids (a code's CUI, a retired id's successor): not a guess
that is weighed against others. It comes before every other mapping, and no label speaks against
it."""

_EDITORIAL_CONFIDENCE = f"""{EDITORIAL} + CASE
    WHEN predicate = '{REPLACED_BY}' THEN 0.1
    WHEN s IN (FROM retired) OR o IN (FROM retired) THEN 0
    WHEN preferred THEN 0.3 ELSE 0.2 END"""
"""Where editors' assignments can't all stand: first those between ids in use of one preferred name,
then other ids in use; a retired id goes with its successor rather than with what it once was."""


def resolve_identity(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> IdentityReport:
    """Fill ``ids(n, id)``, ``id_class(n, id, leader_n, leader)`` and ``mapping_out`` from the
    staged tables; ``n`` counts ids in their order."""
    _number_ids(connection)
    _find_ends(connection)
    _classify(connection, rules)
    _keep_forms_apart(connection)
    _find_contradictions(connection)
    problem = _problem(connection, rules)
    solution = resolve(problem)
    _store_classes(connection, solution.label, rules)
    _store_mappings(connection, _refusals(connection, problem, solution, rules))
    return _report(connection)


def _number_ids(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE ids AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, split_part(id, ':', 1) AS prefix
        FROM (SELECT id FROM in_concepts UNION SELECT unnest(equivalent_ids) FROM in_concepts
              UNION SELECT id FROM in_names
              UNION SELECT subject FROM in_statements
              UNION SELECT object FROM in_statements WHERE object <> ''
              UNION SELECT subject FROM in_mappings UNION SELECT object FROM in_mappings)""")


def _find_ends(connection: duckdb.DuckDBPyConnection) -> None:
    """``made_of``: what is a form of, or contains, what; also by way of one form more."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE made_of AS
        WITH direct AS (
          SELECT DISTINCT a.n, b.n AS base, t.predicate FROM in_statements t
          JOIN ids a ON a.id = t.subject JOIN ids b ON b.id = t.object
          WHERE list_contains(?, t.predicate) AND NOT t.negated AND a.n <> b.n)
        SELECT * FROM direct
        UNION SELECT d.n, f.base, d.predicate FROM direct d
        JOIN direct f ON f.n = d.base AND f.predicate = 'form_of' WHERE f.base <> d.n""",
        [list(DISTINCT_ENDS)],
    )


def _classify(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> None:
    """``m``: every mapping row with the status it has before uniqueness is looked at."""
    identity = ", ".join(f"'{name}'" for name in IDENTITY_PREDICATES)
    coded = ", ".join(f"'{name}'" for name in rules.classifications)
    connection.execute(f"""
        CREATE OR REPLACE TABLE m AS
        SELECT *, {_EDITORIAL} AS editorial FROM (
        SELECT row_number() OVER () AS row, t.* REPLACE (coalesce(t.given, '') AS given),
               a.n AS s, b.n AS o,
               {BASE_CONFIDENCE_SQL} AS base, a.prefix AS subject_prefix, b.prefix AS object_prefix,
               {key_sql("subject_label")} AS subject_key, {key_sql("object_label")} AS object_key
        FROM in_mappings t JOIN ids a ON a.id = t.subject JOIN ids b ON b.id = t.object);
        CREATE OR REPLACE TABLE mapped AS
        SELECT s AS n FROM m UNION SELECT o FROM m UNION SELECT base FROM made_of;
        CREATE OR REPLACE TABLE name_key AS
        SELECT i.n, x.key, x.source, x.kind, min(x.text) AS text,
               regexp_full_match(x.key, '[ -~]*') AS latin
        FROM in_names x JOIN ids i USING (id) SEMI JOIN mapped USING (n)
        WHERE x.key <> '' AND x.source <> '{OVERRIDES}' GROUP BY ALL;
        CREATE OR REPLACE TABLE agreeing AS
        SELECT m.row, bool_or(a.kind = 'preferred' AND b.kind = 'preferred') AS preferred
        FROM m JOIN name_key a ON a.n = m.s JOIN name_key b ON b.n = m.o AND a.key = b.key
        WHERE a.kind <> 'brand' AND b.kind <> 'brand'
          AND (a.kind <> 'abbreviation' OR b.kind = 'preferred')
          AND (b.kind <> 'abbreviation' OR a.kind = 'preferred')
        GROUP BY m.row;
        CREATE OR REPLACE TABLE labelled AS
        WITH asked AS (
          SELECT row, s, o, subject_key, object_key FROM m
          WHERE predicate = '{XREF}' OR subject_prefix IN ({coded}) OR object_prefix IN ({coded}))
        SELECT row FROM agreeing
        UNION SELECT row FROM asked WHERE subject_key <> '' AND subject_key = object_key
        UNION SELECT row FROM asked JOIN name_key k ON k.n = s AND k.key = object_key
        WHERE k.kind IN ('preferred', 'synonym')
        UNION SELECT row FROM asked JOIN name_key k ON k.n = o AND k.key = subject_key
        WHERE k.kind IN ('preferred', 'synonym');
        CREATE OR REPLACE TABLE successors AS
        SELECT s, count(DISTINCT o) AS n, min(o) AS successor FROM m
        WHERE predicate = '{REPLACED_BY}' AND modifier <> 'Not' AND s <> o GROUP BY s;
        CREATE OR REPLACE TABLE one_to_one AS
        WITH live AS (
          SELECT m.row, source_number, predicate, subject_prefix, object_prefix,
                 coalesce(a.successor, m.s) AS s, coalesce(b.successor, m.o) AS o
          FROM m LEFT JOIN successors a ON a.s = m.s AND a.n = 1
          LEFT JOIN successors b ON b.s = m.o AND b.n = 1 WHERE modifier <> 'Not'
            AND predicate IN ({identity})
            AND (predicate = '{XREF}' OR subject_prefix IN ({coded})
                 OR object_prefix IN ({coded}))),
        objects AS (
          SELECT source_number, predicate, s, object_prefix FROM live
          GROUP BY ALL HAVING min(o) = max(o)),
        subjects AS (
          SELECT source_number, predicate, o, subject_prefix FROM live
          GROUP BY ALL HAVING min(s) = max(s))
        SELECT row FROM live SEMI JOIN objects USING (source_number, predicate, s, object_prefix)
        SEMI JOIN subjects USING (source_number, predicate, o, subject_prefix);
        CREATE OR REPLACE TABLE status AS
        SELECT m.row, a.row IS NOT NULL AS agrees, coalesce(a.preferred, false) AS preferred,
          CASE WHEN given <> '' THEN given
               WHEN modifier = 'Not' THEN 'negative'
               WHEN predicate NOT IN ({identity}) THEN 'related'
               WHEN subject = object THEN 'related'
               WHEN source = '{OVERRIDES}' THEN 'merged'
               WHEN r.n > 1 OR q.n > 1 THEN 'related'
               WHEN (subject_prefix IN ({coded}) OR object_prefix IN ({coded}))
                    AND (l.row IS NULL OR o.row IS NULL) THEN 'related'
               WHEN predicate = '{XREF}' AND o.row IS NULL AND l.row IS NULL THEN 'related'
               WHEN base < {MIN_CONFIDENCE} THEN 'related'
               ELSE 'merged' END AS status,
          CASE WHEN given <> '' THEN coalesce(given_reason, '')
               WHEN modifier = 'Not' THEN 'states that they differ'
               WHEN predicate NOT IN ({identity}) THEN 'its predicate claims no identity'
               WHEN subject = object THEN 'maps an id to itself'
               WHEN source = '{OVERRIDES}' THEN ''
               WHEN predicate = '{REPLACED_BY}' AND r.n > 1 THEN 'names several successors'
               WHEN r.n > 1 OR q.n > 1 THEN 'one id was split into several'
               WHEN (subject_prefix IN ({coded}) OR object_prefix IN ({coded}))
                    AND (l.row IS NULL OR o.row IS NULL)
               THEN 'a classification code: not one-to-one, or no label agrees'
               WHEN predicate = '{XREF}' AND o.row IS NULL AND l.row IS NULL
               THEN 'a cross-reference that isn''t one-to-one, and no label agrees'
               WHEN base < {MIN_CONFIDENCE}
               THEN format('confidence {{:.2f}} is below {MIN_CONFIDENCE}', base)
               ELSE '' END AS reason
        FROM m LEFT JOIN agreeing a USING (row) LEFT JOIN one_to_one o USING (row)
        LEFT JOIN labelled l USING (row)
        LEFT JOIN successors r ON r.s = m.s LEFT JOIN successors q ON q.s = m.o;
        CREATE OR REPLACE TABLE retired AS
        SELECT DISTINCT s AS n FROM m JOIN status USING (row)
        WHERE predicate = '{REPLACED_BY}' AND status IN ('merged', 'related') AND s <> o""")


def _keep_forms_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """A salt that is mapped to an id of its base: the row claims too much, and is kept as related.

    Told by the names: the other id is called what the base is called, so it is the base, even where
    a careless source calls it by the salt's name as well. Where the base's name is but a synonym of
    the other id, and the salt's preferred name is its own, it is the salt.
    """
    connection.execute(f"""
        UPDATE status SET status = 'related', reason = 'maps a form to what it is a form of'
        FROM (
          WITH said AS (
            SELECT row, s AS n, o AS other FROM m WHERE NOT editorial AND source <> '{OVERRIDES}'
            UNION ALL
            SELECT row, o, s FROM m WHERE NOT editorial AND source <> '{OVERRIDES}'),
          of_form AS (
            SELECT row, n, other, base FROM said JOIN made_of USING (n)
            WHERE predicate = 'form_of'),
          of_base AS (
            SELECT f.row, f.n, f.other,
                   bool_or(base.kind = 'preferred' AND other.kind = 'preferred') AS surely
            FROM of_form f JOIN name_key base ON base.n = f.base
            JOIN name_key other ON other.n = f.other AND other.key = base.key GROUP BY ALL)
          SELECT row FROM of_base WHERE surely
          UNION SELECT row FROM of_base ANTI JOIN (
            SELECT b.row FROM of_base b JOIN name_key own ON own.n = b.n AND own.kind = 'preferred'
            JOIN name_key other ON other.n = b.other AND other.key = own.key
              AND other.kind = 'preferred') USING (row)) claimed
        WHERE claimed.row = status.row AND status.status = 'merged'
          AND status.row NOT IN (SELECT row FROM m WHERE given <> '')""")


def _find_contradictions(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a row whose label is another id's name: the id and the name beside it disagree.

    Judged against names from other sources only. A label contradicts an id where none of these
    names agrees with it, and it names another id of the same authority: as its preferred name, or
    it isn't just a spelling of these names, or has other numerals (type 1, type II). A DrugBank id
    it contradicts also where no name shares a word with it.
    """
    connection.execute(f"""
        CREATE OR REPLACE TABLE contradiction AS
        WITH side AS (
          SELECT row, source, o AS n, object AS id, object_prefix AS prefix,
                 object_label AS label, object_key AS key
          FROM m WHERE object_key <> '' AND NOT editorial AND given = ''
          UNION ALL
          SELECT row, source, s, subject, subject_prefix, subject_label, subject_key
          FROM m WHERE subject_key <> '' AND NOT editorial AND given = ''),
        known AS (
          SELECT side.row, side.id, any_value(side.label) AS label, any_value(side.key) AS key,
                 any_value(side.prefix) AS prefix, any_value(side.source) AS source,
                 any_value(k.text ORDER BY k.kind <> 'preferred', k.text) AS known_name,
                 bool_or(k.key = side.key) AS agrees,
                 bool_or(len(list_intersect(string_split(k.key, ' '),
                                            string_split(side.key, ' '))) > 0) AS shares,
                 max(jaro_winkler_similarity(k.key, side.key)) AS likeness,
                 bool_or({_NUMERALS.format("k.key")} = {_NUMERALS.format("side.key")}) AS numbered
          FROM side JOIN name_key k ON k.n = side.n AND k.source <> side.source
               AND k.latin = regexp_full_match(side.key, '[ -~]*')
          JOIN status s ON s.row = side.row AND s.status = 'merged'
          WHERE side.source <> '{OVERRIDES}'
          GROUP BY side.row, side.id),
        elsewhere AS (
          SELECT known.row, known.id, min(k.id) AS other,
                 bool_or(k.kind = 'preferred') AS preferred FROM known
          JOIN in_names k ON k.key = known.key AND starts_with(k.id, known.prefix || ':')
               AND k.id <> known.id AND k.source <> known.source AND k.source <> '{OVERRIDES}'
          WHERE NOT known.agrees GROUP BY known.row, known.id)
        SELECT row, min(id) AS id, min(label) AS label, min(known_name) AS known_name,
               min(other) AS other
        FROM (SELECT known.row, known.id, label, known_name, coalesce(other, '') AS other
              FROM known LEFT JOIN elsewhere e ON e.row = known.row AND e.id = known.id
              WHERE NOT agrees AND (other IS NOT NULL
                                      AND (preferred OR likeness < 0.9 OR NOT numbered)
                                    OR NOT shares AND likeness < 0.75 AND prefix = 'drugbank'))
        GROUP BY row;
        UPDATE status SET status = 'refused',
          reason = 'the id contradicts the name beside it: ' || c.id || ' is called '
                   || c.known_name || ' elsewhere, here ' || c.label
                   || CASE WHEN c.other <> '' THEN ', which is ' || c.other ELSE '' END
        FROM contradiction c WHERE c.row = status.row""")


def _problem(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> Problem:
    # Per pair of ids: sources are taken as independent, agreeing names halve what doubt is left.
    connection.execute(f"""
        CREATE OR REPLACE TABLE pair AS
        WITH best AS (
          SELECT least(s, o) AS x, greatest(s, o) AS y, voice,
                 max(least(base, 0.99)) AS c, bool_or(agrees) AS agrees,
                 max(CASE WHEN editorial THEN {_EDITORIAL_CONFIDENCE} END) AS editorial,
                 bool_or(source = '{OVERRIDES}' OR given <> '') AS wins
          FROM m JOIN status USING (row)
          JOIN (SELECT number AS source_number, min(number) OVER (PARTITION BY infores) AS voice
                FROM source) v USING (source_number)
          WHERE status = 'merged' GROUP BY 1, 2, 3)
        SELECT x, y, max(confidence) AS confidence FROM (
          SELECT x, y, CASE WHEN bool_or(wins) THEN {OVERRIDE}
                   WHEN count(editorial) > 0 THEN max(editorial)
                   ELSE least(round(1 - exp(sum(ln(1 - c)))
                     * CASE WHEN bool_or(agrees) THEN 0.5 ELSE 1 END, 4), 0.9999) END AS confidence
          FROM best GROUP BY x, y
          UNION ALL
          SELECT least(a.n, b.n), greatest(a.n, b.n), {OVERRIDE}
          FROM (SELECT id, unnest(equivalent_ids) AS other FROM in_concepts) c
          JOIN ids a ON a.id = c.id JOIN ids b ON b.id = c.other WHERE a.n <> b.n)
        GROUP BY x, y ORDER BY x, y""")
    left, right, confidence = (
        connection.execute("SELECT x, y, confidence FROM pair ORDER BY x, y").fetchnumpy().values()
    )
    size = _scalar(connection, "SELECT count(*) FROM ids")
    authority = np.zeros(size, np.int64)
    for number, prefix in enumerate(rules.strict, 1):
        rows = connection.execute("SELECT n FROM ids WHERE prefix = ?", [prefix]).fetchnumpy()
        authority[rows["n"]] = number
    authority[connection.execute("SELECT n FROM retired").fetchnumpy()["n"]] = 0
    connection.execute("""
        CREATE OR REPLACE TABLE assigned_one AS
        WITH assigned AS (SELECT s, o FROM m WHERE editorial)
        SELECT DISTINCT f.n, f.base FROM made_of f JOIN assigned x ON x.s = f.n
        JOIN assigned y ON y.s = f.base AND y.o = x.o;
        CREATE OR REPLACE TABLE apart AS
        SELECT x, y, bool_or(negative) AS negative FROM (
          SELECT least(s, o) AS x, greatest(s, o) AS y, true AS negative
          FROM m JOIN status USING (row) WHERE status = 'negative' AND s <> o
          UNION ALL SELECT least(n, base), greatest(n, base), false
          FROM made_of ANTI JOIN assigned_one USING (n, base))
        GROUP BY x, y""")
    apart = connection.execute("SELECT x, y FROM apart ORDER BY x, y").fetchnumpy()
    kind, excluding = _kinds(connection, size)
    return Problem(
        size,
        left.astype(np.int64),
        right.astype(np.int64),
        confidence.astype(np.float64),
        authority,
        np.stack([apart["x"], apart["y"]], axis=1).astype(np.int64),
        kind,
        excluding,
    )


def _kinds(
    connection: duckdb.DuckDBPyConnection, size: int
) -> tuple[np.typing.NDArray[np.int64], frozenset[tuple[int, int]]]:
    """Number what ids are, and say which numbers exclude each other; 0 excludes none.

    What an id is its own authority says, or its prefix. Third parties' categories don't count: a
    wrong one would take a concept apart.
    """
    prefixes = ", ".join(f"('{prefix}', '{category}')" for prefix, category in OF_PREFIX.items())
    connection.execute(f"""
        CREATE OR REPLACE TABLE id_categories AS
        SELECT n, list_sort(list(DISTINCT category)) AS categories FROM (
          SELECT i.n, unnest(c.categories) AS category FROM in_concepts c JOIN ids i USING (id)
          WHERE c.source = 'infores:' || i.prefix
          UNION ALL SELECT n, category FROM ids
          JOIN (VALUES {prefixes}) p(prefix, category) USING (prefix))
        SEMI JOIN mapped USING (n) GROUP BY n""")
    found = [
        tuple(categories)
        for (categories,) in connection.execute(
            "SELECT DISTINCT categories FROM id_categories ORDER BY 1"
        ).fetchall()
    ]
    # Sets of categories that exclude the same sets are of one kind: a handful.
    against = {
        one: frozenset(other for other in found if disjoint(one, other, pairs=NEVER_ONE))
        for one in found
    }
    numbers = {
        excluded: number
        for number, excluded in enumerate(dict.fromkeys(filter(None, against.values())), 1)
    }
    excluding = frozenset(
        (numbers[against[one]], numbers[against[other]]) for one in found for other in against[one]
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE kind (categories VARCHAR[], number INT)")
    rows = [(list(one), numbers[against[one]]) for one in found if against[one]]
    if rows:
        connection.executemany("INSERT INTO kind VALUES (?, ?)", rows)
    of_id = connection.execute(
        "SELECT n, number FROM id_categories JOIN kind USING (categories)"
    ).fetchnumpy()
    kind = np.zeros(size, np.int64)
    kind[of_id["n"]] = of_id["number"]
    return kind, excluding


def _store_classes(
    connection: duckdb.DuckDBPyConnection, label: np.typing.NDArray[np.int64], rules: IdentityRules
) -> None:
    import pyarrow as pa

    labels = pa.table({"n": np.arange(len(label)), "label": label})
    connection.register("labels_view", labels)
    cases = " ".join(f"WHEN '{p}' THEN {i}" for i, p in enumerate(rules.leaders))
    connection.execute(f"""
        CREATE OR REPLACE TABLE id_class AS
        WITH led AS (
          SELECT label, min((CASE WHEN r.n IS NOT NULL THEN {len(rules.leaders) + 1}
                 ELSE CASE prefix {cases} ELSE {len(rules.leaders)} END END::BIGINT << 40) + i.n)
                 & ((1::BIGINT << 40) - 1) AS leader_n
          FROM ids i JOIN labels_view v ON v.n = i.n LEFT JOIN retired r ON r.n = i.n
          GROUP BY label)
        SELECT i.n, i.id, l.leader_n, leader.id AS leader
        FROM ids i JOIN labels_view v USING (n) JOIN led l ON l.label = v.label
        JOIN ids leader ON leader.n = l.leader_n""")
    connection.unregister("labels_view")


def _refusals(
    connection: duckdb.DuckDBPyConnection,
    problem: Problem,
    solution: Resolution,
    rules: IdentityRules,
) -> pa.Table:
    """``x, y, r``: the two ids of each refused mapping, and why it was."""
    import pyarrow as pa

    ends = {end for _kind, pair in solution.refused.values() for end in pair}
    connection.register("wanted", pa.table({"n": pa.array(sorted(ends), pa.int64())}))
    ids = dict(connection.execute("SELECT n, id FROM ids SEMI JOIN wanted USING (n)").fetchall())
    connection.unregister("wanted")
    names = dict(enumerate(("", *rules.strict)))
    negative = set(connection.execute("SELECT x, y FROM apart WHERE negative").fetchall())
    edges = sorted(solution.refused)
    reasons = []
    for edge in edges:
        kind, (left, right) = solution.refused[edge]
        authority = names[int(problem.authority[left])]
        if kind == "apart" and (left, right) in negative:
            kind = "negative"
        reasons.append(_reason(kind, (ids[left], ids[right]), authority))
    return pa.table(
        {
            "x": pa.array(problem.left[edges], pa.int64()),
            "y": pa.array(problem.right[edges], pa.int64()),
            "r": pa.array(reasons, pa.string()),
        }
    )


def _reason(kind: str, ends: tuple[str, str], authority: str) -> str:
    left, right = ends
    if kind == "negative":
        return f"a negative mapping keeps {left} and {right} apart"
    if kind == "apart":
        return f"{left} and {right} are a form or product and what it is made of"
    if kind == "kind":
        return f"{left} and {right} would share a concept: their categories exclude each other"
    if kind == "tie":
        return (
            f"a tie: mappings of equal confidence would put {left} and {right} into one concept; "
            "none of them is taken"
        )
    return f"{left} and {right} would share a concept, and {authority} ids are unique"


def _store_mappings(connection: duckdb.DuckDBPyConnection, refusals: pa.Table) -> None:
    connection.register("refusal", refusals)
    connection.execute("""
        CREATE OR REPLACE TABLE mapping_out AS
        SELECT m.subject, m.predicate, m.object, m.modifier, m.justification,
               round(m.base, 4) AS confidence, m.source, m.subject_label, m.object_label,
               CASE WHEN t.status = 'merged' AND ca.leader_n <> cb.leader_n THEN 'refused'
                    ELSE t.status END AS status,
               CASE WHEN t.status = 'merged' AND ca.leader_n <> cb.leader_n
                    THEN coalesce(r.r, 'a better mapping stands against it')
                    WHEN t.status = 'merged' THEN '' ELSE t.reason END AS reason,
               ca.leader_n AS subject_leader, cb.leader_n AS object_leader
        FROM m JOIN status t USING (row)
        JOIN id_class ca ON ca.n = m.s JOIN id_class cb ON cb.n = m.o
        LEFT JOIN refusal r ON r.x = least(m.s, m.o) AND r.y = greatest(m.s, m.o)""")
    connection.unregister("refusal")


def _report(connection: duckdb.DuckDBPyConnection) -> IdentityReport:
    report = IdentityReport(
        ids=_scalar(connection, "SELECT count(*) FROM ids"),
        classes=_scalar(connection, "SELECT count(*) FROM id_class WHERE n = leader_n"),
    )
    report.mappings = dict(
        connection.execute(
            "SELECT status, count(*) FROM mapping_out GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )
    report.refused = dict(
        connection.execute("""
            SELECT CASE WHEN reason LIKE 'a tie%' THEN 'tie'
                        WHEN reason LIKE 'the id contradicts%' THEN 'id contradicts name'
                        WHEN reason LIKE 'a negative%' THEN 'negative mapping'
                        WHEN reason LIKE '%what it is made of' THEN 'form or product'
                        WHEN reason LIKE '%exclude each other' THEN 'categories'
                        ELSE 'uniqueness' END AS kind, count(*)
            FROM mapping_out WHERE status = 'refused' GROUP BY 1 ORDER BY 1""").fetchall()
    )
    report.contradictions = [
        {"id": id, "label": label, "elsewhere": known, "label_names": other, "source": source}
        for id, label, known, other, source in connection.execute("""
            SELECT DISTINCT c.id, c.label, c.known_name, c.other, m.source
            FROM contradiction c JOIN m USING (row) ORDER BY 1, 2""").fetchall()
    ]
    return report


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
