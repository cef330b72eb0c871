"""The words that speak for a concept in a text: those of its names and of its neighbours' names."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import pairwise

from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.normalize import CJK_FROM, is_cjk, key, tokens
from kgmed.kg.linking.stems import FUNCTION_WORDS, stem
from kgmed.kg.store.base import GraphStore

NEIGHBOURS = 60
"""Edges of a concept whose other ends speak for it."""
REMEMBERED = 2_000
TOO_COMMON = 5.5
"""Words this common in English (:func:`kgmed.kg.linking.english.zipf`) speak for nothing."""


class Profiles:
    """The stems that speak for concepts, remembered."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._known: dict[str, dict[str, float]] = {}

    def shared(
        self, ids: Sequence[str], context: Set[str], *, without: str
    ) -> list[tuple[float, list[str]]]:
        """For each concept, the weight of the context's stems that speak for it, and these stems,
        weightiest first. The stems of ``without``, the span itself, don't count."""
        self._prepare(ids)
        around = context - _stems(without)
        found = []
        for id in ids:
            profile = self._known[id]
            words = sorted((-profile[word], word) for word in around & profile.keys())
            found.append((-sum(weight for weight, _ in words), [word for _, word in words]))
        return found

    def _prepare(self, ids: Sequence[str]) -> None:
        missing = [id for id in dict.fromkeys(ids) if id not in self._known]
        if not missing:
            return
        if len(self._known) + len(missing) > REMEMBERED:
            self._known.clear()
            missing = list(dict.fromkeys(ids))
        store = self._store
        names = store.lexicon.names(missing)
        edges = store.neighbors(missing, limit=NEIGHBOURS)
        others = [
            list(
                dict.fromkeys(edge.object if edge.subject == id else edge.subject for edge in some)
            )
            for id, some in zip(missing, edges, strict=True)
        ]
        ends = list(dict.fromkeys(other for some in others for other in some))
        known = dict(zip(ends, store.concepts(ends), strict=True))
        for id, own, some in zip(missing, names, others, strict=True):
            profile: dict[str, float] = {}
            for name in own:
                _add(profile, name.text, 1.0)
            for other in some:
                concept = known[other]
                for text in concept.names.values() if concept is not None else ():
                    _add(profile, text, 0.5)
            self._known[id] = profile


def _add(profile: dict[str, float], text: str, most: float) -> None:
    words = tokens(key(text))
    for word, stemmed in zip(words, map(stem, words), strict=True):
        common = zipf(word)
        if word in FUNCTION_WORDS or common >= TOO_COMMON or len(word) < 2:
            continue
        profile[stemmed] = max(profile.get(stemmed, 0.0), most * (1 - common / 10))
    characters = [word for word in words if is_cjk(word[0])]
    for pair in map("".join, pairwise(characters)):
        profile[pair] = max(profile.get(pair, 0.0), most)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(context_stems(tokens(key(text))))


def context_stems(words: Sequence[str]) -> set[str]:
    """What of a text's tokens may speak for a concept: stems of words, pairs of characters."""
    return Around(words).between(0, len(words))


class Around:
    """What of a text's tokens may speak for a concept, at each token: the stem of a word, and the
    pair that a Chinese character makes with the next. Worked out when first asked for."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._stems: list[str] | None = None
        self._pairs: list[str] = []

    def between(self, first: int, past: int) -> set[str]:
        """What stands at the tokens from ``first`` on, before ``past``.

        >>> sorted(Around(["acute", "糖", "尿", "病"]).between(0, 3))
        ['acut', '糖尿']
        """
        if self._stems is None:
            words = self._words
            self._stems = [stem(word) if len(word) > 1 else "" for word in words]
            if any(word > CJK_FROM for word in words):
                characters = [word if is_cjk(word[0]) else "" for word in words]
                self._pairs = [a + b if a and b else "" for a, b in pairwise(characters)]
        found = set(self._stems[first:past])
        if self._pairs:
            found.update(self._pairs[first : past - 1])
        found.discard("")
        return found
