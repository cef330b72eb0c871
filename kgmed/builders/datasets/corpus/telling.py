"""Passages of many concepts at once: which pieces stand in them, in order.

The texts are those of :meth:`kgmed.kg.verbalize.Verbalizer.concept`; a test compares them. A
passage is a stream of numbered pieces, so that its length is a sum, and a text is made once: of the
passage that fits its budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.corpus.facts import Facts
from kgmed.builders.datasets.corpus.voice import LIST, MANY, ONE, WORDINGS
from kgmed.builders.datasets.corpus.words import Words
from kgmed.kg.verbalize.size import CHARACTERS

Ints = npt.NDArray[Any]
Form = Callable[[pa.Array], pa.Array]
Count = Callable[[str], int]
"""Counts the tokens of a text."""
HEAD, AROUND, BEFORE, BEHIND = 3, 6, 2, 3
"""Pieces of a row before its sentences, and of a sentence besides its list."""


@dataclass(slots=True)
class Laid:
    """Rows of pieces. ``starts`` (n + 1) are the rows' first pieces, ``tokens`` (n,) their sizes,
    not rounded; ``row`` and ``fact`` (m,) the facts that they tell, ascending by row."""

    codes: Ints
    starts: Ints
    tokens: Ints
    row: Ints
    fact: Ints

    def __len__(self) -> int:
        return len(self.tokens)


def ranges(starts: Ints, stops: Ints) -> tuple[Ints, Ints]:
    """The numbers of ranges, one behind another, and the place of the range of each."""
    lengths = stops - starts
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    place = np.repeat(np.arange(len(starts)), lengths)
    return np.arange(total) + np.repeat(starts - ends + lengths, lengths), place


class Pieces:
    """The texts of pieces, and their lengths in characters, by number."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._lengths: Ints = np.empty(0, np.int32)
        self._known = -1
        self._texts: dict[Form | None, pa.Array] = {}

    def lengths(self) -> Ints:
        """Characters of each piece."""
        fixed = self._words.voice.fixed
        if self._known < 0:
            lengths = pc.utf8_length(self._words.texts())
            self._lengths = lengths.to_numpy(zero_copy_only=False).astype(np.int32)
        elif self._known < len(fixed):
            more = np.fromiter(map(len, fixed[self._known :]), np.int32)
            self._lengths = np.concatenate([self._lengths, more])
        self._known = len(fixed)
        return self._lengths

    def joined(self, codes: Ints, starts: Ints, form: Form | None = None) -> pa.Array:
        """The texts of rows of pieces, which ``form`` has changed for a kind of file."""
        every = self._formed(form).take(pa.array(codes))
        _valid, offsets, data = every.buffers()
        ends = np.frombuffer(offsets, np.int64)[every.offset + starts]
        return pa.LargeStringArray.from_buffers(
            len(starts) - 1, pa.py_buffer(np.ascontiguousarray(ends)), data
        )

    def _formed(self, form: Form | None) -> pa.Array:
        texts = self._texts.get(form)
        count = self._words.count + len(self._words.voice.fixed)
        if texts is None or len(texts) < count:
            more = self._words.texts(0 if texts is None else len(texts))
            more = more if form is None else form(more)
            texts = self._texts[form] = more if texts is None else pa.concat_arrays([texts, more])
        return texts


class Telling:
    """Lays the facts of concepts out as passages. Its facts are in the order of telling."""

    def __init__(self, facts: Facts, words: Words, pieces: Pieces) -> None:
        voice = words.voice
        values = words.add_values(facts.values)
        self._tails = words.add(facts.tails)
        item = np.where(facts.value < 0, words.place[facts.other], values + facts.value)
        kind = (voice.rank[facts.code] * 2 + facts.inverse) * 8
        kind += np.array(facts.severities)[facts.tail]
        order = _by(facts.own, kind, words.order[item])
        facts, item, kind = facts.kept(order), item[order], kind[order]
        if facts.tail.any():
            order = _grouped(facts.own, kind, facts.tail)
            facts, item, kind = facts.kept(order), item[order], kind[order]
        new = np.ones(len(facts), bool)
        new[1:] = (facts.own[1:] != facts.own[:-1]) | (kind[1:] != kind[:-1])
        new[1:] |= facts.tail[1:] != facts.tail[:-1]
        self.facts, self.words, self._item, self.pieces = facts, words, item, pieces
        self._group = np.cumsum(new)
        self._repeated = _repeated(self._group, words.fold[item])
        feed = facts.block.feed
        self._name = words.place[facts.numbers]
        self._kind = feed.category_of[facts.numbers]
        self.first_turns = facts.turns()

    # Which facts

    def base(self, places: Ints) -> tuple[Ints, Ints]:
        """All facts of some concepts, by place, and the row of each."""
        return ranges(self.facts.starts[places], self.facts.starts[places + 1])

    def fitted(
        self, places: Ints, fact: Ints, row: Ints, limits: Ints, *, turns: Ints, lead: bool = False,
        count: Count | None = None,
    ) -> tuple[Laid, Ints]:  # fmt: skip
        """Passages of as many of the facts, by their ``turns``, as limits of tokens allow; and the
        rows that have one. Shapes of ``places`` and ``limits`` (n,), of ``fact`` and ``row`` (m,).
        """
        turn = turns[fact]
        wording = self._wordings(len(places), fact, row, turn)
        lengths = self.pieces.lengths()
        most = np.bincount(row, minlength=len(places))
        if count is None:
            most = np.minimum(most, self._fewer(fact, row, turn, limits, lengths))
        found: list[tuple[Ints, Laid]] = []
        pending = np.flatnonzero(most > 0)
        most = np.maximum(most, 0)
        top = np.full(len(places), np.iinfo(np.int64).max)
        np.minimum.at(top, row, turn)
        while len(pending):
            mask = np.zeros(len(places), bool)
            mask[pending] = True
            chosen = np.flatnonzero(mask[row] & (turn < most[row]))
            told = row[chosen]
            rows = told[np.append(True, told[1:] != told[:-1])]
            at = np.zeros(len(places), np.int64)
            at[rows] = np.arange(len(rows))
            laid = self.lay(places[rows], fact[chosen], at[told], wording[rows], lead=lead)
            if count is not None:
                texts = self.pieces.joined(laid.codes, laid.starts).to_pylist()
                laid.tokens = np.array([count(text) for text in texts], np.int64)
            fits = laid.tokens <= limits[rows]
            if fits.any():
                found.append((rows[fits], _some(laid, np.flatnonzero(fits))))
            over = rows[~fits]
            sizes = laid.tokens[~fits]
            fewer = (most[over] * limits[over] // sizes).astype(np.int64)
            most[over] = np.minimum(most[over] - 1, fewer)
            pending = over[most[over] > top[over]]
        return _together(found)

    def _wordings(self, rows: int, fact: Ints, row: Ints, turn: Ints) -> Ints:
        """The wording of each row: that of the fact that is told whatever the limit."""
        wording = np.zeros(rows, np.int64)
        order = np.lexsort((turn, row))
        new = np.ones(len(order), bool)
        new[1:] = row[order][1:] != row[order][:-1]
        first = fact[order[new]]
        number = (self.facts.key[first] >> np.uint64(32)).astype(np.int64)
        wording[row[order[new]]] = number % WORDINGS
        return wording

    def _fewer(self, fact: Ints, row: Ints, turn: Ints, limits: Ints, lengths: Ints) -> Ints:
        """Facts of each row whose names alone aren't longer than its limit."""
        per = CHARACTERS.get(self.words.voice.lang, 3.0)
        least = lengths[self._item[fact]] + (1 if self.words.voice.lang == "zh" else 2)
        total = np.bincount(row, least, len(limits))
        over = total > (limits + 1) * per
        found = np.full(len(limits), np.iinfo(np.int64).max)
        if not over.any():
            return found
        some = np.flatnonzero(over[row])
        order = some[np.lexsort((turn[some], row[some]))]
        sums = np.cumsum(least[order])
        mine = row[order]
        first = np.flatnonzero(np.append(True, mine[1:] != mine[:-1]))
        before = np.repeat(sums[first] - least[order[first]],
                           np.diff(np.append(first, len(mine))))  # fmt: skip
        fits = sums - before <= (limits[mine] + 1) * per
        highest = np.zeros(len(limits), np.int64)
        np.maximum.at(highest, mine[fits], turn[order][fits] + 1)
        found[over] = np.maximum(highest[over], 1)
        return found

    # Which pieces

    def lay(self, places: Ints, fact: Ints, row: Ints, wording: Ints, *, lead: bool) -> Laid:
        """The pieces of passages about concepts, by place, of facts, by row; each row has some."""
        words, voice, facts = self.words, self.words.voice, self.facts
        fixed = words.count
        shown, of = fact, row
        again = self._told_before(fact, row)
        if len(again):
            shown, of = np.delete(fact, again), np.delete(row, again)
        item, group = self._item[shown], self._group[shown]
        new = np.ones(len(shown), bool)
        new[1:] = (of[1:] != of[:-1]) | (group[1:] != group[:-1])
        first = np.flatnonzero(new)
        mine = of[first]
        count = np.diff(np.append(first, len(shown)))
        begins = np.ones(len(first), bool)
        begins[1:] = mine[1:] != mine[:-1]
        code, inverse = facts.code[shown[first]], facts.inverse[shown[first]]
        tail = facts.tail[shown[first]]

        name = self._name[places]
        plural = words.plural[name]
        kind = voice.kind[self._kind[places], plural.astype(np.int8)]
        follows = ~begins | (kind > 0)[mine]
        pronoun = follows & voice.takes_pronoun(code, inverse.astype(np.int8))
        many = words.plural[item[first]] & (facts.value[shown[first]] < 0)
        others = np.where(count > 1, LIST, np.where(many, MANY, ONE))
        shape = voice.shaped(
            code, inverse, pronoun, others=others, plural=plural[mine], wording=wording[mine]
        )
        prefix, between, end, listed, opens, closes = voice.shapes.columns(shape)
        own, opened = name[mine], (listed == 0) & (opens > 0)
        written = np.where(opened, words.opening[own], own)
        stands = voice.pronouns[plural[mine].astype(np.int8), opened.astype(np.int8)] + fixed
        written = np.where(pronoun, stands, written)
        at_end = np.append(first[1:], len(shown)) - 1
        last, ends = item[at_end], (tail == 0) & (closes > 0)
        written = np.where(ends & (listed > 0) & ~pronoun, words.closing[own], written)
        closed = np.where(listed > 0, words.closed[own] & ~pronoun, words.closed[last])
        stop = np.where(ends & closed, 0, voice.stop)

        size = 2 * count - 1 + AROUND + 1
        begin = np.cumsum(size) - size + HEAD * (np.cumsum(begins))
        starts = np.append(begin[begins] - HEAD, begin[-1] + size[-1] if len(begin) else 0)
        codes = np.full(int(starts[-1]), fixed, np.int64)
        if lead:
            codes[starts[:-1]] = fixed + voice.space
        codes[starts[:-1] + 1] = np.where(kind > 0, words.opening[name], fixed)
        codes[starts[:-1] + 2] = fixed + kind
        codes[begin] = np.where(follows, fixed + voice.space, fixed)
        codes[begin + 1] = fixed + prefix
        length = 2 * count - 1
        where = begin + np.where(listed > 0, BEFORE + length + 1, BEFORE)
        codes[where] = written
        codes[begin + np.where(listed > 0, BEFORE + length, BEFORE + 1)] = fixed + between
        rest = begin + BEFORE + 2 + length
        codes[rest] = fixed + end
        codes[rest + 1] = np.where(tail > 0, self._tails + tail, fixed)
        codes[rest + 2] = fixed + stop
        inside = np.arange(len(shown)) - np.repeat(first, count)
        at = np.repeat(begin + np.where(listed > 0, BEFORE, BEFORE + 2), count) + 2 * inside
        capital = np.where((listed > 0) & (opens > 0), words.opening[item[first]], item[first])
        codes[at] = item
        codes[at[first]] = capital
        final = ends & (listed == 0)
        codes[at[at_end[final]]] = words.closing[last[final]]
        several = np.logical_or.reduceat(words.several[item], first) if len(first) else first
        comma = np.array(voice.between)[several.astype(np.int8)] + fixed
        joint = np.array(voice.last)[several.astype(np.int8)] + fixed
        left = np.repeat(count, count) - inside
        codes[at[left > 2] + 1] = np.repeat(comma, count)[left > 2]
        codes[at[left == 2] + 1] = np.repeat(joint, count)[left == 2]
        characters = np.add.reduceat(self.pieces.lengths()[codes], starts[:-1])
        per = CHARACTERS.get(voice.lang, 3.0)
        return Laid(codes, starts, characters / per, row, fact)

    def _told_before(self, fact: Ints, row: Ints) -> Ints:
        """Places of facts whose name is in the list already."""
        some = np.flatnonzero(self._repeated[fact])
        if not len(some):
            return some
        keys = [self.words.fold[self._item[fact[some]]], self._group[fact[some]], row[some]]
        order = np.lexsort((some, *keys))
        same = np.ones(len(some) - 1, bool)
        for key in keys:
            same &= key[order][1:] == key[order][:-1]
        return some[order[1:][same]]


def _by(own: Ints, kind: Ints, name: Ints) -> Ints:
    """The order of facts by concept, kind and name."""
    if not len(own):
        return np.empty(0, np.int64)
    name = name.astype(np.int64) - int(name.min())
    bits = [int(key.max()).bit_length() for key in (kind, name)]
    if int(own[-1]).bit_length() + sum(bits) > 62:
        return np.lexsort((name, kind, own))
    key = (own.astype(np.int64) << sum(bits)) | (kind << bits[1]) | name
    return np.argsort(key, kind="stable")


def _grouped(own: Ints, kind: Ints, tail: Ints) -> Ints:
    """An order in which facts of a concept and kind with the same tail stand together, where the
    first of them stood."""
    order = np.lexsort((tail, kind, own))
    same = np.ones(len(order), bool)
    for key in (own, kind, tail):
        same[1:] &= key[order][1:] == key[order][:-1]
    same[0] = False
    first = np.flatnonzero(~same)
    leads = np.empty(len(order), np.int64)
    leads[order] = np.repeat(order[first], np.diff(np.append(first, len(order))))
    return np.argsort(leads, kind="stable")


def _repeated(group: Ints, fold: Ints) -> npt.NDArray[np.bool_]:
    """Facts whose name, but for case, another of their group has."""
    order = np.argsort((group.astype(np.int64) << 32) | fold.astype(np.int64), kind="stable")
    same = (group[order][1:] == group[order][:-1]) & (fold[order][1:] == fold[order][:-1])
    found = np.zeros(len(group), bool)
    found[order[1:][same]] = True
    found[order[:-1][same]] = True
    return found


def _some(laid: Laid, rows: Ints) -> Laid:
    """Some of the rows."""
    if len(rows) == len(laid):
        return laid
    pieces, place = ranges(laid.starts[rows], laid.starts[rows + 1])
    lengths = np.bincount(place, minlength=len(rows))
    at = np.full(len(laid), -1)
    at[rows] = np.arange(len(rows))
    facts = np.flatnonzero(at[laid.row] >= 0)
    return Laid(laid.codes[pieces], np.append(0, np.cumsum(lengths)), laid.tokens[rows],
                at[laid.row[facts]], laid.fact[facts])  # fmt: skip


def _together(found: list[tuple[Ints, Laid]]) -> tuple[Laid, Ints]:
    """Rows of several layings in one, in the order of their numbers; and the numbers."""
    none = np.empty(0, np.int64)
    if not found:
        return Laid(none, np.zeros(1, np.int64), none, none, none), none
    if len(found) == 1:
        return found[0][1], found[0][0]
    rows = np.concatenate([numbers for numbers, _laid in found])
    parts = [laid for _numbers, laid in found]
    shift = np.cumsum([0, *(len(part.codes) for part in parts)])
    starts = np.concatenate([part.starts[:-1] + at for part, at in zip(parts, shift, strict=False)])
    stops = np.concatenate([part.starts[1:] + at for part, at in zip(parts, shift, strict=False)])
    order = np.argsort(rows, kind="stable")
    pieces, place = ranges(starts[order], stops[order])
    lengths = np.bincount(place, minlength=len(rows))
    of = np.empty(len(rows), np.int64)
    of[order] = np.arange(len(rows))
    counted = np.cumsum([0, *(len(part) for part in parts)])
    row = of[np.concatenate([part.row + at for part, at in zip(parts, counted, strict=False)])]
    fact = np.concatenate([part.fact for part in parts])
    by_row = np.argsort(row, kind="stable")
    return (
        Laid(np.concatenate([part.codes for part in parts])[pieces],
             np.append(0, np.cumsum(lengths)),
             np.concatenate([part.tokens for part in parts])[order], row[by_row], fact[by_row]),
        rows[order],
    )  # fmt: skip
