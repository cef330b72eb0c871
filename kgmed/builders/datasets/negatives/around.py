"""What stands around concepts: the statements, categories and degrees that corruptions are made of.

Hard negatives look at some hundred thousand concepts. :class:`OfStore` asks any graph for them one
by one; a run over files asks its arrays (:mod:`kgmed.builders.datasets.around`). Both give the
same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kgmed.kg.store.base import GraphStore

ROW = 64
"""Statements that are read of one concept."""


class Around(Protocol):
    """What is asked of a graph by those that corrupt its statements."""

    def learn(self, ids: Sequence[str]) -> None:
        """Be told of concepts that will be asked about."""
        ...

    def categories(self, id: str) -> tuple[str, ...]:
        """The categories of a concept, none for one that the graph doesn't hold."""
        ...

    def degree(self, id: str) -> int:
        """The statements at a concept."""
        ...

    def over(self, id: str, predicates: Sequence[str]) -> list[tuple[str, str]]:
        """(predicate, object) of its first :data:`ROW` statements of some predicates."""
        ...

    def under(self, id: str, predicate: str) -> list[str]:
        """The subjects of the first :data:`ROW` statements of a predicate about it."""
        ...

    def ends(self, id: str) -> list[tuple[str, str]]:
        """(predicate, other end) of its first :data:`ROW` statements, those out of it first."""
        ...


class OfStore:
    """What stands around the concepts of any graph."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._categories: dict[str, tuple[str, ...]] = {}
        self._degrees: dict[str, int] = {}

    def learn(self, ids: Sequence[str]) -> None:
        """Ask for many at once what is asked for one by one; what was learnt before goes."""
        found = self._store.concepts(ids)
        self._categories = {
            id: concept.categories for id, concept in zip(ids, found, strict=True) if concept
        }
        self._degrees = dict(zip(ids, self._store.degrees(ids), strict=True))

    def categories(self, id: str) -> tuple[str, ...]:
        found = self._categories.get(id)
        if found is None:
            concept = self._store.concepts([id])[0]
            found = self._categories[id] = concept.categories if concept else ()
        return found

    def degree(self, id: str) -> int:
        found = self._degrees.get(id)
        if found is None:
            found = self._degrees[id] = self._store.degrees([id])[0]
        return found

    def over(self, id: str, predicates: Sequence[str]) -> list[tuple[str, str]]:
        edges = self._store.neighbors([id], predicates=predicates, direction="out", limit=ROW)[0]
        return [(edge.predicate, edge.object) for edge in edges]

    def under(self, id: str, predicate: str) -> list[str]:
        edges = self._store.neighbors([id], predicates=[predicate], direction="in", limit=ROW)[0]
        return [edge.subject for edge in edges]

    def ends(self, id: str) -> list[tuple[str, str]]:
        edges = self._store.neighbors([id], limit=ROW)[0]
        return [(e.predicate, e.object if e.subject == id else e.subject) for e in edges]
