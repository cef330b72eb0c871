"""Alignment over the staged tables: SQL on the large side, the rules of names on the small one.

The work happens in a schema of its own. The concepts that a name leads to are found in three steps:
readings of the own names (:mod:`.names`) are joined to all names by key; what lies around the hits
by mappings is cut out, and identity is resolved over that cut, as the build will over the whole;
then each own concept's hits are ranked by class. Names that lead to two classes of one authority
are a tie: where that authority's ids are unique, identity refuses the mappings as such, else they
are kept as ``closeMatch``; either way the report lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.builders.align.decide import decide, fill, store, weigh
from kgmed.builders.align.names import ingredients, readings
from kgmed.builders.align.report import AlignReport
from kgmed.builders.align.rules import ICD10, OF_PREFIX, families, kinds, prefix, quoted
from kgmed.builders.identity import (
    DISTINCT_ENDS,
    IDENTITY_PREDICATES,
    IdentityRules,
    resolve_identity,
)
from kgmed.kg.linking.traditional import simplified

if TYPE_CHECKING:
    import duckdb

SCHEMA = "alignment"
BATCH_ROWS = 50_000
ROUNDS = 8
"""Mappings that the cut reaches out from a hit. Chains in real graphs end after four or five."""

_FOLDED = (  # only a key with characters beyond ASCII can hold a traditional one
    "CASE WHEN strlen(n.key) > length(n.key) THEN kgmed_simplified(n.key) ELSE n.key END"
)


def align(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> AlignReport:
    """Add mappings for the authorities of ``rules.align`` to ``in_mappings``; returns what it did.

    Needs the tables of :func:`kgmed.builders.staging.open_staged`. Without a concept of these
    authorities nothing is read beyond that.
    """
    report = AlignReport(authorities=list(rules.align))
    if not rules.align or not _has_own(connection, rules):
        return report
    run = _Run(connection, rules)
    connection.create_function("kgmed_simplified", simplified, ["VARCHAR"], "VARCHAR")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    connection.execute(f"SET search_path = '{SCHEMA},main'")
    try:
        run.own()
        run.read_names()
        run.find_hits()
        run.resolve_classes()
        weigh(connection, rules)
        decide(connection, rules)
        fill(connection, report)
        store(connection, report)
    finally:
        connection.execute("SET search_path = 'main'")
        connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
        connection.remove_function("kgmed_simplified")
    return report


def _has_own(connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> bool:
    query = f"SELECT 1 FROM in_concepts WHERE {_unaligned(rules)} LIMIT 1"
    return bool(connection.execute(query).fetchall())


def _unaligned(rules: IdentityRules) -> str:
    """The condition on concepts to align: a graph that was built before brings its alignment."""
    return f"""{prefix("id")} IN ({quoted(rules.align)})
               AND len(sources) = 0"""


class _Run:
    """One alignment; each method is one step and leaves its tables in the schema."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: IdentityRules) -> None:
        self.connection = connection
        self.rules = rules
        self.prefixes = quoted(rules.align)
        self.coded = quoted(rules.classifications)
        self.identity = quoted(IDENTITY_PREDICATES)

    def sql(self, query: str) -> None:
        self.connection.execute(query)

    def own(self) -> None:
        """``own``: the concepts to align, with families and kinds; ``own_code``: their codes."""
        table = [(c, families()[c], kinds().get(c, [])) for c in families()]
        self.sql("CREATE TABLE meaning(category VARCHAR, family VARCHAR[], kind VARCHAR[])")
        self.connection.executemany("INSERT INTO meaning VALUES (?, ?, ?)", table)
        self.sql("CREATE TABLE of_prefix(prefix VARCHAR, category VARCHAR)")
        self.connection.executemany("INSERT INTO of_prefix VALUES (?, ?)", [*OF_PREFIX.items()])
        self.sql(f"""
            CREATE TABLE own AS
            WITH stated AS (
              SELECT DISTINCT id, unnest(categories) AS category FROM main.in_concepts
              WHERE {_unaligned(self.rules)}),
            ids AS (SELECT DISTINCT id FROM main.in_concepts WHERE {_unaligned(self.rules)})
            SELECT ids.id, any_value(n.label) AS label,
                   coalesce(list_sort(list_distinct(list(category)
                     FILTER (category IS NOT NULL))), []) AS category,
                   coalesce(list_distinct(flatten(list(m.family) FILTER (m.family IS NOT NULL))),
                            []) AS family,
                   coalesce(list_distinct(flatten(list(m.kind) FILTER (m.kind IS NOT NULL))),
                            []) AS kind
            FROM ids LEFT JOIN stated USING (id) LEFT JOIN meaning m USING (category)
            LEFT JOIN (SELECT id, any_value(text ORDER BY kind <> 'preferred', text) AS label
                       FROM main.in_names WHERE id IN (SELECT id FROM ids) GROUP BY id) n
              ON n.id = ids.id
            GROUP BY ids.id;
            CREATE TABLE own_row AS
            SELECT a.id, x.object AS other, x.predicate, x.modifier
            FROM main.in_mappings x JOIN own a ON a.id = x.subject
            UNION ALL SELECT a.id, x.subject, x.predicate, x.modifier
            FROM main.in_mappings x JOIN own a ON a.id = x.object;
            CREATE TABLE done AS SELECT DISTINCT id FROM own_row
            WHERE modifier = '' AND predicate IN ({self.identity})
              AND {prefix("other")} NOT IN ({self.coded}, {self.prefixes});
            CREATE TABLE barred AS SELECT DISTINCT id, other FROM own_row WHERE modifier = 'Not';
            CREATE TABLE own_code AS
            SELECT DISTINCT id, {_local("other")} AS code, false AS by_label FROM own_row
            WHERE modifier = '' AND {prefix("other")} IN ({quoted(ICD10)})""")

    def read_names(self) -> None:
        """``reading``: the keys to look up, each with its rule and the name it was made of."""
        import pyarrow as pa

        self.sql("CREATE TABLE reading(id VARCHAR, key VARCHAR, rule VARCHAR, label VARCHAR)")
        names = self.connection.sql("""
            SELECT n.id, n.text, bool_and(n.kind <> 'preferred') AS is_synonym,
                   any_value(list_contains(o.family, 'substance')) AS is_substance
            FROM main.in_names n JOIN own o ON o.id = n.id
            WHERE n.id NOT IN (SELECT id FROM done)
            GROUP BY n.id, n.text ORDER BY n.id, n.text""").to_arrow_reader(BATCH_ROWS)
        types = pa.schema([(name, pa.string()) for name in ("id", "key", "rule", "label")])
        held = list(names)  # the connection runs one query at a time
        for batch in held:
            rows = [
                (id, key, rule, text)
                for id, text, is_synonym, is_substance in zip(
                    *(column.to_pylist() for column in batch.columns), strict=True
                )
                for key, rule in (
                    *readings(text, is_synonym=is_synonym),
                    *(ingredients(text) if is_substance else ()),
                )
            ]
            columns = zip(*rows, strict=True) if rows else ((),) * 4
            made = pa.table([pa.array(c, pa.string()) for c in columns], schema=types)
            self.connection.register("made_readings", made)
            self.sql("INSERT INTO reading SELECT * FROM made_readings")
            self.connection.unregister("made_readings")

    def find_hits(self) -> None:
        """``hit``: names that a reading leads to; ``label_code``: ICD-10 codes by their label."""
        self.sql(f"""
            CREATE TABLE every_hit AS
            SELECT DISTINCT r.id, r.rule, r.label, n.id AS target, n.text AS target_label, n.kind
            FROM main.in_names n JOIN reading r ON r.key = {_FOLDED}
            WHERE {prefix("n.id")} NOT IN ({self.prefixes});
            CREATE TABLE hit AS
            SELECT * REPLACE (CASE WHEN kind = 'brand' AND rule IN ('name', 'synonym', 'spelling')
                              THEN 'brand' ELSE rule END AS rule)
            FROM every_hit
            WHERE {prefix("target")} NOT IN ({self.coded})
              AND (kind <> 'abbreviation' OR rule IN ('name', 'synonym', 'latin'))
              AND NOT (kind = 'brand' AND rule NOT IN ('name', 'synonym', 'spelling'));
            CREATE TABLE label_code AS
            SELECT DISTINCT id, {_local("target")} AS code, label, target, target_label
            FROM every_hit WHERE {prefix("target")} IN ({quoted(ICD10)})
              AND rule IN ('name', 'synonym', 'spelling', 'gloss');
            INSERT INTO own_code
            SELECT DISTINCT id, code, true FROM label_code
            WHERE (id, code) NOT IN (SELECT id, code FROM own_code)""")

    def resolve_classes(self) -> None:
        """``class``: the ids around the hits, with the leader that identity gives each alone."""
        self.sql(f"""
            CREATE TABLE coded_row AS
            SELECT x.subject AS id, {_local("x.object")} AS code, x.object AS coded, x.predicate
            FROM main.in_mappings x
            WHERE starts_with(x.object, 'icd10') AND x.modifier = ''
              AND {prefix("x.object")} IN ({quoted(ICD10)})
              AND {prefix("x.subject")} NOT IN ({self.coded}, {self.prefixes})
            UNION ALL
            SELECT x.object, {_local("x.subject")}, x.subject, x.predicate FROM main.in_mappings x
            WHERE starts_with(x.subject, 'icd10') AND x.modifier = ''
              AND {prefix("x.subject")} IN ({quoted(ICD10)})
              AND {prefix("x.object")} NOT IN ({self.coded}, {self.prefixes});
            CREATE TABLE near AS
            SELECT target AS id, 0 AS round FROM hit
            UNION SELECT c.id, 0 FROM coded_row c SEMI JOIN own_code o ON o.code = c.code
            WHERE c.predicate IN ({self.identity})""")
        for number in range(ROUNDS):
            self.sql(f"""
                CREATE OR REPLACE TEMP TABLE reached AS
                WITH frontier AS (SELECT id FROM near WHERE round = {number}),
                touching AS MATERIALIZED (  -- before the filters, which read texts
                  SELECT x.object AS id, x.predicate, x.modifier FROM main.in_mappings x
                  SEMI JOIN frontier f ON f.id = x.subject
                  UNION ALL SELECT x.subject, x.predicate, x.modifier FROM main.in_mappings x
                  SEMI JOIN frontier f ON f.id = x.object)
                SELECT DISTINCT id FROM touching
                WHERE predicate IN ({self.identity}) AND modifier = ''
                  AND {prefix("id")} NOT IN ({self.coded}, {self.prefixes})""")
            self.sql(f"""
                INSERT INTO near SELECT id, {number + 1} FROM reached
                WHERE id NOT IN (SELECT id FROM near)""")
            if not self.connection.execute(
                f"SELECT 1 FROM near WHERE round = {number + 1} LIMIT 1"
            ).fetchall():
                break
        self.sql(f"""
            DROP TABLE reached;
            CREATE TABLE in_mappings AS SELECT x.* FROM main.in_mappings x
            WHERE (x.subject IN (SELECT id FROM near) OR x.object IN (SELECT id FROM near))
              AND {prefix("x.subject")} NOT IN ({self.prefixes})
              AND {prefix("x.object")} NOT IN ({self.prefixes});
            CREATE TABLE involved AS SELECT subject AS id FROM in_mappings
            UNION SELECT object FROM in_mappings UNION SELECT id FROM near;
            CREATE TABLE in_names AS
            SELECT n.* FROM main.in_names n SEMI JOIN involved i USING (id);
            CREATE TABLE in_concepts AS
            SELECT n.* FROM main.in_concepts n SEMI JOIN involved i USING (id);
            CREATE TABLE in_statements AS SELECT s.* FROM main.in_statements s
            WHERE s.predicate IN ({quoted(DISTINCT_ENDS)})
              AND s.subject IN (SELECT id FROM involved)
              AND s.object IN (SELECT id FROM involved)""")
        resolve_identity(self.connection, self.rules)
        self.sql(f"""
            CREATE TABLE class AS SELECT id, leader FROM id_class;
            CREATE TABLE class_meaning AS
            WITH known AS (
              SELECT DISTINCT k.leader, unnest(c.categories) AS category
              FROM class k JOIN in_concepts c USING (id)),
            stated AS (
              SELECT * FROM known
              UNION SELECT k.leader, p.category FROM class k
              JOIN of_prefix p ON p.prefix = split_part(k.id, ':', 1)
              WHERE k.leader NOT IN (SELECT leader FROM known WHERE category <> 'NamedThing'))
            SELECT leader,
                   coalesce(list_distinct(flatten(list(m.family) FILTER (m.family IS NOT NULL))),
                            []) AS family,
                   coalesce(list_distinct(flatten(list(m.kind) FILTER (m.kind IS NOT NULL))),
                            []) AS kind
            FROM stated JOIN meaning m USING (category) GROUP BY leader;
            CREATE TABLE class_code AS
            SELECT DISTINCT k.leader, c.code, c.predicate IN ({self.identity}) AS claims,
                   {prefix("c.coded")} AS system
            FROM coded_row c JOIN class k USING (id)""")


def _local(column: str) -> str:
    return f"upper(substr({column}, strpos({column}, ':') + 1))"
