"""The option that an answer's own sentence names.

A weak model writes the right sentence and the wrong letter before it. The sentence is what is
verified, so where it names one option and the letter is another's, the sentence counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kgmed.reasoning.denial import denies


def named_option(text: str, options: Sequence[str], question: str = "") -> int | None:
    """The place of the one option that a text names; None where it names none, several, or denies
    something, as it may then speak of an option that is wrong.

    An option within a longer one that is named isn't named itself, nor is one that the question
    has.

    >>> named_option("Gout is treated with colchicine [1].", ["warfarin", "Colchicine"])
    1
    >>> named_option("Salmon allergy is a fish allergy.", ["fish allergy", "Salmon allergy"])
    >>> named_option("Salmon allergy is a fish allergy.", ["fish allergy", "Salmon allergy"],
    ...              "Which is a kind of fish allergy?")
    1
    >>> named_option("It isn't warfarin.", ["warfarin", "colchicine"])
    """
    if denies(text, options):
        return None
    rest, found = text, []
    for place in sorted(range(len(options)), key=lambda n: len(options[n]), reverse=True):
        if not options[place].strip():
            continue
        name = _pattern(options[place])
        if name.search(rest):
            rest = name.sub(" ", rest)
            if not name.search(question):
                found.append(place)
    return found[0] if len(found) == 1 else None


def _pattern(option: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, option.split()))
    before = r"(?<![a-z0-9])" if option.strip()[0].isascii() else ""
    after = r"(?:e?s)?(?![a-z0-9])" if option.strip()[-1].isascii() else ""
    return re.compile(before + words + after, re.IGNORECASE)
