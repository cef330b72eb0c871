"""Verdicts for columns of claims: the rules of each predicate, put together as DESIGN says.

A claim is SUPPORTED by what bears it out, REFUTED where nothing does and something contradicts it,
else UNSUPPORTED where a source covers it, else NOT_COVERED. A negated claim is REFUTED by what
entails the claim, SUPPORTED by what refutes it, and else what coverage says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kgmed.kg.predicates import Registry
from kgmed.reasoning.claims.batch.arrays import Arrays, Flags, Ints, Longs
from kgmed.reasoning.claims.batch.columns import RULE, WEAK, Claims, Evidence, Qualifiers
from kgmed.reasoning.claims.batch.rules import covered, differing, members, refute, support
from kgmed.reasoning.claims.model import VERDICTS

SUPPORTED, REFUTED, UNSUPPORTED, NOT_COVERED = range(len(VERDICTS))
REASONS = (
    "",
    "not_stated",
    "unknown_predicate",
    "not_linked",
    "predicate_absent",
    "ambiguous",
    "uncertain_link",
    "some_only",
    "qualifiers_differ",
    "members_only",
    "subject_not_covered",
    "object_not_covered",
    "no_common_source",
)
"""Why a claim is neither supported nor refuted: those of :mod:`kgmed.reasoning.claims.verdict`."""
REASON = {text: number for number, text in enumerate(REASONS)}
Small = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Relation:
    """A predicate as a table names it: the registry's own name, and whether it is read in reverse.

    ``reason`` is the number of the reason for which its claims can't be checked, 0 for none.
    """

    name: str
    reverse: bool = False
    reason: int = 0


class Relations:
    """What a table's words for predicates mean in one graph: names, inverses, Biolink names."""

    def __init__(self, registry: Registry, present: frozenset[str]) -> None:
        self._registry = registry
        self._present = present
        self._inverses = {entry.inverse: name for name, entry in registry.items()}

    def of(self, text: str | None) -> Relation:
        """What a word means.

        >>> from kgmed.kg.predicates import registry
        >>> Relations(registry(), frozenset({"treats"})).of("treated_by")
        Relation(name='treats', reverse=True, reason=0)
        """
        registry, text = self._registry, text or ""
        name, is_inverse = text, False
        if text not in registry:
            label = registry.from_label("biolink", text)
            if text in self._inverses:
                name, is_inverse = self._inverses[text], True
            elif label is not None:
                name, is_inverse = label[0].name, label[1]
            elif text not in self._present:
                return Relation(text, reason=REASON["unknown_predicate"])
        if not any(below in self._present for below in registry.descendants(name)):
            return Relation(name, is_inverse, REASON["predicate_absent"])
        return Relation(name, is_inverse)


@dataclass(slots=True)
class Decided:
    """Verdict, rule and reason per row, by number; and the statements of the proofs.

    ``rows``, ``orders`` and ``edges`` list these: row, place in its proof, edge number.
    """

    verdict: Small
    rule: Small
    reason: Small
    rows: Longs
    orders: Longs
    edges: Longs


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns of claims: concept numbers (-1 for none), which relation, which qualifiers."""

    subjects: Ints
    relations: Ints
    objects: Ints
    negated: Flags
    qualified: Ints

    def take(self, rows: Longs) -> Asked:
        """Some of the rows."""
        return Asked(
            self.subjects[rows],
            self.relations[rows],
            self.objects[rows],
            self.negated[rows],
            self.qualified[rows],
        )


def decide(
    arrays: Arrays,
    registry: Registry,
    asked: Asked,
    relations: Sequence[Relation],
    qualifiers: Sequence[Qualifiers],
) -> Decided:
    """The verdicts of all rows, decided predicate by predicate."""
    count = len(asked.subjects)
    verdict = np.full(count, NOT_COVERED, np.int8)
    rule = np.full(count, RULE["not_covered"], np.int8)
    reason = np.full(count, REASON["not_linked"], np.int8)
    pieces: list[tuple[Longs, Longs, Longs]] = []
    ends_known = (asked.subjects >= 0) & (asked.objects >= 0)
    order = np.lexsort((asked.subjects, asked.relations))  # rows are read in the files' order
    bounds = np.searchsorted(asked.relations[order], np.arange(len(relations) + 1))
    for place, its in enumerate(relations):
        rows = order[bounds[place] : bounds[place + 1]]
        if its.reason == REASON["unknown_predicate"]:
            reason[rows] = its.reason
            continue
        rows = rows[ends_known[rows]]
        if not len(rows):
            continue
        s, o = asked.subjects[rows], asked.objects[rows]
        claims = Claims(*((o, s) if its.reverse else (s, o)), asked.qualified[rows], qualifiers)
        if its.reason:  # no statement of it: all that can be told is that it can't be
            against = refute(arrays, registry, its.name, claims, np.ones(len(rows), bool))
            entry = registry.get(its.name)
            typed = (against.rule == RULE["ill_typed"]) & (entry is None or not entry.takes_value)
            reason[rows[~typed]] = its.reason
            its_verdict = np.where(asked.negated[rows[typed]], SUPPORTED, REFUTED)
            verdict[rows[typed]], rule[rows[typed]] = its_verdict, RULE["ill_typed"]
            reason[rows[typed]] = 0
            continue
        found = _of_predicate(arrays, registry, its, claims, asked.negated[rows])
        verdict[rows], rule[rows], reason[rows] = found.verdict, found.rule, found.reason
        pieces.append((rows[found.rows], found.orders, found.edges))
    statements = [np.concatenate(column) for column in zip(*pieces, strict=True)] or [_EMPTY] * 3
    return Decided(verdict, rule, reason, *statements)


_EMPTY = np.empty(0, np.int64)


def _of_predicate(
    arrays: Arrays, registry: Registry, its: Relation, claims: Claims, negated: Flags
) -> Decided:
    count = len(claims)
    for_it = support(arrays, registry, its.name, claims)
    has_support = for_it.rule > 0
    entailed = has_support & ~np.isin(for_it.rule, WEAK)
    against = refute(arrays, registry, its.name, claims, negated | ~has_support)
    denied = negated & (against.rule == RULE["explicit_negative"])
    by_support = np.where(negated, entailed & ~denied, has_support)
    by_refuting = denied | ((against.rule > 0) & ~has_support)
    verdict = np.full(count, NOT_COVERED, np.int8)
    verdict[by_support] = np.where(negated[by_support], REFUTED, SUPPORTED)
    verdict[by_refuting] = np.where(negated[by_refuting], SUPPORTED, REFUTED)
    rule = np.where(by_support, for_it.rule, np.where(by_refuting, against.rule, 0))
    if its.reverse:
        rule[rule == RULE["statement"]] = RULE["inverse"]
    reason = np.zeros(count, np.int8)
    only_some = has_support & ~by_support & ~by_refuting
    verdict[only_some] = UNSUPPORTED
    rule[only_some], reason[only_some] = RULE["some_only"], REASON["some_only"]
    kept = [_statements(for_it, by_support), _statements(against, by_refuting)]
    rest = np.flatnonzero(~has_support & ~by_refuting)
    if len(rest):
        found = _undecided(arrays, registry, its, claims.take(rest))
        verdict[rest], rule[rest], reason[rest] = found.verdict, found.rule, found.reason
        kept.append((rest[found.rows], found.orders, found.edges))
    statements = (np.concatenate(column) for column in zip(*kept, strict=True))
    return Decided(verdict, rule.astype(np.int8), reason, *statements)


def _undecided(arrays: Arrays, registry: Registry, its: Relation, claims: Claims) -> Decided:
    """Claims for and against which nothing speaks: other qualifiers, members, coverage."""
    both, has_subject, has_object = covered(
        arrays, registry, its.name, claims.subjects, claims.objects
    )
    reason = np.full(len(claims), REASON["no_common_source"], np.int8)
    reason[~has_object] = REASON["object_not_covered"]
    reason[~has_subject] = REASON["subject_not_covered"]
    reason[both] = REASON["not_stated"]
    rule = np.where(both, RULE["covered"], RULE["not_covered"])
    of_members = members(arrays, registry, its.name, claims)
    reason[of_members], rule[of_members] = REASON["members_only"], RULE["members_only"]
    rows, edges = differing(arrays, registry, its.name, claims)
    reason[rows], rule[rows] = REASON["qualifiers_differ"], RULE["qualifiers_differ"]
    unsupported = np.isin(reason, _UNSUPPORTED)
    verdict = np.where(unsupported, UNSUPPORTED, NOT_COVERED).astype(np.int8)
    _whose, starts = np.unique(rows, return_index=True)
    orders = np.arange(len(rows)) - np.repeat(starts, np.diff([*starts, len(rows)]))
    return Decided(verdict, rule.astype(np.int8), reason, rows, orders, edges)


_UNSUPPORTED = [REASON[name] for name in ("not_stated", "members_only", "qualifiers_differ")]


def _statements(evidence: Evidence, wanted: Flags) -> tuple[Longs, Longs, Longs]:
    """The statements of those rows whose verdict the evidence decided."""
    if not evidence.rows:
        return _EMPTY, _EMPTY, _EMPTY
    rows, orders, edges = map(np.concatenate, (evidence.rows, evidence.orders, evidence.edges))
    kept = wanted[rows]
    return rows[kept], orders[kept], edges[kept]
