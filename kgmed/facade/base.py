"""What every part of a graph's facade stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.errors import UnknownConcept, UsageError
from kgmed.kg.predicates import Registry
from kgmed.settings import OPEN_GRAPH

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphInfo, GraphStore
    from kgmed.kg.store.embedded import EmbeddedStore


class Opened:
    """An opened graph's store and predicates."""

    def __init__(self, store: GraphStore, predicates: Registry, *, uri: str = "") -> None:
        self.store = store
        self.registry = predicates
        self._uri = uri

    def local_store(self) -> EmbeddedStore:
        """The store of a graph in a folder, whose generations can be read; raises
        :class:`~kgmed.kg.errors.UsageError` for one on a server."""
        from kgmed.kg.store.embedded import EmbeddedStore

        if not isinstance(self.store, EmbeddedStore):
            raise UsageError(
                f"Found the graph {self.info().uri}, expected a folder or {OPEN_GRAPH}: this reads "
                "a graph's own files, and a server has none. Name the graph that was loaded."
            )
        return self.store

    def info(self) -> GraphInfo:
        """Hash, sizes, sources, licences, predicates and categories."""
        return self.store.info()

    def named(self, text: str) -> str:
        """The id of the concept that an id or a name means; raises where none or several do."""
        from kgmed.kg.linking.linker import Linker
        from kgmed.kg.linking.score import CLOSE

        found = Linker(self.store).mention(text)
        if not found:
            raise UnknownConcept(f"No concept of the graph is named {text[:80]!r}.")
        rivals = [c for c in found if found[0].score - c.score < CLOSE]
        if len({c.name.casefold() for c in rivals}) > 1:
            names = ", ".join(f"{c.name} ({c.id})" for c in rivals)
            raise UnknownConcept(f"{text!r} may be {names}. Give one of these ids.")
        return found[0].id
