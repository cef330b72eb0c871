"""A trained model in use: how probable a statement is that the graph doesn't make.

A probability is that of a mixture of as many true statements as hard negatives
(:mod:`kgmed.reasoning.plausibility.measures.calibrate`): it ranks what to look at, and supports
nothing. Needs NumPy alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.kg.store.embedded import store_of
from kgmed.reasoning.plausibility.embedding.score import Embedded, Kind
from kgmed.reasoning.plausibility.measures.calibrate import Calibration
from kgmed.reasoning.plausibility.methods.baselines import PathCounts
from kgmed.reasoning.plausibility.methods.mix import Features, Mixed, Weighing
from kgmed.reasoning.plausibility.methods.newcomers import Newcomers
from kgmed.reasoning.plausibility.methods.standins import StandIns
from kgmed.reasoning.plausibility.stored import DEFAULT, Ids, load
from kgmed.reasoning.plausibility.told import Learned
from kgmed.reasoning.plausibility.triples.data import Floats, Ints, Reals
from kgmed.reasoning.plausibility.triples.negatives import End

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphStore
    from kgmed.kg.store.snapshot import Snapshot


REMEMBERED = 1_000_000
"""Ids whose numbers are remembered; all are forgotten when they are more."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A concept that may stand at an end, and how probable the statement would be (0-1)."""

    id: str
    probability: float


@dataclass(frozen=True, slots=True)
class Peer:
    """A concept that another gets its numbers from, and how alike they are (0-1)."""

    id: str
    alike: float


class Scorer:
    """A trained model, opened. ``learned`` is what it is and how it measured.

    ``store`` opens the graph, to know by name the concepts that nothing was trained on; without
    it, or where the model wasn't trained to, only others are known.
    """

    def __init__(
        self,
        learned: Learned,
        arrays: dict[str, Any],
        store: Callable[[], GraphStore] | None = None,
    ) -> None:
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
        self._standins: StandIns | None = None
        if model is not None and "standing.table" in arrays:
            self._standins = StandIns.of_arrays(model, arrays, len(learned.categories))
        features = Features(self._standins or model, self.paths)
        self._scores = Mixed(features, weighing, names, name=learned.method)
        self._calibration = Calibration.from_json(learned.calibration)
        self._newcomers: Newcomers | None = None
        self._seen = np.ones(len(self.ids), bool)
        if learned.unseen is not None and self._standins is not None:
            self._seen = arrays["seen"]
            self._by_name = Calibration.from_json(learned.unseen.calibration)
            if store is not None:
                self._newcomers = Newcomers(self._standins, arrays, learned.categories, store)

    @classmethod
    def open(cls, snapshot: Snapshot, name: str = DEFAULT) -> Self:
        """The model ``name`` beside a snapshot.

        Raises :class:`~kgmed.kg.errors.UsageError` where there is none,
        :class:`~kgmed.kg.errors.StoreError` where it was trained on another snapshot, and
        :class:`~kgmed.kg.errors.CorruptSnapshot` where it can't be read.
        """
        learned, arrays = load(snapshot, name)
        return cls(learned, dict(arrays), partial(store_of, snapshot))

    def seen(self, id: str) -> bool:
        """Whether the model was trained on a statement of a concept; it knows others, if at all, by
        their names."""
        number = self.number(id)
        return number >= 0 and bool(self._seen[number])

    def stand_ins(self, id: str, predicate: str, end: End = "subject") -> list[Peer]:
        """Whose numbers a concept gets at an end of a predicate where training has it in no triple
        of the predicate's family, the most alike by name and statements first; none for one that
        stands there, for one that the model wasn't trained on, or if it has no stand-ins."""
        number, code = self.number(id), self._codes.get(predicate, -1)
        model = self._standins
        if model is None or not self.seen(id) or code < 0:
            return []
        if model.stands(number, code, end):
            return []
        own, how = model.peers(number, code, end)
        return self._as_peers(own, how * np.float32(0.5))  # of two cosines

    def peers(self, id: str) -> list[Peer]:
        """Whose numbers a concept gets that the model wasn't trained on, the most alike by name
        first; none for one that it was trained on or can't know."""
        if self._newcomers is None or self.seen(id):
            return []
        return self._as_peers(*self._newcomers.peers(id))

    def _as_peers(self, own: Ints, how: Reals) -> list[Peer]:
        return [
            Peer(self.ids[n], alike) for n, alike in zip(own.tolist(), how.tolist(), strict=True)
        ]

    def score(self, triples: Sequence[tuple[str, str, str]]) -> list[float | None]:
        """The probability of each triple of concept ids; None where the model has never seen the
        predicate, or one of the concepts, and doesn't know that by name either. Whether the graph
        states it makes no difference."""
        s = np.array([self.number(one[0]) for one in triples], np.int32)
        p = np.array([self._codes.get(one[1], -1) for one in triples], np.int32)
        o = np.array([self.number(one[2]) for one in triples], np.int32)
        both = (s >= 0) & (o >= 0)
        both[both] &= self._seen[s[both]] & self._seen[o[both]]
        known = np.flatnonzero(both & (p >= 0) & (s != o))
        found: list[float | None] = [None] * len(triples)
        self._score_by_name(triples, np.flatnonzero(~both & (p >= 0)).tolist(), found)
        if len(known):
            scores = self._scores.score(s[known], p[known], o[known])
            told = self._calibration(scores, [triples[n][1] for n in known.tolist()])
            for n, probability in zip(known.tolist(), told.tolist(), strict=True):
                found[n] = probability
        return found

    def _score_by_name(
        self, triples: Sequence[tuple[str, str, str]], places: list[int], found: list[float | None]
    ) -> None:
        """Write the probabilities of triples with a concept that the model wasn't trained on."""
        model = self._newcomers
        if model is None:
            return
        chosen, ends = [], []
        for place in places:
            s, _p, o = triples[place]
            if s == o:
                continue
            numbers = self.number(s), self.number(o)
            if all(
                n >= 0 or model.rows(id) is not None for n, id in zip(numbers, (s, o), strict=True)
            ):
                chosen.append(place)
                ends.append((
                    numbers[0] if numbers[0] >= 0 else s, numbers[1] if numbers[1] >= 0 else o
                ))  # fmt: skip
        if chosen:
            names = [triples[place][1] for place in chosen]
            codes = np.array([self._codes[name] for name in names], np.int32)
            told = self._by_name(model.score(ends, codes), names)
            for place, probability in zip(chosen, told.tolist(), strict=True):
                found[place] = probability

    def lack(self, subject: str, predicate: str, object: str) -> str:
        """What keeps :meth:`score` from a number for a triple of concept ids, in a word, '' where
        nothing does: ``one_concept``, ``unseen_predicate``, ``unseen_subject`` or
        ``unseen_object``."""
        if subject == object:
            return "one_concept"
        if predicate not in self._codes:
            return "unseen_predicate"
        if not self._knows(subject):
            return "unseen_subject"
        return "" if self._knows(object) else "unseen_object"

    def fits(self, subject: str, predicate: str, object: str) -> bool:
        """Whether the model has seen concepts of such categories at the ends of the predicate. A
        probability is calibrated for those alone."""
        known = self.learned.predicates.get(predicate)
        return (
            known is not None
            and self._category(subject) in known.subject
            and self._category(object) in known.object
        )

    def _category(self, id: str) -> str:
        number = self.number(id)
        if number >= 0:
            return self.learned.categories[int(self._types[number])]
        return "" if self._newcomers is None else self._newcomers.category(id)

    def _knows(self, id: str) -> bool:
        """Whether a concept has numbers, its own or those of its peers."""
        if self.number(id) >= 0:
            return self._newcomers is not None or bool(self._seen[self.number(id)])
        return self._newcomers is not None and self._newcomers.rows(id) is not None

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

        Raises :class:`~kgmed.kg.errors.UnknownConcept` for a concept that the model hasn't seen and
        doesn't know by name, and :class:`~kgmed.kg.errors.UsageError` for such a predicate.
        """
        if predicate not in self._codes:
            raise UsageError(
                f"Found predicate {predicate!r}, expected one that the model "
                f"{self.learned.name!r} has seen: {', '.join(self._codes)}."
            )
        number = self.number(concept)
        by_name = None if number >= 0 or self._newcomers is None else self._newcomers.rows(concept)
        if number < 0 and by_name is None:
            raise UnknownConcept(
                f"The model {self.learned.name!r} has seen no statement between {concept} and "
                "another concept, so it can't tell what else may hold of it."
            )
        candidates = self._candidates(predicate, end)
        scores, likely = self._against(concept, predicate, end, candidates)
        order = np.lexsort((candidates, -scores, -likely))
        chosen: list[int] = []
        for place in order.tolist():
            if len(chosen) == limit:
                break
            if candidates[place] != number and self.ids[int(candidates[place])] not in leave_out:
                chosen.append(place)
        return [Ranked(self.ids[int(candidates[place])], float(likely[place])) for place in chosen]

    def _against(
        self, concept: str, predicate: str, end: End, candidates: Ints
    ) -> tuple[Floats, Floats]:
        """The score and the probability of each candidate; shapes (n,)."""
        code, number = self._codes[predicate], self.number(concept)
        if number < 0:
            assert self._newcomers is not None  # noqa: S101  rank has asked for its row
            scores = self._newcomers.against(concept, code, end, candidates)
            return scores, self._by_name(scores, [predicate] * len(scores))
        anchor = np.array([number], np.int32)
        scores = self._scores.against(anchor, code, end, candidates)[0]
        likely = self._calibration(scores, [predicate] * len(scores))
        other = ~self._seen[candidates] | (not self._seen[number])
        if other.any():
            assert self._standins is not None  # noqa: S101  without one all are seen
            scores[other] = self._standins.against(anchor, code, end, candidates[other])[0]
            likely[other] = self._by_name(scores[other], [predicate] * int(other.sum()))
        return scores, likely

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
        found = known.get(id)
        if found is None:
            if len(known) >= REMEMBERED:
                known.clear()
            found = known[id] = self.ids.number(id)
        return found
