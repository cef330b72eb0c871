"""What texts of facts share: how concepts are called, and which wording a fact has."""

from __future__ import annotations

from collections.abc import Callable

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.model import Fact
from kgmed.kg.model import Language, Statement

OTHER: dict[Language, Language] = {"zh": "en"}
"""The language whose name stands in where a concept has none: a gene has no Chinese symbol."""


def name_in(block: PartBlock, lang: Language) -> Callable[[str], str | None]:
    """The name of a concept in a text of a language, None where it can't be told."""
    other = OTHER.get(lang)
    if other is None or other not in block.feed.languages():
        return lambda concept: block.name(concept, lang)
    return lambda concept: block.name(concept, lang) or block.name(concept, other)


def statement(fact: Fact) -> Statement:
    """A fact as the statement that verbalization tells."""
    return Statement(
        fact.ids[0], fact.subject, fact.predicate, fact.object, fact.value, fact.qualifiers,
        fact.negated,
    )  # fmt: skip


def wording_of(fact: Fact, count: int) -> int:
    """The wording of a fact, of so many."""
    return int(fact.ids[0][:8], 16) % count
