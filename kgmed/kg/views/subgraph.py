"""Which concepts and statements a view of a part of the graph holds; over any back end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Concept, Language, Statement
from kgmed.kg.predicates import registry
from kgmed.kg.store.base import GraphStore

if TYPE_CHECKING:
    import networkx

    from kgmed.kg.display.shown import Picture

STATEMENTS = 100_000
"""How many statements a part may have unless more are asked for."""
_BATCH = 500


@dataclass(slots=True, repr=False)
class Subgraph:
    """Concepts by id, and statements between them and with values, in order.

    ``starts`` are the ids of the concepts that it was taken around. ``cut`` says what the limit
    left out, '' where the part is whole. It shows in a notebook as a picture.
    """

    concepts: dict[str, Concept] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    values: list[Statement] = field(default_factory=list)
    cut: str = ""
    starts: tuple[str, ...] = ()

    def names(self, lang: Language = "en") -> dict[str, str]:
        """Id -> the concept's preferred name in ``lang``, else in another."""
        return {id: concept.name_in(lang) for id, concept in self.concepts.items()}

    def predicates(self) -> dict[str, int]:
        """Predicate -> its statements here, the most frequent first; values too."""
        counts = Counter(s.predicate for s in chain(self.statements, self.values))
        return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))

    def to_networkx(self) -> networkx.MultiDiGraph:
        """As a networkx multigraph (:func:`kgmed.kg.views.networkx_view.to_networkx`)."""
        from kgmed.kg.views.networkx_view import to_networkx

        return to_networkx(self)

    def picture(self, *, lang: Language = "en", limit: int = 25) -> Picture:
        """A picture of at most ``limit`` concepts, those around ``starts`` first; ``lang`` is that
        of names and predicates. ``picture().save("part.svg")`` keeps it."""
        from kgmed.kg.display.drawn import statements_picture
        from kgmed.kg.display.shown import Picture

        return Picture(
            statements_picture(
                self.statements, self.names(lang), concepts=self.concepts, starts=self.starts,
                lang=lang, limit=limit,
            )
        )  # fmt: skip

    def __repr__(self) -> str:
        counts = f"{len(self.concepts):,} concepts, {len(self.statements):,} statements"
        return f"<Subgraph: {counts}, {len(self.values):,} values>"

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import subgraph_html

        return subgraph_html(self)


def subgraph(
    store: GraphStore,
    concepts: Sequence[str] | None = None,
    *,
    named: Callable[[str], str] = str,
    hops: int = 1,
    predicates: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    values: bool = True,
    limit: int = STATEMENTS,
    truncate: bool = False,
) -> Subgraph:
    """The statements within ``hops`` of some concepts, or all of some predicates or sources.

    ``concepts`` are ids or what ``named`` makes ids of. A statement of the last hop joins a concept
    that was reached to any other; ``hops=0`` gives the statements among the concepts themselves.
    More than ``limit`` statements raise :class:`~kgmed.kg.errors.UsageError`; with ``truncate`` the
    first are taken, nearest concepts first, and ``cut`` says so. Statements come by (subject,
    predicate, object, id), concepts by id; the same on every back end.
    """
    if hops < 0 or limit < 1:
        raise UsageError(f"Found hops={hops} and limit={limit}, expected hops >= 0, limit >= 1.")
    if concepts is None and not (predicates or sources):
        raise UsageError(
            "Found no concepts, predicates or sources, expected some: a view holds a part of the"
            " graph in memory. 'kgmed export' writes all of it."
        )
    if concepts is None:
        for name in predicates or ():
            if name in registry() and registry()[name].takes_value:
                raise UsageError(f"{name} has values, not objects: name the concepts whose.")
    if isinstance(concepts, str):
        concepts = [concepts]
    wanted = frozenset(_infores(name) for name in sources) if sources else None
    found = Subgraph()
    taken = _Taken(found, limit=limit, truncate=truncate, sources=wanted)
    start: list[str] = []
    if concepts is None:
        _scan(store, predicates, taken, values=values)
    else:
        start = list(dict.fromkeys(named(text) for text in concepts))
        found.starts = tuple(start)
        _walk(store, start, taken, hops=hops, predicates=predicates, values=values)
    order = ("subject", "predicate", "object", "id")
    found.statements.sort(key=lambda s: tuple(getattr(s, name).encode() for name in order))
    found.values.sort(key=lambda s: (s.subject.encode(), s.predicate.encode(), s.id))
    ends = {end for s in chain(found.statements, found.values) for end in (s.subject, s.object)}
    ids = sorted({*ends, *start} - {""}, key=str.encode)
    for part in _parts(ids):
        found.concepts |= {c.id: c for c in store.concepts(part) if c is not None}
    return found


class _Taken:
    """Statements so far, up to the limit."""

    def __init__(
        self, found: Subgraph, *, limit: int, truncate: bool, sources: frozenset[str] | None
    ) -> None:
        self.found = found
        self.limit = limit
        self.truncate = truncate
        self.sources = sources
        self.ids: set[str] = set()

    @property
    def full(self) -> bool:
        return bool(self.found.cut)

    def add(self, statements: Iterable[Statement], target: list[Statement]) -> None:
        for statement in statements:
            if statement.id in self.ids:
                continue
            if self.sources and statement.primary_knowledge_source not in self.sources:
                continue
            if len(self.ids) >= self.limit:
                if not self.truncate:
                    raise UsageError(
                        f"Found more than {self.limit:,} statements. Name fewer concepts, fewer"
                        " hops or some predicates, a higher limit, or truncate=True to take the"
                        " first."
                    )
                self.found.cut = f"the first {self.limit:,} statements; there are more"
                return
            self.ids.add(statement.id)
            target.append(statement)


def _scan(
    store: GraphStore,
    predicates: Sequence[str] | None,
    taken: _Taken,
    *,
    values: bool,
) -> None:
    found = taken.found
    for predicate in sorted(set(predicates)) if predicates else [None]:
        taken.add(store.scan(predicate=predicate), found.statements)
        if taken.full:
            return
    if values and predicates is None:
        ends = sorted({end for s in found.statements for end in (s.subject, s.object)})
        for part in _parts(ends):
            taken.add(chain.from_iterable(store.values(part)), found.values)
            if taken.full:
                return


def _walk(
    store: GraphStore,
    start: list[str],
    taken: _Taken,
    *,
    hops: int,
    predicates: Sequence[str] | None,
    values: bool,
) -> None:
    """Breadth first: the concepts of each hop in the order in which they were reached."""
    reached = dict.fromkeys(start)
    frontier = start
    for _hop in range(max(1, hops)):
        beyond: dict[str, None] = {}
        for part in _parts(frontier):
            edges = list(
                dict.fromkeys(
                    edge
                    for row in store.neighbors(part, predicates=predicates)
                    for edge in row
                    if hops or (edge.subject in reached and edge.object in reached)
                )
            )
            for some in _parts(edges):
                statements = store.statements([edge.statement for edge in some])
                kept = [s for s in statements if s is not None]
                before = len(taken.found.statements)
                taken.add(kept, taken.found.statements)
                for statement in taken.found.statements[before:]:
                    for end in (statement.subject, statement.object):
                        if end not in reached:
                            beyond[end] = None
                if taken.full:
                    return
        if values:
            for part in _parts(frontier):
                rows = store.values(part, predicates=predicates)
                taken.add(chain.from_iterable(rows), taken.found.values)
                if taken.full:
                    return
        reached |= beyond
        frontier = list(beyond)


def _parts(items: Sequence[str] | Sequence[object]) -> Iterable[list]:  # type: ignore[type-arg]
    rows = list(items)
    return (rows[n : n + _BATCH] for n in range(0, len(rows), _BATCH))


def _infores(name: str) -> str:
    return name if ":" in name or name == "override" else f"infores:{name}"
