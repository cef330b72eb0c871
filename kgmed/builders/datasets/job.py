"""What a run makes, and how: handed to every process of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from kgmed.builders.datasets.feed import Feed, PartBlock
from kgmed.builders.datasets.formats import Format
from kgmed.builders.datasets.generated.asking import Asks
from kgmed.builders.datasets.model import Draft, Row
from kgmed.builders.datasets.writers import FileType
from kgmed.kg.model import Language

NOTES = ".kgmed"
"""The folder, inside that of a dataset, of what a run keeps for itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that a maker wrote itself, many at once: lines of a config's files, and their counts.

    ``characters`` counts those of the rows' texts, ``sources`` and ``licences`` rows by theirs.
    ``statements`` are the 16-byte ids of all statements used.
    """

    config: str
    task: str
    lang: Language
    split: str
    data: memoryview | bytes
    rows: int
    characters: int
    sources: Mapping[str, int]
    licences: Mapping[str, int]
    statements: bytes
    example: str = ""


class Making(Protocol):
    """What makes the rows of parts, in one process.

    One that has ``taken``, a counter of (task, language, reason), tells there what it made no draft
    of; a part takes its counts out.
    """

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        """The drafts of a part, the same ones each time."""
        ...


@runtime_checkable
class Rewriting(Making, Protocol):
    """What makes rows in two steps: drafts, and of those that are left by the filters what a
    language model writes. A forecast asks nothing."""

    def rewritten(self, selected: Iterable[tuple[Draft, Row]]) -> Iterator[Draft]:
        """What is written of drafts, in their order."""
        ...

    def asks(self, draft: Draft) -> Asks:
        """What is asked for one draft, about."""
        ...


class Maker(Protocol):
    """A kind of dataset; it is pickled."""

    @property
    def kind(self) -> str:
        """Its name, which is that of its notes' folder."""
        ...

    def configs(self) -> Mapping[str, Format]:
        """The configs that are written, and their forms."""
        ...

    def configs_of(self, task: str) -> Sequence[str]:
        """The configs that a task's rows go to."""
        ...

    def tasks(self) -> Sequence[str]:
        """The tasks, in the order in which a part makes them."""
        ...

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Lay out what all processes share, before they start."""
        ...

    def start(self, feed: Feed, settings: Settings) -> Making:
        """What makes rows, in this process."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides which rows come out: a run over a folder goes on only with the same.

    ``max_rows``, ``per_predicate`` and ``per_hub`` are bounds, 0 for none; ``held_out`` (0-1) is
    the share of concepts that training never sees. ``more`` is what a kind of dataset has besides.
    """

    kind: str
    tasks: tuple[str, ...]
    languages: tuple[Language, ...]
    formats: tuple[str, ...] = ()
    files: FileType = "jsonl"
    seed: int = 0
    max_rows: int = 0
    per_predicate: int = 0
    per_hub: int = 0
    allow: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, *, snapshot: str, version: str, predicates: str) -> dict[str, Any]:
        """As JSON's own types, with the graph's hash and what else decides."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return {**plain, "snapshot": snapshot, "kgmed": version, "predicates": predicates}


def digest(settings: Mapping[str, Any]) -> str:
    """A digest of settings, as JSON's own types."""
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Job:
    """One run: where it writes, what it reads, and what makes its rows."""

    out: Path
    feed: Path
    settings: Settings
    digest: str
    snapshot: str
    maker: Maker
    statements: Mapping[str, int]

    def notes(self) -> Path:
        """The folder of the parts' notes."""
        return self.out / NOTES / self.settings.kind

    def note(self, part: int) -> Path:
        """The note of a part."""
        return self.notes() / f"part-{part:05}.json"


Tell = Callable[[str], None]
