"""Automatic chain of thought: examples whose steps the model wrote itself.

After Auto-CoT (Zhang et al., https://arxiv.org/abs/2210.03493): questions that differ from one
another are answered step by step without an example, and what comes out becomes the examples; a
chain that is too long, or has no answer, is passed over. Questions are told apart by their words
here, where the paper clusters sentence embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import dspy

from kgmed.kg.model import Language
from kgmed.reasoning.evaluation.methods.asking import options_of
from kgmed.reasoning.evaluation.methods.passages import words
from kgmed.reasoning.evaluation.methods.recalled import by_form, example
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.programs.signatures import MOST_STEPS, Kind

MOST_WORDS = 120
"""Words of a question that becomes an example; the paper's bound is 60 tokens."""
TRIES = 3
"""Questions that are tried for each example."""


def auto_examples(
    items: Sequence[Item], program: Any, most: int, *, seed: int
) -> list[dspy.Example]:
    """Examples of each form of question and language, at most so many, with the model's own steps
    and answers. ``program`` is asked, with the language model that DSPy has configured."""
    found: list[dspy.Example] = []
    short = [item for item in items if len(words(item.question)) <= MOST_WORDS]
    for (form, lang), group in by_form(short).items():
        made: list[dspy.Example] = []
        for item in unlike(group, TRIES * most, seed=seed):
            if len(made) < most and (one := _chain(item, form, lang, program)) is not None:
                made.append(one)
        found += made
    return found


def unlike(items: Sequence[Item], most: int, *, seed: int) -> Iterator[Item]:
    """Items whose questions share few words: each the farthest from those before it."""
    if not items:
        return
    bags = [frozenset(words(item.question)) for item in items]
    chosen = [seed % len(items)]
    nearest = [_likeness(bag, bags[chosen[0]]) for bag in bags]
    yield items[chosen[0]]
    while len(chosen) < min(most, len(items)):
        place = min(
            (p for p in range(len(items)) if p not in chosen), key=lambda p: (nearest[p], p)
        )
        chosen.append(place)
        nearest = [max(old, _likeness(bag, bags[place]))
                   for old, bag in zip(nearest, bags, strict=True)]  # fmt: skip
        yield items[place]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def _chain(item: Item, form: Kind, lang: Language, program: Any) -> dspy.Example | None:
    said = program(question=item.question, options=options_of(item), language=lang)
    steps = [entry["text"] for entry in said.trace if entry["kind"] == "step"]
    if said.failed or not said.answerable or not 1 <= len(steps) < MOST_STEPS:
        return None
    return example(item, form, lang, said.label, steps=steps, answer=said.answer)
