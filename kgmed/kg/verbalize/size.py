"""How many tokens a text has, about: what large models' tokenizers make of it."""

from __future__ import annotations

CHARACTERS = {"en": 4.2, "zh": 1.5}
"""Characters of a token in text of a language."""
OTHER = 3.0


def tokens(characters: int, lang: str) -> int:
    """About how many tokens so many characters of a language are.

    >>> tokens(4200, "en"), tokens(1500, "zh")
    (1000, 1000)
    """
    return round(characters / CHARACTERS.get(lang, OTHER))


def tokens_of(text: str) -> int:
    """About how many tokens a text of any languages has.

    >>> tokens_of("Warfarin treats thromboembolism."), tokens_of("华法林治疗血栓栓塞。")
    (8, 7)
    """
    wide = sum(character > "\u2e7f" for character in text)
    return round((len(text) - wide) / CHARACTERS["en"] + wide / CHARACTERS["zh"])
