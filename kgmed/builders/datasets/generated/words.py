"""Words beyond what was read: those of a text that no claim and no name accounts for.

What takes claims from a text by rules reads over the rest of a sentence: "warfarin rarely interacts
with X", "... and is safe in pregnancy". So a text that a model wrote may only have words that are
accounted for: names, the wordings of the predicates that it claims, the words of what it was made
from, and words that say nothing of medicine (``plain_words.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from kgmed.builders.datasets.generated.asking import LANGUAGES
from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.model import Language
from kgmed.kg.predicates import Predicate, Registry

NEGATIONS_EN = frozenset(
    ["not", "no", "never", "none", "nor", "neither", "without", "cannot", "nothing"]
)
NEGATIONS_ZH = ("不", "未", "没", "没有", "无", "并不", "并无", "不会", "不能", "不可")
LONGEST = 16
"""Characters of the longest phrase of Chinese that is known as a whole."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_JOINS = re.compile(r"\bas well(?: as)?\b|\bon the other hand\b", re.IGNORECASE)
"""Words that join where they stand together: "well" by itself says how."""
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_FULL_WIDTH = str.maketrans("（）：，", "():,")
_SLOT = re.compile(r"\{[^}]*\}|\[[^\]]*\]")
_ENDINGS = ("ations", "ation", "ings", "ing", "ers", "ied", "ies", "ed", "es", "er", "s", "e", "y")


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A text with blanks in the place of some stretches.

    >>> blanked("Warfarin treats gout.", [(0, 8), (16, 20)])
    '         treats     .'
    """
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def stem(word: str) -> str:
    """An English word without its ending, so that "treats" and "treating" are one.

    >>> stem("treats"), stem("treating"), stem("interacts") == stem("interaction")
    ('treat', 'treat', False)
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def english(text: str) -> list[str]:
    """The words of a text in letters, small; Chinese characters are none."""
    found = []
    for match in _WORD.finditer(text.replace("’", "'").casefold()):
        word = match.group().removesuffix("'s")
        if not is_cjk(word[0]) and not word[0].isdigit():
            found.append(word)
    return found


def chinese(text: str) -> list[str]:
    """The runs of Chinese characters of a text."""
    found, run = [], ""
    for character in text:
        if is_cjk(character):
            run += character
        elif run:
            found.append(run)
            run = ""
    return [*found, run] if run else found


def numbers(text: str) -> Counter[str]:
    """The numbers of a text, by how often it has them."""
    return Counter(match.group() for match in _NUMBER.finditer(text))


class Vocabulary:
    """The words that may stand in a text besides its names.

    ``before`` are the texts that it is made from, their names blanked out; ``predicates`` those
    whose wordings it may use. What stands in brackets may stand there again, and nowhere else: a
    "critical" of one interaction says nothing of another. With ``freely`` any
    words may, but those that change what is said.
    """

    def __init__(
        self,
        before: Sequence[str],
        predicates: Iterable[Predicate],
        *,
        question: bool = False,
        freely: bool = False,
    ) -> None:
        own = [part for entry in predicates for lang in LANGUAGES for part in _wording(
            entry, lang)]  # fmt: skip
        self._brackets = {_squeezed(found) for text in before for found in _BRACKETS.findall(text)}
        before = [_BRACKETS.sub(" ", text) for text in before]
        known = [*before, *own]
        self._numbers = {number for text in before for number in numbers(text)}
        self._freely = freely
        said = {word for text in own for word in english(text)} - _set("en_kept")
        said.update(word for text in before for word in english(text))
        self._english = {stem(word) for word in (*said, *_listed("en"))}
        self._chinese = {run for text in known for run in chinese(text)} | set(_listed("zh"))
        for text in before:
            for run in chinese(text):
                self._chinese |= _pieces(run)
        if question:
            self._english |= {stem(word) for word in _listed("en_questions")}
            self._chinese |= set(_listed("zh_questions"))
        self._own_negations = {w for text in own for w in english(text) if w in NEGATIONS_EN}

    def beyond(self, text: str, *, denied: bool = False) -> str:
        """The first word or number of a text, its names blanked out, that nothing accounts for; ""
        where there is none. ``denied`` says that a claim of it is a denial: it needs a "not"."""
        text = _JOINS.sub(" ", _BRACKETS.sub(self._bracket, text))
        new = numbers(text).keys() - self._numbers
        if new:
            return min(new)
        if self._freely:
            return self._changing(text, denied=denied)
        for word in english(text):
            if word in NEGATIONS_EN or word.endswith("n't"):
                if not denied and word not in self._own_negations:
                    return word
            elif stem(word) not in self._english:
                return word
        known = self._chinese | set(NEGATIONS_ZH) if denied else self._chinese
        return next((run for run in chinese(text) if not _made_of(run, known)), "")

    def _bracket(self, found: re.Match[str]) -> str:
        return " " if _squeezed(found.group()) in self._brackets else found.group()

    def _changing(self, text: str, *, denied: bool) -> str:
        for word in english(text):
            negates = word in NEGATIONS_EN or word.endswith("n't")
            allowed = denied or word in self._own_negations if negates else False
            known = stem(word) in self._english and not negates
            if not allowed and not known and (negates or word in _set("en_changing")):
                return word
        for run in chinese(text):
            for word in _listed("zh_changing"):
                if word in run and not _made_of(run, self._chinese):
                    if denied and word in NEGATIONS_ZH:
                        continue
                    return word
        return ""


def kept(text: str, lang: Language) -> Counter[str]:
    """The words of a text, its names blanked out, that decide what it says, by how often."""
    if lang == "en":
        wanted = _set("en_kept")
        return Counter(word for word in english(text) if word in wanted)
    return Counter({word: text.count(word) for word in _listed("zh_kept") if word in text})


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split()).translate(_FULL_WIDTH)


def _made_of(run: str, known: set[str]) -> bool:
    """Whether characters can be parted into known phrases."""
    ends = [True] + [False] * len(run)
    for end in range(1, len(run) + 1):
        ends[end] = any(
            ends[start] and run[start:end] in known for start in range(max(0, end - LONGEST), end)
        )
    return ends[-1]


def _pieces(run: str) -> set[str]:
    """All stretches of two to eight characters."""
    return {run[at : at + n] for n in range(2, 9) for at in range(len(run) - n + 1)}


def _wording(entry: Predicate, lang: Language) -> Iterable[str]:
    said = entry.wording[lang]
    told = (said.sentence, said.inverse_sentence, said.nouns, said.noun, said.inverse_nouns,
            said.inverse_noun, said.verbs, said.passives, said.frames, said.cues)  # fmt: skip
    for texts in told:
        for text in texts:
            yield _SLOT.sub(" ", text.replace("…", " ").replace("...", " "))


def entries(registry: Registry, names: Iterable[str]) -> list[Predicate]:
    """The predicates of some names that the registry holds."""
    found = (registry.get(name) for name in dict.fromkeys(names))
    return [entry for entry in found if entry is not None]


@cache
def _lists() -> Mapping[str, tuple[str, ...]]:
    text = (
        files("kgmed.builders.datasets.generated").joinpath("plain_words.toml").read_text("utf-8")
    )
    return {
        name: tuple(dict.fromkeys(words.split())) for name, words in tomllib.loads(text).items()
    }


def _listed(name: str) -> tuple[str, ...]:
    return _lists()[name]


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(_listed(name))
