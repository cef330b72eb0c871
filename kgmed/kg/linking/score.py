"""How well a name matches a span: a product of parts that are all shown in ``why``."""

from __future__ import annotations

from collections.abc import Sequence

from kgmed.kg.categories import is_a
from kgmed.kg.model import Name

MATCH = {
    "id": 1.0,
    "exact": 1.0,
    "inflection": 0.95,
    "word order": 0.93,
    "part": 0.9,
    "tokens": 0.75,
    "fuzzy": 0.85,
}
"""What each kind of match is worth; ``tokens`` is scaled by the share of the name it covers, and
``fuzzy`` loses 0.08 an edit."""

NAME_KIND = {"preferred": 1.0, "synonym": 0.98, "brand": 0.97, "abbreviation": 0.94}
CASE_DIFFERS = 0.995
WRONG_CATEGORY = 0.8
CLOSE = 0.025
"""Two candidates closer than this are ambiguous, unless the graph decides between them."""

SHORT_NAME = 5
"""Abbreviations and symbols of up to this many letters match in their own case only."""


def name_score(span: str, name: Name, match: str, *, edits: int = 0) -> tuple[float, str]:
    """Score one name for a span and say why, 0-1.

    >>> name_score("warfrin", Name("Warfarin", "en", "preferred", "infores:x"), "fuzzy", edits=1)
    (0.77, 'fuzzy: Warfarin (preferred name), 1 edit')
    """
    score = MATCH[match] * NAME_KIND[name.kind]
    why = f"{match}: {name.text} ({name.kind}{'' if name.kind != 'preferred' else ' name'})"
    if match == "fuzzy":
        score -= 0.08 * edits
        why += f", {edits} edit{'s' if edits != 1 else ''}"
    elif match == "exact" and span != name.text and span.casefold() != name.text.casefold():
        score *= CASE_DIFFERS
    elif match == "tokens":
        score *= min(1.0, len(span) / max(1, len(name.text)))
    return round(score, 4), why


def category_factor(categories: Sequence[str], expected: Sequence[str]) -> float:
    """1 where a category fits what the question expects or nothing is expected, else less.

    >>> category_factor(["Drug"], ["ChemicalEntity"]), category_factor(["Gene"], ["Disease"])
    (1.0, 0.8)
    """
    if not expected or "NamedThing" in expected:
        return 1.0
    fits = any(is_a(have, want) or is_a(want, have) for have in categories for want in expected)
    return 1.0 if fits else WRONG_CATEGORY


def matches_case(span: str, name: Name) -> bool:
    """Whether a short symbol is meant: ``WAS`` the gene is not "was" the verb.

    >>> matches_case("was", Name("WAS", "en", "preferred", "infores:x"))
    False
    >>> matches_case("Asthma", Name("asthma", "en", "preferred", "infores:x"))
    True
    """
    letters = name.text
    if len(letters) > SHORT_NAME or not letters.isascii() or not letters.isupper():
        return True
    return span == letters
