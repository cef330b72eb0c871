"""A question as tokens with offsets: folded text here, code points of the original there.

A token is a word of letters and digits, one Chinese character, an ending after an apostrophe
(``'s``, ``'t``), or a punctuation mark that separates (``, ; : ? ! . ( ) / & +``). Hyphens, quotes
and other marks aren't tokens: a slot is a slice of the original from its first token to its last,
so what stands inside a name stays in it.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from kgmed.kg.linking.normalize import is_cjk

LIMIT = 2000
"""Code points of a question that are read; the rest is ignored."""

TOKEN_LIMIT = 400

_SEPARATORS = frozenset(",;:?!.()/&+、。؛")
_APOSTROPHES = {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u2032": "'", "`": "'"}
_ABBREVIATIONS = frozenset({"st", "dr", "vs", "no", "e", "g", "i"})
_MERGED = {"contra": frozenset({"indicated", "indication", "indications", "indicate"})}
"""First half -> second halves of cue words that people also write with a hyphen."""

_IZE = ("ise", "ised", "ises", "iser", "ising", "isation", "isations")


class Tokens(NamedTuple):
    """The tokens of one question, in parallel tuples.

    ``words`` are folded for matching; ``starts`` and ``ends`` are offsets into the original
    ``question``; ``capitals`` says that a token was written in capitals throughout.
    """

    question: str
    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    capitals: tuple[bool, ...]


def tokenize(question: str) -> Tokens:
    """Split the first ``LIMIT`` code points of a question.

    >>> tokenize("What’s WARFARIN’s half-life?").words
    ('what', "'s", 'warfarin', "'s", 'half', 'life', '?')
    >>> found = tokenize("ＣＯＸ－２与华法林")
    >>> found.words, found.question[found.starts[1] : found.ends[1]]
    (('cox', '2', '与', '华', '法', '林'), '２')
    """
    question = question[:LIMIT]
    folded, origin = _fold(question)
    length = len(folded)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < length and len(words) < TOKEN_LIMIT:
        character = folded[at]
        stop = at + 1
        if is_cjk(character):
            pass
        elif character.isalnum():
            while stop < length and folded[stop].isalnum() and not is_cjk(folded[stop]):
                stop += 1
        elif character == "'" and _is_ending(folded, at):
            while stop < length and folded[stop].isalpha():
                stop += 1
        elif character not in _SEPARATORS or not _separates(folded, at, words):
            if character in "+%*" and words and origin[at] == ends[-1]:
                ends[-1] = origin[at] + 1  # CD4+, NAD+
            at = stop
            continue
        word = folded[at:stop]
        if word == "'t" and words and len(words[-1]) > 3 and words[-1][-1] == "n":
            words[-1] = words[-1][:-1]  # doesn't -> does, 't; can't -> can, 't
            ends[-1] -= 1
        elif word == "么" and not (words and words[-1] in "什怎那这多要"):
            word = "吗"
        if words and word in _MERGED.get(words[-1], ()):
            words[-1] += word
            ends[-1] = origin[stop - 1] + 1
        else:
            words.append(word)
            starts.append(origin[at])
            ends.append(origin[stop - 1] + 1)
        at = stop
    capitals = tuple(question[start:end].isupper() for start, end in zip(starts, ends, strict=True))
    return Tokens(
        question, tuple(fold_word(w) for w in words), tuple(starts), tuple(ends), capitals
    )


def split(text: str) -> tuple[str, ...]:
    """The tokens of a wording or a frame's literal.

    >>> split("drug-drug interactions"), split("有哪些"), split("2型")
    (('drug', 'drug', 'interactions'), ('有', '哪', '些'), ('2', '型'))
    """
    if not text:
        return ()
    if text.isascii():
        if text.isalpha():
            return (fold_word(text.lower()),)
        if text[0] == "'":
            return (text,)
        if "'" not in text:
            return tuple(map(fold_word, text.lower().replace("-", " ").replace(",", " ").split()))
    else:
        joined = text.replace(" ", "")
        if all(map(is_cjk, joined)):
            return tuple(joined)
    return tokenize(text.replace(" '", "'")).words


def fold_word(word: str) -> str:
    """Write a British spelling the American way, so that cue words match in both.

    Names are folded too, on both sides alike, and only for matching: a slot is cut from the
    original text.

    >>> fold_word("metabolised"), fold_word("colour"), fold_word("rise")
    ('metabolized', 'color', 'rise')
    """
    if "is" in word and len(word) > 6 and word.endswith(_IZE):
        at = word.rfind("is")
        return word[:at] + "iz" + word[at + 2 :]
    if "our" in word and len(word) > 5 and word.endswith(("our", "ours", "oured")):
        return word.replace("our", "or")
    return word


def word_set(text: str) -> frozenset[str]:
    """The words of a text: a readable way to write a long set."""
    return frozenset(text.split())


def _fold(question: str) -> tuple[str, list[int] | range]:
    """NFKC and case, code point by code point, with each result's offset in the original."""
    if question.isascii():
        return question.lower().replace("`", "'"), range(len(question))
    out: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(question):
        if character in _APOSTROPHES:
            folded = "'"
        elif character.isascii():
            folded = character.lower()
        elif is_cjk(character):
            folded = character
        elif unicodedata.combining(character):
            continue
        else:
            folded = unicodedata.normalize("NFKC", character).casefold()
        out.append(folded)
        origin.extend([index] * len(folded))
    return "".join(out), origin


def _is_ending(folded: str, at: int) -> bool:
    """Whether an apostrophe begins an ending (``warfarin's``), and isn't a quote or a prime."""
    return at > 0 and folded[at - 1].isalnum() and at + 1 < len(folded) and folded[at + 1].isalpha()


def _separates(folded: str, at: int, words: list[str]) -> bool:
    """Whether a mark parts what stands on its sides, and isn't inside a name or an id."""
    character = folded[at]
    if character in "?!;()、。":
        return True
    after = folded[at + 1] if at + 1 < len(folded) else " "
    before = folded[at - 1] if at else " "
    if character == ",":
        return not (before.isdigit() and after.isdigit())  # 1,25-dihydroxyvitamin D
    if character == ".":
        return after.isspace() and not (words and words[-1] in _ABBREVIATIONS)
    if character == ":":
        return not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum())
    return (before.isspace() and after.isspace()) or (is_cjk(before) and is_cjk(after))  # & / +
