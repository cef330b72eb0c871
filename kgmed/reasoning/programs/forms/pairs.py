"""The form pairwise: which of a list interact."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from kgmed.kg.model import Statement
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Item
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.forms.items import item_order, items_of, merged_qualifiers
from kgmed.reasoning.programs.slots import Bound

INTERACTS = "interacts_with"


def pairwise(context: Context, bound: Bound, answer: Answer) -> Answer:
    """Which of a list interact; unlisted pairs are printed as unlisted, never as safe."""
    predicate = bound.reading.predicate or INTERACTS
    links = list({link.id: link for link in bound.links}.values())
    names = {link.id: context.name(link.id) for link in links}
    items: list[Item] = []
    statements: dict[str, Statement] = {}
    unlisted: list[str] = []
    for a, b in combinations(links, 2):
        yes, _no = context.retriever.between(a.id, predicate, b.id)
        label = f"{names[a.id]} + {names[b.id]}"
        if not yes:
            unlisted.append(label)
            continue
        found, cited = items_of(context, yes, category=None, wanted={})
        statements |= cited
        ids = tuple(dict.fromkeys(id for item in found for id in item.statements))
        via = next((item.via for item in found if item.via), "")
        qualifiers = merged_qualifiers([cited[id] for id in ids])
        items.append(Item(f"{a.id}|{b.id}", label, "", qualifiers, ids, via=via))
    items.sort(key=item_order)
    total = len(links) * (len(links) - 1) // 2
    sources = context.sources(statements.values()) or context.sources_of(predicate)
    lines = [context.phrase("pairs_head", n=len(items), total=total, sources=sources)]
    for item in items:
        severity = compose.severity(context.lang, item.qualifiers.get("severity", ""))
        detail = " ".join(filter(None, [severity, f"({item.via})" if item.via else ""]))
        lines.append(f"{item.name}: {detail} {compose.cite(item.statements)}")
    if unlisted:
        lines.append(context.phrase("pairs_unlisted", pairs="; ".join(unlisted)))
    if not items:
        return replace(answer, reason="no_evidence", text="\n".join(lines))
    return replace(
        answer, abstained=False, text="\n".join(lines), items=tuple(items), statements=statements
    )
