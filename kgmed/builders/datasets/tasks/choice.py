"""Multiple choice: one true end among three that the verifier doesn't find supported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.around import judging
from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.negatives import Claimed
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.questions import asked, say
from kgmed.builders.datasets.tasks.teller import Group, Teller, chunks
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

WANTED = ("REFUTED", "UNSUPPORTED")
DISTRACTORS = 3
PROPOSED = 8
"""Distractors that are proposed of a question; the first three that hold are taken."""
PER_GROUP = 2
"""Questions of one entity and predicate at most, each of another end."""
_LETTERS = "ABCD"
_ASKS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Which of the following is among the {things}?",
        "Which one of these is listed among the {things}?",
        "Choose the option that belongs to the {things}.",
    ),
    "zh": (
        "下列选项中，哪一项是{things}？",
        "以下哪一项属于已收录的{things}？",
        "请从下列选项中选出{things}：",
    ),
}
_SAYS: dict[Language, str] = {
    "en": "{letter}. {name}. {true} The other options are not listed for this.",
    "zh": "{letter}. {name}。{true}其余选项均无此记载。",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question in the making: its group, the true end's facts, and the proposed distractors."""

    group: Group
    true: str
    facts: tuple[Fact, ...]
    proposed: tuple[str, ...]


def choice(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Up to two questions per entity, predicate and side, each with four options."""
    if context.verdicts is None:
        raise UsageError("distractors need verdicts: found none in the context.")
    teller = Teller(block, lang, context)
    judged = judging(block, context.verdicts)
    pools = _pools(block, teller)
    for some in chunks(block.entities):
        asked_for = [q for entity in some for q in _questions(teller, entity, pools)]
        claims = [_claimed(q.group, end) for q in asked_for for end in q.proposed]
        said = iter(judged(claims) if claims else ())
        alone = teller.alone(end for q in asked_for for end in q.proposed)
        for question in asked_for:
            verdicts = [next(said) for _ in question.proposed]
            held = [
                end
                for end, verdict in zip(question.proposed, verdicts, strict=True)
                if verdict in WANTED and end in alone
            ]
            if len(held) >= DISTRACTORS and not _given_away(teller, question, held[:DISTRACTORS]):
                yield _draft(teller, question, held[:DISTRACTORS])


def _claimed(group: Group, end: str) -> Claimed:
    subject, object = (end, group.id) if group.inverse else (group.id, end)
    return Claimed(subject, group.predicate, object)


Pools = dict[tuple[str, bool, str], list[str]]
"""(predicate, inverse, category) -> ends that facts of the block have there, sorted."""


def _pools(block: Block, teller: Teller) -> Pools:
    found: dict[tuple[str, bool, str], set[str]] = {}
    for entity in block.entities:
        if not teller.name(entity.id):
            continue
        for facts_by, inverse in ((entity.said, True), (entity.of, False)):
            for predicate in facts_by:
                for category in entity.categories:
                    found.setdefault((predicate, inverse, category), set()).add(entity.id)
                    entry = teller.registry.get(predicate)
                    if entry is not None and entry.symmetric:
                        found.setdefault((predicate, not inverse, category), set()).add(entity.id)
    return {key: sorted(ids) for key, ids in found.items()}


def _questions(teller: Teller, entity: Entity, pools: Pools) -> Iterator[Question]:
    for group in teller.groups(entity):
        if group.negated or asked(group.predicate, teller.lang, inverse=group.inverse) is None:
            continue
        ends = [end for end in group.ends if end]
        for true in teller.some_of(ends, PER_GROUP, "choice", entity.id, group.predicate):
            pool = _pool(teller, group, true, pools)
            proposed = _propose(teller, group, true, pool)
            if len(proposed) >= DISTRACTORS:
                facts = tuple(fact for fact in group.facts if fact.other(entity.id) == true)
                yield Question(group, true, facts, proposed)


def _pool(teller: Teller, group: Group, true: str, pools: Pools) -> Sequence[str]:
    """Ends of the same predicate, of a category of the true one."""
    categories = teller.categories(true)
    found = [pools.get((group.predicate, group.inverse, c), []) for c in categories]
    return max(found, key=len, default=[])


def _propose(teller: Teller, group: Group, true: str, pool: Sequence[str]) -> tuple[str, ...]:
    """Ends near a random place of the pool that aren't stated, each of another name."""
    taken = {teller.name(end).casefold() for end in group.ends} | {teller.name(group.id).casefold()}
    chosen: list[str] = []
    chance = teller.number("distractors", group.id, group.predicate, true)
    for turn in range(min(len(pool), 3 * PROPOSED)):
        end = pool[(chance + turn * (1 + chance % 7919)) % len(pool)]
        name = teller.name(end).casefold()
        if name and name not in taken:
            taken.add(name)
            chosen.append(end)
        if len(chosen) == PROPOSED:
            break
    return tuple(chosen)


def _given_away(teller: Teller, question: Question, others: Sequence[str]) -> bool:
    """Whether the question's own name tells the option: only the true one holds it, or stands in
    it ("Which is a form of ropinirole?", "ropinirole hydrochloride")."""
    name = teller.name(question.group.id).casefold()
    true, *rest = (teller.name(end).casefold() for end in (question.true, *others))
    return (true in name or name in true) and not any(e in name or name in e for e in rest)


def _draft(teller: Teller, question: Question, others: list[str]) -> Draft:
    lang, group, true = teller.lang, question.group, question.true
    words = asked(group.predicate, lang, inverse=group.inverse)
    assert words is not None  # noqa: S101  _questions asks of no other
    chance = teller.number("place", group.id, group.predicate, true)
    place = chance % (DISTRACTORS + 1)
    options = [*others[:place], true, *others[place:]]
    wording = (chance >> 8) % len(_ASKS[lang])
    things = say(words.things, teller.name(group.id), lang)
    lines = [_ASKS[lang][wording].replace("{things}", things)]
    lines += [f"{letter}. {teller.opening(teller.name(end))}"
              for letter, end in zip(_LETTERS, options, strict=True)]  # fmt: skip
    told = teller.together(teller.sentences(group, question.facts))
    answer = (
        _SAYS[lang]
        .replace("{letter}", _LETTERS[place])
        .replace("{name}", teller.opening(teller.name(true)))
        .replace("{true}", told)
    )
    messages = (("user", "\n".join(lines)), ("assistant", answer))
    return Draft(
        "multiple_choice", lang, messages, question.facts, wording,
        about=tuple(sorted(others)), key=" ".join((group.id, *sorted(others))),
        extra={"answer": _LETTERS[place]},
    )  # fmt: skip
