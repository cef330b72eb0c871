"""Entities next to a block's: of the block, read from a run's arrays, or read from a graph.

Of arrays their facts are made predicate by predicate as they are asked for: a chain over a drug
asks for what it treats, not for its thousand interactions.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.around import OfFeed, of
from kgmed.builders.datasets.edges import Edges
from kgmed.builders.datasets.feed import Feed, PartBlock
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.tasks.context import Context, facts_of, read_entities
from kgmed.builders.datasets.tasks.teller import Teller
from kgmed.kg.model import Path, Statement, Step

REMEMBERED = 20_000
"""Neighbours outside the block that are kept."""
WEIGHT = 2_000_000
"""Statements that they have together at most, beyond those of the last question: 150 MB."""
AT_ONCE = 200_000
"""Statements that are read together."""
READ = 2_000
"""Statements of a neighbour up to which it is read: a hub has too many ends to ask about."""
LEARNT = 40
"""Neighbours that are read of one entity and predicate."""


class Neighbours:
    """Entities next to a block's, with what is said of them: of the block, or read and kept."""

    def __init__(self, block: Block, context: Context) -> None:
        self._block, self._context = block, context
        self._own = {entity.id: entity for entity in block.entities}
        self._read: OrderedDict[str, Entity] = OrderedDict()
        self._weight = 0

    def learn(self, entities: Sequence[Entity], predicates: Sequence[str]) -> None:
        """Read what some predicates are stated of with entities for objects, some of each."""
        ends = dict.fromkeys(
            fact.subject
            for entity in entities
            for predicate in predicates
            for fact in entity.of.get(predicate, ())[:LEARNT]
        )
        self.need(list(ends))

    def need(self, ids: Sequence[str]) -> None:
        """Read concepts that the block doesn't hold, hubs left out."""
        wanted = dict.fromkeys(ids)
        for id in wanted:
            if id in self._read:
                self._read.move_to_end(id)
        missing = [id for id in wanted if id not in self._own and id not in self._read]
        if not missing:
            return
        before = self._weight
        for entity in self._entities(missing):
            self._read[entity.id] = entity
            self._weight += entity.degree
        most = WEIGHT + self._weight - before
        while len(self._read) > REMEMBERED + len(ids) or self._weight > most:
            _id, gone = self._read.popitem(last=False)
            self._weight -= gone.degree

    def get(self, id: str) -> Entity | None:
        """An entity that is of the block or was read."""
        return self._own.get(id) or self._read.get(id)

    def _entities(self, ids: Sequence[str]) -> Iterator[Entity]:
        around = of(self._block)
        store = self._context.store
        if around is not None and isinstance(self._block, PartBlock):
            numbers = [number for id in ids if (number := around.number(id)) >= 0]
            yield from _read(self._block.feed, around, np.array(sorted(numbers), np.int64))
        elif store is not None:
            sizes = zip(ids, store.degrees(ids), strict=True)
            small = [id for id, degree in sizes if degree <= READ]
            yield from read_entities(store, small, allowed=self._context.allowed)


def _read(feed: Feed, around: OfFeed, numbers: npt.NDArray[np.int64]) -> Iterator[Entity]:
    """The entities of some concepts of a run that may leave."""
    if not len(numbers):
        return
    numbers = numbers[feed.leaves[numbers]]
    degrees = feed.degree(numbers)
    numbers, degrees = numbers[degrees <= READ], degrees[degrees <= READ]
    turns = np.cumsum(degrees) // AT_ONCE
    for chosen in np.split(np.arange(len(numbers)), np.flatnonzero(np.diff(turns)) + 1):
        some = numbers[chosen]
        out, into = feed.edges(some, "out"), feed.edges(some, "in")
        starts = out.starts.tolist(), into.starts.tolist()
        for place, (number, degree) in enumerate(
            zip(some.tolist(), degrees[chosen].tolist(), strict=True)
        ):
            said, of_it = (
                Side(feed, around, edges, (its[place], its[place + 1]), way)
                for edges, its, way in ((out, starts[0], "out"), (into, starts[1], "in"))
            )
            yield Entity(
                around.id(number), feed.categories[int(feed.category_of[number])], {}, said, of_it,
                degree, bool(feed.held[number]),
            )  # fmt: skip


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


class Side(Mapping[str, Sequence[Fact]]):
    """The facts at one end of a concept, by predicate; made when they are asked for."""

    __slots__ = ("_around", "_edges", "_ends", "_feed", "_found", "_made", "_way")

    def __init__(
        self, feed: Feed, around: OfFeed, edges: Edges, ends: tuple[int, int], way: str
    ) -> None:
        self._feed, self._around, self._edges, self._way = feed, around, edges, way
        self._ends = ends
        self._made: dict[str, list[Fact]] = {}
        self._found: dict[str, list[range]] | None = None

    @property
    def _places(self) -> dict[str, list[range]]:
        found = self._found
        if found is None:
            found = self._found = {}
            start, stop = self._ends
            codes = self._edges.code[start:stop].tolist()
            begin = start
            for place, (code, after) in enumerate(
                zip(codes, [*codes[1:], -1], strict=False), start
            ):
                if code != after:
                    name, _negated = self._feed.predicates[code]
                    found.setdefault(name, []).append(range(begin, place + 1))
                    begin = place + 1
        return found

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, predicate: object) -> bool:
        return predicate in self._places

    def __getitem__(self, predicate: str) -> Sequence[Fact]:
        made = self._made.get(predicate)
        if made is None:
            stretches = self._places[predicate]
            made = [self._fact(place) for places in stretches for place in places]
            if len(stretches) > 1:  # what is affirmed and what is denied
                end = "object" if self._way == "out" else "subject"
                made.sort(key=lambda fact: (getattr(fact, end), fact.ids[0]))
            self._made[predicate] = made
        return made

    def _fact(self, place: int) -> Fact:
        feed, edges, id = self._feed, self._edges, self._around.id
        own, other = id(int(edges.own[place])), id(int(edges.other[place]))
        subject, object = (own, other) if self._way == "out" else (other, own)
        predicate, negated = feed.predicates[edges.code[place]]
        profiles, ids = [int(edges.profile[place])], [edges.id(place)]
        more = edges.more.get(place)
        if more is not None:
            profiles += [profile for profile, _id in more]
            ids += [further for _profile, further in more]
        said = edges.qualifiers.get(place)
        sources, licences = feed.sources[profiles[0]], feed.licences[profiles[0]]
        if len(profiles) > 1:
            sources = tuple(sorted({name for at in profiles for name in feed.sources[at]}))
            licences = tuple(sorted({text for at in profiles for text in feed.licences[at]}))
        return Fact(
            tuple(sorted(set(ids))), subject, predicate, object, sources, licences, negated,
            json.loads(said) if said else {},
        )  # fmt: skip
