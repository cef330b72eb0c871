"""Rationales as a run over a graph: each question belongs to one part, by a hash of its id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import RATIONALES, Format, format_of
from kgmed.builders.datasets.instructions import Open
from kgmed.builders.datasets.job import Making, Settings
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.rationales.chains import Counts, Rationales
from kgmed.kg.linking.linker import Linker
from kgmed.kg.predicates import registry
from kgmed.kg.qa import QaItem, read_qa

KIND = RATIONALES
TASK = "rationale"


@dataclass(frozen=True)
class RationaleRows:
    """Makes the rationales of a file's questions. ``open`` is called once in each process."""

    file: Path
    open: Open
    hops: int
    paths: int
    kind: str = KIND

    def configs(self) -> Mapping[str, Format]:
        return {KIND: format_of(KIND)}

    def configs_of(self, task: str) -> Sequence[str]:
        return [KIND]

    def tasks(self) -> Sequence[str]:
        return [TASK]

    def reads_every_language(self) -> bool:
        return False

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Nothing: each process reads the file."""

    def start(self, feed: Feed, settings: Settings) -> Making:
        """Open the graph, and read the questions."""
        store, _verdicts = self.open()
        lets = {(entry["source"], entry["licence"]) for entry in feed.profiles if entry["leaves"]}
        make = Rationales(
            store,
            registry(),
            Linker(store),
            lambda source, licence: (source, licence) in lets,
            self.hops,
            self.paths,
        )
        by_number: dict[int, list[QaItem]] = {}
        for item in read_qa(self.file):
            by_number.setdefault(_number(item.id, feed.concepts), []).append(item)
        return _Making(make, by_number)


@dataclass(frozen=True, slots=True)
class _Making:
    make: Rationales
    by_number: Mapping[int, Sequence[QaItem]]
    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def drafts(self, block: PartBlock) -> Iterator[Draft]:
        """The rationales of the questions that fall on a block's concepts."""
        for number in block.numbers.tolist():
            for item in self.by_number.get(number, ()):
                counts = Counts()
                yield from self.make.rows([item], counts)
                for reason, n in counts.without.items():
                    self.taken[TASK, self.make.language(item), reason] += n


@cache
def _number(id: str, concepts: int) -> int:
    digest = blake2b(id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % max(1, concepts)
