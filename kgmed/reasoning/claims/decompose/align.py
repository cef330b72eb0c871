"""What a model says, found again in the text: its quotes and its names, to spans and links.

Words are compared, not characters: letter case, width, accents, blanks, punctuation, Greek letters
and traditional characters don't count. A few words of a quote may be off by one letter, never their
first, so that no "not" and no "a-" is read over. A name that isn't in its sentence, as itself or as
another name of the same concept, is none that the text speaks of.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from kgmed.kg.linking.link import Candidate, Link
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import GREEK, is_cjk
from kgmed.kg.linking.traditional import simplified
from kgmed.reasoning.claims.extract.found import unlinked
from kgmed.reasoning.claims.extract.sentences import Sentence

MOST_PLACES = 8
"""Places of a quote, or of a name in a sentence, that are tried."""
WORDS_AN_EDIT = 6
"""A quote may have one word with an edit for so many words."""
MIN_EDITED = 5
"""Letters of a word that may be off by one."""
BEFORE = 2
"""Sentences before one with a pronoun in which its name may stand."""
GUESSED = ("fuzzy", "tokens")
"""Kinds of match that are no proof that the text has the name."""

NOT_IN_TEXT, NOT_IN_SENTENCE, PRONOUN = (
    "name not in the text", "name not in its sentence", "a pronoun isn't a name",
)  # fmt: skip

_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|this|these|those|both|the (?:drug|drugs|medicine|medication|agent"
    r"|agents|compound|substance|disease|disorder|condition|infection|antibiotic|latter|former))\b"
    r"|它|其|该|此|本品|本病|这种|这类|这些|二者|两者|后者|前者",
    re.IGNORECASE,
)


class Span(NamedTuple):
    """A stretch of a text, in code points."""

    start: int
    end: int

    def holds(self, start: int, end: int) -> bool:
        """Whether another lies within it."""
        return self.start <= start and end <= self.end


class Word(NamedTuple):
    """A word, folded, and where it stands; a Chinese character is one."""

    text: str
    start: int
    end: int


def words(text: str, *, offset: int = 0) -> list[Word]:
    """The words of a text.

    >>> [word.text for word in words("Ｗarfarin’s α1-Café 華法林")]
    ['warfarin', 's', 'alpha1', 'cafe', '华', '法', '林']
    >>> words("e\\u0301t")[0]
    Word(text='et', start=0, end=3)
    """
    found: list[Word] = []
    letters, start = "", 0
    for at, character in enumerate(text):
        if unicodedata.combining(character):
            continue
        folded = _folded(character)
        if letters and (not folded or is_cjk(folded[0])):
            found.append(Word(letters, start, at))
            letters = ""
        if folded and is_cjk(folded[0]):
            found.append(Word(folded, at, at + 1))
        elif folded:
            start = start if letters else at
            letters += folded
    if letters:
        found.append(Word(letters, start, len(text)))
    return [Word(word.text, word.start + offset, word.end + offset) for word in found]


@lru_cache(maxsize=8192)
def _folded(character: str) -> str:
    """The letters and digits of one character."""
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return "".join(GREEK.get(c, c) for c in simplified(bare).casefold() if c.isalnum())


def find(among: Sequence[Word], wanted: Sequence[str], *, edits: int = 0) -> Iterator[Span]:
    """Where some words stand in a text, one after another; up to ``edits`` of them may be off by
    one letter.

    >>> list(find(words("Warfarin treats gout, not asthma."), ["warfrin", "treats"], edits=1))
    [Span(start=0, end=15)]
    """
    for first in range(len(among) - len(wanted) + 1) if wanted else ():
        left = edits
        for place, want in enumerate(wanted):
            word = among[first + place].text
            if word != want:
                left -= 1
                if left < 0 or not off_by_one(word, want):
                    break
        else:
            yield Span(among[first].start, among[first + len(wanted) - 1].end)


def off_by_one(one: str, other: str) -> bool:
    """Whether two long words are one letter apart, their first letter and digits aside.

    >>> off_by_one("warfarin", "warfrin"), off_by_one("typical", "atypical")
    (True, False)
    >>> off_by_one("cyp450", "cyp451")
    False
    """
    short, long = sorted((one, other), key=len)
    if len(short) < MIN_EDITED or len(long) - len(short) > 1 or short[0] != long[0]:
        return False
    at = next((i for i, c in enumerate(short) if c != long[i]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :] and long[at].isalpha()
    return short[at + 1 :] == long[at + 1 :] and short[at : at + 1].isalpha() and long[at].isalpha()


class Aligner:
    """Finds a model's words in one piece of a text.

    ``links`` and ``sentences`` are the piece's, with offsets in ``text``, left to right.
    """

    def __init__(
        self, text: str, links: Sequence[Link], sentences: Sequence[Sentence], linker: Linker
    ) -> None:
        self.text, self.links, self.sentences = text, links, sentences
        self._linker = linker
        begin, end = sentences[0].start, sentences[-1].end
        self._words = words(text[begin:end], offset=begin)
        self._starts = [word.start for word in self._words]

    def quotes(self, quote: str) -> list[Span]:
        """Where a quote stands, written just so before otherwise; [] where it doesn't."""
        wanted = [word.text for word in words(quote)]
        found = list(find(self._words, wanted))[:MOST_PLACES]
        if found:
            bare = quote.strip()
            return sorted(found, key=lambda s: bare not in self.text[s.start : s.end + 1])
        edits = len(wanted) // WORDS_AN_EDIT
        return list(find(self._words, wanted, edits=edits))[:MOST_PLACES] if edits else []

    def around(self, span: Span) -> list[Sentence]:
        """The sentences that a span lies in."""
        return [s for s in self.sentences if s.start < span.end and span.start < s.end]

    def end(self, name: str, quote: Span) -> Link | str:
        """The link that a name has in the sentence of a quote, without an id where the text has
        the name and the graph no such concept; or why it is left out."""
        wanted = [word.text for word in words(name)]
        if not wanted:
            return NOT_IN_TEXT
        if _PRONOUN.fullmatch(name.strip()):
            return PRONOUN
        inside = self.around(quote)
        whole = Span(inside[0].start, inside[-1].end)
        meant = {candidate.id for candidate in self._candidates(name, whole)}
        found = self._within(wanted, meant, quote) or self._within(wanted, meant, whole)
        if found is None and _PRONOUN.search(self.text[whole.start : whole.end]):
            first = self.sentences.index(inside[0])
            before = self.sentences[max(0, first - BEFORE) : first]
            for sentence in reversed(before):
                span = Span(sentence.start, sentence.end)
                found = found or self._within(wanted, meant, span)
        if found is not None:
            return found
        return NOT_IN_SENTENCE if any(find(self._words, wanted)) else NOT_IN_TEXT

    def _within(self, wanted: Sequence[str], meant: set[str], span: Span) -> Link | None:
        """A name's link in a stretch of the text: a mention written so; one of the same concept;
        or a name that is written nearly so, or that no concept has."""
        among = self._words[
            bisect_left(self._starts, span.start) : bisect_left(self._starts, span.end)
        ]
        places = list(find(among, wanted))[:MOST_PLACES]
        linked = [link for place in places for link in self._links_at(place)]
        exact = [link for link in linked if (link.start, link.end) in places]
        same = [link for link in self._links_in(span) if link.id in meant]
        for links in (exact, linked, same):
            if links:
                return links[0]
        if places:
            return self._made(places[0], span)
        near = next(find(among, wanted, edits=1), None) if len(wanted) <= 4 else None
        return None if near is None else self._misspelt(near, meant, span)

    def _misspelt(self, place: Span, meant: set[str], span: Span) -> Link | None:
        """What stands where a name nearly does, unless it is another thing's name."""
        own = next(iter(self._links_at(place)), None)
        if own is not None:
            return own if not meant or own.id in meant else None
        text = self.text[place.start : place.end]
        guessed = [c for c in self._linker.mention(text) if c.id in meant]
        if guessed:
            return _link(text, place, guessed)
        return None if meant else self._made(place, span)

    def _made(self, place: Span, span: Span) -> Link:
        """A link for a name of the text that wasn't linked as one of its mentions."""
        text = self.text[place.start : place.end]
        found = self._candidates(text, span)
        return _link(text, place, found) if found else unlinked(text, place.start)

    def _candidates(self, name: str, span: Span) -> list[Candidate]:
        context = self.text[span.start : span.end]
        found = self._linker.mention(name, context=context)
        return [c for c in found if not c.why.startswith(GUESSED)]

    def _links_at(self, place: Span) -> list[Link]:
        """The text's mentions that a place is, or is part of."""
        return [k for k in self._links_in(place, around=True) if Span(k.start, k.end).holds(*place)]

    def _links_in(self, span: Span, *, around: bool = False) -> list[Link]:
        first = bisect_right(self.links, span.start, key=lambda link: link.end)
        past = bisect_left(self.links, span.end, key=lambda link: link.start)
        return [k for k in self.links[first:past] if around or span.holds(k.start, k.end)]


def _link(text: str, place: Span, found: Sequence[Candidate]) -> Link:
    best = found[0]
    return Link(
        text, place.start, place.end, best.id, best.name, best.category, best.score, best.why,
        alternatives=tuple(found[1:]),
    )  # fmt: skip
