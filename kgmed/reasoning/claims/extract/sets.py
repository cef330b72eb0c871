"""Readable ways to write long sets of words and phrases."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(word_set("is are"))
    ['are', 'is']
    """
    return frozenset(text.split())


def phrase_set(text: str) -> frozenset[str]:
    """The phrases of a text, parted by bars.

    >>> sorted(phrase_set("for example|in turn"))
    ['for example', 'in turn']
    """
    return frozenset(text.split("|"))
