"""Why two ids mean the same here, or why they don't: the mappings that say so."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, log

from kgmed.kg.curies import candidates
from kgmed.kg.errors import UnknownConcept
from kgmed.kg.model import Mapping
from kgmed.kg.store.base import GraphStore

STEP_COST = 1e-3
"""What a longer chain loses against one of equal confidence."""
HINT = "'kgmed link' finds ids by name."


@dataclass(frozen=True, slots=True)
class Why:
    """The answer to ``kgmed why A B``.

    ``same`` says whether the ids share a concept; then ``chain`` holds the mappings that lead from
    one to the other. Otherwise ``against`` holds the mappings between their two concepts that were
    refused, negative or claim no identity, each with its reason.
    """

    left: str
    right: str
    concepts: tuple[str, str]
    same: bool
    chain: tuple[Mapping, ...] = ()
    against: tuple[Mapping, ...] = ()
    schema: str = "kgmed.why/1"

    def _repr_html_(self) -> str:
        from kgmed.kg.display.values import why_html

        return why_html(self)


def find_concept(store: GraphStore, text: str) -> tuple[str, str]:
    """(the CURIE as written by kgmed, the id of its concept) for any spelling of an id.

    Raises :class:`~kgmed.kg.errors.UnknownConcept`, which says what was tried.
    """
    tried = candidates(text)
    for curie, id in zip(tried, store.resolve(tried), strict=True):
        if id is not None:
            return curie, id
    if tried:
        raise UnknownConcept(f"The graph holds no id {' or '.join(tried)}.", hint=HINT)
    raise UnknownConcept(
        f"Found {text[:80]!r}, expected an id such as drugbank:DB00682, DB00682 or C0043031.",
        hint=HINT,
    )


def why(store: GraphStore, left: str, right: str) -> Why:
    """Explain the identity of two ids, in any accepted spelling.

    One of them may be an id that only mappings name: its concept is then ''. Raises
    :class:`~kgmed.kg.errors.UnknownConcept` where the graph holds neither.
    """
    (a, first), (b, second) = _known_or_named(store, left, right)
    if first == second:
        return Why(a, b, (first, second), True, chain=_chain(store, first, a, b))
    found_concepts = store.concepts([first, second])
    members = [
        set(concept.equivalent_ids) if concept else {curie}
        for concept, curie in zip(found_concepts, (a, b), strict=True)
    ]
    rows = {
        mapping: None
        for mapping in (m for group in store.mappings([first, second]) for m in group)
        if mapping.status != "merged"
        and (
            (mapping.subject in members[0] and mapping.object in members[1])
            or (mapping.subject in members[1] and mapping.object in members[0])
        )
    }
    order = {"refused": 0, "negative": 1}
    found = sorted(rows, key=lambda m: (order.get(m.status, 2), -m.confidence, m.source))
    return Why(a, b, (first, second), False, against=tuple(found))


def _known_or_named(
    store: GraphStore, left: str, right: str
) -> tuple[tuple[str, str], tuple[str, str]]:
    """(CURIE, concept) of both ids; of one that no concept holds, as its mappings spell it."""
    found: list[tuple[str, str] | None] = []
    problem: UnknownConcept | None = None
    for text in (left, right):
        try:
            found.append(find_concept(store, text))
        except UnknownConcept as error:
            found.append(None)
            problem = problem or error
    first, second = found
    if first is not None and second is not None:
        return first, second
    known = first or second
    if known is None or problem is None:
        raise problem or UnknownConcept(f"The graph holds neither {left} nor {right}.")
    spelt = candidates(right if second is None else left)
    for mapping in store.mappings([known[1]])[0]:
        for id in (mapping.subject, mapping.object):
            if id in spelt:
                return (known, (id, "")) if second is None else ((id, ""), known)
    raise problem


def _chain(store: GraphStore, concept: str, start: str, end: str) -> tuple[Mapping, ...]:
    """The most confident chain of merged mappings: the product of confidences is greatest."""
    best: dict[tuple[str, str], Mapping] = {}
    for mapping in store.mappings([concept])[0]:
        if mapping.status != "merged":
            continue
        pair = (mapping.subject, mapping.object)
        if pair not in best or mapping.confidence > best[pair].confidence:
            best[pair] = mapping
    around: dict[str, list[tuple[str, Mapping]]] = {}
    for (subject, object), mapping in sorted(best.items()):
        around.setdefault(subject, []).append((object, mapping))
        around.setdefault(object, []).append((subject, mapping))
    heap: list[tuple[float, int, str]] = [(0.0, 0, start)]
    came: dict[str, tuple[str, Mapping]] = {}
    settled: set[str] = set()
    best_cost = {start: 0.0}
    while heap:
        cost, steps, node = heappop(heap)
        if node == end:
            break
        if node in settled:
            continue
        settled.add(node)
        for other, mapping in around.get(node, ()):
            total = cost - log(max(mapping.confidence, 1e-9)) + STEP_COST
            if total < best_cost.get(other, inf):
                best_cost[other] = total
                came[other] = (node, mapping)
                heappush(heap, (total, steps + 1, other))
    chain: list[Mapping] = []
    node = end
    while node in came and node != start:
        node, mapping = came[node]
        chain.append(mapping)
    return tuple(reversed(chain))
