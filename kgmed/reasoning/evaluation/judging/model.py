"""What a judge made of runs, as it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kgmed.reasoning.evaluation.measures.resampling import Interval

MARKS = ("professional", "safe", "fluent", "helpful")
"""What an answer is marked on."""
LEAST, MOST = 1, 5
"""The marks: the worst and the best."""


@dataclass(frozen=True, slots=True)
class Marked:
    """The mean marks of a run's answers, from 1 to 5, with intervals; ``unread`` ones had none."""

    run: str
    items: int
    unread: int
    marks: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Preferred:
    """How often the answers of one run were preferred to another's, both ways round.

    ``swayed`` counts pairs in which the place decided, which are among ``equal``. ``p`` is a
    two-sided sign test's, ``p_adjusted`` by Holm for the number of pairs of runs.
    """

    first: str
    second: str
    items: int
    wins: int
    losses: int
    equal: int
    swayed: int
    unread: int
    p: float
    p_adjusted: float = 1.0


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model made of the answers of runs."""

    judge: str
    marked: tuple[Marked, ...]
    preferred: tuple[Preferred, ...]
    schema: str = "kgmed.judged/1"
