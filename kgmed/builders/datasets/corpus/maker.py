"""What makes the rows of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.corpus import narratives, passages, sentences
from kgmed.builders.datasets.feed import Feed, PartBlock
from kgmed.builders.datasets.formats import TEXT, Format
from kgmed.builders.datasets.job import Chunk, Making, Settings
from kgmed.builders.datasets.model import Draft
from kgmed.kg.model import Language
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer

KIND = "corpus"
TASKS: dict[str, str] = {
    sentences.TASK: "a sentence per statement",
    passages.TASKS["one_hop"]: "what is said of a concept",
    passages.TASKS["two_hop"]: "what is said of a concept and of some of its neighbours",
    passages.TASKS["balanced"]: "what is said of a concept, each category of neighbours alike",
    narratives.CURATED: "paths that a source states",
    narratives.FOUND: "a path from a concept to one that no statement joins it to",
}
"""Name of a task -> what it makes of the graph."""
BUDGET = 512
"""Tokens of a passage at most, unless another number is given."""


@dataclass(frozen=True)
class Corpus:
    """Makes a corpus's rows, ``budget`` tokens of a passage at most."""

    names: tuple[str, ...]
    budget: int = BUDGET
    kind: str = KIND

    def configs(self) -> Mapping[str, Format]:
        return dict.fromkeys(self.names, TEXT)

    def configs_of(self, task: str) -> Sequence[str]:
        return (task,)

    def tasks(self) -> Sequence[str]:
        return self.names

    def start(self, feed: Feed, settings: Settings) -> Making:
        """What makes rows, in this process."""
        del feed
        return _Making(self, settings, Verbalizer(registry()))


@dataclass(frozen=True, slots=True)
class _Making:
    corpus: Corpus
    settings: Settings
    say: Verbalizer

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        for task in self.corpus.names:
            for lang in self.settings.languages:
                yield from self._of(task, block, lang)

    def _of(self, task: str, block: PartBlock, lang: Language) -> Iterator[Draft | Chunk]:
        say = self.say
        if task == sentences.TASK:
            at_once = self._at_once()
            if at_once:
                yield from sentences.at_once(
                    block, lang, say, snapshot=block.feed.snapshot,
                    text_only=self.settings.files == "txt",
                )  # fmt: skip
            yield from sentences.singly(block, lang, say, only_values=at_once)
        elif task == narratives.CURATED:
            yield from narratives.curated(block, lang, say)
        elif task == narratives.FOUND:
            yield from narratives.found(block, lang, say)
        else:
            (size,) = (size for size, name in passages.TASKS.items() if name == task)
            count = passages.counted(lang)
            made = passages.Passages(block, lang, say, budget=self.corpus.budget, count=count)
            yield from made.drafts(size)

    def _at_once(self) -> bool:
        """Whether sentences can be written as columns: nothing is chosen among them."""
        s = self.settings
        return s.files != "parquet" and not (s.max_rows or s.per_predicate or s.per_hub)
