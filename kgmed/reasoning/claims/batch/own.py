"""A graph's own statements, verified against the graph: which of them others refute.

A statement is SUPPORTED by itself, so that is left aside: the rules that refute are applied to it,
and to a denial those that entail what it denies. What they find is where sources contradict each
other, or one contradicts itself.

Few statements can be refuted at all: it takes a denial, a partner that excludes, a hierarchy that
comes back to where it began, or an end of a category that the predicate can't take. Blocks of
statements are sieved for that in arrays (:class:`Sieve`), and only what is left goes through the
rules, so that memory is bounded by the block and 50 million statements take a minute or so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs
from kgmed.reasoning.claims.batch.columns import RULES, WEAK, Claims, Evidence, Qualifiers
from kgmed.reasoning.claims.batch.rules import refute, support

LISTED = 200
"""Conflicts of one rule that are listed; all are counted."""
BLOCK = 500_000
"""Statements that are looked at together."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A statement that others refute, by which rule, and which they are.

    ``rule`` is that of the verdict: ``explicit_negative``, ``asymmetric_reverse``, ``excludes`` or
    ``ill_typed`` (then no statement stands against it), and for a denial the rule by which others
    bear out what it denies.
    """

    rule: str
    statement: Statement
    against: tuple[Statement, ...]


@dataclass(slots=True)
class OwnStatements:
    """What verifying a graph's statements found.

    ``refuted`` counts statements by rule; of those that refute each other, both count and the pair
    stands once among ``conflicts``, which hold :data:`LISTED` of each rule at most.
    """

    statements: int = 0
    refuted: dict[str, int] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


_Edges = tuple[int, tuple[int, ...]]


@dataclass(slots=True)
class _Found:
    """Counts by rule, and edge numbers: the refuted statement's, those against it.

    ``listed`` are the first of each rule by number, ``latest`` those of the block at hand.
    """

    counts: dict[str, int] = field(default_factory=dict)
    listed: dict[str, list[_Edges]] = field(default_factory=dict)
    latest: dict[str, list[_Edges]] = field(default_factory=dict)

    def add(self, evidence: Evidence, edges: Longs, *, kept: Flags) -> None:
        """Take over what refutes the ``kept`` of some statements."""
        for number in np.unique(evidence.rule[kept]).tolist():
            name = RULES[number]
            rows = np.flatnonzero(kept & (evidence.rule == number))
            self.counts[name] = self.counts.get(name, 0) + len(rows)
            rows = rows[: LISTED - len(self.listed.get(name, ()))]
            proofs = _proofs(evidence, rows)
            self.latest.setdefault(name, []).extend(
                (int(edges[row]), proofs.get(row, ())) for row in rows.tolist()
            )

    def end_block(self) -> None:
        """List what the block at hand brought, as far as there is room."""
        for name, some in self.latest.items():
            listed = self.listed.setdefault(name, [])
            listed += sorted(some)[: LISTED - len(listed)]
        self.latest.clear()


def _proofs(evidence: Evidence, rows: Longs) -> dict[int, tuple[int, ...]]:
    """The edges of some rows' proofs, in order."""
    if not evidence.rows or not len(rows):
        return {}
    whose, orders, edges = map(np.concatenate, (evidence.rows, evidence.orders, evidence.edges))
    places = np.flatnonzero(np.isin(whose, rows))
    places = places[np.lexsort((orders[places], whose[places]))]
    found: dict[int, tuple[int, ...]] = {}
    for place in places.tolist():
        row = int(whose[place])
        found[row] = (*found.get(row, ()), int(edges[place]))
    return found


def own_statements(
    arrays: Arrays,
    store: GraphStore,
    registry: Registry,
    *,
    progress: Callable[[int], None] = lambda _done: None,
) -> OwnStatements:
    """Verify every statement between two concepts of a graph against the others.

    ``store`` is the same graph's, which says what the listed statements are. Statements with a
    value aren't compared: two sources may give two half-lives. ``progress`` is told how many were
    looked at.
    """
    count = len(arrays.array("out_nbr"))
    found, sieve = _Found(), Sieve(arrays, registry)
    names = arrays.snapshot.manifest["predicates"]
    for begin in range(0, count, BLOCK):
        edges = np.arange(begin, min(begin + BLOCK, count))
        codes = arrays.array("out_p")[edges[0] : edges[-1] + 1]
        for code in np.unique(codes).tolist():
            name, negated = names[code]
            _judge(sieve, found, name, edges[codes == code], negated=bool(negated))
        found.end_block()
        arrays.forget()
        progress(int(edges[-1]) + 1)
    refuted = {name: found.counts[name] for name in RULES if name in found.counts}
    return OwnStatements(count, refuted, _conflicts(arrays, store, found))


def _judge(sieve: Sieve, found: _Found, name: str, edges: Longs, *, negated: bool) -> None:
    arrays, registry = sieve.arrays, sieve.registry
    subjects, objects = arrays.ends(edges)
    if not negated:
        left = sieve.suspects(name, subjects, objects, edges)
        subjects, objects, edges = subjects[left], objects[left], edges[left]
    if not len(edges):
        return
    claims = Claims(subjects, objects, *_qualified(arrays, edges))
    if negated:
        evidence = support(arrays, registry, name, claims)
        found.add(evidence, edges, kept=(evidence.rule > 0) & ~np.isin(evidence.rule, WEAK))
    else:
        evidence = refute(arrays, registry, name, claims, np.ones(len(edges), bool))
        found.add(evidence, edges, kept=evidence.rule > 0)


def _qualified(arrays: Arrays, edges: Longs) -> tuple[Ints, list[Qualifiers]]:
    """Which qualifiers each edge has, 0 for none; and the distinct sets."""
    codes = np.zeros(len(edges), np.int32)
    sets: list[Qualifiers] = [{}]
    number: dict[tuple[tuple[str, str], ...], int] = {}
    for row in np.flatnonzero(arrays.has_details(edges)).tolist():
        stated = arrays.qualifiers(int(edges[row]))
        if stated:
            code = number.setdefault(tuple(sorted(stated.items())), len(sets))
            sets += [stated] if code == len(sets) else []
            codes[row] = code
    return codes, sets


def _conflicts(arrays: Arrays, store: GraphStore, found: _Found) -> list[Conflict]:
    """The listed conflicts with their statements, a pair that refutes itself both ways once."""
    rows = [(name, *one) for name in RULES for one in found.listed.get(name, [])]
    edges = np.array([e for _n, edge, against in rows for e in (edge, *against)], np.int64)
    digits = arrays.statement_ids(edges).decode()
    ids = [digits[place : place + 32] for place in range(0, len(digits), 32)]
    stated = dict(zip(edges.tolist(), store.statements(ids), strict=True))
    conflicts, seen = [], set()
    for name, edge, against in rows:
        pair = frozenset((edge, *against))
        statement, others = stated[edge], [stated[other] for other in against]
        if statement is not None and (pair not in seen or not against):
            conflicts.append(Conflict(name, statement, tuple(s for s in others if s is not None)))
        seen.add(pair)
    return conflicts


class Sieve:
    """Tells which statements may be refuted: none that it leaves out can be, by any rule."""

    def __init__(self, arrays: Arrays, registry: Registry) -> None:
        self.arrays = arrays
        self.registry = registry
        self._on_cycles: dict[str, Flags] = {}

    def suspects(self, name: str, subjects: Ints, objects: Ints, edges: Longs) -> Flags:
        """Which of some positive statements of a predicate a rule might refute."""
        arrays, entry = self.arrays, self.registry.get(name)
        denied = [arrays.negative[name]] if name in arrays.negative else []
        found = self._has(subjects, denied, objects)
        if entry is None:
            return found
        if entry.symmetric:
            found |= self._has(objects, denied, subjects)
        if entry.asymmetric:
            below = arrays.codes(self.registry.descendants(name))
            found |= self._has(objects, below, subjects)
            if entry.transitive:
                looped = self._loops(name)
                found |= looped[subjects] & looped[objects]
        found |= self._has(subjects, arrays.codes(entry.excludes), objects)
        found |= self._several(name, subjects, objects) & arrays.has_details(edges)
        found |= arrays.excluded(subjects, entry, end="subject")
        if not entry.takes_value:
            found |= arrays.excluded(objects, entry, end="object")
        return found

    def _has(self, subjects: Ints, codes: Sequence[int], objects: Ints) -> Flags:
        found = np.zeros(len(subjects), bool)
        for code in codes:
            first, past = self.arrays.spans(subjects, code, objects)
            found |= first < past
        return found

    def _several(self, name: str, subjects: Ints, objects: Ints) -> Flags:
        """Whether a statement of the same predicate stands beside each: of the opposite direction,
        maybe."""
        (code,) = self.arrays.codes([name])
        first, past = self.arrays.spans(subjects, code, objects)
        found: Flags = past - first > 1
        if self.registry[name].symmetric:
            found |= self._has(objects, [code], subjects)
        return found

    def _loops(self, name: str) -> Flags:
        """Which concepts may lie on a cycle of a predicate: what has something above and below it,
        when what hasn't is taken away until nothing changes."""
        found = self._on_cycles.get(name)
        if found is None:
            subjects, objects = self._every(self.arrays.codes(self.registry.descendants(name)))
            concepts = len(self.arrays.array("out_off")) - 1
            left = -1
            while len(subjects) != left:
                left = len(subjects)
                above, below = np.zeros(concepts, bool), np.zeros(concepts, bool)
                above[subjects], below[objects] = True, True
                kept = below[subjects] & above[objects]
                subjects, objects = subjects[kept], objects[kept]
            found = np.zeros(concepts, bool)
            found[subjects] = found[objects] = True
            self._on_cycles[name] = found
        return found

    def _every(self, codes: Sequence[int]) -> tuple[Ints, Ints]:
        """The ends of all edges of some predicates: 8 bytes an edge."""
        every = self.arrays.array("out_p")
        ends = []
        for begin in range(0, len(every), BLOCK):
            here = np.flatnonzero(np.isin(every[begin : begin + BLOCK], codes)) + begin
            ends.append(self.arrays.ends(here))
        if not ends:
            return np.empty(0, np.int32), np.empty(0, np.int32)
        subjects, objects = (np.concatenate(column) for column in zip(*ends, strict=True))
        return subjects, objects
