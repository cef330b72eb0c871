"""The order of statements that say the same: the best evidence first."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.store.csr import DETAIL_FIELDS, DETAIL_ITEM

if TYPE_CHECKING:
    from kgmed.reasoning.claims.batch.arrays import Arrays

LEVELS = ("knowledge_assertion", "logical_entailment", "observation", "not_provided")
AGENTS = ("manual_agent", "manual_validation_of_automated_agent", "not_provided")

Longs = npt.NDArray[np.int64]
Rank = tuple[int, int, int, bytes]


class Ranking:
    """Ranks the statements of one snapshot: assertions before observations before predictions,
    people before programs, more publications, then the id."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._ranks: dict[int, Rank] = {}
        self.is_told = True
        """Whether anybody is told which statement proves a claim; if not, any that does is."""

    @cached_property
    def _of_profile(self) -> list[tuple[int, int]]:
        return [
            (
                LEVELS.index(level) if level in LEVELS else len(LEVELS),
                AGENTS.index(agent) if agent in AGENTS else len(AGENTS),
            )
            for *_rest, level, agent in self._arrays.snapshot.manifest["profiles"]
        ]

    def forget(self) -> None:
        """Let go of the ranks that are remembered."""
        self._ranks.clear()

    def rank(self, edge: int) -> Rank:
        """What an edge is sorted by; remembered."""
        found = self._ranks.get(edge)
        if found is None:
            arrays = self._arrays
            level, agent = self._of_profile[arrays.array("out_prof")[edge]]
            fields = arrays.details(edge)
            place = DETAIL_FIELDS.index("publications")
            text = fields[place] if len(fields) > place else ""
            count = len(text.split(DETAIL_ITEM)) if text else 0
            id = arrays.array("st_id")[16 * edge : 16 * edge + 16].tobytes()
            found = self._ranks[edge] = (level, agent, -count, id)
        return found

    def best(self, rows: Longs, edges: Longs) -> tuple[Longs, Longs]:
        """One edge per row, the best-evidenced; ``rows`` needn't be sorted."""
        if not self.is_told:
            distinct, starts = np.unique(rows, return_index=True)
            return distinct, edges[starts]
        order = np.argsort(rows, kind="stable")
        return first_of(rows[order], order, lambda i: self.rank(int(edges[i])), edges)


def first_of(
    rows: Longs, order: Longs, key: Callable[[int], Any], values: Longs
) -> tuple[Longs, Longs]:
    """The value with the least key of each run of equal ``rows``; ``order`` names the values.

    Keys are asked for only where a row has several.

    >>> order, values = np.array([0, 1, 2]), np.array([7, 8, 9])
    >>> found = first_of(np.array([1, 1, 2]), order, lambda i: -i, values)
    >>> [x.tolist() for x in found]
    [[1, 2], [8, 9]]
    """
    distinct, starts, lengths = np.unique(rows, return_index=True, return_counts=True)
    chosen = order[starts].copy()
    for i in np.flatnonzero(lengths > 1).tolist():
        some = order[starts[i] : starts[i] + lengths[i]].tolist()
        chosen[i] = min(some, key=key)
    return distinct, values[chosen]
