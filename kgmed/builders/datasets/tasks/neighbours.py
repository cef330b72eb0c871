"""Entities next to a block's: of the block, read from a run's arrays, or read from a graph.

Tasks first ask who stands around many entities (:meth:`Neighbours.ends`), then read the facts of
those that a row is made of, and no others (:meth:`Neighbours.need`). Concepts go by **keys**: their
numbers in a run, and their ids in a graph that is read one by one. The order of keys is that of
ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.around import OfFeed, merged, of
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.edges import Edges, edges_at
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Entity
from kgmed.builders.datasets.tasks.context import facts_of, read_entities
from kgmed.builders.datasets.tasks.teller import Group, Teller
from kgmed.kg.model import Path, Statement, Step

Key = Any
Keys = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Stretch = tuple[Key, str, bool, Key | None]
"""What a concept is the subject of by a predicate, or, True, the object of; either where the
predicate is symmetric. All of it, or what is stated of one other end."""
READ = 2_000
"""Statements of a neighbour up to which it is read: a hub has too many ends to ask about."""


class Neighbours(Protocol):
    """Who stands around a block's entities, and what is said of them."""

    own: Keys
    """The block's entities that have a name, ascending."""

    def id(self, key: Key) -> str:
        """The id of a concept."""
        ...

    def key(self, id: str) -> Key:
        """The key of a concept that the graph holds."""
        ...

    def readable(self, keys: Keys) -> npt.NDArray[np.bool_]:
        """Which of some concepts are of the block, or may leave and are no hubs."""
        ...

    def ends(
        self, keys: Keys, predicate: str, *, inverse: bool = False, denied: bool = False
    ) -> tuple[Ints, Keys]:
        """What is stated of some concepts by a predicate, or, ``inverse``, what it is stated of
        with them for objects; either where it is symmetric. The place of each one's concept among
        ``keys``, and its other end; in this order, each once. Other ends without a name are left
        out, and so is what is denied, unless that is asked for."""
        ...

    def silent(self, keys: Keys, predicate: str) -> npt.NDArray[np.bool_]:
        """Which of some concepts are readable and have nothing at either end by a predicate, nor
        anything without a name or denied."""
        ...

    def categories(self, key: Key) -> tuple[str, ...]:
        """The categories of a concept."""
        ...

    def sides(self) -> dict[tuple[str, bool], Keys]:
        """The block's entities with a name that are subjects, or, True, objects of something by
        each predicate; either where it is symmetric."""
        ...

    def linked(self, key: Key) -> set[Key]:
        """One of the block's entities and all that something joins it with."""
        ...

    def on_paths(self, key: Key) -> bool:
        """Whether a source may state paths from one of the block's entities as a whole."""
        ...

    def need(self, stretches: Iterable[Stretch]) -> None:
        """Read some facts of concepts, as far as these are readable; what was read before goes."""
        ...

    def get(self, key: Key) -> Entity | None:
        """An entity of the block, or one that was read, with those facts."""
        ...


def neighbours(teller: Teller) -> Neighbours:
    """Who stands around the entities of a teller's block."""
    return OfRun(teller) if isinstance(teller.block, PartBlock) else OfGraph(teller)


def counted(found: tuple[Ints, Keys], keys: Keys) -> Ints:
    """How many ends each of some concepts has."""
    return np.bincount(found[0], minlength=len(keys))


def by_key(found: tuple[Ints, Keys], keys: Keys) -> dict[Key, Keys]:
    """The ends of each of some concepts that has any."""
    own, ends = found
    begins = np.flatnonzero(np.diff(own, prepend=-1))
    bounds = pairwise([*begins.tolist(), len(own)])
    having = keys[own[begins]].tolist()
    return {key: ends[start:stop] for key, (start, stop) in zip(having, bounds, strict=True)}


def unique(some: Iterable[Iterable[Key]], like: Keys) -> Keys:
    """The keys of several lists, ascending, each once; of the type of others."""
    every = sorted({key for keys in some for key in keys})
    found = np.empty(len(every), like.dtype)
    found[:] = every
    return found


class Groups:
    """What holds of an entity, by predicate and side; each group is made when it is asked for."""

    def __init__(self, teller: Teller, entity: Entity) -> None:
        self.entity = entity
        self._teller = teller
        self._made: dict[tuple[str, bool], Group | None] = {}

    def get(self, predicate: str, *, inverse: bool = False) -> Group | None:
        """What holds by a predicate, from one side; None where nothing is told."""
        key, entity = (predicate, inverse), self.entity
        if predicate not in entity.said and predicate not in entity.of:
            return None
        if key not in self._made:
            self._made[key] = self._teller.group(entity, predicate, inverse=inverse)
        return self._made[key]


class OfRun:
    """Neighbours in a run's arrays; keys are numbers."""

    def __init__(self, teller: Teller) -> None:
        self._teller, self._block = teller, cast(PartBlock, teller.block)
        self._feed = self._block.feed
        self._around = cast(OfFeed, of(self._block))
        self._named = self._around.named(teller.lang)
        numbers = self._block.numbers
        self._numbers = frozenset(numbers[self._feed.leaves[numbers]].tolist())
        self.own: Keys = numbers[self._feed.leaves[numbers] & self._named[numbers]]
        self._read: _Some | None = None

    def id(self, key: Key) -> str:
        return self._around.id(int(key))

    def key(self, id: str) -> Key:
        return self._around.number(id)

    def readable(self, keys: Keys) -> npt.NDArray[np.bool_]:
        small = self._feed.degree(keys) <= READ
        for place in np.flatnonzero(~small).tolist():
            small[place] = int(keys[place]) in self._numbers
        found: npt.NDArray[np.bool_] = self._feed.leaves[keys] & small
        return found

    def ends(
        self, keys: Keys, predicate: str, *, inverse: bool = False, denied: bool = False
    ) -> tuple[Ints, Keys]:
        asked = np.flatnonzero(self.readable(keys))
        own, other = merged([
            self._around.others(keys[asked], predicate, way, denied=denied)
            for way in self._ways(predicate, inverse=inverse)
        ])  # fmt: skip
        own = asked[own]
        kept = self._named[other] & (other != keys[own])
        return own[kept], other[kept]

    def _ways(self, predicate: str, *, inverse: bool) -> tuple[str, ...]:
        if self._teller.symmetric(predicate):
            return ("out", "in")
        return ("in",) if inverse else ("out",)

    def silent(self, keys: Keys, predicate: str) -> npt.NDArray[np.bool_]:
        found = self.readable(keys)
        for way in ("out", "in"):
            found[self._around.others(keys, predicate, way, denied=True)[0]] = False
        return found

    def categories(self, key: Key) -> tuple[str, ...]:
        return self._feed.categories[int(self._feed.category_of[key])]

    def sides(self) -> dict[tuple[str, bool], Keys]:
        named = np.zeros(self._feed.concepts, bool)
        named[self.own] = True
        found: dict[tuple[str, bool], list[Keys]] = {}
        for edges, inverse in ((self._block.out, False), (self._block.into, True)):
            mine = named[edges.own]
            own, codes = edges.own[mine], edges.code[mine]
            for code in np.unique(codes).tolist():
                predicate = self._feed.predicates[code][0]
                side = inverse and not self._teller.symmetric(predicate)
                found.setdefault((predicate, side), []).append(own[codes == code])
        return {side: np.unique(np.concatenate(keys)) for side, keys in found.items()}

    def linked(self, key: Key) -> set[Key]:
        arrays = self._feed.arrays
        found = {key}
        for way in ("out", "in"):
            start, stop = arrays[f"{way}_off"][key : key + 2].tolist()
            found.update(arrays[f"{way}_nbr"][start:stop].tolist())
        return found

    def on_paths(self, key: Key) -> bool:
        starts = self._feed.path_starts
        return bool(starts[key] < starts[key + 1])

    def need(self, stretches: Iterable[Stretch]) -> None:
        wanted: dict[tuple[str, bool], set[tuple[int, int]]] = {}
        for key, predicate, inverse, end in stretches:
            if key not in self._numbers:
                mine = wanted.setdefault((predicate, inverse), set())
                mine.add((key, -1 if end is None else end))
        self._read = self._some(wanted) if wanted else None
        if self._read is not None:
            self._around.learn_numbers(self._read.near.numbers)

    def _some(self, wanted: dict[tuple[str, bool], set[tuple[int, int]]]) -> _Some:
        found: dict[str, list[tuple[Ints, Ints]]] = {"out": [], "in": []}
        for (predicate, inverse), mine in wanted.items():
            keys, ends = np.array(sorted(mine), np.int64).T
            fits = self.readable(keys)
            keys, ends = keys[fits], ends[fits]
            for way in self._ways(predicate, inverse=inverse):
                for own, places in self._around.places(keys, predicate, way, ends=ends):
                    found[way].append((keys[own], places))
        every = np.array(sorted({key for mine in wanted.values() for key, _end in mine}), np.int64)
        return _Some(self._feed, every[self.readable(every)], found)

    def get(self, key: Key) -> Entity | None:
        if key in self._numbers:
            return self._block.entity(key)
        some = self._read
        return some.entity(key) if some is not None and key in some.among else None


class _Some(PartBlock):
    """Concepts with some of their facts."""

    __slots__ = ("_chosen", "_columns", "among")
    among: frozenset[int]
    _chosen: dict[str, list[tuple[Ints, Ints]]]
    _columns: dict[str, Edges]

    def __init__(
        self, feed: Feed, numbers: Ints, chosen: dict[str, list[tuple[Ints, Ints]]]
    ) -> None:
        super().__init__(feed, numbers)
        for name, value in (
            ("among", frozenset(numbers.tolist())), ("_chosen", chosen), ("_columns", {})
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    @property
    def out(self) -> Edges:
        return self._edges("out")

    @property
    def into(self) -> Edges:
        return self._edges("in")

    @property
    def rows(self) -> dict[int, list[dict[str, Any]]]:
        return {}

    def _edges(self, way: str) -> Edges:
        found = self._columns.get(way)
        if found is None:
            feed = self.feed
            own, places = merged(self._chosen[way])
            chosen = own.astype(np.int32), places
            found = self._columns[way] = edges_at(
                feed.arrays, feed.profile_leaves, self.numbers, way, chosen, said=feed.said
            )
        return found


class OfGraph:
    """Neighbours that are read from a graph, whole; keys are ids."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._known: dict[str, Entity | None] = {e.id: e for e in teller.block.entities}
        self.own: Keys = _objects([id for id in self._known if teller.name(id)])

    def id(self, key: Key) -> str:
        return str(key)

    def key(self, id: str) -> Key:
        return id

    def readable(self, keys: Keys) -> npt.NDArray[np.bool_]:
        self.need((key, "", False, None) for key in keys)
        return np.array([self._known[key] is not None for key in keys], bool)

    def ends(
        self, keys: Keys, predicate: str, *, inverse: bool = False, denied: bool = False
    ) -> tuple[Ints, Keys]:
        fits, teller = self.readable(keys), self._teller
        own: list[int] = []
        ends: list[str] = []
        for place in np.flatnonzero(fits).tolist():
            entity = cast(Entity, self._known[keys[place]])
            facts = [*(entity.of if inverse else entity.said).get(predicate, ())]
            if teller.symmetric(predicate):
                facts = [*entity.said.get(predicate, ()), *entity.of.get(predicate, ())]
            others = {f.other(entity.id) for f in facts if denied or not f.negated}
            mine = sorted(end for end in others - {entity.id} if teller.name(end))
            ends += mine
            own += [place] * len(mine)
        return np.array(own, np.int64), _objects(ends)

    def silent(self, keys: Keys, predicate: str) -> npt.NDArray[np.bool_]:
        fits = self.readable(keys)
        known = [self._known[key] for key in keys]
        stated = [e is not None and (predicate in e.said or predicate in e.of) for e in known]
        fits &= ~np.array(stated, bool)
        return fits

    def categories(self, key: Key) -> tuple[str, ...]:
        return self._teller.categories(key)

    def sides(self) -> dict[tuple[str, bool], Keys]:
        found: dict[tuple[str, bool], dict[str, None]] = {}
        for id in self.own:
            entity = cast(Entity, self._known[id])
            for facts_by, inverse in ((entity.said, False), (entity.of, True)):
                for predicate in facts_by:
                    side = inverse and not self._teller.symmetric(predicate)
                    found.setdefault((predicate, side), {})[id] = None
        return {side: _objects(list(ids)) for side, ids in found.items()}

    def linked(self, key: Key) -> set[Key]:
        entity = self._known[key]
        sides = () if entity is None else (entity.said, entity.of)
        return {key, *(f.other(key) for side in sides for facts in side.values() for f in facts)}

    def on_paths(self, key: Key) -> bool:
        return True

    def need(self, stretches: Iterable[Stretch]) -> None:
        ids = dict.fromkeys(key for key, *_rest in stretches)
        missing = [id for id in ids if id not in self._known]
        context = self._teller.context
        store = context.store
        if not missing or store is None:
            return
        self._known.update(dict.fromkeys(missing))
        sizes = zip(missing, store.degrees(missing), strict=True)
        small = [id for id, degree in sizes if degree <= READ]
        for entity in read_entities(store, small, allowed=context.allowed):
            self._known[entity.id] = entity

    def get(self, key: Key) -> Entity | None:
        return self._known.get(key)


def _objects(ids: Sequence[str]) -> Keys:
    found = np.empty(len(ids), object)
    found[:] = ids
    return found


def paths_between(teller: Teller, start: str, end: str) -> list[Path]:
    """The sources' own paths from a concept to another whose statements may leave, with facts for
    statements."""
    around, block = of(teller.block), teller.block
    if around is not None and isinstance(block, PartBlock):
        return [
            Path(tuple(Step(cast(Statement, fact), way) for fact, way in walked), curated=record)
            for record, walked in around.paths(start)
            if end == (walked[-1][0].object if walked[-1][1] == "out" else walked[-1][0].subject)
        ]
    store, allowed = teller.context.store, teller.context.allowed
    return [
        Path(
            tuple(
                Step(cast(Statement, facts_of([step.statement])[0]), step.direction)
                for step in path.steps
            ),
            curated=path.curated,
        )
        for path in (store.curated_paths(start, end) if store is not None else ())
        if all(allowed(step.statement.licence) for step in path.steps)
    ]
