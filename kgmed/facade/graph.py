"""A graph that can be asked, linked against, walked and explained."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Self

from kgmed.facade.asking_files import AskingFiles
from kgmed.facade.generating import Generating
from kgmed.facade.learning import Learning
from kgmed.facade.linking import Linking
from kgmed.facade.optimizing import Optimizing
from kgmed.facade.showing import Showing
from kgmed.facade.suggesting import Suggesting
from kgmed.kg.errors import UnknownConcept, UsageError

if TYPE_CHECKING:
    from kgmed.kg.model import Concept, Statement
    from kgmed.kg.paths.find import Rank
    from kgmed.kg.paths.found import Paths
    from kgmed.kg.store.base import CoverageRow
    from kgmed.kg.why import Why
    from kgmed.reasoning.plausibility.scorer import Scorer

MAX_HOPS = 6
RANKS = ("default", "learned")


class Graph(Linking, AskingFiles, Optimizing, Learning, Suggesting, Showing, Generating):
    """An opened graph. Use it in one thread; opening another is cheap.

    ``store`` is the back end (:class:`kgmed.kg.store.base.GraphStore`), ``registry`` holds the
    predicates.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        info = self.info()
        return f"<Graph {info.uri}: {info.concepts:,} concepts, {info.statements:,} statements>"

    def _repr_html_(self) -> str:
        return self.info()._repr_html_()

    def again(self) -> Self:
        """The same snapshot opened again, for another thread; the graph's folder may meanwhile have
        got another."""
        from kgmed.facade.opening import opened_again

        return type(self)(opened_again(self), self.registry, uri=self._uri)

    def close(self) -> None:
        """Release the graph's files and connections."""
        self.store.close()

    def coverage(self) -> list[CoverageRow]:
        """What each source states of which predicate, between which categories."""
        return self.store.coverage()

    def concept(self, id: str) -> Concept:
        """A concept by any of its ids; raises :class:`~kgmed.kg.errors.UnknownConcept`.

        >>> open_graph().concept("DB00682").name
        'Warfarin'
        """
        from kgmed.kg.why import find_concept

        found = self.store.concepts([find_concept(self.store, id)[1]])[0]
        if found is None:
            raise UnknownConcept(f"The graph holds no id {id}.")
        return found

    def statement(self, id: str) -> Statement:
        """A statement by its id, or by at least 8 of its first digits."""
        found = self.store.statements([id])[0]
        if found is None:
            raise UnknownConcept(f"The graph holds no statement {id!r}.")
        return found

    def find_paths(
        self,
        start: str,
        end: str,
        *,
        hops: int = 4,
        limit: int = 5,
        predicates: Sequence[str] | None = None,
        rank: str = "default",
        model: str | Scorer = "default",
    ) -> Paths:
        """The best of the shortest paths between two concepts, given by id or name: a list, which
        shows in a notebook as one picture.

        ``rank`` is ``default``, by how much their predicates explain and how specific their
        concepts are, or ``learned``, by how well the trained ``model`` ties their concepts to both
        ends: its name, whose errors are those of :meth:`scorer`, or what that gave.

        >>> path = open_graph().find_paths("imatinib", "ABL1")[0]
        >>> [step.statement.predicate for step in path.steps]
        ['inhibits']
        """
        from kgmed.kg.paths.find import find_paths

        if rank not in RANKS:
            raise UsageError(f"Found rank={rank!r}, expected one of: {', '.join(RANKS)}.")
        learned = self._learned_rank(model) if rank == "learned" else None
        ends = [self.named(start), self.named(end)]
        if not 1 <= hops <= MAX_HOPS:
            raise UsageError(f"Found hops={hops}, expected 1 to {MAX_HOPS}.")
        found = find_paths(
            self.store,
            ends[0],
            ends[1],
            registry=self.registry,
            hops=hops,
            limit=limit,
            predicates=predicates,
            rank=learned,
        )
        from kgmed.kg.paths.found import Paths, with_names

        concepts = self._concepts(s for path in found.paths for s in path.statements)
        names = {id: concept.name for id, concept in concepts.items()}
        return Paths((with_names(path, names) for path in found.paths), concepts)

    def _learned_rank(self, model: str | Scorer) -> Rank:
        from kgmed.reasoning.plausibility.uses.paths import path_scores

        return partial(path_scores, self.scorer(model) if isinstance(model, str) else model)

    def why(self, left: str, right: str) -> Why:
        """Which mappings made two ids one concept, or which were refused."""
        from kgmed.kg.why import why

        return why(self.store, left, right)

    def check(self) -> list[str]:
        """Compare all that is there with what the build made; a line for each thing that differs.

        Of a graph in a folder every byte is read; of one on a server everything is counted.
        """
        return self.store.check()
