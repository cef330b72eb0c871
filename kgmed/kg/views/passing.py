"""What of a graph may leave: by the tier of its licences, or because it was allowed by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgmed.kg.errors import UsageError
from kgmed.kg.licences import licence

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphInfo

OVERRIDES = "override"
"""The source of a user's own mappings: under no licence."""
_ORDER = ("open", "noncommercial", "registered", "unknown")


@dataclass(frozen=True, slots=True)
class Passing:
    """Which sources' rows may leave, and which licences' statements.

    ``terms``: source -> the licences that it is under. A source passes where all of them do.
    """

    terms: dict[str, tuple[str, ...]]
    allowed: frozenset[str]

    def licence(self, source: str, id: str) -> bool:
        """Whether a statement of this source under this licence may leave."""
        return source in self.allowed or all(self._passes(one) for one in id.split(" AND "))

    def source(self, infores: str) -> bool:
        """Whether names, mappings and concepts of a source may leave."""
        ids = self.terms.get(infores, ("",))
        return infores in self.allowed or all(self._passes(id) for id in ids)

    def _passes(self, id: str) -> bool:
        return id in self.allowed or licence(id).tier == "open"

    def everything(self, sources: Iterable[str]) -> bool:
        """Whether nothing is held back."""
        return all(self.source(name) for name in sources)


def passing(info: GraphInfo, allow: Sequence[str]) -> Passing:
    """What leaves a graph; ``allow`` names licences or sources that aren't open and may.

    Raises :class:`~kgmed.kg.errors.UsageError` for one that the graph doesn't have.
    """
    found: dict[str, set[str]] = {}
    for row in info.sources:
        found.setdefault(row.infores, set()).update(row.licence.split(" AND "))
    terms = {source: tuple(sorted(ids)) for source, ids in sorted(found.items())}
    if OVERRIDES in terms:
        terms[OVERRIDES] = ()
    known = sorted({*terms, *info.licences, *(id for ids in terms.values() for id in ids)} - {""})
    named = set()
    for name in allow:
        if name not in known and f"infores:{name}" not in known:
            raise UsageError(
                f"Found the licence or source {name!r}, expected one of this graph's: "
                f"{', '.join(known)}."
            )
        named.add(name if name in known else f"infores:{name}")
    return Passing(terms, frozenset(named))


def tier_of(ids: Sequence[str]) -> str:
    """The tier of what is under all these licences: that of the least open."""
    return max((licence(id).tier for id in ids or ("",)), key=_ORDER.index)
