"""What stands in brackets behind a claim: how severe, how a drug treats, its dose and route."""

from __future__ import annotations

import re

from kgmed.kg.linking.link import Link
from kgmed.kg.verbalize.qualifiers import read_tail
from kgmed.reasoning.claims.extract.sentences import Sentence

_BRACKETS = re.compile(r"[(（]([^()（）]{1,120})[)）]")
_NEXT_CLAUSE = re.compile(
    r", (?:which|who|and (?:it|they)|while|whereas|but)\b|，(?:后者|而|它|其)"
)
"""What a claim's qualifiers don't reach over."""
_AFTER = " .。;；,，!！"


class Tails:
    """The brackets of a sentence that hold qualifiers, by where they stand in the text.

    ``text`` is the sentence with blanks in their place: their words name no concepts.
    """

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._found: list[tuple[int, int, dict[str, str]]] = []
        self.text = sentence.text
        for match in _BRACKETS.finditer(sentence.text):
            qualifiers = read_tail(match[1])
            if qualifiers:
                start, end = match.span()
                self._found.append((sentence.start + start, sentence.start + end, qualifiers))
                self.text = self.text[:start] + " " * (end - start) + self.text[end:]

    def hold(self, link: Link) -> bool:
        """Whether a mention stands inside such brackets."""
        return any(start <= link.start and link.end <= end for start, end, _ in self._found)

    def behind(self, place: int, *, others_follow: bool = False) -> dict[str, str]:
        """The qualifiers of a claim whose later end stops at a place of the text: those in the
        brackets right behind it, or at the end of a sentence that has no others and in which no
        further clause follows.

        >>> text = "Warfarin interacts with aspirin and ibuprofen (severity: critical)."
        >>> tails = Tails(Sentence(0, len(text), text, "en"))
        >>> tails.behind(text.index(" and")), tails.behind(text.index(" and") - 7)
        ({'severity': 'Critical'}, {'severity': 'Critical'})
        """
        found = self._right_behind(place)
        if found is not None:
            return found[2]
        if len(self._found) == 1 and not others_follow:
            start, end, qualifiers = self._found[0]
            text, first = self._sentence.text, self._sentence.start
            between = text[max(0, place - first) : start - first]
            if start >= place and not text[end - first :].strip(_AFTER):
                return {} if _NEXT_CLAUSE.search(between) else qualifiers
        return {}

    def whole(self, place: int) -> int:
        """A place of the text, or the end of the brackets right behind it."""
        found = self._right_behind(place)
        return place if found is None else found[1]

    def _right_behind(self, place: int) -> tuple[int, int, dict[str, str]] | None:
        """The brackets behind a place, or around it where a name seems to go on in them."""
        text, first = self._sentence.text, self._sentence.start
        for start, end, qualifiers in self._found:
            blank = start >= place and not text[place - first : start - first].strip()
            if start < place <= end or blank:
                return start, end, qualifiers
        return None
