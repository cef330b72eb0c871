"""How common words are in general English, in powers of ten: what is no name of its own.

``english.txt`` holds the words of at least :data:`LEAST`, from the Google Books Ngram Viewer (CC BY
3.0, https://books.google.com/ngrams) as counted and joined with the SCOWL word list by SymSpell
(https://github.com/wolfgarbe/SymSpell, ``frequency_dictionary_en_82_765.txt``); one line for each
tenth, the words of it in order.
"""

from __future__ import annotations

from functools import lru_cache

LEAST = 3.0
"""A word in a million: rarer ones aren't in the table."""


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    from importlib.resources import files

    found: dict[str, float] = {}
    text = (files(__package__) / "english.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            tenth, words = line.split("\t")
            found.update(dict.fromkeys(words.split(), float(tenth)))
    return found


def zipf(word: str) -> float:
    """The logarithm of a word's occurrences in a billion; 0 for one that is rare or no word.

    >>> zipf("the"), zipf("patient"), zipf("warfarin")
    (7.6, 4.8, 0.0)
    """
    return _table().get(word, 0.0)
