"""What every rule works with: an assertion, the facts at hand, and how proofs are made.

A rule is a pure function ``(assertion, facts) -> [Proof]``. It looks at nothing but the statements
it is handed, so that a proof can be re-checked by giving the rule the proof's own statements. Which
statements to hand it is the search's business (:mod:`kgmed.reasoning.claims.search`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from kgmed.kg.model import Path, Statement, Step
from kgmed.kg.predicates import Registry
from kgmed.reasoning.claims.model import Proof

Effect = Literal["supports", "refutes", "notes"]

NEUTRAL = frozenset({"role_group"})
"""Qualifiers that restrict nothing: how a source groups its rows."""

_LEVELS = ("knowledge_assertion", "logical_entailment", "observation", "not_provided")
_AGENTS = ("manual_agent", "manual_validation_of_automated_agent", "not_provided")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a claim says once its ids are the graph's own, without its negation.

    ``predicate`` is the registry's name; ``inverted`` says that the claim was worded by its inverse
    ("gout is treated by allopurinol").
    """

    subject: str
    predicate: str
    object: str
    qualifiers: Mapping[str, str] = field(default_factory=dict)
    inverted: bool = False

    @property
    def reversed(self) -> Assertion:
        """The same predicate the other way round."""
        return Assertion(self.object, self.predicate, self.subject, self.qualifiers)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may look at: statements, concepts' categories and names, and which ids mean the
    same (``ids``: another id -> the graph's own; an id that isn't there stands for itself)."""

    registry: Registry
    statements: Sequence[Statement] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule. ``entails``: what it supports must hold, so that it refutes the denial."""

    name: str
    effect: Effect
    entails: bool
    find: Callable[[Assertion, Facts], list[Proof]]

    @property
    def documentation(self) -> str:
        """What the rule says, where it is sound and where it may not be applied."""
        return (self.find.__doc__ or "").strip()


def evidence_rank(statement: Statement) -> tuple[int, int, int, str]:
    """The order of statements that say the same, best evidence first: an assertion before an
    observation before a prediction, people before programs, more publications, then the id."""
    level, agent = statement.knowledge_level, statement.agent_type
    return (
        _LEVELS.index(level) if level in _LEVELS else len(_LEVELS),
        _AGENTS.index(agent) if agent in _AGENTS else len(_AGENTS),
        -len(statement.publications),
        statement.id,
    )


def path_rank(steps: Sequence[Step]) -> tuple[object, ...]:
    """The order of proofs: the shortest, then the best-evidenced."""
    return (len(steps), *(evidence_rank(step.statement) for step in steps))


def proof_of(rule: str, steps: Iterable[Step], *, premises: Sequence[str] = ()) -> Proof:
    """A proof whose statements form a path."""
    path = Path(tuple(steps))
    return Proof(rule, path.statements, path, tuple(premises))


def positive(facts: Facts) -> list[Statement]:
    """The statements that a rule may build on: not negated, not retracted, best evidence first."""
    usable = (s for s in facts.statements if not s.negated and s.retracted is None and s.object)
    return sorted(usable, key=evidence_rank)


def same(key: str, claimed: str, stated: str, ids: Mapping[str, str]) -> bool:
    """Whether two values of a qualifier mean the same; letter case doesn't count.

    >>> same("severity", "critical", "Critical", {})
    True
    >>> same("affected", "drugbank:DB00682", "umls:C0043031", {"drugbank:DB00682": "umls:C0043031"})
    True
    """
    claimed, stated = claimed.strip(), stated.strip()
    if ids.get(claimed, claimed) == ids.get(stated, stated):
        return True
    return claimed.casefold() == stated.casefold()


def fits(assertion: Assertion, statement: Statement, facts: Facts) -> bool:
    """Whether a statement says all that the claim's qualifiers say; it may say more.

    A claim without qualifiers says that it holds in some way, which every such statement bears out.
    """
    return all(
        name in statement.qualifiers and same(name, value, statement.qualifiers[name], facts.ids)
        for name, value in assertion.qualifiers.items()
    )


def same_value(claimed: str, stated: Statement) -> bool:
    """Whether a claimed value, as written, is a statement's: the same text but for case and spaces,
    or the same number, with its unit or without.

    >>> from kgmed.kg.model import Value
    >>> stated = Statement("1", "warfarin", "has_half_life", value=Value("40", "number", unit="h"))
    >>> [same_value(text, stated) for text in ("40.0 H", "40", "40 min", "")]
    [True, True, False, False]
    """
    said = stated.value
    return said is not None and _plain(claimed) in {
        _plain(said.text), _plain(f"{said.text} {said.unit}"),
    }  # fmt: skip


def _plain(text: str) -> str:
    folded = " ".join(text.casefold().split())
    number, _space, unit = folded.partition(" ")
    try:
        return f"{float(number):g} {unit}".strip()
    except ValueError:
        return folded


def same_conditions(
    claimed: Mapping[str, str],
    stated: Mapping[str, str],
    facts: Facts,
    *,
    apart: Sequence[str] = (),
) -> bool:
    """Whether both state the same qualifiers with the same values, those ``apart`` aside.

    What refutes must speak of the very same thing: a statement under a condition that the claim
    doesn't name (a dose, a route, another affected party) refutes nothing.
    """
    left = {name: value for name, value in claimed.items() if name not in (*NEUTRAL, *apart)}
    right = {name: value for name, value in stated.items() if name not in (*NEUTRAL, *apart)}
    return left.keys() == right.keys() and all(
        same(name, value, right[name], facts.ids) for name, value in left.items()
    )


def flips(registry: Registry, stated: str, claimed: str) -> bool:
    """Whether a statement of ``stated`` read backwards still says ``claimed``: some predicate from
    the one up to the other is symmetric.

    >>> from kgmed.kg.predicates import registry
    >>> flips(registry(), "has_complication", "associated_with")
    True
    >>> flips(registry(), "inhibits", "has_target")
    False
    """
    way = registry.ancestors(stated)
    if claimed not in way:
        return False
    steps = way[: way.index(claimed) + 1]
    return any(name in registry and registry[name].symmetric for name in steps)


def direction_between(
    statement: Statement, start: str, end: str, predicate: str, registry: Registry
) -> Literal["out", "in"] | None:
    """How a statement reads as ``start predicate end``: along (``out``), backwards where the
    predicate is symmetric (``in``), or not at all (None). Sub-predicates count."""
    if predicate not in registry.ancestors(statement.predicate):
        return None
    if (statement.subject, statement.object) == (start, end):
        return "out"
    if (statement.subject, statement.object) == (end, start):
        return "in" if flips(registry, statement.predicate, predicate) else None
    return None
