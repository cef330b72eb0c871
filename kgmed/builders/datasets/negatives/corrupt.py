"""One true statement, changed in one place: what each kind of hard negative changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kgmed.builders.datasets.negatives.around import Around
from kgmed.builders.datasets.negatives.model import Claimed
from kgmed.kg.categories import is_a
from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry

CLASSES = ("in_drug_class", "has_role", "has_mechanism_of_action", "subclass_of")
"""Predicates that put things that are alike under one roof, the closest first."""
TRIES = 4
"""Corruptions of a kind that are proposed of one statement; the first that holds is given out."""
POOL = 2000
"""Objects that are remembered of one predicate, category and size."""


@dataclass(slots=True)
class Pools:
    """What statements seen so far offer as replacements; bounded, and the same for the same order.

    ``objects``: per predicate, category and number of binary digits of the degree, the objects.
    ``values``: per predicate and qualifier, the values.
    """

    objects: dict[tuple[str, str, int], dict[str, None]] = field(default_factory=dict)
    values: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def learn(self, around: Around, statements: Sequence[Statement]) -> None:
        """Take in a block of statements."""
        for statement in statements:
            for name, value in statement.qualifiers.items():
                self.values.setdefault((statement.predicate, name), {})[value] = None
            size = around.degree(statement.object).bit_length()
            for category in around.categories(statement.object):
                pool = self.objects.setdefault((statement.predicate, category, size), {})
                if len(pool) < POOL:
                    pool[statement.object] = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What corruptions are made over.

    ``takes`` remembers whether a predicate takes objects of some categories, ``related`` what
    stands above and below one. ``tries`` is how many corruptions of a kind are proposed.
    """

    around: Around
    registry: Registry
    pools: Pools
    takes: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)
    related: dict[str, frozenset[str]] = field(default_factory=dict)
    tries: int = TRIES

    def fits(self, predicate: str, categories: tuple[str, ...]) -> bool:
        """Whether an object of these categories is in a predicate's range."""
        key = (predicate, categories)
        found = self.takes.get(key)
        if found is None:
            entry = self.registry.get(predicate)
            range = entry.range if entry is not None else ()
            found = any(is_a(category, wanted) for category in categories for wanted in range)
            self.takes[key] = found
        return found

    def kin(self, predicate: str) -> frozenset[str]:
        """A predicate with those above and below it."""
        found = self.related.get(predicate)
        if found is None:
            names = {*self.registry.descendants(predicate), *self.registry.ancestors(predicate)}
            found = self.related[predicate] = frozenset(names)
        return found


Corrupt = Callable[[Ground, Statement, random.Random], Iterable[Claimed]]


def other_object(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """Another object of the same predicate, of the same category and about as common."""
    pools, around = ground.pools, ground.around
    size = around.degree(true.object).bit_length()
    found: list[str] = []
    for category in around.categories(true.object):
        for near in (size, size - 1, size + 1):
            found += pools.objects.get((true.predicate, category, near), ())
        if len(found) > ground.tries:
            break
    for other in _some(found, chance, most=ground.tries):
        if other not in (true.object, true.subject):
            yield Claimed(true.subject, true.predicate, other, true.qualifiers)


def swapped(ground: Ground, true: Statement, _chance: random.Random) -> Iterable[Claimed]:
    """Subject and object the other way round, of a predicate that isn't symmetric."""
    entry = ground.registry.get(true.predicate)
    if entry is not None and not entry.symmetric and true.subject != true.object:
        yield Claimed(true.object, true.predicate, true.subject, true.qualifiers)


def excluded_predicate(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """A predicate that excludes the true one: an agonist made an antagonist."""
    entry = ground.registry.get(true.predicate)
    for other in _some(entry.excludes if entry else (), chance):
        yield Claimed(true.subject, other, true.object, true.qualifiers)


def flipped_qualifier(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """Another value of one qualifier, as other statements of the predicate have it."""
    for name in _some(sorted(true.qualifiers), chance):
        values = ground.pools.values.get((true.predicate, name), {})
        for value in _some([v for v in values if v != true.qualifiers[name]], chance):
            changed = {**true.qualifiers, name: value}
            yield Claimed(true.subject, true.predicate, true.object, changed)


def class_mate(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """Another subject of the same class: the wrong drug of the right kind."""
    for other in _mates(ground, true.subject, chance):
        if other != true.object:
            yield Claimed(other, true.predicate, true.object, true.qualifiers)


def _mates(ground: Ground, id: str, chance: random.Random) -> list[str]:
    classes = ground.around.over(id, CLASSES)
    for name in CLASSES:
        over = [broader for predicate, broader in classes if predicate == name]
        for broader in _some(over, chance)[:2]:
            mates = [mate for mate in ground.around.under(broader, name) if mate != id]
            if mates:
                return _some(mates, chance, most=ground.tries)
    return []


def co_occurring(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """An object that the graph has near the subject, joined by another predicate or over a shared
    neighbour, and of a category that the predicate takes."""
    if ground.registry.get(true.predicate) is None:
        return
    around = ground.around
    kin = ground.kin(true.predicate)
    near = [end for predicate, end in around.ends(true.subject) if predicate not in kin]
    for hub in _some([true.object, *near], chance)[:2]:
        near += [end for _predicate, end in around.ends(hub)]
    own = {true.subject, true.object}
    for id in _some(sorted(set(near) - own), chance, most=4 * ground.tries):
        if ground.fits(true.predicate, around.categories(id)):
            yield Claimed(true.subject, true.predicate, id, true.qualifiers)


def _some(of: Iterable[str], chance: random.Random, *, most: int = TRIES) -> list[str]:
    """A few, in a random order."""
    every = list(of)
    return chance.sample(every, min(most, len(every)))


KINDS: dict[str, Corrupt] = {
    "object": other_object,
    "swapped": swapped,
    "excluded_predicate": excluded_predicate,
    "qualifier": flipped_qualifier,
    "class_mate": class_mate,
    "co_occurrence": co_occurring,
}
"""Kind -> what proposes corruptions of it, the likeliest to stand first."""
POOLED = frozenset(("object", "qualifier"))
"""Kinds that replace by what other statements have."""
REPLACING = frozenset(("object", "class_mate", "co_occurrence"))
"""Kinds that put another concept in place of one, of which a model can tell the hardest."""
