"""Words in capitals and misspelt words, where neither changes what is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random

from kgmed.kg.linking.english import zipf
from kgmed.kg.store.base import Lexicon

LEAST_CAPITALS = 4
LEAST_TYPO = 5
"""Letters of the shortest word that is changed."""
ONE_IN = 8
"""Of so many words that may be misspelt one is, and at least one of a text."""
TRIES = 6
_WORD = re.compile(r"(?<![\w/-])[A-Za-z][a-z]+(?![\w/]|-\w)")
_NUMBER = re.compile(r"\d(?:[.,]\d+)*\s?$")
_NEAR = {
    near: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, near in enumerate(row)
}
"""The letters beside a letter on a keyboard."""


def words(text: str, *, least: int) -> Iterator[re.Match[str]]:
    """The plain words of a text of at least so many letters: no symbols, no units behind a number,
    no parts of what a hyphen or a slash joins.

    >>> [found[0] for found in words("Give 50 mmol glucose, not mRNA or beta-blockers", least=4)]
    ['Give', 'glucose']
    """
    for found in _WORD.finditer(text):
        if len(found[0]) >= least and not _NUMBER.search(text[: found.start()]):
            yield found


def capitals(text: str, lexicon: Lexicon) -> str:
    """The text with its plain words in capitals; what would read as an abbreviation stays."""
    found = list(words(text, least=LEAST_CAPITALS))
    named = lexicon.exact([word[0].casefold() for word in found])
    stay = {
        word.start()
        for word, names in zip(found, named, strict=True)
        if any(name.kind == "abbreviation" or name.text.isupper() for _id, name in names)
    }
    return _replaced(text, found, lambda word: word[0] if word.start() in stay else word[0].upper())


def misspelt(text: str, lexicon: Lexicon, chance: Random) -> str:
    """The text with some words misspelt in one place: letters swapped, dropped, doubled, or the one
    beside it typed.

    The first letter stays. What comes of it is no English word, no word of a name of the graph, and
    near to none but the one that was meant.
    """
    found = list(words(text, least=LEAST_TYPO))
    chance.shuffle(found)
    changed: dict[int, str] = {}
    for word in found:
        if len(changed) >= max(1, len(found) // ONE_IN):
            break
        made = _typo(word[0], lexicon, chance)
        if made:
            changed[word.start()] = made
    return _replaced(text, found, lambda word: changed.get(word.start(), word[0]))


def _typo(word: str, lexicon: Lexicon, chance: Random) -> str:
    """A misspelling that is nothing else; "" where none was found."""
    for _ in range(TRIES):
        made = _edited(word, chance)
        plain = made.casefold()
        if plain == word.casefold() or zipf(plain) or lexicon.tokens([plain], limit=1):
            continue
        if not set(lexicon.one_edit(plain)) - {word.casefold()}:
            return made
    return ""


def _edited(word: str, chance: Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    how = chance.choice(("swap", "drop", "double", "beside"))
    if how == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how == "drop":
        return word[:at] + word[at + 1 :]
    if how == "double":
        return word[:at] + word[at] + word[at:]
    return word[:at] + chance.choice(_NEAR[word[at]]) + word[at + 1 :]


def _replaced(text: str, found: list[re.Match[str]], make: Callable[[re.Match[str]], str]) -> str:
    parts, past = [], 0
    for word in sorted(found, key=lambda word: word.start()):
        parts += [text[past : word.start()], make(word)]
        past = word.end()
    return "".join([*parts, text[past:]])
