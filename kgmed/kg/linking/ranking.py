"""Which concept a span means, of those with a name that matches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from kgmed.kg.categories import ancestors, is_a
from kgmed.kg.linking import score
from kgmed.kg.linking.context_words import Profiles
from kgmed.kg.linking.link import Candidate
from kgmed.kg.linking.score import Hit
from kgmed.kg.model import Concept
from kgmed.kg.store.base import GraphStore

REMEMBERED = 50_000
"""Concepts that a ranker keeps."""


_Named = tuple[Concept, int, dict[str, float], str]
"""A concept, its statements, and the parts and the reason of the best of its names."""


class Ranker:
    """Ranks the concepts of hits; remembers concepts between calls, and nothing else."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._known: dict[str, tuple[Concept, int] | None] = {}
        self._scored: dict[tuple[str, int], tuple[Sequence[Hit], list[_Named]]] = {}
        self._sure: dict[tuple[str, str, str, str], list[Candidate]] = {}
        self._profiles = Profiles(store)

    def prepare(self, ids: Iterable[str]) -> None:
        """Fetch what ranking needs of concepts, all at once."""
        missing = list(dict.fromkeys(id for id in ids if id not in self._known))
        if not missing:
            return
        if len(self._known) + len(missing) > REMEMBERED:
            self._known.clear()
        concepts, degrees = self._store.concepts(missing), self._store.degrees(missing)
        for id, concept, degree in zip(missing, concepts, degrees, strict=True):
            self._known[id] = None if concept is None else (concept, degree)

    def concept(self, id: str) -> Concept | None:
        """A concept by its id."""
        self.prepare([id])
        found = self._known[id]
        return None if found is None else found[0]

    def has(self, hits: Iterable[Hit], categories: Sequence[str]) -> bool:
        """Whether a concept of the hits has one of the categories."""
        return any(
            is_a(have, want)
            for hit in hits
            if (concept := self.concept(hit.id)) is not None
            for have in concept.categories
            for want in categories
        )

    def rank(
        self,
        span: str,
        hits: Sequence[Hit],
        *,
        categories: Sequence[str] = (),
        context: Callable[[], Set[str]] | None = None,
        usual: Sequence[str] = (),
    ) -> list[Candidate]:
        """The concepts, best first: by score, then by statements, then by id.

        ``categories`` are those that the place of a mention expects, ``context`` gives the stems of
        the words around it, ``usual`` what the span meant in other texts, most often first.
        """
        sure = not categories and not usual and len({hit.id for hit in hits}) == 1
        asked = (span, hits[0].id, hits[0].match, hits[0].detail) if sure else None
        if asked is not None and asked in self._sure:
            return self._sure[asked]
        found = []
        for concept, degree, own_parts, own_why in self._named(span, hits):
            parts, why = dict(own_parts), own_why
            fit = score.category_factor(concept.categories, categories)
            if fit < 1:
                parts["category"] = fit
                why += ", unexpected category"
            if usual and concept.id != usual[0]:
                parts["texts"] = score.UNUSUAL if concept.id in usual else score.UNSEEN
            found.append(_Scored(concept, degree, parts, why))
        if context is not None and len(found) > 1:
            self._weigh_context(span, found, context)
        found.sort(key=lambda row: (-row.score, -row.degree, row.concept.id))
        ranked = [row.candidate() for row in found]
        if asked is not None:
            if len(self._sure) >= REMEMBERED:
                self._sure.clear()
            self._sure[asked] = ranked
        return ranked

    def _named(self, span: str, hits: Sequence[Hit]) -> list[_Named]:
        """What of the score depends on nothing but the span and the names it matches."""
        asked = (span, id(hits))
        known = self._scored.get(asked)
        if known is not None and known[0] is hits:  # and no other list in the same place
            return known[1]
        grouped: dict[str, list[Hit]] = {}
        for hit in hits:
            grouped.setdefault(hit.id, []).append(hit)
        self.prepare(grouped)
        found = [
            (*concept, *score.best_name(span, group))
            for name, group in grouped.items()
            if (concept := self._known[name]) is not None
        ]
        if len(self._scored) >= REMEMBERED:
            self._scored.clear()
        self._scored[asked] = hits, found
        return found

    def _weigh_context(
        self, span: str, found: list[_Scored], context: Callable[[], Set[str]]
    ) -> None:
        """Lower the rivals of the concept that the words around speak for."""
        best = max(found, key=lambda row: row.score)
        least, match = best.score - score.CONTEXT_REACH, best.parts["match"] - score.MATCH_REACH
        near = [row for row in found if row.score >= least and row.parts["match"] >= match]
        if len(near) < 2:
            return
        shared = self._profiles.shared([row.concept.id for row in near], context(), without=span)
        most = max(weight for weight, _ in shared)
        for row, (weight, words) in zip(near, shared, strict=True):
            if most:
                row.parts["context"] = round(1 - score.CONTEXT_WEIGHT * (1 - weight / most), 4)
            if words:
                row.why += f", context: {', '.join(words[:3])}"


@dataclass(slots=True)
class _Scored:
    concept: Concept
    degree: int
    parts: dict[str, float]
    why: str

    @property
    def score(self) -> float:
        return round(score.product(self.parts), 4)

    def candidate(self) -> Candidate:
        concept = self.concept
        category = main_category(concept)
        return Candidate(concept.id, concept.name, category, self.score, self.why, self.parts)


@lru_cache(maxsize=1024)
def _depth(category: str) -> int:
    return len(ancestors(category))


def main_category(concept: Concept) -> str:
    """The one category to show of a concept: drugs and diseases first, then the most specific."""
    first = ("Drug", "Disease", "PhenotypicFeature", "Gene", "Protein", "DrugClass")
    for category in first:
        if category in concept.categories:
            return category
    return max(concept.categories, key=lambda c: (_depth(c), c), default="NamedThing")
