"""The facts at one end of a block's concepts, made one by one as they are asked for.

A fact is a place in columns (:mod:`~kgmed.builders.datasets.edges`). What most rows want of their
facts - the other ends, qualifiers, ids, sources - is read of the columns for many at once, and a
:class:`~kgmed.builders.datasets.model.Fact` is made of those alone that are looked at themselves.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Container,
    Iterator,
    Mapping,
    Sequence,
)
from functools import cached_property
from itertools import chain, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, TypeVar, overload

import numpy as np

from kgmed.builders.datasets.edges import ID_BYTES, Edges, hexadecimal, parsed
from kgmed.builders.datasets.model import Fact

if TYPE_CHECKING:
    from kgmed.builders.datasets.block import PartBlock

T = TypeVar("T")
Way = Literal["out", "in"]
LONG = 5_000
"""Facts of a row up to which they are kept once made; of a longer one they are made each time."""
_DIGITS = 2 * ID_BYTES


class Side:
    """The facts that a block's concepts are subjects of (``way`` "out") or objects of ("in").

    A **run** is the facts of a concept by one predicate and sign: ``runs`` are their first places
    and the number of facts, ``codes`` their predicates, ``first`` the first run of each concept and
    the number of runs.
    """

    def __init__(self, block: PartBlock, edges: Edges, way: Way) -> None:
        self.block, self.edges, self.way = block, edges, way
        self._feed = block.feed
        self._codes = memoryview(edges.code)  # type: ignore[arg-type]
        self._denied: list[bool] = [negated for _name, negated in block.feed.predicates]
        self._predicates: dict[tuple[int, ...], tuple[str, ...]] = {}
        new = np.ones(len(edges), bool)
        new[1:] = (edges.code[1:] != edges.code[:-1]) | (edges.own[1:] != edges.own[:-1])
        begins = np.flatnonzero(new)
        self.runs: list[int] = [*begins.tolist(), len(edges)]
        self.codes: list[int] = edges.code[begins].tolist()
        self.first: list[int] = np.searchsorted(begins, edges.starts).tolist()

    # Columns that are read one by one; each is made when it is first asked for.

    @cached_property
    def own(self) -> list[str]:
        """The id of the concept that each fact lies at."""
        return self.block.near.listed(self.edges.own)

    @cached_property
    def others(self) -> list[str]:
        """The id of each fact's other end."""
        return self.block.near.listed(self.edges.other)

    @cached_property
    def digits(self) -> str:
        """The ids of the facts' first statements, in hexadecimal, one behind another."""
        return hexadecimal(self.edges.ids).decode()

    @cached_property
    def profiles(self) -> list[int]:
        """The source and licence of each fact's first statement."""
        profiles: list[int] = self.edges.profile.tolist()
        return profiles

    @cached_property
    def qualified(self) -> bool:
        """Whether any fact has qualifiers."""
        return bool(self.edges.qualifiers)

    @cached_property
    def held(self) -> bytes:
        """1 for each fact that touches a concept that training never sees, else 0."""
        held = self._feed.held
        marks: bytes = (held[self.edges.own] | held[self.edges.other]).tobytes()
        return marks

    def rows(self, place: int) -> dict[str, Sequence[Fact]]:
        """The facts of the concept in a place of the block, by predicate."""
        found: dict[str, Sequence[Fact]] = {}
        for run in range(self.first[place], self.first[place + 1]):
            row: Sequence[Fact] = Facts((self, range(self.runs[run], self.runs[run + 1])))
            name = self._feed.predicates[self.codes[run]][0]
            if name in found:
                row = _in_order(found[name], row, self.way)
            found[name] = row
        return found

    def predicates(self, place: int) -> tuple[str, ...]:
        """The predicates of the facts of the concept in a place of the block, each once."""
        codes = tuple(self.codes[self.first[place] : self.first[place + 1]])
        found = self._predicates.get(codes)
        if found is None:
            names = (self._feed.predicates[code][0] for code in codes)
            found = self._predicates[codes] = tuple(dict.fromkeys(names))
        return found

    def predicate(self, place: int) -> tuple[str, bool]:
        """The predicate of a fact, and whether it is denied."""
        return self._feed.predicates[self._codes[place]]

    def denied(self, place: int) -> bool:
        """Whether a fact is denied."""
        return self._denied[self._codes[place]]

    def ids(self, place: int) -> tuple[str, ...]:
        """The statements that say a fact, sorted."""
        own = self.digits[place * _DIGITS : (place + 1) * _DIGITS]
        more = self.edges.more.get(place)
        return (own,) if more is None else tuple(sorted({own, *(id for _profile, id in more)}))

    def said(self, place: int) -> Mapping[str, str]:
        """The qualifiers of a fact."""
        text = self.edges.qualifiers.get(place)
        return parsed(text) if text else {}

    def fact(self, place: int) -> Fact:
        """One fact."""
        feed, own, other = self._feed, self.own[place], self.others[place]
        subject, object = (own, other) if self.way == "out" else (other, own)
        predicate, negated = self.predicate(place)
        profile = self.profiles[place]
        more = self.edges.more.get(place)
        terms: Terms = feed.sources[profile], feed.licences[profile]
        if more is not None:
            terms = feed.terms({profile, *(profile for profile, _id in more)})
        return Fact(self.ids(place), subject, predicate, object, *terms, negated,
                    self.said(place))  # fmt: skip


Terms = tuple[tuple[str, ...], tuple[str, ...]]
"""Sources and licences."""
Stretch = tuple[Side, Sequence[int]]
"""Places of facts of one predicate and sign."""


class Facts(Sequence[Fact]):
    """Facts of columns, made when they are asked for; those of a short row are kept once made."""

    __slots__ = ("_count", "_made", "stretches")

    def __init__(self, *stretches: Stretch) -> None:
        self.stretches = stretches
        self._made: list[Fact] | None = None
        self._count = len(stretches[0][1]) if len(stretches) == 1 else sum(
            len(places) for _side, places in stretches
        )  # fmt: skip

    @staticmethod
    def together(parts: Sequence[Sequence[Fact]]) -> Sequence[Fact]:
        """The facts of several rows, one behind another."""
        stretches: list[Stretch] = []
        for part in parts:
            if not isinstance(part, Facts):
                return Parts(parts)
            stretches += part.stretches
        return Facts(*stretches)

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return self._count > 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def _make(self) -> Iterator[Fact]:
        return (side.fact(place) for side, places in self.stretches for place in places)

    def __iter__(self) -> Iterator[Fact]:
        if self._count > LONG:
            return self._make()
        if self._made is None:
            self._made = list(self._make())
        return iter(self._made)

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> Facts: ...
    def __getitem__(self, place: int | slice) -> Fact | Facts:
        if isinstance(place, slice):
            return self._sliced(*place.indices(self._count))
        if self._made is not None:
            return self._made[place]
        place = range(self._count)[place]
        for side, places in self.stretches:
            if place < len(places):
                return side.fact(places[place])
            place -= len(places)
        raise IndexError(place)

    def _sliced(self, start: int, stop: int, step: int) -> Facts:
        if step != 1:
            raise ValueError("facts are taken in their order")
        found: list[Stretch] = []
        for side, places in self.stretches:
            if some := places[max(start, 0) : max(stop, 0)]:
                found.append((side, some))
            start, stop = start - len(places), stop - len(places)
        return Facts(*found)

    def column(self, of: Callable[[Side], list[T]]) -> list[T]:
        """What a column of each side says of the facts."""
        if len(self.stretches) == 1:
            ((side, places),) = self.stretches
            return _at(of(side), places)
        return [one for side, places in self.stretches for one in _at(of(side), places)]

    @property
    def others(self) -> list[str]:
        """The ids of the other ends."""
        return self.column(_OTHERS)

    @property
    def qualified(self) -> bool:
        """Whether one has qualifiers."""
        for side, places in self.stretches:
            if side.qualified and not side.edges.qualifiers.keys().isdisjoint(places):
                return True
        return False

    @property
    def said(self) -> list[str]:
        """The qualifiers (JSON) of each, '' where it has none."""
        return [
            side.edges.qualifiers.get(place, "")
            for side, places in self.stretches
            for place in places
        ]

    def among(self, ends: Container[str]) -> Facts:
        """Those with one of some other ends."""
        found: list[Stretch] = []
        for side, places in self.stretches:
            others = _at(side.others, places)
            if some := [p for p, end in zip(places, others, strict=True) if end in ends]:
                found.append((side, some))
        return Facts(*found)

    def parted(self, told: Callable[[Side], bytes], most: int) -> list[tuple[bool, Facts, int]]:
        """The facts that are marked with 1 by their side, of the first ``most``: those that hold,
        then those that are denied (True); and how many of either aren't, with those behind."""
        behind = self._count - most
        if behind > 0:
            return [(no, kept, left + behind) for no, kept, left in self[:most].parted(told, most)]
        if len(self.stretches) == 1:
            ((side, places),) = self.stretches
            kept = _marked(told(side), places)
            if not kept:
                return []
            left = self._count - len(kept)
            return [(side.denied(places[0]), Facts((side, kept)) if left else self, left)]
        found = []
        for no in (False, True):
            mine = [
                (side, places) for side, places in self.stretches if side.denied(places[0]) == no
            ]
            some = [(side, kept) for side, places in mine if (kept := _marked(told(side), places))]
            if some:
                facts = Facts(*some)
                found.append((no, facts, sum(len(places) for _side, places in mine) - len(facts)))
        return found

    def rests(self) -> tuple[tuple[str, ...], Terms, tuple[str, ...]]:
        """What a row of these facts rests on: statements, sources and licences, each sorted, and
        predicates in their order."""
        ids: list[str] = []
        profiles: set[int] = set()
        predicates: dict[str, None] = {}
        for side, places in self.stretches:
            digits, more = side.digits, side.edges.more
            ids += [digits[at * _DIGITS : (at + 1) * _DIGITS] for at in places]
            profiles.update(_at(side.profiles, places))
            if more and not more.keys().isdisjoint(places):
                for profile, id in chain.from_iterable(map(more.get, places, repeat(()))):
                    ids.append(id)
                    profiles.add(profile)
            predicates[side.predicate(places[0])[0]] = None
        terms: Terms = ((), ())
        if self.stretches:
            terms = self.stretches[0][0].block.feed.terms(profiles)
        return tuple(sorted(set(ids))), terms, tuple(predicates)

    def held_out(self) -> bool:
        """Whether one touches a concept that training never sees."""
        for side, places in self.stretches:
            if isinstance(places, range):
                if side.held.find(1, places.start, places.stop) >= 0:
                    return True
            elif any(map(side.held.__getitem__, places)):
                return True
        return False


class Parts(Sequence[Fact]):
    """Rows of facts one behind another, some of which are made already: those with a value."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Sequence[Fact]]) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[Fact]:
        return chain.from_iterable(self.parts)

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Fact]: ...
    def __getitem__(self, place: int | slice) -> Fact | Sequence[Fact]:
        return tuple(self)[place]

    def rests(self) -> tuple[tuple[str, ...], Terms, tuple[str, ...]]:
        """As :meth:`Facts.rests`."""
        stretches: list[Stretch] = []
        made: list[Fact] = []
        for part in self.parts:
            if type(part) is Facts:
                stretches += part.stretches
            else:
                made += part
        ids, (sources, licences), predicates = Facts(*stretches).rests()
        terms = (
            tuple(sorted({*sources, *(text for fact in made for text in fact.sources)})),
            tuple(sorted({*licences, *(text for fact in made for text in fact.licences)})),
        )
        ids = tuple(sorted({*ids, *(id for fact in made for id in fact.ids)}))
        return ids, terms, tuple(dict.fromkeys([*predicates, *(f.predicate for f in made)]))


def _in_order(left: Sequence[Fact], right: Sequence[Fact], way: Way) -> Sequence[Fact]:
    """The affirmed and the denied facts of a predicate together, in the order of their ends."""
    end = "object" if way == "out" else "subject"
    return sorted([*left, *right], key=lambda fact: (getattr(fact, end), fact.ids[0]))


_OTHERS: Callable[[Side], list[str]] = attrgetter("others")


def _at(column: list[T], places: Sequence[int]) -> list[T]:
    """A column's values in some places."""
    if isinstance(places, range):
        return column[places.start : places.stop]
    return [column[place] for place in places]


def _marked(marks: bytes, places: Sequence[int]) -> Sequence[int]:
    """The places that are marked with 1."""
    if isinstance(places, range) and (
        marks.count(1, places.start, places.stop) == places.stop - places.start
    ):
        return places
    return [place for place in places if marks[place]]
