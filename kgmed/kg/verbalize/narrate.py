"""A path as a narrative: its steps in walking order, each told from where it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kgmed.kg.model import Language, Path, Step
from kgmed.kg.verbalize import english
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.template import denied, pieces

if TYPE_CHECKING:
    from kgmed.kg.verbalize.verbalizer import Verbalizer

_JOIN: dict[Language, tuple[str, str, str, str]] = {
    "en": (", which", "In turn, ", "Finally, ", ". "),
    "zh": ("，后者", "接下来，", "最后，", "。"),
}
_PER_SENTENCE = 2


def narrated(
    say: Verbalizer, path: Path, name: Callable[[str], str], lang: Language, *, wording: int
) -> str:
    """The narrative; :meth:`~kgmed.kg.verbalize.verbalizer.Verbalizer.path` says of what."""
    which, then, last, stop = _JOIN[lang]
    parts: list[list[str]] = []
    closes = False
    for step in path.steps:
        head, rest, ends = _step(say, step, name, lang, wording=wording)
        follows = bool(parts) and closes and head == name(step.start)
        if follows and len(parts[-1]) < _PER_SENTENCE:
            parts[-1].append(which + rest)
        else:
            parts.append([head + rest])
        closes = ends
    sentences = []
    for place, clauses in enumerate(parts):
        text = "".join(clauses)
        if not place:
            text = _capital(text, lang)
        elif place + 1 == len(parts) and place > 1:
            text = last + text
        else:
            text = then + text
        sentences.append(text)
    whole = stop.join(sentences)
    return whole if whole.endswith(stop.strip()) else whole + stop.strip()


def _capital(text: str, lang: Language) -> str:
    return english.opening(text) if lang == "en" else text


def _step(
    say: Verbalizer, step: Step, name: Callable[[str], str], lang: Language, *, wording: int
) -> tuple[str, str, bool]:
    """(what it opens with, the rest, whether it ends with where the step leads)."""
    statement, inverse = step.statement, step.direction == "in"
    options = say.choices(statement.predicate, lang, inverse=inverse, opened=True)
    text = options[wording % len(options)]
    if statement.negated:
        text = denied(text, lang)
    ends = {"s": name(statement.subject), "o": name(statement.object)}
    if lang == "en":
        numbers: dict[str, english.Number] = {
            end: "many" if english.is_plural(text) else "one" for end, text in ends.items()
        }
        text = english.inflect(text, numbers)
    (_, between, suffix), first, opens, closes = pieces(text, lang)
    second = "o" if first == "s" else "s"
    tail = words_of.tail(statement.qualifiers, name, lang=lang)
    behind = "" if closes else suffix[:-1]
    prefix = "" if opens else text[: text.index("{")]
    leads = ends[second] == name(step.end)
    return prefix + ends[first], f"{between}{ends[second]}{behind}{tail}", closes and leads
