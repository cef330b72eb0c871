"""A trained model in use: how probable a statement is that the graph doesn't make.

A probability is that of a mixture of as many true statements as hard negatives
(:mod:`kgmed.reasoning.plausibility.calibrate`): it ranks what to look at, and supports nothing.
Needs NumPy alone.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.reasoning.plausibility.baselines import PathCounts
from kgmed.reasoning.plausibility.calibrate import Calibration
from kgmed.reasoning.plausibility.data import Ints
from kgmed.reasoning.plausibility.mix import Features, Mixed, Weighing
from kgmed.reasoning.plausibility.negatives import End
from kgmed.reasoning.plausibility.score import Embedded, Kind
from kgmed.reasoning.plausibility.stored import DEFAULT, Ids, load
from kgmed.reasoning.plausibility.told import Learned

if TYPE_CHECKING:
    from kgmed.kg.store.snapshot import Snapshot


REMEMBERED = 1_000_000
"""Ids whose numbers are remembered; all are forgotten when they are more."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A concept that may stand at an end, and how probable the statement would be (0-1)."""

    id: str
    probability: float


class Scorer:
    """A trained model, opened. ``learned`` is what it is and how it measured, ``paths`` are its
    path counts."""

    def __init__(self, learned: Learned, arrays: dict[str, Any]) -> None:
        self.learned = learned
        self.ids = Ids(arrays)
        self._types: Ints = arrays["types"]
        self._codes = {name: code for code, name in enumerate(learned.predicates)}
        symmetric = np.array([one.symmetric for one in learned.predicates.values()], bool)
        model: Embedded | None = None
        if learned.model:
            kind: Kind = learned.model  # type: ignore[assignment]
            model = Embedded(kind, arrays, symmetric)
        self.paths = PathCounts.of_arrays(arrays)
        weighing = Weighing.from_json(learned.weighing)
        names = list(learned.predicates)
        self._scores = Mixed(Features(model, self.paths), weighing, names, name=learned.method)
        self._calibration = Calibration.from_json(learned.calibration)

    @classmethod
    def open(cls, snapshot: Snapshot, name: str = DEFAULT) -> Self:
        """The model ``name`` beside a snapshot.

        Raises :class:`~kgmed.kg.errors.UsageError` where there is none,
        :class:`~kgmed.kg.errors.StoreError` where it was trained on another snapshot, and
        :class:`~kgmed.kg.errors.CorruptSnapshot` where it can't be read.
        """
        learned, arrays = load(snapshot, name)
        return cls(learned, dict(arrays))

    def score(self, triples: Sequence[tuple[str, str, str]]) -> list[float | None]:
        """The probability of each triple of concept ids; None where the model has never seen the
        predicate or one of the concepts. Whether the graph states it makes no difference."""
        s = np.array([self.number(one[0]) for one in triples], np.int32)
        p = np.array([self._codes.get(one[1], -1) for one in triples], np.int32)
        o = np.array([self.number(one[2]) for one in triples], np.int32)
        known = np.flatnonzero((s >= 0) & (p >= 0) & (o >= 0) & (s != o))
        found: list[float | None] = [None] * len(triples)
        if len(known):
            scores = self._scores.score(s[known], p[known], o[known])
            told = self._calibration(scores, [triples[n][1] for n in known.tolist()])
            for n, probability in zip(known.tolist(), told.tolist(), strict=True):
                found[n] = probability
        return found

    def lack(self, subject: str, predicate: str, object: str) -> str:
        """What keeps :meth:`score` from a number for a triple of concept ids, in a word, '' where
        nothing does: ``one_concept``, ``unseen_predicate``, ``unseen_subject`` or
        ``unseen_object``."""
        if subject == object:
            return "one_concept"
        if predicate not in self._codes:
            return "unseen_predicate"
        if self.number(subject) < 0:
            return "unseen_subject"
        return "unseen_object" if self.number(object) < 0 else ""

    def fits(self, subject: str, predicate: str, object: str) -> bool:
        """Whether the model has seen concepts of such categories at the ends of the predicate. A
        probability is calibrated for those alone."""
        known = self.learned.predicates.get(predicate)
        return known is not None and all(
            number < 0 or self.learned.categories[self._types[number]] in seen
            for number, seen in (
                (self.number(subject), known.subject), (self.number(object), known.object)
            )
        )  # fmt: skip

    def rank(
        self,
        concept: str,
        predicate: str,
        end: End = "object",
        *,
        limit: int = 10,
        leave_out: Container[str] = (),
    ) -> list[Ranked]:
        """The concepts that most probably stand at ``end``, with this one at the other; the best
        first, ties by id. Only concepts of a category that stands there are thought of; those to
        ``leave_out``, by id, are not.

        Raises :class:`~kgmed.kg.errors.UnknownConcept` for a concept that the model hasn't seen,
        and :class:`~kgmed.kg.errors.UsageError` for such a predicate.
        """
        if predicate not in self._codes:
            raise UsageError(
                f"Found predicate {predicate!r}, expected one that the model "
                f"{self.learned.name!r} has seen: {', '.join(self._codes)}."
            )
        number = self.number(concept)
        if number < 0:
            raise UnknownConcept(
                f"The model {self.learned.name!r} has seen no statement between {concept} and "
                "another concept, so it can't tell what else may hold of it."
            )
        candidates = self._candidates(predicate, end)
        anchor = np.array([number], np.int32)
        scores = self._scores.against(anchor, self._codes[predicate], end, candidates)[0]
        order = np.lexsort((candidates, -scores))
        chosen: list[int] = []
        for place in order.tolist():
            if len(chosen) == limit:
                break
            if candidates[place] != number and self.ids[int(candidates[place])] not in leave_out:
                chosen.append(place)
        told = self._calibration(scores[chosen], [predicate] * len(chosen)).tolist()
        return [
            Ranked(self.ids[int(candidates[place])], probability)
            for place, probability in zip(chosen, told, strict=True)
        ]

    def candidates(self, predicate: str, end: End) -> int:
        """How many concepts are thought of at an end of a predicate."""
        return len(self._candidates(predicate, end))

    def _candidates(self, predicate: str, end: End) -> Ints:
        one = self.learned.predicates[predicate]
        wanted = set(one.subject if end == "subject" else one.object)
        kinds = [n for n, name in enumerate(self.learned.categories) if name in wanted]
        return np.flatnonzero(np.isin(self._types, kinds)).astype(np.int32)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {}

    def number(self, id: str) -> int:
        """The model's number of a concept, -1 for one that it hasn't seen."""
        known = self._numbers
        if id not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[id] = self.ids.number(id)
        return known[id]
