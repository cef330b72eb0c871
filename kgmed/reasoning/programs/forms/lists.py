"""The forms list, reverse, count and shared: what stands at the other end of a predicate."""

from __future__ import annotations

from dataclasses import replace

from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer
from kgmed.reasoning.programs.forms.absence import nothing
from kgmed.reasoning.programs.forms.context import MEMBERSHIP, Context, predicate_of
from kgmed.reasoning.programs.forms.items import breakdown, group_titles, items_of, reading_noun
from kgmed.reasoning.programs.forms.values import value
from kgmed.reasoning.programs.slots import Bound


def listing(context: Context, bound: Bound, answer: Answer) -> Answer:
    """list, reverse and count: what stands at the other end of a predicate."""
    reading, link = bound.reading, bound.links[0]
    predicate = predicate_of(reading.predicate)
    if context.registry[predicate].takes_value:
        return value(context, bound, answer)
    hits = context.retriever.hits(link.id, predicate, reading.given)
    if predicate in MEMBERSHIP:
        others = [name for name in MEMBERSHIP if name != predicate]
        if not hits:
            hits = [h for o in others for h in context.retriever.hits(link.id, o, reading.given)]
    items, statements = items_of(
        context, hits, category=reading.category, wanted=reading.qualifiers
    )
    if not items:
        noun = reading_noun(context, bound, 2)
        return nothing(context, answer, predicate, link.id, noun, covered=bool(hits))
    head = "count_head" if reading.form == "count" else "list_head"
    lines = [
        context.phrase(
            head,
            name=context.name(link.id),
            n=len(items),
            noun=reading_noun(context, bound, len(items)),
            breakdown=breakdown(context, items),
        )
    ]
    if reading.form != "count":
        groups = group_titles(context, items, statements)
        lines.append(compose.grouped(context.lang, items, limit=context.limit, groups=groups))
    lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer,
        abstained=False,
        text="\n".join(lines),
        items=tuple(items),
        value=len(items) if reading.form == "count" else None,
        statements=statements,
    )


def shared(context: Context, bound: Bound, answer: Answer) -> Answer:
    """What two or more concepts have in common at the other end of a predicate."""
    reading = bound.reading
    predicate = predicate_of(reading.predicate)
    per_slot = [context.retriever.hits(link.id, predicate, reading.given) for link in bound.links]
    common = set.intersection(*({hit.other for hit in hits} for hits in per_slot))
    hits = [hit for group in per_slot for hit in group if hit.other in common]
    items, statements = items_of(
        context, hits, category=reading.category, wanted=reading.qualifiers
    )
    names = context.join([context.name(link.id) for link in bound.links])
    if not items:
        for link, group in zip(bound.links, per_slot, strict=True):
            if not group:
                noun = reading_noun(context, bound, 2)
                return nothing(context, answer, predicate, link.id, noun, covered=False)
        text = context.phrase(
            "shared_none",
            names=names,
            noun=reading_noun(context, bound, 2),
            sources=context.sources_of(predicate),
        )
        return replace(answer, reason="no_evidence", text=text)
    words = [f"{item.name} {compose.cite(item.statements)}" for item in items[: context.limit]]
    noun = reading_noun(context, bound, len(items))
    lines = [
        context.phrase("shared", names=names, n=len(items), noun=noun),
        compose.PHRASES[context.lang]["comma"].join(words),
        context.phrase("sources", sources=context.sources(statements.values())),
    ]
    return replace(
        answer,
        abstained=False,
        text="\n".join(lines),
        items=tuple(items),
        value=len(items) if reading.counted else None,
        statements=statements,
    )
