"""Columns of claims of one predicate, what was found for them, and statements that join two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kgmed.kg.predicates import Registry
from kgmed.reasoning.claims.batch.arrays import Arrays, Ints, Longs, laid_out

RULES = (
    "",
    "statement",
    "inverse",
    "symmetric",
    "sub_predicate",
    "transitive",
    "property_chain",
    "inherited",
    "form",
    "product",
    "by_class",
    "some_narrower",
    "explicit_negative",
    "asymmetric_reverse",
    "excludes",
    "ill_typed",
    "covered",
    "not_covered",
    "some_only",
    "qualifiers_differ",
    "members_only",
    "value",
)
"""Names of rules by number, 0 for none: those that support, the four that refute, and what a proof
is called where nothing decides."""
RULE = {name: number for number, name in enumerate(RULES)}
WEAK = (RULE["by_class"], RULE["some_narrower"])
"""Rules that support and don't entail: what they support isn't refuted by being denied."""

Qualifiers = Mapping[str, str]
Accept = Callable[[Qualifiers, Qualifiers], bool]
"""Whether a statement's qualifiers, the second, do for a claim's, the first."""


@dataclass(slots=True)
class Claims:
    """Columns of claims of one predicate: concept numbers, and which qualifiers each states.

    ``qualified`` numbers the entries of ``qualifiers``, 0 for none; all of shape (n,).
    """

    subjects: Ints
    objects: Ints
    qualified: Ints
    qualifiers: Sequence[Qualifiers] = ({},)

    def __len__(self) -> int:
        return len(self.subjects)

    def take(self, rows: Longs) -> Claims:
        """Some of the rows."""
        columns = (self.subjects[rows], self.objects[rows], self.qualified[rows])
        return Claims(*columns, self.qualifiers)


@dataclass(slots=True)
class Evidence:
    """Per claim the rule that holds, 0 for none; and the statements it was applied to.

    ``rows``, ``orders``, ``edges`` list the statements: claim, place in its proof, edge number.
    """

    rule: npt.NDArray[np.int8]
    rows: list[Longs] = field(default_factory=list)
    orders: list[Longs] = field(default_factory=list)
    edges: list[Longs] = field(default_factory=list)

    @classmethod
    def none(cls, count: int) -> Evidence:
        return cls(np.zeros(count, np.int8))

    def open(self) -> Longs:
        """The claims that no rule has decided."""
        return np.flatnonzero(self.rule == 0)

    def add(self, rule: str, rows: Longs, orders: Longs | int, edges: Longs) -> None:
        """Statements of claims for which ``rule`` holds."""
        if len(rows):
            self.rule[rows] = RULE[rule]
            self.rows.append(rows)
            self.orders.append(np.broadcast_to(np.asarray(orders, np.int64), rows.shape))
            self.edges.append(edges)


def same(claimed: str, stated: str) -> bool:
    """Whether two values of a qualifier are written alike; letter case doesn't count.

    >>> same("critical", "Critical ")
    True
    """
    return claimed.strip().casefold() == stated.strip().casefold()


def states(claimed: Qualifiers, stated: Qualifiers) -> bool:
    """A statement bears out a claim whose qualifiers it states; it may state more.

    >>> states({}, {"severity": "Critical"}), states({"severity": "Minor"}, {})
    (True, False)
    """
    return all(key in stated and same(value, stated[key]) for key, value in claimed.items())


NEUTRAL = ("role_group",)
"""Qualifiers that restrict nothing."""


def equals(claimed: Qualifiers, stated: Qualifiers) -> bool:
    """A contrary statement counts where it speaks of the same: what only holds at a high dose
    says nothing of a claim without one.

    >>> equals({}, {"dose": "high"}), equals({"aspect": "activity"}, {"aspect": "Activity"})
    (False, True)
    """
    left = {key: value for key, value in claimed.items() if key not in NEUTRAL}
    right = {key: value for key, value in stated.items() if key not in NEUTRAL}
    return left.keys() == right.keys() and states(left, right)


def flips(registry: Registry, stated: str, claimed: str) -> bool:
    """Whether a statement of ``stated`` read backwards still says ``claimed``: some predicate on
    the way up is symmetric.

    >>> from kgmed.kg.predicates import registry
    >>> flips(registry(), "has_complication", "associated_with")
    True
    >>> flips(registry(), "inhibits", "has_target")
    False
    """
    way = registry.ancestors(stated)
    upto = way[: way.index(claimed) + 1]
    return any(name in registry and registry[name].symmetric for name in upto)


def joined(
    arrays: Arrays,
    claims: Claims,
    rows: Longs,
    subjects: Ints,
    code: int,
    objects: Ints,
    *,
    accept: Accept = states,
) -> tuple[Longs, Longs]:
    """(index into ``rows``, edge number) of the statements that join two columns of concepts.

    Qualifiers are read where a claim has some, or where ``accept`` asks for equal ones.
    """
    first, past = arrays.spans(subjects, code, objects)
    index, edges = laid_out(first, past)
    asked = claims.qualified[rows[index]]
    unsure = np.flatnonzero(asked) if accept is states else np.arange(len(index))
    if len(unsure):
        kept = np.ones(len(index), bool)
        for i in unsure.tolist():
            claimed = claims.qualifiers[asked[i]]
            kept[i] = accept(claimed, arrays.qualifiers(int(edges[i])))
        index, edges = index[kept], edges[kept]
    return index, edges
