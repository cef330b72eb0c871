"""Words for what isn't there: not covered, or covered and not listed."""

from __future__ import annotations

from dataclasses import replace

from kgmed.reasoning.answer import Answer
from kgmed.reasoning.programs.forms.context import Context


def nothing(context: Context, answer: Answer, predicate: str, id: str, noun: str) -> Answer:
    """Abstain: not covered, or covered with no evidence; the sources that were read are named."""
    name = context.name(id)
    sources = context.sources_of(predicate)
    if not sources:
        text = context.phrase("predicate_absent", predicate=noun)
        return replace(answer, reason="not_covered", text=text)
    own = context.retriever.store.degrees([id])[0]
    if not own:
        text = context.phrase("not_covered", predicate=noun, name=name)
        text += " " + context.phrase("covered_by", predicate=noun, sources=sources)
        return replace(answer, reason="not_covered", text=text)
    text = context.phrase("no_evidence", name=name, noun=noun, sources=sources)
    return replace(answer, reason="no_evidence", text=text)
