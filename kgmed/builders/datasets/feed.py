"""What tasks read: the entities of a part with their facts, from the files of a run.

A **part** is a range of concept numbers. Its entities are made one by one as they are asked for,
and the facts of a long row one by one, so that a concept with a million statements takes the memory
of its columns and no more.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.edges import Edges, edges
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.quality.screen import BENCHMARKS, Screen
from kgmed.builders.datasets.sides import Side, Way
from kgmed.kg.model import Language, Value

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Arrays = Mapping[str, npt.NDArray[Any]]
FEW = 2_000
"""Concepts that are looked up one by one before all of a block are."""
MARKED = 100
"""Concepts of the graph for each that a block speaks of, up to which all are marked to sort them.
"""
REMEMBERED = 400_000
"""Ids whose numbers are remembered: about 50 MB."""


class Feed:
    """The files that :func:`~kgmed.builders.datasets.prepare.prepare` laid out, mapped."""

    def __init__(self, folder: Path) -> None:
        note = json.loads((folder / "feed.json").read_text(encoding="utf-8"))
        self.folder = folder
        self.predicates: list[tuple[str, bool]] = [(name, no) for name, no in note["predicates"]]
        self.profiles: list[dict[str, Any]] = note["profiles"]
        self.categories = [tuple(names) for names in note["categories"]]
        self.name_sources: list[tuple[str, str]] = [(n, text) for n, text in note["name_sources"]]
        self.parts: list[int] = note["parts"]
        self.snapshot: str = note["snapshot"]
        self.arrays: Arrays = {
            name: _mapped(Path(path), note["dtypes"][name]) for name, path in note["arrays"].items()
        }
        self.category_of = np.load(folder / "categories.npy", mmap_mode="r")
        self.held = np.load(folder / "held.npy", mmap_mode="r")
        self.leaves = np.load(folder / "leaves.npy", mmap_mode="r")
        self.said = np.load(folder / "said.npy", mmap_mode="r")
        self.value_starts = np.load(folder / "values.npy", mmap_mode="r")
        self.path_starts = np.load(folder / "paths.npy", mmap_mode="r")
        self.profile_leaves = np.array([entry["leaves"] for entry in self.profiles], bool)
        self.sources = [(entry["source"],) for entry in self.profiles]
        self.licences = [tuple(sorted(filter(None, entry["licence"].split(" AND "))))
                         for entry in self.profiles]  # fmt: skip
        self._tables: dict[str, pa.RecordBatch] = {}
        self._name_source: dict[str, npt.NDArray[np.int32]] = {}
        self._terms: dict[frozenset[int], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self.numbers: dict[str, int] = {}

    def __len__(self) -> int:
        """The number of parts."""
        return len(self.parts) - 1

    @property
    def concepts(self) -> int:
        """How many concepts there are; they are numbered in the order of their ids."""
        return self.parts[-1]

    def table(self, name: str) -> pa.RecordBatch:
        """A table of the run, mapped."""
        found = self._tables.get(name)
        if found is None:
            import pyarrow as pa

            source = pa.memory_map(str(self.folder / f"{name}.arrow"))
            found = self._tables[name] = pa.ipc.open_file(source).get_batch(0)
        return found

    @cached_property
    def ids(self) -> pa.Array:
        """The id of each concept."""
        return self.table("ids").column("id")

    @cached_property
    def _sorted(self) -> _Bytes:
        return _Bytes(self.ids)

    def names(self, lang: str) -> pa.Array:
        """The preferred name of each concept, null where there is none."""
        return self.table(f"names-{lang}").column("text")

    def name_source(self, lang: str) -> npt.NDArray[np.int32]:
        """The source of each concept's preferred name, by its place in ``name_sources``, or -1."""
        found = self._name_source.get(lang)
        if found is None:
            column = self.table(f"names-{lang}").column("source")
            found = self._name_source[lang] = column.to_numpy()
        return found

    @cached_property
    def scratch(self) -> npt.NDArray[np.int32]:
        """Room for a number of each concept, for whoever writes it first."""
        return np.empty(self.concepts, np.int32)

    def languages(self) -> list[str]:
        """Languages whose names were laid out."""
        return sorted(p.stem.removeprefix("names-") for p in self.folder.glob("names-*.arrow"))

    @cached_property
    def screen(self) -> Screen | None:
        """The benchmarks that rows mustn't share text with, where there are some."""
        folder = self.folder / BENCHMARKS
        return Screen(folder) if folder.is_dir() else None

    def terms(self, profiles: Iterable[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The sources and the licences of several profiles, sorted, each once."""
        key = frozenset(profiles)
        found = self._terms.get(key)
        if found is None:
            sources = {source for at in key for source in self.sources[at]}
            licences = {text for at in key for text in self.licences[at]}
            found = self._terms[key] = tuple(sorted(sources)), tuple(sorted(licences))
        return found

    def number(self, id: str) -> int | None:
        """The number of a concept by its id, None for one that the graph doesn't hold."""
        known = self.numbers.get(id)
        if known is None:
            ids, wanted = self._sorted, id.encode()
            known = bisect_left(ids, wanted)
            if known == self.concepts or ids[known] != wanted:
                known = -1
            self.remember(id, known)
        return known if known >= 0 else None

    def remember(self, id: str, number: int) -> None:
        """Keep the number of an id, -1 for an unknown one; all are forgotten when they are many."""
        if len(self.numbers) > REMEMBERED:
            self.numbers.clear()
        self.numbers[id] = number

    def degree(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The graph's statements at each of some concepts, those that stay behind as well."""
        into, out = self.arrays["in_off"], self.arrays["out_off"]
        return np.asarray(out[numbers + 1] - out[numbers] + into[numbers + 1] - into[numbers])

    def weight(self, first: int, last: int) -> int:
        """What a range of concepts weighs: ends of statements, and one for each concept."""
        into, out = self.arrays["in_off"], self.arrays["out_off"]
        ends = out[last] - out[first] + into[last] - into[first]
        return int(ends) + last - first

    def weights(self) -> list[int]:
        """What each part weighs."""
        return [self.weight(*ends) for ends in pairwise(self.parts)]

    def edges(self, numbers: npt.NDArray[Any], way: str, *, most: int | None = None) -> Edges:
        """The facts out of or into some concepts that may leave, at most so many of each."""
        leaves = self.profile_leaves
        return edges(self.arrays, leaves, numbers, way, said=self.said, most=most)

    def block(self, part: int) -> PartBlock:
        """The entities of a part."""
        return PartBlock(self, np.arange(self.parts[part], self.parts[part + 1]))

    def valued(self, id: str, row: Mapping[str, Any]) -> Fact:
        """The fact of a statement with a value, as it lies in the table ``values``."""
        profile = row["profile"]
        value = Value(row["value"], row["value_type"], row["unit"], row["value_language"])
        qualifiers = json.loads(row["qualifiers"]) if row["qualifiers"] else {}
        name, negated = self.predicates[row["p"]]
        return Fact((row["id"].hex(),), id, name, "", self.sources[profile],
                    self.licences[profile], negated, qualifiers, value)  # fmt: skip

    def value_rows(
        self, numbers: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The places of some concepts' statements with a value in the table ``values``, and of each
        the place of its concept among those asked for."""
        starts, stops = self.value_starts[numbers], self.value_starts[numbers + 1]
        lengths = stops - starts
        ends = np.cumsum(lengths)
        count = int(ends[-1]) if len(ends) else 0
        places = np.arange(count) + np.repeat(starts - ends + lengths, lengths)
        return places, np.repeat(np.arange(len(numbers)), lengths)

    def values(self, numbers: npt.NDArray[Any]) -> dict[int, list[dict[str, Any]]]:
        """Statements with a value of some concepts, by number, in the order (predicate, id)."""
        places, own = self.value_rows(numbers)
        found: dict[int, list[dict[str, Any]]] = {}
        rows = self.table("values").take(places).to_pylist() if len(places) else []
        for number, row in zip(numbers[own].tolist(), rows, strict=True):
            mine = found.setdefault(number, [])
            if self.profile_leaves[row["profile"]]:
                mine.append(row)
        return found


def _mapped(path: Path, dtype: str) -> npt.NDArray[Any]:
    if not path.stat().st_size:
        return np.empty(0, dtype)
    return np.memmap(path, dtype, "r").view(np.ndarray)


class _Bytes(Sequence[bytes]):
    """An Arrow column of texts as UTF-8, for bisection: it sorts as the texts do."""

    def __init__(self, column: pa.Array) -> None:
        _valid, ends, data = column.buffers()
        offsets = np.frombuffer(ends, np.int64)[column.offset : column.offset + len(column) + 1]
        self._ends: Any = memoryview(offsets)  # type: ignore[arg-type]
        self._data = memoryview(data)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: Any) -> Any:
        return bytes(self._data[self._ends[place] : self._ends[place + 1]])


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
