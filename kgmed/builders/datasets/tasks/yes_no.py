"""Yes/no questions: one that a fact answers with yes, and one made of it that nothing supports.

What the graph refutes is answered with no. What it merely doesn't list is answered so: that isn't
evidence against it.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.builders.datasets.model import Block, Draft, Fact
from kgmed.builders.datasets.negatives import Negative
from kgmed.builders.datasets.negatives.model import told_of
from kgmed.builders.datasets.tasks import closed, sources
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.hard import pairs
from kgmed.builders.datasets.tasks.teller import Teller
from kgmed.builders.datasets.tasks.told import stated, told
from kgmed.kg.model import Language

WANTED = ("REFUTED", "UNSUPPORTED")
WORDINGS = 12
"""Wordings that are told apart; a predicate has fewer, and repeats them."""
_YES: dict[Language, str] = {"en": "Yes. ", "zh": "是的。"}
_NO: dict[Language, str] = {"en": "No. {denied} {true}", "zh": "否。{denied}{true}"}
_SILENT: dict[Language, tuple[str, ...]] = {
    "en": (
        "Not as far as is listed: {sources} {has} no statement that {claim}, which is not "
        "evidence against it. What is listed: {true}",
        "That is not listed. {sources} {does} not state that {claim}; this does not show that it "
        "is untrue. What is listed: {true}",
        "There is no record of it. {sources} {does} not list that {claim}, though a gap in the "
        "record is no proof of the opposite. Recorded is this: {true}",
        "It can be neither confirmed nor ruled out here: {sources} {has} nothing to the effect "
        "that {claim}. What can be confirmed: {true}",
    ),
    "zh": (
        "未见收录。{sources}没有“{claim}”这一记载，但这不能证明其不成立。已收录的是：{true}",
        "没有相关记载：{sources}未收录“{claim}”，未收录并不等于不成立。已收录的是：{true}",
        "查不到这样的记录。{sources}里没有提到“{claim}”，但缺少记录不代表事实相反。能查到的是：{true}",
        "这里既不能肯定，也不能排除：在{sources}中找不到“{claim}”的依据。可以确认的是：{true}",
        "尚无依据。“{claim}”不见于{sources}，仅凭这一点还不能说它是错的。目前有据可查的是：{true}",
    ),
}
_ALSO: dict[Language, str] = {
    "en": "Note that this is listed as well: {other}",
    "zh": "另需注意，同时收录有：{other}",
}


def yes_no(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """Two questions per fact: one answered with yes, one not."""
    teller = Teller(block, lang, context)
    opposed = opposing(block, context)
    for pair in pairs(teller, told(teller), task="yes_no", wanted=WANTED):
        fact = pair.fact
        chance = teller.number("yes_no", fact.ids[0])
        asked = _asked(teller, (fact.subject, fact.predicate, fact.object), chance)
        if asked is None:
            continue
        inverse = bool(chance & 1)
        end = fact.object if inverse else fact.subject
        answer = _YES[lang] + teller.sentence(fact, wording=chance >> 4, of=end)
        used = [fact]
        for other in opposed.get((fact.subject, fact.predicate, fact.object), ()):
            if teller.tellable(other):
                note = _ALSO[lang].replace("{other}", teller.sentence(other))
                answer += ("" if lang == "zh" else " ") + note
                used.append(other)
        messages = (("user", asked), ("assistant", answer))
        extra = {"answer": "yes"}
        yield Draft("yes_no", lang, messages, tuple(used), (chance >> 8) % WORDINGS, extra=extra)
        if pair.false is not None:
            yield from _negative(teller, fact, pair.false)


def opposing(block: Block, context: Context) -> dict[tuple[str, str, str], list[Fact]]:
    """(subject, predicate, object) -> facts between these ends whose predicate opposes it."""
    found: dict[tuple[str, str, str], list[Fact]] = {}
    opposes = {
        name: entry.opposes
        for name in context.registry
        if (entry := context.registry.get(name)) is not None and entry.opposes
    }
    for fact in stated(block, opposes):
        for other in opposes[fact.predicate]:
            found.setdefault((fact.subject, other, fact.object), []).append(fact)
    return found


def _asked(teller: Teller, triple: tuple[str, str, str], chance: int) -> str | None:
    subject, predicate, object = triple
    inverse = bool(chance & 1)
    if not closed.wordings(teller.registry, predicate, teller.lang, inverse=inverse):
        inverse = not inverse
    if not closed.wordings(teller.registry, predicate, teller.lang, inverse=inverse):
        return None
    ends = teller.name(subject), teller.name(object)
    return closed.question(
        teller.registry, predicate, ends, teller.lang, inverse=inverse, wording=chance >> 8
    )


def _negative(teller: Teller, fact: Fact, false: Negative) -> Iterator[Draft]:
    lang, claim = teller.lang, false.claim
    chance = teller.number("no", fact.ids[0])
    made = answered(teller, fact, false, chance)
    if made is None:
        return
    asked, answer = made
    messages = (("user", asked), ("assistant", answer))
    about = tuple(sorted({claim.subject, claim.object} - {fact.subject, fact.object}))
    key = " ".join((claim.subject, claim.predicate, claim.object))
    extra = {
        "answer": "no" if false.verdict == "REFUTED" else "not_listed",
        "negative": false.kind,
        "verdict": false.verdict,
    }
    yield Draft(
        "yes_no",
        lang,
        messages,
        (fact,),
        (chance >> 8) % WORDINGS,
        about=about,
        key=key,
        extra=extra,
        plausible=told_of(false),
    )


def answered(teller: Teller, fact: Fact, false: Negative, chance: int) -> tuple[str, str] | None:
    """The question whether a corruption of a fact holds, and its answer; None where an end has no
    name or nobody would ask."""
    lang, claim = teller.lang, false.claim
    ends = teller.name(claim.subject), teller.name(claim.object)
    if not all(ends) or ends[0].casefold() == ends[1].casefold():
        return None
    asked = _asked(teller, (claim.subject, claim.predicate, claim.object), chance)
    if asked is None:
        return None
    true = teller.sentence(fact, wording=chance >> 4)
    if false.verdict == "REFUTED":
        denied = teller.say.claim(
            claim.subject, claim.predicate, claim.object, teller.name, lang=lang, negated=True
        )
        return asked, _NO[lang].replace("{denied}", denied).replace("{true}", true)
    return asked, not_listed(teller, false, true, chance)


def not_listed(teller: Teller, false: Negative, true: str, chance: int) -> str:
    """What to say of a claim that the graph covers and doesn't state."""
    lang, claim = teller.lang, false.claim
    clause = teller.say.claim_clause(
        claim.subject, claim.predicate, claim.object, teller.name, lang=lang
    )
    who = teller.context.sources(claim.predicate, teller.categories(claim.subject))
    text = _SILENT[lang][chance % len(_SILENT[lang])]
    if lang == "en":
        many = len(who) > 1
        text = text.replace("{has}", "have" if many else "has").replace(
            "{does}", "do" if many else "does"
        )
    text = text.replace("{sources}", sources.silent(who, lang))
    return text.replace("{claim}", clause).replace("{true}", true)
