"""What tasks read: the entities of a part with their facts, from the files of a run.

A **part** is a range of concept numbers. Its entities are made one by one as they are asked for,
and the facts of a long row one by one, so that a concept with a million statements takes the memory
of its columns and no more.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.edges import Edges, edges
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.quality.screen import BENCHMARKS, Screen
from kgmed.kg.model import Language, Value

if TYPE_CHECKING:
    import pyarrow as pa

Arrays = Mapping[str, npt.NDArray[Any]]
FEW = 2_000
"""Concepts that are looked up one by one before all of a block are."""
LONG = 5_000
"""Facts of a row up to which they are kept once made; of a longer one they are made each time."""

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

    def names(self, lang: Language) -> pa.Array:
        """The preferred name of each concept, null where there is none."""
        return self.table(f"names-{lang}").column("text")

    def languages(self) -> list[str]:
        """Languages whose names were laid out."""
        return sorted(p.stem.removeprefix("names-") for p in self.folder.glob("names-*.arrow"))

    @cached_property
    def screen(self) -> Screen | None:
        """The benchmarks that rows mustn't share text with, where there are some."""
        folder = self.folder / BENCHMARKS
        return Screen(folder) if folder.is_dir() else None

    def number(self, id: str) -> int | None:
        """The number of a concept by its id, None for one that the graph doesn't hold."""
        known = self.numbers.get(id)
        if known is None:
            known = bisect_left(_Texts(self.ids), id)
            if known == self.concepts or self.ids[known].as_py() != id:
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


class _Texts(Sequence[str]):
    """An Arrow column of texts, for bisection."""

    def __init__(self, column: pa.Array) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, place: Any) -> Any:
        return self._column[place].as_py()


class Near:
    """Ids, names and marks of the concepts that a part speaks of, looked up once."""

    def __init__(self, feed: Feed, numbers: npt.NDArray[Any]) -> None:
        self._feed = feed
        ids = feed.ids.take(numbers).to_pylist()
        self.ids: dict[int, str] = dict(zip(numbers.tolist(), ids, strict=True))
        self.numbers: dict[str, int] = dict(zip(ids, numbers.tolist(), strict=True))
        self.names: dict[str, dict[str, str | None]] = {}
        for lang in feed.languages():
            texts = feed.names(lang).take(numbers).to_pylist()  # type: ignore[arg-type]
            self.names[lang] = dict(zip(ids, texts, strict=True))
        held = feed.held[numbers]
        self._held = {id for id, mark in zip(ids, held.tolist(), strict=True) if mark}

    def name(self, id: str, lang: Language) -> str | None:
        """A preferred name; None where there is none in that language."""
        known = self.names.get(lang, {})
        if id in known:
            return known[id]
        number = self.number(id)
        found = None
        if number is not None and lang in self.names:
            found = self._feed.names(lang)[number].as_py()
        known[id] = found
        return found

    def name_terms(self, id: str) -> list[tuple[str, str]]:
        """The source and licence of each of a concept's names."""
        feed = self._feed
        number = self.number(id)
        found = []
        for lang in self.names if number is not None else ():
            code = feed.table(f"names-{lang}").column("source")[number].as_py()
            if code >= 0:
                found.append(feed.name_sources[code])
        return found

    def add(self, other: Near) -> None:
        """Take in what another block looked up."""
        self.ids.update(other.ids)
        self.numbers.update(other.numbers)
        self._held |= other._held
        for lang, names in other.names.items():
            self.names[lang].update(names)

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

    __slots__ = (
        "_few",
        "_into",
        "_made",
        "_near",
        "_out",
        "_places",
        "_rows",
        "feed",
        "most",
        "numbers",
    )

    def __init__(self, feed: Feed, numbers: npt.NDArray[Any], *, most: int | None = None) -> None:
        kept = numbers[feed.leaves[numbers]].tolist()
        for name, value in (
            ("feed", feed), ("numbers", numbers), ("most", most), ("_out", None), ("_into", None),
            ("_near", None), ("_few", None), ("_made", {}), ("_rows", None), ("_places", None),
            ("entities", _Entities(self, kept)),
            ("name", self._name), ("held_out", self._held_out), ("name_terms", self._name_terms),
        ):  # fmt: skip
            object.__setattr__(self, name, value)

    feed: Feed
    numbers: npt.NDArray[Any]
    most: int | None
    _rows: dict[int, list[dict[str, Any]]] | None
    _places: dict[int, tuple[int, int]] | None
    _made: dict[int, Entity]
    _out: Edges | None
    _into: Edges | None
    _near: Near | None
    _few: Near | None

    # What is looked up isn't bound to what looks it up: that is made when it is first asked for.

    def _name(self, id: str, lang: Language) -> str | None:
        return self._looked_up().name(id, lang)

    def _held_out(self, id: str) -> bool:
        return self._looked_up().held_out(id)

    def _name_terms(self, id: str) -> list[tuple[str, str]]:
        return self._looked_up().name_terms(id)

    def look_up(self, numbers: npt.NDArray[Any]) -> Near:
        """What is known of some concepts, which needn't be the block's."""
        self._looked_up().add(found := Near(self.feed, numbers))
        return found

    def _looked_up(self) -> Near:
        """What is known of concepts: of all that the block's facts speak of, or, as long as only a
        few are asked about, of these."""
        if self._near is not None:
            return self._near
        few = self._few
        if few is None:
            few = Near(self.feed, np.empty(0, np.int64))
            object.__setattr__(self, "_few", few)
        return few if len(few.numbers) < FEW else self.near

    @property
    def out(self) -> Edges:
        """The facts that the block's concepts are subjects of."""
        found = self._out
        if found is None:
            found = self.feed.edges(self.numbers, "out", most=self.most)
            object.__setattr__(self, "_out", found)
        return found

    @property
    def into(self) -> Edges:
        """The facts that the block's concepts are objects of."""
        found = self._into
        if found is None:
            found = self.feed.edges(self.numbers, "in", most=self.most)
            object.__setattr__(self, "_into", found)
        return found

    @property
    def rows(self) -> dict[int, list[dict[str, Any]]]:
        """Statements with a value, by the numbers of the concepts that have some."""
        found = self._rows
        if found is None:
            found = self.feed.values(self.numbers)
            object.__setattr__(self, "_rows", found)
        return found

    @property
    def places(self) -> dict[int, tuple[int, int]]:
        """The place of each of the block's concepts among them, by number, and its degree."""
        found = self._places
        if found is None:
            degrees = self.feed.degree(self.numbers).tolist()
            found = dict(zip(self.numbers.tolist(), enumerate(degrees), strict=True))
            object.__setattr__(self, "_places", found)
        return found

    @property
    def near(self) -> Near:
        """What the block's facts speak of."""
        found = self._near
        if found is None:
            ends = [self.numbers, self.out.other, self.into.other]
            found = Near(self.feed, np.unique(np.concatenate(ends)))
            object.__setattr__(self, "_near", found)
        return found

    def entity(self, number: int) -> Entity:
        """The entity of one of the block's concept numbers."""
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = self._entity(number)
        return found

    def _entity(self, number: int) -> Entity:
        feed, (place, degree) = self.feed, self.places[number]
        id = self.near.ids[number]
        said: dict[str, Sequence[Fact]] = {}
        of: dict[str, Sequence[Fact]] = {}
        for side, target, way in ((self.out, said, "out"), (self.into, of, "in")):
            start, stop = int(side.starts[place]), int(side.starts[place + 1])
            for name, facts in self._by_predicate(side, start, stop, way):
                target[name] = facts if name not in target else _in_order(target[name], facts, way)
        for fact in self.valued(number):
            said[fact.predicate] = [*said.get(fact.predicate, ()), fact]
        names = {lang: text for lang in self.near.names if (text := self.near.name(id, lang))}  # type: ignore[arg-type]
        return Entity(
            id, feed.categories[feed.category_of[number]], names, said, of, degree,
            bool(feed.held[number]),
        )  # fmt: skip

    def _by_predicate(
        self, edges: Edges, start: int, stop: int, way: str
    ) -> Iterator[tuple[str, Sequence[Fact]]]:
        codes = edges.code[start:stop]
        if not len(codes):
            return
        breaks = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
        for begin, end in pairwise(breaks):
            name, _negated = self.feed.predicates[codes[begin]]
            yield name, _Row(self, edges, range(start + begin, start + end), way)

    def valued(self, number: int) -> Iterator[Fact]:
        """The facts with a value of a concept."""
        rows = self.rows.get(number, ())
        near = self._near
        id = near.ids[number] if near is not None else self.feed.ids[number].as_py() if rows else ""
        for row in rows:
            yield self.feed.valued(id, row)

    def fact(self, edges: Edges, place: int, way: str) -> Fact:
        """One fact of the part's columns."""
        feed, ids = self.feed, self.near.ids
        own, other = ids[int(edges.own[place])], ids[int(edges.other[place])]
        subject, object = (own, other) if way == "out" else (other, own)
        predicate, negated = feed.predicates[edges.code[place]]
        profile = int(edges.profile[place])
        said = edges.qualifiers.get(place)
        qualifiers = json.loads(said) if said else {}
        more = edges.more.get(place)
        if more is None:
            return Fact((edges.id(place),), subject, predicate, object, feed.sources[profile],
                        feed.licences[profile], negated, qualifiers)  # fmt: skip
        profiles = [profile, *(profile for profile, _id in more)]
        return Fact(
            tuple(sorted({edges.id(place), *(id for _profile, id in more)})),
            subject, predicate, object,
            tuple(sorted({source for at in profiles for source in feed.sources[at]})),
            tuple(sorted({text for at in profiles for text in feed.licences[at]})),
            negated, qualifiers,
        )  # fmt: skip


def _in_order(left: Sequence[Fact], right: Sequence[Fact], way: str) -> Sequence[Fact]:
    """The affirmed and the denied facts of a predicate together, in the order of their ends."""
    end = "object" if way == "out" else "subject"
    return sorted([*left, *right], key=lambda fact: (getattr(fact, end), fact.ids[0]))


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


class _Row(Sequence[Fact]):
    """Facts of one predicate at one concept, made when they are asked for; a short row's are made
    at once, and kept."""

    def __init__(self, block: PartBlock, edges: Edges, places: range, way: str) -> None:
        self._block, self._edges, self._places, self._way = block, edges, places, way
        self._made: list[Fact] | None = None

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> Fact: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Fact]: ...
    def __getitem__(self, place: int | slice) -> Fact | Sequence[Fact]:
        if len(self._places) <= LONG:
            return self._kept()[place]
        make, edges, way = self._block.fact, self._edges, self._way
        if isinstance(place, slice):
            return [make(edges, at, way) for at in self._places[place]]
        return make(edges, self._places[place], way)

    def __iter__(self) -> Iterator[Fact]:
        if len(self._places) <= LONG:
            return iter(self._kept())
        make, edges, way = self._block.fact, self._edges, self._way
        return (make(edges, at, way) for at in self._places)

    def _kept(self) -> list[Fact]:
        if self._made is None:
            make, edges, way = self._block.fact, self._edges, self._way
            self._made = [make(edges, at, way) for at in self._places]
        return self._made
