"""The items of a benchmark said otherwise, with the same right answer.

    case      plain words in capitals; symbols, units and what would read as an abbreviation stay
    typo      one word in eight misspelt in one place, none under five letters; what comes of it is
              no other word
    synonym   concepts by another name of the same language
    brand     drugs by a brand that stands for one ingredient
    language  concepts by their name in the other language, in a sentence that stays as it is

The question is changed, and what a judgement is of; options and context stay. An item keeps its id,
so that two runs can be compared item by item, and says in ``about["changed"]`` what was done.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from kgmed.kg.errors import UsageError
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.evaluation.robustness.naming import Namer
from kgmed.reasoning.evaluation.robustness.spelling import capitals, misspelt

Change = Literal["case", "typo", "synonym", "brand", "language"]
CHANGES: tuple[Change, ...] = ("case", "typo", "synonym", "brand", "language")
ABOUT_NAMES = "asks about a name"
UNCHANGED: dict[Change, str] = {
    "case": "no word that can be in capitals",
    "typo": "no word that can be misspelt",
    "synonym": "no concept with another sure name",
    "brand": "no drug with a sure brand",
    "language": "no concept with a sure name in the other language",
}
"""Why an item can't be changed."""
_NAMES = re.compile(
    r"\b(?:brand|generic|trade|proprietary|eponym\w*|synonym\w*|abbreviat\w*|acronym\w*"
    r"|also (?:known|called)|other name|spel(?:l|t|ling)\w*)\b|商品名|别名|通用名|缩写|又称|简称",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Changed:
    """The items that could be changed, in order, and how many couldn't, by reason."""

    change: Change
    items: tuple[Item, ...]
    left_out: dict[str, int] = field(default_factory=dict)


class Perturber:
    """Says items otherwise, with the names of one graph; the same ``seed`` gives the same."""

    def __init__(self, store: GraphStore, *, seed: int = 0) -> None:
        self._lexicon = store.lexicon
        self._namer = Namer(store)
        self._seed = seed

    def change(self, item: Item, change: Change) -> Item | None:
        """An item said otherwise; None where it can't be."""
        found = self._changed(item, change)
        return found if isinstance(found, Item) else None

    def changed(self, items: Iterable[Item], change: Change) -> Changed:
        """Some items said otherwise. Raises :class:`~kgmed.kg.errors.UsageError` for a change that
        isn't known."""
        if change not in CHANGES:
            raise UsageError(f"Found the change {change!r}, expected one of {', '.join(CHANGES)}.")
        made = [self._changed(item, change) for item in items]
        left_out = Counter(why for why in made if isinstance(why, str))
        return Changed(change, tuple(i for i in made if isinstance(i, Item)), dict(left_out))

    def _changed(self, item: Item, change: Change) -> Item | str:
        """An item said otherwise, or why it can't be."""
        texts = _parts(item)
        chance = Random(f"{self._seed} {change} {item.id}")  # noqa: S311  no secret
        if change == "case":
            made = [capitals(text, self._lexicon) for text in texts]
        elif change == "typo":
            made = [misspelt(text, self._lexicon, chance) for text in texts]
        elif _NAMES.search(item.question):
            return ABOUT_NAMES
        else:
            options = tuple(item.options.values())
            offered = self._namer.concepts(options)
            made = self._namer.renamed(texts, change, chance, but=offered, never=options)
        if made == list(texts):
            return UNCHANGED[change]
        about = {**item.about, "changed": change}
        return replace(_joined(item, made), about=about)


def _parts(item: Item) -> Sequence[str]:
    """The texts of an item that are changed: the question, and what is judged; a question that
    holds what is judged is parted by it, so that both stay the same."""
    if not item.candidate:
        return (item.question,)
    before, held, after = item.question.partition(item.candidate)
    return (before, item.candidate, after) if held else (item.question, item.candidate)


def _joined(item: Item, parts: Sequence[str]) -> Item:
    if len(parts) == 1:
        return replace(item, question=parts[0])
    if len(parts) == 2:
        return replace(item, question=parts[0], candidate=parts[1])
    return replace(item, question="".join(parts), candidate=parts[1])
