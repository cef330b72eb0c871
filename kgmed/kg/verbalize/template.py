"""Wordings as pieces that join with two names: what stands before, between and behind them.

English agrees: where the name of the end that ``agrees`` is plural, the ``plural`` pieces hold. A
name that opens the sentence takes its ``opening`` form, and one that closes it its ``closing`` form
(its full stop is its own). :class:`Form` has the forms of a name, :class:`Template` the pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry, Wording
from kgmed.kg.verbalize import chinese, english, number

End = Literal["s", "o"]
STOPS: dict[Language, str] = {"en": ".", "zh": "。"}
CLOSED = tuple(".!?。！？")
"""What a name ends with that is the sentence's stop as well."""


class Pieces(NamedTuple):
    """The texts before the first name, between the two, and behind the second."""

    prefix: str
    between: str
    suffix: str


class Form(NamedTuple):
    """A name as it stands inside a sentence, as it opens one, as it closes one; and its number."""

    text: str
    opening: str
    closing: str
    plural: bool


@dataclass(frozen=True, slots=True)
class Template:
    """One wording of a predicate, for two names.

    ``first`` says whose name comes first: "s" the subject's, "o" the object's. ``opens`` and
    ``closes`` say whether a name opens the sentence and whether one closes it. ``agrees`` is the
    end whose number the verb follows ('' for none); where it is plural, the pieces are ``plural``.

    The sentence is ``prefix + first + between + second + suffix``, with the first name's
    ``opening`` form if ``opens``, and the second one's ``closing`` form if ``closes``.
    """

    wording: str
    lang: Language
    first: End
    singular: Pieces
    plural: Pieces
    agrees: Literal["", "s", "o"]
    opens: bool
    closes: bool

    def sentence(self, subject: Form, object: Form, *, tail: str = "") -> str:
        """The sentence of two names; ``tail`` (qualifiers in brackets) stands before its stop."""
        first, second = (subject, object) if self.first == "s" else (object, subject)
        number = subject if self.agrees == "s" else object
        prefix, between, suffix = self.plural if self.agrees and number.plural else self.singular
        head = first.opening if self.opens else first.text
        if tail:
            stop = STOPS[self.lang]
            return f"{prefix}{head}{between}{second.text}{suffix.removesuffix(stop)}{tail}{stop}"
        last = second.closing if self.closes else second.text
        return f"{prefix}{head}{between}{last}{suffix}"


_SLOTS = re.compile(r"\{([so])\}")
_OPENED = re.compile(r"\{([so])\} ")


@lru_cache(maxsize=1 << 17)
def form(name: str, lang: Language) -> Form:
    """The forms of a name in a language.

    >>> form("beta blockers", "en")
    Form(text='beta blockers', opening='Beta blockers', closing='beta blockers.', plural=True)
    >>> form("Plasmodium sp.", "en").closing, form("痛风", "zh").closing
    ('Plasmodium sp.', '痛风。')
    """
    return _form(name, lang, plural=lang == "en" and number.is_plural(name))


def value_form(text: str, lang: Language) -> Form:
    """The forms of a value: never a plural ("40 hours is the half-life"), and not remembered."""
    return _form(text, lang, plural=False)


def _form(text: str, lang: Language, *, plural: bool) -> Form:
    opening = text if lang == "zh" else number.opening(text)
    return Form(text, opening, ended(text, lang), plural)


def ended(text: str, lang: Language) -> str:
    """A text as it closes a sentence: with a stop, unless it brings its own.

    >>> ended("gout", "en"), ended("Plasmodium sp.", "en"), ended("Plasmodium sp.", "zh")
    ('gout.', 'Plasmodium sp.', 'Plasmodium sp。')
    """
    if lang == "zh" and text.endswith("."):
        return text.removesuffix(".") + STOPS[lang]
    return text if text.endswith(CLOSED) else text + STOPS[lang]


def wordings_of(wording: Wording, *, inverse: bool) -> tuple[str, ...]:
    """The wordings of one direction: from the subject, or from the object."""
    return wording.inverse_sentence if inverse else wording.sentence


def fallback(predicate: str, *, inverse: bool) -> tuple[str, ...]:
    """The wording of a source's own predicate, which the registry hasn't."""
    words = predicate.replace("_", " ")
    return (f"{{o}}, {words} of {{s}}",) if inverse else (f"{{s}} {words} {{o}}",)


def texts(
    registry: Registry, predicate: str, lang: Language, *, inverse: bool = False
) -> tuple[str, ...]:
    """All wordings of a predicate in one direction, with their slots."""
    entry = registry.get(predicate)
    if entry is None:
        return fallback(predicate, inverse=inverse)
    return wordings_of(entry.wording[lang], inverse=inverse)


@lru_cache(maxsize=4096)
def denied(text: str, lang: Language) -> str:
    """A wording with its negation."""
    return chinese.negate(text) if lang == "zh" else english.negate(text)


@lru_cache(maxsize=4096)
def compiled(text: str, lang: Language) -> Template:
    """A wording, with slots, as pieces."""
    singular, first, opens, closes = pieces(text, lang)
    if lang == "zh":
        return Template(text, lang, first, singular, singular, "", opens, closes)
    opened = _OPENED.match(text)
    agrees: Literal["", "s", "o"] = ""
    if opened is not None:
        agrees = "s" if opened[1] == "s" else "o"
    numbers: dict[str, english.Number] = {"s": "one", "o": "one"}
    if agrees:
        numbers[agrees] = "many"
    plural = pieces(english.inflect(text, numbers), lang)[0]
    if plural == singular:
        agrees = ""
    return Template(text, lang, first, singular, plural, agrees, opens, closes)


def pieces(text: str, lang: Language) -> tuple[Pieces, End, bool, bool]:
    """A wording's pieces, whose name is first, and whether names open and close it."""
    before, first, between, _second, behind = _SLOTS.split(text)
    if lang == "en":
        before = before[:1].upper() + before[1:]
    closes = not behind
    suffix = behind if closes else behind + STOPS[lang]
    return Pieces(before, between, suffix), "s" if first == "s" else "o", not before, closes
