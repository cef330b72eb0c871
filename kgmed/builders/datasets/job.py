"""What a run makes, and how: handed to every process of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from kgmed.builders.datasets.balance import caps
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import Format
from kgmed.builders.datasets.model import Draft, Row
from kgmed.builders.datasets.quality.overlaps import Hit
from kgmed.builders.datasets.writers import FileType
from kgmed.kg.model import Language
from kgmed.prompts.asks import Asks

NOTES = ".kgmed"
"""The folder, inside that of a dataset, of what a run keeps for itself."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that a maker wrote itself, many at once: lines of a config's files, and their counts.

    ``characters`` counts those of the rows' texts, ``sources`` and ``licences`` rows by theirs.
    ``statements`` are the 16-byte ids of all statements used, ``predicates`` counts rows by theirs.
    ``hits`` are rows that aren't there, as they share text with a benchmark; ``sample`` are (id,
    text) of the rows with the lowest ids, as many as :data:`~.quality.sample.SIZE` at most.
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
    predicates: Mapping[str, int] = field(default_factory=dict)
    hits: Sequence[Hit] = ()
    sample: Sequence[tuple[str, str]] = ()


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

    def rewritten(self, selected: Iterable[tuple[Draft, Row]]) -> Iterator[tuple[Row, Draft]]:
        """What is written of drafts, in their order, with the row that it was written of."""
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

    def reads_every_language(self) -> bool:
        """Whether tasks read names of other languages than those asked for."""
        ...

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Lay out what all processes share, before they start."""
        ...

    def start(self, feed: Feed, settings: Settings) -> Making:
        """What makes rows, in this process."""
        ...


class Engine(Protocol):
    """What makes parts elsewhere than in the processes of a run."""

    @property
    def processes(self) -> int:
        """How many parts it makes at a time."""
        ...

    def made(self, job: Job, parts: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Make parts; their notes, in any order."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides which rows come out: a run over a folder goes on only with the same.

    ``max_rows``, ``per_predicate`` and ``per_hub`` are bounds, 0 for none; a ``balanced`` run sets
    those of the last two that are 0 by what the graph holds. ``more`` is what a kind of dataset
    has besides. ``benchmarks`` are the files that rows mustn't share text with, by name and digest;
    ``benchmark_files`` says where they lie on this machine, which decides nothing.
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
    balanced: bool = False
    benchmarks: tuple[str, ...] = ()
    benchmark_files: tuple[Path, ...] = ()

    def with_caps(self, statements: Mapping[str, int]) -> Settings:
        """The settings with the caps that they come to for a graph, by its statements."""
        if not self.balanced:
            return self
        predicate, hub = caps(statements)
        return replace(
            self, per_predicate=self.per_predicate or predicate, per_hub=self.per_hub or hub
        )

    def as_json(self, *, snapshot: str, version: str, predicates: str) -> dict[str, Any]:
        """As JSON's own types, with the graph's hash and what else decides."""
        own = asdict(self)
        del own["benchmark_files"]
        plain: dict[str, Any] = json.loads(json.dumps(own))
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
