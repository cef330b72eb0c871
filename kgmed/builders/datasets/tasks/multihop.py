"""Questions that take more than one statement, with the path to the answer as the rationale.

Three kinds: ``chain`` asks for all that two steps lead to, ``link`` how two concepts are joined,
``mechanism`` for a path that a source states as a whole, from a drug to what it treats.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.tasks.chains import Chain, chains
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.neighbours import Neighbours, paths_between
from kgmed.builders.datasets.tasks.questions import say
from kgmed.builders.datasets.tasks.teller import HUB, Group, Teller, chunks
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language, Path

MIDDLES = 8
"""The most neighbours that a chain goes over for its answer to be given whole."""
ENDS = 15
"""The most that a chain leads to for its answer to be given whole."""
LINKS = 1
"""Pairs that are asked about per entity and chain."""
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


def multihop(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Chains and links of each entity, and the curated mechanisms of what it treats."""
    if context.store is None:
        raise UsageError("paths need a graph: found none in the context.")
    teller = Teller(block, lang, context)
    known = Neighbours(block, context)
    firsts = {_side(chain.first) for chain in chains()}
    for some in chunks(block.entities):
        plans = [_groups(teller, entity) for entity in some]
        known.need(
            [
                middle
                for groups in plans
                for step, group in groups.items()
                if step in firsts
                for middle in _middles(teller, group)
            ]
        )
        for entity, groups in zip(some, plans, strict=True):
            direct = {
                fact.other(entity.id)
                for side in (entity.said, entity.of)
                for facts in side.values()
                for fact in facts[:HUB]
            } | {entity.id}
            for chain in chains():
                yield from _chain(teller, known, groups, chain, direct)
            if treated := groups.get(("treats", False)):
                yield from _mechanisms(teller, treated)


@dataclass(frozen=True, slots=True)
class Walk:
    """One way over a neighbour: the group of the neighbour's facts, and those that lead on."""

    middle: str
    group: Group
    facts: tuple[Fact, ...]


def _groups(teller: Teller, entity: Entity) -> dict[tuple[str, bool], Group]:
    return {(g.predicate, g.inverse): g for g in teller.groups(entity) if not g.negated}


def _middles(teller: Teller, first: Group) -> list[str]:
    """The neighbours that chains from a group go over: all of a few, some of many."""
    return teller.some_of(first.ends, MIDDLES, "over", first.id, first.predicate)


def _side(step: str) -> tuple[str, bool]:
    return step.lstrip("^"), step.startswith("^")


def _chain(
    teller: Teller,
    known: Neighbours,
    groups: dict[tuple[str, bool], Group],
    chain: Chain,
    direct: set[str],
) -> Iterator[Draft]:
    first = groups.get(_side(chain.first))
    if first is None:
        return
    predicate, inverse = _side(chain.second)
    walks: list[Walk] = []
    middles = _middles(teller, first)
    whole = first.untold == 0 and len(middles) == len(first.ends)
    for middle in middles:
        entity = known.get(middle)
        group = teller.group(entity, predicate, inverse=inverse) if entity else None
        if group is None:
            whole = whole and entity is not None and predicate not in (*entity.said, *entity.of)
            continue
        facts = tuple(f for f in group.facts if f.other(middle) != first.id)
        whole = whole and group.untold == 0
        if facts:
            walks.append(Walk(middle, group, facts))
    if not walks:
        return
    ends = dict.fromkeys(fact.other(walk.middle) for walk in walks for fact in walk.facts)
    if whole and len(ends) <= ENDS and set(ends).isdisjoint(first.ends):
        yield _all(teller, first, chain, walks, list(ends))
    if chain.joins:
        yield from _links(teller, first, chain, walks, direct)


def _all(teller: Teller, first: Group, chain: Chain, walks: list[Walk], ends: list[str]) -> Draft:
    lang = teller.lang
    things = say(chain.things(lang).replace("{s}", "{}"), teller.name(first.id), lang)
    wording = teller.number("chain", first.id, chain.en) % len(_CHAIN[lang])
    names = teller.names(ends)
    middles = teller.names(walk.middle for walk in walks)
    answer = teller.put(_FOUND[lang], ends=teller.listed(names), middles=teller.listed(middles))
    steps = [teller.together(teller.sentences(first))]
    facts = list(first.facts)
    for walk in walks:
        told = teller.sentences(walk.group, walk.facts)
        steps.append(teller.together(told))
        facts += walk.facts
    question = _CHAIN[lang][wording].replace("{things}", things)
    messages = (("user", question), ("assistant", answer))
    return Draft(
        "multi_hop", lang, messages, _once(facts), wording,
        rationale=_reasoned(teller, steps, answer), key=chain.first + chain.second,
        extra={"kind": "chain"},
    )  # fmt: skip


def _links(
    teller: Teller, first: Group, chain: Chain, walks: list[Walk], direct: set[str]
) -> Iterator[Draft]:
    lang = teller.lang
    pairs = [(w, f) for w in walks for f in w.facts if f.other(w.middle) not in direct]
    if chain.second == "^" + chain.first:  # the same both ways: told from one end alone
        pairs = [(w, f) for w, f in pairs if f.other(w.middle) > first.id]
    for walk, last in teller.some_of(pairs, LINKS, "link", first.id, chain.en):
        end = last.other(walk.middle)
        a, b, c = (teller.name(id) for id in (first.id, walk.middle, end))
        if len({a.casefold(), b.casefold(), c.casefold()}) < 3:
            continue
        before = next(fact for fact in first.facts if fact.other(first.id) == walk.middle)
        wording = teller.number("link", first.id, end, chain.en)
        texts = [
            teller.sentence(before, wording=wording >> 4, of=first.id),
            teller.sentence(last, wording=wording >> 8, of=walk.middle),
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
