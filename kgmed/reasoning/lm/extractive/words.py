"""Words compared as an extractive answer needs it: English stems, Chinese pairs of characters."""

from __future__ import annotations

import re
from functools import lru_cache

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ors", "or", "ions", "ion", "ed",
            "es", "s", "e")  # fmt: skip
_LEAST = 4
"""Letters that stay of a word without its ending."""
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "on",
        "in",
        "at",
        "by",
        "to",
        "for",
        "with",
        "from",
        "and",
        "or",
        "not",
        "no",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "do",
        "does",
        "did",
        "can",
        "could",
        "may",
        "might",
        "should",
        "will",
        "would",
        "has",
        "have",
        "had",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "what",
        "which",
        "who",
        "whose",
        "how",
        "why",
        "when",
        "where",
        "there",
        "any",
        "some",
        "all",
        "each",
        "other",
        "others",
        "than",
        "then",
        "as",
        "if",
        "i",
        "you",
        "we",
        "they",
        "my",
        "your",
        "me",
        "us",
        "about",
        "tell",
        "give",
        "list",
        "name",
        "between",
        "into",
        "s",
        "known",
        "say",
        "says",
        "following",
        "one",
        "two",
    ]
)
_STOP_ZH = re.compile(
    r"哪些|什么|哪个|哪种|如何|怎样|怎么|为什么|是否|能否|可否|有没有|会不会|能不能|是不是|可以|请问"
    r"|吗|呢|的|了|和|与|及|或|是|有|在|对|用|能|会|被|一|种|个|以下|哪"
)


def stem(word: str) -> str:
    """A word without its ending.

    >>> [stem(word) for word in ("interacts", "interaction", "treated", "inhibitors", "gout")]
    ['interact', 'interact', 'treat', 'inhibit', 'gout']
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=4096)
def keys(text: str) -> frozenset[str]:
    """What a text is about: stems of its words, pairs of its Chinese characters.

    >>> sorted(keys("Which drugs treat gout?"))
    ['drug', 'gout', 'treat']
    >>> sorted(keys("哪些药物治疗痛风？"))
    ['治疗', '物治', '疗痛', '痛风', '药物']
    """
    found = set()
    folded = text.casefold()
    for word in _WORD.findall(folded):
        latin = "".join(c if not is_cjk(c) else " " for c in word)
        found.update(stem(part) for part in latin.split() if part not in STOP)
    for run in re.findall(r"[\u3400-\u9fff]+", _STOP_ZH.sub(" ", folded)):
        found.update(run[at : at + 2] for at in range(max(1, len(run) - 1)))
    return frozenset(found)


def holds(line: str, name: str) -> bool:
    """Whether a line has a name, as whole words.

    >>> holds("Aspirin treats gout.", "ASPIRIN"), holds("Aspirins", "aspirin")
    (True, False)
    """
    name, line = name.strip().casefold(), line.casefold()
    if not name:
        return False
    at = line.find(name)
    while at >= 0:
        end = at + len(name)
        before, after = line[at - 1 : at], line[end : end + 1]
        if not (_joins(before, name[0]) or _joins(name[-1], after)):
            return True
        at = line.find(name, at + 1)
    return False


def _joins(left: str, right: str) -> bool:
    """Whether two characters stand in one word."""
    if not left or not right or is_cjk(left) or is_cjk(right):
        return False
    return left.isalnum() and right.isalnum()


class Relations:
    """How the predicates are said, to tell whether a line says one."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._below: dict[str, list[str]] = {}
        for name, entry in registry.items():
            self._below.setdefault(entry.parent or "", []).append(name)

    def says(self, line: str, predicate: str, lang: Language) -> bool:
        """Whether a line says a predicate, or one below it."""
        if lang == "zh":
            return any(part in line for part in self._phrases(predicate, lang))
        held = keys(line)
        return any(wanted <= held for wanted in map(keys, self._phrases(predicate, lang)) if wanted)

    @lru_cache(maxsize=512)  # noqa: B019  one of these lives as long as the process
    def _phrases(self, predicate: str, lang: Language) -> tuple[str, ...]:
        found: list[str] = []
        todo = [predicate]
        while todo:
            name = todo.pop()
            todo += self._below.get(name, ())
            entry = self._registry.get(name)
            if entry is None:
                continue
            wording = entry.wording[lang]
            found += [*wording.verbs, *wording.passives]
            for sentence in (*wording.sentence, *wording.inverse_sentence):
                parts = [p.strip(" ，,") for p in re.split(r"\{[so]\}", sentence)]
                if lang == "en":
                    found.append(" ".join(parts))
                else:
                    found += [p for p in parts if len(p) > 1][:1]
        return tuple(dict.fromkeys(filter(None, found)))
