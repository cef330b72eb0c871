"""Pairs of answers made of a fact and of a minimal corruption of it.

The two differ in what was corrupted and in nothing else: same prompt, same wording, same length but
for a name. ``negative`` says what was changed (:data:`kgmed.builders.datasets.negatives.KINDS`) and
``verdict`` what the verifier makes of it: REFUTED, or UNSUPPORTED where the graph covers both ends
and doesn't state it. What it merely doesn't cover is never rejected.

- ``statement``: a question whose answer is the fact; the rejected answer states the corruption.
- ``overclaim``: a yes/no question about the corruption; the chosen answer denies it or says that it
  isn't listed, the rejected one affirms it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kgmed.builders.datasets.around import judging, of
from kgmed.builders.datasets.model import Block, Draft, Fact
from kgmed.builders.datasets.negatives import KINDS, Negative, negatives
from kgmed.builders.datasets.negatives.model import told_of
from kgmed.builders.datasets.tasks import hard
from kgmed.builders.datasets.tasks.context import Context, Make, TaskKind, context_of
from kgmed.builders.datasets.tasks.questions import asked, say
from kgmed.builders.datasets.tasks.teller import Teller
from kgmed.builders.datasets.tasks.yes_no import answered
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

STATEMENT, OVERCLAIM = "statement", "overclaim"
WANTED = ("REFUTED", "UNSUPPORTED")
PER_FACT = 2
"""Pairs of a fact and a task at most, each of another kind of corruption."""

_ONE: dict[Language, tuple[str, ...]] = {
    "en": ("Name one of the {things}.", "State one of the listed {things} in a sentence."),
    "zh": ("请举出一个{things}。", "请用一句话说明一个已收录的{things}。"),
}
_BETWEEN: dict[Language, tuple[str, ...]] = {
    "en": ("How are {s} and {o} related?", "State in one sentence how {s} and {o} are related."),
    "zh": ("{s}与{o}是什么关系？", "请用一句话说明{s}与{o}的关系。"),
}
_DETAILS: dict[Language, tuple[str, ...]] = {
    "en": ("How are {s} and {o} related? Give the details.",),
    "zh": ("{s}与{o}是什么关系？请说明具体情况。",),
}
_YES: dict[Language, str] = {"en": "Yes. ", "zh": "是的。"}


def statements(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Pairs of the task ``statement``, up to :data:`PER_FACT` for each fact of the block."""
    teller = Teller(block, lang, context)
    for fact, false in _corrupted(teller, block, context, task=STATEMENT):
        claimed = _as_fact(fact, false)
        if not teller.tellable(claimed):
            continue
        chance = teller.number(STATEMENT, fact.ids[0], false.kind)
        prompt, of = _prompt(teller, fact, false, chance)
        if not prompt:
            continue
        wording = chance >> 4
        chosen = teller.sentence(fact, wording=wording, of=of)
        other = of if of in (claimed.subject, claimed.object) else ""
        rejected = teller.sentence(claimed, wording=wording, of=other)
        if chosen != rejected:
            yield _draft(teller, STATEMENT, fact, false, (prompt, chosen, rejected), chance=chance)


def overclaims(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Pairs of the task ``overclaim``, up to :data:`PER_FACT` for each fact of the block."""
    teller = Teller(block, lang, context)
    for fact, false in _corrupted(teller, block, context, task=OVERCLAIM):
        if false.kind == "qualifier":
            continue  # a closed question doesn't name qualifiers
        chance = teller.number(OVERCLAIM, fact.ids[0], false.kind)
        made = answered(teller, fact, false, chance)
        if made is None:
            continue
        prompt, chosen = made
        claimed = _as_fact(fact, false, plain=True)
        rejected = _YES[lang] + teller.sentence(claimed, wording=chance >> 4)
        yield _draft(teller, OVERCLAIM, fact, false, (prompt, chosen, rejected), chance=chance)


def _draft(
    teller: Teller,
    task: str,
    fact: Fact,
    false: Negative,
    texts: tuple[str, str, str],
    *,
    chance: int,
) -> Draft:
    prompt, chosen, rejected = texts
    claim = false.claim
    return Draft(
        task,
        teller.lang,
        (("user", prompt), ("assistant", chosen)),
        (fact,),
        chance % 997,
        about=tuple(sorted({claim.subject, claim.object} - {fact.subject, fact.object})),
        key=" ".join((false.kind, *claim.key)),
        extra={"negative": false.kind, "verdict": false.verdict},
        rejected=rejected,
        plausible=told_of(false),
    )


def _corrupted(
    teller: Teller, block: Block, context: Context, *, task: str
) -> Iterator[tuple[Fact, Negative]]:
    """Each fact with some of its corruptions; which kinds is drawn per fact.

    What a closed question asks has no qualifiers, so it is judged without: an interaction that is
    listed with another severity is no answer to reject. Nor is what may be true of another concept
    of the same name, so that the ends of a corruption share their names with none.
    """
    if context.store is None or context.verdicts is None:
        raise UsageError("preference pairs need a graph and its verdicts: found none.")
    told = (fact for fact in hard.facts(block) if teller.tellable(fact))
    while some := list(islice(told, hard.SOME)):
        by_id = {fact.ids[0]: fact for fact in some}
        made: dict[str, list[Negative]] = {}
        for negative in negatives(
            context.store,
            judging(block, context.verdicts),
            kinds=tuple(KINDS),
            seed=context.seed,
            wanted=WANTED,
            statements=[hard.as_statement(fact, qualified=task == STATEMENT) for fact in some],
            registry=context.registry,
            around=of(block),
            hardest=context.hardest,
        ):
            made.setdefault(negative.statement, []).append(negative)
        alone = teller.alone(
            end
            for found in made.values()
            for negative in found
            for end in (negative.claim.subject, negative.claim.object)
        )
        for id, fact in by_id.items():
            found = [n for n in made.get(id, []) if {n.claim.subject, n.claim.object} <= alone]
            kinds = teller.some_of([n.kind for n in found], PER_FACT, task, id)
            yield from ((fact, n) for n in found if n.kind in kinds)


def _prompt(teller: Teller, fact: Fact, false: Negative, chance: int) -> tuple[str, str]:
    """(what is asked, the end that it is asked about); ("", "") where nobody would ask."""
    lang, claim = teller.lang, false.claim
    ends = {"s": teller.name(fact.subject), "o": teller.name(fact.object)}
    if (claim.subject, claim.object) == (fact.subject, fact.object):
        options = _DETAILS[lang] if claim.predicate == fact.predicate else _BETWEEN[lang]
        return teller.put(options[chance % len(options)], **ends), ""
    if claim.subject == fact.object:  # swapped
        return teller.put(_BETWEEN[lang][chance % len(_BETWEEN[lang])], **ends), ""
    inverse = claim.subject != fact.subject
    words = asked(fact.predicate, lang, inverse=inverse)
    if words is None:
        return "", ""
    of = fact.object if inverse else fact.subject
    text = _ONE[lang][chance % len(_ONE[lang])].replace("{things}", words.things)
    return say(text, teller.name(of), lang), of


def _as_fact(fact: Fact, false: Negative, *, plain: bool = False) -> Fact:
    claim = false.claim
    qualifiers = {} if plain else claim.qualifiers
    return Fact(
        fact.ids, claim.subject, claim.predicate, claim.object, fact.sources, fact.licences,
        qualifiers=qualifiers,
    )  # fmt: skip


def _task(name: str, description: str, make: Make) -> TaskKind:
    return TaskKind(name, description, make, frozenset({"store", "verdicts"}))


TASKS: dict[str, TaskKind] = {
    kind.name: kind
    for kind in (
        _task(STATEMENT, "a fact beside a minimal corruption of it", statements),
        _task(OVERCLAIM, "what isn't listed said to be so, beside its affirmation", overclaims),
    )
}
"""Name -> task."""

__all__ = ["OVERCLAIM", "STATEMENT", "TASKS", "context_of", "overclaims", "statements"]
