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
    LEADERS,
    STRICT_AUTHORITIES,
    Problem,
    resolve,
)
from kgmed.builders.staging import key_sql

if TYPE_CHECKING:
    import duckdb

OVERRIDES = "override"
"""The infores of a user's own mappings, which win over every rule."""

XREF = "oboInOwl:hasDbXref"

IDENTITY_PREDICATES = (
    "skos:exactMatch",
    "owl:sameAs",
    "owl:equivalentClass",
    "biolink:same_as",
    XREF,
)
"""A database cross-reference claims identity only where it is one-to-one or the labels agree."""

DISTINCT_ENDS = ("form_of", "has_active_ingredient")
"""Predicates whose two ends are never the same thing: a salt is not its base, whatever a mapping
says."""

MIN_CONFIDENCE = 0.5
"""A mapping below this never joins ids; it is kept as related."""

BASE_CONFIDENCE_SQL = """
    CASE WHEN confidence IS NOT NULL THEN confidence
         WHEN predicate = 'oboInOwl:hasDbXref' THEN 0.75
         WHEN justification IN ('semapv:ManualMappingCuration', 'semapv:MappingReview') THEN 0.95
         WHEN justification IN ('semapv:LexicalMatching',
                                'semapv:LexicalSimilarityThresholdMatching') THEN 0.7
         ELSE 0.85 END"""


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What the configuration may change: strict authorities and the order of leaders."""

    strict: tuple[str, ...] = STRICT_AUTHORITIES
    classifications: tuple[str, ...] = CLASSIFICATIONS
    leaders: tuple[str, ...] = LEADERS


@dataclass(slots=True)
class IdentityReport:
    """What identity resolution did, for the build report."""

    ids: int = 0
    classes: int = 0
    mappings: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    contradictions: list[dict[str, str]] = field(default_factory=list)


def resolve_identity(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> IdentityReport:
    """Fill ``id_class(id, leader)`` and ``mapping_out`` from the staged tables."""
    _number_ids(connection)
    _classify(connection, rules)
    _keep_forms_apart(connection)
    _find_contradictions(connection)
    problem, pairs = _problem(connection, rules)
    solution = resolve(problem)
    _store_classes(connection, solution.label, rules)
    names = dict(enumerate(("", *rules.strict)))
    ids = [row[0] for row in connection.execute("SELECT id FROM ids ORDER BY n").fetchall()]
    refusals = [
        (
            *pairs[edge],
            _reason(kind, (ids[ends[0]], ids[ends[1]]), names[problem.authority[ends[0]]]),
        )
        for edge, (kind, ends) in sorted(solution.refused.items())
    ]
    return _store_mappings(connection, refusals)


def _number_ids(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE OR REPLACE TABLE ids AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS n, id, split_part(id, ':', 1) AS prefix
        FROM (SELECT id FROM in_concepts UNION SELECT id FROM in_names
              UNION SELECT subject FROM in_statements
              UNION SELECT object FROM in_statements WHERE object <> ''
              UNION SELECT subject FROM in_mappings UNION SELECT object FROM in_mappings)""")


def _classify(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> None:
    """``m``: every mapping row with the status it has before uniqueness is looked at."""
    identity = ", ".join(f"'{name}'" for name in IDENTITY_PREDICATES)
    coded = ", ".join(f"'{name}'" for name in rules.classifications)
    connection.execute(f"""
        CREATE OR REPLACE TABLE name_key AS
        SELECT id, key, source, kind, min(text) AS text, regexp_full_match(key, '[ -~]*') AS latin
        FROM in_names WHERE key <> '' AND source <> '{OVERRIDES}' GROUP BY ALL;
        CREATE OR REPLACE TABLE m AS
        SELECT row_number() OVER () AS row, *,
               {BASE_CONFIDENCE_SQL} AS base,
               split_part(subject, ':', 1) AS subject_prefix,
               split_part(object, ':', 1) AS object_prefix,
               {key_sql("subject_label")} AS subject_key, {key_sql("object_label")} AS object_key
        FROM in_mappings;
        CREATE OR REPLACE TABLE agreeing AS
        SELECT DISTINCT m.row FROM m JOIN name_key a ON a.id = m.subject
        JOIN name_key b ON b.id = m.object AND a.key = b.key;
        CREATE OR REPLACE TABLE one_to_one AS
        SELECT row FROM (SELECT row,
            count(*) OVER (PARTITION BY source, predicate, subject, object_prefix) AS objects,
            count(*) OVER (PARTITION BY source, predicate, object, subject_prefix) AS subjects
          FROM m) WHERE objects = 1 AND subjects = 1;
        CREATE OR REPLACE TABLE status AS
        SELECT m.row, a.row IS NOT NULL AS agrees,
          CASE WHEN modifier = 'Not' THEN 'negative'
               WHEN predicate NOT IN ({identity}) THEN 'related'
               WHEN subject = object THEN 'related'
               WHEN source = '{OVERRIDES}' THEN 'merged'
               WHEN (subject_prefix IN ({coded}) OR object_prefix IN ({coded}))
                    AND (a.row IS NULL OR o.row IS NULL) THEN 'related'
               WHEN predicate = '{XREF}' AND o.row IS NULL AND a.row IS NULL THEN 'related'
               WHEN base < {MIN_CONFIDENCE} THEN 'related'
               ELSE 'merged' END AS status,
          CASE WHEN modifier = 'Not' THEN 'states that they differ'
               WHEN predicate NOT IN ({identity}) THEN 'its predicate claims no identity'
               WHEN subject = object THEN 'maps an id to itself'
               WHEN source = '{OVERRIDES}' THEN ''
               WHEN (subject_prefix IN ({coded}) OR object_prefix IN ({coded}))
                    AND (a.row IS NULL OR o.row IS NULL)
               THEN 'a classification code: not one-to-one, or no label agrees'
               WHEN predicate = '{XREF}' AND o.row IS NULL AND a.row IS NULL
               THEN 'a cross-reference that isn''t one-to-one, and no label agrees'
               WHEN base < {MIN_CONFIDENCE}
               THEN format('confidence {{:.2f}} is below {MIN_CONFIDENCE}', base)
               ELSE '' END AS reason
        FROM m LEFT JOIN agreeing a USING (row) LEFT JOIN one_to_one o USING (row)""")


def _keep_forms_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """A salt that is mapped to an id of its base: the row claims too much, and is kept as related.

    Told by the names: the other id is called what the base is called, so it is the base, even where
    a careless source calls it by the salt's name as well.
    """
    connection.execute("""
        UPDATE status SET status = 'related', reason = 'maps a form to what it is a form of'
        FROM (
          SELECT DISTINCT e.row FROM (
            SELECT row, subject AS id, object AS other FROM m
            UNION ALL SELECT row, object, subject FROM m) e
          JOIN in_statements f ON f.predicate = 'form_of' AND NOT f.negated AND f.subject = e.id
          JOIN name_key base ON base.id = f.object
          JOIN name_key other ON other.id = e.other AND other.key = base.key) claimed
        WHERE claimed.row = status.row AND status.status = 'merged'""")


def _find_contradictions(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a row whose label is another id's name: the id and the name beside it disagree.

    Judged against names from other sources only. A label contradicts an id where none of these
    names agrees with it, none shares a word with it, or the label names another id of the same
    authority.
    """
    connection.execute(f"""
        CREATE OR REPLACE TABLE contradiction AS
        WITH side AS (
          SELECT row, source, object AS id, object_prefix AS prefix, object_label AS label,
                 object_key AS key FROM m WHERE object_key <> ''
          UNION ALL
          SELECT row, source, subject, subject_prefix, subject_label, subject_key
          FROM m WHERE subject_key <> ''),
        known AS (
          SELECT side.row, side.id, any_value(side.label) AS label, any_value(side.key) AS key,
                 any_value(side.prefix) AS prefix, any_value(side.source) AS source,
                 any_value(k.text ORDER BY k.kind <> 'preferred', k.text) AS known_name,
                 bool_or(k.key = side.key) AS agrees,
                 bool_or(len(list_intersect(string_split(k.key, ' '),
                                            string_split(side.key, ' '))) > 0) AS shares,
                 max(jaro_winkler_similarity(k.key, side.key)) AS likeness
          FROM side JOIN name_key k ON k.id = side.id AND k.source <> side.source
               AND k.latin = regexp_full_match(side.key, '[ -~]*')
          JOIN status s ON s.row = side.row AND s.status = 'merged'
          WHERE side.source <> '{OVERRIDES}'
          GROUP BY side.row, side.id),
        elsewhere AS (
          SELECT known.row, known.id, min(k.id) AS other FROM known
          JOIN name_key k ON k.key = known.key AND split_part(k.id, ':', 1) = known.prefix
               AND k.id <> known.id AND k.source <> known.source
          WHERE NOT known.agrees GROUP BY known.row, known.id)
        SELECT row, min(id) AS id, min(label) AS label, min(known_name) AS known_name,
               min(other) AS other
        FROM (SELECT known.row, known.id, label, known_name, coalesce(other, '') AS other
              FROM known LEFT JOIN elsewhere e ON e.row = known.row AND e.id = known.id
              WHERE NOT agrees AND (other IS NOT NULL AND likeness < 0.9
                                    OR NOT shares AND likeness < 0.75 AND prefix = 'drugbank'))
        GROUP BY row;
        UPDATE status SET status = 'refused',
          reason = 'the id contradicts the name beside it: ' || c.id || ' is called '
                   || c.known_name || ' elsewhere, here ' || c.label
                   || CASE WHEN c.other <> '' THEN ', which is ' || c.other ELSE '' END
        FROM contradiction c WHERE c.row = status.row""")


def _problem(
    connection: duckdb.DuckDBPyConnection, rules: IdentityRules
) -> tuple[Problem, list[tuple[int, int]]]:
    # Per pair of ids: sources are taken as independent, agreeing names halve what doubt is left.
    connection.execute(f"""
        CREATE OR REPLACE TABLE pair AS
        WITH best AS (
          SELECT least(a.n, b.n) AS x, greatest(a.n, b.n) AS y, m.source,
                 max(least(base, 0.99)) AS c, bool_or(agrees) AS agrees,
                 bool_or(m.source = '{OVERRIDES}') AS wins
          FROM m JOIN status s USING (row) JOIN ids a ON a.id = m.subject
          JOIN ids b ON b.id = m.object WHERE s.status = 'merged' GROUP BY 1, 2, 3)
        SELECT x, y, CASE WHEN bool_or(wins) THEN 2.0 ELSE round(1 - exp(sum(ln(1 - c)))
                   * CASE WHEN bool_or(agrees) THEN 0.5 ELSE 1 END, 4) END AS confidence
        FROM best GROUP BY x, y ORDER BY x, y""")
    left, right, confidence = (
        connection.execute("SELECT x, y, confidence FROM pair ORDER BY x, y").fetchnumpy().values()
    )
    size = _scalar(connection, "SELECT count(*) FROM ids")
    authority = np.zeros(size, np.int64)
    for number, prefix in enumerate(rules.strict, 1):
        rows = connection.execute("SELECT n FROM ids WHERE prefix = ?", [prefix]).fetchnumpy()
        authority[rows["n"]] = number
    apart = connection.execute(
        """
        SELECT DISTINCT least(a.n, b.n), greatest(a.n, b.n) FROM m JOIN status s USING (row)
        JOIN ids a ON a.id = m.subject JOIN ids b ON b.id = m.object
        WHERE s.status = 'negative'
        UNION SELECT least(a.n, b.n), greatest(a.n, b.n) FROM in_statements t
        JOIN ids a ON a.id = t.subject JOIN ids b ON b.id = t.object
        WHERE list_contains(?, t.predicate) AND a.n <> b.n ORDER BY 1, 2""",
        [list(DISTINCT_ENDS)],
    ).fetchall()
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    problem = Problem(
        size,
        left.astype(np.int64),
        right.astype(np.int64),
        confidence.astype(np.float64),
        authority,
        [(int(a), int(b)) for a, b in apart],
    )
    return problem, pairs


def _store_classes(
    connection: duckdb.DuckDBPyConnection, label: np.typing.NDArray[np.int64], rules: IdentityRules
) -> None:
    import pyarrow as pa

    labels = pa.table({"n": np.arange(len(label)), "label": label})
    connection.register("labels_view", labels)
    cases = " ".join(f"WHEN '{p}' THEN {i}" for i, p in enumerate(rules.leaders))
    connection.execute(f"""
        CREATE OR REPLACE TABLE id_class AS
        SELECT id, first_value(id) OVER (
                 PARTITION BY label ORDER BY CASE prefix {cases} ELSE {len(rules.leaders)} END, id
               ) AS leader
        FROM ids JOIN labels_view USING (n)""")
    connection.unregister("labels_view")


def _reason(kind: str, ends: tuple[str, str], authority: str) -> str:
    left, right = ends
    if kind == "negative":
        return f"a negative mapping keeps {left} and {right} apart"
    if kind == "tie":
        return (
            f"a tie: mappings of equal confidence would put {left} and {right} into one concept; "
            "none of them is taken"
        )
    return f"{left} and {right} would share a concept, and {authority} ids are unique"


def _store_mappings(
    connection: duckdb.DuckDBPyConnection, refusals: list[tuple[int, int, str]]
) -> IdentityReport:
    import pyarrow as pa

    columns = list(zip(*refusals, strict=True)) or [(), (), ()]
    types = (pa.int64(), pa.int64(), pa.string())
    connection.register(
        "refusal",
        pa.table({n: pa.array(c, t) for n, c, t in zip("xyr", columns, types, strict=True)}),
    )
    connection.execute("""
        CREATE OR REPLACE TABLE mapping_out AS
        SELECT m.subject, m.predicate, m.object, m.modifier, m.justification,
               round(m.base, 4) AS confidence, m.source, m.subject_label, m.object_label,
               CASE WHEN s.status = 'merged' AND ca.leader <> cb.leader THEN 'refused'
                    ELSE s.status END AS status,
               CASE WHEN s.status = 'merged' AND ca.leader <> cb.leader
                    THEN coalesce(r.r, 'a better mapping stands against it')
                    WHEN s.status = 'merged' THEN '' ELSE s.reason END AS reason,
               ca.leader AS subject_leader, cb.leader AS object_leader
        FROM m JOIN status s USING (row)
        JOIN ids a ON a.id = m.subject JOIN ids b ON b.id = m.object
        JOIN id_class ca ON ca.id = m.subject JOIN id_class cb ON cb.id = m.object
        LEFT JOIN refusal r ON r.x = least(a.n, b.n) AND r.y = greatest(a.n, b.n)""")
    report = IdentityReport(
        ids=_scalar(connection, "SELECT count(*) FROM ids"),
        classes=_scalar(connection, "SELECT count(DISTINCT leader) FROM id_class"),
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
