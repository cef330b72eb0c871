"""What a graph holds about a concept, under the levels that make it hold.

A question about warfarin means its salts too, one about a brand product means its ingredients, one
about a class means the class, and one about diabetes is also answered by what is stated of type 2
diabetes. DESIGN's drug levels and the registry's inheritance say which predicates pass which way;
every result names the concept that its statement really speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kgmed.kg.model import Statement
from kgmed.kg.predicates import Predicate, Registry
from kgmed.kg.store.base import Edge, GraphStore

Level = Literal["itself", "form", "base", "class", "ingredient", "narrower", "broader"]
End = Literal["subject", "object"]

SHARED_BY_FORMS = ("interacts_with", "has_target", "contraindicated_in")
"""Predicates (and those below them) that a salt or ester shares with its base."""

INHERITED_BY_PRODUCTS = ("interacts_with", "contraindicated_in")
REACH_MEMBERS = ("interacts_with", "contraindicated_in")
"""Predicates whose statements about a drug class reach its members, shown as by class."""

HIERARCHY_STEPS = 2
"""Steps of subclass_of over which a ``some`` inheritance holds."""

CHAIN_STEPS = 32
"""Steps of a transitive predicate that a yes may rest on."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A concept whose statements count for the one that was asked about, and on which level."""

    id: str
    level: Level


@dataclass(frozen=True, slots=True)
class Hit:
    """One edge that answers, seen from the concept that was asked about."""

    edge: Edge
    scope: Scope
    other: str


class Retriever:
    """Reads one store under the registry's rules. Keeps no state between calls."""

    def __init__(self, store: GraphStore, registry: Registry) -> None:
        self.store = store
        self.registry = registry

    def below(self, predicate: str) -> tuple[str, ...]:
        """A predicate and all below it: ``inhibits`` answers for ``has_target``."""
        return self.registry.descendants(predicate)

    def _is(self, predicate: str, wanted: Sequence[str]) -> bool:
        return any(name in wanted for name in self.registry.ancestors(predicate))

    # Levels

    def scopes(self, id: str, predicate: str, end: End) -> list[Scope]:
        """The concepts whose statements of ``predicate`` count for ``id`` at that end."""
        found = [Scope(id, "itself")]
        entry = self.registry[predicate]
        if self._is(predicate, SHARED_BY_FORMS):
            found += self._forms(id)
        if self._is(predicate, INHERITED_BY_PRODUCTS) and (end == "subject" or entry.symmetric):
            found += self._ingredients(id)
        if self._is(predicate, REACH_MEMBERS) and (end == "subject" or entry.symmetric):
            for scope in list(found):
                found += [Scope(c, "class") for c in self._ends([scope.id], "in_drug_class", "out")]
        found += self._inherited(id, entry, end)
        seen: set[str] = set()
        return [s for s in found if not (s.id in seen or seen.add(s.id))]  # type: ignore[func-returns-value]

    def _ends(
        self, ids: Sequence[str], predicate: str, direction: Literal["out", "in"]
    ) -> list[str]:
        """The concepts at the other end of positive edges of one predicate, in order, once each."""
        lists = self.store.neighbors(ids, predicates=[predicate], direction=direction)
        ends = (
            (edge.object if direction == "out" else edge.subject)
            for edges in lists
            for edge in edges
            if not edge.negated
        )
        return list(dict.fromkeys(ends))

    def _forms(self, id: str) -> list[Scope]:
        bases = self._ends([id], "form_of", "out")
        forms = self._ends([id, *bases], "form_of", "in")
        return [Scope(base, "base") for base in bases] + [
            Scope(form, "form") for form in forms if form != id
        ]

    def _ingredients(self, id: str) -> list[Scope]:
        ingredients = self._ends([id], "has_active_ingredient", "out")
        found = []
        for ingredient in ingredients:
            found.append(Scope(ingredient, "ingredient"))
            found += [Scope(s.id, "ingredient") for s in self._forms(ingredient)]
        return found

    def _inherited(self, id: str, entry: Predicate, end: End) -> list[Scope]:
        """Concepts below (``up``: their statements hold for ``id``) or above (``down``)."""
        rule = entry.inherit_object if end == "object" else entry.inherit_subject
        if rule.direction == "none":
            return []
        if rule.direction == "up":
            if not self._ends([id], "subclass_of", "out"):
                return []  # never to a top-level class: everything would be below it
            return [Scope(c, "narrower") for c in self._walk(id, "in")]
        return [Scope(c, "broader") for c in self._walk(id, "out")]

    def _walk(self, id: str, direction: Literal["out", "in"]) -> list[str]:
        frontier, seen = [id], {id: None}
        for _step in range(HIERARCHY_STEPS):
            frontier = [c for c in self._ends(frontier, "subclass_of", direction) if c not in seen]
            seen.update(dict.fromkeys(frontier))
        return list(seen)[1:]

    # Statements

    def hits(self, id: str, predicate: str, end: End) -> list[Hit]:
        """The positive edges of a predicate at one end, over all levels, nearest level first."""
        return [hit for hit in self._edges(id, predicate, end) if not hit.edge.negated]

    def _edges(self, id: str, predicate: str, end: End) -> list[Hit]:
        entry = self.registry[predicate]
        scopes = self.scopes(id, predicate, end)
        direction: Literal["both", "out", "in"] = (
            "both" if entry.symmetric else "out" if end == "subject" else "in"
        )
        lists = self.store.neighbors(
            [scope.id for scope in scopes], predicates=self.below(predicate), direction=direction
        )
        found = []
        for scope, edges in zip(scopes, lists, strict=True):
            for edge in edges:
                other = edge.object if edge.subject == scope.id else edge.subject
                if other != id:
                    found.append(Hit(edge, scope, other))
        return found

    def between(self, subject: str, predicate: str, object: str) -> tuple[list[Hit], list[Hit]]:
        """The edges that say ``subject predicate object`` on any level, and those that deny it."""
        wanted = {scope.id for scope in self.scopes(object, predicate, "object")}
        found = [hit for hit in self._edges(subject, predicate, "subject") if hit.other in wanted]
        return (
            [hit for hit in found if not hit.edge.negated],
            [hit for hit in found if hit.edge.negated and hit.scope.level == "itself"],
        )

    def chain(self, subject: str, predicate: str, object: str) -> list[Edge]:
        """The shortest chain of a transitive predicate's edges from subject to object, or []."""
        came: dict[str, Edge] = {}
        frontier = [subject]
        for _step in range(CHAIN_STEPS):
            lists = self.store.neighbors(frontier, predicates=[predicate], direction="out")
            fresh: list[str] = []
            for edge in (edge for edges in lists for edge in edges):
                if not edge.negated and edge.object != subject and edge.object not in came:
                    came[edge.object] = edge
                    fresh.append(edge.object)
            if object in came:
                break
            frontier = fresh
        chain: list[Edge] = []
        node = object
        while node in came:
            chain.append(came[node])
            node = came[node].subject
        return chain[::-1]

    def statements(self, ids: Sequence[str]) -> dict[str, Statement]:
        """Whole statements by id."""
        found = self.store.statements(ids)
        return {s.id: s for s in found if s is not None}

    # Coverage

    def covering_sources(self, id: str, predicate: str, end: End) -> list[tuple[str, str]]:
        """(source, release) of the statements of a predicate at this end of a concept."""
        hits = self._edges(id, predicate, end)
        statements = self.statements(list(dict.fromkeys(hit.edge.statement for hit in hits)))
        pairs = {(s.primary_knowledge_source, s.release) for s in statements.values()}
        return sorted(pairs)

    def sources_of(self, predicate: str) -> list[tuple[str, str, int]]:
        """(source, release, statements) that a graph holds of a predicate, most first."""
        names = set(self.below(predicate))
        best: dict[tuple[str, str, str], int] = {}
        for row in self.store.coverage():
            if row.predicate in names:
                where = (row.predicate, row.source, row.release)
                best[where] = max(best.get(where, 0), row.statements)
        total: dict[tuple[str, str], int] = {}
        for (_predicate, source, release), n in best.items():
            total[source, release] = total.get((source, release), 0) + n
        return sorted(((s, r, n) for (s, r), n in total.items()), key=lambda x: (-x[2], x[0]))
