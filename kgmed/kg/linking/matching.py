"""How a name and a span of a text are alike, and the names of a lexicon that match a span."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from kgmed.kg.linking.context_words import context_stems
from kgmed.kg.linking.english import zipf
from kgmed.kg.linking.normalize import is_cjk, key, tokens
from kgmed.kg.linking.score import Hit, matches_case
from kgmed.kg.linking.segment import Windows
from kgmed.kg.linking.stems import FUNCTION_WORDS, name_hash, stem
from kgmed.kg.linking.traditional import simplified
from kgmed.kg.model import Name
from kgmed.kg.store.base import Lexicon

REMEMBERED = 50_000
"""Hashes, spans and words whose names are kept."""
NAMES = 200
"""Names of one hash that are looked at."""
COMMON = 5.0
"""Words this common in English are no word's correction."""

_Known = tuple[str, Name, str, tuple[str, ...]]
"""A concept's id, a name of it, the name's key, and the key's tokens."""


class Matcher:
    """Finds the names that match a span; remembers them between texts, and nothing else."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[int, list[_Known]] = {}
        self._matched: dict[tuple[str, int, bool], list[Hit]] = {}
        self._near: dict[str, list[str]] = {}

    def held(self, windows: Windows) -> list[tuple[int, int, int]]:
        """Those of the windows (first token, token past it, hash) whose hash some name has, or the
        head of one."""
        firsts, pasts, hashes = windows
        places = self._lexicon.held(hashes)
        return [(int(firsts[at]), int(pasts[at]), int(hashes[at])) for at in places]

    def fetch(self, hashes: Iterable[int]) -> None:
        """Fetch the names of hashes that aren't known yet, all at once."""
        missing = list(dict.fromkeys(hash for hash in hashes if hash not in self._known))
        if not missing:
            return
        if len(self._known) + len(missing) > REMEMBERED:
            self._known.clear()
        for hash, hits in zip(missing, self._lexicon.hashed(missing, limit=NAMES), strict=True):
            found = []
            for id, name in hits:
                other = key(name.text)
                found.append((id, name, other, tuple(tokens(other))))
            self._known[hash] = found

    def hits(
        self, hash: int, span: str, wanted: str, words: Sequence[str], *, any_order: bool
    ) -> list[Hit]:
        """The names of a hash that match a span, whose key is ``wanted`` and tokens ``words``."""
        asked = (span, hash, any_order)
        found = self._matched.get(asked)
        if found is None:
            if len(self._matched) >= REMEMBERED:
                self._matched.clear()
            found = self._matched[asked] = [
                Hit(id, name, match, factor=1.0 if match == "exact" else unlike(words, parts))
                for id, name, other, parts in self._names(hash)
                if matches_case(span, name.text)
                and (match := how(wanted, words, other, parts, any_order=any_order))
            ]
        return found

    def _names(self, hash: int) -> list[_Known]:
        if hash not in self._known:
            self.fetch([hash])
        return self._known[hash]

    def whole(self, text: str, *, any_order: bool = False) -> list[Hit]:
        """What a whole text names."""
        wanted = key(text)
        words = tokens(wanted)
        return self.hits(name_hash(words), text, wanted, words, any_order=any_order)

    def wholes(self, texts: Sequence[str]) -> list[list[Hit]]:
        """What each of some whole texts names; most may name nothing."""
        keys = list(map(key, texts))
        words = list(map(tokens, keys))
        hashes = list(map(name_hash, words))
        found: list[list[Hit]] = [[] for _ in texts]
        for at in self._lexicon.held(hashes):
            found[at] = self.hits(hashes[at], texts[at], keys[at], words[at], any_order=False)
        return found

    def alike(self, short: str, long: str) -> list[Hit]:
        """The readings of a short form with a name that shares most words with its long form."""
        hits = self.whole(short)
        words = context_stems(tokens(key(long)))
        ids = list(dict.fromkeys(hit.id for hit in hits))
        alike = {
            id
            for id, names in zip(ids, self._lexicon.names(ids), strict=True)
            if any(
                2 * len(words & context_stems(tokens(key(name.text)))) > len(words)
                for name in names
            )
        }
        return [hit for hit in hits if hit.id in alike]

    def near(self, word: str) -> list[str]:
        """The tokens of names that a misspelt word may be: one edit away, with its first letter."""
        found = self._near.get(word)
        if found is None:
            if len(self._near) >= REMEMBERED:
                self._near.clear()
            found = self._near[word] = [
                near
                for near in self._lexicon.one_edit(word)
                if near[0] == word[0] and zipf(near) < COMMON and stem(near) != stem(word)
            ]
        return found


def how(
    wanted: str, words: Sequence[str], other: str, parts: Sequence[str], *, any_order: bool
) -> str:
    """How a span's key and tokens match a name's of the same hash; "" where they don't.

    >>> how("lung cancers", ["lung", "cancers"], "lung cancer", ["lung", "cancer"], any_order=True)
    'inflection'
    >>> how("cancer of lung", ["cancer", "of", "lung"], "lung cancer", ["lung", "cancer"],
    ...     any_order=True)
    'word order'
    """
    if wanted == other:
        return "exact"
    mine = [word for word in words if word not in FUNCTION_WORDS] or list(words)
    theirs = [word for word in parts if word not in FUNCTION_WORDS] or list(parts)
    if is_cjk(wanted[0]) or is_cjk(other[:1] or " "):
        return "exact" if simplified(wanted) == simplified(other) else ""
    stems = list(map(stem, mine))
    if stems == list(map(stem, theirs)):
        if all(_same_word(a, b) for a, b in zip(mine, theirs, strict=True)):
            return "inflection"
        return "other words"
    if "".join(stems) == "".join(map(stem, theirs)):
        return "spacing"
    if any_order and sorted(stems) == sorted(map(stem, theirs)) and _joins_alike(mine, theirs):
        return "word order"
    return ""


def _joins_alike(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether a span may be a name whose words stand in another order: an article is no "type A",
    and what "and" joins ends with what is common to both.

    >>> _joins_alike(["memory", "and", "learning", "deficit"], [])
    True
    >>> _joins_alike(["1b", "agonist", "and", "1d"], ["1b", "and", "1d", "agonist"])
    False
    """
    if mine[0] == "a" and theirs[:1] != ["a"]:
        return False
    return "and" not in mine or 2 * mine.index("and") < len(mine)


def unlike(words: Sequence[str], parts: Sequence[str]) -> float:
    """What the tokens that a span and a name don't share take from the match, at most 2%.

    >>> unlike(["blockers", "beta"], ["beta", "blocker"])
    0.995
    """
    shared = set(words)
    others = sum(part not in shared and part not in FUNCTION_WORDS for part in parts)
    return 1 - 0.005 * min(others, 4)


@lru_cache(maxsize=1 << 14)
def _same_word(left: str, right: str) -> bool:
    """Whether two tokens of one stem are forms of one word: they begin alike."""
    size = max(3, min(len(left), len(right)) - 3)
    return left[:size] == right[:size] or (
        left.isdigit() == right.isdigit() is False
        and (
            left.replace("ae", "e").replace("oe", "e")[:4]
            == right.replace("ae", "e").replace("oe", "e")[:4]
        )
    )
