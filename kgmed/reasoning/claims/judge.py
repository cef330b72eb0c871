"""One assertion, searched for and against, and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kgmed.kg.categories import is_a
from kgmed.kg.model import Concept, Statement
from kgmed.reasoning.claims import evidence, search
from kgmed.reasoning.claims.coverage import Coverage, coverage
from kgmed.reasoning.claims.evidence import Search
from kgmed.reasoning.claims.ground import CANDIDATES, Ground, both_ways
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules import RULES, Assertion, Facts
from kgmed.reasoning.claims.rules.base import fits
from kgmed.reasoning.claims.verdict import Decision, Findings, decide

MEMBERS = 64
"""Members of a class that are looked at."""
MEMBERSHIP = ("in_drug_class", "has_role")
REFUTING = ("explicit_negative", "asymmetric_reverse", "excludes")
_CLASSES = ("DrugClass", "ChemicalRole")


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision about an assertion, and the concepts at its ends."""

    assertion: Assertion
    decision: Decision
    concepts: Mapping[str, Concept] = field(default_factory=dict)


def judge(ground: Ground, assertion: Assertion, *, negated: bool, every: bool) -> Search[Judged]:
    """Search for and against an assertion, and decide; ``every`` looks for all proofs."""
    entry = ground.registry.get(assertion.predicate)
    ends = [assertion.subject]
    if entry is None or not entry.takes_value:
        ends.append(assertion.object)
    concepts = yield from evidence.concepts(ends)
    if entry is not None and entry.takes_value:
        found = yield from _values(ground, assertion)
    else:
        found = yield from _findings(ground, assertion, concepts, every=every)
    return Judged(assertion, decide(found, negated=negated), concepts)


def _values(ground: Ground, assertion: Assertion) -> Search[Findings]:
    found = yield from evidence.values(assertion.subject, assertion.predicate)
    stated = [s for s in found if s.retracted is None]
    facts = Facts(ground.registry, stated)
    sources = tuple(sorted({s.primary_knowledge_source for s in stated}))
    return Findings(
        supports=tuple(RULES["value"].find(assertion, facts)),
        refutes=tuple(RULES["explicit_negative"].find(assertion, facts)),
        differing=_same_otherwise(assertion, facts),
        coverage=Coverage(sources, sources, assertion.predicate in ground.present),
    )


def _same_otherwise(assertion: Assertion, facts: Facts) -> tuple[Statement, ...]:
    """Statements with the claimed value and other qualifiers."""
    plain = replace(assertion, qualifiers={})
    proofs = RULES["value"].find(plain, facts)
    return tuple(s for p in proofs for s in p.statements if not fits(assertion, s, facts))


def _findings(
    ground: Ground, assertion: Assertion, concepts: Mapping[str, Concept], *, every: bool
) -> Search[Findings]:
    stated = yield from search.direct(ground, assertion)
    supports = yield from search.support(ground, assertion, stated, every=every)
    opposed = yield from search.opposition(ground, assertion, stated)
    ids = yield from search.affected(assertion, opposed)
    facts = Facts(ground.registry, opposed, ids=ids)
    refutes = search.apply(
        ("explicit_negative", "asymmetric_reverse", "excludes"), assertion, facts
    )
    warns = yield from search.warnings(ground, assertion)
    found = Findings(tuple(supports), tuple(refutes), tuple(warns))
    if supports:
        return found
    if not refutes:
        back = yield from _chain_back(ground, assertion)
        categories = {id: concept.categories for id, concept in concepts.items()}
        typed = Facts(ground.registry, categories=categories)
        back += RULES["ill_typed"].find(assertion, typed)
        found = replace(found, refutes=tuple(back))
    if found.refutes:
        return found
    return (yield from _undecided(ground, assertion, concepts, stated, found))


def _chain_back(ground: Ground, assertion: Assertion) -> Search[list[Proof]]:
    """The reverse of a claim by a chain of an asymmetric, transitive predicate."""
    entry = ground.registry.get(assertion.predicate)
    if entry is None or not (entry.asymmetric and entry.transitive):
        return []
    ids = yield from search.hierarchy(ground, assertion.reversed)
    facts = Facts(ground.registry, (yield from evidence.statements(ids)))
    return RULES["asymmetric_reverse"].find(assertion, facts)


def _undecided(
    ground: Ground,
    assertion: Assertion,
    concepts: Mapping[str, Concept],
    stated: Sequence[Statement],
    found: Findings,
) -> Search[Findings]:
    """What an undecided claim is told besides: other qualifiers, members, coverage."""
    facts = Facts(ground.registry, stated)
    differing = tuple(s for s in stated if not fits(assertion, s, facts))
    ids = yield from search.along_chains(ground, assertion, "plausible")
    loaded = yield from evidence.statements(ids)
    plausible = RULES["plausible_chain"].find(assertion, Facts(ground.registry, loaded))
    found = replace(found, differing=differing, plausible=tuple(plausible))
    if differing:
        return found
    members = (0, 0)
    for end in ("subject", "object"):
        concept = concepts.get(assertion.subject if end == "subject" else assertion.object)
        if concept is not None and any(is_a(c, k) for c in concept.categories for k in _CLASSES):
            counted = yield from _members(ground, assertion, is_subject=end == "subject")
            members = max(members, counted)
    return replace(found, members=members, coverage=(yield from coverage(ground, assertion)))


def _members(ground: Ground, assertion: Assertion, *, is_subject: bool) -> Search[tuple[int, int]]:
    """(members of a class that have what is claimed of it, members looked at)."""
    here = assertion.subject if is_subject else assertion.object
    there = assertion.object if is_subject else assertion.subject
    if assertion.predicate in MEMBERSHIP:
        return 0, 0
    below = ground.below(assertion.predicate)
    names = [name for name in MEMBERSHIP if name in ground.present]
    most = min(MEMBERS, CANDIDATES // (2 * len(below) or 1))
    rows = yield from evidence.edges([here], names, "in", limit=most)
    members = list(dict.fromkeys(edge.subject for edge in rows[0] if edge.subject != there))
    groups = [
        both_ways(
            ground,
            member if is_subject else there,
            assertion.predicate,
            there if is_subject else member,
        )
        for member in members
    ]
    found = yield from evidence.triples([triple for group in groups for triple in group])
    having, place = 0, 0
    for group in groups:
        having += any(found[place : place + len(group)])
        place += len(group)
    return having, len(members)
