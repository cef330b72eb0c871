"""A wording with a list in it, for tasks that write many: what is inflected once is kept.

The same sentences as :meth:`~kgmed.kg.verbalize.Verbalizer.grouped`, for names that are at hand;
and it takes a list of subjects in a wording that is told from the subject, too ("A, B and C belong
to the drug class X"), where told from the object it would be clumsy.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.kg.verbalize import chinese, english
from kgmed.kg.verbalize.number import is_plural, opening
from kgmed.kg.verbalize.template import STOPS, End, Pieces, denied, pieces, texts

FORWARD = frozenset(
    ("has_role", "in_drug_class", "has_mechanism_of_action", "has_physiologic_effect",
     "has_chemical_structure_class", "has_dose_form", "administered_by_route")
)  # fmt: skip
"""Predicates whose object is a class or the like: told from the subject even of an object."""


class Slot(NamedTuple):
    """What stands in a slot: a name or a list of names, and which of the two."""

    text: str
    number: english.Number


def slot(name: str, lang: Language) -> Slot:
    """A single name."""
    return Slot(name, "many" if lang == "en" and is_plural(name) else "one")


def options(
    registry: Registry, predicate: str, lang: Language, *, inverse: bool, listed: bool
) -> tuple[str, ...]:
    """The wordings to choose from; those that take a list, for one."""
    return _fit(texts(registry, predicate, lang, inverse=inverse), lang, listed=listed)


@lru_cache(maxsize=1 << 10)
def led(found: tuple[str, ...]) -> tuple[str, ...]:
    """The wordings that their subject opens; all where none is."""
    return tuple(text for text in found if text.startswith("{s} ")) or tuple(
        text for text in found if text.startswith("{s}") and "的" not in text.partition("{o}")[0]
    ) or found  # fmt: skip


def written(
    text: str, lang: Language, subject: Slot, object: Slot, *, tail: str = "", negated: bool = False
) -> str:
    """A wording with its slots filled, as a sentence; ``tail`` are qualifiers in brackets.

    >>> written("{s} belongs to the class {o}", "en", Slot("A and B", "list"), Slot("X", "one"))
    'A and B belong to the class X.'
    """
    if negated:
        text = denied(text, lang)
    (prefix, between, suffix), first, opens, closes = _inflected(
        text, lang, subject.number, object.number
    )
    head, last = (subject.text, object.text) if first == "s" else (object.text, subject.text)
    if opens and lang == "en":
        head = opening(head)
    stop = STOPS[lang]
    end = "" if closes else suffix.removesuffix(stop)
    if not tail and closes and last.endswith((".", "!", "?", "。", "！", "？")):
        stop = ""
    return f"{prefix}{head}{between}{last}{end}{tail}{stop}"


@lru_cache(maxsize=1 << 14)
def _inflected(
    text: str, lang: Language, subject: english.Number, object: english.Number
) -> tuple[Pieces, End, bool, bool]:
    if lang == "en":
        text = english.inflect(text, {"s": subject, "o": object})
    return pieces(text, lang)


@lru_cache(maxsize=1 << 12)
def _fit(found: tuple[str, ...], lang: Language, *, listed: bool) -> tuple[str, ...]:
    takes = chinese.takes_lists if lang == "zh" else english.takes_lists
    return tuple(text for text in found if not listed or takes(text)) or found
