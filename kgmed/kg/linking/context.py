"""How a mention is meant: denied, in doubt, somebody else's, long ago.

The method is ConText's (Harkema and others, J Biomed Inform 2009), which generalises NegEx (Chapman
and others, J Biomed Inform 2001): a cue acts on the mentions after or before it until a terminator,
the end of the sentence, or so many words. The cues, English and Chinese, are data in ``cues.toml``.

A text's cues are found once, in one pass; a mention is then asked about in logarithmic time.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from kgmed.kg.errors import InputError, RegistryError
from kgmed.kg.linking.traditional import SIMPLIFIED, TRADITIONAL, simplified

KINDS = ("negated", "uncertain", "family", "other", "historical")
ROLES = ("pre", "near", "wide", "post", "touch", "terminators")
"""What an entry of a kind does; the comment on top of cues.toml says it in words."""

NEAR = 5
"""Words, or Chinese characters, that a near cue reaches."""

_MOST_BLANK = 120
"""Characters in which a next word must begin; so a scope is bounded in a text without blanks."""

_SENTENCE = re.compile(r"[.!?](?=[\s\"'”’)\]]|$)|[;。！？；]|\n(?=\s*(?:[^a-z\s]|$))")
_SENTENCE_ZH = re.compile(r"[。！？；;!?\n]")
_CLAUSE_ZH = re.compile(r"[。！？；;!?\n，,]")


@dataclass(frozen=True, slots=True)
class Context:
    """How one mention is meant. ``experiencer`` is "patient", "family" or "other"."""

    negated: bool = False
    uncertain: bool = False
    experiencer: str = "patient"
    historical: bool = False


PLAIN = Context()
"""What most mentions are: said of the patient, as a fact, of now."""


class Contexts:
    """The contexts of one text.

    >>> text = "Mother had diabetes. The patient denies chest pain but has a cough."
    >>> contexts = Contexts(text)
    >>> at = text.index("diabetes")
    >>> contexts.of(at, at + 8).experiencer
    'family'
    >>> at = text.index("chest pain")
    >>> contexts.of(at, at + 10).negated, contexts.of(text.index("cough"), len(text) - 1).negated
    (True, False)
    >>> Contexts("父亲患有2型糖尿病，患者否认高血压").of(4, 9).experiencer
    'family'
    """

    __slots__ = ("_size", "_spans", "_touched")

    def __init__(self, text: str) -> None:
        self._size = len(text)
        self._spans, self._touched = _scopes(text)

    def of(self, start: int, end: int) -> Context:
        """The context of the mention from ``start`` to ``end`` (code points, end exclusive).

        Raises:
            InputError: the offsets don't lie in the text.
        """
        if not 0 <= start <= end <= self._size:
            raise InputError(
                f"a mention from {start} to {end} in a text of {self._size} code points: "
                "give offsets into the text that the contexts were made of"
            )
        holds = {kind for kind, spans in self._spans.items() if _covered(spans, start, end)}
        holds.update(self._touched.get(end, ()))
        if not holds:
            return PLAIN
        who = "family" if "family" in holds else "other" if "other" in holds else "patient"
        return Context("negated" in holds, "uncertain" in holds, who, "historical" in holds)


def _covered(spans: list[tuple[int, int]], start: int, end: int) -> bool:
    place = bisect_right(spans, (start, 1 << 62)) - 1
    return place >= 0 and end <= spans[place][1]


class _Cue(NamedTuple):
    """What an entry of the table does, for one kind."""

    kind: str
    role: str
    scope: int
    chinese: bool


class _Event(NamedTuple):
    start: int
    end: int
    cues: tuple[_Cue, ...]


def _scopes(text: str) -> tuple[dict[str, list[tuple[int, int]]], dict[int, set[str]]]:
    """Where mentions have a kind: stretches of the text, merged, in order; ends that a cue touches.

    A Chinese mention and its cue may share characters: 病 of 高血压病史.
    """
    low = " " + _lower(text) + " "
    events = _events(text, low)
    found: dict[str, list[tuple[int, int]]] = {}
    touched: dict[int, set[str]] = {}
    stops: dict[str, int] = {}
    for start, end, cues in events:  # left to right: what a cue may reach back to
        for cue in cues:
            if cue.role == "terminators":
                stops[cue.kind] = end
            elif cue.role == "touch":
                for place in range(start - 2, end if cue.chinese else start + 1):
                    touched.setdefault(place, set()).add(cue.kind)
            elif cue.role == "post":
                begin = _back(low, start, cue, stops.get(cue.kind, 0))
                found.setdefault(cue.kind, []).append((begin, end - 1 if cue.chinese else start))
    stops.clear()
    for start, end, cues in reversed(events):
        for cue in cues:
            if cue.role == "terminators":
                stops[cue.kind] = start
            elif cue.role not in {"post", "touch"}:
                close = _forward(low, end, cue, stops.get(cue.kind, len(text)))
                found.setdefault(cue.kind, []).append((end, close))
    return {kind: _merged(spans) for kind, spans in found.items()}, touched


def _events(text: str, low: str) -> list[_Event]:
    """The cues of a text in order; ``low`` has one blank before and behind the text."""
    table = _table()
    found = []
    for match in table.english.finditer(low):
        phrase = match.group(1).replace("\n", " ")
        cues = table.cues[phrase]
        if cues and not (phrase == "no" and _is_nitric_oxide(text, match.start(1) - 1)):
            found.append(_Event(match.start(1) - 1, match.end(1) - 1, cues))
    others = [table.marks.finditer(low)]
    if not text.isascii():
        others.append(table.chinese.finditer(low))
    for matches in others:
        made = []
        for match in matches:
            cues = table.cues[simplified(match.group())]
            if cues:
                made.append(_Event(match.start() - 1, match.end() - 1, cues))
        if made:  # ": denied" is not "denied" as well
            taken = {place for start, end, _ in made for place in range(start, end)}
            found = sorted([one for one in found if one.start not in taken] + made)
    return found


def _is_nitric_oxide(text: str, start: int) -> bool:
    """ "NO synthase" is no cue; "NO FEVER" is one."""
    if text[start : start + 2] != "NO":
        return False
    around = [c for c in text[max(0, start - 6) : start + 8] if c.isalpha()]
    return any(c.islower() for c in around)


def _forward(low: str, place: int, cue: _Cue, stop: int) -> int:
    """Where the scope of a cue that ends at ``place`` ends."""
    scope = NEAR if cue.role == "near" else cue.scope
    if cue.chinese:
        limit = min(stop, place + scope)
        marks = _SENTENCE_ZH if cue.role == "wide" else _CLAUSE_ZH
    else:
        limit = place + 1  # as low counts
        for _ in range(scope + 1):
            blank = low.find(" ", limit + 1, limit + _MOST_BLANK)
            if blank < 0:
                limit += _MOST_BLANK
                break
            limit = blank
        limit = min(stop, limit - 1)
        marks = _SENTENCE
    mark = marks.search(low, place + 1, limit + 1)
    if mark:
        limit = mark.start() - 1
    closed = _closing(low, place + 1, limit + 1)
    return (closed if closed >= 0 else limit + 1) - 1


def _closing(low: str, start: int, end: int) -> int:
    """The first closing bracket that none opened before, or -1."""
    for opening, closing in (("(", ")"), ("（", "）")):
        place = low.find(closing, start, end)
        if place >= 0 and low.find(opening, start, place) < 0:
            return place
    return -1


def _back(low: str, place: int, cue: _Cue, stop: int) -> int:
    """Where the scope of a cue that begins at ``place`` begins."""
    if cue.chinese:
        start = max(stop, place - cue.scope)
    else:
        start = place
        for _ in range(cue.scope):
            start = low.rfind(" ", max(0, start - _MOST_BLANK), start)
            if start < 0:
                break
        start = max(stop, start)
    marks = _CLAUSE_ZH if cue.chinese else _SENTENCE
    for mark in marks.finditer(low, start + 1, place + 1):
        start = mark.end() - 1
    return start


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def _lower(text: str) -> str:
    """Lower case, one code point for each (``İ``.lower() is two)."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


# The table


class _Table(NamedTuple):
    """Every phrase and what it does (nothing for a pseudo-cue), and what finds them."""

    cues: Mapping[str, tuple[_Cue, ...]]
    english: re.Pattern[str]
    marks: re.Pattern[str]
    chinese: re.Pattern[str]


@cache
def _table() -> _Table:
    path = Path(__file__).with_name("cues.toml")
    return read_cues(path.read_text(encoding="utf-8"))


def read_cues(text: str) -> _Table:
    """The cues of a table in the shape of ``cues.toml``.

    Raises:
        RegistryError: the table has a key or an entry that isn't allowed.
    """
    data: dict[str, Any] = tomllib.loads(text)
    if set(data) != {"en", "zh"}:
        raise RegistryError(f"cues.toml: languages {sorted(data)}, expected en and zh")
    cues: dict[str, list[_Cue]] = {}
    phrases: dict[str, set[str]] = {"en": set(), "zh": set(), "marks": set()}
    for language, table in data.items():
        for name, role, scope, phrase in _entries(language, table):
            for one in _expanded(phrase, table.get("words", {})):
                plain = language == "zh" or one[0].isalnum()
                phrases[language if plain else "marks"].add(one)
                kinds = KINDS if name == "terminators" else (name,) if name != "pseudo" else ()
                made = cues.setdefault(one, [])
                made += [_Cue(kind, role, scope, language == "zh") for kind in kinds]
    return _Table(
        {phrase: tuple(made) for phrase, made in cues.items()},
        re.compile(rf"[^a-z0-9]({_trie(phrases['en'], _blank)})(?![a-z0-9\-])"),
        re.compile(rf"{_trie(phrases['marks'], _blank)}(?![a-z0-9])"),
        re.compile(_trie(phrases["zh"], _both_scripts)),
    )


def _entries(language: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str, int, str]]:
    """(kind, role, scope, phrase) of one language's part of the table, which is checked."""
    for name, part in table.items():
        where = f"cues.toml [{language}.{name}]"
        if name == "pseudo":
            yield from ((name, name, 0, phrase) for phrase in part)
        elif name == "terminators":
            yield from ((name, name, 0, phrase) for phrase in part["all"])
        elif name in KINDS:
            if set(part) - {"scope", *ROLES} or not isinstance(part.get("scope"), int):
                raise RegistryError(f"{where}: {sorted(part)}, expected scope and some of {ROLES}")
            for role in ROLES:
                for phrase in part.get(role, ()):
                    yield name, role, part["scope"], phrase
        elif name != "words":
            raise RegistryError(f"{where}: expected one of pseudo, words, terminators, {KINDS}")


def _expanded(phrase: str, words: Mapping[str, list[str]]) -> Iterator[str]:
    """ "in {his,her} {relatives}" as each phrase that it stands for."""
    parts = re.split(r"\{([^{}]*)\}", phrase)
    choices = [
        [part] if place % 2 == 0 else words.get(part) or part.split(",")
        for place, part in enumerate(parts)
    ]
    for chosen in product(*choices):
        yield " ".join("".join(chosen).split())


def _trie(phrases: set[str], write: Any) -> str:
    """A pattern that matches the longest of the phrases at a place."""
    tree: dict[str, Any] = {}
    for phrase in phrases:
        node = tree
        for character in phrase:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(tree, write)


def _branches(node: dict[str, Any], write: Any) -> str:
    branches = [
        write(character) + _branches(below, write)
        for character, below in sorted(node.items())
        if character
    ]
    if not branches:
        return ""
    pattern = "|".join(branches)
    if "" in node:
        return f"(?:{pattern})?"
    return f"(?:{pattern})" if len(branches) > 1 else pattern


def _blank(character: str) -> str:
    return "[ \\n]" if character == " " else re.escape(character)


@cache
def _traditional_forms() -> Mapping[str, str]:
    forms: dict[str, str] = {}
    for one, plain in zip(TRADITIONAL, SIMPLIFIED, strict=True):
        forms[plain] = forms.get(plain, "") + one
    return forms


def _both_scripts(character: str) -> str:
    forms = _traditional_forms().get(character)
    return f"[{character}{forms}]" if forms else re.escape(character)
