"""Rows that a model writes, as runs over a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import (
    FORMATS,
    GENERATED,
    MODEL_PREFERENCES,
    PAIR,
    PARAPHRASES,
    Format,
)
from kgmed.builders.datasets.generated import packs, paraphrase, samples
from kgmed.builders.datasets.generated.asking import Ask, Model, Spent
from kgmed.builders.datasets.generated.reading import Reader
from kgmed.builders.datasets.generated.writing import Near, Writer, Written
from kgmed.builders.datasets.instructions import TASKS, Instructions, Open
from kgmed.builders.datasets.job import Making, Settings
from kgmed.builders.datasets.quality.near import NearDuplicates
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore

Way = Literal["paraphrases", "generated", "model_preferences"]
"""What is written; the name of the kind of dataset, too."""
WAYS: Mapping[Way, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "paraphrases": (paraphrase.TASKS, TASKS, paraphrase.PROMPTS),
    "generated": (tuple(packs.TASKS), packs.__name__, tuple(packs.PROMPTS.values())),
    "model_preferences": (samples.TASKS, TASKS, samples.PROMPTS),
}
"""Way -> the tasks that it has, the module that holds them, and the prompts that it asks with."""
if tuple(WAYS) != (PARAPHRASES, GENERATED, MODEL_PREFERENCES):
    raise AssertionError("the kinds of datasets and their forms have the same names")


def near_duplicates() -> Near:
    """What tells near duplicates (:mod:`kgmed.builders.datasets.quality.near`)."""
    near = NearDuplicates()
    return lambda text, about: near.add([text], about=[about])[0]


@dataclass(frozen=True)
class ByModel:
    """Makes rows with a language model, in one process: the model isn't pickled.

    ``open`` opens the graph, ``reader`` what reads texts over it, ``ask`` is the model; ``near``
    makes what tells near duplicates. ``judging`` tells what has been spent on reading answers.
    """

    kind: Way
    names: tuple[str, ...]
    formats: tuple[str, ...]
    open: Open
    reader: Callable[[GraphStore], Reader]
    model: Model
    ask: Ask
    near: Callable[[], Near] = near_duplicates
    judging: Callable[[], Spent] = Spent

    def configs(self) -> Mapping[str, Format]:
        if self.kind == MODEL_PREFERENCES:
            return {self.kind: PAIR}
        return {self._config(format): FORMATS[format] for format in self.formats}

    def configs_of(self, task: str) -> Sequence[str]:
        return list(self.configs())

    def tasks(self) -> Sequence[str]:
        return self.names

    def reads_every_language(self) -> bool:
        return False

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Nothing: tasks ask the graph."""

    def start(self, feed: Feed, settings: Settings) -> Making:
        """Open the graph, and make what tasks share."""
        store, verdicts = self.open()
        base = Instructions(self.names, (), lambda: (store, verdicts), WAYS[self.kind][1])
        return Written(
            base.start(feed, settings), self._writer(feed, store), self.ask, self.near, self.judging
        )

    def _writer(self, feed: Feed, store: GraphStore) -> Writer:
        read, predicates = self.reader(store), registry()
        if self.kind == PARAPHRASES:
            return paraphrase.Paraphrase(self.model, read, predicates)
        if self.kind == GENERATED:
            return packs.Generate(self.model, read, predicates)
        lets = {(entry["source"], entry["licence"]) for entry in feed.profiles if entry["leaves"]}
        return samples.FromModel(
            self.model, read, predicates, store, lambda source, text: (source, text) in lets
        )

    def _config(self, format: str) -> str:
        return self.kind if format == "messages" else f"{self.kind}_{format}"


def tasks_of(kind: Way) -> tuple[str, ...]:
    """The tasks of a way of writing rows."""
    return WAYS[kind][0]


def prompts_of(kind: Way) -> Iterator[str]:
    """The prompts of a way of writing rows."""
    yield from WAYS[kind][2]
