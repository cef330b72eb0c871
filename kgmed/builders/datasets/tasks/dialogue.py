"""Dialogues of two to five turns, in which the physician asks for what is missing first.

The question leaves something open: which drug, which form, which member of a class, which other
medicines or symptoms. What is answered is what the sources list, never what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.builders.datasets.around import judging
from kgmed.builders.datasets.model import Block, Draft, Entity, Fact, Message
from kgmed.builders.datasets.negatives import Claimed
from kgmed.builders.datasets.sides import Facts
from kgmed.builders.datasets.tasks import sources
from kgmed.builders.datasets.tasks.context import Context
from kgmed.builders.datasets.tasks.dialogue_words import IT, WORDS
from kgmed.builders.datasets.tasks.neighbours import (
    Groups,
    Key,
    Neighbours,
    Stretch,
    by_key,
    counted,
    neighbours,
    unique,
)
from kgmed.builders.datasets.tasks.relation import answered
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
_NOUNS = {"Drug": "treats", "Disease": "has_symptom"}
"""What is "my medicine" or "my illness", and what is told of it first."""
_MEMBERS = {"in_drug_class": "treats", "subclass_of": "has_symptom", "form_of": "interacts_with"}
"""Predicates whose subjects the physician asks for, and what is then told of one."""
MATES = 3
"""Drugs that are tried for one that no interaction is listed with."""
TRIED = 5
"""Diseases whose symptoms are tried for one that is shared."""


Members = Mapping[str, Mapping[Key, Key]]
"""Predicate -> entity -> the member that the patient names."""
Both = tuple[Key, list[Key]]
"""A second symptom, and the diseases with both."""


@dataclass(slots=True)
class Talk:
    """A dialogue in the making."""

    messages: list[Message]
    facts: list[Sequence[Fact]]
    about: list[str]

    def say(self, user: str, assistant: str, facts: Sequence[Fact] = ()) -> None:
        """One turn: a question and its answer."""
        self.messages += [("user", user), ("assistant", assistant)]
        if facts:
            self.facts.append(facts)


def dialogue(block: Block, lang: Language, context: Context) -> Iterator[Draft]:
    """A dialogue of each kind that an entity has the facts for."""
    if context.store is None or context.verdicts is None:
        raise UsageError("dialogues need a graph and its verdicts: found none in the context.")
    teller = Teller(block, lang, context)
    known = neighbours(teller)
    told = {
        key
        for kind, predicate in _NOUNS.items()
        for key in _having(known, predicate)
        if _kind(known.categories(key)) == kind
    }
    drugs = _having(known, "interacts_with")
    members = {name: _members(teller, known, name, wanted) for name, wanted in _MEMBERS.items()}
    symptoms = _second_symptoms(teller, known)
    begun = sorted({*told, *drugs, *symptoms, *(key for m in members.values() for key in m)})
    every = [known.id(key) for key in sorted(drugs)]
    for some in chunks(begun):
        known.need(_needed(some, members, symptoms))
        mates = _unlisted(teller, context, [known.id(key) for key in some if key in drugs], every)
        for key in some:
            entity = known.get(key)
            if entity is None:
                continue
            groups = Groups(teller, entity)
            for kind, talk in (
                ("which_one", _which_one(teller, groups)),
                ("other_medicines", _other_medicines(teller, groups, mates)),
                ("which_member", _which(teller, known, groups, "in_drug_class", members)),
                ("which_type", _which(teller, known, groups, "subclass_of", members)),
                ("which_form", _which(teller, known, groups, "form_of", members)),
                ("other_symptoms", _other_symptoms(teller, known, groups, symptoms)),
            ):
                if talk is not None:
                    yield _draft(lang, kind, entity.id, talk)


def _needed(
    some: Sequence[Key], members: Members, symptoms: Mapping[Key, Both]
) -> Iterator[Stretch]:
    """What dialogues that begin with some entities tell of others."""
    for key in some:
        for name, mine in members.items():
            for predicate in (_MEMBERS[name], *_ABOUT) if key in mine else ():
                yield mine[key], predicate, False, None
        for disease in symptoms[key][1] if key in symptoms else ():
            yield disease, "has_symptom", False, None


def _having(known: Neighbours, predicate: str) -> set[Key]:
    """The block's entities that something is stated of by a predicate."""
    own, _ends = known.ends(known.own, predicate)
    return set(known.own[np.unique(own)].tolist())


def _members(teller: Teller, known: Neighbours, predicate: str, wanted: str) -> dict[Key, Key]:
    """Entities with several members, and one of them that what is ``wanted`` is stated of."""
    own, ends = known.ends(known.own, predicate, inverse=True)
    many = counted((own, ends), known.own) > 1
    own, ends = own[many[own]], ends[many[own]]
    every, at = np.unique(ends, return_inverse=True)
    fits = (counted(known.ends(every, wanted), every) > 0)[at]
    fitting = by_key((own[fits], ends[fits]), known.own)
    return {
        key: found.item(teller.number("member", known.id(key)) % len(found))
        for key, found in fitting.items()
    }


def _second_symptoms(teller: Teller, known: Neighbours) -> dict[Key, Both]:
    """Symptoms, each with another one, and the diseases with both."""
    every = by_key(known.ends(known.own, "has_symptom", inverse=True), known.own)
    ill = {key: found for key, found in every.items() if len(found) > 2}
    diseases = unique((found[:TRIED].tolist() for found in ill.values()), known.own)
    symptoms = by_key(known.ends(diseases, "has_symptom"), diseases)
    tried: list[tuple[Key, Key]] = []
    for key, found in ill.items():
        chance = teller.number("second", known.id(key))
        for disease in found[:TRIED].tolist():
            others = [symptom for symptom in symptoms.get(disease, ()) if symptom != key]
            if others:
                tried.append((key, others[chance % len(others)]))
    seconds = unique([[second for _key, second in tried]], known.own)
    having = by_key(known.ends(seconds, "has_symptom", inverse=True), seconds)
    chosen: dict[Key, Both] = {}
    for key, second in tried:
        if key not in chosen and second in having:
            both = np.intersect1d(ill[key], having[second], assume_unique=True)
            if 0 < len(both) <= COMPLETE:
                chosen[key] = second, both.tolist()
    return chosen


def _draft(lang: Language, kind: str, id: str, talk: Talk) -> Draft:
    return Draft(
        "dialogue", lang, tuple(talk.messages), Facts.together(talk.facts),
        about=tuple(sorted(set(talk.about))), key=f"{kind} {id}", extra={"kind": kind},
    )  # fmt: skip


def _words(teller: Teller, key: str, *about: str) -> str:
    return teller.one_of(WORDS[key][teller.lang], "words", key, *about)


def _answer(teller: Teller, group: Group, facts: Sequence[Fact]) -> str:
    told = teller.sentences(group, facts, wording=teller.number("answer", group.id))
    return teller.together(told)


def _asked(
    teller: Teller, group: Group, called: str = ""
) -> tuple[str, Sequence[Fact], str] | None:
    """(a question, the facts that answer it, the answer)."""
    made = answered(teller, group, called=called, complete=COMPLETE)
    if made is None:
        return None
    text, facts, _wording = made
    return text, facts, _answer(teller, group, facts)


def _follow(
    teller: Teller, talk: Talk, groups: Groups, told: str, *, about: Sequence[str] = _ABOUT
) -> None:
    """Go on with further questions about the same thing, which is now "it"."""
    key = groups.entity.id
    most = teller.number("turns", key) % (FOLLOWING + 1)
    left = [g for p in about if most and p != told and (g := groups.get(p)) is not None]
    for group in teller.some_of(left, most, "follow", key):
        found = _asked(teller, group, called=IT[teller.lang])
        if found is not None:
            talk.say(found[0], found[2], found[1])


def _kind(categories: Sequence[str]) -> str:
    """What a patient would call a thing of these categories, '' for neither."""
    return next((kind for kind in _NOUNS if kind in categories), "")


def _which_one(teller: Teller, groups: Groups) -> Talk | None:
    """A question about "my medicine" or "my illness": the physician asks which."""
    entity = groups.entity
    kind = _kind(entity.categories)
    main = groups.get(_NOUNS[kind]) if kind else None
    if main is None:
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
    _follow(teller, talk, groups, main.predicate)
    return talk


def _unlisted(
    teller: Teller, context: Context, some: Sequence[str], drugs: Sequence[str]
) -> dict[str, str]:
    """Drug -> one that no interaction with it is listed of, though both are covered."""
    found: dict[str, str] = {}
    judged = judging(teller.block, context.verdicts) if some and context.verdicts else None
    for turn in range(MATES):
        tried = []
        for id in some if judged else ():
            other = drugs[(teller.number("mate", id) + turn) % len(drugs)]
            if id not in found and other != id:
                tried.append(Claimed(id, "interacts_with", other))
        said = judged(tried) if judged and tried else ()
        for claim, verdict in zip(tried, said, strict=True):
            if verdict == "UNSUPPORTED":
                found[claim.subject] = claim.object
    return found


def _other_medicines(teller: Teller, groups: Groups, mates: dict[str, str]) -> Talk | None:
    """Whether a drug goes with the others taken: the physician asks which these are."""
    entity, group = groups.entity, groups.get("interacts_with")
    if group is None:
        return None
    name = teller.name(entity.id)
    count = 1 + teller.number("others", entity.id) % 2
    ends = teller.some_of(group.ends, count, "others", entity.id)
    facts = group.among(ends)
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
    _follow(teller, talk, groups, "", about=("treats",))
    return talk


def _which(
    teller: Teller, known: Neighbours, groups: Groups, predicate: str,
    chosen_of: Members,
) -> Talk | None:  # fmt: skip
    """A question about a class, a group or a drug with several forms: the physician asks which."""
    entity = groups.entity
    key = chosen_of[predicate].get(known.key(entity.id))
    member = None if key is None else known.get(key)
    members = None if member is None else groups.get(predicate, inverse=True)
    if member is None or members is None or len(members.ends) < 2:
        return None
    chosen, its = member.id, Groups(teller, member)
    main = its.get(_MEMBERS[predicate])
    found = None if main is None else _asked(teller, main)
    if main is None or found is None:
        return None
    others = [end for end in members.ends if end != chosen]
    shown = {chosen, *teller.some_of(others, NAMED - 1, "shown", entity.id)}
    named = members.among(shown)
    names = teller.names(sorted(shown))
    name = teller.name(entity.id)
    talk = Talk([], [], [entity.id])
    back = _words(teller, f"which_{predicate}", entity.id)
    if len(shown) < len(members.ends) + members.untold:
        back = _words(teller, f"which_{predicate}_among", entity.id)
    _text, facts, answer = found
    if len(facts) < len(main.facts) or main.untold:
        answer = _words(teller, "some", entity.id).replace("{text}", answer)
    talk.say(
        teller.put(_words(teller, f"open_{predicate}", entity.id), s=name),
        teller.put(back, s=name, list=teller.listed(names)),
        named,
    )
    reply = teller.put(_words(teller, "it_is", chosen), s=teller.name(chosen))
    talk.say(reply, answer, facts)
    _follow(teller, talk, its, main.predicate)
    return talk


def _other_symptoms(
    teller: Teller, known: Neighbours, groups: Groups,
    seconds: Mapping[Key, Both],
) -> Talk | None:  # fmt: skip
    """Diseases with a symptom: the physician asks for another one, and names those with both."""
    entity = groups.entity
    second, diseases = seconds.get(known.key(entity.id), (None, []))
    group = groups.get("has_symptom", inverse=True) if diseases else None
    if group is None or group.untold:
        return None
    symptom = known.id(second)
    facts: dict[str, list[Fact]] = {entity.id: [], symptom: []}
    for disease in diseases:
        its = known.get(disease)
        symptoms = None if its is None else teller.group(its, "has_symptom", inverse=False)
        for fact in symptoms.among(facts) if symptoms is not None else ():
            facts[fact.object].append(fact)
    if not all(facts.values()):
        return None
    return _symptoms(teller, entity, symptom, *facts.values())


def _symptoms(
    teller: Teller, entity: Entity, second: str, one: list[Fact], other: list[Fact]
) -> Talk:
    a, b = teller.name(entity.id), teller.name(second)
    diseases = teller.names(fact.subject for fact in one)
    facts = [*one, *other]
    who = sources.stating(facts, teller.context, teller.lang)
    answer = _words(teller, "with_both", entity.id)
    answer = teller.put(answer, sources=who, a=a, b=b, list=teller.listed(diseases))
    talk = Talk([], [], [])
    talk.say(
        teller.put(_words(teller, "open_symptom", entity.id), s=a),
        teller.put(_words(teller, "which_symptoms", entity.id), s=a),
    )
    reply = teller.put(_words(teller, "i_have", entity.id), s=b)
    talk.say(reply, answer, facts)
    return talk
