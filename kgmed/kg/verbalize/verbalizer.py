"""Statements as sentences: the one class that writers, answers and proofs share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Concept, Language, Path, Statement, Value
from kgmed.kg.predicates import Registry, fill
from kgmed.kg.verbalize import chinese, english, number, values
from kgmed.kg.verbalize import qualifiers as words_of
from kgmed.kg.verbalize.template import (
    Form,
    Template,
    compiled,
    denied,
    form,
    texts,
    value_form,
)

Names = Mapping[str, str] | Callable[[str], str]
"""CURIE -> display name in the language that is written."""


class Verbalizer:
    """Writes statements of one registry's predicates as English and Chinese sentences.

    >>> from kgmed.kg.predicates import registry
    >>> say = Verbalizer(registry())
    >>> names = {"x:1": "proton pump inhibitors", "x:2": "clopidogrel"}
    >>> say.claim("x:1", "interacts_with", "x:2", names, lang="en")
    'Proton pump inhibitors interact with clopidogrel.'
    >>> say.claim("x:1", "interacts_with", "x:2", names, lang="en", negated=True, wording=1)
    'There is no interaction between proton pump inhibitors and clopidogrel.'
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    # Wordings

    def wordings(self, predicate: str, lang: Language, *, inverse: bool = False) -> int:
        """How many wordings a predicate has from its subject, or, ``inverse``, from its object."""
        return len(texts(self.registry, predicate, lang, inverse=inverse))

    def templates(
        self, predicate: str, lang: Language, *, inverse: bool = False, negated: bool = False
    ) -> tuple[Template, ...]:
        """The wordings as pieces for writers of many sentences, in the order of ``wording``."""
        return tuple(
            self._template(predicate, lang, wording, inverse=inverse, negated=negated)
            for wording in range(self.wordings(predicate, lang, inverse=inverse))
        )

    def form(self, name: str, lang: Language) -> Form:
        """The forms of a name that the pieces of :meth:`templates` join with."""
        return form(name, lang)

    def _text(self, predicate: str, lang: Language, wording: int, *, inverse: bool) -> str:
        found = texts(self.registry, predicate, lang, inverse=inverse)
        return found[wording % len(found)]

    def _template(
        self, predicate: str, lang: Language, wording: int, *, inverse: bool, negated: bool
    ) -> Template:
        text = self._text(predicate, lang, wording, inverse=inverse)
        return compiled(denied(text, lang) if negated else text, lang)

    # One statement

    def statement(
        self,
        statement: Statement,
        names: Names,
        *,
        lang: Language,
        wording: int = 0,
        inverse: bool = False,
    ) -> str:
        """A statement as one sentence, with its full stop.

        ``wording`` counts from 0 and goes round: the third of two wordings is the first.
        ``inverse`` tells it from the object. A concept without a name stands with its id.
        """
        return self.claim(
            statement.subject,
            statement.predicate,
            statement.value if statement.value is not None else statement.object,
            names,
            lang=lang,
            negated=statement.negated,
            qualifiers=statement.qualifiers,
            wording=wording,
            inverse=inverse,
        )

    def claim(
        self,
        subject: str,
        predicate: str,
        object: str | Value,
        names: Names,
        *,
        lang: Language,
        negated: bool = False,
        qualifiers: Mapping[str, str] | None = None,
        wording: int = 0,
        inverse: bool = False,
    ) -> str:
        """What is claimed of two ends (or an end and a value), as one sentence."""
        known = _looked_up(names)
        template = self._template(predicate, lang, wording, inverse=inverse, negated=negated)
        if isinstance(object, Value):
            target = value_form(values.words(object, lang), lang)
        else:
            target = form(known(object), lang)
        ends = form(known(subject), lang), target
        return template.sentence(*ends, tail=_tail(qualifiers, known, lang))

    def clause(
        self,
        statement: Statement,
        names: Names,
        *,
        lang: Language,
        wording: int = 0,
        inverse: bool = False,
    ) -> str:
        """A statement as a clause, for the middle of a sentence: no capital, no full stop."""
        known = _looked_up(names)
        text = self._text(statement.predicate, lang, wording, inverse=inverse)
        object = statement.value if statement.value is not None else statement.object
        ends = known(statement.subject), _end(object, known, lang)
        valued = statement.value is not None
        said = self._clause(text, ends, lang, negated=statement.negated, valued=valued)
        return said + _tail(statement.qualifiers, known, lang)

    def claim_clause(
        self,
        subject: str,
        predicate: str,
        object: str,
        names: Names,
        *,
        lang: Language,
        inverse: bool = False,
        negated: bool = False,
        wording: int = 0,
    ) -> str:
        """What is claimed of two ends, as a clause."""
        known = _looked_up(names)
        text = self._text(predicate, lang, wording, inverse=inverse)
        return self._clause(text, (known(subject), known(object)), lang, negated=negated)

    def _clause(
        self, text: str, ends: tuple[str, str], lang: Language, *, negated: bool,
        valued: bool = False,
    ) -> str:  # fmt: skip
        if negated:
            text = denied(text, lang)
        if lang == "en":
            many_s, many_o = number.is_plural(ends[0]), number.is_plural(ends[1])
            text = _inflected(text, many_s, many_o and not valued)
        return fill(text, s=ends[0], o=ends[1])

    # Several statements

    def grouped(
        self,
        statements: Sequence[Statement],
        names: Names,
        *,
        lang: Language,
        wording: int = 0,
        limit: int | None = None,
        about: str = "",
    ) -> str:
        """Statements of one predicate that share an end, as one sentence with a list.

        They share the subject (the list is of objects or values) or the object (the list is of
        subjects), and all are negated or none is. The list keeps their order, each name once;
        with a ``limit`` it tells how many more there are. What only some are qualified by stands
        in brackets behind each. ``about`` is the end that the sentence is about, by default the
        one they share, the subject first.

        Raises :class:`~kgmed.kg.errors.UsageError` for statements that share no end.
        """
        from kgmed.kg.verbalize.grouping import grouped

        known = _looked_up(names)
        return grouped(self, statements, known, lang, wording=wording, limit=limit, about=about)

    def concept(
        self,
        concept: Concept,
        statements: Sequence[Statement],
        names: Names,
        *,
        lang: Language,
        wording: int = 0,
        limit: int | None = None,
    ) -> str:
        """A short paragraph: what a concept is, then what the statements say of it.

        It opens with the category and the parents, goes on with a definition where the statements
        hold one, then by predicate in the registry's order, from the concept's side. ``limit``
        cuts each list, with a count. Statements of other concepts are left out. Whether a text may
        be told is for the caller: it hands in the statements whose licence allows it.
        """
        from kgmed.kg.verbalize.describe import described

        return described(
            self, concept, statements, _looked_up(names), lang, wording=wording, limit=limit
        )

    def path(self, path: Path, names: Names, *, lang: Language, wording: int = 0) -> str:
        """A path as a narrative from its start to its end, each step told in walking order.

        Raises :class:`~kgmed.kg.errors.UsageError` for a path without steps.
        """
        from kgmed.kg.verbalize.narrate import narrated

        if not path.steps:
            raise UsageError("a path without steps tells nothing: expected at least one statement")
        return narrated(self, path, _looked_up(names), lang, wording=wording)

    # What grouping and narratives choose from

    def choices(
        self, predicate: str, lang: Language, *, inverse: bool, listed: bool = False,
        opened: bool = False,
    ) -> list[str]:  # fmt: skip
        """Wordings that take a list (``listed``), or that open with a name (``opened``)."""
        found = texts(self.registry, predicate, lang, inverse=inverse)
        takes = chinese.takes_lists if lang == "zh" else english.takes_lists
        mark = "{o}" if inverse else "{s}"
        kept = [text for text in found if not opened or text.startswith(mark)] or list(found)
        return [text for text in kept if not listed or takes(text)] or kept


@lru_cache(maxsize=1 << 12)
def _inflected(text: str, many_s: bool, many_o: bool, /) -> str:
    one: english.Number = "one"
    many: english.Number = "many"
    return english.inflect(text, {"s": many if many_s else one, "o": many if many_o else one})


def _looked_up(names: Names) -> Callable[[str], str]:
    if isinstance(names, Mapping):
        known = names

        def found(id: str) -> str:
            return known.get(id) or id

        return found
    return names


def _end(object: str | Value, name: Callable[[str], str], lang: Language) -> str:
    return values.words(object, lang) if isinstance(object, Value) else name(object)


def _tail(said: Mapping[str, str] | None, name: Callable[[str], str], lang: Language) -> str:
    return words_of.tail(said, name, lang=lang) if said else ""
