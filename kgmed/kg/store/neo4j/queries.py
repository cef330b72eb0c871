"""Every query that the store asks a server, as text.

Values are parameters; what is put into a text are relationship types, quoted, and nothing else.
Most queries ask about a list ``$ids`` and say for each row which place of the list it is about.
Neo4j compares texts in memory as UTF-16, and the protocol orders by code point. The two agree where
no text has a character beyond U+FFFF, of which the marker tells (``plain_order``): only then may
:func:`first_edges` be asked. Otherwise no query sorts. Of indexes the order is the protocol's
anyway; ``page`` relies on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from kgmed.kg.errors import StoreError
from kgmed.kg.views import neo4j_schema as schema
from kgmed.kg.views.neo4j_schema import quoted


class Read(Protocol):
    """Asks the server: a query and its parameters -> rows."""

    def __call__(self, query: str, **parameters: Any) -> list[list[Any]]: ...


MARKER = f"MATCH (s:{schema.SNAPSHOT} {{id: '{schema.MARKER}'}}) RETURN s LIMIT 2"
STATE = f"MATCH (s:{schema.SNAPSHOT} {{id: '{schema.MARKER}'}}) RETURN s.hash, s.state"
COVERAGE = f"MATCH (s:{schema.SNAPSHOT} {{id: '{schema.MARKER}'}}) RETURN s.coverage"

_EACH = "UNWIND range(0, size($ids) - 1) AS n "
_CONCEPT = _EACH + "MATCH (:Identifier {id: $ids[n]})-[:IDENTIFIES]->(c:Concept)"

RESOLVE = _CONCEPT + " RETURN n, c.id"
CONCEPTS = (
    _CONCEPT + " RETURN n, c.id, c.categories, c.preferred_languages, c.preferred_names,"
    " c.equivalent_ids, c.sources"
)
DEGREES = _CONCEPT + " RETURN n, c.degree"
NODE_DEGREES = _EACH + "MATCH (c:Concept {id: $ids[n]}) RETURN n, c.degree"
MAPPINGS = _CONCEPT + "-[:HAS_MAPPING]->(m:Mapping) RETURN n, properties(m)"
ALL_MAPPINGS = "MATCH (m:Mapping) RETURN properties(m)"
PATHS = (
    "MATCH (:Identifier {id: $start})-[:IDENTIFIES]->(:Concept)-[:STARTS_PATH]->(p:CuratedPath)"
    "-[:ENDS_PATH]->(:Concept)<-[:IDENTIFIES]-(:Identifier {id: $end}) RETURN p.path, p.steps"
)
STATEMENTS = (
    _EACH + f"CALL db.index.fulltext.queryRelationships('{schema.STATEMENT_ID}', $ids[n],"
    " {limit: 2}) YIELD relationship AS r WITH n, r, startNode(r) AS s, endNode(r) AS o"
    " RETURN n, properties(r), type(r), s.id, o.id, CASE WHEN o:Value THEN properties(o) END"
)
RETRACTED = _EACH + "MATCH (x:Retracted) WHERE x.id STARTS WITH $ids[n] RETURN n, x.statement"
COUNTS = {
    "concepts": "MATCH (n:Concept) RETURN count(n)",
    "names": "MATCH (n:Name) RETURN count(n)",
    "values": "MATCH (n:Value) RETURN count(n)",
    "mappings": "MATCH (n:Mapping) RETURN count(n)",
    "paths": "MATCH (n:CuratedPath) RETURN count(n)",
}
"""The counts of :class:`~kgmed.kg.store.base.GraphInfo` -> the query of what is there."""
DEGREE_SUM = "MATCH (c:Concept) RETURN sum(c.degree)"
INDEXES = "SHOW INDEXES YIELD name, state RETURN name, state"
CONSTRAINTS = "SHOW CONSTRAINTS YIELD name RETURN name"

PAGE = (
    "MATCH (c:Concept) USING INDEX c:Concept(id) WHERE c.id > $after"
    " WITH c.id AS id ORDER BY id LIMIT $limit RETURN collect(id)"
)
"""The next ids of concepts, in the order of the index: the rows are sorted already."""

_IDS = "UNWIND $ids AS id MATCH (c:Concept {id: id})"
LEXICON_CONCEPTS = _IDS + " RETURN c.id, c.categories, coalesce(c.sources, []), c.equivalent_ids"
LEXICON_NAMES = (
    _IDS + "-[:HAS_NAME]->(m:Name) RETURN c.id, m.n, coalesce(m.text, ''),"
    " coalesce(m.language, ''), m.kind, coalesce(m.source, ''), m.key"
)


def pages(read: Read, limit: int) -> Iterator[list[str]]:
    """The ids of all concepts in the order of code points, ``limit`` at a time."""
    after = ""
    while ids := read(PAGE, after=after, limit=limit)[0][0]:
        if ids != sorted(ids) or ids[0] <= after:
            raise StoreError(
                "The server gives the ids of concepts in an order that isn't its index's. Is the "
                f"index on {schema.CONCEPT}.id there? 'kgmed check' tells."
            )
        yield ids
        after = ids[-1]


def types(predicates: Sequence[str] | None) -> str:
    """The types of a relationship pattern; '' for any.

    >>> types(["treats", "a`b"]), types(None)
    (':`treats`|`a``b`', '')
    """
    return "" if predicates is None else ":" + "|".join(map(quoted, predicates))


def edges(predicates: Sequence[str] | None, *, incoming: bool) -> str:
    """Statements at concepts, by predicate: (n, id, predicate, negated, [[neighbour, id] ...])."""
    left, right = ("<-", "-") if incoming else ("-", "->")
    return (
        f"{_CONCEPT}{left}[r{types(predicates)}]{right}(o:Concept)"
        " RETURN n, c.id, type(r), r.negated, collect([o.id, r.id])"
    )


COLLECTS = (5, 6)
"""The first version of Neo4j that knows COLLECT subqueries, as :func:`first_edges` has."""


def first_edges(predicates: Sequence[str] | None, *, incoming: bool) -> str:
    """The first ``$limit`` statements at concepts, in the order of edges:
    (n, id, [[predicate, negated, neighbour, id] ...])."""
    left, right = ("<-", "-") if incoming else ("-", "->")
    return (
        f"{_CONCEPT} RETURN n, c.id, COLLECT {{"
        f" MATCH (c){left}[r{types(predicates)}]{right}(o:Concept)"
        " WITH type(r) AS name, r.negated AS negated, o.id AS other, r.id AS id"
        " ORDER BY name, negated, other, id LIMIT $limit RETURN [name, negated, other, id] }"
    )


def around(predicates: Sequence[str] | None, *, incoming: bool) -> str:
    """Neighbours over positive statements, by predicate: (n, predicate, [neighbour ...])."""
    left, right = ("<-", "-") if incoming else ("-", "->")
    return (
        f"{_EACH}MATCH (c:Concept {{id: $ids[n]}}){left}[r{types(predicates)}]{right}(o:Concept)"
        " WHERE NOT r.negated RETURN n, type(r), collect(o.id)"
    )


_PAIR = (
    "UNWIND range(0, size($subjects) - 1) AS n"
    " MATCH (:Identifier {id: $subjects[n]})-[:IDENTIFIES]->(s:Concept)"
    " MATCH (:Identifier {id: $objects[n]})-[:IDENTIFIES]->(o:Concept)"
    " WITH DISTINCT n, s, o"  # both ends are known before a statement is looked for
)


def find(predicates: Sequence[str]) -> str:
    """The ids of statements by both ends and their predicate, which is one of some, positive or
    ``$negated``: (n, [id ...])."""
    return (
        f"{_PAIR} MATCH (s)-[r{types(predicates)}]->(o)"
        " WHERE type(r) = $predicates[n] AND r.negated = $negated RETURN n, collect(r.id)"
    )


def sources(predicates: Sequence[str] | None, *, incoming: bool) -> str:
    """The sources of the statements at concepts: (n, [source ...])."""
    left, right = ("<-", "-") if incoming else ("-", "->")
    return (
        f"{_CONCEPT}{left}[r{types(predicates)}]{right}(:Concept)"
        " RETURN n, collect(DISTINCT r.primary_knowledge_source)"
    )


def between(predicates: Sequence[str] | None) -> str:
    """Positive statements from one concept to another: (n, properties, predicate, ends)."""
    return (
        f"{_PAIR} MATCH (s)-[r{types(predicates)}]->(o) WHERE NOT r.negated"
        " RETURN n, properties(r), type(r), s.id, o.id"
    )


def values(predicates: Sequence[str] | None) -> str:
    """Statements with a value at concepts: (n, properties, predicate, subject, value)."""
    return (
        f"{_CONCEPT}-[r{types(predicates)}]->(v:Value)"
        " RETURN n, properties(r), type(r), c.id, properties(v)"
    )


def count(predicate: str) -> str:
    """How many statements have a predicate; the server has counted already, unless a predicate
    goes by the name of a relationship that isn't one's."""
    structure = {schema.IDENTIFIES, schema.HAS_NAME, schema.HAS_MAPPING, schema.STARTS_PATH}
    if predicate not in structure | {schema.ENDS_PATH}:
        return f"MATCH ()-[r{types([predicate])}]->() RETURN count(r)"
    ends = "(o:Concept|Value)"
    return f"MATCH (:Concept)-[r{types([predicate])}]->{ends} RETURN count(r)"


def scan(predicates: Sequence[str] | None) -> str:
    """All statements out of some concepts: (properties, predicate, ends)."""
    return (
        f"UNWIND $ids AS id MATCH (s:Concept {{id: id}})-[r{types(predicates)}]->(o:Concept)"
        " RETURN properties(r), type(r), s.id, o.id"
    )
