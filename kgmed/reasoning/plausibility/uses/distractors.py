"""What share of the wrong options that a model chooses is true after all.

A model that finds the hardest wrong options finds statements that are true and missing, too. How
many was measured: what the test holds out is hidden from the model, and an option that is among it
would have been taken for false by all who don't know it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgmed.reasoning.plausibility.measures.calibrate import Calibration
from kgmed.reasoning.plausibility.measures.measure import Scores
from kgmed.reasoning.plausibility.told import Distractors, Figure
from kgmed.reasoning.plausibility.triples.data import Ints, Longs, Mask, is_among, triple_keys
from kgmed.reasoning.plausibility.triples.negatives import ENDS, Slots
from kgmed.reasoning.plausibility.triples.splits import Split

QUESTIONS, OFFERED, CHOSEN = 1_000, 48, 3
"""Questions that are asked, options offered of each, and options taken of these."""
CUTS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Probabilities from which options are left out, each by itself."""


def turned_out_true(
    scores: Scores,
    calibration: Calibration,
    slots: Slots,
    split: Split,
    *,
    seed: int = 0,
    draws: int = 1000,
) -> Distractors | None:
    """Ask of training triples whose predicate the test has, and count the options that it holds.

    An option is a concept of the category of the true one that stands there in some triple, and
    that no triple but one of the test gives. Intervals come of drawing the questions anew. None
    where no question has :data:`CHOSEN` options.
    """
    s, p, o, question = _options(slots, split, seed)
    if not len(s):
        return None
    triples = slots.triples
    turned = triples.symmetric[p] & (s > o)
    keys = triple_keys(np.where(turned, o, s), p, np.where(turned, s, o), triples.concepts)
    true = is_among(keys, triples.keys[split.test])
    names = [triples.predicates[code] for code in p.tolist()]
    told = calibration(scores.score(s, p, o), names)
    rng = np.random.default_rng(seed)
    places = np.arange(len(s))
    first = _first(question, places, np.ones(len(s), bool))
    best = np.lexsort((places, -told, question))
    below = {f"{cut:g}": _first(question, best, told < cut) for cut in CUTS}
    chosen = {"drawn": first, "learned": _first(question, best, np.ones(len(s), bool)), **below}
    figures = {name: _share(true, question, own, rng, draws) for name, own in chosen.items()}
    asked = np.isin(triples.p, np.unique(triples.p[split.test]))
    return Distractors(
        len(np.unique(question)), round(len(split.test) / int(asked.sum()), 4),
        figures.pop("drawn"), figures.pop("learned"), figures,
        {name: round(float(told[own].mean()), 6) if len(own) else 0.0
         for name, own in chosen.items()},
    )  # fmt: skip


def _options(slots: Slots, split: Split, seed: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Triples of the options, and the number of the question of each, ascending."""
    triples = slots.triples
    rng = np.random.default_rng(seed)
    held = np.isin(triples.p[split.train], np.unique(triples.p[split.test]))
    asked = split.train[held]
    asked = np.sort(rng.choice(asked, min(len(asked), QUESTIONS), replace=False))
    hidden = triples.keys[split.test]
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    for number, place in enumerate(asked.tolist()):
        code, way = int(triples.p[place]), int(rng.integers(2))
        anchor, true = (triples.o[place], triples.s[place])[:: -1 if way else 1]
        members = slots.slot(code, ENDS[way]).members
        pool = members[triples.types[members] == triples.types[true]]
        pool = rng.permutation(pool)[: 2 * OFFERED].astype(np.int32)
        anchors = np.full(len(pool), anchor, np.int32)
        s, o = (anchors, pool) if way else (pool, anchors)
        p = np.full(len(pool), code, np.int32)
        turned = triples.symmetric[p] & (s > o)
        keys = triple_keys(np.where(turned, o, s), p, np.where(turned, s, o), triples.concepts)
        free = (pool != anchor) & (~triples.known(s, p, o) | is_among(keys, hidden))
        kept = np.flatnonzero(free)[:OFFERED]
        if len(kept) >= CHOSEN:
            found.append((s[kept], p[kept], o[kept], np.full(len(kept), number, np.int32)))
    if not found:
        empty = np.empty(0, np.int32)
        return empty, empty, empty, empty
    s, p, o, question = (np.concatenate(column) for column in zip(*found, strict=True))
    return s, p, o, question


def _first(question: Ints, order: Longs, kept: Mask) -> Longs:
    """The first :data:`CHOSEN` places of each question, in an order that keeps questions together,
    of those that are ``kept``."""
    order = order[kept[order]]
    if not len(order):
        return order
    own = question[order]
    starts = np.flatnonzero(np.r_[True, own[1:] != own[:-1]])
    ordinal = np.arange(len(own)) - np.repeat(starts, np.diff(np.r_[starts, len(own)]))
    chosen: Longs = order[ordinal < CHOSEN]
    return chosen


def _share(true: Mask, question: Ints, own: Longs, rng: np.random.Generator, draws: int) -> Figure:
    """The share that is true of some options, and its interval."""
    if not len(own):
        return Figure(0.0, 0.0, 0.0)
    numbers = np.unique(question, return_inverse=True)[1]
    n = int(numbers.max()) + 1
    hits = np.bincount(numbers[own], true[own], n).astype(np.float64)
    of = np.bincount(numbers[own], minlength=n).astype(np.float64)
    weights = rng.multinomial(n, np.full(n, 1 / n), draws).astype(np.float64)
    drawn = (weights @ hits) / np.maximum(weights @ of, 1e-12)
    values: Sequence[float] = (hits.sum() / of.sum(), *np.percentile(drawn, [2.5, 97.5]))
    return Figure(*(round(float(x), 6) for x in values))
