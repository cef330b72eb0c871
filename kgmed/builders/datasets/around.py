"""What stands around concepts, read from a run's arrays.

Concepts are asked for by id and looked up by number; ids, numbers and rows that were read are
remembered, and forgotten together when they become many.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import REMEMBERED, Feed
from kgmed.builders.datasets.model import Block, Fact
from kgmed.builders.datasets.negatives.around import ROW
from kgmed.builders.datasets.negatives.model import Numbered, Verdicts
from kgmed.kg.model import Direction, Language

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
ROWS = 40_000
"""Rows that are remembered: about 50 MB."""


class OfFeed:
    """What stands around the concepts of a run: as
    :class:`~kgmed.builders.datasets.negatives.around.OfStore`, by arrays."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ids: dict[int, str] = {}
        self._category_of = np.asarray(feed.category_of)
        self._names: dict[Language, pa.Array] = {}
        self._named: dict[Language, npt.NDArray[np.bool_]] = {}
        self._rows: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._learnt: npt.NDArray[Any] | None = None
        self._paths: tuple[int, list[tuple[str, list[tuple[Fact, Direction]]]]] = (-1, [])
        codes: dict[str, list[int]] = {}
        for code, (name, _negated) in enumerate(feed.predicates):
            codes.setdefault(name, []).append(code)
        self._codes = codes

    def learn(self, ids: Sequence[str]) -> None:
        """Nothing: arrays are read as fast for one as for many."""

    def number(self, id: str) -> int:
        found = self._feed.numbers.get(id)
        if found is None:
            place = self._feed.number(id)
            found = -1 if place is None else place
        return found

    def learn_numbers(self, numbers: Mapping[str, int]) -> None:
        """Be told the numbers of concepts that will be asked about."""
        if len(self._feed.numbers) > REMEMBERED:
            self._feed.numbers.clear()
        self._feed.numbers.update(numbers)

    def learn_block(self, block: PartBlock) -> None:
        """Be told the numbers of all that a block speaks of, once."""
        if self._learnt is not block.numbers:
            self._learnt = block.numbers
            self.learn_numbers(block.near.numbers)

    def id(self, number: int) -> str:
        """The id of a concept number."""
        found = self._ids.get(number)
        if found is None:
            if len(self._ids) > REMEMBERED:
                self._ids.clear()
            found = self._ids[number] = str(self._feed.ids[number].as_py())
            self._feed.remember(found, number)
        return found

    def name(self, id: str, lang: Language) -> str | None:
        """A preferred name; None where there is none in the language."""
        number = self.number(id)
        if number < 0:
            return None
        column = self._names.get(lang)
        if column is None:
            column = self._names[lang] = self._feed.names(lang)
        found: str | None = column[number].as_py()
        return found

    def named(self, lang: Language) -> npt.NDArray[np.bool_]:
        """Whether each concept has a name in a language, by number."""
        found = self._named.get(lang)
        if found is None:
            if lang not in self._feed.languages():
                found = np.zeros(self._feed.concepts, bool)
            else:
                found = self._feed.names(lang).is_valid().to_numpy(zero_copy_only=False)
            self._named[lang] = found
        return found

    def places(
        self, numbers: npt.NDArray[Any], predicate: str, way: str, *, denied: bool = True,
        ends: Ints | None = None,
    ) -> list[tuple[Ints, Ints]]:  # fmt: skip
        """Where the statements lie that some concepts are subjects (``way`` "out") or objects
        ("in") of by a predicate: the place of each one's concept among ``numbers``, and its own
        among all statements out or in. What is affirmed comes first. ``ends``, shape (concepts,),
        are the only other ends that are wanted; -1 stands for all."""
        arrays = self._feed.arrays
        one = np.flatnonzero(ends >= 0) if ends is not None else np.empty(0, np.int64)
        offsets, codes = arrays[f"{way}_off"], arrays[f"{way}_p"]
        found = []
        for code in self._codes.get(predicate, ()):
            if denied or not self._feed.predicates[code][1]:
                starts = _first(codes, offsets[numbers], offsets[numbers + 1], code)
                stops = _first(codes, starts, offsets[numbers + 1], code + 1)
                if ends is not None and len(one):
                    nbr, wanted = arrays[f"{way}_nbr"], ends[one]
                    starts[one] = _first(nbr, starts[one], stops[one], wanted)
                    stops[one] = _first(nbr, starts[one], stops[one], wanted + 1)
                lengths = stops - starts
                sums = np.cumsum(lengths)
                count = int(sums[-1]) if len(sums) else 0
                places = np.arange(count) + np.repeat(starts - sums + lengths, lengths)
                found.append((np.repeat(np.arange(len(numbers)), lengths), places))
        return found

    def others(
        self, numbers: npt.NDArray[Any], predicate: str, way: str, *, denied: bool = False
    ) -> tuple[Ints, Ints]:
        """The other ends of those statements that may leave: the place of each one's concept among
        ``numbers``, and its number; in this order, each once."""
        arrays, leaves = self._feed.arrays, self._feed.profile_leaves
        nbr = arrays[f"{way}_nbr"]
        found = []
        for own, places in self.places(numbers, predicate, way, denied=denied):
            if not leaves.all():
                rows = places if way == "out" else arrays["in_eid"][places]
                kept = leaves[arrays["out_prof"][rows]]
                found.append((own[kept], nbr[places[kept]].astype(np.int64)))
            else:
                found.append((own, nbr[places].astype(np.int64)))
        return merged(found)

    def paths(self, id: str) -> list[tuple[str, list[tuple[Fact, Direction]]]]:
        """(record, its statements with the way each is walked) of the sources' own paths from a
        concept, in the order of the records."""
        feed, number = self._feed, self.number(id)
        if number < 0:
            return []
        if self._paths[0] != number:
            start, stop = int(feed.path_starts[number]), int(feed.path_starts[number + 1])
            found = []
            if stop > start:
                table = feed.table("paths").slice(start, stop - start)
                for path, steps in zip(*(c.to_pylist() for c in table.columns), strict=True):
                    record, _mark, line = path.rpartition("#")
                    walked = [self._step(step) for step in json.loads(steps)]
                    found.append((record, int(line), walked))
            found.sort(key=lambda row: row[:2])
            self._paths = number, [(record, walked) for record, _line, walked in found]
        return self._paths[1]

    def _step(self, step: Sequence[Any]) -> tuple[Fact, Direction]:
        """A step as it was laid out: id, way, subject, predicate, object, profile, qualifiers."""
        feed = self._feed
        id, way, subject, code, object, profile, said = step
        predicate, negated = feed.predicates[code]
        fact = Fact((id,), self.id(subject), predicate, self.id(object), feed.sources[profile],
                    feed.licences[profile], negated, json.loads(said) if said else {})  # fmt: skip
        return fact, "out" if way == "out" else "in"

    def categories(self, id: str) -> tuple[str, ...]:
        number = self.number(id)
        return () if number < 0 else self._feed.categories[self._category_of[number]]

    def degree(self, id: str) -> int:
        number = self.number(id)
        if number < 0:
            return 0
        out, into = self._feed.arrays["out_off"], self._feed.arrays["in_off"]
        return int(out[number + 1] - out[number] + into[number + 1] - into[number])

    def over(self, id: str, predicates: Sequence[str]) -> list[tuple[str, str]]:
        wanted = sorted(code for name in predicates for code in self._codes.get(name, ()))
        found: list[tuple[str, str]] = []
        number = self.number(id)
        for code in wanted if number >= 0 else ():
            if len(found) < ROW:
                found += self._stretch(number, "out", ROW - len(found), code)
        return found

    def under(self, id: str, predicate: str) -> list[str]:
        key = (id, predicate)
        rows = self._rows.get(key)
        if rows is None:
            rows = []
            number = self.number(id)
            for code in self._codes.get(predicate, ()) if number >= 0 else ():
                if len(rows) < ROW:
                    rows += self._stretch(number, "in", ROW - len(rows), code)
            self._keep(key, rows)
        return [other for _predicate, other in rows]

    def ends(self, id: str) -> list[tuple[str, str]]:
        key = (id, "")
        rows = self._rows.get(key)
        if rows is None:
            rows = []
            number = self.number(id)
            if number >= 0:
                rows = self._stretch(number, "out", ROW)
                if len(rows) < ROW:
                    rows += self._stretch(number, "in", ROW - len(rows))
            self._keep(key, rows)
        return rows

    def _keep(self, key: tuple[str, str], rows: list[tuple[str, str]]) -> None:
        if len(self._rows) > ROWS:
            self._rows.clear()
        self._rows[key] = rows

    def _stretch(
        self, number: int, way: str, most: int, code: int | None = None
    ) -> list[tuple[str, str]]:
        """(predicate, other end) of the first statements at one end of a concept."""
        arrays = self._feed.arrays
        offsets, codes = arrays[f"{way}_off"], arrays[f"{way}_p"]
        start, stop = int(offsets[number]), int(offsets[number + 1])
        if code is not None:
            row = codes[start:stop]
            start, stop = (start + int(place) for place in row.searchsorted([code, code + 1]))
        stop = min(stop, start + most)
        if stop <= start:
            return []
        names, id = self._feed.predicates, self.id
        others = arrays[f"{way}_nbr"][start:stop].tolist()
        told = codes[start:stop].tolist()
        return [(names[c][0], id(other)) for c, other in zip(told, others, strict=True)]


def merged(found: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Pairs (place, end) of several columns in their order, each once."""
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    own, other = (np.concatenate(columns) for columns in zip(*found, strict=True))
    if sum(len(places) > 0 for places, _ends in found) > 1:
        order = np.lexsort((other, own))
        own, other = own[order], other[order]
    new = np.ones(len(own), bool)
    new[1:] = (own[1:] != own[:-1]) | (other[1:] != other[:-1])
    return own[new], other[new]


def _first(column: npt.NDArray[Any], starts: Ints, stops: Ints, wanted: npt.ArrayLike) -> Ints:
    """The first place from ``starts`` to ``stops`` with at least the wanted value, of each of many
    stretches of a column that ascend."""
    low, high = starts.astype(np.int64), stops.astype(np.int64)
    least = np.broadcast_to(np.asarray(wanted, np.int64), low.shape)
    still = np.flatnonzero(low < high)
    while len(still):
        middle = (low[still] + high[still]) >> 1
        less = column[middle] < least[still]
        low[still[less]] = middle[less] + 1
        high[still[~less]] = middle[~less]
        still = still[low[still] < high[still]]
    return low


def of(block: Block) -> OfFeed | None:
    """What stands around a block's concepts, where it is one of a run."""
    return of_feed(block.feed) if isinstance(block, PartBlock) else None


def judging(block: Block, verdicts: Verdicts) -> Verdicts:
    """Verdicts of claims between concepts of a block's graph: by numbers, in a run."""
    around = of(block)
    if around is not None and isinstance(block, PartBlock) and isinstance(verdicts, Numbered):
        around.learn_block(block)
        return verdicts.numbered(around.number)
    return verdicts


@lru_cache(maxsize=2)
def of_feed(feed: Feed) -> OfFeed:
    """What stands around a run's concepts, remembered from part to part."""
    return OfFeed(feed)
