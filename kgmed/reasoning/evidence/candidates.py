"""What of a graph bears on a question, before it is ranked: found from the concepts it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language, Path, Statement
from kgmed.kg.paths.find import find_paths
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import Edge, GraphStore
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.evidence.model import Kind
from kgmed.reasoning.programs.slots import Bound, bind, slot_end, whether
from kgmed.reasoning.question import Reading, parse
from kgmed.reasoning.retrieve import Hit, Retriever

PATH_HOPS = 3
"""Statements of a path between two concepts of a question."""
PATHS = 3
PAIRS = 24
"""Pairs of concepts that are searched between; a question names two or three."""
EDGES = 400
"""Edges that are looked at of a concept, those of the question's relation apart."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that may be told, from which concept it was found, and why."""

    edge: Edge
    anchor: str
    kind: Kind

    @property
    def other(self) -> str:
        """The end that isn't the anchor."""
        return self.edge.object if self.edge.subject == self.anchor else self.edge.subject


@dataclass(slots=True)
class Candidates:
    """All that was found. ``asked`` is the predicate of the question, ``form`` its form, as it was
    read, "" where it wasn't; ``whether`` is the claim that "yes" would make."""

    lang: Language
    links: list[Link] = field(default_factory=list)
    asked: str = ""
    form: str = ""
    whether: Claim | None = None
    edges: list[Candidate] = field(default_factory=list)
    values: list[Statement] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)


class Finder:
    """Finds candidates in one store."""

    def __init__(self, store: GraphStore, registry: Registry) -> None:
        self.store, self.registry = store, registry
        self._linker = Linker(store)
        self._retriever = Retriever(store, registry)

    def find(
        self, question: str, *, language: Language | None = None, options: Sequence[str] = ()
    ) -> Candidates:
        """What bears on a question, and on the options that it offers."""
        lang, readings = parse(question, registry=self.registry, language=language)
        lang = language or lang
        found = Candidates(lang)
        bound = bind(readings, self._linker, self._retriever) if readings else None
        if bound is not None and bound.complete:
            found.links += bound.links
        asked = {link.id for link in found.links}
        offered: list[str] = []
        for text, ids in [(question, None), *((option, offered) for option in options)]:
            for link in self._mentions(text, found.links if ids is None else ()):
                if ids is not None and link.id not in asked:
                    ids.append(link.id)
                if link.id not in {known.id for known in found.links}:
                    found.links.append(link)
        if bound is not None and bound.complete and bound.reading.predicate:
            found.asked, found.form = bound.reading.predicate, bound.reading.form
            found.whether = whether(bound)
            found.edges += self._asked(bound)
        ids = [link.id for link in found.links]
        given = [id for id in ids if id not in offered]
        pairs = [*combinations(given, 2), *((a, b) for a in given for b in dict.fromkeys(offered))]
        self._join(found, pairs[:PAIRS])
        found.edges += self._around(ids)
        found.values += [s for rows in self.store.values(ids) for s in rows]
        return found

    def concepts_in(self, text: str) -> tuple[str, ...]:
        """The concepts that a text names, each once."""
        return tuple(dict.fromkeys(link.id for link in self._linker.text(text) if link.id))

    def _mentions(self, text: str, known: Iterable[Link]) -> Iterator[Link]:
        """The concepts that a text names, outside the slots that are known."""
        taken = [(link.start, link.end) for link in known]
        mentions = self._linker.text(text)
        if not mentions and text and len(text) < 80:
            for candidate in self._linker.mention(text)[:1]:
                yield Link(text, 0, len(text), candidate.id, candidate.name, candidate.category,
                           candidate.score, candidate.why)  # fmt: skip
        for link in mentions:
            if link.id and not any(a < link.end and link.start < b for a, b in taken):
                yield link

    def _asked(self, bound: Bound) -> Iterator[Candidate]:
        """The edges that answer the question as it is read."""
        reading, links = bound.reading, bound.links
        assert reading.predicate is not None  # noqa: S101  the caller looked
        if self.registry[reading.predicate].takes_value:
            return
        if reading.form in {"yes_no", "path"} and len(links) > 1:
            for one, other in self._ways(reading, links[0].id, links[1].id):
                for hits in self._retriever.between(one, reading.predicate, other):
                    yield from (Candidate(hit.edge, one, "asked") for hit in hits)
                chain = self._retriever.chain(one, reading.predicate, other)
                if self.registry[reading.predicate].transitive:
                    yield from (Candidate(edge, edge.subject, "asked") for edge in chain)
            return
        for place, link in enumerate(links):
            hits = self._retriever.hits(link.id, reading.predicate, slot_end(reading, place))
            yield from (_seen(hit) for hit in hits)

    def _ways(self, reading: Reading, one: str, other: str) -> list[tuple[str, str]]:
        assert reading.predicate is not None  # noqa: S101
        symmetric = self.registry[reading.predicate].symmetric
        return [(one, other), (other, one)] if symmetric else [(one, other)]

    def _join(self, found: Candidates, pairs: Sequence[tuple[str, str]]) -> None:
        """What joins each two concepts: statements, else the curated and the best paths."""
        for (one, other), statements in zip(pairs, self.store.between(pairs), strict=True):
            for s in statements:
                edge = Edge(s.subject, s.predicate, s.object, s.id, s.negated)
                found.edges.append(Candidate(edge, one, "between"))
            curated = [*self.store.curated_paths(one, other),
                       *self.store.curated_paths(other, one)]  # fmt: skip
            found.paths += curated[:PATHS]
            if not statements and not curated:
                paths = find_paths(
                    self.store, one, other, registry=self.registry, hops=PATH_HOPS, limit=PATHS
                )
                found.paths += (p for p in paths.paths if explains(p, self.registry))

    def _around(self, ids: Sequence[str]) -> Iterator[Candidate]:
        """What else is said of the concepts."""
        for id, edges in zip(ids, self.store.neighbors(ids, limit=EDGES), strict=True):
            yield from (Candidate(edge, id, "about") for edge in edges)


def explains(path: Path, registry: Registry) -> bool:
    """Whether a path says more than that its ends have something in common: two drugs of one
    disease, two drugs that interact with a third."""
    for one, following in pairwise(path.steps):
        if one.statement.predicate != following.statement.predicate:
            continue
        entry = registry.get(one.statement.predicate)
        if one.direction != following.direction or (entry is not None and entry.symmetric):
            return False
    return True


def _seen(hit: Hit) -> Candidate:
    return Candidate(hit.edge, hit.scope.id, "asked")
