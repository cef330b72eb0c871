"""Rules of what speaks against a claim. Four refute; ``opposes`` only warns."""

from __future__ import annotations

from kgmed.kg.categories import disjoint
from kgmed.kg.model import Statement, Step
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules.base import (
    Assertion,
    Facts,
    Rule,
    direction_between,
    evidence_rank,
    positive,
    proof_of,
    same_conditions,
    same_value,
)
from kgmed.reasoning.claims.rules.carried import carried
from kgmed.reasoning.claims.rules.chains import transitive
from kgmed.reasoning.claims.rules.direct import statement, sub_predicate, symmetric

OPPOSITES = (
    frozenset({"increased", "decreased"}),
    frozenset({"upregulated", "downregulated"}),
)
"""Values of the qualifier ``direction`` that can't both hold of one aspect."""
NEEDED = ("aspect", "affected")
"""Qualifiers that a direction needs to exclude the opposite one."""
EFFECT = "affects"
"""The predicate above those that say what a thing does to another."""


def explicit_negative(assertion: Assertion, facts: Facts) -> list[Proof]:
    """(a) A statement that denies the claim: negated, with its subject, predicate and object, or
    the same value.

    Sound where it states the same qualifiers as the claim. Not applied where the denial names a
    condition that the claim doesn't, or denies a sub-predicate: who doesn't inhibit a protein may
    well have it as a target.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("not warfarin interacts_with water")
    >>> explicit_negative(said("water interacts_with warfarin"), facts)[0].statements[0].id
    '1'
    >>> explicit_negative(said("warfarin related_to water"), facts)
    []
    """
    entry = facts.registry.get(assertion.predicate)
    ends = [(assertion.subject, assertion.object)]
    if entry is not None and entry.symmetric:
        ends.append((assertion.object, assertion.subject))
    return [
        Proof("explicit_negative", (stated,))
        for stated in sorted(facts.statements, key=evidence_rank)
        if stated.negated
        and stated.retracted is None
        and stated.predicate == assertion.predicate
        and _is_between(stated, ends, assertion)
        and same_conditions(assertion.qualifiers, stated.qualifiers, facts)
    ]


def _is_between(stated: Statement, ends: list[tuple[str, str]], assertion: Assertion) -> bool:
    if stated.value is None:
        return (stated.subject, stated.object) in ends
    return stated.subject == assertion.subject and same_value(assertion.object, stated)


def asymmetric_reverse(assertion: Assertion, facts: Facts) -> list[Proof]:
    """(b) The reverse of an asymmetric predicate: arthritis is no gout, as gout is an arthritis.

    Sound where the registry flags the predicate ``asymmetric`` (subclass_of, part_of,
    has_ingredient), by a statement of it or of one below it, or by a chain where it is transitive.
    Not applied to causes, regulates and has_complication: real data state both ways.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("gout subclass_of arthritis", "obesity causes gout")
    >>> asymmetric_reverse(said("arthritis subclass_of gout"), facts)[0].statements[0].id
    '1'
    >>> asymmetric_reverse(said("gout causes obesity"), facts)
    []
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None or not entry.asymmetric or assertion.subject == assertion.object:
        return []
    start, end = assertion.object, assertion.subject
    found = [
        proof_of("asymmetric_reverse", [Step(stated, "out")])
        for stated in positive(facts)
        if direction_between(stated, start, end, assertion.predicate, facts.registry) == "out"
    ]
    back = Assertion(start, assertion.predicate, end)
    found += [
        proof_of("asymmetric_reverse", p.path.steps) for p in transitive(back, facts) if p.path
    ]
    return found


def excludes(assertion: Assertion, facts: Facts) -> list[Proof]:
    """(c) A statement between the same two that excludes the claim: an agonist is no antagonist.

    Sound for the pairs of predicates that the registry lists (``excludes``), and for a statement of
    the same predicate whose ``direction`` is the opposite of the claim's, where both state the same
    aspect and the same affected party. Either way all qualifiers besides must be the same.
    Not applied to predicates below a listed one: partial agonists, modulators and substrates
    exclude nothing; nor to a direction without its aspect and affected party, as in
    increases_activity_of: effects differ by tissue, dose and disease, and real data state both
    (:func:`opposes` shows them).

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("salbutamol agonist_of ADRB2")
    >>> excludes(said("salbutamol antagonist_of ADRB2"), facts)[0].statements[0].id
    '1'
    >>> excludes(said("salbutamol partial_agonist_of ADRB2"), facts)
    []
    >>> facts = told("adrenaline increases_activity_of ADRA2A")
    >>> excludes(said("adrenaline decreases_activity_of ADRA2A"), facts)
    []
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None:
        return []
    found = []
    start, end = assertion.subject, assertion.object
    for stated in positive(facts):
        if stated.predicate in entry.excludes and (stated.subject, stated.object) == (start, end):
            if same_conditions(assertion.qualifiers, stated.qualifiers, facts):
                found.append(proof_of("excludes", [Step(stated, "out")]))
            continue
        if stated.predicate != assertion.predicate:
            continue
        way = direction_between(stated, start, end, assertion.predicate, facts.registry)
        if way is None or not _opposite(assertion, stated.qualifiers.get("direction", "")):
            continue
        if all(name in assertion.qualifiers for name in NEEDED) and same_conditions(
            assertion.qualifiers, stated.qualifiers, facts, apart=("direction",)
        ):
            found.append(proof_of("excludes", [Step(stated, way)]))
    return found


def _opposite(assertion: Assertion, stated: str) -> bool:
    claimed = assertion.qualifiers.get("direction", "")
    return {claimed.casefold(), stated.casefold()} in OPPOSITES


def ill_typed(assertion: Assertion, facts: Facts) -> list[Proof]:
    """(d) An end that can't be what the predicate takes: a drug treats no drug.

    Sound where every category of the concept, from every source, is on the short list of disjoint
    pairs (:data:`kgmed.kg.categories.DISJOINT`) with everything in the predicate's domain or range.
    Not applied to concepts without a category; disease, symptom, finding and procedure are never
    told apart, nor are chemical, drug, food and protein.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told(aspirin="Drug", ibuprofen="Drug")
    >>> ill_typed(said("aspirin treats ibuprofen"), facts)[0].premises
    ('object: ibuprofen is Drug, expected DiseaseOrPhenotypicFeature',)
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None:
        return []
    ends = [("subject", assertion.subject, entry.domain)]
    if not entry.takes_value:
        ends.append(("object", assertion.object, entry.range))
    found = []
    for end, id, expected in ends:
        categories = facts.categories.get(id, ())
        if disjoint(categories, expected):
            text = f"{end}: {id} is {' and '.join(categories)}, expected {' or '.join(expected)}"
            found.append(Proof("ill_typed", premises=(text,)))
    return found


def opposes(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement that stands against the claim though both may hold: the drug is contraindicated
    in what it treats (``safety``), or has the opposite effect elsewhere (``direction``).

    A warning and never a refutation: both hold for many pairs. Partners are the registry's
    ``opposes``; what entails a partner counts, what makes it hold of some doesn't.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("propranolol contraindicated_in asthma")
    >>> opposes(said("propranolol treats asthma"), facts)[0].premises
    ('safety: contraindicated_in',)
    >>> facts = told("adrenaline increases_activity_of ADRA2A")
    >>> opposes(said("adrenaline decreases_activity_of ADRA2A"), facts)[0].premises
    ('direction: increases_activity_of',)
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None:
        return []
    found = []
    for partner in entry.opposes:
        other = Assertion(assertion.subject, partner, assertion.object)
        proofs = [p for rule in (statement, symmetric, sub_predicate) for p in rule(other, facts)]
        proofs += [p for p in carried(other, facts) if p.rule not in {"some_narrower", "by_class"}]
        both = (assertion.predicate, partner)
        effects = all(EFFECT in facts.registry.ancestors(name) for name in both)
        premise = f"{'direction' if effects else 'safety'}: {partner}"
        found += [Proof("opposes", p.statements, p.path, (premise,)) for p in proofs]
    return found


RULES = (
    Rule("explicit_negative", "refutes", True, explicit_negative),
    Rule("asymmetric_reverse", "refutes", True, asymmetric_reverse),
    Rule("excludes", "refutes", True, excludes),
    Rule("ill_typed", "refutes", True, ill_typed),
    Rule("opposes", "notes", False, opposes),
)
