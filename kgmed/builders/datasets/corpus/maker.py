"""What makes the rows of a corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus import forms, narratives, packing, passages, sentences
from kgmed.builders.datasets.corpus.told import Rows
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.feed import Feed
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
    passages.TASKS["two_hop"]: "what is said of a concept and of neighbours that are told first",
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

    def reads_every_language(self) -> bool:
        return False

    def lay_out(self, feed: Feed, processes: int) -> None:
        """What texts need of all names."""
        lists = any(name in self.names for name in passages.TASKS.values())
        languages: list[Language] = [lang for lang in ("en", "zh") if lang in feed.languages()]
        forms.lay_out(feed, processes, languages, lists=lists)

    def start(self, feed: Feed, settings: Settings) -> Making:
        """What makes rows, in this process."""
        packer = packing.Packer(self.tokenizer, self.pack) if self.pack else None
        say = Verbalizer(registry())
        voices = {lang: Voice(feed, lang, say) for lang in settings.languages}
        return _Making(self, settings, say, voices, packer)


@dataclass(frozen=True, slots=True)
class _Making:
    corpus: Corpus
    settings: Settings
    say: Verbalizer
    voices: Mapping[Language, Voice]
    packer: packing.Packer | None

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        for lang in self.settings.languages:
            if self.packer is not None:
                texts = (draft for task in self.corpus.names
                         for draft in self._singly(task, block, lang))  # fmt: skip
                yield from self.packer.packed(texts, block, lang, seed=self.settings.seed)
                continue
            for task in self.corpus.names:
                if not self._at_once() or task == narratives.CURATED:
                    yield from self._singly(task, block, lang)
                else:
                    for rows in self._rows(task, block, lang):
                        yield from rows.chunks(
                            snapshot=block.feed.snapshot, text_only=self._text_only()
                        )

    def _singly(self, task: str, block: PartBlock, lang: Language) -> Iterator[Draft]:
        if task == narratives.CURATED:
            yield from narratives.curated(block, self.voices[lang])
        else:
            for rows in self._rows(task, block, lang):
                yield from rows.drafts()

    def _rows(self, task: str, block: PartBlock, lang: Language) -> Iterator[Rows]:
        voice = self.voices[lang]
        if task == sentences.TASK:
            return sentences.sentences(block, voice)
        if task == narratives.FOUND:
            return narratives.found(block, voice)
        (size,) = (size for size, name in passages.TASKS.items() if name == task)
        count = self.packer.count if self.packer else None
        return passages.passages(block, voice, size, budget=self.corpus.budget, count=count)

    def _at_once(self) -> bool:
        """Whether rows can be written many at once: nothing is chosen among them."""
        s = self.settings
        return s.files != "parquet" and not (s.max_rows or s.per_predicate or s.per_hub)

    def _text_only(self) -> bool:
        return self.settings.files == "txt"
