"""What makes the rows of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.corpus import at_once, forms, narratives, packing, passages, sentences
from kgmed.builders.datasets.feed import Feed, PartBlock
from kgmed.builders.datasets.formats import CONTEXT, TEXT, Format
from kgmed.builders.datasets.job import Chunk, Making, Settings
from kgmed.builders.datasets.model import Draft
from kgmed.kg.errors import UsageError
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
    """Makes a corpus's rows, ``budget`` tokens of a passage at most.

    With ``pack`` the texts of all tasks are packed to contexts of so many tokens of ``tokenizer``
    (a name or a folder), in one config. Raises :class:`~kgmed.kg.errors.UsageError` for one
    without the other, and for a context that is too short.
    """

    names: tuple[str, ...]
    budget: int = BUDGET
    pack: int = 0
    tokenizer: str = ""
    kind: str = KIND

    def __post_init__(self) -> None:
        if bool(self.pack) != bool(self.tokenizer):
            raise UsageError(
                f"Found pack={self.pack} and the tokenizer {self.tokenizer!r}: packing needs both "
                "a context length and the tokenizer that counts it."
            )
        if self.pack and self.pack < packing.SHORTEST:
            raise UsageError(
                f"Found a context of {self.pack} tokens, expected at least {packing.SHORTEST}."
            )

    def configs(self) -> Mapping[str, Format]:
        if self.pack:
            return {packing.TASK: CONTEXT}
        return dict.fromkeys(self.names, TEXT)

    def configs_of(self, task: str) -> Sequence[str]:
        return (task,)

    def tasks(self) -> Sequence[str]:
        return self.names

    def lay_out(self, feed: Feed, processes: int) -> None:
        """What sentences need of all names."""
        if sentences.TASK in self.names and not self.pack:
            forms.lay_out(feed, processes)

    def start(self, feed: Feed, settings: Settings) -> Making:
        """What makes rows, in this process."""
        del feed
        packer = packing.Packer(self.tokenizer, self.pack) if self.pack else None
        return _Making(self, settings, Verbalizer(registry()), packer)


@dataclass(frozen=True, slots=True)
class _Making:
    corpus: Corpus
    settings: Settings
    say: Verbalizer
    packer: packing.Packer | None

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        for lang in self.settings.languages:
            if self.packer is not None:
                texts = (draft for task in self.corpus.names
                         for draft in self._singly(task, block, lang))  # fmt: skip
                yield from self.packer.packed(texts, block, lang, seed=self.settings.seed)
                continue
            for task in self.corpus.names:
                if task == sentences.TASK and self._at_once():
                    yield from at_once.at_once(
                        block, lang, self.say, snapshot=block.feed.snapshot,
                        text_only=self.settings.files == "txt",
                    )  # fmt: skip
                    yield from sentences.singly(block, lang, self.say, only_values=True)
                else:
                    yield from self._singly(task, block, lang)

    def _singly(self, task: str, block: PartBlock, lang: Language) -> Iterator[Draft]:
        if task == sentences.TASK:
            return sentences.singly(block, lang, self.say)
        if task == narratives.CURATED:
            return narratives.curated(block, lang, self.say)
        if task == narratives.FOUND:
            return narratives.found(block, lang, self.say)
        (size,) = (size for size, name in passages.TASKS.items() if name == task)
        count = self.packer.count if self.packer else passages.counted(lang)
        made = passages.Passages(block, lang, self.say, budget=self.corpus.budget, count=count)
        return made.drafts(size)

    def _at_once(self) -> bool:
        """Whether sentences can be written as columns: nothing is chosen among them."""
        s = self.settings
        return s.files != "parquet" and not (s.max_rows or s.per_predicate or s.per_hub)
