"""Passages about a concept, within a budget of tokens, at three sizes of the graph around it.

``one_hop`` tells what is said of the concept; ``two_hop`` goes on with what is said of some of its
neighbours; ``balanced`` takes as many statements of each category of neighbours as of another, so
that a drug with a thousand interactions isn't told by these alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import numpy as np

from kgmed.builders.datasets.corpus.sentences import name_in, tellable, wording_of
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.forecast import tokens
from kgmed.builders.datasets.model import Draft, Entity, Fact
from kgmed.kg.categories import label
from kgmed.kg.model import Concept, Language, Statement
from kgmed.kg.verbalize import Verbalizer

SIZES = ("one_hop", "two_hop", "balanced")
TASKS = {size: f"passages_{size}" for size in SIZES}
FEWEST = 3
"""Facts below which a concept has no passage: its sentences say as much."""
NEIGHBOURS = 4
"""Neighbours that a two-hop passage goes on with, and facts that are read of each."""
READ = 24
SHARE = 0.5
"""The share of a two-hop passage's budget that the concept itself may take."""
FACT_TOKENS = 6
"""Tokens that a fact in a list takes at least: a bound on how many are looked at."""

_NO_WORD = ("concept", "概念")
"""What a category without a word of its own is called: "X is a concept" says nothing."""

Count = Callable[[str], int]
"""Counts the tokens of a text."""


def statement(fact: Fact) -> Statement:
    """A fact as the statement that verbalization tells."""
    return Statement(
        fact.ids[0], fact.subject, fact.predicate, fact.object, fact.value, fact.qualifiers,
        fact.negated,
    )  # fmt: skip


def counted(lang: Language) -> Count:
    """Counts tokens by characters."""
    return lambda text: tokens(len(text), lang)


class Passages:
    """Writes the passages of a block's entities in one language."""

    def __init__(
        self, block: PartBlock, lang: Language, say: Verbalizer, *, budget: int, count: Count
    ) -> None:
        self._block, self._lang, self._say = block, lang, say
        self._budget, self._count = budget, count
        name = name_in(block, lang)
        self._name: Callable[[str], str] = lambda concept: name(concept) or concept
        self._spoken = name

    def drafts(self, size: str) -> Iterator[Draft]:
        """A passage per concept of which enough is said."""
        entities = [e for e in self._block.entities if self._block.name(e.id, self._lang)]
        near = self._near(entities) if size == "two_hop" else {}
        for entity in entities:
            facts = self._tellable(entity)
            if len(facts) < FEWEST:
                continue
            made = (
                self._two_hop(entity, facts, near)
                if size == "two_hop"
                else (self._passage(entity, self._chosen(facts, entity, size), self._budget))
            )
            if made is None:
                continue
            text, used = made
            wording = wording_of(used[0], 3)
            yield Draft(TASKS[size], self._lang, (("", text),), used, wording, key=entity.id)

    def _tellable(self, entity: Entity) -> list[Fact]:
        """What can be told of a concept: what is said of it first, then where it is the object.

        Of one that training may see, nothing that touches one that it mustn't: long passages would
        be tests, nearly all of them.
        """
        most = max(FEWEST, self._budget // FACT_TOKENS)
        found: list[Fact] = []
        for side in (entity.said, entity.of):
            for facts in side.values():
                some = (fact for fact in facts[:most] if tellable(self._block, fact, self._lang))
                found += [fact for fact in some if not fact.negated]
        if not self._block.held_out(entity.id):
            found = [fact for fact in found if not self._held(fact)]
        return found

    def _held(self, fact: Fact) -> bool:
        held = self._block.held_out
        return held(fact.subject) or bool(fact.object and held(fact.object))

    def _chosen(self, facts: list[Fact], entity: Entity, size: str) -> list[Fact]:
        """The facts in the order in which the budget takes them."""
        if size != "balanced":
            return sorted(facts, key=lambda fact: fact.ids[0])
        groups: dict[str, list[Fact]] = {}
        for fact in sorted(facts, key=lambda fact: fact.ids[0]):
            groups.setdefault(self._category(fact.other(entity.id)), []).append(fact)
        rows = [groups[name] for name in sorted(groups)]
        longest = max(map(len, rows))
        return [row[turn] for turn in range(longest) for row in rows if turn < len(row)]

    def _category(self, id: str) -> str:
        feed = self._block.feed
        number = self._block.near.numbers.get(id)
        names = feed.categories[feed.category_of[number]] if number is not None else ()
        return names[0] if names else ""

    def _passage(
        self, entity: Entity, facts: Sequence[Fact], budget: int
    ) -> tuple[str, tuple[Fact, ...]] | None:
        """The passage of as many of the facts, in this order, as the budget allows."""
        kept = len(facts)
        while kept:
            used = facts[:kept]
            text = self._told(entity, used)
            size = self._count(text)
            if size <= budget:
                return text, tuple(used)
            kept = min(kept - 1, kept * budget // size)
        return None

    def _told(self, entity: Entity, facts: Sequence[Fact]) -> str:
        known = [c for c in entity.categories if label(c, language=self._lang) not in _NO_WORD]
        concept = Concept(entity.id, tuple(known), entity.names)
        order = sorted(facts, key=lambda fact: (fact.predicate, self._name(fact.other(entity.id))))
        told = [statement(fact) for fact in order]
        wording = wording_of(facts[0], 3)
        return self._say.concept(concept, told, self._name, lang=self._lang, wording=wording)

    # Two hops

    def _near(self, entities: Sequence[Entity]) -> dict[str, Entity]:
        """The neighbours that passages go on with, each with what is said of it."""
        block = self._block
        wanted = {
            number
            for entity in entities
            for id in self._neighbours(entity, self._tellable(entity))
            if (number := block.near.numbers.get(id)) is not None
        }
        if not wanted:
            return {}
        around = PartBlock(block.feed, np.array(sorted(wanted)), most=READ)
        block.near.add(around.near)
        return {entity.id: entity for entity in around.entities}

    def _neighbours(self, entity: Entity, facts: Sequence[Fact]) -> list[str]:
        """Some neighbours, by chance: a hub, of which everything is said, is no likelier."""
        ids = dict.fromkeys(fact.other(entity.id) for fact in facts if fact.object)
        ids.pop(entity.id, None)

        def chance(id: str) -> bytes:
            return blake2b(f"{entity.id}:{id}".encode(), digest_size=8).digest()

        return sorted(ids, key=chance)[:NEIGHBOURS]

    def _two_hop(
        self, entity: Entity, facts: list[Fact], near: dict[str, Entity]
    ) -> tuple[str, tuple[Fact, ...]] | None:
        first = self._passage(entity, self._chosen(facts, entity, "one_hop"),
                              round(SHARE * self._budget))  # fmt: skip
        if first is None:
            return None
        text, used = first[0], list(first[1])
        left = self._budget - self._count(text)
        known = {fact.ids for fact in used}
        for id in self._neighbours(entity, facts):
            other = near.get(id)
            if other is None or not self._spoken(id):
                continue
            if self._block.held_out(id) and not entity.held_out:
                continue
            further = [fact for fact in self._tellable(other) if fact.ids not in known]
            further = self._chosen(further, other, "one_hop") if further else []
            made = self._passage(other, further, min(left, self._budget // NEIGHBOURS))
            if made is not None:
                whole = ("" if self._lang == "zh" else " ").join((text, made[0]))
                left = self._budget - self._count(whole)
                if left < 0:
                    break
                text = whole
                used += made[1]
                known |= {fact.ids for fact in made[1]}
        return (text, tuple(used)) if len(used) > len(first[1]) else None
