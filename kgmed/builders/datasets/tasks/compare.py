"""Comparisons: what two things of a kind share, and what is listed for one of them alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.sides import Facts
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.neighbours import (
    Key,
    Keys,
    Neighbours,
    by_key,
    counted,
    neighbours,
    unique,
)
from kgmed.builders.datasets.tasks.teller import CHUNK, Group, Teller
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
Side = tuple[str, bool]
"""A predicate, told from its subject or, True, from its object."""
_ASPECTS: dict[Side, dict[Language, str]] = {
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
_SIDES = tuple(_ASPECTS)
_CLASSIFIED: Side = ("subclass_of", False)
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
    known = neighbours(teller)
    under: Under = {}
    aspects = _aspects(known, known.own)
    telling = np.flatnonzero(_worth(aspects))
    for start in range(0, len(telling), CHUNK):
        chosen = telling[start : start + CHUNK]
        some = known.own[chosen]
        found = _partners(teller, known, some, under)
        place = np.repeat(np.arange(len(some)), [len(keys) for keys in found])
        partners = np.array([key for keys in found for key in keys], some.dtype)
        others, at = np.unique(partners, return_inverse=True)
        sides = aspects[chosen][place] & _aspects(known, others)[at]
        pairs = [
            (
                some.item(place[n]),
                partners.item(n),
                [_SIDES[k] for k in np.flatnonzero(sides[n]).tolist()],
            )
            for n in np.flatnonzero(_worth(sides)).tolist()
        ]
        known.need((key, *side, None) for _one, key, fit in pairs for side in fit)
        for one, other, fit in pairs:
            ours, theirs = known.get(one), known.get(other)
            if ours is not None and theirs is not None:
                yield from _pair(teller, ours, theirs, fit)


def _aspects(known: Neighbours, keys: Keys) -> npt.NDArray[np.bool_]:
    """Which of the aspects each of some concepts can be compared by: those of which something, and
    not too much, is stated; shape (concepts, aspects)."""
    counts = [counted(known.ends(keys, name, inverse=inverse), keys) for name, inverse in _SIDES]
    found = np.stack(counts, axis=1)
    return (found > 0) & (found <= LONGEST)


def _worth(aspects: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether there is more to compare than a classification."""
    telling = [side != _CLASSIFIED for side in _SIDES]
    return np.asarray(aspects[:, telling].any(axis=1), bool)


Under = dict[tuple[str, Key], Keys]
"""(predicate, roof) -> what stands under it and has a name, ascending."""


def _partners(teller: Teller, known: Neighbours, keys: Keys, under: Under) -> list[list[Key]]:
    """Of each of some concepts, things that stand under the same roof, the closest kind of roof
    first; each pair from one of its ends alone."""
    found: dict[Key, list[Key]] = {}
    for predicate in _OVER:
        roofs = {
            key: ends[teller.number("roof", known.id(key), predicate) % len(ends)]
            for key, ends in by_key(known.ends(keys, predicate, denied=True), keys).items()
            if not found.get(key)
        }
        asked = unique([[r for r in roofs.values() if (predicate, r) not in under]], keys)
        mates = by_key(known.ends(asked, predicate, inverse=True, denied=True), asked)
        under.update(((predicate, roof), mates.get(roof, asked[:0])) for roof in asked.tolist())
        for key, roof in roofs.items():
            mine = under[predicate, roof]
            behind = mine[np.searchsorted(mine, key, "right") :].tolist()
            found[key] = teller.some_of(behind, PARTNERS, "partner", known.id(key))
    return [found.get(key, []) for key in keys.tolist()]


def _pair(teller: Teller, one: Entity, other: Entity, sides: list[Side]) -> Iterator[Draft]:
    ours, theirs = (
        {key: g for key in sides if (g := teller.group(e, key[0], inverse=key[1])) is not None}
        for e in (one, other)
    )
    fit = [
        key
        for key in sides
        if key in ours and key in theirs and _short(ours[key]) and _short(theirs[key])
    ]
    if not set(fit) - {_CLASSIFIED}:
        return
    lang, a, b = teller.lang, teller.name(one.id), teller.name(other.id)
    if a.casefold() == b.casefold():
        return
    chosen = teller.some_of(fit, ASPECTS, "aspects", one.id, other.id)
    aspects = teller.listed([_ASPECTS[key][lang] for key in chosen])
    both: list[str] = []
    alone: tuple[list[str], list[str]] = ([], [])
    facts: list[Sequence[Fact]] = []
    for key in chosen:
        mine, its = ours[key], theirs[key]
        shared = set(mine.ends).intersection(its.ends)
        if shared:
            both += teller.shared(mine, its, shared)
        for place, group in enumerate((mine, its)):
            rest = [
                end for end in group.ends if end not in shared and end not in (one.id, other.id)
            ]
            if rest:
                its_own = group.among(rest) if len(rest) < len(group.ends) else group.facts
                alone[place].extend(teller.sentences(group, its_own))
            told = len(rest) + len(shared) == len(group.ends)
            facts.append(group.facts if told else group.among({*rest, *shared}))
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
        Facts.together(facts),
        wording,
        about=(one.id, other.id),
        key=f"{one.id} {other.id}",
    )


def _short(group: Group) -> bool:
    return not group.untold and len(group.ends) <= LONGEST
