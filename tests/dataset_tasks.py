"""Tasks for tests of the machinery of datasets: they stand where kgmed's own tasks do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kgmed.builders.datasets.model import Block, Draft
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

CANT_START = 13


@dataclass(frozen=True)
class Context:
    seed: int
    verdicts: Any
    allowed: Any


def context_of(
    store: Any, registry: Any, *, verdicts: Any, seed: int, allowed: Any, hardest: Any = None
) -> Context:
    if seed == CANT_START:
        raise UsageError("the tasks can't start")
    return Context(seed, verdicts, allowed)


def lists(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A question per concept and predicate."""
    for entity in block.entities:
        name = block.name(entity.id, lang)
        for predicate, facts in entity.said.items():
            ends = [block.name(f.object, lang) if f.object else f.value and f.value.text
                    for f in facts]  # fmt: skip
            if name is None or None in ends:
                continue
            messages = (("user", f"{name} {predicate}?"), ("assistant", ", ".join(map(str, ends))))
            yield Draft("lists", lang, messages, tuple(facts), context.seed % 3)


def singles(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A question per statement, in two turns."""
    for entity in block.entities:
        name = block.name(entity.id, lang)
        for predicate, facts in entity.said.items():
            for fact in facts:
                other = block.name(fact.object, lang) if fact.object else None
                if name is None or other is None:
                    continue
                messages = (
                    ("system", "Answer."), ("user", f"{name}, {predicate}, {other}?"),
                    ("assistant", "Which?"), ("user", "That."), ("assistant", "Yes \"so\".\n"),
                )  # fmt: skip
                yield Draft("singles", lang, messages, (fact,), extra={"kind": "true"})


def twice(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Each row of lists twice."""
    for draft in lists(block, lang, context):
        made = Draft("twice", lang, draft.messages, draft.facts)
        yield made
        yield made


def named(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A row per name, that rests on no statement."""
    for entity in block.entities:
        if (name := block.name(entity.id, lang)) is not None:
            messages = (("user", f"{name}?"), ("assistant", entity.id))
            yield Draft("named", lang, messages, (), about=(entity.id,))


@dataclass(frozen=True)
class Task:
    name: str
    description: str
    make: Any


TASKS = {make.__name__: Task(make.__name__, make.__doc__, make)
         for make in (lists, singles, twice, named)}  # fmt: skip
