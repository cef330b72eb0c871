"""The entities of a part with their facts, made as they are asked for.

They are made one by one, and the facts of a long row one by one, so that a concept with a million
statements takes the memory of its columns and no more.
"""

from __future__ import annotations

from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.edges import Edges
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.sides import Side, Way
from kgmed.kg.model import Language

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
FEW = 2_000
"""Concepts that are looked up one by one before all of a block are."""
MARKED = 100
"""Concepts of the graph for each that a block speaks of, up to which all are marked to sort them.
"""


class Near:
    """Ids, names and marks of concepts that a part speaks of, looked up together."""

    def __init__(self, feed: Feed, numbers: npt.NDArray[Any]) -> None:
        """``numbers`` are ascending, each once."""
        self._feed, self._own = feed, numbers
        self.texts: list[str] = feed.ids.take(numbers).to_pylist()
        self._languages = feed.languages()
        self._columns: dict[str, pa.Array] = {}
        self._more: dict[str, dict[str, str | None]] = {}

    @cached_property
    def ids(self) -> dict[int, str]:
        """The concepts' ids by number."""
        return dict(zip(self._own.tolist(), self.texts, strict=True))

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The concepts' numbers by id, and those asked for since."""
        return dict(zip(self.texts, self._own.tolist(), strict=True))

    @cached_property
    def _held(self) -> set[str]:
        held = self._feed.held[self._own]
        return {self.texts[at] for at in np.flatnonzero(held).tolist()}

    @cached_property
    def _array(self) -> npt.NDArray[Any]:
        return np.array(self.texts, object)

    def at(self, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The places of some of the concepts among them."""
        scratch = self._feed.scratch
        scratch[self._own] = np.arange(len(self._own), dtype=np.int32)
        places: npt.NDArray[np.int32] = scratch[numbers]
        return places

    def listed(self, numbers: npt.NDArray[Any]) -> list[str]:
        """The ids of some of the concepts, by number."""
        found: list[str] = self._array[self.at(numbers)].tolist()
        return found

    def named(self, lang: str) -> pa.Array:
        """The concepts' preferred names by their numbers; null where there is none."""
        found = self._columns.get(lang)
        if found is None:
            found = self._columns[lang] = self._feed.names(lang).take(self._own)
        return found

    def names(self, lang: str) -> dict[str, str | None]:
        """Preferred names by id, and those asked for since."""
        found = self._more.get(lang)
        if found is None:
            known = lang in self._languages
            texts = self.named(lang).to_pylist() if known else [None] * len(self._own)
            found = self._more[lang] = dict(zip(self.texts, texts, strict=True))
        return found

    def name(self, id: str, lang: Language) -> str | None:
        """A preferred name; None where there is none in that language."""
        known = self.names(lang)
        if id in known:
            return known[id]
        number = self.number(id)
        found = None
        if number is not None and lang in self._languages:
            found = self._feed.names(lang)[number].as_py()
        known[id] = found
        return found

    def name_terms(self, id: str) -> list[tuple[str, str]]:
        """The source and licence of each of a concept's names."""
        feed = self._feed
        number = self.number(id)
        found = []
        for lang in self._languages if number is not None else ():
            code = int(feed.name_source(lang)[number])
            if code >= 0:
                found.append(feed.name_sources[code])
        return found

    def add(self, other: Near) -> None:
        """Take in what another block looked up."""
        self.ids.update(other.ids)
        self.numbers.update(other.numbers)
        self._held |= other._held
        for lang in self._languages:
            self.names(lang).update(other.names(lang))

    def held_out(self, id: str) -> bool:
        """Whether training never sees a concept."""
        self.number(id)
        return id in self._held

    def number(self, id: str) -> int | None:
        """A concept's number; None for one that the graph doesn't hold."""
        found = self.numbers.get(id)
        if found is None:
            found = self._feed.number(id)
            if found is not None:
                self.numbers[id], self.ids[found] = found, id
                if self._feed.held[found]:
                    self._held.add(id)
        return found


class PartBlock(Block):
    """A block that makes its entities as they are asked for, each once.

    Its concepts are a part's, or any others in ascending order; ``most`` facts of each at either
    end are then enough where a few are wanted.
    """

    __slots__ = ("_made", "_marks", "feed", "most", "numbers")

    def __init__(self, feed: Feed, numbers: npt.NDArray[Any], *, most: int | None = None) -> None:
        kept = numbers[feed.leaves[numbers]].tolist()
        for name, value in (
            ("feed", feed), ("numbers", numbers), ("most", most), ("_made", {}), ("_marks", {}),
            ("entities", _Entities(self, kept)),
            ("name", self._name), ("held_out", self._held_out), ("name_terms", self._name_terms),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    feed: Feed
    numbers: npt.NDArray[Any]
    most: int | None
    _made: dict[Any, Any]
    _marks: dict[str, bool]

    @classmethod
    def of_part(cls, feed: Feed, part: int) -> PartBlock:
        """The entities of a part."""
        return cls(feed, np.arange(feed.parts[part], feed.parts[part + 1]))

    def once(self, key: Hashable, make: Callable[[PartBlock], T]) -> T:
        """What is made of the block when it is first asked for, and kept under a key."""
        found: T | None = self._made.get(key)
        if found is None:
            found = self._made[key] = make(self)
        return found

    # What is looked up isn't bound to what looks it up: that is made when it is first asked for.

    def _name(self, id: str, lang: Language) -> str | None:
        return self._looked_up().name(id, lang)

    def _held_out(self, id: str) -> bool:
        known = self._marks.get(id)
        if known is None:
            known = self._marks[id] = self._looked_up().held_out(id)
        return known

    def _name_terms(self, id: str) -> list[tuple[str, str]]:
        return self._looked_up().name_terms(id)

    def clear(self) -> None:
        """Let go of all that was looked up, though something may still hold the block itself."""
        self._made.clear()
        self._marks.clear()

    def look_up(self, numbers: npt.NDArray[Any]) -> Near:
        """What is known of some concepts, which needn't be the block's."""
        self._looked_up().add(found := Near(self.feed, numbers))
        return found

    def _looked_up(self) -> Near:
        """What is known of concepts: of all that the block's facts speak of, or, as long as only a
        few beyond its own are asked about, of these."""
        if "near" in self._made:
            return self.near
        own = self.own
        return own if len(own.numbers) < len(self.numbers) + FEW else self.near

    @property
    def own(self) -> Near:
        """The block's own concepts."""
        return self.once("own", lambda block: Near(block.feed, block.numbers))

    @property
    def near(self) -> Near:
        """What the block's facts speak of."""
        return self.once("near", PartBlock._near)

    def _near(self) -> Near:
        ends = [self.numbers, self.out.other, self.into.other]
        if sum(map(len, ends)) < self.feed.concepts // MARKED:
            return Near(self.feed, np.unique(np.concatenate(ends)))
        marks = np.zeros(self.feed.concepts, bool)
        for numbers in ends:
            marks[numbers] = True
        return Near(self.feed, np.flatnonzero(marks))

    @property
    def out(self) -> Edges:
        """The facts that the block's concepts are subjects of."""
        return self.once("edges out", lambda b: b.feed.edges(b.numbers, "out", most=b.most))

    @property
    def into(self) -> Edges:
        """The facts that the block's concepts are objects of."""
        return self.once("edges in", lambda b: b.feed.edges(b.numbers, "in", most=b.most))

    @property
    def sides(self) -> tuple[Side, Side]:
        """The facts out of the block's concepts and into them, to be made one by one."""
        return self.once("sides", lambda b: (Side(b, b.out, "out"), Side(b, b.into, "in")))

    @property
    def rows(self) -> dict[int, list[dict[str, Any]]]:
        """Statements with a value, by the numbers of the concepts that have some."""
        return self.once("rows", lambda block: block.feed.values(block.numbers))

    @property
    def _told(self) -> dict[int, tuple[int, str, int, int, bool]]:
        """By number, of each of the block's concepts: its place among them, its id, its set of
        categories, its degree, and whether it is held out."""
        return self.once("told", PartBlock._tell)

    def _tell(self) -> dict[int, tuple[int, str, int, int, bool]]:
        feed, numbers = self.feed, self.numbers
        columns = feed.category_of[numbers], feed.degree(numbers), feed.held[numbers]
        rows = zip(range(len(numbers)), self.own.texts, *(c.tolist() for c in columns), strict=True)
        return dict(zip(numbers.tolist(), rows, strict=True))

    def entity(self, number: int) -> Entity:
        """The entity of one of the block's concept numbers."""
        found: Entity | None = self._made.get(number)
        if found is None:
            found = self._made[number] = self._entity(number)
        return found

    def _entity(self, number: int) -> Entity:
        place, id, categories, degree, held = self._told[number]
        names = _NamesOf(self, id)
        said, of = _Said(self, "out", place, number), _Said(self, "in", place, number)
        return Entity(id, self.feed.categories[categories], names, said, of, degree, held)

    def valued(self, number: int) -> Iterator[Fact]:
        """The facts with a value of a concept."""
        rows = self.rows.get(number, ())
        id = self._told[number][1] if rows else ""
        for row in rows:
            yield self.feed.valued(id, row)


class _Said(Mapping[str, Sequence[Fact]]):
    """What is said at one end of a concept, by predicate, in the order of predicates' codes; looked
    up when it is first asked for."""

    __slots__ = ("_block", "_number", "_place", "_predicates", "_rows", "_way")

    def __init__(self, block: PartBlock, way: Way, place: int, number: int) -> None:
        self._block, self._way, self._place, self._number = block, way, place, number
        self._rows: dict[str, Sequence[Fact]] | None = None
        self._predicates: tuple[str, ...] | None = None

    @property
    def predicates(self) -> tuple[str, ...]:
        """The predicates in their order."""
        if self._predicates is None:
            block, out = self._block, self._way == "out"
            found = block.sides[not out].predicates(self._place)
            if out and (values := block.rows.get(self._number)):
                names = (block.feed.predicates[row["p"]][0] for row in values)
                found = tuple(dict.fromkeys([*found, *names]))
            self._predicates = found
        return self._predicates

    def _found(self) -> dict[str, Sequence[Fact]]:
        found = self._rows
        if found is None:
            block, out = self._block, self._way == "out"
            found = self._rows = block.sides[not out].rows(self._place)
            for fact in block.valued(self._number) if out else ():
                found[fact.predicate] = [*found.get(fact.predicate, ()), fact]
        return found

    def __len__(self) -> int:
        return len(self.predicates)

    def __iter__(self) -> Iterator[str]:
        return iter(self.predicates)

    def __contains__(self, predicate: object) -> bool:
        return predicate in self.predicates

    def __getitem__(self, predicate: str) -> Sequence[Fact]:
        return self._found()[predicate]

    def get(self, predicate: str, default: Any = None) -> Any:
        return self._found().get(predicate, default)

    def items(self) -> ItemsView[str, Sequence[Fact]]:
        return self._found().items()

    def values(self) -> ValuesView[Sequence[Fact]]:
        return self._found().values()


class _NamesOf(Mapping[str, str]):
    """The preferred names of a concept, by language."""

    __slots__ = ("_block", "_id")

    def __init__(self, block: PartBlock, id: str) -> None:
        self._block, self._id = block, id

    def __getitem__(self, lang: str) -> str:
        found = self._block.name(self._id, lang)  # type: ignore[arg-type]
        if not found:
            raise KeyError(lang)
        return found

    def __iter__(self) -> Iterator[str]:
        return (lang for lang in self._block.feed.languages() if self.get(lang))

    def __len__(self) -> int:
        return sum(1 for _lang in self)


class _Entities(Sequence[Entity]):
    """The entities of a block that may leave."""

    def __init__(self, block: PartBlock, numbers: list[int]) -> None:
        self._block, self._numbers = block, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> Entity: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Entity]: ...
    def __getitem__(self, place: int | slice) -> Entity | Sequence[Entity]:
        if isinstance(place, slice):
            return [self._block.entity(number) for number in self._numbers[place]]
        return self._block.entity(self._numbers[place])

    def __iter__(self) -> Iterator[Entity]:
        return map(self._block.entity, self._numbers)
