"""Concepts of a graph that a model wasn't trained on, in use: their numbers are those of their
peers by name (:mod:`kgmed.reasoning.plausibility.methods.peers`). Needs NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from kgmed.reasoning.plausibility.embedding.score import NODES, NODES_IM
from kgmed.reasoning.plausibility.methods.alike import Alike, grams
from kgmed.reasoning.plausibility.methods.peers import (
    category_means,
    category_of,
    names_of,
    peers,
    row_of,
)
from kgmed.reasoning.plausibility.methods.standins import StandIns
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Reals
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End, opposite

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphStore

REMEMBERED = 1 << 12
"""Concepts whose rows are remembered at most."""
MISSING = object()
"""What isn't remembered: None is, as a concept without a peer."""


class Newcomers:
    """Scores with concepts that have no number in a model.

    ``store`` opens the graph, for names and categories; ``categories`` and, in ``arrays``,
    ``types`` and ``seen`` are those of the model's concepts.
    """

    def __init__(
        self,
        model: StandIns,
        arrays: Mapping[str, Any],
        categories: Sequence[str],
        store: Callable[[], GraphStore],
    ) -> None:
        self._model, self._arrays = model, arrays
        self._categories = {name: n for n, name in enumerate(categories)}
        self._open = store
        self._alike = Alike.of_arrays(arrays, "names")
        self._tables = [name for name in (NODES, NODES_IM) if name in arrays]
        self._known: dict[str, dict[str, Reals] | None] = {}

    @cached_property
    def _store(self) -> GraphStore:
        return self._open()

    @cached_property
    def _means(self) -> dict[str, Reals]:
        arrays = self._arrays
        return {
            name: category_means(
                arrays, name, arrays["types"], arrays["seen"], len(self._categories)
            )
            for name in self._tables
        }

    def category(self, id: str) -> str:
        """The category of a concept, '' for one that the graph doesn't have."""
        return category_of(self._store, id)

    def peers(self, id: str) -> tuple[Ints, Reals]:
        """The numbers of a concept's peers, and how alike their names are (0-1); none for one that
        the graph doesn't have, or of a category that the model hasn't seen."""
        code = self._categories.get(self.category(id), -1)
        if code < 0:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        (names,) = names_of(self._store, [id])
        return peers([(self._alike, grams(names))], code)

    def rows(self, id: str) -> dict[str, Reals] | None:
        """The numbers of a concept, by table; None where it has no peer."""
        if (found := self._known.get(id, MISSING)) is not MISSING:
            return cast("dict[str, Reals] | None", found)
        own, how = self.peers(id)
        made: dict[str, Reals] | None = None
        if len(own):
            kind = int(self._arrays["types"][own[0]])
            made = {
                name: row_of(self._arrays, name, self._means[name][kind], own, how)
                for name in self._tables
            }
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[id] = made  # all at once: a server's threads share a model
        return made

    def score(self, ends: Sequence[tuple[int | str, int | str]], p: Ints) -> Floats:
        """The scores of triples of these subjects and objects, numbers of the model's concepts or
        ids of others, which must have :meth:`rows`; shape (n,)."""
        found = np.zeros(len(ends))
        for code in np.unique(p).tolist():
            own = np.flatnonzero(p == code)
            subjects, objects = (
                self._rows_at(code, end, [ends[place][n] for place in own.tolist()])
                for n, end in enumerate(ENDS)
            )
            found[own] = self._model.paired(code, subjects, objects)
        return found

    def against(self, id: str, p: int, end: End, candidates: Ints) -> Floats:
        """The scores of the model's concepts at ``end`` of predicate ``p``, with one that it has no
        number of at the other; shape (candidates,)."""
        anchor = self._rows_at(p, opposite(end), [id])
        table = self._model.compared(p, anchor, end, self._model.rows(p, end, candidates))
        found: Floats = table[0]
        return found

    def _rows_at(self, p: int, end: End, concepts: Sequence[int | str]) -> dict[str, Reals]:
        """The numbers of concepts at an end of a predicate, by table; shapes (n, width)."""
        known = np.array([0 if isinstance(one, str) else one for one in concepts], np.int32)
        found = self._model.rows(p, end, known)
        for n, one in enumerate(concepts):
            rows = self.rows(one) if isinstance(one, str) else None
            for name, row in (rows or {}).items():
                found[name][n] = row
        return found
