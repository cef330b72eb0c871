"""Instructions: the tasks of :mod:`kgmed.builders.datasets.tasks`, in the forms that trainers read.

A task makes the drafts of a block of entities in one language. What a task can't do without beyond
its block - the store, a verifier - stands in the context that its process opens once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import FORMATS, INSTRUCTIONS, Format
from kgmed.builders.datasets.job import Making, Settings
from kgmed.builders.datasets.model import Block, Draft
from kgmed.builders.datasets.negatives.hardest import Hardest
from kgmed.builders.datasets.negatives.model import Verdicts
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language
from kgmed.kg.store.base import GraphStore

KIND = INSTRUCTIONS
TASKS = "kgmed.builders.datasets.tasks"
"""The module that holds ``TASKS`` (name -> task) and ``context_of``."""
Open = Callable[[], tuple[GraphStore, Verdicts]]
"""Opens a graph's store, and what verifies claims over it."""
Choose = Callable[[GraphStore], Hardest]
"""Opens the model that chooses among false statements, over a graph's store."""


class Task(Protocol):
    """A task by its name, what it asks for in a line, and what makes its drafts of a block."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def make(self) -> Callable[[Block, Language, Any], Iterator[Draft]]: ...


def known_tasks(module: str = TASKS) -> Mapping[str, Task]:
    """The tasks that there are, by name, in the order in which they are told."""
    found: Mapping[str, Task] = import_module(module).TASKS
    return found


def chosen(asked: Sequence[str], known: Sequence[str], what: str) -> tuple[str, ...]:
    """What was asked for, in the known order; all that is known where nothing was.

    Raises :class:`~kgmed.kg.errors.UsageError` for what isn't known.

    >>> chosen(["zh"], ["en", "zh"], "language")
    ('zh',)
    """
    for name in asked:
        if name not in known:
            raise UsageError(f"Found the {what} {name!r}, expected one of: {', '.join(known)}.")
    return tuple(name for name in known if not asked or name in asked)


@dataclass(frozen=True)
class Instructions:
    """Makes instruction rows. ``open`` is called once in each process, and so is ``choose``, where
    a trained model chooses among false statements."""

    names: tuple[str, ...]
    formats: tuple[str, ...]
    open: Open
    module: str = TASKS
    kind: str = KIND
    choose: Choose | None = None

    def configs(self) -> Mapping[str, Format]:
        return {config_of(format): FORMATS[format] for format in self.formats}

    def configs_of(self, task: str) -> Sequence[str]:
        """All of them: each task's rows are written in every form."""
        return [config_of(format) for format in self.formats]

    def tasks(self) -> Sequence[str]:
        return self.names

    def reads_every_language(self) -> bool:
        return "translation" in self.names

    def lay_out(self, feed: Feed, processes: int) -> None:
        """Nothing: tasks ask the graph."""

    def start(self, feed: Feed, settings: Settings) -> Making:
        """Open the graph, and make what tasks share."""
        from kgmed.kg.predicates import registry

        module = import_module(self.module)
        store, verdicts = self.open()
        lets = {entry["licence"] for entry in feed.profiles if entry["leaves"]}
        lets -= {entry["licence"] for entry in feed.profiles if not entry["leaves"]}
        context = module.context_of(
            store, registry(), verdicts=verdicts, seed=settings.seed, allowed=lets.__contains__,
            hardest=None if self.choose is None else self.choose(store),
        )  # fmt: skip
        return _Making([module.TASKS[name] for name in self.names], settings.languages, context)


def config_of(format: str) -> str:
    """The config of a form of instructions.

    >>> config_of("messages"), config_of("alpaca")
    ('instructions', 'instructions_alpaca')
    """
    return KIND if format == "messages" else f"{KIND}_{format}"


@dataclass(frozen=True, slots=True)
class _Making:
    tasks: Sequence[Task]
    languages: Sequence[Language]
    context: Any

    def drafts(self, block: PartBlock) -> Iterator[Draft]:
        for task in self.tasks:
            for lang in self.languages:
                yield from task.make(block, lang, self.context)
