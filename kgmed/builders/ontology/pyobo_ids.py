"""What pyobo's readers share: its references as kgmed's ids, and what it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgmed.builders.columns import Curies
from kgmed.builders.source import Tally

if TYPE_CHECKING:
    from pyobo import Reference

SKOS = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")

_MADE = Curies()


def curie_of(reference: Reference | Any) -> str:
    """A pyobo reference as kgmed writes it."""
    return _MADE.one(f"{reference.prefix}:{reference.identifier}") or (
        f"{reference.prefix}:{reference.identifier}"
    )


def count_lost(tally: Tally, count: int) -> None:
    """Count the clauses that a file has and pyobo's terms lack."""
    if count > 0:
        tally.skipped["a clause that pyobo doesn't read"] += count
    elif count < 0:  # pyobo made several of one clause
        tally.read -= count
