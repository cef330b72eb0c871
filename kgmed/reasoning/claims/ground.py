"""What every search stands on: the predicates that a graph has, its bounds, the way up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kgmed.kg.predicates import Registry
from kgmed.kg.store.base import Edge
from kgmed.reasoning.claims import evidence
from kgmed.reasoning.claims.evidence import Search, Triple
from kgmed.reasoning.claims.rules.base import flips
from kgmed.reasoning.claims.rules.chains import CHAIN_STEPS

STATEMENTS = 64
"""Statements of one kind that are read whole for one claim."""
ROW = 256
"""Edges that are read of one concept's row."""
FAN = 32
"""Edges that are read of one concept on the way up a hierarchy, or of its forms and ingredients."""
ABOVE = 1024
"""Concepts that a search up a hierarchy visits."""
CANDIDATES = 512
"""Triples that levels, inheritance or the members of a class may ask for."""
MANY_PREDICATES = 40
"""Predicates below one, up to which each is asked for; of more, all statements of the pair are."""

Ids = list[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a search knows of a graph beforehand: the predicates, and those that it has."""

    registry: Registry
    present: frozenset[str]

    def below(self, predicate: str) -> tuple[str, ...]:
        """A predicate and those below it, as far as the graph has statements of them."""
        return tuple(n for n in self.registry.descendants(predicate) if n in self.present)


def both_ways(ground: Ground, subject: str, predicate: str, object: str) -> list[Triple]:
    """The triples whose statements say ``subject predicate object``, nearest predicate first."""
    names = ground.below(predicate)
    found = [(subject, name, object) for name in names]
    if subject != object:
        backwards = (name for name in names if flips(ground.registry, name, predicate))
        found += [(object, name, subject) for name in backwards]
    return found


def upward(
    starts: Iterable[str], predicates: Sequence[str], *, goal: str = "", steps: int = CHAIN_STEPS
) -> Search[dict[str, Edge | None]]:
    """The concepts that edges lead to from some, nearest first, each with the edge that led there.

    Stops at ``goal``, after ``steps``, or where :data:`ABOVE` concepts were seen.
    """
    came: dict[str, Edge | None] = dict.fromkeys(starts)
    frontier = list(came)
    for _step in range(steps):
        if not frontier or goal in came or len(came) >= ABOVE:
            break
        found = yield from evidence.edges(frontier, predicates, "out", limit=FAN)
        frontier = []
        for edge in (edge for some in found for edge in some):
            if edge.object not in came and len(came) < ABOVE:
                came[edge.object] = edge
                frontier.append(edge.object)
    return came


def way(came: dict[str, Edge | None], node: str) -> Ids:
    """The statement ids on the way that led to a concept; [] for none or a start."""
    ids = []
    edge = came.get(node)
    while edge is not None:
        ids.append(edge.statement)
        edge = came[edge.subject]
    return ids[::-1]


def root(came: dict[str, Edge | None], node: str) -> str:
    """The start from which a search came to a concept."""
    edge = came[node]
    while edge is not None:
        node = edge.subject
        edge = came[node]
    return node
