"""Concepts by an id, a name, or the beginning of one: what a search field shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from kgmed.kg.categories import is_a
from kgmed.kg.curies import candidates
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import key, tokens
from kgmed.kg.linking.ranking import main_category
from kgmed.serve.shapes import Hit, Search

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.model import Language

How = Literal["id", "name", "prefix", "words"]
MORE = 4
"""Names that are read for each concept that is wanted: a concept has several."""


def search(graph: Graph, text: str, *, lang: Language, category: str | None, limit: int) -> Search:
    """At most ``limit`` concepts: by id, by name as linking reads it, then those with a name that
    begins with the text or holds its words; of these, what has most statements comes first."""
    store = graph.store
    sure: dict[str, tuple[str, How]] = {}
    more: dict[str, tuple[str, How]] = {}
    for id, match, how in _found(graph, text, category, limit):
        (sure if how in ("id", "name") else more).setdefault(id, (match, how))
    ids = [*sure, *(id for id in more if id not in sure)]
    concepts = {c.id: c for c in store.concepts(ids) if c is not None}
    degrees = dict(zip(ids, store.degrees(ids), strict=True))
    rest = sorted(
        (id for id in more if id not in sure),
        key=lambda one: (more[one][1] != "prefix", -degrees[one], len(more[one][0]), one),
    )
    hits = []
    for id in (*sure, *rest):
        concept = concepts.get(id)
        if concept is None or (category and not any(is_a(c, category) for c in concept.categories)):
            continue
        match, how = sure.get(id) or more[id]
        hits.append(
            Hit(id, concept.name_in(lang), concept.names, main_category(concept), match, how,
                degrees[id])
        )  # fmt: skip
    return Search(text, tuple(hits[:limit]), graph.info().snapshot)


def _found(
    graph: Graph, text: str, category: str | None, limit: int
) -> Iterator[tuple[str, str, How]]:
    """(concept, what matched, how), the surest first."""
    store = graph.store
    curies = candidates(text)
    for curie, id in zip(curies, store.resolve(curies), strict=True):
        if id is not None:
            yield id, curie, "id"
    wanted = [category] if category else []
    for candidate in Linker(store).mention(text, categories=wanted, limit=limit):
        yield candidate.id, candidate.name, "name"
    norm = key(text)
    for id, name in store.lexicon.prefix(norm, limit=limit * MORE):
        yield id, name.text, "prefix"
    words = tokens(norm)
    if words:
        for id, name in store.lexicon.tokens(words, limit=limit * MORE):
            yield id, name.text, "words"
