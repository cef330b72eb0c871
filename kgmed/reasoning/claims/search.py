"""Finding the statements that a proof could be made of, and having the rules make it.

The search proposes and the rules dispose: what it fetches is handed to
:mod:`kgmed.reasoning.claims.rules`, which alone make proofs. Exact triples are asked for first,
hierarchies only where no statement says the claim outright, upwards and by a bounded number of
concepts. A hub's row is never read whole: :data:`ROW` edges of it, and where it has more, the
search comes from the other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from kgmed.kg.model import Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import Edge, EdgeDirection
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.evidence import Search, Triple
from kgmed.reasoning.claims.model import Proof
from kgmed.reasoning.claims.rules import RULES, Assertion, Facts
from kgmed.reasoning.claims.rules.base import flips
from kgmed.reasoning.claims.rules.carried import carried, drug_variants, passes
from kgmed.reasoning.claims.rules.chains import CHAIN_STEPS, chains_for
from kgmed.reasoning.retrieve import INHERITED_BY_PRODUCTS, REACH_MEMBERS, SHARED_BY_FORMS

STATEMENTS = 64
"""Statements of one kind that are read whole for one claim."""
ROW = 256
"""Edges that are read of one concept's row."""
FAN = 32
"""Edges that are read of one concept on the way up a hierarchy, or of its forms and ingredients."""
ABOVE = 1024
"""Concepts that a search up a hierarchy visits."""
CANDIDATES = 1024
"""Triples that levels and inheritance may ask for."""
MANY_PREDICATES = 40
"""Predicates below one, up to which each is asked for; of more, all statements of the pair are."""

End = Literal["subject", "object"]
Ids = list[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a search knows of a graph beforehand: the predicates, and those that it has."""

    registry: Registry
    present: frozenset[str]

    def below(self, predicate: str) -> tuple[str, ...]:
        """A predicate and those below it, as far as the graph has statements of them."""
        return tuple(n for n in self.registry.descendants(predicate) if n in self.present)


def both_ways(ground: Ground, subject: str, predicate: str, object: str) -> list[Triple]:
    """The triples whose statements say ``subject predicate object``, nearest predicate first."""
    names = ground.below(predicate)
    found = [(subject, name, object) for name in names]
    if subject != object:
        backwards = (name for name in names if flips(ground.registry, name, predicate))
        found += [(object, name, subject) for name in backwards]
    return found


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


def upward(
    starts: Iterable[str], predicates: Sequence[str], *, goal: str = "", steps: int = CHAIN_STEPS
) -> Search[dict[str, Edge | None]]:
    """The concepts that edges lead to from some, nearest first, each with the edge that led there.

    Stops at ``goal``, after ``steps``, or where :data:`ABOVE` concepts were seen.
    """
    came: dict[str, Edge | None] = dict.fromkeys(starts)
    frontier = list(came)
    for _step in range(steps):
        if not frontier or goal in came or len(came) >= ABOVE:
            break
        found = yield from evidence.edges(frontier, predicates, "out", limit=FAN)
        frontier = []
        for edge in (edge for some in found for edge in some):
            if edge.object not in came and len(came) < ABOVE:
                came[edge.object] = edge
                frontier.append(edge.object)
    return came


def way(came: dict[str, Edge | None], node: str) -> Ids:
    """The statement ids on the way that led to a concept; [] for none or a start."""
    ids = []
    edge = came.get(node)
    while edge is not None:
        ids.append(edge.statement)
        edge = came[edge.subject]
    return ids[::-1]


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
            ways = {n: [*ways.get(_root(came, n), []), *way(came, n)] for n in came if came[n]}
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


def _root(came: dict[str, Edge | None], node: str) -> str:
    edge = came[node]
    while edge is not None:
        node = edge.subject
        edge = came[node]
    return node


def levels(ground: Ground, assertion: Assertion) -> Search[Facts]:
    """Forms, ingredients and classes of the claim's drugs: the statements that make them so, and
    the names of bases, which may be ions."""
    facts = Facts(ground.registry)
    predicate = assertion.predicate
    entry = ground.registry[predicate]
    ends = [assertion.subject] + ([assertion.object] if entry.symmetric else [])
    ids: Ids = []
    if passes(predicate, INHERITED_BY_PRODUCTS, facts):
        ends += yield from _step(ground, ends, "has_active_ingredient", "out", ids)
    bases: list[str] = []
    if passes(predicate, SHARED_BY_FORMS, facts):
        bases = yield from _step(ground, ends, "form_of", "out", ids)
        ends += bases
        ends += yield from _step(ground, ends, "form_of", "in", ids)
    if passes(predicate, REACH_MEMBERS, facts):
        yield from _step(ground, ends, "in_drug_class", "out", ids)
    if not ids:
        return facts
    found = yield from evidence.statements(ids[: 4 * STATEMENTS])
    known = yield from evidence.concepts([s.object for s in found if s.predicate == "form_of"])
    return Facts(ground.registry, found, names={id: c.name for id, c in known.items()})


def _step(
    ground: Ground, starts: Sequence[str], name: str, direction: Literal["out", "in"], ids: Ids
) -> Search[list[str]]:
    """The concepts one step away, new ones only; the statement ids are added to ``ids``."""
    if name not in ground.present:
        return []
    rows = yield from evidence.edges(starts, [name], direction, limit=FAN)
    every = [edge for row in rows for edge in row]
    ids += [edge.statement for edge in every]
    reached = dict.fromkeys(e.object if direction == "out" else e.subject for e in every)
    return [id for id in reached if id not in starts][:FAN]


def across(ground: Ground, assertion: Assertion) -> Search[Facts]:
    """The statements by which drug levels and inheritance may carry the claim."""
    entry = ground.registry.get(assertion.predicate)
    if entry is None or entry.takes_value:
        return Facts(ground.registry)
    names = ground.below(assertion.predicate)
    if not names:
        return Facts(ground.registry)
    level = Facts(ground.registry)
    if passes(assertion.predicate, (*SHARED_BY_FORMS, *INHERITED_BY_PRODUCTS), level):
        level = yield from levels(ground, assertion)
    subjects = _ids(drug_variants(assertion, assertion.subject, level))
    objects = [assertion.object]
    if entry.symmetric:
        objects = _ids(drug_variants(assertion, assertion.object, level))
    pairs = [(s, o) for s in subjects for o in objects if s != o]
    wanted = [t for s, o in pairs[1:] for t in both_ways(ground, s, assertion.predicate, o)]
    found = yield from evidence.triples(wanted[:CANDIDATES])
    ids = [id for some in found for id in some][:STATEMENTS]
    if entry.inherit_object.direction != "none":
        ids += yield from _inheriting(ground, assertion, "object", subjects)
    if entry.inherit_subject.direction != "none":
        ids += yield from _inheriting(ground, assertion, "subject", objects)
    if not ids:
        return Facts(ground.registry)
    more = yield from evidence.statements(ids)
    return Facts(ground.registry, [*level.statements, *more], names=level.names)


def _ids(variants: Iterable[tuple[str, object, object]]) -> list[str]:
    return list(dict.fromkeys(variant[0] for variant in variants))[:FAN]


def _inheriting(
    ground: Ground, assertion: Assertion, end: End, others: Sequence[str]
) -> Search[Ids]:
    """The statements by which an end inherits: what is stated of the ``others`` at the other end,
    and the way from there to this end."""
    entry = ground.registry[assertion.predicate]
    at_object = end == "object"
    here = assertion.object if at_object else assertion.subject
    rule = entry.inherit_object if at_object else entry.inherit_subject
    names = ground.below(assertion.predicate)
    if "subclass_of" not in ground.present:
        return []
    rows = yield from evidence.edges(others, names, "out" if at_object else "in", limit=ROW + 1)
    stated: dict[str, Ids] = {}
    for row in rows:
        for edge in row[:ROW]:
            stated.setdefault(edge.object if at_object else edge.subject, []).append(edge.statement)
    stated.pop(here, None)
    is_cut = any(len(row) > ROW for row in rows)
    if rule.direction == "down":
        came = yield from upward([here], ["subclass_of"])
        above = [node for node in came if node != here]
        return (yield from _meeting(ground, assertion, end, others, above, stated, came, is_cut))
    if rule.strength == "entailed":
        came = yield from upward(stated, ["subclass_of"], goal=here)
        ids = way(came, here)
        return [*stated[_root(came, here)], *ids] if ids else []
    top = yield from evidence.edges([here], ["subclass_of"], "out", limit=1)
    if not top[0]:
        return []
    witness = [top[0][0].statement]
    rows = yield from evidence.edges([here], ["subclass_of"], "in", limit=ROW + 1)
    children: dict[str, Edge | None] = {edge.subject: edge for edge in rows[0]}
    down = _Down(children)
    ids = yield from _meeting(ground, assertion, end, others, list(children), stated, down, is_cut)
    if not ids and not is_cut and len(stated) <= len(children):
        rows = yield from evidence.edges(list(stated), ["subclass_of"], "out", limit=FAN)
        parents = [edge for row in rows for edge in row]
        if len(children) > ROW:
            asked = list(dict.fromkeys(edge.object for edge in parents))
            found = yield from evidence.triples([(id, "subclass_of", here) for id in asked])
            links = {id: some[0] for id, some in zip(asked, found, strict=True) if some}
        else:
            links = {id: edge.statement for id, edge in children.items() if edge}
        for edge in parents:
            if edge.object in links:
                ids += [*stated[edge.subject], edge.statement, links[edge.object]]
    elif not ids:
        nodes = list(children)[:ROW]
        rows = yield from evidence.edges(nodes, ["subclass_of"], "in", limit=FAN)
        for edge in (edge for row in rows for edge in row):
            down.setdefault(edge.subject, edge)
        below = [node for node in down if node not in children][:CANDIDATES]
        ids = yield from _meeting(ground, assertion, end, others, below, stated, down, is_cut)
    return [*ids[: 4 * STATEMENTS], *witness] if ids else []


class _Down(dict[str, "Edge | None"]):
    """Concepts below one, each with the edge that leads up from it."""


def _meeting(
    ground: Ground,
    assertion: Assertion,
    end: End,
    others: Sequence[str],
    nodes: Sequence[str],
    stated: dict[str, Ids],
    came: dict[str, Edge | None],
    is_cut: bool,
) -> Search[Ids]:
    """The statements of the ``nodes`` that are stated, with those on the way between each and the
    claim's end. Where a row was cut, each is asked for."""
    hits = {node: stated[node] for node in nodes if node in stated}
    if is_cut:
        pairs = [(other, node) for node in nodes if node not in hits for other in others]
        wanted = [
            (node, [(o, name, node) if end == "object" else (node, name, o)])
            for o, node in pairs
            for name in ground.below(assertion.predicate)
        ][:CANDIDATES]
        found = yield from evidence.triples([t for _node, some in wanted for t in some])
        for (node, _triples), ids in zip(wanted, found, strict=True):
            if ids:
                hits.setdefault(node, []).extend(ids[:1])
    result: Ids = []
    for node, ids in list(hits.items())[:STATEMENTS]:
        result += ids[:4]
        result += _up(came, node) if isinstance(came, _Down) else way(came, node)
    return result


def _up(down: dict[str, Edge | None], node: str) -> Ids:
    ids = []
    edge = down.get(node)
    while edge is not None:
        ids.append(edge.statement)
        edge = down.get(edge.object)
    return ids


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
