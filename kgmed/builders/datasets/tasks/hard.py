"""Hard negatives of a block's facts, proven by the verifier, for the tasks that ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kgmed.builders.datasets.around import judging, of
from kgmed.builders.datasets.model import Block, Fact
from kgmed.builders.datasets.negatives import Counts, Negative
from kgmed.builders.datasets.negatives.around import OfStore
from kgmed.builders.datasets.negatives.stream import Tried, given, ground, proposed
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.teller import Teller, number
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Statement

SOME = 4_000
"""Facts that are corrupted and verified together."""
FIRST_CHOICES = ("class_mate", "co_occurrence", "object", "excluded_predicate", "swapped")


@dataclass(frozen=True, slots=True)
class Pair:
    """A true fact and what it was made into; None where no corruption of it is unsupported."""

    fact: Fact
    false: Negative | None


def facts(block: Block) -> Iterator[Fact]:
    """The facts between two concepts that a block's entities are the subjects of: one of those of
    the same ends and predicate, with qualifiers where one has them."""
    for entity in block.entities:
        for found in entity.said.values():
            by_end: dict[str, Fact] = {}
            for fact in found:
                if fact.object and not fact.negated:
                    known = by_end.get(fact.object)
                    if known is None or (fact.qualifiers and not known.qualifiers):
                        by_end[fact.object] = fact
            yield from by_end.values()


def pairs(
    teller: Teller, true: Iterable[Fact], *, task: str, wanted: Sequence[str]
) -> Iterator[Pair]:
    """Each fact, in order, with one hard negative of it whose verdict is ``wanted``.

    The kind is drawn per task and fact; where a fact has no negative of its kind, an object of the
    same predicate is tried. What is put in a fact's place has a name of its own.
    """
    block, context = teller.block, teller.context
    every = iter(true)
    while some := list(islice(every, SOME)):
        by_kind: dict[str, list[Fact]] = {}
        for fact in some:
            chance = number(context.seed, "kind", task, fact.ids[0])
            by_kind.setdefault(_kind(fact, context, chance), []).append(fact)
        made = _made(block, by_kind, context, wanted)
        missing = [fact for fact in some if fact.ids[0] not in made]
        made.update(_made(block, {"object": missing}, context, wanted))
        new = {
            id: {made_of.claim.subject, made_of.claim.object} - {fact.subject, fact.object}
            for fact in some
            for id in fact.ids[:1]
            if (made_of := made.get(id)) is not None
        }
        alone = teller.alone(end for ends in new.values() for end in ends)
        for fact in some:
            negative = made.get(fact.ids[0])
            fits = negative is not None and new[fact.ids[0]] <= alone
            yield Pair(fact, negative if fits else None)


def _made(
    block: Block, by_kind: dict[str, list[Fact]], context: Context, wanted: Sequence[str]
) -> dict[str, Negative]:
    if context.store is None or context.verdicts is None:
        raise UsageError("hard negatives need a graph and its verdicts: found none in the context.")
    store, around = context.store, of(block)
    tried: list[Tried] = []
    for kind, chosen in sorted(by_kind.items()):
        over = ground(around or OfStore(store), context.registry, context.hardest)
        statements = [as_statement(fact) for fact in chosen]
        tried += proposed(over, statements, [kind], seed=context.seed)
    found = given(
        tried, judging(block, context.verdicts), Counts(), wanted=wanted, hardest=context.hardest
    )
    return {negative.statement: negative for negative in found}


def _kind(fact: Fact, context: Context, chance: int) -> str:
    """The kind to try; the telling ones, where the predicate has them, more often."""
    entry = context.registry.get(fact.predicate)
    if entry is not None and entry.excludes and chance % 2:
        return "excluded_predicate"
    if entry is not None and entry.asymmetric and not chance % 4:
        return "swapped"
    return FIRST_CHOICES[(chance >> 8) % 3]


def as_statement(fact: Fact, *, qualified: bool = False) -> Statement:
    """A fact as the first of its statements, by default without qualifiers: what is made of it is
    asked without them, and must not hold with others either."""
    qualifiers = fact.qualifiers if qualified else {}
    return Statement(fact.ids[0], fact.subject, fact.predicate, fact.object, qualifiers=qualifiers)
