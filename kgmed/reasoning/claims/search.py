"""Finding the statements that a proof could be made of, and having the rules make it.

The search proposes and the rules dispose: what it fetches is handed to
:mod:`kgmed.reasoning.claims.rules`, which alone make proofs. Exact triples are asked for first,
hierarchies only where no statement says the claim outright, upwards and by a bounded number of
concepts. A hub's row is never read whole: :data:`~kgmed.reasoning.claims.ground.ROW` edges of it,
and where it has more, the search comes from the other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from kgmed.kg.model import Statement
from kgmed.kg.store.base import EdgeDirection
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.carrying import across
from kgmed.reasoning.claims.evidence import Search, Triple
from kgmed.reasoning.claims.ground import (
    MANY_PREDICATES,
    ROW,
    STATEMENTS,
    Ground,
    Ids,
    both_ways,
    root,
    upward,
    way,
)
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules import RULES, Assertion, Facts
from kgmed.reasoning.claims.rules.carried import carried
from kgmed.reasoning.claims.rules.chains import chains_for


def direct(ground: Ground, assertion: Assertion) -> Search[list[Statement]]:
    """The statements that join the claim's ends by its predicate or one below it."""
    names = ground.below(assertion.predicate)
    if len(names) > MANY_PREDICATES:
        joined = yield from evidence.between(assertion.subject, assertion.object)
        return joined[:STATEMENTS]
    wanted = both_ways(ground, assertion.subject, assertion.predicate, assertion.object)
    found = yield from evidence.triples(wanted)
    ids = [id for some in found for id in some]
    return (yield from evidence.statements(ids[:STATEMENTS]))


def hierarchy(ground: Ground, assertion: Assertion) -> Search[Ids]:
    """The statements of a chain of a transitive predicate from subject to object."""
    entry = ground.registry.get(assertion.predicate)
    if entry is None or not entry.transitive:
        return []
    names = ground.below(assertion.predicate)
    came = yield from upward([assertion.subject], names, goal=assertion.object)
    return way(came, assertion.object)


def along_chains(
    ground: Ground, assertion: Assertion, gives: Literal["entailed", "plausible"]
) -> Search[Ids]:
    """The statements of the declared property chains that join the claim's ends."""
    ids: Ids = []
    if assertion.qualifiers:
        return ids
    for name, chain in chains_for(assertion.predicate, ground.registry, gives):
        if not all(ground.below(step.removeprefix("^")) for step in chain.steps):
            continue
        ends = [(assertion.subject, assertion.object)]
        if ground.registry[name].symmetric:
            ends.append((assertion.object, assertion.subject))
        for start, end in ends:
            ids += yield from _along(ground, chain.steps, start, end)
    return ids


def _along(ground: Ground, steps: Sequence[str], start: str, end: str) -> Search[Ids]:
    ways: dict[str, Ids] = {start: []}
    for place, step in enumerate(steps):
        predicate, backwards = step.removeprefix("^"), step[0] == "^"
        names, last = ground.below(predicate), place == len(steps) - 1
        if ground.registry[predicate].transitive and not backwards:
            came = yield from upward(ways, names, goal=end if last else "")
            ways = {n: [*ways.get(root(came, n), []), *way(came, n)] for n in came if came[n]}
        elif last:
            nodes = list(ways)[:ROW]
            wanted = [
                [(end, name, node) if backwards else (node, name, end) for name in names]
                for node in nodes
            ]
            found = yield from evidence.triples([t for some in wanted for t in some])
            groups = [found[n : n + len(names)] for n in range(0, len(found), len(names))]
            ids: Ids = []
            for node, group in zip(nodes, groups, strict=True):
                more = [id for some in group for id in some[:1]]
                ids += [*ways[node], *more] if more else []
            return ids
        else:
            direction: EdgeDirection = "in" if backwards else "out"
            rows = yield from evidence.edges(list(ways), names, direction, limit=ROW)
            further: dict[str, Ids] = {}
            for node, row in zip(ways, rows, strict=True):
                for edge in row:
                    target = edge.subject if backwards else edge.object
                    further.setdefault(target, [*ways[node], edge.statement])
            ways = further
    return ways.get(end, [])


def support(
    ground: Ground, assertion: Assertion, stated: Sequence[Statement], *, every: bool
) -> Search[list[Proof]]:
    """The proofs of an assertion, the entailing before the others, then the shortest first.

    ``stated`` is what :func:`direct` found. Stops at the first that entails, unless ``every``.
    """
    ids = yield from affected(assertion, stated)
    facts = Facts(ground.registry, stated, ids=ids)
    found = apply(("statement", "inverse", "symmetric", "sub_predicate"), assertion, facts)
    for search, rule in ((hierarchy, "transitive"), (_entailed, "property_chain")):
        if found and not every:
            return found
        more = yield from search(ground, assertion)
        if more:
            loaded = yield from evidence.statements(more)
            found += apply((rule,), assertion, Facts(ground.registry, loaded, ids=ids))
    if found and not every:
        return found
    facts = yield from across(ground, assertion)
    ids = {**ids, **(yield from affected(assertion, facts.statements))}
    facts = Facts(ground.registry, facts.statements, names=facts.names, ids=ids)
    found += carried(assertion, facts)
    return sorted(found, key=lambda proof: not RULES[proof.rule].entails)


def _entailed(ground: Ground, assertion: Assertion) -> Search[Ids]:
    return (yield from along_chains(ground, assertion, "entailed"))


def affected(assertion: Assertion, stated: Sequence[Statement]) -> Search[dict[str, str]]:
    """What the affected parties of a claim and of statements are called in the graph."""
    if "affected" not in assertion.qualifiers:
        return {}
    every = [assertion.qualifiers, *(s.qualifiers for s in stated)]
    asked = list(dict.fromkeys(q["affected"] for q in every if "affected" in q))
    found = yield from evidence.resolve(asked)
    return {asked: id for asked, id in zip(asked, found, strict=True) if id is not None}


def apply(rules: Iterable[str], assertion: Assertion, facts: Facts) -> list[Proof]:
    """What some rules find, in their order."""
    return [proof for name in rules for proof in RULES[name].find(assertion, facts)]


def opposition(
    ground: Ground, assertion: Assertion, stated: Sequence[Statement]
) -> Search[list[Statement]]:
    """The statements that may refute a claim: denials, the reverse, and excluding partners."""
    entry = ground.registry.get(assertion.predicate)
    s, o, predicate = assertion.subject, assertion.object, assertion.predicate
    denied = [(s, predicate, o)]
    if entry is not None and entry.symmetric and s != o:
        denied.append((o, predicate, s))
    found = yield from evidence.triples(denied if predicate in ground.present else [], negated=True)
    wanted: list[Triple] = []
    if entry is not None and entry.asymmetric:
        wanted += [(o, name, s) for name in ground.below(predicate)]
    if entry is not None:
        wanted += [(s, name, o) for name in entry.excludes if name in ground.present]
    found = found + (yield from evidence.triples(wanted))
    ids = [id for some in found for id in some[:STATEMENTS]]
    return [*stated, *(yield from evidence.statements(ids))]


def warnings(ground: Ground, assertion: Assertion) -> Search[list[Proof]]:
    """What ``opposes`` finds, by statements or by what carries them."""
    entry = ground.registry.get(assertion.predicate)
    found: list[Proof] = []
    for partner in entry.opposes if entry is not None else ():
        other = Assertion(assertion.subject, partner, assertion.object)
        if not ground.below(partner):
            continue
        stated = yield from direct(ground, other)
        facts = Facts(ground.registry, stated)
        if not stated:
            facts = yield from across(ground, other)
        found += RULES["opposes"].find(assertion, facts)
    return found
