"""Asking a graph in batches: a search says what it wants next, a driver asks for many searches.

A search is a generator that yields :class:`Ask` and is sent the answers, one per item. The driver
(:func:`run`) puts the asks of all searches that wait for the same into one call of the store, so
that a server is asked a few times for a thousand claims. What a search finds depends on nothing but
the graph: bounds are counts, never time.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kgmed.kg.model import Concept, Mapping, Statement
from kgmed.kg.store.base import Edge, EdgeDirection, GraphStore

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One call of a store's method: an answer is wanted for each item."""

    method: str
    items: Sequence[Any]
    options: tuple[tuple[str, Any], ...] = ()


Search = Generator[Ask, Any, T]
"""A search that ends with a T."""


def run(store: GraphStore, searches: Sequence[Search[T]]) -> list[T]:
    """The results of searches, in order, asking the store for all of them at once."""
    results: dict[int, T] = {}
    waiting: list[tuple[int, Ask]] = []

    def go(number: int, answer: Any) -> None:
        try:
            waiting.append((number, searches[number].send(answer)))
        except StopIteration as end:
            results[number] = end.value

    for number in range(len(searches)):
        go(number, None)
    while waiting:
        groups: dict[tuple[str, tuple[tuple[str, Any], ...]], list[tuple[int, Ask]]] = {}
        for number, ask in waiting:
            groups.setdefault((ask.method, ask.options), []).append((number, ask))
        waiting.clear()
        for (method, options), asks in groups.items():
            items = [item for _number, ask in asks for item in ask.items]
            answers = getattr(store, method)(items, **dict(options))
            first = 0
            for number, ask in asks:
                past = first + len(ask.items)
                go(number, answers[first:past])
                first = past
    return [results[number] for number in range(len(searches))]


Triple = tuple[str, str, str]


def resolve(ids: Sequence[str]) -> Search[list[str | None]]:
    """The graph's own ids of any ids."""
    found: list[str | None] = (yield Ask("resolve", ids)) if ids else []
    return found


def concepts(ids: Sequence[str]) -> Search[dict[str, Concept]]:
    """Concepts by id."""
    wanted = list(dict.fromkeys(ids))
    found: list[Concept | None] = (yield Ask("concepts", wanted)) if wanted else []
    return {concept.id: concept for concept in found if concept is not None}


def triples(wanted: Sequence[Triple], *, negated: bool = False) -> Search[list[list[str]]]:
    """The ids of the statements with each triple."""
    options = (("negated", negated),)
    found: list[list[str]] = (yield Ask("find_statements", wanted, options)) if wanted else []
    return found


def edges(
    ids: Sequence[str], predicates: Sequence[str], direction: EdgeDirection, *, limit: int
) -> Search[list[list[Edge]]]:
    """The positive edges at each concept, at most ``limit`` read of each."""
    if not ids or not predicates:
        return [[] for _ in ids]
    options = (("predicates", tuple(predicates)), ("direction", direction), ("limit", limit))
    found: list[list[Edge]] = yield Ask("neighbors", ids, options)
    return [[edge for edge in some if not edge.negated] for some in found]


def between(subject: str, object: str) -> Search[list[Statement]]:
    """The positive statements that join two concepts, whatever their predicate."""
    found: list[list[Statement]] = yield Ask("between", [(subject, object)])
    return found[0]


def statements(ids: Sequence[str]) -> Search[list[Statement]]:
    """Whole statements, each once, those that an overlay took back left out."""
    wanted = list(dict.fromkeys(ids))
    found: list[Statement | None] = (yield Ask("statements", wanted)) if wanted else []
    return [s for s in found if s is not None and s.retracted is None]


def values(id: str, predicate: str) -> Search[list[Statement]]:
    """The statements with a value of one predicate at a concept."""
    found: list[list[Statement]] = yield Ask("values", [id], (("predicates", (predicate,)),))
    return found[0]


def sources(
    id: str, predicates: tuple[str, ...] | None, direction: EdgeDirection
) -> Search[list[str]]:
    """The sources of a concept's statements."""
    options = (("predicates", predicates), ("direction", direction))
    found: list[list[str]] = yield Ask("sources_of", [id], options)
    return found[0]


def mappings(id: str) -> Search[list[Mapping]]:
    """The mappings of a concept."""
    found: list[list[Mapping]] = yield Ask("mappings", [id])
    return found[0]
