"""Numbers for a concept where it never stands: those of its peers that do.

A drug that no source gives an interaction was trained on by what else is said of it, and pushed
away from the drugs that have some: its own numbers tell little about interactions. At an end of a
predicate where training has it in no triple of that predicate's family, a concept has the numbers
of the concepts alike (:mod:`kgmed.reasoning.plausibility.methods.alike`: by name, and by what is
said of both) that stand there: the mean of those of its category, and from there :data:`STRETCH`
of the way to the weighted mean of its peers. docs/learn-measured.md has the figures. NumPy alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Self

import numpy as np

from kgmed.reasoning.plausibility.embedding.score import (
    NODES,
    NODES_IM,
    RELATIONS,
    RELATIONS_IM,
    Embedded,
)
from kgmed.reasoning.plausibility.methods.alike import Alike
from kgmed.reasoning.plausibility.methods.peers import (
    PEERS,
    category_means,
    marks_width,
    row_of,
    statement_marks,
    summed,
)
from kgmed.reasoning.plausibility.methods.standing import Standing
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Longs, Mask, Reals, Triples
from kgmed.reasoning.plausibility.triples.negatives import ENDS, End, opposite

STRETCH = 0.6
"""Less than of a concept that has no numbers at all: where thousands never stand, most rightly
don't, and the far ones would be in the way of what does."""
ROWS = 1 << 16
"""Triples whose rows are gathered at once."""
FEWEST = 16
"""Rows that there is room for at first."""
Tables = dict[str, Reals]


class StandIns:
    """A model's scores, with stand-ins.

    ``alike`` are indexes over the concepts that were trained on, by names and by statements; others
    keep their numbers. ``types`` are int32 [N] with numbers below ``categories``.
    """

    def __init__(
        self, model: Embedded, standing: Standing, alike: Sequence[Alike], types: Ints,
        categories: int, *, name: str = "",
    ) -> None:  # fmt: skip
        self.name = name or f"{model.name}+standins"
        self._model, self._standing, self._alike = model, standing, alike
        self._types, self._categories = types, categories
        self._seen = standing.anywhere
        self._tables = [one for one in (NODES, NODES_IM) if one in model.weights]
        self._rows: dict[tuple[int, int], _Rows] = {}
        self._lock = Lock()

    @classmethod
    def of(
        cls, model: Embedded, triples: Triples, part: Longs, names: Sequence[Longs], *,
        name: str = "",
    ) -> Self:  # fmt: skip
        """Of a model that was trained on the triples at places ``part``; ``names`` are the n-grams
        of each concept's names."""
        seen = np.zeros(triples.concepts, bool)
        seen[triples.s[part]] = seen[triples.o[part]] = True
        said = statement_marks(triples, part, np.empty(0, np.int32))
        indexes = (
            Alike(names, triples.types, seen),
            Alike(said, triples.types, seen, width=marks_width(triples)),
        )
        standing = Standing.of(triples, part)
        return cls(model, standing, indexes, triples.types, len(triples.categories), name=name)

    @classmethod
    def of_arrays(cls, model: Embedded, arrays: Mapping[str, Any], categories: int) -> Self:
        """What :attr:`arrays` gave; ``types`` is among the arrays."""
        types, symmetric = arrays["types"], model.symmetric
        families, table = arrays["standing.families"], arrays["standing.table"]
        said = Alike.of_arrays(arrays, "statements", width=2 * len(symmetric) * len(types))
        standing = Standing(table, families, symmetric, len(types))
        names = Alike.of_arrays(arrays, "names")
        return cls(model, standing, (names, said), types, categories)

    @property
    def arrays(self) -> dict[str, Any]:
        """What there is to keep besides the model: both indexes, and what stands where."""
        names, said = self._alike
        return {
            **names.arrays("names"), **said.arrays("statements"),
            "standing.table": self._standing.table, "standing.families": self._standing.families,
        }  # fmt: skip

    def score(self, s: Ints, p: Ints, o: Ints) -> Floats:
        found = np.zeros(len(s))
        for code in np.unique(p).tolist():
            every = np.flatnonzero(p == code)
            for start in range(0, len(every), ROWS):
                own = every[start : start + ROWS]
                subjects = self.rows(code, "subject", s[own])
                found[own] = self.paired(code, subjects, self.rows(code, "object", o[own]))
        return found

    def against(self, anchors: Ints, p: int, end: End, candidates: Ints) -> Floats:
        given = self.rows(p, opposite(end), anchors)
        return self.compared(p, given, end, self.rows(p, end, candidates))

    def paired(self, p: int, subjects: Tables, objects: Tables) -> Floats:
        """The scores of rows of subjects and of objects, one by one; shape (n,)."""
        size = len(subjects[NODES])
        n = np.arange(size, dtype=np.int32)
        model = self._over(subjects, objects)
        found: Floats = model.score(n, np.full(size, p, np.int32), n + np.int32(size))
        return found

    def compared(self, p: int, anchors: Tables, end: End, candidates: Tables) -> Floats:
        """The scores of rows of candidates at ``end``, with those of each anchor at the other;
        shape (anchors, candidates)."""
        first, second = (
            np.arange(len(rows[NODES]), dtype=np.int32) for rows in (anchors, candidates)
        )
        model = self._over(anchors, candidates)
        found: Floats = model.against(first, p, end, second + np.int32(len(first)))
        return found

    def stands(self, concept: int, p: int, end: End) -> bool:
        """Whether a concept has its own numbers at an end."""
        return bool(self._slot(p, end).standing[concept])

    def peers(self, concept: int, p: int, end: End) -> tuple[Ints, Reals]:
        """Whose numbers a concept has where it doesn't stand, and how alike they are (0-2): the sum
        of two cosines. The most alike first."""
        alike = self._slot(p, end).alike
        return summed([index.nearest_to(concept) for index in alike], limit=PEERS)

    def _over(self, first: Tables, second: Tables) -> Embedded:
        """The model over some rows, numbered one after the other."""
        weights: Tables = {
            name: self._model.weights[name]
            for name in (RELATIONS, RELATIONS_IM) if name in self._model.weights
        }  # fmt: skip
        for name in self._tables:
            weights[name] = np.concatenate([first[name], second[name]])
        return Embedded(self._model.kind, weights, self._model.symmetric)

    def rows(self, p: int, end: End, concepts: Ints) -> Tables:
        """The numbers of concepts at an end of a predicate, by table; shapes (n, width)."""
        slot = self._slot(p, end)
        found = {name: self._model.weights[name][concepts] for name in self._tables}
        lacking = np.flatnonzero(
            self._seen[concepts] & ~slot.standing[concepts] & slot.kin[self._types[concepts]]
        )
        if len(lacking):
            wanted = concepts[lacking]
            with self._lock:  # a server's threads ask for the same
                for concept in np.unique(wanted[~slot.known(wanted)]).tolist():
                    slot.add(concept, self._made(concept, p, end))
                for name in self._tables:
                    found[name][lacking] = slot.of(name, wanted)
        return found

    def _made(self, concept: int, p: int, end: End) -> Tables:
        """The rows of a concept that doesn't stand at an end; shapes (width,)."""
        own, how = self.peers(concept, p, end)
        kind, means = int(self._types[concept]), self._slot(p, end).means
        return {
            name: row_of(self._model.weights, name, means[name][kind], own, how, stretch=STRETCH)
            for name in self._tables
        }

    def _slot(self, p: int, end: End) -> _Rows:
        """What is known of an end of a predicate's family, made when it is asked for."""
        symmetric = bool(self._model.symmetric[p])
        key = int(self._standing.families[p]), 2 if symmetric else ENDS.index(end)
        if key not in self._rows:
            standing = self._standing.at(p, end)
            weights, types = self._model.weights, self._types
            means = {
                name: category_means(weights, name, types, standing, self._categories)
                for name in self._tables
            }
            kin = np.bincount(types[standing], minlength=self._categories) > 0
            alike = [index.only(standing) for index in self._alike]
            self._rows[key] = _Rows(standing, kin, means, alike)
        return self._rows[key]


class _Rows:
    """The rows of concepts that don't stand at an end, as they are made.

    ``standing`` is bool [N]; ``kin`` bool [categories], whether any of a category stands there;
    ``means`` the mean row of those, by table, ``alike`` the indexes of those that stand there.
    """

    def __init__(self, standing: Mask, kin: Mask, means: Tables, alike: Sequence[Alike]) -> None:
        self.standing, self.kin, self.means, self.alike = standing, kin, means, alike
        self._place = np.full(len(standing), -1, np.int32)
        self._made = 0
        self._tables: Tables = {
            name: np.empty((FEWEST, mean.shape[1]), np.float32) for name, mean in means.items()
        }

    def known(self, concepts: Ints) -> Mask:
        """Which have their row."""
        found: Mask = self._place[concepts] >= 0
        return found

    def add(self, concept: int, rows: Tables) -> None:
        """Keep a concept's row, by table."""
        for name, row in rows.items():
            if self._made == len(self._tables[name]):
                self._tables[name] = np.resize(self._tables[name], (2 * self._made, len(row)))
            self._tables[name][self._made] = row
        self._place[concept] = self._made
        self._made += 1

    def of(self, name: str, concepts: Ints) -> Reals:
        """The rows of a table; shape (n, width)."""
        return self._tables[name][self._place[concepts]]
