"""Which relations a model may choose from for a text, and what it means by the one that it names.

Both are read from the registry: its names, inverses, domains and ranges, and its wordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

from kgmed.kg.categories import is_a
from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language
from kgmed.kg.predicates import LANGUAGES, Predicate, Registry, fill
from kgmed.reasoning.claims.extract.cues import NEGATIVE, EnglishCues
from kgmed.reasoning.claims.extract.patterns_zh import plain
from kgmed.reasoning.question.text import fold_word

MOST_RELATIONS = 64
"""Relations that a model is shown for one text."""
_ALWAYS = frozenset({"subclass_of", "part_of", "causes", "affects", "associated_with"})
"""What any two things may stand in, without a word that would show it."""
_ANYTHING = ("NamedThing",)
_AROUND_ZH = re.compile(r"^[与和跟同对]|[….]")


class Meant(NamedTuple):
    """A predicate of the registry; ``is_swapped`` says that what was named as its subject is its
    object, ``is_denied`` that the words themselves deny it ("does not treat")."""

    predicate: str
    is_swapped: bool = False
    is_denied: bool = False


class Relations:
    """The relations of one registry, those that take a value left out."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._entries = {n: entry for n, entry in registry.items() if not entry.takes_value}
        self._inverses = {entry.inverse: name for name, entry in self._entries.items()}
        self._cues = EnglishCues(registry)
        self._worded: dict[str, Meant] = {}
        for name, entry in self._entries.items():
            for lang in LANGUAGES:
                wording = entry.wording[lang]
                listed = (*wording.nouns, *wording.noun, *wording.inverse_nouns,
                          *wording.inverse_noun)  # fmt: skip
                for text in (*wording.verbs, *listed):
                    self._worded.setdefault(text.casefold(), Meant(name))
                for text in wording.passives:
                    self._worded.setdefault(text.casefold(), Meant(name, is_swapped=True))

    def relevant(self, text: str, categories: Iterable[str]) -> list[str]:
        """The predicates that a text may be about: a cue word of theirs stands in it, or things of
        ``categories``, which it names, may stand in them; in the registry's order."""
        folded = text.casefold()
        pairs = list(product(sorted(set(categories)), repeat=2))
        cued = {name for name, entry in self._entries.items() if _has_cue(entry, folded)}
        fitting = [n for n, entry in self._entries.items() if any(_fits(entry, *p) for p in pairs)]
        chosen = list(dict.fromkeys([*sorted(_ALWAYS), *sorted(cued), *fitting]))[:MOST_RELATIONS]
        return [name for name in self._entries if name in chosen]

    def described(self, names: Sequence[str], lang: Language) -> str:
        """A line for each predicate: its name, and how it is said of S and O."""
        lines = []
        for name in names:
            sentence = self._entries[name].wording[lang].sentence[0]
            lines.append(f"{name}: {fill(sentence, s='S', o='O')}")
        return "\n".join(lines)

    def meant(self, said: str) -> Meant | None:
        """What a model means: a name, an inverse's, Biolink's, or a wording; None where nothing is
        found or several are.

        >>> from kgmed.kg.predicates import registry
        >>> relations = Relations(registry())
        >>> relations.meant("biolink:treats"), relations.meant("is not treated with")
        (Meant(predicate='treats', is_swapped=False, is_denied=False), \
Meant(predicate='treats', is_swapped=True, is_denied=True))
        >>> relations.meant("抑制")[0], relations.meant("is a symptom of")[:2]
        ('inhibits', ('has_symptom', True))
        """
        text = " ".join(said.casefold().split())
        name = re.sub(r"[\s-]+", "_", text.removeprefix("biolink:"))
        if name in self._entries:
            return Meant(name)
        if name in self._inverses:
            return Meant(self._inverses[name], is_swapped=True)
        label = self._registry.from_label("biolink", f"biolink:{name}")
        if label is not None and label[0].name in self._entries:
            return Meant(label[0].name, is_swapped=label[1])
        return self._worded.get(text) or self._in_english(text) or self._in_chinese(text)

    def _in_english(self, text: str) -> Meant | None:
        words = [
            fold_word(word) for word in re.findall(r"[a-z']+|n't", text.replace("n't", " n't"))
        ]
        found = self._cues.verbs(words) or self._cues.nouns(words)
        meant = {(match.cue.predicate, match.cue.side == "o") for match in found}
        if len(meant) != 1:
            return None
        predicate, is_swapped = meant.pop()
        return Meant(predicate, is_swapped, not NEGATIVE.isdisjoint(words))

    def _in_chinese(self, text: str) -> Meant | None:
        bare, is_denied = plain(_AROUND_ZH.sub("", text))
        found = self._worded.get(bare)
        return None if found is None else found._replace(is_denied=is_denied)

    def is_backwards(self, predicate: str, subject: Link, object: Link) -> bool:
        """Whether two things fit a relation only the other way round.

        A model that mixed up subject and object must not get a true text refuted for it.
        """
        entry, one, other = self._entries[predicate], subject.category, object.category
        return _fits(entry, other, one) and not _fits(entry, one, other)


def _has_cue(entry: Predicate, folded: str) -> bool:
    return any(cue.casefold() in folded for lang in LANGUAGES for cue in entry.wording[lang].cues)


def _fits(entry: Predicate, subject: str, object: str) -> bool:
    """Whether a relation joins such things in particular, not anything with anything."""
    if entry.domain == entry.range == _ANYTHING:
        return False
    return any(is_a(subject, kind) for kind in entry.domain) and any(
        is_a(object, kind) for kind in entry.range
    )
