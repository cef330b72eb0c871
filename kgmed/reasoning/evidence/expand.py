"""Ways on from some concepts: what the graph states of them, as sentences that may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from kgmed.kg.model import Language, Statement
from kgmed.kg.paths.rank import statement_score
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import Edge, GraphStore
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.views.licensing import Terms
from kgmed.reasoning.evidence.names import leaving_names

EDGES = 300
"""Edges of a concept that are looked at."""
SAME = 3
"""Ways on of one predicate from one concept."""
_HUB = 0.05
_TOWARDS = 4.0
"""What it counts that a way leads to a concept that is looked for."""
_SPOKEN = 2.0
_UNTOLD = frozenset({"related_to", "has_form", "form_of"})


@dataclass(frozen=True, slots=True)
class Way:
    """A statement that goes from one concept to another, and its sentence."""

    start: str
    end: str
    statement: Statement
    text: str
    score: float


class Expander:
    """Finds the ways on from concepts, of those statements that may leave."""

    def __init__(self, store: GraphStore, registry: Registry, *, terms: Terms | None) -> None:
        self._store, self._registry, self._terms = store, registry, terms
        self._say = Verbalizer(registry)

    def ways(
        self,
        starts: Sequence[str],
        *,
        lang: Language,
        width: int,
        spoken: Collection[str] = (),
        towards: Collection[str] = (),
        seen: Collection[str] = (),
    ) -> list[Way]:
        """At most ``width`` ways on from each start, the best first.

        ``spoken`` are predicates that the question speaks of, ``towards`` concepts that it looks
        for; a way to one of ``seen`` that isn't among these goes back and is left out.
        """
        found: list[tuple[str, str, Edge]] = []
        for start, edges in zip(starts, self._store.neighbors(starts, limit=EDGES), strict=True):
            for edge in edges:
                end = edge.object if edge.subject == start else edge.subject
                if end != start and edge.predicate not in _UNTOLD and (
                    end in towards or end not in seen
                ):  # fmt: skip
                    found.append((start, end, edge))
        ends = list(dict.fromkeys(end for _start, end, _edge in found))
        degrees = dict(zip(ends, self._store.degrees(ends), strict=True))
        rows = {s.id: s for s in self._store.statements([e.statement for *_, e in found]) if s}
        ranked = [
            (self._score(rows[edge.statement], end, degrees, spoken, towards), start, end, edge)
            for start, end, edge in found
            if edge.statement in rows and self._may_leave(rows[edge.statement])
        ]
        ranked.sort(key=lambda row: (-row[0], row[1], row[3].statement))
        chosen = list(_varied(ranked, width, towards))
        wanted = [end for *_, edge in chosen for end in (edge.subject, edge.object)]
        names = leaving_names(self._store, wanted, lang=lang, terms=self._terms)
        return [
            Way(start, end, rows[edge.statement], self._sentence(rows[edge.statement], names, lang),
                score)
            for score, start, end, edge in chosen
        ]  # fmt: skip

    def _may_leave(self, row: Statement) -> bool:
        if row.retracted is not None:
            return False
        return self._terms is None or self._terms.lets(row.primary_knowledge_source, row.licence)

    def _score(
        self,
        row: Statement,
        end: str,
        degrees: Mapping[str, int],
        spoken: Collection[str],
        towards: Collection[str],
    ) -> float:
        score = statement_score(row, self._registry) - _HUB * log2(degrees[end] + 2)
        return score + _TOWARDS * (end in towards) + _SPOKEN * (row.predicate in spoken)

    def _sentence(self, row: Statement, names: Mapping[str, str], lang: Language) -> str:
        return self._say.statement(row, names, lang=lang)


def _varied(
    ranked: Sequence[tuple[float, str, str, Edge]], width: int, towards: Collection[str]
) -> Iterator[tuple[float, str, str, Edge]]:
    """The best from each start, of one predicate not too many, each end once."""
    taken: Counter[str] = Counter()
    same: Counter[tuple[str, str]] = Counter()
    ends: set[tuple[str, str]] = set()
    for row in ranked:
        _score, start, end, edge = row
        kind = (start, edge.predicate)
        if taken[start] >= width or (start, end) in ends:
            continue
        if same[kind] >= SAME and end not in towards:
            continue
        taken[start] += 1
        same[kind] += 1
        ends.add((start, end))
        yield row
