"""A concept and the statements at it, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, cast

from kgmed.kg.curies import candidates
from kgmed.kg.errors import UsageError
from kgmed.serve.shapes import Concepts, ConceptShown, Count, Statements

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.model import Concept, Direction, Statement
    from kgmed.kg.store.base import EdgeDirection

EDGE, VALUE = "e", "v"
CHUNK = 256
"""Statements that are read at a time where a source is looked for."""
SHORT = 12
"""Digits of the snapshot's hash in a cursor."""


def concept(graph: Graph, id: str, *, most: int) -> ConceptShown:
    """A concept with its statements counted by predicate and direction; of the first ``most``
    edges where it has more."""
    found = graph.concept(id)
    store = graph.store
    edges = store.neighbors([found.id], limit=most)[0]
    counted: Counter[tuple[str, Direction]] = Counter()
    for edge in edges:
        counted[edge.predicate, "out" if edge.subject == found.id else "in"] += 1
    values = store.values([found.id])[0]
    counted.update((value.predicate, "out") for value in values)
    total = store.degrees([found.id])[0]
    rows = sorted(counted.items(), key=lambda row: (row[0][1] == "in", -row[1], row[0]))
    return ConceptShown(
        found,
        tuple(store.lexicon.names([found.id])[0]),
        tuple(store.mappings([found.id])[0]),
        tuple(Count(*what, n) for what, n in rows),
        total + len(values),
        tuple(store.sources_of([found.id])[0]),
        graph.info().snapshot,
        counted=len(edges) < most,
    )


def concepts(graph: Graph, asked: Sequence[str]) -> Concepts:
    """The concepts that ids mean, each any id of its concept."""
    tried = {text: candidates(text) for text in asked}
    curies = list(dict.fromkeys(curie for some in tried.values() for curie in some))
    known = dict(zip(curies, graph.store.resolve(curies), strict=True))
    meant = {text: next(filter(None, map(known.get, some)), None) for text, some in tried.items()}
    ids = list(dict.fromkeys(id for id in meant.values() if id is not None))
    held = {c.id: c for c in graph.store.concepts(ids) if c is not None}
    found = {text: held[id] for text, id in meant.items() if id in held}
    unknown = tuple(text for text in meant if text not in found)
    return Concepts(found, unknown, graph.info().snapshot)


def statements(
    graph: Graph,
    id: str,
    *,
    predicate: str | None,
    direction: str,
    source: str | None,
    limit: int,
    cursor: str | None,
) -> Statements:
    """A page of the statements at a concept, in the store's order, those with a value last.

    Raises :class:`~kgmed.kg.errors.UsageError` for a cursor of another snapshot, or that is none.
    """
    found = graph.concept(id)
    snapshot = graph.info().snapshot
    kind, place = _read(cursor, snapshot)
    rows: list[Statement] = []
    after: str | None = None
    wanted = None if predicate is None else [predicate]
    if kind == EDGE:
        rows, place, more = _edges(
            graph, found.id, wanted, direction, source=source, limit=limit, place=place
        )
        after = _cursor(snapshot, EDGE, place) if more else None
    if after is None and direction != "in":
        start = place if kind == VALUE else 0
        values = graph.store.values([found.id], predicates=wanted)[0]
        kept = [
            (n, s) for n, s in enumerate(values) if source in {None, s.primary_knowledge_source}
        ]
        left = [(n, s) for n, s in kept if n >= start]
        taken = left[: limit - len(rows)]
        rows += [s for _n, s in taken]
        if len(taken) < len(left):
            after = _cursor(snapshot, VALUE, left[len(taken)][0])
    return Statements(found.id, tuple(rows), ends(graph, rows), snapshot, after)


def ends(graph: Graph, rows: list[Statement]) -> dict[str, Concept]:
    """The concepts at the ends of statements, by id."""
    ids = list(dict.fromkeys(end for s in rows for end in (s.subject, s.object) if end))
    return {c.id: c for c in graph.store.concepts(ids) if c is not None}


def _edges(
    graph: Graph,
    id: str,
    predicates: list[str] | None,
    direction: str,
    *,
    source: str | None,
    limit: int,
    place: int,
) -> tuple[list[Statement], int, bool]:
    """(statements, the place after the last, whether there is one there)."""
    store = graph.store
    way = cast("EdgeDirection", direction)
    most = place + limit + 1 if source is None else None
    edges = store.neighbors([id], predicates=predicates, direction=way, limit=most)[0]
    rows: list[Statement] = []
    while place < len(edges):
        ids = [edge.statement for edge in islice(edges, place, place + min(CHUNK, limit + 1))]
        for statement in store.statements(ids):
            if statement is None or source not in {None, statement.primary_knowledge_source}:
                place += 1
                continue
            if len(rows) == limit:
                return rows, place, True
            rows.append(statement)
            place += 1
    return rows, place, False


def _cursor(snapshot: str, kind: str, place: int) -> str:
    return f"{snapshot[:SHORT]}-{kind}{place}"


def _read(cursor: str | None, snapshot: str) -> tuple[str, int]:
    if cursor is None:
        return EDGE, 0
    of, _dash, rest = cursor.partition("-")
    kind, digits = rest[:1], rest[1:]
    if kind not in {EDGE, VALUE} or not (digits.isascii() and digits.isdigit()):
        raise UsageError(
            f"Found the cursor {cursor!r}, expected one that a page of statements gave."
        )
    if of != snapshot[:SHORT]:
        raise UsageError(
            f"Found a cursor of the snapshot {of}, and this graph is {snapshot[:SHORT]}. Begin "
            "with the first page."
        )
    return kind, int(digits)
