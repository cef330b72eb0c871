"""What tasks may ask for beyond a block, and what a task is to those that run it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.negatives.hardest import Hardest
from kgmed.builders.datasets.negatives.model import Verdicts
from kgmed.kg.model import Language, Name, Statement, canonical_qualifiers
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import CoverageRow, GraphStore
from kgmed.kg.verbalize import Verbalizer

Allowed = Callable[[str], bool]
"""Whether statements of a licence may leave."""


@dataclass(frozen=True)
class Context:
    """What tasks share.

    ``coverage`` are the rows of :meth:`~kgmed.kg.store.base.GraphStore.coverage` of the sources
    that may leave, ``titles`` the names of sources by infores. ``store``, ``verdicts`` and
    ``names`` (all names of each of many concepts) may be None where no task needs them; what is
    read from ``store`` is filtered by ``allowed``. ``common`` are nouns that names write small
    (:func:`kgmed.kg.verbalize.names.small`), where the block's names aren't so yet. ``hardest``
    chooses among false statements that are proposed, where a model is to. The same seed gives the
    same rows.
    """

    say: Verbalizer
    seed: int = 0
    titles: Mapping[str, str] = field(default_factory=dict)
    coverage: Sequence[CoverageRow] = ()
    store: GraphStore | None = None
    verdicts: Verdicts | None = None
    names: Callable[[Sequence[str]], list[list[Name]]] | None = None
    allowed: Allowed = field(default=lambda _licence: True)
    common: frozenset[str] = frozenset()
    hardest: Hardest | None = None

    @property
    def registry(self) -> Registry:
        return self.say.registry

    @cached_property
    def covered(self) -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
        """(predicate, category of an end) -> the sources with statements of it, and releases.

        The category of a subject stands as it is, of an object behind a ``^``.
        """
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for row in self.coverage:
            source = self.titles.get(row.source, row.source), row.release
            for key in self._ends(row):
                found.setdefault(key, set()).add(source)
        return {key: tuple(sorted(sources)) for key, sources in found.items()}

    @cached_property
    def counted(self) -> Mapping[tuple[str, str], int]:
        """How many statements there are, by the keys of :attr:`covered`."""
        found: Counter[tuple[str, str]] = Counter()
        for row in self.coverage:
            for key in self._ends(row):
                found[key] += row.statements
        return found

    def _ends(self, row: CoverageRow) -> Iterator[tuple[str, str]]:
        for predicate in self.registry.ancestors(row.predicate):
            yield predicate, row.subject_category
            yield predicate, "^" + row.object_category
            entry = self.registry.get(predicate)
            if entry is not None and entry.symmetric:
                yield predicate, row.object_category

    def sources(
        self, predicate: str, categories: Sequence[str], *, inverse: bool = False
    ) -> tuple[tuple[str, str], ...]:
        """(name, release) of the sources that state a predicate of things of a category, as its
        subject or, ``inverse``, its object; none where the graph has none."""
        mark = "^" if inverse else ""
        found = {s for c in categories for s in self.covered.get((predicate, mark + c), ())}
        return tuple(sorted(found))


def context_of(
    store: GraphStore,
    registry: Registry,
    *,
    verdicts: Verdicts | None = None,
    seed: int = 0,
    allowed: Allowed | None = None,
    common: frozenset[str] = frozenset(),
    hardest: Hardest | None = None,
) -> Context:
    """A context over a graph; ``allowed`` says which licences may leave, all of them by default."""
    may = allowed or (lambda _licence: True)
    sources = [row for row in store.info().sources if may(row.licence)]
    titles = {row.infores: row.name for row in sources}
    return Context(
        Verbalizer(registry),
        seed=seed,
        titles=titles,
        coverage=[row for row in store.coverage() if row.source in titles],
        store=store,
        verdicts=verdicts,
        names=store.lexicon.names,
        allowed=may,
        common=common,
        hardest=hardest,
    )


Make = Callable[[Block, Language, Context], Iterator[Draft]]
"""Makes the drafts of a block in one language, in the order of its entities."""


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task: its name, what it asks for in one line, and what makes its drafts.

    ``needs`` names the parts of a :class:`Context` that it can't do without: ``store``,
    ``verdicts``, ``names``.
    """

    name: str
    description: str
    make: Make
    needs: frozenset[str] = frozenset()


def facts_of(statements: Sequence[Statement]) -> list[Fact]:
    """Statements as facts: those of the same ends, predicate, sign and qualifiers are one."""
    found: dict[tuple[object, ...], list[Statement]] = {}
    for s in statements:
        value = s.value if s.value is not None else s.object
        key = (s.subject, s.predicate, value, s.negated, canonical_qualifiers(s.qualifiers))
        found.setdefault(key, []).append(s)
    return [
        Fact(
            ids=tuple(sorted(s.id for s in same)),
            subject=same[0].subject,
            predicate=same[0].predicate,
            object=same[0].object,
            sources=tuple(sorted({s.primary_knowledge_source for s in same})),
            licences=tuple(sorted({part for s in same for part in s.licence.split(" AND ")})),
            negated=same[0].negated,
            qualifiers=same[0].qualifiers,
            value=same[0].value,
        )
        for same in found.values()
    ]


def read_entities(
    store: GraphStore, ids: Sequence[str], *, allowed: Allowed, held_out: bool = False
) -> list[Entity]:
    """Concepts of a graph with what may leave of what is said of them; unknown ids are left out."""
    edges = store.neighbors(ids)
    wanted = list(dict.fromkeys(edge.statement for found in edges for edge in found))
    known = {s.id: s for s in store.statements(wanted) if s is not None and allowed(s.licence)}
    entities = []
    rows = zip(ids, store.concepts(ids), edges, store.values(ids), store.degrees(ids), strict=True)
    for id, concept, found, values, degree in rows:
        if concept is None:
            continue
        mine = [known[edge.statement] for edge in found if edge.statement in known]
        facts = facts_of(mine + [v for v in values if allowed(v.licence)])
        facts.sort(key=lambda f: (f.other(id), f.ids))
        said: dict[str, list[Fact]] = {}
        of: dict[str, list[Fact]] = {}
        for fact in facts:
            side = said if fact.subject == id else of
            side.setdefault(fact.predicate, []).append(fact)
        entities.append(
            Entity(id, concept.categories, concept.names, said, of, degree, held_out=held_out)
        )
    return entities


def read_block(store: GraphStore, ids: Sequence[str], *, allowed: Allowed | None = None) -> Block:
    """A block of these concepts, read one by one: for tests, examples and small graphs."""
    may = allowed or (lambda _licence: True)
    entities = read_entities(store, ids, allowed=may)
    known: dict[str, Mapping[str, str]] = {entity.id: entity.names for entity in entities}

    def name(id: str, lang: Language) -> str | None:
        if id not in known:
            concept = store.concepts([id])[0]
            known[id] = concept.names if concept else {}
        return known[id].get(lang)

    return Block(entities, name, lambda _id: False)
