"""Paths told as narratives: those that a source states whole, and ones found in the graph.

A found path leads from a concept over a neighbour to a concept that no statement joins it to. Of
each concept's there is one: the one whose predicates explain most, over the rarest neighbour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus.common import name_in, statement, wording_of
from kgmed.builders.datasets.corpus.facts import INTO, Facts, by_key, facts_of
from kgmed.builders.datasets.corpus.telling import Ints, Pieces, ranges
from kgmed.builders.datasets.corpus.told import Rows
from kgmed.builders.datasets.corpus.voice import WORDINGS, Voice
from kgmed.builders.datasets.corpus.words import Words, numbered
from kgmed.builders.datasets.model import Draft, Fact
from kgmed.kg.model import Path, Step
from kgmed.kg.verbalize.narrate import AND, WHICH

CURATED, FOUND = "paths_curated", "paths_found"
BRANCHES = 6
"""Neighbours of a concept that a path is looked for over, the rarest first."""
READ = 24
"""Facts that are read of each."""


def curated(block: PartBlock, voice: Voice) -> Iterator[Draft]:
    """The sources' own paths that start at a block's concepts, of concepts that have names."""
    feed, numbers = block.feed, block.numbers
    asked = feed.leaves[numbers] & voice.told[numbers]
    places, _own = ranges(feed.path_starts[numbers[asked]], feed.path_starts[numbers[asked] + 1])
    table = feed.table("paths").take(pa.array(places))
    paths = []
    for path, text in zip(
        table.column("path").to_pylist(), table.column("steps").to_pylist(), strict=True
    ):
        steps = json.loads(text)
        if all(voice.named[s] and voice.named[o] for _id, _way, s, _p, o, *_rest in steps):
            paths.append((path, steps))
    ends = [end for _path, steps in paths for step in steps for end in (step[2], step[4])]
    if not ends:
        return
    ids = block.look_up(np.unique(np.array(ends))).ids
    for path, steps in paths:
        walked = [(_fact(block, step, ids), step[1]) for step in steps]
        yield _draft(block, voice, walked=walked, key=path)


def _fact(block: PartBlock, step: list[Any], ids: Mapping[int, str]) -> Fact:
    """A step of a path as it was laid out: id, way, subject, predicate, object, profile,
    qualifiers."""
    feed = block.feed
    id, _way, s, p, o, profile, qualifiers = step
    predicate, negated = feed.predicates[p]
    said = json.loads(qualifiers) if qualifiers else {}
    return Fact((id,), ids[s], predicate, ids[o], feed.sources[profile], feed.licences[profile],
                negated, said)  # fmt: skip


def found(block: PartBlock, voice: Voice) -> Iterator[Rows]:
    """A path of two statements from each of a block's concepts that has one."""
    feed, numbers = block.feed, block.numbers
    asked = feed.leaves[numbers] & voice.told[numbers]
    firsts = facts_of(block, voice, most=READ, told_of=asked, held_apart=False, valued=False)
    firsts = _branches(firsts, voice)
    middles, place_of = numbered(feed.concepts, firsts.other)
    if not len(middles):
        return
    around = PartBlock(feed, middles, most=READ)
    seconds = facts_of(around, voice, most=READ, held_apart=False, valued=False)
    if not len(seconds):
        return
    seconds = seconds.kept(by_key(seconds.own, seconds.key, voice.weight_rank[seconds.code]))
    first, second = _best(block, firsts, seconds, place_of[firsts.other], voice)
    if len(first):
        yield _narrated(firsts, seconds, first, second, voice)


def _branches(facts: Facts, voice: Voice) -> Facts:
    """The facts that a path may begin with, those to the rarest neighbours first."""
    leaves = voice.feed.leaves
    facts = facts.kept(np.flatnonzero((voice.weight[facts.code] > 0) & leaves[facts.other]))
    facts = facts.kept(by_key(facts.own, facts.key, voice.feed.degree(facts.other)))
    turn = np.arange(len(facts)) - facts.starts[facts.own]
    return facts.kept(np.flatnonzero(turn < BRANCHES))


def _best(
    block: PartBlock, firsts: Facts, seconds: Facts, middle: Ints, voice: Voice
) -> tuple[Ints, Ints]:
    """The two facts of the best path of each concept that has one.

    The facts of each neighbour stand in the order of what they explain: of each branch the first
    that leads on is its best.
    """
    feed, width = block.feed, np.int64(block.feed.concepts)
    near = np.concatenate([
        side.own.astype(np.int64) * width + side.other for side in (block.out, block.into)
    ])  # fmt: skip
    near.sort()
    start = firsts.numbers[firsts.own].astype(np.int64)
    at, stop = seconds.starts[middle].copy(), seconds.starts[middle + 1]
    leads = np.zeros(len(firsts), bool)
    looking = np.flatnonzero(at < stop)
    while len(looking):
        end = seconds.other[at[looking]]
        key = start[looking] * width + end
        place = np.minimum(np.searchsorted(near, key), len(near) - 1)
        good = (near[place] != key) & (end != start[looking])
        leads[looking[good]] = True
        rest = looking[~good]
        at[rest] += 1
        looking = rest[at[rest] < stop[rest]]
    first = np.flatnonzero(leads)
    second = at[first]
    degree = feed.degree(firsts.other[first])
    score = voice.weight[firsts.code[first]] * voice.weight[seconds.code[second]] / (1 + degree)
    order = np.lexsort((seconds.key[second], -score, firsts.own[first]))
    own = firsts.own[first[order]]
    best = order[np.append(True, own[1:] != own[:-1])] if len(order) else order
    return first[best], second[best]


def _narrated(firsts: Facts, seconds: Facts, first: Ints, second: Ints, voice: Voice) -> Rows:
    """Paths of two facts as rows; the text is :meth:`~kgmed.kg.verbalize.Verbalizer.path`'s."""
    words = Words(voice, np.concatenate([
        ends for facts, chosen in ((firsts, first), (seconds, second))
        for ends in (facts.numbers[facts.own[chosen]], facts.other[chosen])
    ]))  # fmt: skip
    tails = [words.add(facts.tails) for facts in (firsts, seconds)]
    fixed, lang = words.count, voice.lang
    wording = (firsts.key[first] >> np.uint64(32)).astype(np.int64) % WORDINGS
    told = []
    for facts, chosen, behind in zip((firsts, seconds), (first, second), tails, strict=True):
        start = words.place[facts.numbers[facts.own[chosen]]]
        end = words.place[facts.other[chosen]]
        inverse = facts.side[chosen] == INTO
        subject, object = np.where(inverse, end, start), np.where(inverse, start, end)
        row = voice.stepped(facts.code[chosen], inverse.astype(np.int64),
                            (words.plural[subject].astype(np.int64),
                             words.plural[object].astype(np.int64)), wording,
                            leads=facts is firsts)  # fmt: skip
        prefix, head, between, rest, forward, closes = voice.steps.columns(row)
        one, other = np.where(forward, subject, object), np.where(forward, object, subject)
        tail = np.where(facts.tail[chosen] > 0, behind + facts.tail[chosen], fixed)
        told.append((prefix, head, one, fixed + between, other, fixed + rest, tail,
                     (prefix == 0) & (one == start), (closes > 0) & (other == end)))  # fmt: skip
    (prefix, head, one, between, other, rest, tail, _, leads), last = told
    follows = leads & last[7]
    bare = (last[5] == fixed) & (last[6] == fixed)
    closed, final = words.closed[last[4]] & bare, np.where(bare, words.closing[last[4]], last[4])
    which, joins = fixed + voice.piece(WHICH[lang]), fixed + voice.piece(AND[lang])
    columns = [
        fixed + head, np.where(prefix == 0, words.opening[one], one), between, other, rest, tail,
        np.where(follows, which, joins), np.where(follows, fixed, fixed + last[0]),
        np.where(follows, fixed, last[2]), last[3], final, *last[5:7],
        np.where(closed, fixed, fixed + voice.stop),
    ]  # fmt: skip
    codes = np.stack(columns, axis=1).astype(np.int64)
    count = len(first)
    return Rows(
        FOUND, lang, firsts.numbers[firsts.own[first]], wording, codes.reshape(-1),
        np.arange(count + 1) * codes.shape[1], np.repeat(np.arange(count), 2),
        np.tile(np.array([0, 1], np.int8), count), np.stack([first, second], axis=1).reshape(-1),
        [firsts, seconds], Pieces(words),
    )  # fmt: skip


def _draft(block: PartBlock, voice: Voice, *, walked: list[tuple[Fact, str]], key: str) -> Draft:
    name = name_in(block, voice.lang)

    def named(id: str) -> str:
        return name(id) or id

    facts = tuple(fact for fact, _way in walked)
    steps = tuple(Step(statement(fact), "out" if way == "out" else "in") for fact, way in walked)
    wording = wording_of(facts[0], WORDINGS)
    text = voice.say.path(Path(steps), named, lang=voice.lang, wording=wording)
    return Draft(CURATED, voice.lang, (("", text),), facts, wording, key=key)
