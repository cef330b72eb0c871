"""Entity descriptions: what a thing is, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.sides import Facts
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.teller import Group, Teller
from kgmed.kg.model import Language
from kgmed.kg.verbalize.number import is_plural, opening

FEWEST = 2
"""Groups of facts below which there is too little to describe."""
MOST = 10
"""The longest list that a description holds; of a longer one it gives examples and the count."""
_ASKS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Tell me about {s}.",
        "What is known about {s}?",
        "Describe {s}.",
        "Give an overview of {s}.",
        "Summarize what the knowledge graph says about {s}.",
    ),
    "zh": (
        "请介绍一下{s}。",
        "关于{s}，有哪些已知信息？",
        "请描述{s}。",
        "请概述{s}的主要信息。",
        "请总结知识图谱中关于{s}的内容。",
    ),
}
_EXAMPLES: dict[Language, str] = {
    "en": "These are {n} of the {all} listed.",
    "zh": "以上为所收录{all}项中的{n}项。",
}
_FIRST = ("subclass_of", "in_drug_class", "has_chemical_structure_class", "form_of", "treats")
_LAST = ("interacts_with",)


def describe(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """One description per entity that enough is said of."""
    teller = Teller(block, lang, context)
    order = {predicate: place for place, predicate in enumerate((*_FIRST, *context.registry), 1)}
    order.update({predicate: place for place, predicate in enumerate(_FIRST)})
    order.update({predicate: len(order) + place for place, predicate in enumerate(_LAST)})
    for entity in block.entities:
        if len(entity.said) + len(entity.of) < FEWEST:
            continue
        groups = [g for g in teller.groups(entity) if not g.negated]
        if len(groups) < FEWEST:
            continue
        groups.sort(key=lambda g: (g.inverse, order.get(g.predicate, len(order)), g.predicate))
        wording = teller.number("describe", entity.id)
        asks = _ASKS[lang]
        question = asks[wording % len(asks)].replace("{s}", teller.name(entity.id))
        sentences: list[str] = []
        facts: list[Sequence[Fact]] = []
        kind = _kind(teller, entity, groups)
        for group in groups:
            told, used = _told(teller, group, wording=wording // len(asks))
            sentences += told
            facts.append(used)
        if kind:
            sentences = teller.introduced(kind, sentences, name=teller.name(entity.id))
        answer = teller.together(sentences)
        messages = (("user", question), ("assistant", answer))
        yield Draft("description", lang, messages, Facts.together(facts),
                    wording % len(asks), key=entity.id)  # fmt: skip


def _kind(teller: Teller, entity: Entity, groups: list[Group]) -> str:
    """What kind of thing it is, where no fact says it already."""
    if not entity.categories or groups[0].predicate in ("subclass_of", "in_drug_class"):
        return ""
    name, kind = teller.name(entity.id), teller.category(entity)
    if not kind:
        return ""
    if teller.lang == "zh":
        return f"{name}是{kind}。"
    if is_plural(name):
        return ""
    article = "an" if kind[0] in "aeiou" else "a"
    return f"{opening(name)} is {article} {kind}."


def _told(teller: Teller, group: Group, *, wording: int) -> tuple[list[str], Sequence[Fact]]:
    if len(group.facts) <= MOST:
        return teller.sentences(group, wording=wording), group.facts
    ends = group.ends
    if len(ends) <= MOST:
        return teller.sentences(group, wording=wording), group.facts
    whole, count = len(ends) + group.untold, MOST // 2
    chosen = set(teller.some_of(ends, count, "describe", group.id, group.predicate))
    facts = group.among(chosen)
    note = _EXAMPLES[teller.lang].replace("{n}", str(count)).replace("{all}", str(whole))
    return [*teller.sentences(group, facts, wording=wording), note], facts
