"""Comparisons: what two things of a kind share, and what is listed for one of them alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.neighbours import Neighbours
from kgmed.builders.datasets.tasks.teller import HUB, Group, Teller, chunks
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

PARTNERS = 2
"""Comparisons that one entity begins."""
LONGEST = 12
"""The longest list that either has, for an aspect to be compared."""
ASPECTS = 3
_OVER = ("in_drug_class", "has_mechanism_of_action", "treats", "subclass_of", "has_symptom",
         "antagonist_of", "agonist_of", "inhibits", "causes")  # fmt: skip
"""What partners have in common, the closest first."""
_ASPECTS: dict[tuple[str, bool], dict[Language, str]] = {
    ("treats", False): {"en": "the conditions they treat", "zh": "可治疗的疾病"},
    ("treats", True): {"en": "the drugs used to treat them", "zh": "治疗药物"},
    ("in_drug_class", False): {"en": "drug class", "zh": "药物类别"},
    ("has_mechanism_of_action", False): {"en": "mechanism of action", "zh": "作用机制"},
    ("has_role", False): {"en": "pharmacological roles", "zh": "药理作用类别"},
    ("interacts_with", False): {"en": "drug interactions", "zh": "药物相互作用"},
    ("inhibits", False): {"en": "the targets they inhibit", "zh": "抑制的靶点"},
    ("antagonist_of", False): {"en": "the targets they antagonize", "zh": "拮抗的靶点"},
    ("agonist_of", False): {"en": "the targets they activate as agonists", "zh": "激动的靶点"},
    ("blocks", False): {"en": "the targets they block", "zh": "阻断的靶点"},
    ("has_symptom", False): {"en": "symptoms", "zh": "症状"},
    ("subclass_of", False): {"en": "classification", "zh": "所属分类"},
    ("causes", True): {"en": "causes", "zh": "病因"},
    ("causes", False): {"en": "what they cause", "zh": "所致疾病"},
    ("located_in", False): {"en": "location", "zh": "所在部位"},
    ("has_active_ingredient", False): {"en": "active ingredients", "zh": "有效成分"},
}
_ASKS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Compare {a} and {b} with regard to {aspects}.",
        "What do {a} and {b} have in common, and how do they differ, with regard to {aspects}?",
        "How do {a} and {b} compare with regard to {aspects}?",
    ),
    "zh": (
        "请比较{a}与{b}在{aspects}方面的异同。",
        "在{aspects}方面，{a}和{b}有哪些共同点和不同点？",
        "{a}和{b}在{aspects}方面有何异同？",
    ),
}
_SHARED: dict[Language, str] = {"en": "Listed for both: {text}", "zh": "两者共有：{text}"}
_ALONE: dict[Language, str] = {"en": "Listed for {a} only: {text}", "zh": "仅见于{a}的记载：{text}"}
_NONE: dict[Language, str] = {
    "en": "Nothing is listed for both of them with regard to {aspects}.",
    "zh": "在{aspects}方面没有两者共有的记载。",
}


def compare(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Up to two comparisons per entity, each with one that is like it."""
    if context.store is None:
        raise UsageError("comparisons need a graph: found none in the context.")
    teller = Teller(block, lang, context)
    known = Neighbours(block, context)
    under: Under = {}
    for some in chunks(block.entities):
        roofs = {entity.id: list(_roofs(teller, entity)) for entity in some}
        known.need([roof for found in roofs.values() for _, roof in found])
        partners = {
            entity.id: _partners(teller, known, entity.id, roofs[entity.id], under)
            for entity in some
        }
        known.need([id for ids in partners.values() for id in ids])
        for entity in some:
            for id in partners[entity.id]:
                other = known.get(id)
                if other is not None:
                    yield from _pair(teller, entity, other)


def _roofs(teller: Teller, entity: Entity) -> Iterator[tuple[str, str]]:
    """(predicate, what it shares with others): one of each predicate, the closest kind first."""
    if not teller.name(entity.id):
        return
    for predicate in _OVER:
        roofs = [f.object for f in entity.said.get(predicate, ()) if teller.name(f.object)]
        if roofs:
            yield predicate, teller.one_of(roofs, "roof", entity.id, predicate)


Under = dict[tuple[str, str], list[str]]
"""(predicate, roof) -> what stands under it and has a name, sorted."""


def _partners(
    teller: Teller, known: Neighbours, id: str, roofs: list[tuple[str, str]], under: Under
) -> list[str]:
    """Things that stand under the same roof, each pair from one of its ends alone."""
    for predicate, roof in roofs:
        mates = under.get((predicate, roof))
        if mates is None:
            over = known.get(roof)
            ends = dict.fromkeys(
                fact.subject for fact in (over.of.get(predicate, ()) if over else ())[:HUB]
            )
            mates = under[predicate, roof] = sorted(end for end in ends if teller.name(end))
        behind = mates[bisect_right(mates, id) :]
        if behind:
            return teller.some_of(behind, PARTNERS, "partner", id)
    return []


def _pair(teller: Teller, one: Entity, other: Entity) -> Iterator[Draft]:
    sides = [key for key in _ASPECTS if _states(teller, one, key) and _states(teller, other, key)]
    if not set(sides) - {("subclass_of", False)}:
        return
    ours, theirs = (
        {key: g for key in sides if (g := teller.group(e, key[0], inverse=key[1])) is not None}
        for e in (one, other)
    )
    fit = [
        key
        for key in _ASPECTS
        if key in ours and key in theirs and _short(ours[key]) and _short(theirs[key])
    ]
    if not set(fit) - {("subclass_of", False)}:
        return
    lang, a, b = teller.lang, teller.name(one.id), teller.name(other.id)
    if a.casefold() == b.casefold():
        return
    chosen = teller.some_of(fit, ASPECTS, "aspects", one.id, other.id)
    aspects = teller.listed([_ASPECTS[key][lang] for key in chosen])
    both: list[str] = []
    alone: tuple[list[str], list[str]] = ([], [])
    facts: list[Fact] = []
    for key in chosen:
        mine, its = ours[key], theirs[key]
        shared = set(mine.ends) & set(its.ends)
        if shared:
            both += teller.shared(mine, its, shared)
        for place, group in enumerate((mine, its)):
            rest = set(group.ends) - shared - {one.id, other.id}
            if rest:
                alone[place].extend(_told(teller, group, rest))
            facts += [f for f in group.facts if f.other(group.id) in rest | shared]
    parts = [
        _SHARED[lang].replace("{text}", teller.together(both))
        if both
        else _NONE[lang].replace("{aspects}", aspects)
    ]
    for name, texts in ((a, alone[0]), (b, alone[1])):
        if texts:
            text = teller.together(texts)
            parts.append(_ALONE[lang].replace("{a}", name).replace("{text}", text))
    wording = teller.number("compare", one.id, other.id) % len(_ASKS[lang])
    question = _ASKS[lang][wording].replace("{aspects}", aspects)
    question = question.replace("{a}", a).replace("{b}", b)
    messages = (("user", question), ("assistant", "\n".join(parts)))
    yield Draft(
        "comparison",
        lang,
        messages,
        tuple(facts),
        wording,
        about=(one.id, other.id),
        key=f"{one.id} {other.id}",
    )


def _states(teller: Teller, entity: Entity, key: tuple[str, bool]) -> bool:
    predicate, inverse = key
    if teller.symmetric(predicate):
        return predicate in entity.said or predicate in entity.of
    return predicate in (entity.of if inverse else entity.said)


def _short(group: Group) -> bool:
    return not group.untold and len(group.ends) <= LONGEST


def _told(teller: Teller, group: Group, ends: set[str]) -> list[str]:
    facts = [fact for fact in group.facts if fact.other(group.id) in ends]
    return teller.sentences(group, facts)
