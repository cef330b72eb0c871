"""The files of a run, mapped: what its tasks read.

A **part** is a range of concept numbers; :mod:`~kgmed.builders.datasets.block` makes its entities.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import (
    Iterable,
    Mapping,
    Sequence,
)
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.edges import Edges, edges
from kgmed.builders.datasets.model import Fact
from kgmed.builders.datasets.quality.screen import BENCHMARKS, Screen
from kgmed.kg.model import Value

if TYPE_CHECKING:
    import pyarrow as pa

Arrays = Mapping[str, npt.NDArray[Any]]
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
