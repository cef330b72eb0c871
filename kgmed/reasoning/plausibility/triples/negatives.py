"""What may stand at an end of a predicate; and statements made of true ones, probably false.

The graph states what is so and hardly ever what isn't; a statement with one end replaced is taken
for false. It is one by assumption: where the graph merely lacks it, it is true, so figures measured
on such negatives are a lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Triples

End = Literal["subject", "object"]
ENDS: tuple[End, ...] = ("subject", "object")
FEWEST = 10
"""Concepts to choose a degree-matched one from, where the slot has as many."""


def opposite(end: End) -> End:
    """The other end.

    >>> opposite("subject")
    'object'
    """
    return "subject" if end == "object" else "object"


class Slot(NamedTuple):
    """One end of a predicate. ``members`` (int32, ascending) stand there in some triple, as often
    as ``degrees`` say; ``candidates`` (ascending) are all concepts of a category that a member
    has. Both ends of a symmetric predicate are one slot."""

    members: Ints
    degrees: Ints
    candidates: Ints


class Slots:
    """The slots of each predicate, as the given triples (places, int64) show them."""

    def __init__(self, triples: Triples, part: Longs) -> None:
        self.triples = triples
        s, p, o = (column[part] for column in (triples.s, triples.p, triples.o))
        if (p[1:] < p[:-1]).any():  # never so of places that ascend
            order = np.argsort(p, kind="stable")
            s, p, o = s[order], p[order], o[order]
        bounds = np.searchsorted(p, np.arange(len(triples.predicates) + 1))
        by_type = np.argsort(triples.types, kind="stable").astype(np.int32)
        starts = np.searchsorted(triples.types[by_type], np.arange(len(triples.categories) + 1))
        self._slots: list[tuple[Slot, Slot]] = []
        of_kinds: dict[tuple[int, ...], Ints] = {}  # made once: of millions of concepts
        for code, symmetric in enumerate(triples.symmetric.tolist()):
            own = slice(bounds[code], bounds[code + 1])
            columns = [np.concatenate([s[own], o[own]])] if symmetric else [s[own], o[own]]
            slots = []
            for column in columns:
                members, degrees = np.unique(column, return_counts=True)
                kinds = tuple(np.unique(triples.types[members]).tolist())
                if kinds not in of_kinds:
                    parts = [by_type[starts[kind] : starts[kind + 1]] for kind in kinds]
                    of_kinds[kinds] = np.sort(np.concatenate([np.empty(0, np.int32), *parts]))
                slots.append(Slot(members, degrees.astype(np.int32), of_kinds[kinds]))
            self._slots.append((slots[0], slots[-1]))

    def slot(self, p: int, end: End) -> Slot:
        """One end of predicate ``p``."""
        return self._slots[p][ENDS.index(end)]

    def degrees(self, p: int, end: End, concepts: Ints) -> Ints:
        """How often each concept stands at that end; shape (n,)."""
        slot = self.slot(p, end)
        if not len(slot.members):
            return np.zeros(len(concepts), np.int32)
        place = np.minimum(np.searchsorted(slot.members, concepts), len(slot.members) - 1)
        found: Ints = np.where(slot.members[place] == concepts, slot.degrees[place], 0)
        return found


@dataclass(frozen=True, eq=False)
class Negatives:
    """Triples taken for false, each made of a true one: ``of`` is the place of that one among the
    true ones given, ``end`` which end was replaced (0 subject, 1 object). All int32 [n]."""

    s: Ints
    p: Ints
    o: Ints
    of: Ints
    end: Ints

    def __len__(self) -> int:
        return len(self.s)


def hard_negatives(
    slots: Slots, part: Longs, *, each: int = 5, seed: int = 0, attempts: int = 8
) -> Negatives:
    """Up to ``each`` negatives for either end of the triples at places ``part``.

    An end is replaced by a concept of the same category that stands there in some triple of the
    whole graph and, in the triples of ``slots``, about as often: a fifth less to a quarter more, or
    the :data:`FEWEST` nearest. No triple of the graph is among them, held out or not. Where
    ``attempts`` draws find none, there is none.
    """
    triples = slots.triples
    rng = np.random.default_rng(seed)
    everywhere = Slots(triples, np.arange(len(triples)))
    made: list[tuple[Ints, ...]] = []
    for code in np.unique(triples.p[part]).tolist():
        own = np.flatnonzero(triples.p[part] == code)
        for number, end in enumerate(ENDS):
            replaced = (triples.o if number else triples.s)[part[own]]
            kept = (triples.s if number else triples.o)[part[own]]
            members = everywhere.slot(code, end).members
            degrees = slots.degrees(code, end, members)
            for kind in np.unique(triples.types[replaced]).tolist():
                chosen = np.flatnonzero(triples.types[replaced] == kind)
                pool = np.flatnonzero(triples.types[members] == kind)
                if len(pool) < 2:
                    continue
                drawn, row = _matched(
                    members[pool], degrees[pool],
                    slots.degrees(code, end, replaced[chosen]), each * attempts, rng,
                )  # fmt: skip
                other = kept[chosen][row]
                subject, object = (other, drawn) if number else (drawn, other)
                good = (drawn != replaced[chosen][row]) & (subject != object)
                good &= ~triples.known(subject, np.array([code]), object)
                rows = own[chosen][row]
                keep = _first(rows[good], drawn[good], each)
                made.append((
                    subject[good][keep], np.full(len(keep), code), object[good][keep],
                    rows[good][keep], np.full(len(keep), number),
                ))  # fmt: skip
    columns = [np.concatenate(column).astype(np.int32) for column in zip(*made, strict=True)]
    order = np.lexsort((columns[4], columns[3]))
    return Negatives(*(column[order] for column in columns))


def _matched(
    pool: Ints, degrees: Ints, wanted: Ints, draws: int, rng: np.random.Generator
) -> tuple[Ints, Longs]:
    """``draws`` of the pool for each degree wanted, and the row that each is for."""
    order = np.argsort(degrees, kind="stable")
    ascending = degrees[order]
    low = np.searchsorted(ascending, np.floor(wanted / 1.25))
    high = np.searchsorted(ascending, np.ceil(wanted * 1.25), "right")
    short = np.maximum(FEWEST - (high - low), 0)
    low = np.maximum(low - (short + 1) // 2, 0)
    high = np.minimum(high + (short + 1) // 2, len(pool))
    row = np.repeat(np.arange(len(wanted)), draws)
    place = low[row] + (rng.random(len(row)) * (high - low)[row]).astype(np.int64)
    return pool[order[place]], row


def _first(rows: Ints, drawn: Ints, each: int) -> Longs:
    """Places of the first ``each`` different draws of each row; rows are ascending."""
    _, distinct = np.unique(rows.astype(np.int64) << 32 | drawn, return_index=True)
    distinct.sort()
    kept = rows[distinct]
    starts = np.flatnonzero(np.r_[True, kept[1:] != kept[:-1]])[: len(kept)]
    ordinal = np.arange(len(kept)) - np.repeat(starts, np.diff(np.r_[starts, len(kept)]))
    kept_of_each: Longs = distinct[ordinal < each]
    return kept_of_each
