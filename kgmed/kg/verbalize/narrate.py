"""A path as a narrative: its steps in walking order, each told from where it starts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from kgmed.kg.model import Language, Path, Step
from kgmed.kg.verbalize import english, number
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.template import denied, ended, pieces

if TYPE_CHECKING:
    from kgmed.kg.verbalize.verbalizer import Verbalizer

WHICH: dict[Language, str] = {"en": ", which", "zh": "，后者"}
AND: dict[Language, str] = {"en": ", and ", "zh": "，而"}
_THEN: dict[Language, tuple[str, ...]] = {
    "en": ("In turn, ", "Furthermore, "),
    "zh": ("接下来，", "进一步，"),
}
_LAST: dict[Language, str] = {"en": "Finally, ", "zh": "最后，"}
_PER_SENTENCE = 2
_BY_NOUN = re.compile(r"\b(?:is|are|acts? as) (?:an?|the|one of|among|\w+s of)\b")
"""A wording by a noun: behind "is an inhibitor of B", "which" might be the inhibitor."""


def narrated(
    say: Verbalizer, path: Path, name: Callable[[str], str], lang: Language, *, wording: int
) -> str:
    """The narrative; :meth:`~kgmed.kg.verbalize.verbalizer.Verbalizer.path` says of what.

    A sentence holds two steps: "A inhibits B, which causes C" where the first ends with what the
    second opens with, else "A lowers the activity of B, and B causes C".
    """
    last = len(path.steps) - 1
    told = [
        _step(say, step, name, lang, wording=wording, leads=at < last and not at % _PER_SENTENCE)
        for at, step in enumerate(path.steps)
    ]
    sentences = []
    for at in range(0, len(told), _PER_SENTENCE):
        head, rest, ends = told[at]
        text = head + rest
        for place, (head, rest, leads) in enumerate(told[at + 1 : at + _PER_SENTENCE], at + 1):
            follows = ends and head == name(path.steps[place].start)
            text += WHICH[lang] + rest if follows else AND[lang] + head + rest
            ends = leads
        if not at:
            text = number.opening(text) if lang == "en" else text
        elif at + _PER_SENTENCE >= len(told) and at > _PER_SENTENCE:
            text = _LAST[lang] + text
        else:
            text = _THEN[lang][(at // _PER_SENTENCE - 1) % 2] + text
        sentences.append(ended(text, lang))
    return ("" if lang == "zh" else " ").join(sentences)


def worded(
    say: Verbalizer, predicate: str, lang: Language, *, wording: int, inverse: bool,
    numbers: Mapping[str, english.Number], negated: bool = False, leads: bool = False,
) -> tuple[str, str, str, str, bool]:  # fmt: skip
    """A step's wording as what stands before, between and behind its two names, the end whose name
    is first ("s" or "o"), and whether a name closes it; ``leads`` where the sentence may go on with
    "which": a wording by a noun isn't closed by the name then, as it might mean the noun."""
    options = say.choices(predicate, lang, inverse=inverse, opened=True)
    if leads and lang == "en":
        options = [text for text in options if not _BY_NOUN.search(text)] or options
    text = options[wording % len(options)]
    if negated:
        text = denied(text, lang)
    if lang == "en":
        text = english.inflect(text, numbers)
    (_, between, suffix), first, opens, closes = pieces(text, lang)
    prefix = "" if opens else text[: text.index("{")]
    behind = "" if closes else suffix[:-1]
    if leads and lang == "en" and _BY_NOUN.search(text):
        closes = False
    return prefix, between, behind, first, closes


def _step(
    say: Verbalizer, step: Step, name: Callable[[str], str], lang: Language, *, wording: int,
    leads: bool,
) -> tuple[str, str, bool]:  # fmt: skip
    """(what it opens with, the rest, whether it ends with where the step leads); ``leads`` where
    the sentence may go on with "which"."""
    statement = step.statement
    ends = {"s": name(statement.subject), "o": name(statement.object)}
    numbers: dict[str, english.Number] = {
        end: "many" if lang == "en" and number.is_plural(text) else "one"
        for end, text in ends.items()
    }
    prefix, between, behind, first, closes = worded(
        say, statement.predicate, lang, wording=wording, inverse=step.direction == "in",
        numbers=numbers, negated=statement.negated, leads=leads,
    )  # fmt: skip
    second = "o" if first == "s" else "s"
    tail = words_of.tail(statement.qualifiers, name, lang=lang)
    arrives = ends[second] == name(step.end)
    return prefix + ends[first], f"{between}{ends[second]}{behind}{tail}", closes and arrives
