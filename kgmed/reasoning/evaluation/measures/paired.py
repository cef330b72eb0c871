"""Whether one run is better than another on the same items, and how sure that is.

What isn't answered counts as not right, for both. McNemar's exact test looks at the items that only
one of the two has right (McNemar 1947, https://doi.org/10.1007/BF02295996): were the runs equally
good, each of these would be a toss of a coin. The interval of the difference is a bootstrap over
items, both runs drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kgmed.reasoning.evaluation.measures.accuracy import PENALTY, outcomes
from kgmed.reasoning.evaluation.measures.resampling import (
    STANDARD,
    Interval,
    Resampling,
    mean,
)
from kgmed.reasoning.evaluation.runs import Record


@dataclass(frozen=True, slots=True)
class Paired:
    """Two runs on the same items; differences are the second's less the first's.

    ``p`` is that of McNemar's exact test, two-sided.
    """

    items: int
    both: int
    only_first: int
    only_second: int
    neither: int
    difference: Interval
    points_difference: Interval
    p: float


def paired(
    first: Sequence[Record],
    second: Sequence[Record],
    *,
    penalty: float = PENALTY,
    how: Resampling = STANDARD,
) -> Paired:
    """Two runs' records of the same graded items, in the same order."""
    (a, a_wrong), (b, b_wrong) = outcomes(first), outcomes(second)
    gained = (b - penalty * b_wrong) - (a - penalty * a_wrong)
    n = len(a)
    only_a, only_b = int((a * (1 - b)).sum()), int((b * (1 - a)).sum())
    both = int((a * b).sum())
    return Paired(
        items=n,
        both=both,
        only_first=only_a,
        only_second=only_b,
        neither=n - both - only_a - only_b,
        difference=mean(b - a, how),
        points_difference=mean(gained, how),
        p=mcnemar(only_a, only_b),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of so many items that only one of two runs has right.

    Twice the probability that so few heads, or fewer, come of as many tosses; at most 1.

    >>> mcnemar(1, 8), mcnemar(5, 5), mcnemar(0, 0)
    (0.0390625, 1.0, 1.0)
    """
    n, few = only_first + only_second, min(only_first, only_second)
    ways = 0
    term = 1
    for k in range(few + 1):
        ways += term
        term = term * (n - k) // (k + 1)
    return float(min(Fraction(1), Fraction(2 * ways, 2**n)))


def holm(ps: Sequence[float]) -> tuple[float, ...]:
    """Ps adjusted for how many tests were made, in the same order, by Holm's step-down.

    Holm 1979, https://www.jstor.org/stable/4615733.

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = highest
    return tuple(adjusted)
