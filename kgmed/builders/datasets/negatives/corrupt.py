"""One true statement, changed in one place: what each kind of hard negative changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from kgmed.builders.datasets.negatives.model import Claimed
from kgmed.kg.categories import is_a
from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore

CLASSES = ("in_drug_class", "has_role", "has_mechanism_of_action", "subclass_of")
"""Predicates that put things that are alike under one roof, the closest first."""
ROW = 64
"""Edges that are read of one concept."""
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

    categories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    degrees: dict[str, int] = field(default_factory=dict)
    objects: dict[tuple[str, str, int], dict[str, None]] = field(default_factory=dict)
    values: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def learn(self, store: GraphStore, statements: Sequence[Statement]) -> None:
        """Take in a block of statements; categories and degrees are of this block alone."""
        ids = sorted({end for s in statements for end in (s.subject, s.object) if end})
        found = store.concepts(ids)
        self.categories = {
            id: concept.categories for id, concept in zip(ids, found, strict=True) if concept
        }
        self.degrees = dict(zip(ids, store.degrees(ids), strict=True))
        for statement in statements:
            for name, value in statement.qualifiers.items():
                self.values.setdefault((statement.predicate, name), {})[value] = None
            for category in self.categories.get(statement.object, ()):
                key = (statement.predicate, category, self.size(statement.object))
                pool = self.objects.setdefault(key, {})
                if len(pool) < POOL:
                    pool[statement.object] = None

    def size(self, id: str) -> int:
        """How many binary digits a concept's degree has: concepts of a size are about as common."""
        return self.degrees.get(id, 0).bit_length()


@dataclass(frozen=True, slots=True)
class Ground:
    """What corruptions are made over."""

    store: GraphStore
    registry: Registry
    pools: Pools


Corrupt = Callable[[Ground, Statement, random.Random], Iterable[Claimed]]


def other_object(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """Another object of the same predicate, of the same category and about as common."""
    pools = ground.pools
    size = pools.size(true.object)
    found: list[str] = []
    for category in pools.categories.get(true.object, ()):
        for near in (size, size - 1, size + 1):
            found += pools.objects.get((true.predicate, category, near), ())
        if len(found) > TRIES:
            break
    for other in _some(found, chance):
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
    store = ground.store
    classes = store.neighbors([id], predicates=CLASSES, direction="out", limit=ROW)[0]
    for name in CLASSES:
        over = [edge.object for edge in classes if edge.predicate == name]
        for broader in _some(over, chance)[:2]:
            edges = store.neighbors([broader], predicates=[name], direction="in", limit=ROW)[0]
            mates = [edge.subject for edge in edges if edge.subject != id]
            if mates:
                return _some(mates, chance)
    return []


def co_occurring(ground: Ground, true: Statement, chance: random.Random) -> Iterable[Claimed]:
    """An object that the graph has near the subject, joined by another predicate or over a shared
    neighbour, and of a category that the predicate takes."""
    entry = ground.registry.get(true.predicate)
    if entry is None:
        return
    store = ground.store
    below = set(ground.registry.descendants(true.predicate))
    above = set(ground.registry.ancestors(true.predicate))
    around = store.neighbors([true.subject], limit=ROW)[0]
    near = [
        edge.object if edge.subject == true.subject else edge.subject
        for edge in around
        if edge.predicate not in below | above
    ]
    shared = _some([true.object, *near], chance)[:2]
    for place, edges in enumerate(store.neighbors(shared, limit=ROW)):
        hub = shared[place]
        near += [edge.object if edge.subject == hub else edge.subject for edge in edges]
    own = {true.subject, true.object}
    ids = _some(sorted(set(near) - own), chance, most=4 * TRIES)
    for id, concept in zip(ids, store.concepts(ids), strict=True):
        categories = concept.categories if concept else ()
        if any(is_a(category, wanted) for category in categories for wanted in entry.range):
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
