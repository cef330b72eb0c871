"""From edges to the items of an answer: one per concept, worst severity first, each cited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from kgmed.kg.categories import is_a
from kgmed.kg.categories import label as category_label
from kgmed.kg.linking.ranking import main_category
from kgmed.kg.model import Concept, Statement
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Item
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.slots import Bound
from kgmed.reasoning.retrieve import Hit


def items_of(
    context: Context, hits: Sequence[Hit], *, category: str | None, wanted: Mapping[str, str]
) -> tuple[list[Item], dict[str, Statement]]:
    """Hits -> one item per concept at the other end: worst severity first, then by name.

    ``category`` and ``wanted`` qualifiers are what the question asks for.
    """
    statements = context.retriever.statements(
        list(dict.fromkeys(hit.edge.statement for hit in hits))
    )
    concepts = context.concepts([id for hit in hits for id in (hit.other, hit.scope.id)])
    by_other: dict[str, list[Hit]] = {}
    for hit in hits:
        statement = statements.get(hit.edge.statement)
        if statement is None or any(statement.qualifiers.get(k) != v for k, v in wanted.items()):
            continue
        by_other.setdefault(hit.other, []).append(hit)
    items = []
    for other, group in by_other.items():
        concept = concepts[other]
        if category and not _fits(concept, category):
            continue
        ids = list(dict.fromkeys(hit.edge.statement for hit in group))
        ids.sort(key=lambda sid: (compose.severity_rank(_severity(statements[sid])), sid))
        direct = [hit for hit in group if hit.scope.level == "itself"]
        first = (direct or group)[0]
        via = "" if direct else via_phrase(context, first, concepts)
        items.append(
            Item(
                other,
                concept.name_in(context.lang),
                main_category(concept),
                merged_qualifiers([statements[id] for id in ids]),
                tuple(ids),
                via=via,
            )
        )
    items.sort(key=item_order)
    kept = {id: statements[id] for item in items for id in item.statements}
    return items, kept


def item_order(item: Item) -> tuple[int, bool, str, str]:
    """Worst severity first, what is stated of the concept itself before what is inherited."""
    rank = compose.severity_rank(item.qualifiers.get("severity", ""))
    return rank, bool(item.via), item.name.casefold(), item.id


def _fits(concept: Concept, category: str) -> bool:
    """Whether a concept is what was asked for; sources name targets by gene or by protein."""
    wanted = ("Gene", "Protein") if category in {"Gene", "Protein"} else (category,)
    return any(is_a(have, w) or is_a(w, have) for have in concept.categories for w in wanted)


def _severity(statement: Statement) -> str:
    return statement.qualifiers.get("severity", "")


def merged_qualifiers(statements: Sequence[Statement]) -> dict[str, str]:
    """The worst severity; of every other qualifier the values, joined where they differ."""
    merged: dict[str, list[str]] = {}
    for statement in statements:
        for name, value in statement.qualifiers.items():
            merged.setdefault(name, []).append(value)
    result = {}
    for name, values in sorted(merged.items()):
        distinct = list(dict.fromkeys(values))
        result[name] = distinct[0] if name == "severity" else "; ".join(sorted(distinct))
    return result


def via_phrase(context: Context, hit: Hit, concepts: Mapping[str, Concept]) -> str:
    """Of which concept a hit's statement speaks, in words."""
    name = concepts[hit.scope.id].name_in(context.lang)
    return context.phrase(f"via_{hit.scope.level}", name=name)


def group_titles(
    context: Context, items: Sequence[Item], statements: Mapping[str, Statement]
) -> dict[str, str]:
    """Item -> the title it is listed under: its severity, or the sub-predicate that states it."""
    titles: dict[str, str] = {}
    for item in items:
        severity = item.qualifiers.get("severity")
        if severity:
            titles[item.id] = compose.severity(context.lang, severity)
        else:
            predicate = statements[item.statements[0]].predicate
            known = predicate in context.registry
            titles[item.id] = context.noun(predicate) if known else predicate
    if len(set(titles.values())) == 1 and not any(i.qualifiers.get("severity") for i in items):
        return dict.fromkeys(titles, "")
    return titles


def breakdown(context: Context, items: Sequence[Item]) -> str:
    """ " (26 Critical, 114 Significant)" where severities are stated."""
    counts = Counter(item.qualifiers.get("severity", "") for item in items)
    if set(counts) == {""} or not counts:
        return ""
    parts = [
        f"{n} {compose.severity(context.lang, value)}"
        for value, n in sorted(counts.items(), key=lambda pair: compose.severity_rank(pair[0]))
        if value
    ]
    comma = compose.PHRASES[context.lang]["comma"]
    return context.phrase("breakdown", parts=comma.join(parts))


def reading_noun(context: Context, bound: Bound, count: int) -> str:
    """What the items are called: the asked-for category, or the predicate's noun for that end."""
    reading = bound.reading
    assert reading.predicate is not None  # noqa: S101  forms with items have one
    wording = context.registry[reading.predicate].wording[context.lang]
    if reading.given == "object" and not context.registry[reading.predicate].symmetric:
        nouns = (wording.inverse_noun if count == 1 else ()) or wording.inverse_nouns
        if nouns:
            return nouns[0]
        return category_label(
            reading.category or "NamedThing", language=context.lang, plural=count != 1
        )
    return context.noun(reading.predicate, count)
