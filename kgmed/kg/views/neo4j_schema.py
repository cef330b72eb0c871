"""The graph in Neo4j, as labels, relationship types, constraints and indexes.

What is written in bulk, loaded online and read back agrees on this module. Cypher for Neo4j 5 and
later (https://neo4j.com/docs/cypher-manual/5/constraints/syntax/ and .../5/indexes/syntax/). Values
go into a query as parameters; only names, which Cypher takes no parameter for, become text, and
those through :func:`quoted`.

    (:Concept:CATEGORY {id})                     (:Identifier {id})-[:IDENTIFIES]->(:Concept)
    (:Concept)-[:HAS_NAME]->(:Name {uid})        (:Concept)-[:HAS_MAPPING]->(:Mapping {uid})
    (:Concept)-[:PREDICATE {id}]->(:Concept)     (:Concept)-[:PREDICATE {id}]->(:Value {id})
    (:Concept)-[:STARTS_PATH]->(:CuratedPath {uid})-[:ENDS_PATH]->(:Concept)
    (:Retracted {id})                            (:Snapshot {id: 'kgmed'})

Relationships between two concepts are statements, and nothing else is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Retraction, Statement, Value

SCHEMA = 1
"""Version of this shape; the marker node carries it."""

CONCEPT, IDENTIFIER, NAME, VALUE = "Concept", "Identifier", "Name", "Value"
MAPPING, PATH, RETRACTED, SNAPSHOT = "Mapping", "CuratedPath", "Retracted", "Snapshot"
LABELS = (CONCEPT, IDENTIFIER, NAME, VALUE, MAPPING, PATH, RETRACTED, SNAPSHOT)
"""The labels of the shape itself. A category of one of these names is a property alone."""

IDENTIFIES, HAS_NAME, HAS_MAPPING = "IDENTIFIES", "HAS_NAME", "HAS_MAPPING"
STARTS_PATH, ENDS_PATH = "STARTS_PATH", "ENDS_PATH"
MARKER = "kgmed"
"""The ``id`` of the one Snapshot node."""

PLAIN_ORDER = "plain_order"
"""A property of the Snapshot node: whether Neo4j orders all ids of concepts and predicates as the
protocol does. It compares texts as UTF-16, which differs from the order of code points where one is
beyond U+FFFF. A graph without the property is sorted by who asks."""

NAME_KEY, NAME_TEXT = "kgmed_name_key", "kgmed_name_text"
STATEMENT_ID = "kgmed_statement_id"
"""The full-text index over ``id`` of all relationship types that are predicates."""

KEY_BYTES = 8_000
"""UTF-8 bytes of the longest ``Name.key`` that is stored. A range index takes 8,167 at the most,
and refuses the whole transaction otherwise; a longer name has no ``key``."""

_FIELD, _DIGITS = "\x1f", 32
_UNIQUE = {
    "kgmed_concept_id": (CONCEPT, "id"),
    "kgmed_identifier_id": (IDENTIFIER, "id"),
    "kgmed_name_uid": (NAME, "uid"),
    "kgmed_value_id": (VALUE, "id"),
    "kgmed_mapping_uid": (MAPPING, "uid"),
    "kgmed_path_uid": (PATH, "uid"),
    "kgmed_retracted_id": (RETRACTED, "id"),
    "kgmed_snapshot_id": (SNAPSHOT, "id"),
}


def quoted(name: str) -> str:
    r"""A label, relationship type or property name as Cypher text.

    A back-tick is doubled. Cypher decodes ``\u0060`` to a back-tick before it looks for the end of
    a name, so a backslash is written as its own escape. Raises
    :class:`~kgmed.kg.errors.UsageError` for an empty name and one with a null, which Neo4j refuses.

    >>> print(quoted("treats"), quoted("a`b"), quoted(r"a\u0060b"))
    `treats` `a``b` `a\u005Cu0060b`
    """
    if not name or "\0" in name:
        raise UsageError(
            f"Found the name {name!r} of a category or predicate, expected one that isn't empty "
            "and holds no null: Neo4j has no such labels and relationship types."
        )
    return "`" + name.replace("\\", "\\u005C").replace("`", "``") + "`"


def labels(categories: Iterable[str]) -> tuple[str, ...]:
    """The labels of a concept of these categories, ``Concept`` first.

    >>> labels(["Drug", "SmallMolecule", "Name"])
    ('Concept', 'Drug', 'SmallMolecule')
    """
    return (CONCEPT, *(category for category in categories if category not in LABELS))


def uid(*parts: str | int) -> str:
    """The key of a node without an id of its own, from its fields: 128 bits, 32 digits.

    Of a Name: concept id, n. Of a Mapping: the fields of :class:`kgmed.kg.model.Mapping` in their
    order. Of a CuratedPath: path, start, end, steps.

    >>> uid("drugbank:DB00682", 0)
    '2f2b3ccb59fd9b8e394bb01111a86780'
    """
    text = _FIELD.join(map(str, parts))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def uid_sql(*expressions: str) -> str:
    """The same in DuckDB's SQL, of SQL expressions; a NULL counts as ''.

    >>> uid_sql("id", "n")
    "sha256(concat_ws(chr(31), coalesce((id)::VARCHAR, ''), coalesce((n)::VARCHAR, '')))[:32]"
    """
    parts = ", ".join(f"coalesce(({expression})::VARCHAR, '')" for expression in expressions)
    return f"sha256(concat_ws(chr(31), {parts}))[:{_DIGITS}]"


def plain_order_sql(concepts: str, predicates: str) -> str:
    """DuckDB's SQL of a graph's :data:`PLAIN_ORDER`, over tables with the columns ``id`` and
    ``predicate``.

    >>> import duckdb
    >>> rows = "(SELECT 'mesh:D1\U0001f9ea' AS id)", "(SELECT 'treats' AS predicate)"
    >>> duckdb.sql("SELECT " + plain_order_sql(*rows)).fetchall()
    [(False,)]
    """
    beyond = "'[\\x{10000}-\\x{10FFFF}]'"
    return (
        f"NOT EXISTS (SELECT 1 FROM {concepts} WHERE regexp_matches(id, {beyond}))"
        f" AND NOT EXISTS (SELECT 1 FROM {predicates} WHERE regexp_matches(predicate, {beyond}))"
    )


def statement_json(statement: Statement) -> str:
    """A statement as the text that a Retracted node holds: the fields of the model by name."""
    return json.dumps(asdict(statement), ensure_ascii=False, separators=(",", ":"))


def statement_of(text: str) -> Statement:
    """The statement that :func:`statement_json` wrote.

    >>> said = Statement("0" * 32, "mondo:1", "treats", value=Value("a"), publications=("b",))
    >>> statement_of(statement_json(said)) == said
    True
    """
    fields: dict[str, Any] = json.loads(text)
    for name, kind in (("value", Value), ("retracted", Retraction)):
        if fields[name] is not None:
            fields[name] = kind(**fields[name])
    for name in ("source_record", "publications"):
        fields[name] = tuple(fields[name])
    return Statement(**fields)


def constraints() -> list[str]:
    """The uniqueness constraints; each makes a range index, too.

    >>> print(constraints()[0])
    CREATE CONSTRAINT kgmed_concept_id IF NOT EXISTS FOR (n:`Concept`) REQUIRE n.`id` IS UNIQUE
    """
    return [
        f"CREATE CONSTRAINT {constraint} IF NOT EXISTS FOR (n:{quoted(label)})"
        f" REQUIRE n.{quoted(key)} IS UNIQUE"
        for constraint, (label, key) in _UNIQUE.items()
    ]


def indexes(predicates: Iterable[str]) -> list[str]:
    """The other indexes. ``predicates`` are all those that statements have, negated or not.

    An index that is there stays as it is: where a predicate is new, drop :data:`STATEMENT_ID`
    first. Name.text is split at every Chinese character and keeps words such as the "A" of
    "hepatitis A", so that a phrase in quotes finds a name in either language.

    >>> print(indexes(["treats", "in`hibits"])[2].split(" OPTIONS")[0])
    CREATE FULLTEXT INDEX kgmed_statement_id IF NOT EXISTS FOR ()-[r:`in``hibits`|`treats`]-() \
ON EACH [r.`id`]
    """
    found = [
        f"CREATE RANGE INDEX {NAME_KEY} IF NOT EXISTS FOR (n:{quoted(NAME)}) ON (n.`key`)",
        f"CREATE FULLTEXT INDEX {NAME_TEXT} IF NOT EXISTS FOR (n:{quoted(NAME)})"
        f" ON EACH [n.`text`] {_analyzer('standard-no-stop-words')}",
    ]
    types = "|".join(quoted(name) for name in sorted(set(predicates)))
    if types:
        found.append(
            f"CREATE FULLTEXT INDEX {STATEMENT_ID} IF NOT EXISTS FOR ()-[r:{types}]-()"
            f" ON EACH [r.`id`] {_analyzer('keyword')}"
        )
    return found


def _analyzer(name: str) -> str:
    return f"OPTIONS {{indexConfig: {{`fulltext.analyzer`: '{name}'}}}}"
