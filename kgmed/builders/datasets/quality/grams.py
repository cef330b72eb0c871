"""Hashes of the words and letters of many texts at once, as arrays.

Texts are compared as :func:`~kgmed.kg.overlap.compared` tells: here
all of a batch stand behind each other in one array, and a run of words or letters has a polynomial
hash modulo 2^64, taken from sums that run over the whole array. Equal runs have equal hashes; what
has equal hashes is compared again by whoever asks.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.linking.traditional import SIMPLIFIED, TRADITIONAL

Hashes = npt.NDArray[np.uint64]
BREAK = "\x00"
_GAP, _LATIN, _OTHER, _CHINESE, _BREAK, _MARK = range(6)
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_WHOLE = 1 << 64


@dataclass(frozen=True, slots=True)
class Grams:
    """The words and letters of texts. ``sums`` run over words, one more than there are words;
    ``letter_sums`` likewise. ``first_word`` and ``first_letter`` say where each text starts, and
    where the last one ends; ``chinese`` which texts have Chinese characters."""

    texts: int
    sums: Hashes
    letter_sums: Hashes
    first_word: npt.NDArray[np.int64]
    first_letter: npt.NDArray[np.int64]
    chinese: npt.NDArray[np.bool_]

    @property
    def words(self) -> npt.NDArray[np.int64]:
        """How many words each text has."""
        return np.diff(self.first_word) - 1

    @property
    def letters(self) -> npt.NDArray[np.int64]:
        """How many letters each text has."""
        return np.diff(self.first_letter) - 1

    def runs(self, size: int, *, of_letters: bool = False) -> Hashes:
        """The hash of each run of so many words or letters. Some reach over the end of a text: they
        hold its break, which no text has."""
        sums = self.letter_sums if of_letters else self.sums
        if len(sums) <= size:
            return np.empty(0, np.uint64)
        return (sums[size:] - sums[:-size]) * powers(len(sums) - size, inverse=True)

    def run(self, at: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> Hashes:
        """The hashes of runs of words by their starts and sizes; those that would end behind the
        last text are cut there."""
        ends = np.minimum(at + sizes, len(self.sums) - 1)
        back = powers(len(self.sums), inverse=True)
        found: Hashes = (self.sums[ends] - self.sums[at]) * back[at]
        return found


def grams(texts: Sequence[str]) -> Grams:
    """The words and letters of some texts.

    >>> g = grams(["Aspirin, 100 mg", "100 MG?"])
    >>> g.words.tolist(), bool(g.runs(2)[1] == g.runs(2)[4])
    ([3, 2], True)
    """
    codes, kinds = _codes(BREAK.join([*texts, ""]).lower())
    at = np.flatnonzero(kinds)
    kind, code = kinds[at], codes[at].astype(np.uint64)
    starts = np.ones(len(at), bool)
    starts[1:] = (kind[1:] != _LATIN) | (kind[:-1] != _LATIN) | (at[1:] - at[:-1] != 1)
    letter_sums = _running(code + np.uint64(1))
    first = np.flatnonzero(starts)
    ends = np.append(first[1:], len(at))
    words = (letter_sums[ends] - letter_sums[first]) * powers(len(at) + 1, inverse=True)[first]
    words ^= words >> np.uint64(29)
    words *= _MIX
    breaks = kind == _BREAK
    letter_ends = np.flatnonzero(breaks)
    word_ends = np.flatnonzero(breaks[first])
    chinese = np.zeros(len(texts), bool)
    chinese[np.unique(np.searchsorted(letter_ends, np.flatnonzero(kind == _CHINESE)))] = True
    return Grams(
        len(texts), _running(words), letter_sums, _firsts(word_ends), _firsts(letter_ends), chinese
    )


def _firsts(ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], ends + 1])


def _running(values: Hashes) -> Hashes:
    """Sums of values times the powers of their places, from 0 on."""
    sums = np.zeros(len(values) + 1, np.uint64)
    np.cumsum(values * powers(len(values)), out=sums[1:])
    return sums


_POWERS: dict[bool, Hashes] = {}


def powers(count: int, *, inverse: bool = False) -> Hashes:
    """The first powers of the hash's base, or of what takes it back, modulo 2^64."""
    found = _POWERS.get(inverse)
    if found is None or len(found) < count:
        base = pow(_BASE, -1, _WHOLE) if inverse else _BASE
        size = max(1 << 12, 1 << max(0, count - 1).bit_length())
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        found = _POWERS[inverse] = np.cumprod(factors, dtype=np.uint64)
    return found[:count]


def _codes(text: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """The characters of a text and their kinds: without accents, the Chinese ones simplified."""
    if text.isascii():
        codes: npt.NDArray[Any] = np.frombuffer(text.encode("ascii"), np.uint8)
        return codes, _ascii_kinds()[codes]
    plain = unicodedata.normalize("NFKD", text)
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds()[codes]
    marks = kinds == _MARK
    if marks.any():
        codes, kinds = codes[~marks], kinds[~marks]
    return _simplified()[codes], kinds


@cache
def _ascii_kinds() -> npt.NDArray[np.uint8]:
    return _table(128)


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    return _table(sys.maxunicode + 1)


def _table(size: int) -> npt.NDArray[np.uint8]:
    """The kind of each character."""
    kinds = np.zeros(size, np.uint8)
    for found in re.finditer(r"[^\W_]", "".join(map(chr, range(size)))):
        c = found[0]
        latin = c.isascii() and not c.isupper()
        kinds[ord(c)] = _LATIN if latin else _CHINESE if is_cjk(c) else _OTHER
    for code in range(128, size):
        if unicodedata.combining(chr(code)):
            kinds[code] = _MARK
    kinds[0] = _BREAK
    return kinds


@cache
def _simplified() -> npt.NDArray[np.uint32]:
    """The simplified form of each character, by its number."""
    forms = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for old, new in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        forms[ord(old)] = ord(new)
    return forms
