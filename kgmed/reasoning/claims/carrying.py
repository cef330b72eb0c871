"""Fetching what may carry a claim: forms, ingredients and classes of drugs, and inheritance.

Rows are compared where both were read whole; where one is a hub's, its side is asked for exact
triples. The rules (:mod:`kgmed.reasoning.claims.rules.carried`) make the proofs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from kgmed.kg.store.base import EdgeDirection
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.evidence import Search, Triple
from kgmed.reasoning.claims.ground import (
    CANDIDATES,
    FAN,
    ROW,
    STATEMENTS,
    Ground,
    Ids,
    both_ways,
    root,
    upward,
    way,
)
from kgmed.reasoning.claims.rules import Assertion, Facts
from kgmed.reasoning.claims.rules.carried import drug_variants, passes
from kgmed.reasoning.retrieve import INHERITED_BY_PRODUCTS, REACH_MEMBERS, SHARED_BY_FORMS

End = Literal["subject", "object"]


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


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of the other end of a claim: concept -> statement ids. ``is_cut`` where there
    is more than was read; then what may be stated is asked for triple by triple."""

    assertion: Assertion
    end: End
    others: Sequence[str]
    rows: dict[str, Ids]
    is_cut: bool

    def triples(self, node: str, names: Sequence[str]) -> list[Triple]:
        """The triples that would state the claim of a concept in place of its end."""
        if self.end == "object":
            return [(other, name, node) for other in self.others for name in names]
        return [(node, name, other) for other in self.others for name in names]


def _stated(
    ground: Ground, assertion: Assertion, end: End, others: Sequence[str]
) -> Search[Stated]:
    names = ground.below(assertion.predicate)
    at_object = end == "object"
    direction: EdgeDirection = "out" if at_object else "in"
    rows, is_cut = yield from evidence.row(others, names, direction, limit=ROW)
    found: dict[str, Ids] = {}
    for edge in (edge for row in rows for edge in row):
        found.setdefault(edge.object if at_object else edge.subject, []).append(edge.statement)
    found.pop(assertion.object if at_object else assertion.subject, None)
    return Stated(assertion, end, others, found, is_cut)


def _inheriting(
    ground: Ground, assertion: Assertion, end: End, others: Sequence[str]
) -> Search[Ids]:
    """The statements by which an end inherits: what is stated of the ``others`` at the other end,
    and the way from there to this end."""
    entry = ground.registry[assertion.predicate]
    here = assertion.object if end == "object" else assertion.subject
    rule = entry.inherit_object if end == "object" else entry.inherit_subject
    if "subclass_of" not in ground.present:
        return []
    stated = yield from _stated(ground, assertion, end, others)
    if rule.direction == "down":
        came = yield from upward([here], ["subclass_of"])
        hits = yield from _hits(ground, stated, [node for node in came if node != here])
        return [id for node, ids in hits.items() for id in (*ids, *way(came, node))]
    if rule.strength == "entailed":
        came = yield from upward(stated.rows, ["subclass_of"], goal=here)
        ids = way(came, here)
        return [*stated.rows[root(came, here)], *ids] if ids else []
    return (yield from _narrower(ground, stated, here))


def _narrower(ground: Ground, stated: Stated, here: str) -> Search[Ids]:
    """What is stated of something up to two steps below a class that has one above it."""
    top = yield from evidence.edges([here], ["subclass_of"], "out", limit=1)
    if not top[0]:
        return []
    rows, cut_below = yield from evidence.row([here], ["subclass_of"], "in", limit=ROW)
    first = {edge.subject: [edge.statement] for edge in rows[0]}
    hits = yield from _hits(ground, stated, list(first))
    ways = first
    if not hits:
        ways = {}
        if not stated.is_cut and (cut_below or len(stated.rows) <= len(first)):
            ways = yield from _from_below(stated, here, None if cut_below else first)
        else:
            rows = yield from evidence.edges(list(first), ["subclass_of"], "in", limit=FAN)
            for edge in (edge for row in rows for edge in row):
                if edge.subject != here:
                    ways.setdefault(edge.subject, [edge.statement, *first[edge.object]])
        hits = yield from _hits(ground, stated, list(ways))
    ids = [id for node, some in hits.items() for id in (*some, *ways[node])]
    return [*ids[: 4 * STATEMENTS], top[0][0].statement] if ids else []


def _from_below(stated: Stated, here: str, first: dict[str, Ids] | None) -> Search[dict[str, Ids]]:
    """Concepts of which the claim is stated, two steps below a class, each with the way up, and
    one step below where ``first``, the concepts right below the class, weren't all read."""
    rows = yield from evidence.edges(list(stated.rows), ["subclass_of"], "out", limit=FAN)
    parents = [edge for row in rows for edge in row if edge.object != here]
    ways: dict[str, Ids] = {}
    if first is None:
        asked = list(dict.fromkeys([*stated.rows, *(edge.object for edge in parents)]))
        found = yield from evidence.triples([(id, "subclass_of", here) for id in asked])
        first = {id: some[:1] for id, some in zip(asked, found, strict=True) if some}
        ways = {id: first[id] for id in stated.rows if id in first}
    for edge in parents:
        if edge.object in first:
            ways.setdefault(edge.subject, [edge.statement, *first[edge.object]])
    return ways


def _hits(ground: Ground, stated: Stated, nodes: Sequence[str]) -> Search[dict[str, Ids]]:
    """The concepts among some of which the claim is stated, each with a few statement ids."""
    hits = {node: stated.rows[node][:4] for node in nodes if node in stated.rows}
    if stated.is_cut:
        names = ground.below(stated.assertion.predicate)
        wanted = [
            (node, triple)
            for node in nodes
            if node not in hits
            for triple in stated.triples(node, names)
        ][:CANDIDATES]
        found = yield from evidence.triples([triple for _node, triple in wanted])
        for (node, _triple), ids in zip(wanted, found, strict=True):
            if ids:
                hits.setdefault(node, []).extend(ids[:1])
    return dict(list(hits.items())[:STATEMENTS])
