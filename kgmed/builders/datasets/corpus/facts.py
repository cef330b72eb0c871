"""What can be told of some concepts, as columns, in the order in which a passage tells it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.edges import ID_BYTES, Edges
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.model import Fact
from kgmed.kg.model import Value
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize import values

OUT, INTO, VALUED = range(3)
NO_SEVERITY = len(words_of.SEVERITIES)


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
    tails: list[str] = field(default_factory=lambda: [""])
    severities: list[int] = field(default_factory=lambda: [NO_SEVERITY])
    values: list[str] = field(default_factory=list)
    made: list[Fact] = field(default_factory=list)
    further_ids: npt.NDArray[np.uint8] = field(default_factory=lambda: _no_ids())
    further_profiles: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.own)

    def kept(self, mask_or_order: npt.NDArray[Any]) -> Facts:
        """Some of the facts, or all in another order; those of a concept stay together."""
        chosen = mask_or_order
        own = self.own[chosen]
        starts = np.searchsorted(own, np.arange(len(self.numbers) + 1))
        further = self.further[chosen] if self.further.ndim == 2 else self.further
        return Facts(
            self.block, self.numbers, starts, own, self.other[chosen], self.code[chosen],
            self.inverse[chosen], self.side[chosen], self.place[chosen], self.profile[chosen],
            self.ids[chosen], self.key[chosen], self.tail[chosen], self.value[chosen], further,
            self.tails, self.severities, self.values, self.made, self.further_ids,
            self.further_profiles,
        )  # fmt: skip

    def fact(self, at: int) -> Fact:
        """A fact as tasks see it."""
        side, place = int(self.side[at]), int(self.place[at])
        if side == VALUED:
            return self.made[place]
        if side == OUT:
            return self.block.fact(self.block.out, place, "out")
        return self.block.fact(self.block.into, place, "in")

    def turns(self) -> npt.NDArray[np.int64]:
        """The place of each fact in the order of ids, among those of its concept."""
        return self.placed(np.lexsort((self.key, self.own)))

    def placed(self, order: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """The place of each fact among those of its concept, by an order of all."""
        turns = np.empty(len(self), np.int64)
        turns[order] = np.arange(len(self)) - self.starts[self.own[order]]
        return turns


def _no_ids() -> npt.NDArray[np.uint8]:
    return np.empty((0, ID_BYTES), np.uint8)


def facts_of(
    block: PartBlock, voice: Voice, *, most: int, told_of: npt.NDArray[np.bool_] | None = None,
    held_apart: bool = True, valued: bool = True,
) -> Facts:  # fmt: skip
    """What can be told of a block's concepts in a voice, ``most`` facts of each predicate and side.

    ``told_of`` marks the concepts that are asked for, shape (concepts,). ``held_apart`` leaves out
    what touches a concept that training mustn't see, of those that it may.
    """
    feed, numbers = block.feed, block.numbers
    asked = feed.leaves[numbers] if told_of is None else told_of
    sides = [_side(block.out, OUT, numbers, voice, most), _side(block.into, INTO, numbers, voice,
                                                               most)]  # fmt: skip
    columns = [np.concatenate(found) for found in zip(*(side[:-1] for side in sides), strict=True)]
    side, place, own, other, code, profile, key = columns
    ids = np.concatenate([found[-1] for found in sides])
    number = numbers[own]
    mask = asked[own] & ~voice.negated[code] & (number != other)
    mask &= voice.named[number] & voice.named[other] & (voice.told[number] | voice.told[other])
    if held_apart:
        mask &= feed.held[number] | ~feed.held[other]
    made, texts = _valued(block, voice, asked) if valued else ([], [])
    kept = np.flatnonzero(mask)
    n, extra = len(kept), len(made)
    facts = Facts(
        block, numbers, np.empty(0, np.int64),
        np.concatenate([own[kept], np.array([m[0] for m in made], np.int32)]).astype(np.int32),
        np.concatenate([other[kept].astype(np.int64), np.full(extra, -1, np.int64)]),
        np.concatenate([code[kept].astype(np.int64), np.array([m[1] for m in made], np.int64)]),
        np.zeros(n + extra, bool),
        np.concatenate([side[kept], np.full(extra, VALUED, np.int8)]),
        np.concatenate([place[kept], np.arange(extra)]),
        np.concatenate([profile[kept].astype(np.int64), np.array([m[2] for m in made], np.int64)]),
        np.concatenate([ids[kept], _bytes([m[3].ids[0] for m in made])]),
        np.concatenate([key[kept], np.array([int(m[3].ids[0][:16], 16) for m in made], np.uint64)]),
        np.zeros(n + extra, np.int32),
        np.concatenate([np.full(n, -1, np.int32), np.arange(extra, dtype=np.int32)]),
        np.zeros(0, np.int64),
        values=texts, made=[m[3] for m in made],
    )  # fmt: skip
    facts.inverse = (facts.side == INTO) & ~voice.symmetric[facts.code]
    _qualified(facts, block, voice)
    _further(facts, block)
    return facts.kept(np.argsort(facts.own, kind="stable"))


def _side(
    edges: Edges, side: int, numbers: npt.NDArray[Any], voice: Voice, most: int
) -> list[npt.NDArray[Any]]:
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
    key = np.frombuffer(edges.ids, ">u8")[::2][place].astype(np.uint64)
    return [np.full(len(place), side, np.int8), place, own, edges.other[place], edges.code[place],
            edges.profile[place], key, ids]  # fmt: skip


def _bytes(ids: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex("".join(ids)), np.uint8).reshape(-1, ID_BYTES)


def _valued(
    block: PartBlock, voice: Voice, asked: npt.NDArray[np.bool_]
) -> tuple[list[tuple[int, int, int, Fact]], list[str]]:
    """The facts with a value that can be told - place of the concept, predicate code, profile and
    the fact - and their values in words."""
    feed, made, texts = block.feed, [], []
    codes = {pair: code for code, pair in enumerate(feed.predicates)}
    for number, rows in block.rows.items():
        place = block.places[number]
        if not asked[place] or not voice.told[number]:
            continue
        for row, fact in zip(rows, block.valued(number), strict=True):
            value = fact.value
            if fact.negated or not isinstance(value, Value):
                continue
            if value.language in ("", voice.lang):
                made.append((place, codes[fact.predicate, False], int(row["profile"]), fact))
                texts.append(values.words(value, voice.lang))
    return made, texts


def _sorted_places(facts: Facts, side: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The facts of a side, and their places, which ascend."""
    chosen = np.flatnonzero(facts.side == side)
    return chosen, facts.place[chosen]


def _qualified(facts: Facts, block: PartBlock, voice: Voice) -> None:
    """Number the words of qualifiers."""
    known: dict[str, int] = {"": 0}
    of_text: dict[str, int] = {}
    name = _namer(block, voice)

    def coded(text: str) -> int:
        code = of_text.get(text)
        if code is None:
            said = json.loads(text)
            tail = words_of.tail(said, name, lang=voice.lang)
            if tail not in known:
                known[tail] = len(facts.tails)
                facts.tails.append(tail)
                facts.severities.append(words_of.severity_rank(said.get("severity", "")))
            code = of_text[text] = known[tail]
        return code

    for side, edges in ((OUT, block.out), (INTO, block.into)):
        if not edges.qualifiers:
            continue
        chosen, places = _sorted_places(facts, side)
        for place, text in edges.qualifiers.items():
            at = int(np.searchsorted(places, place))
            if at < len(places) and places[at] == place:
                facts.tail[chosen[at]] = coded(text)
    for at, fact in enumerate(facts.made):
        if fact.qualifiers:
            text = json.dumps(dict(fact.qualifiers))
            facts.tail[len(facts) - len(facts.made) + at] = coded(text)


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


def _further(facts: Facts, block: PartBlock) -> None:
    """Lay out what further statements say the same."""
    if not (block.out.more or block.into.more):
        return
    ranges = np.zeros((len(facts), 2), np.int64)
    ids: list[str] = []
    profiles: list[int] = []
    for side, edges in ((OUT, block.out), (INTO, block.into)):
        if not edges.more:
            continue
        chosen, places = _sorted_places(facts, side)
        every = np.fromiter(edges.more, np.int64, len(edges.more))
        at = np.searchsorted(places, every)
        there = at < len(places)
        there[there] = places[at[there]] == every[there]
        for place, where in zip(every[there].tolist(), at[there].tolist(), strict=True):
            start = len(ids)
            for profile, id in edges.more[place]:
                ids.append(id)
                profiles.append(profile)
            ranges[chosen[where]] = start, len(ids)
    facts.further = ranges
    facts.further_ids = _bytes(ids)
    facts.further_profiles = np.array(profiles, np.int64)
