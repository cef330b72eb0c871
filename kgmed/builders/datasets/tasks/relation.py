"""Relation questions, from the subject ("what does warfarin treat") and from the object."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.builders.datasets.model import Block, Draft, Fact
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.questions import asked, say
from kgmed.builders.datasets.tasks.teller import Group, Teller
from kgmed.kg.model import Language

COMPLETE = 40
"""The longest list that is given whole; of a longer one, a stated number is asked for."""
ASKED_FOR = (10, 5, 3, 2, 1)
_LIST = {
    "en": ("List the {things}.", "Give all listed {things}."),
    "zh": ("请列出{things}。", "请列举所有已收录的{things}。"),
}
_NAME = {"en": "Name {n} {things}.", "zh": "请列举{n}个{things}。"}
_NUMBERS = {
    "en": {1: "one of the", 2: "two", 3: "three", 5: "five", 10: "ten"},
    "zh": {1: "一", 2: "两", 3: "三", 5: "五", 10: "十"},
}


def relation(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """One question per entity and predicate, told from the subject; the answer gives all."""
    return _drafts("relation_qa", block, lang, context, inverse=False)


def reverse(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """One question per entity and predicate, told from the object; the answer gives all."""
    return _drafts("reverse", block, lang, context, inverse=True)


def _drafts(
    task: str, block: Block, lang: Language, context: Context, *, inverse: bool
) -> Iterator[Draft]:
    teller = Teller(block, lang, context)
    for entity in block.entities:
        for group in teller.groups(entity, inverse=inverse):
            if group.negated:
                continue
            made = answered(teller, group)
            if made is None:
                continue
            text, facts, wording = made
            sentences = teller.sentences(group, facts, wording=wording)
            answer = teller.together(sentences)
            messages = (("user", text), ("assistant", answer))
            yield Draft(task, lang, messages, facts, wording, key=entity.id)


def question(
    teller: Teller, group: Group, *, called: str = "", complete: int = COMPLETE
) -> tuple[str, tuple[Fact, ...], int] | None:
    """:func:`answered`, with the facts themselves."""
    made = answered(teller, group, called=called, complete=complete)
    return None if made is None else (made[0], tuple(made[1]), made[2])


def answered(
    teller: Teller, group: Group, *, called: str = "", complete: int = COMPLETE
) -> tuple[str, Sequence[Fact], int] | None:
    """(the question for a group, the facts that answer it, the wording's number), or None where
    nobody would ask. Where not all can be told, or more than ``complete``, the question asks for
    as many as the answer has. ``called`` stands for the entity's name ("it")."""
    words = asked(group.predicate, teller.lang, inverse=group.inverse)
    if words is None:
        return None
    lang, name = teller.lang, called or teller.name(group.id)
    chance = teller.number("question", group.id, group.predicate, str(group.inverse))
    ends = group.ends
    if group.untold == 0 and len(ends) <= complete:
        asks = words.asks if len(ends) == 1 else (*words.asks, *_LIST[lang])
        wording = chance % len(asks)
        text = asks[wording]
        if wording >= len(words.asks):
            text = text.replace("{things}", words.things)
        return say(text, name, lang), group.facts, wording
    count = next(n for n in ASKED_FOR if n <= len(ends))
    chosen = set(teller.some_of(ends, count, "name", group.id, group.predicate))
    facts = group.among(chosen)
    text = _NAME[lang].replace("{n}", _NUMBERS[lang][count]).replace("{things}", words.things)
    return say(text, name, lang), facts, len(words.asks) + len(_LIST[lang])
