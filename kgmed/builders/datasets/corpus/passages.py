"""Passages about a concept, within a budget of tokens, at three sizes of the graph around it.

``one_hop`` tells what is said of the concept; ``two_hop`` goes on with what is said of some of the
neighbours that it told; ``balanced`` takes as many statements of each category of neighbours as of
another, so that a drug with a thousand interactions isn't told by these alone.

All passages of a part are made together, of columns (:mod:`.telling`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus.facts import Facts, facts_of
from kgmed.builders.datasets.corpus.telling import Count, Ints, Laid, Pieces, Telling, ranges
from kgmed.builders.datasets.corpus.told import Rows
from kgmed.builders.datasets.corpus.voice import WORDINGS, Voice
from kgmed.builders.datasets.corpus.words import Words, numbered

SIZES = ("one_hop", "two_hop", "balanced")
TASKS = {size: f"passages_{size}" for size in SIZES}
FEWEST = 3
"""Facts below which a concept has no passage: its sentences say as much."""
NEIGHBOURS = 4
"""Neighbours that a two-hop passage goes on with, and facts that are read of each, on either side:
about as many as its share of the budget holds."""
READ = 16
SHARE = 0.5
"""The share of a two-hop passage's budget that the concept itself may take."""
FACT_TOKENS = 6
"""Tokens that a fact in a list takes at least: a bound on how many are looked at."""
BATCH = 8_000
"""Passages that are made together."""


def passages(
    block: PartBlock, voice: Voice, size: str, *, budget: int, count: Count | None = None
) -> Iterator[Rows]:
    """The passages of a block's concepts, of one of :data:`SIZES`, some thousands at a time.

    ``count`` counts the tokens of a text; without one they are told by its characters.
    """
    feed = block.feed
    asked = feed.leaves[block.numbers] & voice.told[block.numbers]
    most = max(FEWEST, budget // FACT_TOKENS)
    facts = facts_of(block, voice, most=most, told_of=asked)
    enough = np.flatnonzero(np.diff(facts.starts) >= FEWEST)
    if not len(enough):
        return
    around = _around(facts, enough, voice, most) if size == "two_hop" else None
    sides = [facts] if around is None else [facts, around.facts]
    ends = [end for side in sides for end in (side.numbers, side.other)]
    words = Words(voice, np.concatenate(ends))
    pieces = Pieces(words)
    telling = [Telling(side, words, pieces) for side in sides]
    turns = _balanced(telling[0].facts, voice) if size == "balanced" else telling[0].first_turns
    for start in range(0, len(enough), BATCH):
        places = enough[start : start + BATCH]
        fact, row = telling[0].base(places)
        if around is not None:
            made = _two_hop(telling, around, places, budget, count=count)
        else:
            limits = np.full(len(places), budget)
            laid, rows = telling[0].fitted(places, fact, row, limits, turns=turns, count=count)
            made = _Made(laid, rows, np.zeros(len(laid.fact), np.int8))
        if len(made.rows):
            yield _rows(made, telling, places, turns, voice=voice, size=size)


class _Made:
    """Passages, the rows that have one, and of their facts the side (of the concept, or of what is
    around it)."""

    def __init__(self, laid: Laid, rows: Ints, side: Ints) -> None:
        self.laid, self.rows, self.side = laid, rows, side


def _rows(
    made: _Made, telling: list[Telling], places: Ints, turns: Ints, *, voice: Voice, size: str
) -> Rows:
    """Passages as rows. The facts of each are in the order in which they were chosen."""
    laid = made.laid
    turn = np.where(
        made.side == 0, turns[np.where(made.side == 0, laid.fact, 0)],
        np.iinfo(np.int64).max,
    )  # fmt: skip
    order = np.lexsort((turn, laid.row))
    row, side, fact = laid.row[order], made.side[order], laid.fact[order]
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
    facts = telling[0].facts
    wording = (facts.key[fact[first]] >> np.uint64(32)).astype(np.int64) % WORDINGS
    return Rows(
        TASKS[size], voice.lang, facts.numbers[places[made.rows]], wording, laid.codes, laid.starts,
        row, side, fact, [t.facts for t in telling], telling[0].pieces,
    )  # fmt: skip


def _balanced(facts: Facts, voice: Voice) -> Ints:
    """The turn of each fact where each category of neighbours has one in turn."""
    sets = voice.feed.category_of[np.maximum(facts.other, 0)]
    none = voice.no_category
    category = np.where(facts.other < 0, none, voice.category[sets])
    order = np.lexsort((facts.key, category, facts.own))
    new = np.ones(len(order), bool)
    own, of = facts.own[order], category[order]
    new[1:] = (own[1:] != own[:-1]) | (of[1:] != of[:-1])
    first = np.flatnonzero(new)
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    return facts.placed(np.lexsort((category, turn, facts.own)))


# Two hops


class _Around:
    """Neighbours that passages go on with, shape (concepts, NEIGHBOURS), -1 for none: their places
    among what was read of them."""

    def __init__(self, facts: Facts, place: Ints) -> None:
        self.facts, self.place = facts, place


def _around(facts: Facts, enough: Ints, voice: Voice, most: int) -> _Around:
    """What is said of the neighbours that are told first, each once."""
    feed = voice.feed
    numbers = _neighbours(facts, enough, feed.leaves)
    wanted, place_of = numbered(feed.concepts, numbers)
    block = PartBlock(feed, wanted, most=READ)
    read = facts_of(block, voice, most=most, first=READ)
    return _Around(read, place_of[numbers])


def _neighbours(facts: Facts, enough: Ints, leaves: npt.NDArray[np.bool_]) -> Ints:
    """The neighbours that the first facts of each concept speak of, by number: a fact is as likely
    to be among the first whether its other end is a hub or not. Shape (concepts, NEIGHBOURS)."""
    asked = np.zeros(len(facts.numbers), bool)
    asked[enough] = True
    order = np.lexsort((facts.key, facts.own))
    order = order[asked[facts.own[order]] & (facts.other[order] >= 0)]
    order = order[leaves[facts.other[order]]]
    own, other = facts.own[order].astype(np.int64), facts.other[order]
    found = np.full((len(facts.numbers), NEIGHBOURS), -1, np.int64)
    by_end = np.lexsort((np.arange(len(order)), other, own))
    again = np.zeros(len(order), bool)
    again[by_end[1:]] = (own[by_end][1:] == own[by_end][:-1]) & (
        other[by_end][1:] == other[by_end][:-1]
    )
    own, other = own[~again], other[~again]
    starts = np.searchsorted(own, np.arange(len(facts.numbers)))
    turn = np.arange(len(own)) - starts[own]
    few = turn < NEIGHBOURS
    found[own[few], turn[few]] = other[few]
    return found


def _two_hop(
    telling: list[Telling], around: _Around, places: Ints, budget: int, *, count: Count | None
) -> _Made:
    """Passages that go on with neighbours, of those concepts where there is something to tell."""
    own, near = telling
    fact, row = own.base(places)
    laid, rows = own.fitted(places, fact, row, np.full(len(places), round(SHARE * budget)),
                            turns=own.first_turns, count=count)  # fmt: skip
    left = np.zeros(len(places))
    left[rows] = budget - laid.tokens
    open_ = np.zeros(len(places), bool)
    open_[rows] = True
    numbers = near.facts.numbers[np.maximum(around.place[places], 0)]
    ends = np.where(around.place[places] >= 0, numbers, -2)
    parts = [(rows, laid, 0)]
    known = [(rows[laid.row], own.facts.key[laid.fact])]
    for turn in range(NEIGHBOURS):
        at = around.place[places, turn]
        some = np.flatnonzero(open_ & (at >= 0) & (left > 0))
        fact, row = near.base(at[some])
        new = ~_known(near.facts, fact, some[row], known,
                      about=np.column_stack([own.facts.numbers[places], ends]))  # fmt: skip
        fact, row = fact[new], row[new]
        limits = np.minimum(left[some], budget // NEIGHBOURS)
        laid, told = near.fitted(at[some], fact, row, limits, turns=near.first_turns, lead=True,
                                 count=count)  # fmt: skip
        if not len(told):
            continue
        mine = some[told]
        left[mine] -= laid.tokens
        parts.append((mine, laid, 1))
        known.append((mine[laid.row], near.facts.key[laid.fact]))
    return _in_turn(parts, len(places))


def _known(
    facts: Facts, fact: Ints, row: Ints, known: list[tuple[Ints, Ints]], *, about: Ints
) -> npt.NDArray[np.bool_]:
    """Which facts a row has told: of those between two of the concepts that it is ``about``."""
    other = facts.other[fact]
    both = np.zeros(len(fact), bool)
    for column in about.T:
        both |= other == column[row]
    some = np.flatnonzero(both)
    found = np.zeros(len(fact), bool)
    if not len(some):
        return found
    mark = np.uint64(0x9E3779B97F4A7C15)  # a row's facts are told from another's
    told = np.concatenate([keys ^ (rows.astype(np.uint64) * mark) for rows, keys in known])
    mine = facts.key[fact[some]] ^ (row[some].astype(np.uint64) * mark)
    told.sort()
    found[some] = told[np.minimum(np.searchsorted(told, mine), len(told) - 1)] == mine
    return found


def _in_turn(parts: list[tuple[Ints, Laid, int]], count: int) -> _Made:
    """The parts of each row one behind another, of rows that have more than one."""
    numbers = np.concatenate([rows for rows, _laid, _side in parts])
    several = np.bincount(numbers, minlength=count) > 1
    shift = np.cumsum([0, *(len(laid.codes) for _rows, laid, _side in parts)])
    starts = np.concatenate(
        [laid.starts[:-1] + at for (_r, laid, _s), at in zip(parts, shift, strict=False)]
    )
    stops = np.concatenate(
        [laid.starts[1:] + at for (_r, laid, _s), at in zip(parts, shift, strict=False)]
    )
    order = np.argsort(numbers, kind="stable")
    order = order[several[numbers[order]]]
    pieces, place = ranges(starts[order], stops[order])
    lengths = np.bincount(place, minlength=len(order))
    rows = np.flatnonzero(several)
    at = np.full(count, -1)
    at[rows] = np.arange(len(rows))
    mine = at[numbers[order]]
    sizes = np.bincount(mine, lengths, len(rows)).astype(np.int64)
    tokens = np.bincount(
        mine, np.concatenate([laid.tokens for _r, laid, _s in parts])[order], len(rows)
    )
    row = at[np.concatenate([part[laid.row] for part, laid, _side in parts])]
    fact = np.concatenate([laid.fact for _rows, laid, _side in parts])
    side = np.concatenate([np.full(len(laid.fact), s, np.int8) for _rows, laid, s in parts])
    kept = np.flatnonzero(row >= 0)
    kept = kept[np.argsort(row[kept], kind="stable")]
    codes = np.concatenate([laid.codes for _rows, laid, _side in parts])[pieces]
    laid = Laid(codes, np.append(0, np.cumsum(sizes)), tokens, row[kept], fact[kept])
    return _Made(laid, rows, side[kept])
