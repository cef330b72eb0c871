"""Every pair of a list of drugs: listed as interacting, with severity and source, or not listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from kgmed.kg.linking.score import CLOSE
from kgmed.kg.model import Language, Statement
from kgmed.reasoning import compose
from kgmed.reasoning.answer import NOTICE, Item
from kgmed.reasoning.programs.forms.context import Context
from kgmed.reasoning.programs.forms.items import item_order, items_of, merged_qualifiers
from kgmed.reasoning.retrieve import Retriever
from kgmed.serve.shapes import Drug, Interactions, Pair, SourceRelease

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.linking.linker import Linker

PREDICATE = "interacts_with"
TAKEN = ("Drug", "SmallMolecule", "ChemicalEntity", "MolecularMixture", "ChemicalMixture", "Food")
"""Categories of what can be taken; a name that none of them has is read as anything."""


def interactions(graph: Graph, texts: Sequence[str], lang: Language) -> Interactions:
    """What the graph lists of each two of the drugs, given by name or id.

    Salts, products and classes count as they do in an answer, and the item says which a statement
    speaks of. A name that may mean several concepts is read as the best, its rivals told.
    """
    drugs = _read(graph, texts)
    known = {drug.id: drug for drug in drugs if drug.id is not None}
    names = {c.id: c.name_in(lang) for c in graph.store.concepts(list(known)) if c is not None}
    context = Context(Retriever(graph.store, graph.registry), graph.registry, lang, None)
    cited: dict[str, Statement] = {}
    listed: list[Item] = []
    pairs: dict[str, Pair] = {}
    for left, right in combinations(known, 2):
        label = f"{names[left]} + {names[right]}"
        yes, _no = context.retriever.between(left, PREDICATE, right)
        if not yes:
            pairs[label] = Pair(left, right, False)
            continue
        found, statements = items_of(context, yes, category=None, wanted={})
        cited |= statements
        ids = tuple(dict.fromkeys(id for item in found for id in item.statements))
        via = next((item.via for item in found if item.via), "")
        qualifiers = merged_qualifiers([statements[id] for id in ids])
        item = Item(f"{left}|{right}", label, "", qualifiers, ids, via=via)
        listed.append(item)
        pairs[label] = Pair(left, right, True, item)
    listed.sort(key=item_order)
    sources = [(name, release) for name, release, _n in context.retriever.sources_of(PREDICATE)]
    first = [pairs.pop(item.name) for item in listed]
    return Interactions(
        lang,
        tuple(replace(d, name=names.get(d.id or "", "")) for d in drugs),
        (*first, *pairs.values()),
        cited,
        tuple(drug.text for drug in drugs if drug.id is None),
        tuple(SourceRelease(name, release) for name, release in sources),
        _told(context, listed, list(pairs), sources),
        NOTICE[lang],
        graph.info().snapshot,
    )  # fmt: skip


def _told(
    context: Context,
    listed: Sequence[Item],
    unlisted: Sequence[str],
    sources: Sequence[tuple[str, str]],
) -> str:
    """The pairs in words."""
    names = compose.source_names(sources, context.titles(), lang=context.lang)
    total = len(listed) + len(unlisted)
    lines = [context.phrase("pairs_head", n=len(listed), total=total, sources=names)]
    for item in listed:
        severity = compose.severity(context.lang, item.qualifiers.get("severity", ""))
        detail = " ".join(filter(None, [severity, f"({item.via})" if item.via else ""]))
        lines.append(f"{item.name}: {detail} {compose.cite(item.statements)}")
    if unlisted:
        lines.append(context.phrase("pairs_unlisted", pairs="; ".join(unlisted)))
    return "\n".join(lines)


def _read(graph: Graph, texts: Sequence[str]) -> list[Drug]:
    from kgmed.kg.curies import candidates
    from kgmed.kg.linking.linker import Linker

    linker = Linker(graph.store)
    drugs = []
    for text in texts:
        id = next(filter(None, graph.store.resolve(candidates(text))), None)
        drugs.append(Drug(text, id, why="id") if id is not None else _named(linker, text))
    return drugs


def _named(linker: Linker, text: str) -> Drug:
    found = linker.mention(text, categories=TAKEN) or linker.mention(text)
    if not found:
        return Drug(text, None)
    best = found[0]
    rivals = [c.id for c in found[1:] if best.score - c.score < CLOSE]
    return Drug(text, best.id, best.name, best.why, tuple(rivals))
