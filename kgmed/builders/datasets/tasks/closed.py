"""Questions that yes or no answers, made of a statement's wordings."""

from __future__ import annotations

import re
from functools import lru_cache

from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry, fill
from kgmed.kg.verbalize import english
from kgmed.kg.verbalize.number import is_plural
from kgmed.kg.verbalize.template import texts

_FIRST = re.compile(r"^\{([so])\} ([\w-]+)(.*)$")
_THERE = re.compile(r"^there is (.*)$")
_AUXILIARY = frozenset(("is", "are", "can", "may", "must", "should", "was", "were"))
_INNER = re.compile(r"\b(?:not|no)\b")


def _open(registry: Registry, predicate: str, lang: Language, *, inverse: bool) -> tuple[str, ...]:
    return _fit(texts(registry, predicate, lang, inverse=inverse), lang)


@lru_cache(maxsize=4096)
def _fit(found: tuple[str, ...], lang: Language) -> tuple[str, ...]:
    """The wordings that a closed question is made of."""
    if lang == "zh":
        return tuple(text for text in found if "：" not in text)
    return tuple(
        text
        for text in found
        if (_FIRST.match(text) or _THERE.match(text))
        and not _INNER.search(text)
        and ":" not in text
    )


def wordings(registry: Registry, predicate: str, lang: Language, *, inverse: bool) -> int:
    """How many closed questions a predicate has from one end."""
    return len(_open(registry, predicate, lang, inverse=inverse))


def question(
    registry: Registry,
    predicate: str,
    ends: tuple[str, str],
    lang: Language,
    *,
    inverse: bool = False,
    wording: int = 0,
) -> str:
    """Whether a predicate holds between two names (subject, object), as a question.

    >>> from kgmed.kg.predicates import registry
    >>> question(registry(), "treats", ("beta blockers", "hypertension"), "en")
    'Do beta blockers treat hypertension?'
    >>> question(registry(), "treats", ("beta blockers", "hypertension"), "en", wording=1)
    'Are beta blockers used to treat hypertension?'
    >>> question(registry(), "interacts_with", ("华法林", "胺碘酮"), "zh")
    '华法林与胺碘酮存在相互作用吗？'
    """
    found = _open(registry, predicate, lang, inverse=inverse)
    text = found[wording % len(found)]
    if lang == "zh":
        return fill(text, s=ends[0], o=ends[1]) + "吗？"
    return fill(_asked(text, is_plural(ends[0]), is_plural(ends[1])), s=ends[0], o=ends[1])


@lru_cache(maxsize=4096)
def _asked(text: str, many_s: bool, many_o: bool, /) -> str:
    """A wording as a question, for names that are plural or aren't."""
    plural: dict[str, english.Number] = {
        "s": "many" if many_s else "one", "o": "many" if many_o else "one",
    }  # fmt: skip
    text = english.inflect(text, plural)
    there = _THERE.match(text)
    if there is not None:
        return f"Is there {there[1]}?"
    found = _FIRST.match(text)
    assert found is not None, text  # noqa: S101  _open lets nothing else through
    slot, verb, rest = found.groups()
    if verb in _AUXILIARY:
        return f"{verb.capitalize()} {{{slot}}}{rest}?"
    does, manner = "Do" if plural[slot] == "many" else "Does", ""
    while verb.endswith("ly"):  # "negatively regulates"
        manner += verb + " "
        verb, _, rest = rest[1:].partition(" ")
        rest = " " + rest
    one = does == "Does" or manner  # behind an adverb the wording keeps its singular
    return f"{does} {{{slot}}} {manner}{english.base(verb) if one else verb}{rest}?"
