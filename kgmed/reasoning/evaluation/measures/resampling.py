"""Bootstrap intervals of measures that are made of sums over items.

The bootstrap draws as many items as there are, with replacement, many times (Efron 1979,
https://doi.org/10.1214/aos/1176344552); the interval of a measure runs between percentiles of its
values. A measure here is a function of sums over items (how many are right, how many answered), so
that a draw needs no item by item: items that add the same to every sum are one kind, and how often
each kind is drawn is multinomial. That is the same distribution, for a few numbers a draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

RESAMPLES = 10_000
LEVEL = 0.95
_CELLS = 8_000_000
"""Numbers held at a time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure with its interval; ``value`` is None where nothing could be measured.

    ``low`` and ``high`` are None where there is a value, but too little to resample.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are drawn: times, seed, and the share of draws between the two ends."""

    resamples: int = RESAMPLES
    seed: int = 0
    level: float = LEVEL


STANDARD = Resampling()


def drawn_sums(columns: Array, how: Resampling = STANDARD) -> Array:
    """Sums over drawn items, shape (resamples, columns); ``columns`` has a row an item."""
    distinct, counts = np.unique(columns, axis=0, return_counts=True)
    step = max(1, _CELLS // max(1, len(distinct)))
    generator = np.random.default_rng(how.seed)
    shares = counts / counts.sum()
    parts = [
        generator.multinomial(len(columns), shares, size=min(step, how.resamples - start))
        @ distinct
        for start in range(0, how.resamples, step)
    ]
    return np.concatenate(parts)


def interval(
    columns: Array, measure: Callable[[Array], Array], how: Resampling = STANDARD
) -> Interval:
    """A measure of sums over items, with the percentile interval.

    ``columns`` has a row an item and a column a sum; ``measure`` makes of sums, shape (n, columns),
    the n values, NaN where there is none (nothing was answered). Draws without a value are left
    out. Where every draw has the same value, there is no interval.

    >>> found = interval(np.array([[1.0]] * 3 + [[0.0]]), lambda sums: sums[:, 0] / 4)
    >>> found.value, found.low, found.high
    (0.75, 0.25, 1.0)
    """
    if not len(columns):
        return Interval()
    columns = np.asarray(columns, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(measure(columns.sum(axis=0, keepdims=True))[0])
        if np.isnan(value):
            return Interval()
        drawn = measure(drawn_sums(columns, how))
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or drawn.min() == drawn.max():
        return Interval(value)
    low, high = percentiles(drawn, how.level)
    return Interval(value, low, high)


def mean(values: Array, how: Resampling = STANDARD) -> Interval:
    """The mean of numbers, one an item.

    >>> mean(np.array([1.0, 1.0])).value
    1.0
    """
    n = len(values)
    return interval(np.asarray(values, dtype=float)[:, None], lambda sums: sums[:, 0] / n, how)


def share(top: Array, below: Array, how: Resampling = STANDARD) -> Interval:
    """The sum of ``top`` divided by that of ``below``, both a number an item; 0 to 1.

    Where all of the items, or none, add to ``top``, resampling can't tell how sure that is: the
    interval is then Wilson's, of the items that add to ``below``.

    >>> found = share(np.ones(10), np.ones(10))
    >>> found.value, round(found.low, 3), found.high
    (1.0, 0.722, 1.0)
    """
    found = interval(np.column_stack([top, below]), _divided, how)
    if found.low is None and found.value in {0.0, 1.0}:
        return _wilson(found.value, int(np.count_nonzero(below)), how.level)
    return found


def percentiles(drawn: Array, level: float = LEVEL) -> tuple[float, float]:
    """The ends between which ``level`` of drawn values lie."""
    tail = 50 * (1 - level)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return float(low), float(high)


def _divided(sums: Array) -> Array:
    below = np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    return sums[:, 0] / below


def _wilson(value: float, n: int, level: float) -> Interval:
    """Wilson's score interval of a share that is 0 or 1 of n.

    Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953; for 0 of n it is 0 to
    z^2 / (n + z^2), for n of n its mirror image.
    """
    z2 = NormalDist().inv_cdf(0.5 + level / 2) ** 2
    width = z2 / (n + z2)
    return Interval(value, 0.0, width) if value == 0 else Interval(value, 1 - width, 1.0)
