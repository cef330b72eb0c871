"""What is in a benchmark, how much of it a graph covers, what of it datasets give away: values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from kgmed.reasoning.evaluation.model import KINDS, Benchmark, Item

Level = Literal["covered", "linked", "none"]
LEVELS: tuple[Level, ...] = ("covered", "linked", "none")
MOST_VALUES = 40
"""Values of a field that are counted; one with more is no field to break down by."""


@dataclass(frozen=True, slots=True)
class ItemCoverage:
    """What a graph has on an item.

    ``why`` is "joined" or "asked" where it is covered. ``question`` and ``right`` are the concepts
    of the question (with what is judged) and of the right options; ``statements`` those that join
    them, ``predicates`` theirs. ``only_right`` is None where there are no options or none is
    joined.
    """

    id: str
    level: Level
    why: str = ""
    question: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    only_right: bool | None = None


@dataclass(frozen=True, slots=True)
class CoverageSum:
    """How many items of a group a graph covers, and by which predicates the covered are joined.

    ``asked`` counts the covered ones that no statement joins, ``only_right`` the choices of which
    only right options are joined.
    """

    items: int = 0
    covered: int = 0
    linked: int = 0
    none: int = 0
    asked: int = 0
    only_right: int = 0
    predicates: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leak:
    """An item that shares text with a row: ``field`` of the item, by which rule, with which row of
    which file, and the shared words or characters."""

    id: str
    field: str
    rule: str
    file: str
    row: str
    shared: str


@dataclass(frozen=True, slots=True)
class Leaks:
    """The items that share text with datasets, the first row of each, in the order of the items.

    ``rows`` were compared; ``tests`` are rows of a test split, which aren't trained on.
    """

    found: tuple[Leak, ...]
    items: int
    rows: int
    tests: int = 0

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the items that share text."""
        return frozenset(leak.id for leak in self.found)

    @property
    def rules(self) -> dict[str, int]:
        """How many items by each rule."""
        return dict(sorted(Counter(leak.rule for leak in self.found).items()))


@dataclass(frozen=True, slots=True)
class ItemFound:
    """An item in short: what it is, its coverage ("" where no graph was asked) and whether it
    shares text with a dataset."""

    id: str
    kind: str
    lang: str
    coverage: str
    why: str
    only_right: bool | None
    leaked: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What ``kgmed evaluate items --json`` prints.

    ``options`` counts items by how many options they have, ``right`` by what is right (letters,
    yes, no, maybe, supported, hallucinated), ``about`` by the values of each field with few.
    ``coverage`` goes by kind of item, and "all"; {} where no graph was asked, whose hash is
    ``snapshot``. ``left_out`` counts what the reader left out, by reason.
    """

    path: str
    name: str
    title: str
    url: str
    licence: str
    digest: str
    items: int
    left_out: dict[str, int]
    kinds: dict[str, int]
    languages: dict[str, int]
    options: dict[str, int]
    right: dict[str, int]
    with_context: int
    about: dict[str, dict[str, int]]
    coverage: dict[str, CoverageSum] = field(default_factory=dict)
    leaks: Leaks | None = None
    each: tuple[ItemFound, ...] = ()
    snapshot: str = ""
    schema: str = "kgmed.benchmark/1"


def summed(items: Iterable[ItemCoverage]) -> CoverageSum:
    """How many of some items are covered.

    >>> summed([ItemCoverage("1", "covered", "joined", only_right=True), ItemCoverage("2", "none")])
    CoverageSum(items=2, covered=1, linked=0, none=1, asked=0, only_right=1, predicates={})
    """
    every = list(items)
    levels = Counter(each.level for each in every)
    predicates = Counter(name for each in every for name in each.predicates)
    return CoverageSum(
        len(every),
        levels["covered"],
        levels["linked"],
        levels["none"],
        sum(each.why == "asked" for each in every),
        sum(each.only_right is True for each in every),
        dict(sorted(predicates.items(), key=lambda named: (-named[1], named[0]))),
    )


def contents(
    path: str,
    benchmark: Benchmark,
    *,
    coverage: Iterable[ItemCoverage] = (),
    leaks: Leaks | None = None,
    snapshot: str = "",
) -> Contents:
    """Count what is in a benchmark; ``coverage`` is that of all its items, in their order, or ()
    where no graph was asked."""
    items = benchmark.items
    covered = {found.id: found for found in coverage}
    leaked = leaks.ids if leaks is not None else frozenset()
    sums: dict[str, CoverageSum] = {}
    if covered:
        for kind in KINDS:
            mine = [covered[item.id] for item in items if item.kind == kind]
            if mine:
                sums[kind] = summed(mine)
        sums["all"] = summed(covered.values())
    return Contents(
        path,
        benchmark.name,
        benchmark.title,
        benchmark.url,
        benchmark.licence,
        benchmark.digest,
        len(items),
        dict(benchmark.notes),
        _counted(item.kind for item in items),
        _counted(item.lang for item in items),
        _counted(str(len(item.options)) for item in items if item.options),
        _counted("+".join(item.right) for item in items if item.right),
        sum(bool(item.context) for item in items),
        _about(items),
        sums,
        leaks,
        tuple(_found(item, covered.get(item.id), leaked=item.id in leaked) for item in items),
        snapshot,
    )


def _found(item: Item, covered: ItemCoverage | None, *, leaked: bool) -> ItemFound:
    if covered is None:
        return ItemFound(item.id, item.kind, item.lang, "", "", None, leaked)
    return ItemFound(
        item.id, item.kind, item.lang, covered.level, covered.why, covered.only_right, leaked
    )


def _about(items: Iterable[Item]) -> dict[str, dict[str, int]]:
    values: dict[str, Counter[str]] = {}
    for item in items:
        for name, value in item.about.items():
            values.setdefault(name, Counter())[value] += 1
    return {name: _counted(v.elements()) for name, v in values.items() if len(v) <= MOST_VALUES}


def _counted(values: Iterable[str]) -> dict[str, int]:
    """Values with how often they come, the commonest first."""
    found = Counter(values)
    return dict(sorted(found.items(), key=lambda named: (-named[1], named[0])))
