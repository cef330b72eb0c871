"""Texts verified by a few statements alone: an evidence pack, not all that the graph holds.

A claim that the graph bears out and the pack doesn't isn't SUPPORTED here: what is written from a
pack may say no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from kgmed.kg.linking.linker import Linker
from kgmed.kg.model import Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import Edge, EdgeDirection, GraphStore
from kgmed.reasoning.claims.extract.sentences import Sentence, sentences
from kgmed.reasoning.claims.model import Verification
from kgmed.reasoning.claims.texts import Extractor, TextVerifier
from kgmed.reasoning.claims.verify import Verifier
from kgmed.reasoning.question import parse
from kgmed.reasoning.question.readings import Reading

KEPT = 4_096
"""Statements that are kept once read."""
SURE = 0.9
"""The least score of a name in a question."""


class PackStore:
    """A store whose statements are those of a pack; its concepts and names are the graph's.

    It has the methods that verdicts ask for. :meth:`hold` says which statements.
    """

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._known: dict[str, Statement] = {}
        self._held: dict[str, Statement] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def hold(self, ids: Sequence[str]) -> None:
        """Hold these statements from now on; those that the graph doesn't hold, or that were
        retracted, are left out."""
        missing = [id for id in dict.fromkeys(ids) if id not in self._known]
        if len(self._known) + len(missing) > KEPT:
            self._known.clear()
            missing = list(dict.fromkeys(ids))
        for id, found in zip(missing, self._store.statements(missing), strict=True):
            if found is not None and found.retracted is None:
                self._known[id] = found
        self._held = {id: self._known[id] for id in sorted(set(ids)) if id in self._known}

    def statements(self, ids: Sequence[str]) -> list[Statement | None]:
        return [self._held.get(id) for id in ids]

    def find_statements(
        self, triples: Sequence[tuple[str, str, str]], *, negated: bool = False
    ) -> list[list[str]]:
        return [
            [s.id for s in self._held.values()
             if (s.subject, s.predicate, s.object) == triple and s.negated == negated]
            for triple in triples
        ]  # fmt: skip

    def has_statements(self, triples: Sequence[tuple[str, str, str]]) -> list[bool]:
        return [bool(found) for found in self.find_statements(triples)]

    def neighbors(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
        limit: int | None = None,
    ) -> list[list[Edge]]:
        found = []
        for id in ids:
            edges: list[Edge] = []
            for way in ("out", "in"):
                if direction in (way, "both"):
                    edges += sorted(self._edges(id, way, predicates), key=_order(way))
            found.append(edges[:limit])
        return found

    def _edges(self, id: str, way: str, predicates: Sequence[str] | None) -> list[Edge]:
        return [
            Edge(s.subject, s.predicate, s.object, s.id, s.negated)
            for s in self._held.values()
            if s.object and id == (s.subject if way == "out" else s.object)
            and (predicates is None or s.predicate in predicates)
        ]  # fmt: skip

    def sources_of(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
    ) -> list[list[str]]:
        found = []
        for edges in self.neighbors(ids, predicates=predicates, direction=direction):
            stated = {self._held[edge.statement].primary_knowledge_source for edge in edges}
            found.append(sorted(stated))
        return found

    def between(
        self, pairs: Sequence[tuple[str, str]], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        found = []
        for first, second in pairs:
            there: list[Statement] = []
            for ends in ((first, second), (second, first)):
                there += sorted(
                    (s for s in self._held.values() if (s.subject, s.object) == ends
                     and not s.negated and (predicates is None or s.predicate in predicates)),
                    key=lambda s: (s.predicate, s.id),
                )  # fmt: skip
            found.append(there)
        return found

    def values(
        self, ids: Sequence[str], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        return [
            sorted((s for s in self._held.values() if s.subject == id and s.value is not None
                    and (predicates is None or s.predicate in predicates)),
                   key=lambda s: (s.predicate, s.id))
            for id in ids
        ]  # fmt: skip


def _order(way: str) -> Callable[[Edge], tuple[str, str, str]]:
    def key(edge: Edge) -> tuple[str, str, str]:
        return edge.predicate, edge.object if way == "out" else edge.subject, edge.statement

    return key


class PackVerifier:
    """Verifies texts against some of a graph's statements, or against all of it.

    ``extractor`` takes the claims from a text, by rules if none is given.
    """

    def __init__(
        self, store: GraphStore, registry: Registry, *, extractor: Extractor | None = None
    ) -> None:
        self.registry = registry
        self.linker = Linker(store)
        self._pack = PackStore(store)
        held = cast(GraphStore, self._pack)
        self._by_pack = TextVerifier(
            self.linker, Verifier(held, registry), snapshot="", extractor=extractor
        )
        self._by_graph = TextVerifier(
            self.linker, Verifier(store, registry), snapshot="", extractor=extractor
        )

    def verify(
        self, text: str, statements: Sequence[str] | None, *, lang: Language
    ) -> Verification:
        """The claims of a text with their verdicts, as
        :meth:`~kgmed.reasoning.claims.texts.TextVerifier.verify` gives them; by these statements
        alone, or by the whole graph where there are None."""
        if statements is None:
            return self._by_graph.verify(text, lang=lang)
        self._pack.hold(statements)
        return self._by_pack.verify(text, lang=lang)

    def sentences(self, text: str, lang: Language) -> list[Sentence]:
        """The sentences of a text."""
        return list(sentences(text, lang=lang))

    def asks(self, sentence: str, lang: Language) -> list[tuple[str, ...]]:
        """The ways to understand a question, best first: its form, predicate and given end, and
        the ids that it names; none where it can't be read, or names what the graph doesn't know.
        """
        _lang, readings = parse(sentence, registry=self.registry, language=lang)
        found: dict[tuple[str, ...], None] = {}
        for reading in readings:
            ids = self._named(reading)
            if ids is None:
                continue
            entry = self.registry.get(reading.predicate or "")
            if entry is not None and entry.symmetric:
                ids = sorted(ids)
            more = [f"{k}={v}" for k, v in sorted(reading.qualifiers.items())]
            asked = (reading.form, reading.predicate or "", reading.given, *more, *ids)
            found.setdefault(asked)
        return list(found)

    def _named(self, reading: Reading) -> list[str] | None:
        """The ids of what fills a reading's slots; None where a slot's name is no concept's."""
        ids = []
        for slot in reading.slots:
            found = [c for c in self.linker.mention(slot.text) if c.score >= SURE]
            if not found:
                return None
            ids.append(found[0].id)
        return ids
