"""Rules that carry a statement from one concept to another: drug levels and inheritance.

A salt shares its base's interactions, a product has those of its ingredients, what treats type 2
diabetes treats some diabetes. Which predicates pass which way stands in predicates.toml
(``inherit``) and, for drug levels, in :mod:`kgmed.reasoning.retrieve`, after DESIGN sections 2, 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from kgmed.kg.model import Statement, Step
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules.base import (
    Assertion,
    Facts,
    Rule,
    direction_between,
    fits,
    path_rank,
    positive,
    proof_of,
)
from kgmed.reasoning.claims.rules.chains import turned, walk
from kgmed.reasoning.retrieve import (
    HIERARCHY_STEPS,
    INHERITED_BY_PRODUCTS,
    REACH_MEMBERS,
    SHARED_BY_FORMS,
)

Kind = Literal["inherited", "form", "product", "by_class", "some_narrower"]
WEAKEST: tuple[Kind, ...] = ("some_narrower", "by_class", "product", "form", "inherited")
"""A proof that needs several of these is named by the first of them."""

IONS = frozenset(
    """potassium lithium iron calcium magnesium zinc sodium copper manganese selenium iodine iodide
    fluoride chloride phosphate bicarbonate ammonium aluminum aluminium barium strontium silver
    gold bismuth chromium cobalt""".split()  # noqa: SIM905
)
"""Bases whose salts aren't one drug: the ion is the drug, and its salts differ."""


class Variant(NamedTuple):
    """A concept whose statements count for one end of a claim, and the way from it to that."""

    id: str
    way: tuple[Step, ...]
    kinds: frozenset[Kind]


def is_ion(name: str) -> bool:
    """Whether a base's name is an ion's.

    >>> is_ion("Potassium cation"), is_ion("Warfarin")
    (True, False)
    """
    words = name.casefold().split()
    return bool(words) and words[0] in IONS and (len(words) == 1 or words[1] in {"cation", "ion"})


def passes(predicate: str, wanted: Sequence[str], facts: Facts) -> bool:
    """Whether a predicate is one of some, or below one."""
    return any(name in wanted for name in facts.registry.ancestors(predicate))


def drug_variants(assertion: Assertion, end: str, facts: Facts) -> list[Variant]:
    """The concept itself, its forms, ingredients and classes, as far as the predicate passes."""
    usable, predicate = positive(facts), assertion.predicate
    found = [Variant(end, (), frozenset())]
    if passes(predicate, INHERITED_BY_PRODUCTS, facts):
        found += _next(found, usable, "has_active_ingredient", "out", "product")
    if passes(predicate, SHARED_BY_FORMS, facts):
        start = list(found)
        bases = _next(start, usable, "form_of", "out", "form")
        bases = [base for base in bases if not is_ion(facts.names.get(base.id, ""))]
        whole = [v for v in start if not is_ion(facts.names.get(v.id, ""))]
        found += bases + _next(whole + bases, usable, "form_of", "in", "form")
    if passes(predicate, REACH_MEMBERS, facts):
        found += _next(found, usable, "in_drug_class", "out", "by_class")
    return found


def _next(
    variants: Sequence[Variant],
    usable: Sequence[Statement],
    predicate: str,
    direction: Literal["out", "in"],
    kind: Kind,
) -> list[Variant]:
    found = []
    for variant in variants:
        for stated in usable:
            step = Step(stated, direction)
            if stated.predicate != predicate or step.start != variant.id:
                continue
            if all(step.end not in (part.start, part.end) for part in variant.way):
                way, kinds = (*variant.way, step), variant.kinds | {kind}
                found.append(Variant(step.end, way, kinds))
    return found


def _inherited(
    assertion: Assertion, end: Literal["subject", "object"], facts: Facts
) -> list[Variant]:
    """Concepts below an end (``up``) or above it (``down``) whose statements pass to it."""
    entry = facts.registry.get(assertion.predicate)
    if entry is None:
        return []
    id = assertion.subject if end == "subject" else assertion.object
    rule = entry.inherit_subject if end == "subject" else entry.inherit_object
    hierarchy = [s for s in positive(facts) if s.predicate == "subclass_of"]
    if rule.direction == "none" or not hierarchy:
        return []
    if rule.direction == "down":
        ways = walk(hierarchy, id, "subclass_of", facts.registry)
        return [Variant(other, way, frozenset({"inherited"})) for other, way in ways.items() if way]
    some = rule.strength == "some"
    if some and not any(s.subject == id for s in hierarchy):
        return []  # a top-level class: everything would be below it
    found = []
    for other in sorted({s.subject for s in hierarchy}):
        way = walk(hierarchy, other, "subclass_of", facts.registry).get(id, ())
        if way and (not some or len(way) <= HIERARCHY_STEPS):
            kind: Kind = "some_narrower" if some else "inherited"
            found.append(Variant(other, turned(way), frozenset({kind})))
    return found


def carried(assertion: Assertion, facts: Facts) -> list[Proof]:
    """Every proof by levels and inheritance, the entailing first, then the shortest; each named by
    the weakest kind of step that it needs."""
    entry = facts.registry.get(assertion.predicate)
    if entry is None:
        return []
    subjects = drug_variants(assertion, assertion.subject, facts)
    subjects += _inherited(assertion, "subject", facts)
    objects = [Variant(assertion.object, (), frozenset())]
    if entry.symmetric:
        objects = drug_variants(assertion, assertion.object, facts)
    objects += _inherited(assertion, "object", facts)
    above = {s.subject: s for s in reversed(positive(facts)) if s.predicate == "subclass_of"}
    found = []
    for stated in positive(facts):
        if not fits(assertion, stated, facts):
            continue
        for left in subjects:
            if left.id not in (stated.subject, stated.object):
                continue
            for right in objects:
                kinds = left.kinds | right.kinds
                way = direction_between(
                    stated, left.id, right.id, assertion.predicate, facts.registry
                )
                if way is None or not kinds:
                    continue
                steps = (*left.way, Step(stated, way), *turned(right.way))
                rule = next(kind for kind in WEAKEST if kind in kinds)
                proof = proof_of(rule, steps)
                if rule == "some_narrower":
                    witness = above[assertion.object if right.kinds else assertion.subject]
                    proof = Proof(rule, (*proof.statements, witness), proof.path)
                found.append(proof)
    return sorted(found, key=_rank)


def _rank(proof: Proof) -> tuple[object, ...]:
    steps = proof.path.steps if proof.path else ()
    return (proof.rule in {"some_narrower", "by_class"}, path_rank(steps))


def _named(name: Kind, assertion: Assertion, facts: Facts) -> list[Proof]:
    return [proof for proof in carried(assertion, facts) if proof.rule == name]


def form(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A salt, ester or other form shares interactions, targets and contraindications with its base,
    and through it with the base's other forms.

    Sound because these belong to the active moiety. Not applied to ``treats`` (a form may be
    licensed for less), nor where the ion is the drug (:data:`IONS`): potassium chloride and
    potassium citrate are two drugs.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("warfarin-sodium form_of warfarin", "warfarin interacts_with amiodarone")
    >>> form(said("amiodarone interacts_with warfarin-sodium"), facts)[0].path.nodes
    ('amiodarone', 'warfarin', 'warfarin-sodium')
    """
    return _named("form", assertion, facts)


def product(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A product has the interactions and contraindications of each of its active ingredients.

    Sound because who takes the product takes the ingredient. Not applied to ``treats``: a
    combination's use isn't its ingredients', nor theirs its.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("coumadin has_active_ingredient warfarin", "warfarin treats thrombosis",
    ...              "warfarin interacts_with amiodarone")
    >>> [s.id for s in product(said("coumadin interacts_with amiodarone"), facts)[0].statements]
    ['1', '3']
    >>> product(said("coumadin treats thrombosis"), facts)
    []
    """
    return _named("product", assertion, facts)


def by_class(assertion: Assertion, facts: Facts) -> list[Proof]:
    """An interaction or contraindication that is stated of a drug's class reaches the drug.

    Sound as far as the class statement is meant of every member, which sources rarely say; so it
    supports, shown as by class, and never refutes a denial. Not the other way: a member's
    interaction says nothing of its class.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("ibuprofen in_drug_class NSAID", "NSAID interacts_with lithium",
    ...              "ibuprofen interacts_with warfarin")
    >>> by_class(said("ibuprofen interacts_with lithium"), facts)[0].rule
    'by_class'
    >>> by_class(said("NSAID interacts_with warfarin"), facts)
    []
    """
    return _named("by_class", assertion, facts)


def inherited(assertion: Assertion, facts: Facts) -> list[Proof]:
    """A statement holds of everything narrower (``down``) or broader (``up``) where the registry
    says ``entailed``: what is contraindicated in kidney failure is so in acute kidney failure.

    Sound for the predicates that declare it (contraindicated_in, has_role). Only along
    ``subclass_of``; never along ``broader``.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("metformin contraindicated_in kidney-failure",
    ...              "acute-kidney-failure subclass_of kidney-failure")
    >>> claim = said("metformin contraindicated_in acute-kidney-failure")
    >>> [s.id for s in inherited(claim, facts)[0].statements]
    ['1', '2']
    """
    return _named("inherited", assertion, facts)


def some_narrower(assertion: Assertion, facts: Facts) -> list[Proof]:
    """What holds of a narrower thing holds of some of the broader: who treats type 2 diabetes
    treats some diabetes.

    Sound only as "some", so it supports and never refutes a denial. At most two steps of
    ``subclass_of``, and never to a top-level class, of which all would be true: the last statement
    of the proof shows that the class has one above it.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("metformin treats type-2-diabetes", "type-2-diabetes subclass_of diabetes",
    ...              "diabetes subclass_of disease")
    >>> [s.id for s in some_narrower(said("metformin treats diabetes"), facts)[0].statements]
    ['1', '2', '3']
    >>> some_narrower(said("metformin treats disease"), facts)
    []
    """
    return _named("some_narrower", assertion, facts)


RULES = (
    Rule("inherited", "supports", True, inherited),
    Rule("form", "supports", True, form),
    Rule("product", "supports", True, product),
    Rule("by_class", "supports", False, by_class),
    Rule("some_narrower", "supports", False, some_narrower),
)
