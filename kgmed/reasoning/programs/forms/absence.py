"""Words for what isn't there: not covered, or covered and not listed."""

from __future__ import annotations

from dataclasses import replace

from kgmed.reasoning.answer import Answer
from kgmed.reasoning.programs.forms.context import Context


def nothing(
    context: Context, answer: Answer, predicate: str, id: str, noun: str, *, covered: bool
) -> Answer:
    """Abstain, naming the sources that were read.

    ``covered`` says that the graph holds statements of the predicate for the concept, only none
    that the question asks for: then there is no evidence; else it isn't covered.
    """
    name = context.name(id)
    sources = context.sources_of(predicate)
    if not sources:
        text = context.phrase("predicate_absent", predicate=noun)
        return replace(answer, reason="not_covered", text=text)
    text = context.phrase("no_evidence", name=name, noun=noun, sources=sources)
    return replace(answer, reason="no_evidence" if covered else "not_covered", text=text)
