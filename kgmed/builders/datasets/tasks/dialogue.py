"""Dialogues of two to five turns, in which the physician asks for what is missing first.

The question leaves something open: which drug, which form, which member of a class, which other
medicines or symptoms. What is answered is what the sources list, never what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgmed.builders.datasets.around import judging
from kgmed.builders.datasets.model import Block, Draft, Entity, Fact, Message
from kgmed.builders.datasets.negatives import Claimed
from kgmed.builders.datasets.tasks import sources
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.dialogue_words import IT, WORDS
from kgmed.builders.datasets.tasks.neighbours import Neighbours
from kgmed.builders.datasets.tasks.relation import question
from kgmed.builders.datasets.tasks.teller import Group, Teller, chunks
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

COMPLETE = 12
"""The longest list that is told whole in a dialogue."""
NAMED = 6
"""Members, types or forms that the physician names to choose from."""
FOLLOWING = 3
"""Further questions about the thing that was asked about, at most."""
_ABOUT = ("treats", "in_drug_class", "has_mechanism_of_action", "has_role", "interacts_with",
          "inhibits", "antagonist_of", "agonist_of", "has_active_ingredient", "has_symptom",
          "causes", "subclass_of")  # fmt: skip
_NOUNS = ("Drug", "Disease")
_MEMBERS = ("in_drug_class", "subclass_of", "form_of", "has_symptom")
"""Predicates whose subjects the physician asks for."""


@dataclass(slots=True)
class Talk:
    """A dialogue in the making."""

    messages: list[Message]
    facts: list[Fact]
    about: list[str]

    def say(self, user: str, assistant: str, facts: Sequence[Fact] = ()) -> None:
        """One turn: a question and its answer."""
        self.messages += [("user", user), ("assistant", assistant)]
        self.facts += facts


def dialogue(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A dialogue of each kind that an entity has the facts for."""
    if context.store is None or context.verdicts is None:
        raise UsageError("dialogues need a graph and its verdicts: found none in the context.")
    teller = Teller(block, lang, context)
    known = Neighbours(block, context)
    drugs = [e.id for e in block.entities if "interacts_with" in {*e.said, *e.of}]
    for some in chunks(block.entities):
        known.learn(some, _MEMBERS)
        mates = _unlisted(teller, context, some, drugs)
        for entity in some:
            if not teller.name(entity.id):
                continue
            groups = {(g.predicate, g.inverse): g for g in teller.groups(entity) if not g.negated}
            for kind, talk in (
                ("which_one", _which_one(teller, entity, groups)),
                ("other_medicines", _other_medicines(teller, entity, groups, mates)),
                ("which_member", _which(teller, known, entity, groups, "in_drug_class")),
                ("which_type", _which(teller, known, entity, groups, "subclass_of")),
                ("which_form", _which(teller, known, entity, groups, "form_of")),
                ("other_symptoms", _other_symptoms(teller, known, entity, groups)),
            ):
                if talk is not None:
                    yield _draft(lang, kind, entity.id, talk)


def _draft(lang: Language, kind: str, id: str, talk: Talk) -> Draft:
    facts = tuple({fact.ids: fact for fact in talk.facts}.values())
    return Draft(
        "dialogue", lang, tuple(talk.messages), facts, about=tuple(sorted(set(talk.about))),
        key=f"{kind} {id}", extra={"kind": kind},
    )  # fmt: skip


Groups = dict[tuple[str, bool], Group]


def _words(teller: Teller, key: str, *about: str) -> str:
    return teller.one_of(WORDS[key][teller.lang], "words", key, *about)


def _answer(teller: Teller, group: Group, facts: Sequence[Fact]) -> str:
    told = teller.sentences(group, facts, wording=teller.number("answer", group.id))
    return teller.together(told)


def _asked(
    teller: Teller, group: Group, called: str = ""
) -> tuple[str, tuple[Fact, ...], str] | None:
    """(a question, the facts that answer it, the answer)."""
    made = question(teller, group, called=called, complete=COMPLETE)
    if made is None:
        return None
    text, facts, _wording = made
    return text, facts, _answer(teller, group, facts)


def _follow(teller: Teller, talk: Talk, groups: Groups, told: set[str], key: str) -> None:
    """Go on with further questions about the same thing, which is now "it"."""
    left = [groups[p, False] for p in _ABOUT if (p, False) in groups and p not in told]
    most = teller.number("turns", key) % (FOLLOWING + 1)
    for group in teller.some_of(left, most, "follow", key):
        found = _asked(teller, group, called=IT[teller.lang])
        if found is not None:
            talk.say(found[0], found[2], found[1])


def _which_one(teller: Teller, entity: Entity, groups: Groups) -> Talk | None:
    """A question about "my medicine" or "my illness": the physician asks which."""
    kind = next((c for c in _NOUNS if c in entity.categories), "")
    main = groups.get(("treats" if kind == "Drug" else "has_symptom", False))
    if not kind or main is None:
        return None
    found = _asked(teller, main)
    if found is None:
        return None
    name = teller.name(entity.id)
    talk = Talk([], [], [])
    _text, facts, answer = found
    talk.say(_words(teller, f"open_{kind}", entity.id), _words(teller, f"which_{kind}", entity.id))
    partial = len(facts) < len(main.facts) or main.untold > 0
    if partial:
        answer = _words(teller, "some", entity.id).replace("{text}", answer)
    talk.say(teller.put(_words(teller, "it_is", entity.id), s=name), answer, facts)
    _follow(teller, talk, groups, {main.predicate}, entity.id)
    return talk


def _unlisted(
    teller: Teller, context: Context, some: Sequence[Entity], drugs: Sequence[str]
) -> dict[str, str]:
    """Entity -> a drug that no interaction with it is listed of, though both are covered."""
    tried: list[Claimed] = []
    for entity in some:
        if drugs and "interacts_with" in {*entity.said, *entity.of}:
            start = teller.number("mate", entity.id)
            for turn in range(3):
                other = drugs[(start + turn) % len(drugs)]
                if other != entity.id and teller.name(other):
                    tried.append(Claimed(entity.id, "interacts_with", other))
    found: dict[str, str] = {}
    said = judging(teller.block, context.verdicts)(tried) if tried and context.verdicts else ()
    for claim, verdict in zip(tried, said, strict=True):
        if verdict == "UNSUPPORTED":
            found.setdefault(claim.subject, claim.object)
    return found


def _other_medicines(
    teller: Teller, entity: Entity, groups: Groups, mates: dict[str, str]
) -> Talk | None:
    """Whether a drug goes with the others taken: the physician asks which these are."""
    group = groups.get(("interacts_with", False))
    if group is None:
        return None
    name = teller.name(entity.id)
    count = 1 + teller.number("others", entity.id) % 2
    ends = teller.some_of(group.ends, count, "others", entity.id)
    facts = tuple(fact for fact in group.facts if fact.other(entity.id) in ends)
    taken = [teller.name(end) for end in ends]
    answer = [_answer(teller, group, facts)]
    talk = Talk([], [], [])
    mate = mates.get(entity.id)
    if mate is not None and teller.name(mate).casefold() not in {t.casefold() for t in taken}:
        taken.append(teller.name(mate))
        who = teller.context.sources("interacts_with", entity.categories)
        text = _words(teller, "unlisted", entity.id)
        silent = sources.silent(who, teller.lang)
        answer.append(teller.put(text, s=name, o=teller.name(mate), sources=silent))
        talk.about.append(mate)
    talk.say(
        teller.put(_words(teller, "open_together", entity.id), s=name),
        teller.put(_words(teller, "which_others", entity.id), s=name),
    )
    reply = teller.put(_words(teller, "i_take", entity.id), list=teller.listed(taken))
    talk.say(reply, teller.together(answer), facts)
    _follow(teller, talk, {k: g for k, g in groups.items() if k[0] == "treats"}, set(), entity.id)
    return talk


def _which(
    teller: Teller, known: Neighbours, entity: Entity, groups: Groups, predicate: str
) -> Talk | None:
    """A question about a class, a group or a drug with several forms: the physician asks which."""
    members = groups.get((predicate, True))
    if members is None or len(members.ends) < 2:
        return None
    wanted = "has_symptom" if predicate == "subclass_of" else "treats"
    if predicate == "form_of":
        wanted = "interacts_with"
    asked_of = teller.some_of(members.ends, len(members.ends), "which", entity.id)
    fit: list[tuple[str, Groups]] = []
    for id in asked_of:
        member = known.get(id)
        its = {(g.predicate, g.inverse): g for g in teller.groups(member)} if member else {}
        if (wanted, False) in its and not its[wanted, False].negated:
            fit.append((id, its))
    if not fit:
        return None
    chosen, its = teller.one_of(fit, "member", entity.id)
    found = _asked(teller, its[wanted, False])
    if found is None:
        return None
    others = [end for end in members.ends if end != chosen]
    shown = {chosen, *teller.some_of(others, NAMED - 1, "shown", entity.id)}
    named = [fact for fact in members.facts if fact.other(entity.id) in shown]
    names = teller.names(sorted(shown))
    name = teller.name(entity.id)
    talk = Talk([], [], [entity.id])
    back = _words(teller, f"which_{predicate}", entity.id)
    if len(shown) < len(members.ends) + members.untold:
        back = _words(teller, f"which_{predicate}_among", entity.id)
    _text, facts, answer = found
    if len(facts) < len(its[wanted, False].facts) or its[wanted, False].untold:
        answer = _words(teller, "some", entity.id).replace("{text}", answer)
    talk.say(
        teller.put(_words(teller, f"open_{predicate}", entity.id), s=name),
        teller.put(back, s=name, list=teller.listed(names)),
        named,
    )
    reply = teller.put(_words(teller, "it_is", chosen), s=teller.name(chosen))
    talk.say(reply, answer, facts)
    _follow(teller, talk, its, {wanted}, chosen)
    return talk


def _other_symptoms(
    teller: Teller, known: Neighbours, entity: Entity, groups: Groups
) -> Talk | None:
    """Diseases with a symptom: the physician asks for another one, and names those with both."""
    group = groups.get(("has_symptom", True))
    if group is None or len(group.ends) < 3 or group.untold:
        return None
    for disease in teller.some_of(group.ends, len(group.ends), "disease", entity.id)[:5]:
        found = known.get(disease)
        if found is None:
            continue
        symptoms = [f.object for f in found.said.get("has_symptom", ()) if f.object != entity.id]
        known.need(symptoms)
        for symptom in teller.some_of(symptoms, 1, "second", entity.id):
            second = known.get(symptom)
            if second is None or not teller.name(symptom):
                continue
            others = {f.subject: f for f in second.of.get("has_symptom", ()) if teller.tellable(f)}
            both = [fact for fact in group.facts if fact.subject in others]
            if 0 < len({fact.subject for fact in both}) <= COMPLETE:
                return _symptoms(teller, entity, symptom, both, others)
    return None


def _symptoms(
    teller: Teller, entity: Entity, second: str, both: list[Fact], others: dict[str, Fact]
) -> Talk:
    name, other = teller.name(entity.id), teller.name(second)
    diseases = teller.names(fact.subject for fact in both)
    facts = [*both, *(others[fact.subject] for fact in both)]
    who = sources.stating(facts, teller.context, teller.lang)
    answer = _words(teller, "with_both", entity.id)
    answer = teller.put(answer, sources=who, a=name, b=other, list=teller.listed(diseases))
    talk = Talk([], [], [])
    talk.say(
        teller.put(_words(teller, "open_symptom", entity.id), s=name),
        teller.put(_words(teller, "which_symptoms", entity.id), s=name),
    )
    reply = teller.put(_words(teller, "i_have", entity.id), s=other)
    talk.say(reply, answer, facts)
    return talk
