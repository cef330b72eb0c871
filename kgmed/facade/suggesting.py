"""What a graph may lack: suggestions of a trained model, for curators."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Literal

from kgmed.facade.base import Opened
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.suggestion import Suggestions


class Suggesting(Opened):
    """The methods of a graph that suggest statements to curators. Nothing is added by them."""

    def learn_suggest(
        self,
        predicate: str,
        concepts: Sequence[str] = (),
        *,
        end: Literal["subject", "object"] = "object",
        limit: int = 100,
        min_probability: float = 0.5,
        name: str = "default",
        reviewed: Sequence[str | FilePath] = (),
    ) -> Suggestions:
        """The most probable statements of ``predicate`` that the graph neither states nor refutes.

        ``concepts``, ids or names, stand at the other end than ``end``; without any, those with the
        most statements of the predicate there are looked at
        (:data:`kgmed.reasoning.plausibility.uses.suggest.CONCEPTS`). ``reviewed`` are files of
        suggestions that a curator filled: what is accepted or rejected there isn't suggested again.
        ``name`` is the trained model. Write them with :meth:`write_suggestions`.

        Raises :class:`~kgmed.kg.errors.UsageError` for what the model hasn't seen,
        :class:`~kgmed.kg.errors.UnknownConcept` for a concept that it hasn't seen or that no name
        means, and :class:`~kgmed.kg.errors.DataError` for a reviewed file that can't be read.
        """
        from kgmed.builders.suggestions.review import reviewed as read
        from kgmed.reasoning.plausibility.scorer import Scorer
        from kgmed.reasoning.plausibility.uses.suggest import suggest

        store = self.local_store()
        decided = read([FilePath(path).expanduser() for path in reviewed], self.registry)
        ends = list(dict.fromkeys(end for s, _p, o in decided for end in (s, o)))
        own = {
            end: id or end
            for end, id in zip(ends, store.resolve(ends) if ends else (), strict=True)
        }
        ids = [
            id if id is not None else self.named(text)
            for text, id in zip(concepts, store.resolve(list(concepts)), strict=True)
        ]
        return suggest(
            store, Scorer.open(store.snapshot, name), self.registry, predicate=predicate,
            concepts=ids, end=end, limit=limit, min_probability=min_probability,
            reviewed={(own[s], p, own[o]): review for (s, p, o), review in decided.items()},
        )  # fmt: skip

    def write_suggestions(
        self, found: Suggestions, out: str | FilePath, *, format: str = "kgx"
    ) -> tuple[FilePath, ...]:
        """Write suggestions as candidates: ``kgx`` (``out`` is NAME_edges.tsv or NAME_edges.jsonl;
        the nodes lie beside it) or ``sssom``. The paths that were written.

        Their column ``review`` is empty; until a curator writes *accepted* there, no build and no
        overlay takes them in. Raises :class:`~kgmed.kg.errors.UsageError` for another format or
        name, and :class:`~kgmed.kg.errors.OutputError` where they can't be written.
        """
        from kgmed.builders.suggestions.write import FORMATS, write_kgx, write_sssom

        path = FilePath(out).expanduser()
        if format not in FORMATS:
            raise UsageError(f"Found format {format!r}, expected one of: {', '.join(FORMATS)}.")
        if format == "sssom":
            return (write_sssom(found, path, self.registry),)
        return write_kgx(found, path, self._categories, self.registry)

    def _categories(self, ids: Sequence[str]) -> list[tuple[str, ...]]:
        return [() if c is None else c.categories for c in self.store.concepts(ids)]
