"""The language of a text: Chinese or English."""

from __future__ import annotations

from kgmed.kg.linking.normalize import is_cjk
from kgmed.kg.model import Language

LIMIT = 2000
"""Code points that are looked at; the rest of a longer text is taken to go on alike."""


def detect_language(text: str) -> Language:
    """Tell Chinese from English by which of the two most of the words belong to.

    >>> detect_language("PTGS2的抑制剂有哪些"), detect_language("What is 华法林?")
    ('zh', 'en')
    """
    if text.isascii():
        return "en"
    characters = words = 0
    in_word = False
    for character in text[:LIMIT]:
        if is_cjk(character):
            characters += 1
            in_word = False
        elif character.isalpha() or (in_word and character in "-'"):
            words += not in_word
            in_word = True
        else:
            in_word = in_word and character.isalnum()
    return "zh" if characters > 2 * words else "en"
