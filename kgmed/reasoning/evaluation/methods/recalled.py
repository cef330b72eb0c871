"""Solved questions as examples for a model that is asked without evidence."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import dspy

from kgmed.kg.model import Language
from kgmed.reasoning.evaluation.methods.asking import form_of, options_of, right_label
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.programs.base import lettered
from kgmed.reasoning.programs.signatures import MOST_ANSWER, Kind


def by_form(items: Sequence[Item]) -> dict[tuple[Kind, Language], list[Item]]:
    """Items by their form of question and language, these in order; those that programs can't be
    asked are left out."""
    groups: dict[tuple[Kind, Language], list[Item]] = {}
    for item in items:
        form = form_of(item)
        if form is not None:
            groups.setdefault((form, item.lang), []).append(item)
    return dict(sorted(groups.items()))


def recalled_examples(items: Sequence[Item], most: int, *, seed: int) -> list[dspy.Example]:
    """Examples of questions with their right answers, at most so many of a form and language,
    chosen by chance."""
    chance = random.Random(seed)  # noqa: S311  a choice, no secret
    return list(_examples(items, most, chance))


def _examples(items: Sequence[Item], most: int, chance: random.Random) -> Iterator[dspy.Example]:
    for (form, lang), group in by_form(items).items():
        known = [item for item in group if form == "open" or right_label(item)]
        for item in chance.sample(known, min(most, len(known))):
            label = right_label(item)
            yield example(item, form, lang, label, answer=item.answer[:MOST_ANSWER])


def example(item: Item, form: Kind, lang: Language, label: str, **said: Any) -> dspy.Example:
    """An example of an item: what it asks, the right ``label``, and what else is ``said``."""
    options = options_of(item)
    given = {"question": item.question, "answerable": True, "kind": form, "lang": lang, **said}
    if form == "choice":
        given |= {"options": lettered(options), "choice": label}
    elif form == "yes_no":
        given["verdict"] = label
    return dspy.Example(**given).with_inputs("question", *(["options"] if options else []))
