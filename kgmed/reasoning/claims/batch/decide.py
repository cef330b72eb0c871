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
from kgmed.reasoning.claims.batch.rules import covered, refute, support
from kgmed.reasoning.claims.model import VERDICTS

SUPPORTED, REFUTED, UNSUPPORTED, NOT_COVERED = range(len(VERDICTS))
REASONS = (
    "",
    "no subject",
    "no object",
    "no such subject",
    "no such object",
    "no such predicate",
    "takes a value",
    "ambiguous",
    "subject_not_covered",
    "object_not_covered",
    "no_common_source",
)
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


def relation(text: str | None, registry: Registry, arrays: Arrays) -> Relation:
    """What a table's word for a predicate means: a predicate, an inverse, or a Biolink name.

    >>> from kgmed.kg.predicates import registry
    >>> relation("treated_by", registry(), None)
    Relation(name='treats', reverse=True, reason=0)
    """
    text = (text or "").strip()
    if text in registry:
        return Relation(text, reason=REASON["takes a value"] * registry[text].takes_value)
    for name in registry:
        if registry[name].inverse == text:
            return Relation(name, True, REASON["takes a value"] * registry[name].takes_value)
    biolink = text if text.startswith("biolink:") else f"biolink:{text}"
    known = registry.from_label("biolink", biolink)
    if known is not None:
        return Relation(known[0].name, known[1])
    if arrays is not None and (text in arrays.positive or text in arrays.negative):
        return Relation(text)
    return Relation(text, reason=REASON["no such predicate"])


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
        columns = (self.subjects, self.relations, self.objects, self.negated, self.qualified)
        return Asked(*(column[rows] for column in columns))


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
    rule, reason = np.zeros(count, np.int8), np.zeros(count, np.int8)
    pieces: list[tuple[Longs, Longs, Longs]] = []
    ends_known = (asked.subjects >= 0) & (asked.objects >= 0)
    reason[asked.objects < 0] = REASON["no such object"]
    reason[asked.subjects < 0] = REASON["no such subject"]
    order = np.argsort(asked.relations, kind="stable")
    bounds = np.searchsorted(asked.relations[order], np.arange(len(relations) + 1))
    for place, its in enumerate(relations):
        rows = order[bounds[place] : bounds[place + 1]]
        if its.reason:
            reason[rows] = its.reason
            continue
        rows = rows[ends_known[rows]]
        if not len(rows):
            continue
        s, o = asked.subjects[rows], asked.objects[rows]
        claims = Claims(*((o, s) if its.reverse else (s, o)), asked.qualified[rows], qualifiers)
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
    entailed = (for_it.rule > 0) & ~np.isin(for_it.rule, WEAK)
    against = refute(
        arrays, registry, its.name, claims, np.where(negated, ~entailed, for_it.rule == 0)
    )
    verdict = np.full(count, NOT_COVERED, np.int8)
    reason = np.zeros(count, np.int8)
    by_support = np.where(negated, entailed, for_it.rule > 0)
    by_refuting = (against.rule > 0) & ~by_support
    verdict[by_support] = np.where(negated[by_support], REFUTED, SUPPORTED)
    verdict[by_refuting] = np.where(negated[by_refuting], SUPPORTED, REFUTED)
    rule = np.where(by_support, for_it.rule, np.where(by_refuting, against.rule, 0))
    if its.reverse:
        rule[rule == RULE["statement"]] = RULE["inverse"]
    rest = np.flatnonzero(~by_support & ~by_refuting)
    if len(rest):
        s, o = claims.subjects[rest], claims.objects[rest]
        both, has_subject, has_object = covered(arrays, registry, its.name, s, o)
        verdict[rest[both]] = UNSUPPORTED
        why = np.full(len(rest), REASON["no_common_source"], np.int8)
        ends = ["object", "subject"] if not its.reverse else ["subject", "object"]
        why[~has_object] = REASON[f"{ends[0]}_not_covered"]
        why[~has_subject] = REASON[f"{ends[1]}_not_covered"]
        reason[rest] = np.where(both, 0, why)
    kept = [_statements(for_it, by_support), _statements(against, by_refuting)]
    statements = (np.concatenate(column) for column in zip(*kept, strict=True))
    return Decided(verdict, rule.astype(np.int8), reason, *statements)


def _statements(evidence: Evidence, wanted: Flags) -> tuple[Longs, Longs, Longs]:
    """The statements of those rows whose verdict the evidence decided."""
    if not evidence.rows:
        return _EMPTY, _EMPTY, _EMPTY
    rows, orders, edges = map(
        np.concatenate, (evidence.rows, evidence.orders, evidence.edges)
    )
    kept = wanted[rows]
    return rows[kept], orders[kept], edges[kept]
