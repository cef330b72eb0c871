"""Facts of a block in sentences, in one language: what all tasks write with."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import TypeVar, cast

from kgmed.builders.datasets.around import of
from kgmed.builders.datasets.feed import PartBlock
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.tasks import listing
from kgmed.builders.datasets.tasks.context import Context
from kgmed.kg.categories import label
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language, Statement
from kgmed.kg.verbalize import lists
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.names import small
from kgmed.kg.verbalize.number import is_plural, opening

T = TypeVar("T")
CHUNK = 500
"""Entities whose questions are verified or looked up together."""
HUB = 5_000
"""Facts of one entity, predicate and side that are looked at; the rest of a hub's stay untold."""
_SHOUTED = re.compile(r"[A-Z]{8,}")
_ENDS = ("affected", "actor")
_KINDS: dict[str, dict[Language, str]] = {
    "ChemicalRole": {"en": "pharmacological role", "zh": "药理作用类别"},
    "GeneFamily": {"en": "gene family", "zh": "基因家族"},
    "MolecularActivity": {"en": "molecular activity", "zh": "分子活性"},
    "GrossAnatomicalStructure": {"en": "anatomical structure", "zh": "解剖结构"},
    "Cell": {"en": "cell type", "zh": "细胞"},
    "CellularComponent": {"en": "part of the cell", "zh": "细胞组分"},
    "MacromolecularComplex": {"en": "molecular complex", "zh": "大分子复合物"},
}


@dataclass(frozen=True, slots=True)
class Group:
    """What is said of an entity by one predicate, from one side: facts whose ends all have names.

    ``inverse`` groups are told from their object. ``untold`` counts facts that were left out for
    want of a name. A symmetric predicate has one group, of facts with the entity at either end.
    """

    id: str
    predicate: str
    inverse: bool
    negated: bool
    facts: tuple[Fact, ...]
    untold: int = 0

    @property
    def ends(self) -> tuple[str, ...]:
        """The other ends, in the order of the facts, each once."""
        return tuple(dict.fromkeys(fact.other(self.id) for fact in self.facts))

    def among(self, ends: Container[str]) -> Sequence[Fact]:
        """The facts with one of some other ends."""
        return tuple([fact for fact in self.facts if fact.other(self.id) in ends])


class _Names(dict[str, str]):
    """Names of a block in one language, by id, looked up once."""

    def __init__(self, block: Block, lang: Language, common: Container[str]) -> None:
        super().__init__()
        self._common: Container[str] = common if lang == "en" else ()
        around = of(block)
        self._name, self._lang = block.name if around is None else around.name, lang
        self._near = block.near.names.get(lang, {}) if isinstance(block, PartBlock) else {}

    def __missing__(self, id: str) -> str:
        known = self._near.get(id)
        found = tidy(known or self._name(id, self._lang) or "")
        if self._common:
            found = small(found, self._common)
        self[id] = found
        return found


class Teller:
    """Writes in one language about the entities of a block."""

    def __init__(self, block: Block, lang: Language, context: Context) -> None:
        self.block, self.lang, self.context = block, lang, context
        self.say = context.say
        self.registry = context.registry
        self.name: Callable[[str], str] = _Names(block, lang, context.common).__getitem__
        """The name of a concept in the language, or '' where it has none."""
        self._alone: dict[str, bool] = {}
        own = () if isinstance(block, PartBlock) else block.entities
        self._categories = {entity.id: entity.categories for entity in own}

    # Names

    def opening(self, name: str) -> str:
        """A name as it opens a sentence."""
        return opening(name) if self.lang == "en" else name

    def put(self, text: str, **names: str) -> str:
        """Names in the slots of a text; one that opens it has a capital."""
        for slot, name in names.items():
            mark = "{" + slot + "}"
            if text.startswith(mark):
                text = self.opening(name) + text[len(mark) :]
            text = text.replace(mark, name)
        return text

    def listed(self, names: Sequence[str]) -> str:
        """Names as a list in words."""
        return lists.join(self.lang, names)

    def names(self, ids: Iterable[str]) -> list[str]:
        """The names of concepts in their order, those once that differ in case or an s alone."""
        found: dict[str, str] = {}
        for id in ids:
            name = self.name(id)
            found.setdefault(name.casefold().removesuffix("s"), name)
        return [found[key] for key in sorted(found)]

    def alone(self, ids: Iterable[str]) -> set[str]:
        """Those of some concepts whose name no other one has: what isn't stated of a name that two
        have may be stated of the other."""
        wanted = dict.fromkeys(ids)
        asked = [id for id in wanted if id not in self._alone]
        store = self.context.store
        if asked and store is not None:
            found = store.lexicon.exact([key(self.name(id)) for id in asked])
            for id, hits in zip(asked, found, strict=True):
                self._alone[id] = {other for other, _name in hits} <= {id}
        return {id for id in wanted if self._alone.get(id, True)}

    def category(self, entity: Entity) -> str:
        """What kind of thing an entity is, in a word or two; '' where there is no good word."""
        for category in entity.categories:
            if category in _KINDS:
                return _KINDS[category][self.lang]
            found = label(category, language=self.lang)
            if found not in ("concept", "概念"):
                return found
        return ""

    def categories(self, id: str) -> tuple[str, ...]:
        """The categories of a concept: of this block, or else of the graph."""
        found = self._categories.get(id)
        if found is None:
            store, around = self.context.store, of(self.block)
            if around is not None:
                found = around.categories(id)
            else:
                concept = store.concepts([id])[0] if store is not None else None
                found = concept.categories if concept else ()
            self._categories[id] = found
        return found

    # Chance

    def number(self, *key: str) -> int:
        """A number that depends on the seed and a key alone."""
        return number(self.context.seed, self.lang, *key)

    def one_of(self, options: Sequence[T], *key: str) -> T:
        """One of some options, by chance."""
        return options[self.number(*key) % len(options)]

    def some_of(self, options: Sequence[T], count: int, *key: str) -> list[T]:
        """A few of some options, in their order."""
        if len(options) <= count:
            return list(options)
        chance = random.Random(self.number(*key))  # noqa: S311  a choice, no secret
        return [options[i] for i in sorted(chance.sample(range(len(options)), count))]

    # Facts

    def tellable(self, fact: Fact) -> bool:
        """Whether all that a fact speaks of has a name, and its ends have different ones."""
        if fact.subject == fact.object:
            return False
        one = self.name(fact.subject)
        if fact.value is not None:
            return bool(one) and fact.value.language in ("", self.lang)
        other = self.name(fact.object)
        if not one or not other:
            return False
        if len(one) == len(other) and one.casefold() == other.casefold():
            return False
        if not fact.qualifiers:
            return True
        return all(self.name(fact.qualifiers[key]) for key in _ENDS if key in fact.qualifiers)

    def groups(self, entity: Entity, *, inverse: bool | None = None) -> list[Group]:
        """What is said of an entity, by predicate and side; only groups with a fact to tell.

        ``inverse`` asks for those of one side alone."""
        found: list[Group] = []
        if not self.name(entity.id):
            return found
        if inverse is not True:
            for predicate, facts in entity.said.items():
                both = predicate in entity.of and self.symmetric(predicate)
                every = [*facts, *entity.of[predicate]] if both else facts
                self._split(found, entity.id, predicate, every, inverse=False)
        for predicate, facts in entity.of.items():
            symmetric = self.symmetric(predicate)
            if not symmetric and inverse is not False:
                self._split(found, entity.id, predicate, facts, inverse=True)
            elif symmetric and inverse is not True and predicate not in entity.said:
                self._split(found, entity.id, predicate, facts, inverse=False)
        return found

    def group(self, entity: Entity, predicate: str, *, inverse: bool) -> Group | None:
        """What holds of an entity by one predicate, from one side; None where nothing is told."""
        said, of = entity.said.get(predicate, ()), entity.of.get(predicate, ())
        facts = of if inverse else said
        if self.symmetric(predicate):
            facts, inverse = [*said, *of], False
        found: list[Group] = []
        if facts and self.name(entity.id):
            self._split(found, entity.id, predicate, facts, inverse=inverse)
        return next((group for group in found if not group.negated), None)

    def symmetric(self, predicate: str) -> bool:
        """Whether a predicate holds both ways."""
        entry = self.registry.get(predicate)
        return entry is not None and entry.symmetric

    def _split(
        self, found: list[Group], id: str, predicate: str, facts: Sequence[Fact], *, inverse: bool
    ) -> None:
        """The groups of facts that hold and of those that are denied."""
        looked_at = facts if len(facts) <= HUB else facts[:HUB]
        told = [fact for fact in looked_at if self.tellable(fact)]
        holding = tuple([fact for fact in told if not fact.negated])
        denied = tuple([f for f in told if f.negated]) if len(holding) < len(told) else ()
        for negated, mine in ((False, holding), (True, denied)):
            if mine:
                untold = 0
                if len(told) < len(facts):
                    untold = sum(f.negated == negated for f in looked_at) - len(mine)
                    untold += len(facts) - len(looked_at)
                found.append(Group(id, predicate, inverse, negated, mine, untold))

    def sentence(self, fact: Fact, *, wording: int = 0, of: str = "") -> str:
        """A fact as one sentence, told from ``of`` where that is one of its ends."""
        shown, inverse = self._seen_from(fact, of)
        return self.say.statement(
            cast(Statement, shown), self.name, lang=self.lang, wording=wording, inverse=inverse
        )

    def clause(self, fact: Fact, *, wording: int = 0, of: str = "") -> str:
        """A fact as a clause: no capital, no full stop."""
        shown, inverse = self._seen_from(fact, of)
        return self.say.clause(
            cast(Statement, shown), self.name, lang=self.lang, wording=wording, inverse=inverse
        )

    def _seen_from(self, fact: Fact, of: str) -> tuple[Fact, bool]:
        if not of or fact.subject == of or fact.object != of:
            return fact, False
        entry = self.registry.get(fact.predicate)
        if entry is not None and entry.symmetric:
            return replace(fact, subject=fact.object, object=fact.subject), False
        return fact, True

    def sentences(
        self, group: Group, facts: Sequence[Fact] | None = None, *, wording: int = 0
    ) -> list[str]:
        """Facts of a group, one sentence for those of the same qualifiers: the worst severity
        first, and the other ends by name. What is said with qualifiers isn't repeated without."""
        by_tail = self._by_tail(group, group.facts if facts is None else facts)
        return [self._grouped(group, by_tail[tail], wording, tail) for tail in by_tail]

    def shared(self, one: Group, other: Group, ends: set[str]) -> list[str]:
        """What two groups of a predicate share, as sentences about both; about each in turn where
        their qualifiers differ."""
        facts = [[f for f in group.facts if f.other(group.id) in ends] for group in (one, other)]
        ours, theirs = self._by_tail(one, facts[0]), self._by_tail(other, facts[1])
        told = {tail: {f.other(one.id) for f in found} for tail, found in ours.items()}
        if told != {tail: {f.other(other.id) for f in found} for tail, found in theirs.items()}:
            return [*self.sentences(one, facts[0]), *self.sentences(other, facts[1])]
        name = self.name(other.id)
        return [self._grouped(one, ours[tail], 0, tail, among=name) for tail in ours]

    def _by_tail(self, group: Group, chosen: Sequence[Fact]) -> dict[str, list[Fact]]:
        """Facts by what stands behind their sentence, in the order in which they are told."""
        if not any(fact.qualifiers for fact in chosen):
            return {"": list(chosen)}
        by_tail: dict[str, list[Fact]] = {}
        for fact in chosen:
            tail = ""
            if fact.qualifiers:
                tail = words_of.tail(fact.qualifiers, self.name, lang=self.lang)
            by_tail.setdefault(tail, []).append(fact)
        if "" in by_tail and len(by_tail) > 1:
            qualified = {f.other(group.id) for f in chosen if f.qualifiers}
            rest = [f for f in by_tail.pop("") if f.other(group.id) not in qualified]
            if rest:
                by_tail[""] = rest
        if len(by_tail) == 1:
            return by_tail
        ordered = sorted(by_tail, key=lambda tail: _rank(by_tail[tail][0], tail))
        return {tail: by_tail[tail] for tail in ordered}

    def _grouped(
        self, group: Group, facts: list[Fact], wording: int, tail: str, *, among: str = ""
    ) -> str:
        lang = self.lang
        if facts[0].value is not None:
            return self.say.grouped(
                cast("list[Statement]", facts), self.name, lang=lang, wording=wording
            )
        names = self.names(fact.other(group.id) for fact in facts)
        own, several = listing.slot(self.name(group.id), lang), len(names) > 1
        if among:
            own = listing.Slot(lists.join(lang, [own.text, among]), "list")
        other = listing.slot(names[0], lang)
        if several:
            other = listing.Slot(lists.join(lang, names, denied=group.negated), "list")
        inverse = group.inverse and group.predicate not in listing.FORWARD
        texts = listing.options(
            self.registry, group.predicate, lang, inverse=inverse, listed=several or bool(among)
        )
        subject, object = (other, own) if group.inverse else (own, other)
        if (
            group.inverse and not inverse
        ):  # "A, B and C have the role X", not "the roles of A, B .."
            texts = listing.led(texts)
        return listing.written(
            texts[wording % len(texts)], lang, subject, object, tail=tail, negated=group.negated
        )

    def introduced(self, kind: str, sentences: Sequence[str], *, name: str) -> list[str]:
        """Sentences behind one that says what ``name`` is: a pronoun stands for it in the first of
        them (English). Further on, with other names in between, it would be unclear."""
        first = sentences[0]
        start = opening(name) + " "
        if self.lang == "en" and first.startswith(start):
            first = ("They " if is_plural(name) else "It ") + first[len(start) :]
        return [kind, first, *sentences[1:]]

    def together(self, sentences: Sequence[str]) -> str:
        """Sentences as a paragraph."""
        return ("" if self.lang == "zh" else " ").join(sentences)


def tidy(name: str) -> str:
    """A name as it stands in a text: one that a source writes in capitals is written small.

    >>> tidy("SIMEPREVIR"), tidy("HIV"), tidy("ADRA1A")
    ('simeprevir', 'HIV', 'ADRA1A')
    """
    return name.lower() if _SHOUTED.fullmatch(name) else name


def number(seed: int, *key: str) -> int:
    """A number of 64 bits that depends on a seed and a key alone."""
    text = "\x1f".join((str(seed), *key))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def chunks(entities: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Entities, some at a time."""
    every = iter(entities)
    while some := list(islice(every, size)):
        yield some


def _rank(fact: Fact, tail: str) -> tuple[int, int, str]:
    severity = fact.qualifiers.get("severity", "")
    worst = words_of.SEVERITIES
    place = worst.index(severity) if severity in worst else len(worst)
    return place, not tail, tail
