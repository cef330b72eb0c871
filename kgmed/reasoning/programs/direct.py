"""The direct program: a question answered from the graph alone, without a language model."""

from __future__ import annotations

import time
from dataclasses import replace

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.normalize import key
from kgmed.kg.model import Language
from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import GraphStore
from kgmed.kg.store.names import edits
from kgmed.reasoning import compose
from kgmed.reasoning.answer import NOTICE, Answer
from kgmed.reasoning.naming import with_names
from kgmed.reasoning.programs import forms
from kgmed.reasoning.programs.slots import Bound, bind
from kgmed.reasoning.question import parse, what_it_can_answer
from kgmed.reasoning.retrieve import Retriever

MAX_QUESTION = 2_000
"""Code points of a question."""


def check_question(question: str) -> str:
    """Refuse what can't be a question, each with a message; returns it trimmed.

    >>> check_question("  what is gout? ")
    'what is gout?'
    """
    text = question.strip()
    if not text:
        raise UsageError("The question is empty. Ask, say: drug interactions of warfarin")
    if len(text) > MAX_QUESTION:
        raise UsageError(
            f"The question has {len(text):,} characters; at most {MAX_QUESTION:,} are read. "
            "Ask one question at a time."
        )
    for place, character in enumerate(text):
        if (ord(character) < 32 and character not in "\t\n\r") or 0xD800 <= ord(character) < 0xE000:
            raise UsageError(
                f"The question holds the control character U+{ord(character):04X} at position "
                f"{place}; expected text in UTF-8."
            )
    return text


class Direct:
    """Question -> entities, predicate and form -> graph -> a composed, cited answer."""

    name = "direct"

    def __init__(self, store: GraphStore, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._retriever = Retriever(store, registry)
        self._linker = Linker(store)

    def ask(
        self, question: str, *, language: Language | None = None, limit: int | None = 20
    ) -> Answer:
        """Answer a question; abstain, with the reason, where the graph doesn't.

        ``limit`` bounds the items in ``text`` (None for all); ``items`` always holds them all.
        Raises :class:`~kgmed.kg.errors.UsageError` for what can't be a question.
        """
        started = time.perf_counter()
        text = check_question(question)
        lang, readings = parse(text, registry=self._registry, language=language)
        lang = language or lang
        info = self._store.info()
        if not readings:
            answer = Answer(
                question, lang, None, True, "not_understood",
                compose.phrase(lang, "not_understood") + " " + what_it_can_answer(lang),
            )  # fmt: skip
        else:
            bound = bind(readings, self._linker, self._retriever)
            answer = self._answer(question, lang, bound, limit)
        return replace(
            with_names(answer, self._store),
            snapshot=info.snapshot,
            notice=NOTICE[lang],
            elapsed_ms=round((time.perf_counter() - started) * 1000, 1),
        )

    def _answer(self, question: str, lang: Language, bound: Bound, limit: int | None) -> Answer:
        reading = bound.reading
        base = Answer(
            question, lang, reading.form, True, None, "",
            links=bound.links, trace=(f"{reading.form}: {reading.matched}",),
        )  # fmt: skip
        if bound.unlinked:
            text = "\n".join(self._not_linked(lang, slot.text) for slot in bound.unlinked)
            return replace(base, reason="not_linked", text=text)
        if bound.ambiguous:
            lines = []
            for slot, rivals in bound.ambiguous:
                names = compose.join(lang, [f"{c.name} ({c.id})" for c in rivals])
                lines.append(compose.phrase(lang, "ambiguous", text=slot.text, names=names))
            return replace(base, reason="ambiguous", text="\n".join(lines))
        context = forms.Context(self._retriever, self._registry, lang, limit)
        answer = forms.FORMS[reading.form](context, bound, base)
        read_as = self._read_as(lang, bound)
        return replace(answer, text="\n".join(filter(None, [answer.text, *read_as])))

    def _not_linked(self, lang: Language, text: str) -> str:
        line = compose.phrase(lang, "not_linked", text=text)
        near = self._store.lexicon.prefix(key(text)[:4], limit=200) if len(key(text)) > 4 else []
        close = [name.text for _id, name in near if edits(key(name.text), key(text), limit=3) <= 3]
        if close:
            names = compose.join(lang, list(dict.fromkeys(close))[:3])
            line += " " + compose.phrase(lang, "near", names=names)
        return line

    def _read_as(self, lang: Language, bound: Bound) -> list[str]:
        """A line for each mention that isn't the name of what it was taken for."""
        lines = []
        concepts = self._store.concepts([link.id for link in bound.links])
        for link, concept in zip(bound.links, concepts, strict=True):
            if concept is None:
                continue
            taken = {key(name) for name in (*concept.names.values(), link.name)}
            if key(link.text) not in taken:
                name = concept.name_in(lang)
                lines.append(
                    compose.phrase(lang, "read_as", text=link.text, name=name, why=link.why)
                )
        return lines
