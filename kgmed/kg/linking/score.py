"""How well a name matches a span: a product of parts, each shown in a link's ``parts``.

    match      how the span and the name are alike (:data:`MATCH`)
    name       what kind of name it is (:data:`NAME_KIND`)
    edits      letters that differ
    cover      the share of a longer name that the span makes up
    case       a symbol written otherwise ("was" and WAS)
    sources    whether one source alone gives the name
    category   whether the concept is what the mention's place expects
    context    whether the words around speak for it, beside its rivals
    texts      whether texts taught that the name means another concept
    encoder    a re-ranker's opinion, where one is used

A part of 1 is left out. ``why`` says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from kgmed.kg.categories import is_a
from kgmed.kg.model import Name

MATCH = {
    "id": 1.0,
    "exact": 1.0,
    "abbreviation": 0.98,
    "spacing": 0.97,
    "coordination": 0.95,
    "inflection": 0.95,
    "other words": 0.94,
    "word order": 0.93,
    "part": 0.9,
    "fuzzy": 0.85,
    "tokens": 0.75,
}
"""What each kind of match is worth. ``abbreviation`` is one that the text defines, ``spacing``
differs in a hyphen ("thrombo-embolism"), ``other words`` in a token that means the same ("renal"
and "kidney")."""

NAME_KIND = {"preferred": 1.0, "synonym": 0.98, "brand": 0.97, "abbreviation": 0.94}
EDIT = 0.08
"""What an edit takes from a fuzzy match."""
CASE_DIFFERS = 0.995
ONE_SOURCE = 0.998
WRONG_CATEGORY = 0.8
UNUSUAL, UNSEEN = 0.95, 0.92
"""Another concept than the one that texts taught the name means: one of the less usual, or none."""
CLOSE = 0.025
"""Two candidates closer than this are ambiguous, unless the graph decides between them."""
CONTEXT_REACH = 0.15
"""Candidates no further from the best than this are weighed by the words around."""
MATCH_REACH = 0.03
"""And those alone whose match (:data:`MATCH`) is worse by no more: around "tetracycline" much
speaks for tetracyclines, and the text says the drug."""
CONTEXT_WEIGHT = 0.12
"""What a candidate loses for which none of them speak, where some speak for a rival."""

SHORT_NAME = 5
"""Abbreviations and symbols of up to this many letters match in their own case only."""


class Hit(NamedTuple):
    """A concept's name that matches a span, how, and with how many edits.

    ``name`` is None where an id is the match; ``detail`` is then the CURIE, else words for ``why``.
    """

    id: str
    name: Name | None
    match: str
    edits: int = 0
    detail: str = ""
    factor: float = 1.0


def product(parts: Mapping[str, float]) -> float:
    """The score that parts make."""
    return prod(parts.values())


def name_parts(span: str, hit: Hit) -> tuple[dict[str, float], str]:
    """The parts of one name for a span, and why, in words.

    >>> name_parts("warfrin", Hit("", Name("Warfarin", "en", "preferred", "x"), "fuzzy", 1))
    ({'match': 0.85, 'edits': 0.9059}, 'fuzzy: Warfarin (preferred name), 1 edit')
    """
    name, match = hit.name, hit.match
    parts = {"match": MATCH[match] * hit.factor}
    if name is None:
        return parts, hit.detail
    if name.kind != "preferred":
        parts["name"] = NAME_KIND[name.kind]
    why = f"{match}: {name.text} ({name.kind}{'' if name.kind != 'preferred' else ' name'})"
    if match == "fuzzy":
        worth = MATCH[match]
        parts["edits"] = round((worth - EDIT * hit.edits) / worth, 4)
        why += f", {hit.edits} edit{'s' if hit.edits != 1 else ''}"
    elif match == "exact" and span != name.text and span.casefold() != name.text.casefold():
        parts["case"] = CASE_DIFFERS
    elif match == "tokens":
        parts["cover"] = round(min(1.0, len(span) / max(1, len(name.text))), 4)
    return parts, why + (f"; {hit.detail}" if hit.detail else "")


def best_name(span: str, hits: Sequence[Hit]) -> tuple[dict[str, float], str]:
    """The parts and the reason of the best of one concept's names, and the sources' part."""
    parts, why = name_parts(span, hits[0])
    for hit in hits[1:]:
        others = name_parts(span, hit)
        if product(others[0]) > product(parts):
            parts, why = others
    sources = {hit.name.source for hit in hits if hit.name is not None}
    if len(sources) == 1:
        parts["sources"] = ONE_SOURCE
    return {part: round(value, 4) for part, value in parts.items()}, why


def category_factor(categories: Sequence[str], expected: Sequence[str]) -> float:
    """1 where a category fits what the question expects or nothing is expected, else less.

    >>> category_factor(["Drug"], ["ChemicalEntity"]), category_factor(["Gene"], ["Disease"])
    (1.0, 0.8)
    """
    if not expected or "NamedThing" in expected:
        return 1.0
    fits = any(is_a(have, want) or is_a(want, have) for have in categories for want in expected)
    return 1.0 if fits else WRONG_CATEGORY


def matches_case(span: str, text: str) -> bool:
    """Whether a short symbol is meant: ``WAS`` the gene is not "was" the verb.

    >>> matches_case("was", "WAS"), matches_case("Asthma", "asthma"), matches_case("SSRIs", "SSRI")
    (False, True, True)
    """
    if len(text) > SHORT_NAME or not text.isascii() or not text.isupper():
        return True
    return span == text or (span[:-1] == text and span[-1] == "s")
