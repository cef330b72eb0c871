"""What every form of answer needs: the store, the registry, the language, and their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgmed.kg.model import Concept, Language, Statement
from kgmed.kg.predicates import Registry
from kgmed.reasoning import compose
from kgmed.reasoning.retrieve import Retriever

MEMBERSHIP = ("in_drug_class", "has_role")
"""What "is a" may also mean: "is warfarin an anticoagulant"."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every form needs."""

    retriever: Retriever
    registry: Registry
    lang: Language
    limit: int | None

    def phrase(self, key: str, /, **parts: object) -> str:
        return compose.phrase(self.lang, key, **parts)

    def join(self, parts: Sequence[str]) -> str:
        return compose.join(self.lang, parts)

    def noun(self, predicate: str, count: int = 2) -> str:
        return compose.noun(self.registry, predicate, self.lang, count=count)

    def concepts(self, ids: Iterable[str]) -> dict[str, Concept]:
        """Concepts by id."""
        wanted = list(dict.fromkeys(ids))
        found = self.retriever.store.concepts(wanted)
        return {c.id: c for c in found if c is not None}

    def name(self, id: str) -> str:
        """The name of a concept in the answer's language."""
        found = self.retriever.store.concepts([id])[0]
        return found.name_in(self.lang) if found else id

    def titles(self) -> dict[str, str]:
        """Source id -> its name."""
        return {row.infores: row.name for row in self.retriever.store.info().sources}

    def sources(self, statements: Iterable[Statement]) -> str:
        """The sources of statements, in words."""
        pairs = sorted({(s.primary_knowledge_source, s.release) for s in statements})
        return compose.source_names(pairs, self.titles(), lang=self.lang)

    def sources_of(self, predicate: str) -> str:
        """The sources that a graph has for a predicate, in words; '' for none."""
        pairs = [(s, r) for s, r, _n in self.retriever.sources_of(predicate)]
        return compose.source_names(pairs, self.titles(), lang=self.lang)

    def sentences(self, statements: Iterable[Statement]) -> list[str]:
        """Statements as cited sentences; those that read alike are one, with all their ids."""
        cited: dict[str, list[str]] = {}
        for statement in statements:
            concepts = self.concepts([statement.subject, statement.object])
            names = {id: concept.name_in(self.lang) for id, concept in concepts.items()}
            text = compose.sentence(self.registry, statement, names, self.lang)
            cited.setdefault(text, []).append(statement.id)
        return [f"{text} {compose.cite(ids)}" for text, ids in cited.items()]


def predicate_of(name: str | None) -> str:
    """The predicate of a reading whose form always has one."""
    assert name is not None  # noqa: S101  the parser gives these forms a predicate
    return name
