"""Rules of one statement: it says the claim itself, or its inverse, its mirror, or something
narrower.
"""

from __future__ import annotations

from kgmed.kg.model import Step
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules.base import (
    Assertion,
    Facts,
    Rule,
    direction_between,
    evidence_rank,
    fits,
    positive,
    proof_of,
    same_value,
)


def _exact(name: str, assertion: Assertion, facts: Facts, *, mirrored: bool) -> list[Proof]:
    start, end = assertion.subject, assertion.object
    if mirrored:
        start, end = end, start
    return [
        proof_of(name, [Step(statement, "in" if mirrored else "out")])
        for statement in positive(facts)
        if (statement.subject, statement.predicate, statement.object)
        == (start, assertion.predicate, end)
        and fits(assertion, statement, facts)
    ]


def statement(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement with the claim's subject, predicate and object.

    Sound: it is what a source says. The statement must have every qualifier that the claim states.
    Not applied to a claim worded by an inverse (that is :func:`inverse`).

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("allopurinol treats gout")
    >>> statement(said("allopurinol treats gout"), facts)[0].statements[0].id
    '1'
    >>> statement(said("allopurinol treats gout", kind="symptomatic"), facts)
    []
    """
    if assertion.inverted:
        return []
    return _exact("statement", assertion, facts, mirrored=False)


def inverse(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A claim worded by the inverse of a predicate, and a statement of that predicate.

    "Gout is treated by allopurinol" is read as "allopurinol treats gout" before any rule is tried
    (``inverted`` remembers it). Sound: an inverse is a reading of the same statement, not another
    predicate; the registry refuses a table where it isn't. Not applied to a claim worded by the
    predicate itself.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("allopurinol treats gout")
    >>> inverse(said("allopurinol treats gout", inverted=True), facts)[0].rule
    'inverse'
    """
    if not assertion.inverted:
        return []
    return _exact("inverse", assertion, facts, mirrored=False)


def symmetric(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement of a symmetric predicate with subject and object the other way round.

    Sound where the registry flags the predicate ``symmetric``; a statement's ``affected`` is an id,
    so its qualifiers don't change sides. Not applied to any other predicate.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("amiodarone interacts_with warfarin", "allopurinol treats gout")
    >>> symmetric(said("warfarin interacts_with amiodarone"), facts)[0].path.nodes
    ('warfarin', 'amiodarone')
    >>> symmetric(said("gout treats allopurinol"), facts)
    []
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None or not entry.symmetric or assertion.subject == assertion.object:
        return []
    return _exact("symmetric", assertion, facts, mirrored=True)


def sub_predicate(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement of a predicate below the claim's: who inhibits a protein has it as a target.

    Sound because ``parent`` in the registry means "implies". Read backwards only if a predicate on
    the way up is symmetric. Not the other way: a target need not be inhibited.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("imatinib inhibits ABL1")
    >>> sub_predicate(said("imatinib has_target ABL1"), facts)[0].statements[0].id
    '1'
    >>> sub_predicate(said("imatinib agonist_of ABL1"), facts)
    []
    """
    found = []
    start, end = assertion.subject, assertion.object
    for stated in positive(facts):
        if stated.predicate == assertion.predicate or not fits(assertion, stated, facts):
            continue
        way = direction_between(stated, start, end, assertion.predicate, facts.registry)
        if way is not None:
            found.append(proof_of("sub_predicate", [Step(stated, way)]))
    return found


def value(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement whose value is the claimed one: the same text but for case and spaces, or the
    same number; ``assertion.object`` is the value as written, with its unit if it has one.

    Sound: it is what a source says. Not applied across units, and another value refutes nothing:
    two sources may give two half-lives, and one definition doesn't contradict another.

    >>> from kgmed.kg.model import Statement, Value
    >>> from kgmed.kg.predicates import registry
    >>> said = Value("40", "number", unit="h")
    >>> facts = Facts(registry(), [Statement("1", "warfarin", "has_half_life", value=said)])
    >>> value(Assertion("warfarin", "has_half_life", "40.0 h"), facts)[0].rule
    'value'
    """
    found = []
    for stated in sorted(facts.statements, key=evidence_rank):
        if stated.negated or stated.retracted is not None or not fits(assertion, stated, facts):
            continue
        if (stated.subject, stated.predicate) != (assertion.subject, assertion.predicate):
            continue
        if same_value(assertion.object, stated):
            found.append(Proof("value", (stated,)))
    return found


RULES = (
    Rule("statement", "supports", True, statement),
    Rule("inverse", "supports", True, inverse),
    Rule("symmetric", "supports", True, symmetric),
    Rule("sub_predicate", "supports", True, sub_predicate),
    Rule("value", "supports", True, value),
)
