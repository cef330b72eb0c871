"""Facts of a block in sentences, in one language: what all tasks write with."""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.around import of
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.edges import parsed
from kgmed.builders.datasets.model import Block, Entity, Fact
from kgmed.builders.datasets.sides import Facts, Side
from kgmed.builders.datasets.spoken import ENDS, Spoken, spoken, tidy
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
_KINDS: dict[str, dict[Language, str]] = {
    "ChemicalRole": {"en": "pharmacological role", "zh": "药理作用类别"},
    "GeneFamily": {"en": "gene family", "zh": "基因家族"},
    "MolecularActivity": {"en": "molecular activity", "zh": "分子活性"},
    "GrossAnatomicalStructure": {"en": "anatomical structure", "zh": "解剖结构"},
    "Cell": {"en": "cell type", "zh": "细胞"},
    "CellularComponent": {"en": "part of the cell", "zh": "细胞组分"},
    "MacromolecularComplex": {"en": "molecular complex", "zh": "大分子复合物"},
}


@dataclass(slots=True)
class Group:
    """What is said of an entity by one predicate, from one side: facts whose ends all have names.

    ``inverse`` groups are told from their object. ``untold`` counts facts that were left out for
    want of a name. A symmetric predicate has one group, of facts with the entity at either end.
    """

    id: str
    predicate: str
    inverse: bool
    negated: bool
    facts: Sequence[Fact]
    untold: int = 0
    _ends: tuple[str, ...] | None = field(default=None, repr=False, compare=False)

    @property
    def ends(self) -> tuple[str, ...]:
        """The other ends, in the order of the facts, each once."""
        if self._ends is None:
            self._ends = tuple(dict.fromkeys(others(self.facts, self.id)))
        return self._ends

    def among(self, ends: Container[str]) -> Sequence[Fact]:
        """The facts with one of some other ends."""
        if type(self.facts) is Facts:
            return self.facts.among(ends)
        return tuple([fact for fact in self.facts if fact.other(self.id) in ends])


def others(facts: Sequence[Fact], id: str) -> list[str]:
    """The ends of facts that aren't ``id``."""
    return facts.others if type(facts) is Facts else [fact.other(id) for fact in facts]


class _Tail(NamedTuple):
    """What stands behind a sentence, the rank of its severity, and whether there are qualifiers."""

    text: str
    rank: int
    qualified: bool


_NO_TAIL = _Tail("", words_of.severity_rank(""), qualified=False)


class _Names(dict[str, str]):
    """Names in one language, by id, looked up once; common nouns in them are written small."""

    def __init__(self, find: Callable[[str], str | None], common: Container[str]) -> None:
        super().__init__()
        self._find, self._common = find, common

    def __missing__(self, id: str) -> str:
        found = tidy(self._find(id) or "")
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
        self._names = _names_of(block, lang, context.common)
        self.name: Callable[[str], str] = self._names.__getitem__
        """The name of a concept in the language, or '' where it has none."""
        self._alone: dict[str, bool] = {}
        own = () if isinstance(block, PartBlock) else block.entities
        self._categories = {entity.id: entity.categories for entity in own}
        self._spoken = spoken(block, lang) if isinstance(block, PartBlock) else None
        self._known_tails: dict[str, _Tail] = {}
        self._slots: dict[str, listing.Slot] = {}
        self._options: dict[tuple[str, bool, bool], tuple[str, ...]] = {}

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
        return _once(list(map(self.name, ids)))

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
        return all(self.name(fact.qualifiers[key]) for key in ENDS if key in fact.qualifiers)

    def groups(self, entity: Entity, *, inverse: bool | None = None) -> list[Group]:
        """What is said of an entity, by predicate and side; only groups with a fact to tell.

        ``inverse`` asks for those of one side alone."""
        found: list[Group] = []
        if not self.name(entity.id):
            return found
        if inverse is not True:
            for predicate, facts in entity.said.items():
                both = predicate in entity.of and self.symmetric(predicate)
                every = Facts.together([facts, entity.of[predicate]]) if both else facts
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
            facts, inverse = Facts.together([said, of]), False
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
        if type(facts) is Facts:
            for negated, kept, untold in facts.parted(self.marks, HUB):
                found.append(Group(id, predicate, inverse, negated, kept, untold))
            return
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

    def marks(self, side: Side) -> bytes:
        """1 for each fact of a side that is :meth:`tellable`, else 0."""
        return self._speaker(side).told(side)

    def marks_of(self, side: Side, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether some facts of a side, ascending, are :meth:`tellable`."""
        return self._speaker(side).tellable(side, places)

    def _speaker(self, side: Side) -> Spoken:
        if self._spoken is not None and side.block is self.block:
            return self._spoken
        return spoken(side.block, self.lang)

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
        facts = group.facts if facts is None else facts
        names = self._called(facts, group.id)
        if type(facts) is Facts and not facts.qualified:
            return [self._grouped(group, names, wording, "")]
        told = []
        for tail, places in self._by_tail(others(facts, group.id), self._tails(facts)).items():
            if type(facts) is not Facts and facts[places[0]].value is not None:
                mine = cast("list[Statement]", [facts[place] for place in places])
                told.append(self.say.grouped(mine, self.name, lang=self.lang, wording=wording))
            else:
                told.append(self._grouped(group, [names[at] for at in places], wording, tail))
        return told

    def shared(self, one: Group, other: Group, ends: set[str]) -> list[str]:
        """What two groups of a predicate share, as sentences about both; about each in turn where
        their qualifiers differ."""
        facts = one.among(ends), other.among(ends)
        mine, its = others(facts[0], one.id), others(facts[1], other.id)
        ours, theirs = (
            {tail: [found[at] for at in places]
             for tail, places in self._by_tail(found, self._tails(some)).items()}
            for some, found in zip(facts, (mine, its), strict=True)
        )  # fmt: skip
        told = {tail: set(found) for tail, found in ours.items()}
        if told != {tail: set(found) for tail, found in theirs.items()}:
            return [*self.sentences(one, facts[0]), *self.sentences(other, facts[1])]
        name = self.name(other.id)
        return [
            self._grouped(one, list(map(self.name, found)), 0, tail, among=name)
            for tail, found in ours.items()
        ]

    def _called(self, facts: Sequence[Fact], id: str) -> list[str]:
        """The names of the ends of facts that aren't ``id``."""
        if type(facts) is not Facts or self._names is not self._spoken:
            return list(map(self.name, others(facts, id)))
        return facts.column(self._other_names)

    def _other_names(self, side: Side) -> list[str]:
        """The name of each other end of a side's facts."""
        return self._speaker(side).others(side)

    def _tails(self, facts: Sequence[Fact]) -> list[_Tail]:
        """What stands behind the sentences of facts, with the rank of its severity."""
        if type(facts) is not Facts:
            return [self._tail(fact.qualifiers) for fact in facts]
        found = []
        for text in facts.said:
            tail = self._known_tails.get(text)
            if tail is None:
                tail = self._known_tails[text] = self._tail(parsed(text) if text else {})
            found.append(tail)
        return found

    def _tail(self, said: Mapping[str, str]) -> _Tail:
        if not said:
            return _NO_TAIL
        tail = words_of.tail(said, self.name, lang=self.lang)
        return _Tail(tail, words_of.severity_rank(said.get("severity", "")), qualified=True)

    def _by_tail(self, ends: Sequence[str], tails: Sequence[_Tail]) -> dict[str, Sequence[int]]:
        """The places of facts by what stands behind their sentence, in the order in which they are
        told. ``ends`` are their other ends."""
        by_tail: dict[str, list[int]] = {}
        for place, tail in enumerate(tails):
            by_tail.setdefault(tail.text, []).append(place)
        if "" in by_tail and len(by_tail) > 1:
            qualified = {end for end, tail in zip(ends, tails, strict=True) if tail.qualified}
            rest = [place for place in by_tail.pop("") if ends[place] not in qualified]
            if rest:
                by_tail[""] = rest
        ordered = sorted(by_tail, key=lambda text: (tails[by_tail[text][0]].rank, not text, text))
        return {text: by_tail[text] for text in ordered}

    def _grouped(
        self, group: Group, called: list[str], wording: int, tail: str, *, among: str = ""
    ) -> str:
        lang = self.lang
        names, own = _once(called), self._slot(self.name(group.id))
        several = len(names) > 1
        if among:
            own = listing.Slot(lists.join(lang, [own.text, among]), "list")
        if several:
            other = listing.Slot(lists.join(lang, names, denied=group.negated), "list")
        else:
            other = self._slot(names[0])
        subject, object = (other, own) if group.inverse else (own, other)
        listed = several or bool(among)
        texts = self._wordings(group.predicate, inverse=group.inverse, listed=listed)
        return listing.written(
            texts[wording % len(texts)], lang, subject, object, tail=tail, negated=group.negated
        )

    def _slot(self, name: str) -> listing.Slot:
        """A single name."""
        found = self._slots.get(name)
        if found is None:
            found = self._slots[name] = listing.slot(name, self.lang)
        return found

    def _wordings(self, predicate: str, *, inverse: bool, listed: bool) -> tuple[str, ...]:
        """The wordings of a predicate, told from one side of one or several."""
        key = (predicate, inverse, listed)
        found = self._options.get(key)
        if found is None:
            from_object = inverse and predicate not in listing.FORWARD
            found = listing.options(
                self.registry, predicate, self.lang, inverse=from_object, listed=listed
            )
            if inverse and not from_object:  # "A and B have the role X", not "the roles of A and B"
                found = listing.led(found)
            self._options[key] = found
        return found

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


def _names_of(block: Block, lang: Language, common: Container[str]) -> dict[str, str]:
    """Names of a block in a language, '' where there is none, with ``common`` nouns small."""
    if lang != "en":
        common = ()
    if not isinstance(block, PartBlock):
        return _Names(lambda concept: block.name(concept, lang), common)
    known = spoken(block, lang)
    return _Names(known.__getitem__, common) if common else known


def number(seed: int, *key: str) -> int:
    """A number of 64 bits that depends on a seed and a key alone."""
    text = "\x1f".join((str(seed), *key))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def chunks(entities: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Entities, some at a time."""
    every = iter(entities)
    while some := list(islice(every, size)):
        yield some


def _once(names: list[str]) -> list[str]:
    """Names in their order, those once that differ in case or an s alone."""
    if len(names) < 2:
        return names
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name.casefold().removesuffix("s"), name)
    return [found[key] for key in sorted(found)]
