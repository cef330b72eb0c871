"""The registry's wordings as cues: which words join a subject to an object, and which way round.

A cue has a side: ``"s"`` where the subject stands left of it ("treats", "is an inhibitor of"),
``"o"`` where the object does ("is treated with", "is a symptom of"). Nouns make relational phrases
("inhibitors of PTGS2", "PTGS2 inhibitors"), whose side says what the phrase stands for: ``"s"``
names subjects (inhibitors), ``"o"`` objects (symptoms).
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from kgmed.kg.categories import is_a
from kgmed.kg.verbalize.english import Number, inflect
from kgmed.reasoning.claims.extract.sets import phrase_set, word_set
from kgmed.reasoning.question.text import fold_word

if TYPE_CHECKING:
    from kgmed.kg.predicates import Registry

Side = Literal["s", "o"]
_NUMBERS: tuple[Number, ...] = ("one", "many", "list")

_BE = frozenset({"is", "are", "was", "were", "be", "been", "being"})
_ARTICLES = frozenset({"a", "an", "the"})
_PREPOSITIONS = frozenset({"with", "to", "by", "for", "in", "of", "against", "from", "on", "at"})
_NOUN_PREPOSITIONS = ("of", "for", "to", "in", "with", "against", "between", "among", "at")
_MODALS = frozenset({"can", "may"})
_SKIP = word_set(
    "also not mainly primarily commonly often only still chiefly mostly widely sometimes "
    "usually routinely effectively n't directly strongly potently weakly selectively "
    "successfully a an the no both either never just frequently currently mostly solely "
    "typically"
)
"""Words that may stand inside a cue: "is used mainly to treat"."""
NEGATIVE = frozenset({"not", "n't", "never", "cannot", "neither", "nor", "no", "without"})
_TOO_LOOSE = phrase_set(
    "includes|include|including|such as|is a|is an|is one of the|use|uses|drug|drugs|"
    "medicine|result|results|reason|reasons|part|form|forms|class|classes|sign|type|"
    "types|kind|kinds|product|products|process|processes|organism|organisms|location|"
    "locations|test|tests|gene|genes|risk|risks|source|sources|function|functions|member|"
    "members|association|associations|relation|parents|parent|open|lower|lie|express|"
    "tissue|tissues|output|outputs|disease|diseases|condition|conditions|disorder|"
    "disorders|action|note|control|is where|medications|medication|meds|danger|dangers|"
    "subject|example|examples|effects|effect|scale|work by|works by"
)
"""Wordings that answer questions and mean too many things in a text to be a cue by themselves."""


_REMEDIES = frozenset({"drug", "drugs", "medicine", "medicines", "medication", "medications"})


class Frame(NamedTuple):
    """A clause of the registry: the words around and between its two ends."""

    before: list[str]
    behind: list[str]
    predicate: str
    forward: bool


class Cue(NamedTuple):
    """What a wording says: its predicate, the side, and what word class it is.

    ``kind`` is "verb", "participle" (nothing finite: "treating", "caused by"), "noun" or, of a
    symmetric predicate, "mutual" ("A and B interact").
    """

    predicate: str
    side: Side
    kind: str
    symmetric: bool = False


class Match(NamedTuple):
    """A cue found in words: from ``first`` to before ``past``, and whether a negation is inside."""

    cue: Cue
    first: int
    past: int
    negated: bool


class _Node:
    __slots__ = ("after", "cue")

    def __init__(self) -> None:
        self.after: dict[str, _Node] = {}
        self.cue: Cue | None = None


class EnglishCues:
    """Finds the cues of a registry in words."""

    def __init__(self, registry: Registry) -> None:
        self._verbs = _Node()
        self._nouns = _Node()
        self._bare = _Node()
        self.frames: dict[str, list[Frame]] = {}
        self._ends = {name: (kind.domain, kind.range) for name, kind in registry.items()}
        for name, predicate in registry.items():
            if predicate.takes_value:
                continue
            wording = predicate.wording["en"]
            for text in wording.verbs:
                self._verb(text, name, "s", symmetric=predicate.symmetric)
            for text in wording.passives:
                self._verb(text, name, "o", symmetric=False)
            nouns = (*wording.nouns, *wording.noun)
            inverse = (*wording.inverse_nouns, *wording.inverse_noun)
            for text in wording.frames:
                self._frame(text, name)
            for text in nouns:
                self._noun(text, name, "o", symmetric=predicate.symmetric)
            for text in inverse:
                self._noun(text, name, "s", symmetric=False)
        for name, predicate in registry.items():
            if not predicate.takes_value:
                wording = predicate.wording["en"]
                for text in (*wording.sentence, *wording.inverse_sentence):
                    self._sentence(text, name, symmetric=predicate.symmetric)

    def _sentence(self, text: str, name: str, *, symmetric: bool) -> None:
        """A wording that kgmed writes itself, of one thing and of several."""
        forms = (inflect(text, {"s": s, "o": o}) for s, o in product(_NUMBERS, _NUMBERS))
        for form in dict.fromkeys((text, *forms)):
            before, first, middle, _, behind = re.split(r"\{([so])\}", form)
            if not before and not behind:
                side: Side = "s" if first == "s" else "o"
                self._verb(middle.strip(), name, side, symmetric=symmetric)
            else:
                self._frame(form, name)

    def _verb(self, text: str, name: str, side: Side, *, symmetric: bool) -> None:
        if text in _TOO_LOOSE:
            return
        words = _words(text)
        finite = words[0] in _BE
        while words and (words[0] in _BE or words[0] in _MODALS):
            words = words[1:]
        words = [word for word in words if word not in _ARTICLES]
        if not words or words in (["of"], ["in"]):
            return
        ing = words[0].endswith("ing") and words[0] != "bring"
        kind = "participle" if ing else "be" if finite else "verb"
        if side == "o" and not finite and words[0].endswith("ed") and words[-1] in {"by", "with"}:
            kind = "be"
        _put(self._verbs, words, Cue(name, side, kind))
        if symmetric and words[-1] == "with" and kind in {"verb", "participle"} and len(words) == 2:
            _put(self._bare, words[:-1], Cue(name, "s", "mutual"))

    def _frame(self, text: str, name: str) -> None:
        parts = re.split(r"\{([so])\}", text)
        if len(parts) == 5 and parts[2].strip() not in {"", "and"}:
            before, first, middle, _, behind = parts
            frame = Frame(_words(before), _words(behind), name, first == "s")
            self.frames.setdefault(" ".join(_words(middle)), []).append(frame)

    def _noun(self, text: str, name: str, side: Side, *, symmetric: bool) -> None:
        words = _words(text)
        if text in _TOO_LOOSE:
            if text in _REMEDIES:
                _put(self._nouns, [*words, "for"], Cue(name, side, "noun"))
            return
        _put(self._bare, words, Cue(name, side, "noun"))
        self._with_preposition(words, Cue(name, side, "noun", symmetric))

    def _with_preposition(self, words: list[str], cue: Cue) -> None:
        for preposition in _NOUN_PREPOSITIONS:
            _put(self._nouns, [*words, preposition], cue)
            _put(self._nouns, [*words, "of", "choice", preposition], cue)

    def takes(self, cue: Cue, category: str) -> bool:
        """Whether what stands right of a cue may be of a category."""
        wanted = self._ends[cue.predicate][cue.side == "s"]
        return bool(category) and any(is_a(category, want) for want in wanted)

    def verbs(self, words: list[str]) -> list[Match]:
        """The verbs in a run of words, left to right, the longest at each place."""
        return _all(self._verbs, words)

    def nouns(self, words: list[str]) -> list[Match]:
        """Nouns with their preposition: "side effects of"."""
        return _all(self._nouns, words)

    def bare(self, words: list[str]) -> Match | None:
        """The noun, or the verb of a mutual relation, that the words begin with."""
        return _longest(self._bare, words, 0)


def _words(text: str) -> list[str]:
    return [fold_word(word) for word in text.lower().replace("-", " ").split()]


def _put(root: _Node, words: list[str], cue: Cue) -> None:
    node = root
    for word in words:
        node = node.after.setdefault(word, _Node())
    if node.cue is None:
        node.cue = cue


def _all(root: _Node, words: list[str]) -> list[Match]:
    found: list[Match] = []
    at = 0
    while at < len(words):
        match = _longest(root, words, at)
        if match is None:
            at += 1
        else:
            found.append(match)
            at = match.past
    return found


def _longest(root: _Node, words: list[str], at: int) -> Match | None:
    node: _Node | None = root
    best: Match | None = None
    negated = False
    skipped = 0
    place = at
    while node is not None and place < len(words):
        word = words[place]
        following = node.after.get(word)
        if following is None:
            if place == at or skipped > 3 or not (word in _SKIP or word.endswith("ly")):
                break
            skipped += 1
            negated = negated or word in NEGATIVE
            place += 1
            continue
        node = following
        place += 1
        if node.cue is not None:
            best = Match(node.cue, at, place, negated)
    return best
