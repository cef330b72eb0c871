"""Rules of several statements in a row: transitive hierarchies and declared property chains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgmed.kg.model import Statement, Step
from kgmed.kg.predicates import Chain, Registry
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

CHAIN_STEPS = 32
"""Statements that a transitive predicate is followed over."""


def walk(
    statements: Sequence[Statement], start: str, predicate: str, registry: Registry
) -> dict[str, tuple[Step, ...]]:
    """Every concept that statements of a predicate lead to from ``start``, with the shortest way.

    ``start`` itself comes with the empty way; ties go to the better evidence, which comes first.
    """
    onward: dict[str, list[Statement]] = {}
    for stated in statements:
        if predicate in registry.ancestors(stated.predicate):
            onward.setdefault(stated.subject, []).append(stated)
    ways: dict[str, tuple[Step, ...]] = {start: ()}
    frontier = [start]
    for _step in range(CHAIN_STEPS):
        fresh = []
        for node in frontier:
            for stated in onward.get(node, ()):
                if stated.object not in ways:
                    ways[stated.object] = (*ways[node], Step(stated, "out"))
                    fresh.append(stated.object)
        frontier = fresh
    return ways


def transitive(assertion: Assertion, facts: Facts) -> list[Proof]:
    """Statements of a transitive predicate in a row: gout is an arthritis, an arthritis is a joint
    disease, so gout is a joint disease.

    Sound where the registry flags the predicate ``transitive`` (subclass_of, part_of). Not applied
    to ``broader``, which MeSH trees and other parent-child links use and which isn't. A claim's
    qualifiers must stand on every statement.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("gout subclass_of arthritis", "arthritis subclass_of joint-disease")
    >>> [s.id for s in transitive(said("gout subclass_of joint-disease"), facts)[0].statements]
    ['1', '2']
    """
    entry = facts.registry.get(assertion.predicate)
    if entry is None or not entry.transitive:
        return []
    usable = [s for s in positive(facts) if fits(assertion, s, facts)]
    way = walk(usable, assertion.subject, assertion.predicate, facts.registry)
    steps = way.get(assertion.object, ())
    return [proof_of("transitive", steps)] if len(steps) > 1 else []


def chains_for(predicate: str, registry: Registry, gives: str) -> list[tuple[str, Chain]]:
    """The chains that give a predicate or one below it, each with the predicate it gives.

    The root has none: that two things are related somehow needs no chain to say.
    """
    if predicate not in registry or not registry[predicate].parent:
        return []
    return [
        (name, chain)
        for name in registry.descendants(predicate)
        for chain in registry[name].chains
        if chain.gives == gives
    ]


def _along(
    steps: Sequence[str], statements: Sequence[Statement], start: str, end: str, registry: Registry
) -> list[tuple[Step, ...]]:
    """Every way from ``start`` to ``end`` over statements that match a chain's steps in turn."""
    ways: list[tuple[str, tuple[Step, ...]]] = [(start, ())]
    for step in steps:
        predicate, backwards = step.removeprefix("^"), step[0] == "^"
        further: list[tuple[str, tuple[Step, ...]]] = []
        for node, way in ways:
            for target, more in _one(statements, node, predicate, registry, backwards=backwards):
                if all(target not in (part.start, part.end) for part in way):
                    further.append((target, (*way, *more)))
        ways = further
    return sorted((way for node, way in ways if node == end), key=path_rank)


def _one(
    statements: Sequence[Statement],
    node: str,
    predicate: str,
    registry: Registry,
    *,
    backwards: bool,
) -> Iterable[tuple[str, tuple[Step, ...]]]:
    """Where one step of a chain leads; a transitive predicate may be followed further."""
    if registry[predicate].transitive and not backwards:
        ways = walk(statements, node, predicate, registry)
        return [(target, way) for target, way in ways.items() if way]
    found = []
    for stated in statements:
        for target in {stated.subject, stated.object} - {node}:
            ends = (target, node) if backwards else (node, target)
            if direction_between(stated, *ends, predicate, registry):
                along = stated.subject == node
                found.append((target, (Step(stated, "out" if along else "in"),)))
    return found


def property_chain(assertion: Assertion, facts: Facts) -> list[Proof]:
    """Predicates in a row that the registry declares to give the claimed one: a product has the
    base of its active ingredient as active ingredient too.

    Sound where the registry's chain says ``entailed`` and names who declares it. Not applied to
    chains that are ``plausible`` (:func:`plausible_chain`), to qualified claims, or to the root.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("coumadin has_active_ingredient warfarin-sodium",
    ...              "warfarin-sodium form_of warfarin")
    >>> found = property_chain(said("coumadin has_active_ingredient warfarin"), facts)
    >>> found[0].path.nodes
    ('coumadin', 'warfarin-sodium', 'warfarin')
    >>> property_chain(said("warfarin has_active_ingredient coumadin"), facts)
    []
    """
    return _chained("property_chain", "entailed", assertion, facts)


def plausible_chain(assertion: Assertion, facts: Facts) -> list[Proof]:
    """Predicates in a row that suggest the claimed one: two drugs meet at an enzyme.

    A note and never support: most such pairs don't interact to any effect.

    >>> from kgmed.reasoning.claims.rules.examples import said, told
    >>> facts = told("tamoxifen metabolized_by CYP2D6",
    ...              "paroxetine decreases_activity_of CYP2D6")
    >>> claim = said("paroxetine interacts_with tamoxifen")
    >>> plausible_chain(claim, facts)[0].path.nodes
    ('paroxetine', 'CYP2D6', 'tamoxifen')
    >>> property_chain(claim, facts)
    []
    """
    return _chained("plausible_chain", "plausible", assertion, facts)


def _chained(rule: str, gives: str, assertion: Assertion, facts: Facts) -> list[Proof]:
    if assertion.qualifiers:
        return []
    usable = positive(facts)
    found: list[tuple[Step, ...]] = []
    start, end = assertion.subject, assertion.object
    for name, chain in chains_for(assertion.predicate, facts.registry, gives):
        found += _along(chain.steps, usable, start, end, facts.registry)
        if facts.registry[name].symmetric:
            back = _along(chain.steps, usable, end, start, facts.registry)
            found += [turned(way) for way in back]
    return [proof_of(rule, way) for way in sorted(found, key=path_rank)]


def turned(way: Sequence[Step]) -> tuple[Step, ...]:
    """A way walked from its end to its start."""
    return tuple(
        Step(step.statement, "in" if step.direction == "out" else "out") for step in reversed(way)
    )


RULES = (
    Rule("transitive", "supports", True, transitive),
    Rule("property_chain", "supports", True, property_chain),
    Rule("plausible_chain", "notes", False, plausible_chain),
)
