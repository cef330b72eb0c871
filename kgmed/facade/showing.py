"""What a graph's facade draws and shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kgmed.facade.views import Views
from kgmed.kg.errors import UnknownConcept, UsageError

if TYPE_CHECKING:
    from kgmed.kg.display.shown import View
    from kgmed.kg.model import Concept, Language, Path, Statement
    from kgmed.kg.views.subgraph import Subgraph

NEIGHBOURS = 1_000
"""Statements of a neighbourhood unless more are asked for."""


class Showing(Views):
    """The methods of a graph that show it in a notebook, by name rather than by id."""

    def neighbourhood(
        self,
        concepts: str | Sequence[str],
        *,
        hops: int = 1,
        predicates: Sequence[str] | None = None,
        sources: Sequence[str] | None = None,
        limit: int = NEIGHBOURS,
    ) -> Subgraph:
        """What is stated around some concepts, given by id or name: within ``hops`` statements of
        them, or with ``hops=0`` among them.

        It has concepts by id, statements and values, shows in a notebook as a picture, and goes on
        with ``to_networkx()``. ``limit`` bounds the statements, nearest first; ``cut`` then says
        so.

        >>> near = open_graph().neighbourhood("imatinib", predicates=["inhibits", "treats"])
        >>> near.predicates()
        {'treats': 9, 'inhibits': 3}
        >>> len(near.concepts), near.cut
        (13, '')
        """
        given = [concepts] if isinstance(concepts, str) else list(concepts)
        return self._part(given, hops, predicates, sources, limit=limit, truncate=True)

    def show(
        self,
        what: str | Concept | Statement | Path | Iterable[Statement | Path],
        *,
        lang: Language = "en",
    ) -> View:
        """A concept, a statement, a path, or several statements or paths, with all names, as a
        notebook shows it.

        A text is a statement's id (or at least 8 of its digits), or a concept's id or name: then
        its names, its identity and what is stated of it are shown. Raises
        :class:`~kgmed.kg.errors.UnknownConcept` where the graph has neither.
        """
        from kgmed.kg.display import values
        from kgmed.kg.display.drawn import statements_picture
        from kgmed.kg.display.html import Html
        from kgmed.kg.display.shown import View
        from kgmed.kg.model import Concept, Path, Statement

        if isinstance(what, str):
            found = self.store.statements([what])[0] if _may_be_statement(what) else None
            if found is None:
                return self._concept_view(self._concept(what), lang)
            what = found
        if isinstance(what, Concept):
            return self._concept_view(what, lang)
        if isinstance(what, Path):
            what = self._named_paths([what], lang)[0]
            return View(values.path_html(what, lang=lang))
        if isinstance(what, Statement):
            concepts = self._concepts([what])
            names = {id: one.name_in(lang) for id, one in concepts.items()}
            drawn = ""
            if what.object:
                drawn = statements_picture([what], names, concepts=concepts, lang=lang)
            return View(Html(values.statement_html(what, names, lang=lang) + drawn))
        several = list(what)
        paths = [one for one in several if isinstance(one, Path)]
        statements = [one for one in several if isinstance(one, Statement)]
        if len(paths) + len(statements) != len(several) or (paths and statements):
            raise UsageError(
                "Found other things, expected a concept, statements, or paths: graph.show(answer."
                "statements.values()), graph.show(answer.paths)."
            )
        if paths:
            concepts = self._concepts(s for path in paths for s in path.statements)
            return View(
                values.paths_html(self._named_paths(paths, lang), concepts=concepts, lang=lang)
            )
        concepts = self._concepts(statements)
        names = {id: one.name_in(lang) for id, one in concepts.items()}
        drawn = statements_picture(statements, names, concepts=concepts, lang=lang)
        return View(Html(drawn + values.statements_table(statements, names, lang=lang, more="")))

    def _concept(self, text: str) -> Concept:
        found = self.store.concepts([self.named(text)])[0]
        if found is None:
            raise UnknownConcept(f"The graph holds no id {text}.")
        return found

    def _concepts(self, statements: Iterable[Statement]) -> dict[str, Concept]:
        ids = list(dict.fromkeys(id for s in statements for id in (s.subject, s.object) if id))
        return {one.id: one for one in self.store.concepts(ids) if one is not None}

    def _named_paths(self, paths: Sequence[Path], lang: Language = "en") -> list[Path]:
        from kgmed.kg.paths.found import with_names

        concepts = self._concepts(s for path in paths for s in path.statements)
        names = {id: one.name_in(lang) for id, one in concepts.items()}
        return [with_names(path, names) for path in paths]

    def _concept_view(self, concept: Concept, lang: Language) -> View:
        """A concept's page: names, mappings, and what is stated of it."""
        from kgmed.kg.display import values
        from kgmed.kg.display.html import SHOWN, Html, counted, facts, folded, table
        from kgmed.kg.display.shown import View

        names = self.store.lexicon.names([concept.id])[0]
        rows = [(name.text, name.language, name.kind, name.source) for name in names]
        mappings = self.store.mappings([concept.id])[0]
        near = self.neighbourhood(concept.id)
        return View(Html(
            values.concept_html(concept)
            + facts([("states", counted(near.predicates()) + (f" ({near.cut})" * bool(near.cut)))])
            + near.picture(lang=lang).html
            + folded(f"names ({len(names):,})", table(
                ("name", "language", "kind", "source"), rows, limit=SHOWN
            ))
            + folded(f"mappings ({len(mappings):,})", values.mappings_table(mappings))
            + folded(f"statements ({len(near.statements):,})", values.statements_table(
                near.statements, near.names(lang), lang=lang, more=""
            ))
        ))  # fmt: skip


def _may_be_statement(text: str) -> bool:
    return len(text) >= 8 and all(character in "0123456789abcdef" for character in text)
