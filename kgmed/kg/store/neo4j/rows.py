"""A snapshot as the rows of a Neo4j database: what is merged, and what is removed.

A :class:`Table` has the SQL of its rows (over the views of :mod:`kgmed.kg.layers`, whose schema is
``{v}``) and the Cypher that takes a batch of them; a :class:`Kind` the SQL of keys, the Cypher
that lists a database's, and the one that removes some. A row goes to the server as a list; the
Cypher names its places, so that names of properties are sent once a batch and not once a row.
Empty texts and lists are absent properties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kgmed.kg.store.csr import DETAIL_ITEM
from kgmed.kg.store.names import MAPPING_FIELDS
from kgmed.kg.store.neo4j.queries import types
from kgmed.kg.views.neo4j_schema import KEY_BYTES, LABELS, labels, quoted, uid_sql

STATEMENT_FIELDS = (
    "id", "negated", "qualifiers", "primary_knowledge_source", "source_record", "publications",
    "release", "licence", "text", "original_subject", "original_predicate", "original_object",
    "knowledge_level", "agent_type",
)  # fmt: skip
"""The properties of a statement's relationship."""


DYNAMIC = (5, 26)
"""The first version of Neo4j whose Cypher takes types and labels out of rows."""
_OF_ROW = {
    "predicate": ":$(row[0])",
    "categories": f":Concept:$([name IN row[0] WHERE NOT name IN {list(LABELS)}])",
}
"""Columns that become a type or labels -> the Cypher of the type or the labels of a row."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind. ``sql`` gives ``columns``; ``order`` is a total order of them.

    ``split`` is the column, the first, that becomes labels or a relationship's type. ``merge`` is
    the Cypher that merges rows, ``create`` the one for rows of which none is there: twice as fast.
    Both have ``{common}`` where the first column goes.
    """

    name: str
    columns: tuple[str, ...]
    sql: str
    order: str
    merge: str
    create: str
    split: str = ""

    def query(self, common: str | Sequence[str] | None, *, fresh: bool) -> str:
        """The query that takes ``$rows``, and returns their count; ``fresh`` ones aren't there.

        Rows share ``common``, what ``split`` holds; without it each says so itself, which Neo4j
        knows from :data:`DYNAMIC` on. A query takes a third of a second to be planned.
        """
        text = _ROWS + (self.create if fresh else self.merge) + " RETURN count(*)"
        if not self.split:
            return text
        if common is None:
            return text.replace("{common}", _OF_ROW[self.split])
        if isinstance(common, str):
            return text.replace("{common}", types([common]))
        return text.replace("{common}", ":" + ":".join(map(quoted, labels(common))))


@dataclass(frozen=True, slots=True)
class Kind:
    """What is removed where a snapshot lacks it. ``keys`` is SQL; ``list`` and ``remove`` are
    Cypher. One with ``{type}`` in its Cypher is listed and removed by relationship type, which is
    the last of its columns."""

    name: str
    columns: tuple[str, ...]
    keys: str
    list: str
    remove: str

    @property
    def typed(self) -> bool:
        """Whether its Cypher is about one relationship type at a time."""
        return "{type}" in self.list


def _items(column: str) -> str:
    return f"string_split(nullif({column}, ''), '{DETAIL_ITEM}')"


def _map(columns: Sequence[str], names: Sequence[str]) -> str:
    """Cypher: a map of properties out of the places of a row.

    >>> _map(("id", "s", "text"), ("id", "text"))
    '{`id`: row[0], `text`: row[2]}'
    """
    return "{" + ", ".join(f"{quoted(n)}: row[{columns.index(n)}]" for n in names) + "}"


_ROWS = "UNWIND $rows AS row "
_SAME_NAMES = """(SELECT *, row_number() OVER (PARTITION BY cid ORDER BY n) - 1 AS place
                  FROM {v}names) n JOIN {v}concepts c USING (cid)"""
NAME_UID = uid_sql("c.id", "n.place")
MAPPING_UID = uid_sql(*MAPPING_FIELDS)
PATH_UID = uid_sql("t.path", "a.id", "b.id", "t.steps")

_STATED = """{v}rows t JOIN {v}predicate d USING (p) JOIN {v}profile f USING (profile)
    JOIN {v}concepts a ON a.cid = t.s"""
_MAPPED = f"(SELECT DISTINCT {MAPPING_UID} AS uid, * FROM {{v}}mappings) m"
_PATHS = """{v}standing t JOIN {v}concepts a ON a.cid = t.start
    JOIN {v}concepts b ON b.cid = t."end\""""


def _statement(object: str) -> str:
    """SQL: the properties of a statement; ``object`` is the id of the concept that it is about."""
    return f"""
        lower(hex(t.id)) AS id, d.negated, nullif(t.qualifiers, '') AS qualifiers,
        nullif(f.primary_knowledge_source, '') AS primary_knowledge_source,
        {_items("t.source_record")} AS source_record, {_items("t.publications")} AS publications,
        nullif(f.release, '') AS release, nullif(f.licence, '') AS licence,
        nullif(t.text, '') AS text,
        nullif(nullif(t.original_subject, ''), a.id) AS original_subject,
        nullif(f.original_predicate, '') AS original_predicate,
        nullif(nullif(t.original_object, ''), {object}) AS original_object,
        nullif(f.knowledge_level, '') AS knowledge_level, nullif(f.agent_type, '') AS agent_type"""


def _concepts() -> Table:
    columns = (
        "categories", "id", "name", "preferred_languages", "preferred_names", "equivalent_ids",
        "sources", "degree",
    )  # fmt: skip
    sql = """
        SELECT c.categories, c.id,
               coalesce(p.names[list_position(p.languages, 'en')], p.names[1]) AS name,
               p.languages AS preferred_languages, p.names AS preferred_names, c.equivalent_ids,
               c.sources, coalesce(g.degree, 0) AS degree
        FROM {v}concepts c
        LEFT JOIN (
          SELECT cid, list(language ORDER BY n) AS languages, list(text ORDER BY n) AS names
          FROM (SELECT * FROM {v}names
                QUALIFY row_number() OVER (PARTITION BY cid, language ORDER BY n) = 1)
          GROUP BY cid) p USING (cid)
        LEFT JOIN (
          SELECT cid, count(*) AS degree FROM (
            SELECT s AS cid FROM {v}rows WHERE o IS NOT NULL
            UNION ALL SELECT o FROM {v}rows WHERE o IS NOT NULL)
          GROUP BY cid) g USING (cid)"""
    fields = _map(columns, columns)
    return Table(
        "concepts", columns, sql, "categories, id",
        merge=f"MERGE (c:Concept {{id: row[1]}}) SET c = {fields} SET c{{common}}",
        create=f"CREATE (c{{common}} {fields})",
        split="categories",
    )  # fmt: skip


def _identifiers() -> Table:
    sql = "SELECT i.curie AS id, c.id AS concept FROM {v}ids i JOIN {v}concepts c USING (cid)"
    match = "MATCH (c:Concept {id: row[1]}) "
    return Table(
        "identifiers", ("id", "concept"), sql, "id",
        merge=f"{match}MERGE (i:Identifier {{id: row[0]}}) MERGE (i)-[:IDENTIFIES]->(c)",
        create=f"{match}CREATE (:Identifier {{id: row[0]}})-[:IDENTIFIES]->(c)",
    )  # fmt: skip


def _names() -> Table:
    columns = ("uid", "concept", "n", "text", "language", "kind", "source", "key")
    sql = f"""
        SELECT {NAME_UID} AS uid, c.id AS concept, n.place AS n, nullif(n.text, '') AS text,
               nullif(n.language, '') AS language, n.kind, nullif(n.source, '') AS source,
               CASE WHEN strlen(n.key) BETWEEN 1 AND {KEY_BYTES} THEN n.key END AS key
        FROM {_SAME_NAMES}"""
    fields = _map(columns, [name for name in columns if name != "concept"])
    match = "MATCH (c:Concept {id: row[1]}) "
    return Table(
        "names", columns, sql, "concept, n",
        merge=f"{match}MERGE (m:Name {{uid: row[0]}}) SET m = {fields} MERGE (c)-[:HAS_NAME]->(m)",
        create=f"{match}CREATE (c)-[:HAS_NAME]->(:Name {fields})",
    )  # fmt: skip


def _statements() -> Table:
    columns = ("predicate", "subject", "object", *STATEMENT_FIELDS)
    sql = f"""
        SELECT d.predicate, a.id AS subject, b.id AS object, {_statement("b.id")}
        FROM {_STATED} JOIN {{v}}concepts b ON b.cid = t.o"""
    fields = _map(columns, STATEMENT_FIELDS)
    match = "MATCH (s:Concept {id: row[1]}) MATCH (o:Concept {id: row[2]}) "
    return Table(
        "statements", columns, sql, "predicate, subject, object, id",
        merge=f"{match}MERGE (s)-[r{{common}} {{id: row[3]}}]->(o) SET r = {fields}",
        create=f"{match}CREATE (s)-[{{common}} {fields}]->(o)",
        split="predicate",
    )  # fmt: skip


def _values() -> Table:
    value = ("value", "type", "unit", "language")
    columns = ("predicate", "subject", *value, *STATEMENT_FIELDS)
    sql = f"""
        SELECT d.predicate, a.id AS subject, nullif(t.value, '') AS value, t.value_type AS type,
               nullif(t.unit, '') AS unit, nullif(t.value_language, '') AS language,
               {_statement("''")}
        FROM {_STATED} WHERE t.o IS NULL"""
    node, fields = _map(columns, ("id", *value)), _map(columns, STATEMENT_FIELDS)
    match = "MATCH (s:Concept {id: row[1]}) "
    return Table(
        "values", columns, sql, "predicate, subject, id",
        merge=f"{match}MERGE (v:Value {{id: row[6]}}) SET v = {node}"
        f" MERGE (s)-[r{{common}} {{id: row[6]}}]->(v) SET r = {fields}",
        create=f"{match}CREATE (s)-[{{common}} {fields}]->(:Value {node})",
        split="predicate",
    )  # fmt: skip


def _mappings() -> Table:
    columns = ("uid", *MAPPING_FIELDS)
    fields = ", ".join(
        "m.confidence" if name == "confidence" else f"nullif(m.{name}, '') AS {name}"
        for name in MAPPING_FIELDS
    )
    every = _map(columns, columns)
    return Table(
        "mappings", columns, f"SELECT m.uid, {fields} FROM {_MAPPED}", "uid",
        merge=f"MERGE (m:Mapping {{uid: row[0]}}) SET m = {every}",
        create=f"CREATE (:Mapping {every})",
    )  # fmt: skip


def _mapping_ends() -> Table:
    sql = f"""
        SELECT DISTINCT * FROM (
          SELECT m.uid, c.id AS concept FROM {_MAPPED} JOIN {{v}}concepts c ON c.cid = m.subject_cid
          UNION ALL
          SELECT m.uid, c.id FROM {_MAPPED} JOIN {{v}}concepts c ON c.cid = m.object_cid)"""
    match = "MATCH (m:Mapping {uid: row[0]}) MATCH (c:Concept {id: row[1]}) "
    return Table(
        "mapping_ends", ("uid", "concept"), sql, "concept, uid",
        merge=f"{match}MERGE (c)-[:HAS_MAPPING]->(m)",
        create=f"{match}CREATE (c)-[:HAS_MAPPING]->(m)",
    )  # fmt: skip


def _paths() -> Table:
    columns = ("uid", "path", "start", "end", "steps")
    sql = f"""
        SELECT DISTINCT {PATH_UID} AS uid, t.path, a.id AS start, b.id AS "end", t.steps
        FROM {_PATHS}"""
    match = "MATCH (a:Concept {id: row[2]}) MATCH (b:Concept {id: row[3]}) "
    fields = _map(columns, columns)
    return Table(
        "paths", columns, sql, "uid",
        merge=f"{match}MERGE (p:CuratedPath {{uid: row[0]}}) SET p = {fields}"
        " MERGE (a)-[:STARTS_PATH]->(p) MERGE (p)-[:ENDS_PATH]->(b)",
        create=f"{match}CREATE (a)-[:STARTS_PATH]->(:CuratedPath {fields})-[:ENDS_PATH]->(b)",
    )  # fmt: skip


def _retracted() -> Table:
    columns = ("id", "reason", "who", "date", "statement")
    fields = _map(columns, columns)
    return Table(
        "retracted", columns, "SELECT * FROM {v}retracted", "id",
        merge=f"MERGE (x:Retracted {{id: row[0]}}) SET x = {fields}",
        create=f"CREATE (:Retracted {fields})",
    )  # fmt: skip


TABLES = (
    _concepts(), _identifiers(), _names(), _statements(), _values(), _mappings(), _mapping_ends(),
    _paths(), _retracted(),
)  # fmt: skip
"""In the order in which they are merged. ``{v}retracted`` and ``{v}standing``, curated paths as
they stand, are tables that :class:`kgmed.kg.store.neo4j.plan.Plan` makes."""


def _node(name: str, label: str, key: str, keys: str) -> Kind:
    return Kind(
        name,
        (key,),
        keys,
        f"MATCH (n:{label}) RETURN n.{key}",
        f"{_ROWS}MATCH (n:{label} {{{key}: row[0]}}) DETACH DELETE n",
    )


KINDS = (
    Kind(
        "statements",
        ("id", "subject", "object", "predicate"),
        """SELECT lower(hex(t.id)) AS id, a.id AS subject, b.id AS object, d.predicate
           FROM {v}rows t JOIN {v}predicate d USING (p) JOIN {v}concepts a ON a.cid = t.s
           JOIN {v}concepts b ON b.cid = t.o""",
        "MATCH (s:Concept)-[r:{type}]->(o:Concept) RETURN r.id, s.id, o.id",
        f"{_ROWS}MATCH (s:Concept {{id: row[1]}})-[r:{{type}}]->(o:Concept {{id: row[2]}})"
        " WHERE r.id = row[0] DELETE r",
    ),
    Kind(
        "values",
        ("id", "subject", "predicate"),
        """SELECT lower(hex(t.id)) AS id, a.id AS subject, d.predicate
           FROM {v}rows t JOIN {v}predicate d USING (p) JOIN {v}concepts a ON a.cid = t.s
           WHERE t.o IS NULL""",
        "MATCH (s:Concept)-[r:{type}]->(v:Value) RETURN r.id, s.id",
        f"{_ROWS}MATCH (s:Concept {{id: row[1]}})-[r:{{type}}]->(:Value {{id: row[0]}}) DELETE r",
    ),
    _node(
        "value_nodes", "Value", "id",
        "SELECT lower(hex(id)) AS id FROM {v}rows WHERE o IS NULL",
    ),
    Kind(
        "mapping_ends",
        ("uid", "concept"),
        _mapping_ends().sql,
        "MATCH (c:Concept)-[:HAS_MAPPING]->(m:Mapping) RETURN m.uid, c.id",
        f"{_ROWS}MATCH (:Concept {{id: row[1]}})-[r:HAS_MAPPING]->(:Mapping {{uid: row[0]}})"
        " DELETE r",
    ),
    _node("mappings", "Mapping", "uid", f"SELECT {MAPPING_UID} AS uid FROM {{v}}mappings"),
    _node("paths", "CuratedPath", "uid", f"SELECT {PATH_UID} AS uid FROM {_PATHS}"),
    Kind(
        "identifier_ends",
        ("id", "concept"),
        _identifiers().sql,
        "MATCH (i:Identifier)-[:IDENTIFIES]->(c:Concept) RETURN i.id, c.id",
        f"{_ROWS}MATCH (:Identifier {{id: row[0]}})-[r:IDENTIFIES]->(:Concept {{id: row[1]}})"
        " DELETE r",
    ),
    _node("identifiers", "Identifier", "id", "SELECT curie AS id FROM {v}ids"),
    _node("names", "Name", "uid", f"SELECT {NAME_UID} AS uid FROM {_SAME_NAMES}"),
    _node("retracted", "Retracted", "id", "SELECT id FROM {v}retracted"),
    _node("concepts", "Concept", "id", "SELECT id FROM {v}concepts"),
)  # fmt: skip
"""In the order in which they are removed: what joins nodes before the nodes."""

WRONG_LABEL = (
    "MATCH (c:Concept{label}) WHERE NOT $category IN c.categories"
    " WITH c LIMIT $limit REMOVE c{label} RETURN count(*)"
)
"""Takes a label from concepts that no longer are of the category."""
