"""A concept in a short paragraph: what it is, then what is said of it, by predicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kgmed.kg import categories
from kgmed.kg.model import Concept, Language, Statement
from kgmed.kg.verbalize import english
from kgmed.kg.verbalize import qualifiers as words_of

if TYPE_CHECKING:
    from kgmed.kg.verbalize.verbalizer import Verbalizer

_FIRST = ("subclass_of", "in_drug_class", "has_definition")
_VOWEL = "aeiou"


def described(
    say: Verbalizer,
    concept: Concept,
    statements: Sequence[Statement],
    name: Callable[[str], str],
    lang: Language,
    *,
    wording: int,
    limit: int | None,
) -> str:
    """The paragraph; :meth:`~kgmed.kg.verbalize.verbalizer.Verbalizer.concept` says of what."""
    own = name(concept.id)
    sentences = [text] if (text := _category(concept, own, lang)) else []
    for (predicate, inverse, _negated, _tail), group in _groups(
        say, concept, statements, name, lang
    ):
        pronoun = bool(sentences) and lang == "en" and _opens(say, predicate, inverse=inverse)
        stand_in = ("they" if english.is_plural(own) else "it") if pronoun else own

        def named(id: str, stand_in: str = stand_in) -> str:
            return stand_in if id == concept.id else name(id)

        sentences.append(say.grouped(group, named, lang=lang, wording=wording, limit=limit))
    return ("" if lang == "zh" else " ").join(sentences)


def _opens(say: Verbalizer, predicate: str, *, inverse: bool) -> bool:
    """Whether all wordings of a predicate open with the end told from: a pronoun may stand there."""
    mark = "{o}" if inverse else "{s}"
    listed = say.choices(predicate, "en", inverse=inverse, listed=True)
    single = say.choices(predicate, "en", inverse=inverse)
    return all(text.startswith(mark) for text in (*listed, *single))


def _category(concept: Concept, own: str, lang: Language) -> str:
    if not concept.categories or concept.categories[0] == "NamedThing":
        return ""
    many = lang == "en" and english.is_plural(own)
    label = categories.label(concept.categories[0], language=lang, plural=many)
    if lang == "zh":
        return f"{own}是一种{label}。"
    if many:
        return f"{english.opening(own)} are {label}."
    article = "an" if label[0] in _VOWEL else "a"
    return f"{english.opening(own)} is {article} {label}."


def _groups(
    say: Verbalizer,
    concept: Concept,
    statements: Sequence[Statement],
    name: Callable[[str], str],
    lang: Language,
) -> list[tuple[tuple[str, bool, bool, str], list[Statement]]]:
    """Statements by predicate, direction, negation and qualifiers, in the order of the registry."""
    found: dict[tuple[str, bool, bool, str], list[Statement]] = {}
    for statement in statements:
        if concept.id not in {statement.subject, statement.object}:
            continue
        entry = say.registry.get(statement.predicate)
        symmetric = entry is not None and entry.symmetric
        inverse = statement.subject != concept.id and not symmetric
        tail = words_of.tail(statement.qualifiers, name, lang=lang)
        key = (statement.predicate, inverse, statement.negated, tail)
        found.setdefault(key, []).append(statement)
    order = {predicate: place for place, predicate in enumerate((*_FIRST, *say.registry))}
    for place, predicate in enumerate(_FIRST):
        order[predicate] = place - len(_FIRST)

    def rank(item: tuple[tuple[str, bool, bool, str], list[Statement]]) -> tuple[int, str, bool]:
        predicate, inverse, _, _ = item[0]
        return order.get(predicate, len(order)), predicate, inverse

    return sorted(found.items(), key=rank)
