"""What can be told of some concepts, as columns, in the order in which a passage tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.edges import ID_BYTES, Edges
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.model import Fact
from kgmed.kg.model import Value
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize import values

OUT, INTO, VALUED = range(3)
NO_SEVERITY = len(words_of.SEVERITIES)
REMEMBERED = 200_000
"""Qualifiers whose words are kept in a process."""


@dataclass(slots=True)
class Facts:
    """Facts of concepts, those of one behind another. Shapes (n,), ``starts`` (concepts + 1).

    ``own`` is the place of a concept among ``numbers``; ``other`` the number of the other end, -1
    beside a value, whose number ``value`` is. ``inverse`` are told from the object. ``side`` and
    ``place`` say where a fact lies in the block, ``key`` are the first 8 bytes of its first id, by
    which facts are chosen. ``tail`` numbers the words of qualifiers, 0 for none. ``further`` are
    the places in ``further_ids`` and ``further_profiles`` of what other statements say the same.
    """

    block: PartBlock
    numbers: npt.NDArray[Any]
    starts: npt.NDArray[np.int64]
    own: npt.NDArray[np.int32]
    other: npt.NDArray[np.int64]
    code: npt.NDArray[np.int64]
    inverse: npt.NDArray[np.bool_]
    side: npt.NDArray[np.int8]
    place: npt.NDArray[np.int64]
    profile: npt.NDArray[np.int64]
    ids: npt.NDArray[np.uint8]
    key: npt.NDArray[np.uint64]
    tail: npt.NDArray[np.int32]
    value: npt.NDArray[np.int32]
    further: npt.NDArray[np.int64]
    tails: list[str]
    severities: list[int]
    values: list[str]
    further_ids: npt.NDArray[np.uint8]
    further_profiles: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.own)

    def kept(self, mask_or_order: npt.NDArray[Any]) -> Facts:
        """Some of the facts, or all in another order; those of a concept stay together."""
        chosen = mask_or_order
        own = self.own[chosen]
        starts = starts_of(own, len(self.numbers))
        return Facts(
            self.block, self.numbers, starts, own, self.other[chosen], self.code[chosen],
            self.inverse[chosen], self.side[chosen], self.place[chosen], self.profile[chosen],
            self.ids[chosen], self.key[chosen], self.tail[chosen], self.value[chosen],
            self.further[chosen], self.tails, self.severities, self.values, self.further_ids,
            self.further_profiles,
        )  # fmt: skip

    def fact(self, at: int) -> Fact:
        """A fact as tasks see it."""
        side, place = int(self.side[at]), int(self.place[at])
        if side == VALUED:
            feed = self.block.feed
            id = feed.ids[int(self.numbers[self.own[at]])].as_py()
            return feed.valued(id, feed.table("values").slice(place, 1).to_pylist()[0])
        if side == OUT:
            return self.block.sides[0].fact(place)
        return self.block.sides[1].fact(place)

    def turns(self) -> npt.NDArray[np.int64]:
        """The place of each fact in the order of ids, among those of its concept."""
        return self.placed(by_key(self.own, self.key))

    def placed(self, order: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The place of each fact among those of its concept, by an order of all."""
        turns = np.empty(len(self), np.int64)
        turns[order] = np.arange(len(self)) - self.starts[self.own[order]]
        return turns


def starts_of(own: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
    """The first place of each of so many numbers among ascending ones, and the end."""
    return np.append(0, np.cumsum(np.bincount(own, minlength=count)))


def by_key(
    own: npt.NDArray[Any], key: npt.NDArray[np.uint64], rank: npt.NDArray[Any] | None = None
) -> npt.NDArray[Any]:
    """The order of (own, rank, key), by the first bits of keys where these tell them apart."""
    if not len(own):
        return np.empty(0, np.int64)
    ranked = own.astype(np.uint64)
    if rank is not None:
        ranked = (ranked << np.uint64(int(rank.max()).bit_length())) | rank.astype(np.uint64)
    bits = np.uint64(64 - int(ranked.max()).bit_length())
    if bits >= np.uint64(24):
        short = (ranked << bits) | (key >> (np.uint64(64) - bits))
        order = np.argsort(short)
        short = short[order]
        if not (short[1:] == short[:-1]).any():
            return order
    return np.lexsort((key, ranked))


def facts_of(
    block: PartBlock, voice: Voice, *, most: int, told_of: npt.NDArray[np.bool_] | None = None,
    held_apart: bool = True, valued: bool = True, first: int | None = None, said: bool = False,
) -> Facts:  # fmt: skip
    """What can be told of a block's concepts in a voice, ``most`` facts of each predicate and side.

    ``told_of`` marks the concepts that are asked for, shape (concepts,). ``held_apart`` leaves out
    what touches a concept that training mustn't see, of those that it may. ``first`` keeps so many
    facts of each concept, in the order of ids. ``said`` asks for what concepts are subjects of,
    and for what is denied as well.
    """
    feed, numbers = block.feed, block.numbers
    asked = feed.leaves[numbers] if told_of is None else told_of
    sides = [_side(block.out, OUT, numbers, most)]
    if not said:
        sides.append(_side(block.into, INTO, numbers, most))
    columns = [np.concatenate(found) for found in zip(*sides, strict=True)]
    side, place, own, other, code, profile, key, ids = columns
    number = numbers[own]
    mask = asked[own] & (number != other)
    if not said:
        mask &= ~voice.negated[code]
    mask &= voice.named[number] & voice.named[other] & (voice.told[number] | voice.told[other])
    if held_apart:
        mask &= feed.held[number] | ~feed.held[other]
    columns = [column[mask] for column in columns]
    if valued:
        more = _valued(feed, numbers, voice, asked, denied=said)
        columns = [np.concatenate(pair) for pair in zip(columns, more, strict=True)]
    order = np.argsort(columns[2], kind="stable")
    columns = [column[order] for column in columns]
    if first is not None:
        own, key = columns[2], columns[6]
        order = by_key(own, key)
        starts = starts_of(own, len(numbers))
        turn = np.arange(len(order)) - starts[own[order]]
        chosen = np.sort(order[turn < first])
        columns = [column[chosen] for column in columns]
    side, place, own, other, code, profile, key, ids = columns
    code = code.astype(np.int64)
    value, values_told = _values(feed, side, place, voice)
    tail, tails, severities = _tails(block, side, place, voice)
    further, further_ids, further_profiles = _further(block, side, place)
    return Facts(
        block, numbers, starts_of(own, len(numbers)), own,
        other.astype(np.int64), code, (side == INTO) & ~voice.symmetric[code], side, place,
        profile.astype(np.int64), ids, key, tail, value, further, tails, severities, values_told,
        further_ids, further_profiles,
    )  # fmt: skip


def _side(edges: Edges, side: int, numbers: npt.NDArray[Any], most: int) -> list[npt.NDArray[Any]]:
    """Columns of one side: side, place, own (place), other, code, profile, key, and ids."""
    lengths = np.diff(edges.starts)
    own = np.repeat(np.arange(len(numbers), dtype=np.int32), lengths)
    place = np.arange(len(edges))
    if len(lengths) and int(lengths.max()) > most:
        new = np.ones(len(own), bool)
        new[1:] = (own[1:] != own[:-1]) | (edges.code[1:] != edges.code[:-1])
        first = np.flatnonzero(new)
        place = np.flatnonzero(place - first[np.cumsum(new) - 1] < most)
        own = own[place]
    ids = np.frombuffer(edges.ids, np.uint8).reshape(-1, ID_BYTES)[place]
    return [np.full(len(place), side, np.int8), place, own, edges.other[place], edges.code[place],
            edges.profile[place], keys_of(ids), ids]  # fmt: skip


def keys_of(ids: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The first 8 bytes of ids, shape (n, 16), as numbers."""
    return np.ascontiguousarray(ids).view(">u8").reshape(-1, 2)[:, 0].astype(np.uint64)


def _valued(
    feed: Feed,
    numbers: npt.NDArray[Any],
    voice: Voice,
    asked: npt.NDArray[np.bool_],
    *,
    denied: bool,
) -> list[npt.NDArray[Any]]:
    """The columns of facts with a value that can be told."""
    place, own = feed.value_rows(numbers)
    rows = feed.table("values").select(["p", "profile", "value_language", "id"]).take(place)
    code, profile = (rows.column(name).to_numpy().astype(np.int64) for name in ("p", "profile"))
    spoken = pc.is_in(rows.column("value_language"), pa.array(["", voice.lang], pa.large_string()))
    mask = asked[own] & voice.told[numbers[own]] & feed.profile_leaves[profile]
    mask &= spoken.to_numpy(zero_copy_only=False)
    if not denied:
        mask &= ~voice.negated[code]
    kept = np.flatnonzero(mask)
    told = b"".join(rows.column("id").take(pa.array(kept)).to_pylist())
    ids = np.frombuffer(told, np.uint8).reshape(-1, ID_BYTES)
    count = len(kept)
    return [np.full(count, VALUED, np.int8), place[kept], own[kept].astype(np.int32),
            np.full(count, -1, np.int32), code[kept].astype(np.uint16),
            profile[kept].astype(np.uint32), keys_of(ids), ids]  # fmt: skip


def _values(
    feed: Feed, side: npt.NDArray[Any], place: npt.NDArray[Any], voice: Voice
) -> tuple[npt.NDArray[np.int32], list[str]]:
    """The number of each fact's value, -1 for none, and the values in words."""
    chosen = np.flatnonzero(side == VALUED)
    number = np.full(len(side), -1, np.int32)
    number[chosen] = np.arange(len(chosen))
    columns = ["value", "value_type", "unit", "value_language"]
    rows = feed.table("values").select(columns).take(pa.array(place[chosen]))
    told = zip(*(rows.column(name).to_pylist() for name in columns), strict=True)
    return number, [values.words(Value(*row), voice.lang) for row in told]


def _tails(
    block: PartBlock, side: npt.NDArray[Any], place: npt.NDArray[Any], voice: Voice
) -> tuple[npt.NDArray[np.int32], list[str], list[int]]:
    """The number of the words of each fact's qualifiers, the words, and what they say of severity:
    its rank."""
    tail = np.zeros(len(side), np.int32)
    tails, severities, known = [""], [NO_SEVERITY], {"": 0}
    name = _namer(block, voice)

    def number(text: str) -> int:
        words = voice.tails.get(text)
        if words is None:
            said = json.loads(text) if text else {}
            told = words_of.tail(said, name, lang=voice.lang)
            words = told, words_of.severity_rank(said.get("severity", ""))
            if len(voice.tails) < REMEMBERED:
                voice.tails[text] = words
        if words[0] not in known:
            known[words[0]] = len(tails)
            tails.append(words[0])
            severities.append(words[1])
        return known[words[0]]

    for which, edges in _edges(block, side):
        if len(edges.said_at):
            at, there = _found(side, place, which, edges.said_at)
            texts = edges.texts(there)
            tail[at] = np.fromiter(map(number, texts), np.int32, len(texts))
    valued = np.flatnonzero(side == VALUED)
    said = block.feed.table("values").column("qualifiers").take(pa.array(place[valued]))
    tail[valued] = [number(text or "") for text in said.to_pylist()]
    return tail, tails, severities


def _found(
    side: npt.NDArray[Any], place: npt.NDArray[Any], which: int, wanted: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The facts that lie in the places ``wanted`` of a side, and their places among these."""
    chosen = np.flatnonzero(side == which)
    at = np.minimum(np.searchsorted(wanted, place[chosen]), len(wanted) - 1)
    there = wanted[at] == place[chosen]
    return chosen[there], at[there]


def _namer(block: PartBlock, voice: Voice) -> Callable[[str], str]:
    feed = block.feed
    languages = [voice.lang, *([voice.fallback] if voice.fallback else [])]

    def name(id: str) -> str:
        number = feed.number(id)
        if number is None:
            return id
        found = (feed.names(lang)[number].as_py() for lang in languages)
        return next(filter(None, found), None) or id

    return name


def _further(
    block: PartBlock, side: npt.NDArray[Any], place: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Where the further statements of each fact lie, shape (n, 2), their ids and profiles."""
    ranges = np.zeros((len(side), 2), np.int64)
    shift = 0
    ids, profiles = [np.empty((0, ID_BYTES), np.uint8)], [np.empty(0, np.int64)]
    for which, edges in _edges(block, side):
        if len(edges.more_at):
            at, there = _found(side, place, which, edges.more_at)
            ranges[at, 0] = there + shift
            last = np.searchsorted(edges.more_at, edges.more_at[there], side="right")
            ranges[at, 1] = last + shift
        shift += len(edges.more_at)
        ids.append(edges.more_ids)
        profiles.append(edges.more_profile.astype(np.int64))
    return ranges, np.concatenate(ids), np.concatenate(profiles)


def _edges(block: PartBlock, side: npt.NDArray[Any]) -> list[tuple[int, Edges]]:
    """The sides of a block that facts lie in: one that none lies in isn't read."""
    found = [(OUT, block.out)]
    return [*found, (INTO, block.into)] if (side == INTO).any() else found
