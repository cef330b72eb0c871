"""Questions that take more than one statement, with the path to the answer as the rationale.

Three kinds: ``chain`` asks for all that two steps lead to, ``link`` how two concepts are joined,
``mechanism`` for a path that a source states as a whole, from a drug to what it treats.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

import numpy as np

from kgmed.builders.datasets.model import Block, Draft, Fact
from kgmed.builders.datasets.sides import Facts
from kgmed.builders.datasets.tasks.chains import Chain, chains
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.neighbours import (
    Groups,
    Key,
    Keys,
    Neighbours,
    Stretch,
    by_key,
    neighbours,
    paths_between,
    unique,
)
from kgmed.builders.datasets.tasks.questions import say
from kgmed.builders.datasets.tasks.teller import Group, Teller, chunks
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Path

MIDDLES = 8
"""The most neighbours that a chain goes over for its answer to be given whole."""
ENDS = 15
"""The most that a chain leads to for its answer to be given whole."""
AT_ONCE = 1_000
"""Entities whose neighbours are looked up together."""
PATHS = 2
"""Mechanisms that are told of one pair."""
_CHAIN: dict[Language, tuple[str, ...]] = {
    "en": ("What are the {things}?", "Which {things} are listed?", "Name the {things}."),
    "zh": ("{things}有哪些？", "请列出{things}。", "有哪些{things}？"),
}
_FOUND: dict[Language, str] = {
    "en": "{ends}; by way of {middles}.",
    "zh": "{ends}（经由{middles}）。",
}
_LINK: dict[Language, tuple[str, ...]] = {
    "en": (
        "How is {a} connected with {c}?",
        "What links {a} to {c}?",
        "Give a connection between {a} and {c} with one step in between.",
    ),
    "zh": (
        "{a}与{c}有什么联系？",
        "{a}是通过什么与{c}联系起来的？",
        "请说明{a}与{c}之间隔一步的联系。",
    ),
}
_LINKED: dict[Language, str] = {
    "en": "{a} and {c} are connected through {b}. {path}",
    "zh": "{a}与{c}通过{b}联系起来。{path}",
}
_MECHANISM: dict[Language, tuple[str, ...]] = {
    "en": (
        "By what mechanism {does} {s} treat {o}?",
        "How {does} {s} work in {o}?",
        "Explain step by step how {s} can treat {o}.",
    ),
    "zh": (
        "{s}治疗{o}的机制是什么？",
        "{s}是如何治疗{o}的？",
        "请逐步说明{s}如何治疗{o}。",
    ),
}
_STEP: dict[Language, str] = {"en": "Step {n}: {text}", "zh": "第{n}步：{text}"}
_SO: dict[Language, str] = {"en": "Therefore: {text}", "zh": "因此：{text}"}


Step = tuple[str, bool]
"""A predicate, walked from its subject or, True, from its object."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A chain from an entity: the neighbours over which all that it leads to is told, none where
    that would be too much, and the neighbour and the end that are told as a link."""

    chain: Chain
    middles: Sequence[Key]
    link: tuple[Key, Key] | None


def multihop(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Chains and links of each entity, and the curated mechanisms of what it treats."""
    if context.store is None:
        raise UsageError("paths need a graph: found none in the context.")
    teller = Teller(block, lang, context)
    known = neighbours(teller)
    firsts = {
        step: by_key(known.ends(known.own, step[0], inverse=step[1]), known.own)
        for step in dict.fromkeys(_side(chain.first) for chain in chains())
    }
    for some in chunks(known.own.tolist(), AT_ONCE):
        walks = _walks(teller, known, some, firsts)
        known.need(stretch for mine in walks.values() for walk in mine for stretch in _needed(walk))
        for key in some:
            pathed = known.on_paths(key)
            entity = known.get(key) if pathed or key in walks else None
            if entity is None:
                continue
            groups = Groups(teller, entity)
            for walk in walks.get(key, ()):
                predicate, inverse = _side(walk.chain.first)
                first = groups.get(predicate, inverse=inverse)
                if first is not None and walk.middles:
                    yield from _all(teller, known, first, walk)
                if first is not None and walk.link:
                    yield from _link(teller, known, first, walk.chain, walk.link)
            if pathed and (treated := groups.get("treats")):
                yield from _mechanisms(teller, treated)


def _side(step: str) -> Step:
    return step.lstrip("^"), step.startswith("^")


def _needed(walk: Walk) -> Iterator[Stretch]:
    """What is told of the neighbours of an entity."""
    predicate, inverse = _side(walk.chain.second)
    for middle in walk.middles:
        yield middle, predicate, inverse, None
    if walk.link:
        yield walk.link[0], predicate, inverse, walk.link[1]


def _walks(
    teller: Teller, known: Neighbours, some: Sequence[Key],
    firsts: Mapping[Step, Mapping[Key, Keys]],
) -> dict[Key, list[Walk]]:  # fmt: skip
    """What there is to tell of some entities, in the order of the chains."""
    over = {  # all of a few neighbours, some of many
        step: {
            key: teller.some_of(ends[key].tolist(), MIDDLES, "over", known.id(key), step[0])
            for key in some
            if key in ends
        }
        for step, ends in firsts.items()
    }
    seconds: dict[Step, Mapping[Key, Keys]] = {}
    for step in dict.fromkeys(_side(chain.second) for chain in chains()):
        starts = {_side(chain.first) for chain in chains() if _side(chain.second) == step}
        every = (middles for start in starts for middles in over[start].values())
        keys = unique(every, known.own)
        seconds[step] = by_key(known.ends(keys, step[0], inverse=step[1]), keys)
    linked: dict[Key, set[Key]] = {}
    found: dict[Key, list[Walk]] = {}
    for chain in chains():
        first, second = _side(chain.first), _side(chain.second)
        told = _told(known, over[first], firsts[first], second[0], seconds[second])
        for key, middles in over[first].items():
            leading = [middle for middle in middles if middle in seconds[second]]
            link = None
            if leading and chain.joins:
                if key not in linked:
                    linked[key] = known.linked(key)
                over_to = [(middle, seconds[second][middle]) for middle in leading]
                chance = teller.number("link", known.id(key), chain.en)
                link = _drawn(key, chain, over_to, linked=linked[key], chance=chance)
            if link or key in told:
                walk = Walk(chain, leading if key in told else (), link)
                found.setdefault(key, []).append(walk)
    return found


def _told(
    known: Neighbours, over: Mapping[Key, list[Key]], firsts: Mapping[Key, Keys], predicate: str,
    seconds: Mapping[Key, Keys],
) -> set[Key]:  # fmt: skip
    """The entities of which all that a chain leads to is told: few ends, none of which a first step
    leads to, and of no neighbour anything that can't be told."""
    found: dict[Key, list[Key]] = {}
    for key, middles in over.items():
        few = [seconds[middle] for middle in middles if middle in seconds]
        if len(middles) < len(firsts[key]) or not 0 < sum(map(len, few)) <= MIDDLES * (ENDS + 1):
            continue
        last = {end for some in few for end in some.tolist()} - {key}
        if 0 < len(last) <= ENDS and last.isdisjoint(firsts[key].tolist()):
            found[key] = [middle for middle in middles if middle not in seconds]
    asked = unique(found.values(), known.own)
    silent = set(asked[known.silent(asked, predicate)].tolist())
    return {key for key, middles in found.items() if silent.issuperset(middles)}


def _drawn(
    key: Key, chain: Chain, leading: Sequence[tuple[Key, Keys]], *, linked: set[Key], chance: int
) -> tuple[Key, Key] | None:  # fmt: skip
    """A neighbour and an end behind it that nothing joins with the entity: the first from a place
    drawn by chance."""
    ends = [some for _middle, some in leading]
    if chain.second == "^" + chain.first:  # the same both ways: told from one end alone
        ends = [some[np.searchsorted(some, key, "right") :] for some in ends]
    sizes = list(accumulate(map(len, ends)))
    every = np.concatenate(ends)
    for turn in range(len(every)):
        place = (chance + turn) % len(every)
        end = every.item(place)
        if end not in linked:
            return leading[bisect_right(sizes, place)][0], end
    return None


def _all(teller: Teller, known: Neighbours, first: Group, walk: Walk) -> Iterator[Draft]:
    lang, chain = teller.lang, walk.chain
    predicate, inverse = _side(chain.second)
    facts = [first.facts]
    steps = [teller.together(teller.sentences(first))]
    ends: dict[str, None] = {}
    middles: list[str] = []
    for middle in walk.middles:
        entity = known.get(middle)
        group = teller.group(entity, predicate, inverse=inverse) if entity is not None else None
        if group is None or group.untold or first.untold:
            return
        mine = dict.fromkeys(end for end in group.ends if end != first.id)
        if mine:
            told = group.among(mine) if len(mine) < len(group.ends) else group.facts
            steps.append(teller.together(teller.sentences(group, told)))
            ends |= mine
            middles.append(group.id)
            facts.append(told)
    things = say(chain.things(lang).replace("{s}", "{}"), teller.name(first.id), lang)
    wording = teller.number("chain", first.id, chain.en) % len(_CHAIN[lang])
    found, ways = (teller.listed(teller.names(ids)) for ids in (ends, middles))
    answer = teller.put(_FOUND[lang], ends=found, middles=ways)
    question = _CHAIN[lang][wording].replace("{things}", things)
    messages = (("user", question), ("assistant", answer))
    yield Draft(
        "multi_hop", lang, messages, Facts.together(facts), wording,
        rationale=_reasoned(teller, steps, answer), key=chain.first + chain.second,
        extra={"kind": "chain"},
    )  # fmt: skip


def _link(
    teller: Teller, known: Neighbours, first: Group, chain: Chain, link: tuple[Key, Key]
) -> Iterator[Draft]:
    lang, (middle, end) = teller.lang, link
    predicate, inverse = _side(chain.second)
    ids = first.id, known.id(middle), known.id(end)
    a, b, c = map(teller.name, ids)
    entity = known.get(middle)
    group = teller.group(entity, predicate, inverse=inverse) if entity is not None else None
    steps = first.among(ids[1:2]), group.among(ids[2:]) if group is not None else ()
    if not all(steps) or len({a.casefold(), b.casefold(), c.casefold()}) < 3:
        return
    before, last = (facts[0] for facts in steps)
    wording = teller.number("link", first.id, ids[2], chain.en)
    texts = [
        teller.sentence(before, wording=wording >> 4, of=first.id),
        teller.sentence(last, wording=wording >> 8, of=ids[1]),
    ]
    path = ("" if lang == "zh" else " ").join(texts)
    joined = _LINKED[lang].replace("{a}", teller.opening(a)).replace("{b}", b)
    joined = joined.replace("{c}", c)
    answer = joined.replace("{path}", path)
    asks = _LINK[lang]
    question = asks[wording % len(asks)].replace("{a}", a).replace("{c}", c)
    messages = (("user", question), ("assistant", answer))
    conclusion = joined.replace("{path}", "").strip()
    yield Draft(
        "multi_hop", lang, messages, (before, last), wording % len(asks),
        rationale=_reasoned(teller, texts, conclusion), key=chain.first + chain.second,
        extra={"kind": "link"},
    )  # fmt: skip


def _mechanisms(teller: Teller, treated: Group) -> Iterator[Draft]:
    lang = teller.lang
    told = {fact.object: fact for fact in treated.facts}
    for disease, fact in told.items():
        paths = [p for p in paths_between(teller, treated.id, disease) if _tellable(teller, p)]
        for path in paths[:PATHS]:
            wording = teller.number("mechanism", treated.id, disease, path.curated)
            asks = _MECHANISM[lang]
            text = asks[wording % len(asks)].replace("{o}", teller.name(disease))
            question = say(text.replace("{s}", "{}"), teller.name(treated.id), lang)
            answer = teller.say.path(path, teller.name, lang=lang, wording=wording >> 4)
            steps = [cast(Fact, step.statement) for step in path.steps]
            texts = [
                teller.sentence(step, wording=wording >> 8, of=at.start)
                for step, at in zip(steps, path.steps, strict=True)
            ]
            messages = (("user", question), ("assistant", answer))
            yield Draft(
                "multi_hop", lang, messages, _once([*steps, fact]), wording % len(asks),
                rationale=_reasoned(teller, texts, teller.sentence(fact)), key=path.curated,
                extra={"kind": "mechanism"},
            )  # fmt: skip


def _tellable(teller: Teller, path: Path) -> bool:
    return len(path.steps) > 1 and all(
        teller.tellable(cast(Fact, step.statement)) for step in path.steps
    )


def _reasoned(teller: Teller, steps: Sequence[str], conclusion: str) -> str:
    lang = teller.lang
    lines = [
        _STEP[lang].replace("{n}", str(n)).replace("{text}", text)
        for n, text in enumerate(steps, 1)
    ]
    if conclusion:
        lines.append(_SO[lang].replace("{text}", conclusion))
    return "\n".join(lines)


def _once(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple({fact.ids: fact for fact in facts}.values())
