"""Abbreviations that a text defines: "acute renal failure (ARF)", "ARF (acute renal failure)".

The rule is Schwartz and Hearst's (A simple algorithm for identifying abbreviation definitions in
biomedical text, PSB 2003): a short form stands in a bracket beside its long form; its letters occur
in the long form in the same order, read from the right, the first one at the start of a word.

Chinese has no word boundaries and writes Latin short forms beside Chinese words, so letters can't
say where the long form starts: "维生素K拮抗剂（VKA）" is answered with the clause's text up to the
bracket (``bounded`` is False), for whoever knows names to find the one at its end. A Chinese short
form is bounded by its own characters: "慢性阻塞性肺疾病（慢阻肺）".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MIN_SHORT, MAX_SHORT = 2, 10
"""Characters of a short form (Schwartz and Hearst: two to ten)."""

_WINDOW = 250
"""Characters before a bracket in which a long form is looked for."""
_CLAUSE = 40
"""Characters of a Chinese clause that are handed on."""
_SLACK_CHINESE = 8
"""Characters that a Chinese long form may have above three for each one of the short form."""

_OPEN = re.compile(r"[(\[（［【]")
_INSIDE = re.compile(r"[^()\[\]（）［］【】\n]{2,200}")
_PARTS = re.compile(r"\s*(?:,(?!\d)|[;，；、:：]|\s(?:or|also|i\.e\.)\s)\s*")
_MARKER = re.compile(
    r"\s*(?:(?:also |hereafter |henceforth |here |often )?(?:abbreviated(?: as| to)?|abbreviation|"
    r"abbr\.?|termed|called|known as|referred to as|i\.e\.)[,:]?\s+|"
    r"(?:以下)?(?:简称|簡稱|缩写|縮寫)(?:为|為|是)?[:：]?\s*|即|又称|又稱|也称|英文)?[\"'“‘]?",
    re.IGNORECASE,
)
_SHORT = re.compile(r"[^\W_][\w\-/+.,'′\u0300-\u036f]*(?: [\w\-/+.'′\u0300-\u036f]+)?")
_DOSE = re.compile(r"[\d.]+ ?(?:[mkcdnpµμ]?[gGlLMm]|mL|IU|U|Hz|k?Pa|k?Gy|MBq|mmHg|mmol|cm)\b")
_SENTENCE = re.compile(r"[.!?] |[;。！？；]|\n\s*\n")
_CLAUSE_MARK = re.compile(r"[.,;:!?。，；：！？、\n]")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_HAN_SHORT = re.compile(r"[\u3400-\u9fff]{2,6}")
_WORD = re.compile(r"[^\W_]+")
_LAST_WORD = re.compile(r"[\w\-/+.'′]+$")

_WEAK = frozenset(
    "a an and as at by for from in is of on or that the to was were which with".split()  # noqa: SIM905
)
"""Words that a long form doesn't start with."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Where a text defines a short form; offsets count code points, ends are exclusive.

    ``bounded`` is False where the long form is somewhere at the end of its span: the clause before
    the bracket of a Chinese text.
    """

    short_start: int
    short_end: int
    long_start: int
    long_end: int
    bounded: bool = True

    def short(self, text: str) -> str:
        """The short form as ``text`` writes it."""
        return text[self.short_start : self.short_end]

    def long(self, text: str) -> str:
        """The long form as ``text`` writes it."""
        return text[self.long_start : self.long_end]


def definitions(text: str) -> list[Definition]:
    """The abbreviations that a text defines, left to right. Linear in the text's length.

    One bracket can hold several: "急性心肌梗死（acute myocardial infarction，AMI）" defines AMI by
    the words in the bracket, then by those before it.

    >>> text = "Acute renal failure (ARF) after ASA (acetylsalicylic acid)."
    >>> for found in definitions(text):
    ...     print(found.short(text), "=", found.long(text))
    ARF = Acute renal failure
    ASA = acetylsalicylic acid
    >>> text = "他服用维生素K拮抗剂（VKA），患慢性阻塞性肺疾病（慢阻肺）"
    >>> for found in definitions(text):
    ...     print(found.short(text), "=", found.long(text))
    VKA = 他服用维生素K拮抗剂
    慢阻肺 = 慢性阻塞性肺疾病
    """
    found: list[Definition] = []
    low = ""
    for bracket in _OPEN.finditer(text):
        at = bracket.start()
        inside = _INSIDE.match(text, at + 1)
        if inside is None:
            continue
        low = low or _lower(text)
        close = inside.end() + 1
        if text[at] in "([" and _glued(text, at - 1) and _glued(text, close):
            continue  # N(6)-cyclopentyl adenosine
        found += _at_bracket(text, low, at, _parts(text, inside.start(), inside.end()))
    return found


def _glued(text: str, at: int) -> bool:
    """Whether an ASCII letter, digit or hyphen stands at ``at``."""
    return 0 <= at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "-")


def _at_bracket(text: str, low: str, at: int, parts: list[tuple[int, int]]) -> list[Definition]:
    """What one bracket at ``at`` defines; ``parts`` are the spans that marks part inside it."""
    if not parts:
        return []
    start, end = parts[0]
    before = _rstrip(text, at, " ,\t\n\u00a0\u3000")
    chinese = before > 0 and bool(_HAN.search(text, max(0, before - 12), before))
    if _is_short(text[start:end]) or _is_start(low, start, end, before):
        if len(parts) > 1 and (made := _long(text, low, *parts[1], parts[0])):
            return [Definition(start, end, *made)]
        made = _long(text, low, max(0, at - _WINDOW), before, parts[0])
        if made and not _HAN.search(text, *made):
            return [Definition(start, end, *made)]
        if chinese:
            return _clause(text, start, end, before)
        return _outside(text, low, before, start, end)
    if len(parts) > 1 and _is_short(text[slice(*parts[1])]):
        short, close = parts[1]
        made = _long(text, low, start, end, parts[1])
        own = [Definition(short, close, *made)] if made else []
        return own + (_clause(text, short, close, before) if chinese else [])
    if chinese and _HAN_SHORT.fullmatch(text, start, end):
        from_text = _han_long(text, start, end, before)
        if from_text >= 0:
            return [Definition(start, end, from_text, before)]
    return _outside(text, low, before, start, end)


def _outside(text: str, low: str, before: int, start: int, end: int) -> list[Definition]:
    """The word before a bracket is the short form, the text in the bracket the long one."""
    word = _LAST_WORD.search(text, max(0, before - MAX_SHORT - 2), before)
    if word is not None:
        short = _after_han(text, word.start(), before)
        if short < before and _is_short(text[short:before]):
            if _HAN.search(text, start, end):
                if len(_HAN.findall(text, start, end)) > 2:
                    return [Definition(short, before, start, end)]
            elif (made := _long(text, low, start, end, (short, before))) and made[0] == start:
                return [Definition(short, before, *made)]
    inner = text[start:end]
    if len(inner) > 3 and _HAN.match(inner):
        short = text.rfind(inner[0], max(0, before - 6), before)
        name = text[short:before]
        if short >= 0 and _HAN_SHORT.fullmatch(name) and inner[-1] not in name[:-1]:
            place = -1
            for character in name:
                place = inner.find(character, place + 1)
                if place < 0:
                    return []
            if len(inner) > len(name) and name not in inner:
                return [Definition(short, before, start, end)]
    return []


def _is_short(word: str) -> bool:
    """Whether letters may be a Latin short form: an upper-case one, a digit or a Greek one too."""
    if not MIN_SHORT <= len(word) <= MAX_SHORT or not _SHORT.fullmatch(word):
        return False
    if _HAN.search(word) or _DOSE.match(word):
        return False
    if word.islower():
        return any(c.isdigit() or c > "\u036f" for c in word) and any(c.isalpha() for c in word)
    return any(c.isupper() for c in word)


def _is_start(low: str, start: int, end: int, before: int) -> bool:
    """Whether a lower-case short form opens the word before it: "dexamethasone (dex)"."""
    word = low[start:end]
    if end - start < 3 or not word.isalpha() or not word.isascii():
        return False
    return low.startswith(word, low.rfind(" ", max(0, before - 40), before) + 1)


def _long(
    text: str, low: str, begin: int, end: int, short_span: tuple[int, int]
) -> tuple[int, int] | None:
    """The long form at the end of ``begin`` to ``end``, or None where the letters don't fit."""
    short_start, short_end = short_span
    begin = max(begin, end - _WINDOW)
    for mark in _SENTENCE.finditer(text, begin, end):
        begin = mark.end()
    size = short_end - short_start
    letters = [c for c in low[short_start:short_end] if c.isalnum()]
    start = _initials(text, low, begin, end, letters)
    if start < 0 and text[short_end - 1] == "s" and len(letters) > 2:  # ACEs
        start = _initials(text, low, begin, end, letters[:-1])
    if start < 0:
        start = _in_order(text, low, begin, end, letters)
    if start < 0 and "o" in letters and letters[letters.index("o") + 1 :][:1] == ["h"]:
        letters.remove("o")  # 6-OHDA is 6-hydroxydopamine
        start = _in_order(text, low, begin, end, letters)
    if start < 0:
        return None
    if text.count(")", start, end) > text.count("(", start, end):  # "(insulin-dependent) diabetes"
        start -= 1
        if start < begin or text[start] != "(":
            return None
    long = text[start:end]
    if len(long) <= size or long.count(" ") >= min(size + 5, 2 * size):
        return None
    if long[-1] in "([" or " (" in long:
        return None
    short = text[short_start:short_end]
    if short in long and re.search(rf"(?<!\w){re.escape(short)}(?!\w)", long):
        return None
    return start, end


def _initials(text: str, low: str, begin: int, end: int, letters: list[str]) -> int:
    """Where the words start whose initials are the letters, or -1.

    The surest reading: from the right, "combined oral contraceptives (COCs)" would end at one word.
    """
    last = max(low.rfind(" ", begin, end), low.rfind("-", begin, end)) + 1
    if low[last : last + 1] != letters[-1]:
        return -1
    words = list(_WORD.finditer(low, max(begin, end - 16 * len(letters)), end))
    place = -1
    for letter in reversed(letters):
        while words and low[words[-1].start()] != letter and words[-1].group() in _WEAK:
            words.pop()
        if not words or low[words[-1].start()] != letter:
            return -1
        place = words.pop().start()
    return place if place == begin or not _within(text[place - 1]) else -1


def _in_order(text: str, low: str, begin: int, end: int, letters: list[str]) -> int:
    """Schwartz and Hearst's search from the right: where the long form starts, or -1."""
    place = end
    last = low.rfind(" ", begin, end)
    for count, letter in enumerate(reversed(letters[1:])):
        place = _rfind(low, letter, begin, place)
        if place < 0 or (count == 0 and place < last):
            return -1
    while True:
        place = _rfind(low, letters[0], begin, place)
        if place < 0:
            return -1
        if place > begin and _within(text[place - 1]):
            continue  # not at the start of a word
        start = _word_start(text, begin, place)
        head = low[start : start + 8].split(" ", 1)[0]
        if head not in _WEAK and not (begin and start == begin and _within(text[begin - 1])):
            return start


def _rfind(low: str, letter: str, begin: int, end: int) -> int:
    place = low.rfind(letter, begin, end)
    if place < 0 and "\u0370" <= letter <= "\u03ff":  # "interferon alpha (IFN-α)"
        place = low.rfind(unicodedata.name(letter, "?").split()[-1].lower(), begin, end)
    return place


def _within(character: str) -> bool:
    """Whether a character carries a word on: a letter of it, or an accent of its own (NFD)."""
    if _HAN.match(character):
        return False
    return character.isalnum() or (character > "\u02ff" and unicodedata.combining(character) > 0)


def _word_start(text: str, begin: int, place: int) -> int:
    """The start of the word, hyphens included, that the character at ``place`` belongs to."""
    while place > begin:
        character = text[place - 1]
        if character == ")":  # (R)-alpha-methylhistamine
            opened = text.rfind("(", max(begin, place - 24), place)
            if opened < 0 or " " in text[opened:place]:
                break
            place = opened
            continue
        # the comma of 1,2-dimethylhydrazine belongs to its word
        digits = character == "," and place - 1 > begin and text[place - 2].isdigit()
        if not (digits or _within(character) or character in "-'’+"):
            break
        place -= 1
    return place


def _clause(text: str, short_start: int, short_end: int, before: int) -> list[Definition]:
    """A Chinese clause before a bracket as an unbounded long form."""
    begin = max(0, before - _CLAUSE)
    for mark in _CLAUSE_MARK.finditer(text, begin, before):
        if mark.group() not in ".,:" or not text[mark.start() - 1 : mark.start()].isdigit():
            begin = mark.end()
    for bracket in re.finditer(r"[()\[\]（）［］【】]", text[begin:before]):
        begin = max(begin, before - len(text[begin:before]) + bracket.end())
    while begin < before and text[begin].isspace():
        begin += 1
    if before - begin < 2 or text[short_start:short_end] in text[begin:before]:
        return []
    return [Definition(short_start, short_end, begin, before, bounded=False)]


def _han_long(text: str, start: int, end: int, before: int) -> int:
    """Where the long form of a Chinese short form starts, or -1: all its characters, in order."""
    size = end - start
    begin = max(0, before - 3 * size - _SLACK_CHINESE)
    place = before
    for index in range(end - 1, start - 1, -1):
        place = text.rfind(text[index], begin, place)
        if place < 0 or (index == end - 1 and before - place > 4):
            return -1
    long = text[place:before]
    if len(long) <= size or text[start:end] in long or _CLAUSE_MARK.search(long):
        return -1
    return place


def _after_han(text: str, start: int, end: int) -> int:
    """``start``, moved behind the last Chinese character before ``end``."""
    for index in range(end - 1, start - 1, -1):
        if _HAN.match(text[index]):
            return index + 1
    return start


def _parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The first two spans in a bracket that commas, semicolons or "or" part, without markers."""
    parts: list[tuple[int, int]] = []
    while start < end and len(parts) < 2:
        mark = _PARTS.search(text, start, end)
        close = mark.start() if mark else end
        begin = _MARKER.match(text, start, close)
        first = begin.end() if begin else start
        close = _rstrip(text, close)
        if close - first >= 2 and text[close - 1] in "\"'”’":
            close -= 1
        if close - first >= 2:
            parts.append((first, close))
        start = mark.end() if mark else end
    return parts


def _rstrip(text: str, end: int, marks: str = " \t\u00a0\u3000") -> int:
    while end and text[end - 1] in marks:
        end -= 1
    return end


def _lower(text: str) -> str:
    """Lower case, one code point for each (``İ``.lower() is two)."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
