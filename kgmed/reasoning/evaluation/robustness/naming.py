"""Other names for what a text names, where they mean the same and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Literal

from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.link import Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import is_cjk, key
from kgmed.kg.model import Language, Name
from kgmed.kg.store.base import GraphStore

Naming = Literal["synonym", "brand", "language"]
SURE = 0.9
"""Score of a link that is taken for certain."""
LIKELY = 0.82
"""How likely a Latin mention must be one: "Cold storage" names no common cold."""
LONGEST = 60
_KINDS: dict[Naming, tuple[str, ...]] = {
    "synonym": ("preferred", "synonym"),
    "brand": ("brand",),
    "language": ("preferred", "synonym"),
}
OWN = "infores:kgmed"
"""The source of names that the project wrote by hand."""
_MEASURED = re.compile(
    r"\b(?:free|elevated|reduced|(?:de|in)creased|low|high|serum|plasma|blood|urine|urinary"
    r"|endogenous|exogenous|levels?|concentrations?|deficien\w+|excess|secret\w+|synthesis"
    r"|metabolism|hormones?|[mµμn]?g/[dm]?L|m?mol/L|mEq/L|m?I?U/m?L)\b"
    r"|升高|降低|血清|血浆|血液|尿|水平|缺乏|分泌|合成|激素",
    re.IGNORECASE,
)
"""Words that tell that a substance of the body is meant, and no medicine."""
NEARBY = 24
"""Characters on either side of a mention that are looked at for them."""
_ODD = re.compile(r"[^\w\s'’-]|\d")
"""Marks and digits: of inverted names ("ulcer, gastric"), of types and of doses."""


class Namer:
    """Gives the concepts of texts other names, from one graph.

    A mention is renamed where it is sure which concept it names, and the new name, read alone, is
    sure to name that concept. Both must be good names of it: preferred by a source, given by two
    or more, or written by hand; sources list loose synonyms ("carcinoma" of cancer) beside strict
    ones. What was found of a concept is remembered.
    """

    def __init__(self, store: GraphStore) -> None:
        self._lexicon = store.lexicon
        self._linker = Linker(store)
        self._names: dict[tuple[str, Naming, Language], tuple[Name, ...]] = {}
        self._good: dict[str, frozenset[str]] = {}

    def concepts(self, texts: Collection[str]) -> frozenset[str]:
        """The concepts that texts name, those that they may as well mean too."""
        links = [link for text in texts for link in self._linker.text(text, flags=False)]
        others = [other.id for link in links for other in link.alternatives]
        return frozenset([*(link.id for link in links), *others])

    def renamed(
        self,
        texts: Sequence[str],
        how: Naming,
        chance: Random,
        *,
        but: Collection[str] = (),
        never: Collection[str] = (),
    ) -> list[str]:
        """The texts with other names, the same one wherever a concept is named; as they were where
        there are none.

        Concepts of ``but`` keep their names; no new name stands in a text of ``never``, or holds
        one. In its new place, too, a name is read as the concept that it is of.
        """
        chosen: dict[str, Name | None] = dict.fromkeys(but)
        links = []
        for text in texts:
            mine = [link for link in self._linker.text(text) if self._may_change(link, text)]
            for link in mine:
                if link.id not in chosen:
                    lang = detect_language(text)
                    chosen[link.id] = self._other(link, how, lang, chance, never)
            links.append(mine)
        while True:
            made = [_replaced(text, mine, chosen) for text, mine in zip(texts, links, strict=True)]
            misread = {id for text, places in made for id in self._misread(text, places)}
            if not misread:
                return [text for text, _places in made]
            chosen.update(dict.fromkeys(misread))

    def _misread(self, text: str, places: Sequence[tuple[int, int, str]]) -> list[str]:
        """The concepts whose names are read as something else in their new places."""
        if not places:
            return []
        read = {(link.start, link.end): link.id for link in self._linker.text(text)}
        return [id for start, end, id in places if read.get((start, end)) != id]

    def _may_change(self, link: Link, text: str) -> bool:
        if not _is_sure(link, text) or key(link.text) not in self._good_names(link.id):
            return False
        return not _MEASURED.search(text[max(0, link.start - NEARBY) : link.end + NEARBY])

    def _good_names(self, id: str) -> frozenset[str]:
        """The names of a concept that mean it and nothing near it, normalised."""
        if id not in self._good:
            given: dict[str, list[Name]] = {}
            for name in self._lexicon.names([id])[0]:
                given.setdefault(key(name.text), []).append(name)
            self._good[id] = frozenset(
                norm
                for norm, names in given.items()
                if len({name.source for name in names}) > 1
                or any(name.kind == "preferred" or name.source == OWN for name in names)
            )
        return self._good[id]

    def _other(
        self, link: Link, how: Naming, lang: Language, chance: Random, never: Collection[str]
    ) -> Name | None:
        wanted: Language = lang if how != "language" else "en" if lang == "zh" else "zh"
        asked = (link.id, how, wanted)
        if asked not in self._names:
            self._names[asked] = self._fit(link.id, how, wanted)
        shown = [text.casefold() for text in never]
        names = [
            name
            for name in self._names[asked]
            if _differs(name.text, link.text)
            and not any(name.text.casefold() in t or t in name.text.casefold() for t in shown)
        ]
        if how == "language":
            names = names[:1]
        return chance.choice(names) if names else None

    def _fit(self, id: str, how: Naming, lang: Language) -> tuple[Name, ...]:
        """The names of a concept that fit a change, preferred first, each once."""
        found: dict[str, Name] = {}
        good = self._good_names(id)
        for name in self._lexicon.names([id])[0]:
            if name.language != lang or name.kind not in _KINDS[how]:
                continue
            if (how == "brand" or key(name.text) in good) and self._means(name.text, id):
                found.setdefault(key(name.text), name)
        return tuple(sorted(found.values(), key=lambda name: name.kind != "preferred"))

    def _means(self, text: str, id: str) -> bool:
        """Whether a name, read alone, is sure to name a concept."""
        if len(text) > LONGEST or _ODD.search(text) or text.isupper():
            return False
        links = self._linker.text(text, flags=False)
        return len(links) == 1 and links[0].id == id and _is_sure(links[0], text) and (
            links[0].text == text
        )  # fmt: skip


def _replaced(
    text: str, links: Sequence[Link], chosen: Mapping[str, Name | None]
) -> tuple[str, list[tuple[int, int, str]]]:
    """A text with the chosen names, and (start, end, concept) of each."""
    made, past = "", 0
    places = []
    for link in links:
        name = chosen[link.id]
        if name is not None and _differs(name.text, link.text):
            made += text[past : link.start]
            new = _fitted(name, link, text)
            places.append((len(made), len(made) + len(new), link.id))
            made += new
            past = link.end
    return made + text[past:], places


def _is_sure(link: Link, text: str) -> bool:
    """Whether a mention names one concept for certain, whole, and is part of no longer word."""
    before, after = text[link.start - 1 : link.start], text[link.end : link.end + 1]
    alone = is_cjk(link.text[0]) or not any(c.isalnum() or c in "-/" for c in (before, after) if c)
    return (
        alone
        and not link.text.isupper()  # an abbreviation has several meanings
        and (link.mention >= LIKELY or is_cjk(link.text[0]))
        and bool(link.id)
        and link.score >= SURE
        and link.why.startswith("exact")
        and not link.alternatives
        and not link.note
    )


def _differs(name: str, old: str) -> bool:
    """Whether a name is more than another inflection or order of the words of another, and neither
    holds the other."""
    mine, theirs = (key(text).replace(" ", "") for text in (name, old))
    stems = [sorted(word.rstrip("s") for word in key(text).split()) for text in (name, old)]
    return stems[0] != stems[1] and mine not in theirs and theirs not in mine


def _fitted(name: Name, link: Link, text: str) -> str:
    """A name as it is written in the place of a mention."""
    new = name.text
    if not new[0].isascii() or name.kind == "brand":
        return new
    plain = new[0].lower() + new[1:] if new[1:].islower() else new
    opens = not text[: link.start].rstrip() or text[: link.start].rstrip()[-1] in ".?!:"
    return plain[0].upper() + plain[1:] if opens and link.text[0].isupper() else plain
