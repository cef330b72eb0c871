"""A text as tokens with offsets, and the windows of them that a name may fill. Pure functions.

Tokens are those of a name's key (:func:`kgmed.kg.linking.normalize.tokens`): words without marks
and possessive, each Chinese character by itself. Offsets count code points of the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import cast

from kgmed.kg.linking.normalize import CJK_FROM, is_cjk, key, tokens
from kgmed.kg.linking.stems import HEAD, MASK, MAX_WORDS, stem, stem_hash, token_hash

MAX_CHARACTERS = 24
"""Tokens of the longest window that begins with a Chinese character."""
LONGEST = 48
"""Tokens of the longest name that a head leads to."""

_ASCII_PIECE = re.compile(r"([A-Za-z0-9]+(?:'[sS]\b)?)")
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)
_PIECE = re.compile(rf"(?:[^\W_][{_MARKS}]*)+(?:['\u2019][sS]\b)?")
_STOP = re.compile(r"[;!?\n\r\t。；！？、，：]|[.:,]\s|\s{3,}|--|[\u2013\u2014]\s|\s[\u2013\u2014]")
_BEFORE_STOP = frozenset(("st", "dr", "vs", "sp", "spp", "ssp", "subsp", "var"))
"""Words that a full stop belongs to ("St. John's wort", "Klebsiella pneumoniae subsp. ozaenae")."""
_SOFT = re.compile(r"[^\s\-\u2010\u2011'\u2019/]")
_COMMA = re.compile(r",\s?")


Windows = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""First token, token past it, and hash of each window. Where the second is 0, the hash is that of
the head of a longer name (:func:`kgmed.kg.linking.stems.head_hash`)."""
MANY = 64
"""Tokens of a text from which on NumPy is worth its import."""


@dataclass(slots=True)
class Tokens:
    """The tokens of a text, column by column.

    ``gaps`` says of what lies before a token: 0 spaces and hyphens, 1 a mark that a name may hold
    ("," or brackets), but then in its own order only, 2 a mark that no name spans. ``joined``
    holds, for a word behind a hyphen, the hash of the two words written as one.
    """

    text: str
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    hashes: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    joined: dict[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    def span(self, first: int, past: int) -> str:
        """The text of some tokens."""
        return self.text[self.starts[first] : self.ends[past - 1]]

    def key(self, first: int, past: int) -> str:
        """The key of the tokens' text."""
        return key(self.span(first, past))

    def around(
        self, at: int, value: int, *, size: int = 1
    ) -> tuple[list[int], list[int], list[int]]:
        """The windows that hold ``size`` tokens from ``at`` on, as if their hash were another."""
        hashes, gaps = self.hashes, self.gaps
        firsts: list[int] = []
        pasts: list[int] = []
        totals: list[int] = []
        left = value
        for first in range(at, max(-1, at - MAX_WORDS), -1):
            if first < at:
                if gaps[first + 1] == 2:
                    break
                left = (left + hashes[first]) & MASK
                if not hashes[first]:
                    continue
            total = left
            for past in range(at + size, min(first + MAX_WORDS, len(hashes)) + 1):
                if past > at + size:
                    if gaps[past - 1] == 2:
                        break
                    total = (total + hashes[past - 1]) & MASK
                    if not hashes[past - 1]:
                        continue
                firsts.append(first)
                pasts.append(past)
                totals.append(total)
        return firsts, pasts, totals

    def windows(self) -> Windows:
        """Every window that a name may fill: first token, token past it, hash of such a name; and
        every place where a longer one may begin.

        None begins or ends with a function word. NumPy's arrays, for a text of some length.
        """
        return self._few() if len(self.hashes) < MANY else self._many()

    def longer(self, heads: Iterable[int]) -> Windows:
        """The windows longer than :data:`MAX_WORDS` that begin at some tokens."""
        hashes, gaps = self.hashes, self.gaps
        firsts: list[int] = []
        pasts: list[int] = []
        totals: list[int] = []
        for first in heads:
            least = first + MAX_WORDS
            total = sum(hashes[first:least])
            for at in range(least, min(first + LONGEST, len(hashes))):
                if gaps[at] == 2:
                    break
                if hashes[at]:
                    total += hashes[at]
                    firsts.append(first)
                    pasts.append(at + 1)
                    totals.append(total & MASK)
        return firsts, pasts, totals

    def others(self) -> Windows:
        """More windows: a function word in capitals ("AS", ankylosing spondylitis), and two words
        with a hyphen between them as one."""
        firsts: list[int] = []
        pasts: list[int] = []
        totals: list[int] = []
        for first, value in enumerate(self.hashes):
            if not value and self.text[self.starts[first] : self.ends[first]].isupper():
                firsts.append(first)
                pasts.append(first + 1)
                totals.append(stem_hash(stem(self.words[first])))
        for at, value in self.joined.items():
            more = self.around(at - 1, value, size=2)
            firsts += more[0]
            pasts += more[1]
            totals += more[2]
        return firsts, pasts, totals

    def _width(self, first: int) -> int:
        return MAX_CHARACTERS if self.words[first] > CJK_FROM else MAX_WORDS

    def _few(self) -> Windows:
        """The windows of tokens as they stand, by the standard library alone."""
        hashes, gaps = self.hashes, self.gaps
        firsts: list[int] = []
        pasts: list[int] = []
        totals: list[int] = []
        for first, value in enumerate(hashes):
            if not value:
                continue
            total = 0
            width = self._width(first)
            past = first + width
            for at in range(first, min(past, len(hashes))):
                if at > first and gaps[at] == 2:
                    break
                if hashes[at]:
                    total = (total + hashes[at]) & MASK
                    firsts.append(first)
                    pasts.append(at + 1)
                    totals.append(total)
            else:
                if width == MAX_WORDS and past < len(hashes) and gaps[past] != 2:
                    firsts.append(first)
                    pasts.append(0)
                    totals.append((total + HEAD) & MASK)
        return firsts, pasts, totals

    def _many(self) -> Windows:
        """The same by NumPy, for a text of some length: in a third of the time."""
        import numpy as np

        count = len(self.hashes)
        hashes = np.array(self.hashes, np.uint64)
        sums, stops = np.zeros(count + 1, np.uint64), np.zeros(count + 1, np.int64)
        np.cumsum(hashes, out=sums[1:])
        np.cumsum(np.array(self.gaps) == 2, out=stops[1:])  # stops before and at each token
        content = np.flatnonzero(hashes)
        heads = content[content < count - MAX_WORDS]
        if self.text.isascii():
            past = content[:, None] + np.arange(1, MAX_WORDS + 1)
            fits = past <= count
        else:
            widths = np.fromiter(map(self._width, content.tolist()), np.int64, len(content))
            past = content[:, None] + np.arange(1, widths.max(initial=0) + 1)
            fits = past <= np.minimum(content + widths, count)[:, None]
            heads = heads[widths[: len(heads)] == MAX_WORDS]
        past = np.minimum(past, count)
        fits &= (hashes[past - 1] != 0) & (stops[past] == stops[content + 1][:, None])
        row, column = np.nonzero(fits)
        first, past = content[row], past[row, column]
        heads = heads[stops[heads + MAX_WORDS + 1] == stops[heads + 1]]
        of_heads = sums[heads + MAX_WORDS] - sums[heads] + np.uint64(HEAD)
        totals = np.concatenate((sums[past] - sums[first], of_heads))
        past = np.concatenate((past, np.zeros_like(heads)))
        return cast("Windows", (np.concatenate((first, heads)), past, totals))


def read(text: str) -> Tokens:
    """The tokens of a text.

    >>> read("Crohn's disease, 2型糖尿病").words
    ['crohn', 'disease', '2', '型', '糖', '尿', '病']
    """
    if text.isascii():
        return _read_ascii(text)
    found = Tokens(text)
    starts, ends, words = found.starts, found.ends, found.words
    hashes, gaps = found.hashes, found.gaps
    before = 0
    for match in _PIECE.finditer(text):
        start = match.start()
        gap = _gap(text[before:start])
        if gap == 2 and words and words[-1] in _BEFORE_STOP and text[before:start] == ". ":
            gap = 0
        hyphen = words and text[before:start] in {"-", "\u2010", "\u2011"}
        for begin, end, word, value in _piece(match.group()):
            if hyphen and words[-1].isalpha() and word.isalpha() and not is_cjk(word[0]):
                found.joined[len(words)] = token_hash(words[-1] + word)
            hyphen = False
            starts.append(start + begin)
            ends.append(start + end)
            words.append(word)
            hashes.append(value)
            gaps.append(gap)
            gap = 0
        before = match.end()
    return found


def _read_ascii(text: str) -> Tokens:
    """The same where each piece is one token."""
    parts = _ASCII_PIECE.split(text)  # gap, piece, gap, piece ... gap
    between, raws = parts[:-1:2], parts[1::2]
    edges = list(accumulate(map(len, parts)))
    known = list(map(_word, raws))
    words, hashes = [word for word, _ in known], [value for _, value in known]
    gaps = list(map(_gap, between))
    found = Tokens(text, edges[0:-1:2], edges[1::2], words, hashes, gaps)
    for at in _places(between, ". "):
        if at and words[at - 1] in _BEFORE_STOP:
            gaps[at] = 0
    for at in _places(between, "-"):
        if at and words[at - 1].isalpha() and words[at].isalpha():
            found.joined[at] = token_hash(words[at - 1] + words[at])
    return found


def _places(items: list[str], item: str) -> Iterator[int]:
    """Where an item stands in a list."""
    at = -1
    for _ in range(items.count(item)):
        at = items.index(item, at + 1)
        yield at


@lru_cache(maxsize=1 << 16)
def _word(raw: str) -> tuple[str, int]:
    """The token, and its hash, of a piece of ASCII letters and digits."""
    (word,) = tokens(key(raw))
    return word, token_hash(word)


@lru_cache(maxsize=4096)
def _gap(between: str) -> int:
    if between in {" ", "", "-"}:
        return 0
    if _STOP.search(between) and not _COMMA.fullmatch(between):
        return 2
    return 1 if _SOFT.search(between) or len(between) > 3 else 0


@lru_cache(maxsize=1 << 16)
def _piece(raw: str) -> tuple[tuple[int, int, str, int], ...]:
    """(start, end, token, hash) of each token of a piece without gaps."""
    if raw.isascii():
        return ((0, len(raw), *_word(raw)),)
    found: list[tuple[int, int, str, int]] = []
    begin = 0
    for at, character in enumerate(raw):
        if is_cjk(character):
            if begin < at:
                found += _plain(raw, begin, at)
            found += _plain(raw, at, at + 1)
            begin = at + 1
    if begin < len(raw):
        found += _plain(raw, begin, len(raw))
    return tuple(found)


def _plain(raw: str, start: int, end: int) -> list[tuple[int, int, str, int]]:
    words = tokens(key(raw[start:end]))
    return [(start, end, word, token_hash(word)) for word in words]
