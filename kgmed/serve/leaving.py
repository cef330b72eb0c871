"""What of a graph a server tells that others reach: what is openly licensed, and what was allowed
by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgmed.kg.errors import UsageError
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.views.licensing import Terms

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphStore


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


def _holds_back(store: EmbeddedStore, terms: Terms) -> bool:
    manifest = store.snapshot.manifest
    profiles = [*manifest["profiles"]]
    if store.snapshot.base is not None:
        profiles += store.snapshot.base.manifest["profiles"]
    return not (
        all(terms.lets(row[0], row[2]) for row in profiles)
        and all(map(terms.lets_source, manifest["name_sources"]))
        and not held(store, terms)
    )
