"""A concept in a short paragraph: what it is, then what is said of it, by predicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kgmed.kg import categories
from kgmed.kg.model import Concept, Language, Statement
from kgmed.kg.verbalize import number
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.grouping import grouped

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
        pronoun = bool(sentences) and lang == "en" and opens(say, predicate, inverse=inverse)
        stand_in = ("they" if number.is_plural(own) else "it") if pronoun else own

        def named(id: str, stand_in: str = stand_in) -> str:
            return stand_in if id == concept.id else name(id)

        sentences.append(
            grouped(
                say,
                group,
                named,
                lang,
                wording=wording,
                limit=limit,
                about=concept.id,
                opened=pronoun,
            )
        )
    return ("" if lang == "zh" else " ").join(sentences)


def opens(say: Verbalizer, predicate: str, *, inverse: bool) -> bool:
    """Whether a predicate has wordings that open with the end told from, for a pronoun."""
    mark = "{o}" if inverse else "{s}"
    return say.choices(predicate, "en", inverse=inverse, opened=True)[0].startswith(mark)


def _category(concept: Concept, own: str, lang: Language) -> str:
    if not concept.categories or concept.categories[0] == "NamedThing":
        return ""
    if lang == "zh":
        return own + is_a(concept.categories[0], lang, many=False)
    many = number.is_plural(own)
    return number.opening(own) + is_a(concept.categories[0], lang, many=many)


def is_a(category: str, lang: Language, *, many: bool) -> str:
    """What stands behind a name, or the name of several, that says what it is.

    >>> [is_a("Drug", "en", many=many) for many in (False, True)], is_a("Drug", "zh", many=False)
    ([' is a drug.', ' are drugs.'], '是一种药物。')
    """
    label = categories.label(category, language=lang, plural=many)
    if lang == "zh":
        return f"是一种{label}。"
    if many:
        return f" are {label}."
    return f" is {'an' if label[0] in _VOWEL else 'a'} {label}."


def ranks(say: Verbalizer) -> dict[str, int]:
    """The registry's predicates in the order in which a paragraph tells them."""
    order = {predicate: place for place, predicate in enumerate((*_FIRST, *say.registry))}
    return order | {predicate: place - len(_FIRST) for place, predicate in enumerate(_FIRST)}


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
    order = ranks(say)

    def rank(
        item: tuple[tuple[str, bool, bool, str], list[Statement]],
    ) -> tuple[int, str, bool, int]:
        predicate, inverse, _, _ = item[0]
        severity = words_of.severity_rank(item[1][0].qualifiers.get("severity", ""))
        return order.get(predicate, len(order)), predicate, inverse, severity

    return sorted(found.items(), key=rank)
