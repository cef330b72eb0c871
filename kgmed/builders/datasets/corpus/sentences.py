"""A sentence a fact, one by one.

A fact's wording follows from its id, so that a corpus has all wordings of a predicate, and the same
one for the same fact each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.kg.model import Language, Statement
from kgmed.kg.verbalize import Verbalizer

TASK = "sentences"
OTHER: dict[Language, Language] = {"zh": "en"}
"""The language whose name stands in where a concept has none: a gene has no Chinese symbol."""


def name_in(block: PartBlock, lang: Language) -> Callable[[str], str | None]:
    """The name of a concept in a text of a language, None where it can't be told."""
    other = OTHER.get(lang)
    if other is None or other not in block.feed.languages():
        return lambda concept: block.name(concept, lang)
    return lambda concept: block.name(concept, lang) or block.name(concept, other)


def tellable(block: PartBlock, fact: Fact, lang: Language) -> bool:
    """Whether a fact can be told in a language: both ends have names, one of them in it, and what
    its qualifiers speak of; a value that is in another language can't."""
    if fact.subject == fact.object:
        return False
    name = name_in(block, lang)
    ends = [fact.subject] if fact.value is not None else [fact.subject, fact.object]
    if fact.value is not None and fact.value.language not in ("", lang):
        return False
    return all(map(name, ends)) and any(block.name(end, lang) for end in ends)


def statement(fact: Fact) -> Statement:
    """A fact as the statement that verbalization tells."""
    return Statement(
        fact.ids[0], fact.subject, fact.predicate, fact.object, fact.value, fact.qualifiers,
        fact.negated,
    )  # fmt: skip


def wording_of(fact: Fact, count: int) -> int:
    """The wording of a fact, of so many."""
    return int(fact.ids[0][:8], 16) % count


def singly(
    block: PartBlock, lang: Language, say: Verbalizer, *, only_values: bool = False
) -> Iterator[Draft]:
    """The sentences of a part's facts, one by one."""
    name = name_in(block, lang)

    def named(id: str) -> str:
        return name(id) or id

    for fact in _values(block) if only_values else _facts(block):
        if not tellable(block, fact, lang):
            continue
        wording = wording_of(fact, say.wordings(fact.predicate, lang))
        told = say.claim(
            fact.subject, fact.predicate, fact.value if fact.value is not None else fact.object,
            named, lang=lang, negated=fact.negated, qualifiers=fact.qualifiers, wording=wording,
        )  # fmt: skip
        yield Draft(TASK, lang, (("", told),), (fact,), wording)


def _facts(block: PartBlock) -> Iterator[Fact]:
    for entity in block.entities:
        for facts in entity.said.values():
            yield from facts


def _values(block: PartBlock) -> Iterator[Fact]:
    for number in block.rows:
        if block.feed.leaves[number]:
            yield from block.valued(number)
