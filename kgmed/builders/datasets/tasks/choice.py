"""Multiple choice: one true end among three that the verifier doesn't find supported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from kgmed.builders.datasets.around import judging
from kgmed.builders.datasets.model import Block, Draft, Entity, Fact
from kgmed.builders.datasets.negatives import Claimed, Hardest, Verdicts
from kgmed.builders.datasets.negatives.hardest import OFFERED
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.neighbours import Key, Neighbours, neighbours
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
    """A question in the making: its group, the true end's facts, the distractors that are proposed,
    and those that hold; ``told`` is what a model told of them, where one orders them."""

    group: Group
    true: str
    facts: Sequence[Fact]
    proposed: Iterator[str]
    held: list[str] = field(default_factory=list)
    told: dict[str, float | None] = field(default_factory=dict)


def choice(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Up to two questions per entity, predicate and side, each with four options."""
    if context.verdicts is None:
        raise UsageError("distractors need verdicts: found none in the context.")
    teller = Teller(block, lang, context)
    known = neighbours(teller)
    pools, sides = _pools(teller, known)
    for some in chunks(sorted(sides)):
        questions = [
            question
            for key in some
            if (entity := known.get(key)) is not None
            for side in sides[key]
            for question in _questions(teller, known, entity, side, pools[side])
        ]
        if context.hardest is not None:
            questions = _ordered(questions, context.hardest)
        _hold(teller, questions, judging(block, context.verdicts))
        for question in questions:
            held = _mixed(teller, question)
            if len(held) == DISTRACTORS and not _given_away(teller, question, held):
                yield _draft(teller, question, held)


def _hold(teller: Teller, questions: Sequence[Question], judged: Verdicts) -> None:
    """Ask of distractors as they are proposed, few of a question at a time, until enough hold."""
    left: Sequence[Question] = questions
    while left:
        asked = [
            (question, end)
            for question in left
            for end in islice(question.proposed, DISTRACTORS - len(question.held))
        ]
        said = judged([_claimed(question.group, end) for question, end in asked]) if asked else ()
        fit = [pair for pair, verdict in zip(asked, said, strict=True) if verdict in WANTED]
        alone = teller.alone(end for _question, end in fit)
        for question, end in fit:
            if end in alone:
                question.held.append(end)
        going = {id(question) for question, _end in asked}
        left = [q for q in left if id(q) in going and len(q.held) < DISTRACTORS]


def _ordered(questions: Sequence[Question], hardest: Hardest) -> list[Question]:
    """Questions whose distractors are proposed in the order of a model, without what it finds
    likely true."""
    offered = [list(question.proposed) for question in questions]
    triples = [
        [(c.subject, c.predicate, c.object) for c in (_claimed(q.group, end) for end in ends)]
        for q, ends in zip(questions, offered, strict=True)
    ]
    found = []
    for question, ends, order in zip(questions, offered, hardest.order(triples), strict=True):
        told = {ends[place]: probability for place, probability in order}
        found.append(replace(question, proposed=iter(told), told=told))
    return found


def _mixed(teller: Teller, question: Question) -> list[str]:
    """The distractors in their order; that of a model would tell the true option from them."""
    held = question.held[:DISTRACTORS]
    if question.told:
        group, true = question.group, question.true
        held.sort(key=lambda end: teller.number("option", group.id, group.predicate, true, end))
    return held


def _claimed(group: Group, end: str) -> Claimed:
    subject, object = (end, group.id) if group.inverse else (group.id, end)
    return Claimed(subject, group.predicate, object)


Side = tuple[str, bool]
"""A predicate, asked for from its subject or, True, from its object."""
Pool = dict[str, list[str]]
"""Category -> ends that facts of the block have there, ascending."""


def _pools(teller: Teller, known: Neighbours) -> tuple[dict[Side, Pool], dict[Key, list[Side]]]:
    """What distractors are proposed from, by what is asked for; and what may be asked of each of
    the block's entities."""
    stated = known.sides()
    pools: dict[Side, Pool] = {}
    asked_of: dict[Key, list[Side]] = {}
    for (predicate, inverse), keys in stated.items():
        side = predicate, not inverse and not teller.symmetric(predicate)
        if side not in stated or asked(predicate, teller.lang, inverse=side[1]) is None:
            continue
        pool = pools.setdefault(side, {})
        for key in keys.tolist():
            for category in known.categories(key):
                pool.setdefault(category, []).append(known.id(key))
        if max(map(len, pool.values()), default=0) >= DISTRACTORS:
            for key in stated[side].tolist():
                asked_of.setdefault(key, []).append(side)
    return pools, asked_of


def _questions(
    teller: Teller, known: Neighbours, entity: Entity, side: Side, pool: Pool
) -> Iterator[Question]:
    group = teller.group(entity, side[0], inverse=side[1])
    if group is None:
        return
    taken: set[str] = set()
    for true in teller.some_of(group.ends, PER_GROUP, "choice", entity.id, group.predicate):
        fitting = [pool.get(category, []) for category in known.categories(known.key(true))]
        found = max(fitting, key=len, default=[])
        if len(found) >= DISTRACTORS:
            if not taken:
                taken = {teller.name(end).casefold() for end in (*group.ends, group.id)}
            chance = teller.number("distractors", group.id, group.predicate, true)
            most = PROPOSED if teller.context.hardest is None else OFFERED
            proposed = _proposed(teller, found, taken, chance, most)
            yield Question(group, true, group.among({true}), proposed)


def _proposed(
    teller: Teller, pool: Sequence[str], taken: set[str], chance: int, most: int
) -> Iterator[str]:
    """Ends near a random place of the pool that aren't stated, each of another name."""
    given: set[str] = set()
    for turn in range(min(len(pool), 3 * most)):
        end = pool[(chance + turn * (1 + chance % 7919)) % len(pool)]
        name = teller.name(end).casefold()
        if name not in taken and name not in given:
            given.add(name)
            yield end
        if len(given) == most:
            return


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
        plausible=tuple(p for end in others if (p := question.told.get(end)) is not None),
    )  # fmt: skip
