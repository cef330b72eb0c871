"""The forms define and compare: what a concept is, alone or beside another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kgmed.kg.categories import label as category_label
from kgmed.kg.linking.ranking import main_category
from kgmed.kg.model import Statement
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Item
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.slots import Bound


def define(context: Context, bound: Bound, answer: Answer) -> Answer:
    """What a concept is: category, definition, names, ids, and what the graph lists of it."""
    link = bound.links[0]
    concept = context.concepts([link.id])[link.id]
    store = context.retriever.store
    name = concept.name_in(context.lang)
    category = category_label(main_category(concept), language=context.lang)
    article = ""
    if context.lang == "en":
        article = "an " if category[0] in "aeiou" else "a "
    lines = [context.phrase("define_head", name=name, article=article, category=category)]
    statements: dict[str, Statement] = {}
    if "has_definition" in context.registry:
        for statement in store.values([link.id], predicates=["has_definition"])[0][:1]:
            assert statement.value is not None  # noqa: S101  the store's values have one
            statements[statement.id] = statement
            noun = context.noun("has_definition", 1)
            text = f"{statement.value.text} {compose.cite([statement.id])}"
            lines.append(context.phrase("define_value", noun=noun, value=text))
    names = [n.text for n in store.lexicon.names([link.id])[0] if n.text != name]
    distinct = list({n.casefold(): n for n in reversed(names)}.values())[::-1]
    if distinct:
        shown = distinct[:8]
        if len(distinct) > len(shown):
            shown.append(context.phrase("more", n=len(distinct) - len(shown)))
        comma = compose.PHRASES[context.lang]["comma"]
        lines.append(context.phrase("define_names", names=comma.join(shown)))
    lines.append(context.phrase("define_ids", ids=context.join(concept.equivalent_ids)))
    counts, examples = _counts(context, link.id)
    if counts:
        lines.append(context.phrase("define_counts", counts=context.join(counts)))
    cited = context.retriever.statements(examples)
    statements |= cited
    if statements:
        lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    item = Item(concept.id, name, main_category(concept), {}, tuple(statements))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=(item,), statements=statements
    )


def _counts(context: Context, id: str) -> tuple[list[str], list[str]]:
    """Counts by predicate and end, most first ("140 drug interactions"), with an example each."""
    edges = context.retriever.store.neighbors([id])[0]
    groups: dict[tuple[str, bool], dict[str, str]] = {}  # the other end -> a statement
    for edge in edges:
        entry = context.registry.get(edge.predicate)
        if entry is None or edge.negated:
            continue
        outward = edge.subject == id or entry.symmetric
        other = edge.object if edge.subject == id else edge.subject
        groups.setdefault((edge.predicate, outward), {}).setdefault(other, edge.statement)
    counts, examples = [], []
    for (predicate, outward), ends in sorted(groups.items(), key=lambda g: (-len(g[1]), g[0])):
        ids = list(ends.values())
        wording = context.registry[predicate].wording[context.lang]
        nouns = wording.nouns if outward else wording.inverse_nouns
        if nouns:
            many = len(ids) != 1
            singular = wording.noun if outward else wording.inverse_noun
            word = nouns[0] if many or not singular else singular[0]
            count = f"{len(ids)} 个" if context.lang == "zh" else f"{len(ids)} "
            counts.append(f"{count}{word} {compose.cite(ids[:1])}")
            examples.append(ids[0])
    return counts[:8], examples[:8]


def compare(context: Context, bound: Bound, answer: Answer) -> Answer:
    """Two concepts side by side: what both have, what only one has, by predicate."""
    links = bound.links[:2]
    names = [context.name(link.id) for link in links]
    predicate = bound.reading.predicate
    wanted = None if predicate is None else context.retriever.below(predicate)
    sides = [_outgoing(context, link.id, wanted) for link in links]
    both: list[str] = []
    only: list[list[str]] = [[], []]
    items: list[Item] = []
    cited: list[str] = []
    predicates = sorted(set(sides[0]) | set(sides[1]))
    concepts = context.concepts(
        [id for side in sides for ends in side.values() for id in ends] + [x.id for x in links]
    )
    for predicate in predicates:
        left, right = sides[0].get(predicate, {}), sides[1].get(predicate, {})
        common = sorted(set(left) & set(right))
        if common:
            shown = [concepts[id].name_in(context.lang) for id in common]
            both.append(f"{context.noun(predicate, len(common))} {some(context, shown)}")
            for id in common:
                ids = (left[id], right[id])
                cited += ids
                items.append(
                    Item(
                        id,
                        concepts[id].name_in(context.lang),
                        main_category(concepts[id]),
                        {"predicate": predicate},
                        ids,
                    )
                )
        for place, (mine, theirs) in enumerate(((left, right), (right, left))):
            rest = sorted(set(mine) - set(theirs))
            if rest:
                shown = [concepts[id].name_in(context.lang) for id in rest]
                noun = context.noun(predicate, len(rest))
                only[place].append(f"{len(rest)} {noun} {some(context, shown)}")
                cited += [mine[id] for id in rest]
    lines = []
    for link, name in zip(links, names, strict=True):
        category = category_label(main_category(concepts[link.id]), language=context.lang)
        article = ("an " if category[0] in "aeiou" else "a ") if context.lang == "en" else ""
        lines.append(context.phrase("define_head", name=name, article=article, category=category))
    if both:
        lines.append(context.phrase("compare_same", text="; ".join(both)))
    for name, rest in zip(names, only, strict=True):
        if rest:
            lines.append(context.phrase("compare_only", name=name, text="; ".join(rest)))
    statements = context.retriever.statements(list(dict.fromkeys(cited)))
    if not statements:
        noun = context.join(names)
        return replace(answer, reason="no_evidence", text="\n".join(lines) + f" ({noun})")
    lines.append(context.phrase("sources", sources=context.sources(statements.values())))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=tuple(items), statements=statements
    )


def _outgoing(context: Context, id: str, wanted: Sequence[str] | None) -> dict[str, dict[str, str]]:
    """Predicate -> concept at the other end -> a statement; outward edges of known predicates."""
    result: dict[str, dict[str, str]] = {}
    for edge in context.retriever.store.neighbors([id], predicates=wanted)[0]:
        entry = context.registry.get(edge.predicate)
        if entry is None or edge.negated or not (edge.subject == id or entry.symmetric):
            continue
        other = edge.object if edge.subject == id else edge.subject
        result.setdefault(edge.predicate, {}).setdefault(other, edge.statement)
    return result


def some(context: Context, names: Sequence[str], *, most: int = 5) -> str:
    """The first few names of a list, in brackets, and how many more there are."""
    shown = sorted(names, key=str.casefold)[:most]
    text = compose.PHRASES[context.lang]["comma"].join(shown)
    if len(names) > most:
        text += " " + context.phrase("more", n=len(names) - most)
    return context.phrase("breakdown", parts=text).strip()
