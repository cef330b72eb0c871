"""What is said of another concept and holds of the claimed one: drug levels and inheritance.

A salt shares its base's interactions, a product has those of its ingredients, a class's reach its
members; and along the hierarchy the registry declares what passes up or down. Each way that holds
is a candidate; the entailing before the others, then the shortest, then the best-evidenced is the
proof, and the weakest kind of step in it gives the rule its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kgmed.kg.predicates import Inheritance, Registry
from kgmed.reasoning.claims.batch.arrays import Arrays, Ints, Longs, Way, laid_out, parts
from kgmed.reasoning.claims.batch.climb import step
from kgmed.reasoning.claims.batch.columns import RULE, WEAK, Claims, Evidence, flips, joined
from kgmed.reasoning.claims.batch.inherit import HIERARCHY, inherit
from kgmed.reasoning.claims.batch.rank import first_of
from kgmed.reasoning.retrieve import INHERITED_BY_PRODUCTS, REACH_MEMBERS, SHARED_BY_FORMS

KINDS = ("inherited", "form", "product", "by_class", "some_narrower")
"""Kinds of steps, the weakest last."""
_BIT = {kind: 1 << place for place, kind in enumerate(KINDS)}
_STEPS = 4
"""Steps to a drug's variant at most: ingredient, base, another form, class."""
PAIRS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Variants:
    """Concepts whose statements count for an end of claims: of which claim, which concept, by which
    kinds of steps (bits), how many, and over which edges, -1 after the last."""

    owners: Longs
    nodes: Ints
    kinds: Longs
    steps: Longs
    edges: npt.NDArray[np.int64]
    passed: npt.NDArray[np.int32]

    @classmethod
    def of(cls, nodes: Ints) -> Variants:
        """The concepts themselves."""
        count = len(nodes)
        passed = np.full((count, _STEPS + 1), -1, np.int32)
        passed[:, 0] = nodes
        none = np.zeros(count, np.int64)
        edges = np.full((count, _STEPS), -1, np.int64)
        return cls(np.arange(count), nodes, none, none.copy(), edges, passed)

    def take(self, places: Longs) -> Variants:
        """Some of them."""
        return Variants(*(getattr(self, name)[places] for name in self.__slots__))

    def with_more(self, *others: Variants) -> Variants:
        """These and others, by owner."""
        every = (self, *others)
        joined = Variants(
            *(np.concatenate([getattr(v, name) for v in every]) for name in self.__slots__)
        )
        return joined.take(np.argsort(joined.owners, kind="stable"))

    def next(self, arrays: Arrays, name: str, way: Way, kind: str) -> Variants:
        """Where one step along a predicate leads; never to a concept passed before."""
        index, nodes, edges = step(arrays, self.nodes, arrays.codes([name]), way)
        new = np.flatnonzero((self.passed[index] != nodes[:, None]).all(axis=1))
        index, nodes, edges = index[new], nodes[new], edges[new]
        found = self.take(index)
        found.edges[np.arange(len(index)), found.steps] = edges
        found.passed[np.arange(len(index)), found.steps + 1] = nodes
        return Variants(
            found.owners, nodes, found.kinds | _BIT[kind], found.steps + 1, found.edges,
            found.passed,
        )  # fmt: skip


def variants(arrays: Arrays, registry: Registry, name: str, nodes: Ints) -> Variants:
    """A drug's forms, ingredients and classes, as far as the predicate passes between them."""
    found = Variants.of(nodes)
    above = registry.ancestors(name)
    if any(other in above for other in INHERITED_BY_PRODUCTS):
        found = found.with_more(found.next(arrays, "has_active_ingredient", "out", "product"))
    if any(other in above for other in SHARED_BY_FORMS):
        bases = _no_ions(arrays, found.next(arrays, "form_of", "out", "form"))
        whole = _no_ions(arrays, found)
        forms = whole.with_more(bases).next(arrays, "form_of", "in", "form")
        found = found.with_more(bases, forms)
    if any(other in above for other in REACH_MEMBERS):
        found = found.with_more(found.next(arrays, "in_drug_class", "out", "by_class"))
    return found


def _no_ions(arrays: Arrays, some: Variants) -> Variants:
    return some.take(np.flatnonzero(~np.isin(some.nodes, arrays.ions)))


def carried(arrays: Arrays, registry: Registry, name: str, claims: Claims, found: Evidence) -> None:
    """Decide the claims that levels and inheritance bear out."""
    predicate = registry[name]
    below = registry.descendants(name)
    codes = arrays.codes(below)
    mirrored = arrays.codes([other for other in below if flips(registry, other, name)])
    every = found.open()
    if not codes:
        return
    for begin in range(0, len(every), _CLAIMS_AT_ONCE):
        rows = every[begin : begin + _CLAIMS_AT_ONCE]
        mine = claims.take(rows)
        left = variants(arrays, registry, name, mine.subjects)
        right = Variants.of(mine.objects)
        if predicate.symmetric:
            right = variants(arrays, registry, name, mine.objects)
        some = _Candidates()
        if len(left.nodes) + len(right.nodes) > 2 * len(rows):
            _by_levels(arrays, mine, left, right, codes, mirrored, some)
        if predicate.inherit_object.direction != "none":
            _by_hierarchy(arrays, mine, left, codes, predicate.inherit_object, some, end="object")
        if predicate.inherit_subject.direction != "none":
            _by_hierarchy(
                arrays, mine, right, codes, predicate.inherit_subject, some, end="subject"
            )
        some.choose(arrays, rows, found, mine)


_CLAIMS_AT_ONCE = 65_536


class _Candidates:
    """Ways that hold: the claim, the kinds of steps, and the edges in order from its subject."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.kinds: list[int] = []
        self.edges: list[tuple[int, ...]] = []

    def add(self, row: int, kinds: int, edges: Sequence[int]) -> None:
        self.rows.append(row)
        self.kinds.append(kinds)
        self.edges.append(tuple(edges))

    def choose(self, arrays: Arrays, rows: Longs, found: Evidence, claims: Claims) -> None:
        """Give each claim its best way."""
        if not self.rows:
            return
        numbers = np.array(self.rows)
        order = np.argsort(numbers, kind="stable")
        ranking = arrays.ranking

        def key(i: int) -> tuple[object, ...]:
            edges = self.edges[i]
            weak = RULE[_weakest(self.kinds[i])] in WEAK
            return (weak, len(edges), *(ranking.rank(edge) for edge in edges))

        whose, chosen = first_of(numbers[order], order, key, np.arange(len(numbers)))
        by_rule: dict[str, list[tuple[int, int, int]]] = {}
        for row, place in zip(whose.tolist(), chosen.tolist(), strict=True):
            rule = _weakest(self.kinds[place])
            edges = self.edges[place]
            if rule == "some_narrower":
                edges = (*edges, _witness(arrays, int(claims.objects[row])))
            by_rule.setdefault(rule, []).extend(
                (int(rows[row]), at, edge) for at, edge in enumerate(edges)
            )
        for rule, listed in by_rule.items():
            found.add(rule, *(np.array(column) for column in zip(*listed, strict=True)))


def _weakest(kinds: int) -> str:
    return next(kind for kind in reversed(KINDS) if kinds & _BIT[kind])


def _witness(arrays: Arrays, node: int) -> int:
    """The best-evidenced statement that a class has one above it."""
    _index, _nodes, edges = step(
        arrays, np.array([node], np.int32), arrays.codes([HIERARCHY]), "out"
    )
    best: int = min(edges.tolist(), key=arrays.ranking.rank)
    return best


def _by_levels(
    arrays: Arrays,
    claims: Claims,
    left: Variants,
    right: Variants,
    codes: Sequence[int],
    mirrored: Sequence[int],
    some: _Candidates,
) -> None:
    """Statements between a variant of the subject and one of the object."""
    bounds = np.searchsorted(right.owners, np.arange(len(claims) + 1))
    first, past = bounds[left.owners], bounds[left.owners + 1]
    for part in parts(past - first, at_once=PAIRS_AT_ONCE):
        index, others = laid_out(first[part], past[part])
        mine = part[index]
        new = np.flatnonzero((left.kinds[mine] | right.kinds[others]) != 0)
        mine, others = mine[new], others[new]
        rows, s, o = left.owners[mine], left.nodes[mine], right.nodes[others]
        for some_codes, ends in ((codes, (s, o)), (mirrored, (o, s))):
            for code in some_codes:
                at, edges = joined(arrays, claims, rows, ends[0], code, ends[1])
                for pair, edge in zip(at.tolist(), edges.tolist(), strict=True):
                    i, j = mine[pair], others[pair]
                    way_to = left.edges[i, : left.steps[i]].tolist()
                    way_from = right.edges[j, : right.steps[j]].tolist()[::-1]
                    kinds = int(left.kinds[i] | right.kinds[j])
                    some.add(int(rows[pair]), kinds, [*way_to, edge, *way_from])


def _by_hierarchy(
    arrays: Arrays,
    claims: Claims,
    variants: Variants,
    codes: Sequence[int],
    passing: Inheritance,
    some: _Candidates,
    *,
    end: str,
) -> None:
    """Statements between a variant of one end and what stands above or below the other."""
    mine = claims.take(variants.owners)
    mine = Claims(
        *((variants.nodes, mine.objects) if end == "object" else (mine.subjects, variants.nodes)),
        mine.qualified,
        mine.qualifiers,
    )
    kind = _BIT["some_narrower" if passing.strength == "some" else "inherited"]
    for found in inherit(arrays, mine, codes, passing, end=end):
        order = np.lexsort((found.orders, found.index))
        edges = found.edges[order].tolist()
        start = 0
        for i, variant in enumerate(found.rows.tolist()):
            stop = start + 1 + int(found.steps[i])
            way = variants.edges[variant, : variants.steps[variant]].tolist()
            listed = [*way, *edges[start:stop]]
            if end == "subject":
                listed = [*edges[start:stop], *way[::-1]]
            some.add(int(variants.owners[variant]), int(variants.kinds[variant]) | kind, listed)
            start = stop
