"""Which of several false statements are the hardest: those that a trained model finds plausible.

The model orders what is proposed, and no more: verdicts still decide what is false. What it finds
all too plausible is left out, as the graph may merely lack it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Triple = tuple[str, str, str]
Plausible = Callable[[Sequence[Triple]], Sequence[float | None]]
"""How probable each of many triples of concept ids is (0-1); None for what the model has never
seen."""

CUT = 0.8
"""The probability from which a statement is left out as likely true; docs/learn.md has what was
measured with this one and others."""
OFFERED = 48
"""Options that are proposed of a question for the model to choose among."""
TRIES = 16
"""Corruptions of a kind that are proposed of a statement for the model to choose among."""


@dataclass(frozen=True, slots=True)
class Hardest:
    """Orders what is proposed by ``plausible``; what isn't below ``cut`` is left out."""

    plausible: Plausible
    cut: float = CUT

    def order(self, offered: Sequence[Sequence[Triple]]) -> list[list[tuple[int, float | None]]]:
        """Of each of many rows of triples, the places of those that are left and how probable each
        is: the most probable first, ties as they stand, and behind them those that the model has
        never seen.

        >>> hardest = Hardest(lambda triples: [{"a": 0.2, "b": 0.99, "c": 0.7}.get(o)
        ...                                    for _s, _p, o in triples])
        >>> hardest.order([[("x", "treats", end) for end in "nabc"]])
        [[(3, 0.7), (1, 0.2), (0, None)]]
        """
        told = iter(self.plausible([triple for row in offered for triple in row]))
        found = []
        for row in offered:
            own = [(place, next(told)) for place in range(len(row))]
            kept = [(place, p) for place, p in own if p is None or p < self.cut]
            kept.sort(key=lambda one: 1.0 if one[1] is None else -one[1])
            found.append(kept)
        return found
