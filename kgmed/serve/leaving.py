"""What of a graph a server tells that others reach: what is openly licensed, and what was allowed
by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.views.licensing import Terms

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.store.base import GraphStore
    from kgmed.reasoning.plausibility.scorer import Scorer


def terms_of(store: GraphStore, allow: Sequence[str]) -> Terms:
    """The terms of a graph's sources; ``allow`` names licences or sources that may leave, too."""
    return Terms(((row.infores, row.licence) for row in store.info().sources), allow)


def held(store: GraphStore, terms: Terms) -> tuple[str, ...]:
    """The sources of which something stays behind."""
    info = store.info()
    return tuple(row.infores for row in info.sources if not terms.lets(row.infores, row.licence))


def check(store: GraphStore, allow: Sequence[str]) -> None:
    """Refuse what can't be kept from leaving; raises :class:`~kgmed.kg.errors.UsageError`."""
    terms = terms_of(store, allow)
    found = held(store, terms)
    if found and not isinstance(store, EmbeddedStore):
        raise UsageError(
            f"Found the graph {store.info().uri}, which holds what may not leave "
            f"({', '.join(found)}); expected a graph in a folder, of which that can be left out, "
            "or a database loaded without it. --allow-restricted SOURCE lets it out."
        )


def leaving_store(store: GraphStore, allow: Sequence[str]) -> GraphStore:
    """A store of the same snapshot, without what may not leave; the same one where all may."""
    check(store, allow)
    terms = terms_of(store, allow)
    if not isinstance(store, EmbeddedStore) or not _holds_back(store, terms):
        return store
    from kgmed.kg.store.licensed import licensed_store

    return licensed_store(store, terms)


def scorer(graph: Graph, name: str, allow: Sequence[str] | None) -> Scorer:
    """A trained model beside a graph; ``allow`` is None where answers stay on this machine.

    What it says rests on what it was trained on. Raises :class:`~kgmed.kg.errors.UsageError` where
    a part of that may not leave, and what
    :meth:`~kgmed.reasoning.plausibility.scorer.Scorer.open` does.
    """
    found = graph.scorer(name)
    if allow is not None:
        held = _held_sources(graph.local_store(), terms_of(graph.store, allow))
        hidden = [source for source in found.learned.sources if source in held]
        if hidden:
            without = " ".join(f"--without {source}" for source in hidden)
            raise UsageError(
                f"Found --model {name}, which was trained on what may not leave "
                f"({', '.join(hidden)}); expected one that wasn't: "
                f"kgmed learn train --name open {without}"
            )
    return found


def _held_sources(store: EmbeddedStore, terms: Terms) -> set[str]:
    """The sources of which some statement, or anything at all, stays behind."""
    return {row[0] for row in _profiles(store) if not terms.lets(row[0], row[2])} | {
        *held(store, terms)
    }


def _profiles(store: EmbeddedStore) -> list[Any]:
    """(source, release, licence ...) of the statements of a graph."""
    snapshot = store.snapshot
    below = [] if snapshot.base is None else [*snapshot.base.manifest["profiles"]]
    return [*snapshot.manifest["profiles"], *below]


def _holds_back(store: EmbeddedStore, terms: Terms) -> bool:
    manifest = store.snapshot.manifest
    return not (
        all(terms.lets(row[0], row[2]) for row in _profiles(store))
        and all(map(terms.lets_source, manifest["name_sources"]))
        and not held(store, terms)
    )
