"""The facts of a block that rows are made of one by one, chosen before they are made."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.edges import parsed
from kgmed.builders.datasets.model import Block, Fact
from kgmed.builders.datasets.tasks.hard import facts
from kgmed.builders.datasets.tasks.teller import Teller


def told(
    teller: Teller, *more: Teller, chosen: Callable[[str], bool] = lambda _id: True
) -> Iterator[Fact]:
    """Those of :func:`~kgmed.builders.datasets.tasks.hard.facts` of a teller's block that it can
    tell, and ``more`` tellers of other languages as well; ``chosen`` by their first ids."""
    block, tellers = teller.block, (*more, teller)  # few have a name in another language
    if not isinstance(block, PartBlock):
        for fact in facts(block):
            if chosen(fact.ids[0]) and all(one.tellable(fact) for one in tellers):
                yield fact
        return
    side, places = block.sides[0], _once(block)
    for one in tellers:
        places = places[one.marks_of(side, places)]
    for place in places.tolist():
        if chosen(side.ids(place)[0]):
            yield side.fact(place)


def stated(block: Block, predicates: Container[str]) -> Iterator[Fact]:
    """Those of :func:`~kgmed.builders.datasets.tasks.hard.facts` of some predicates."""
    if not isinstance(block, PartBlock):
        yield from (fact for fact in facts(block) if fact.predicate in predicates)
        return
    side = block.sides[0]
    wanted = np.array([name in predicates for name, _no in block.feed.predicates] or [False])
    places = _once(block)
    for place in places[wanted[side.edges.code[places]]].tolist():
        yield side.fact(place)


def _once(block: PartBlock) -> npt.NDArray[np.int64]:
    """The places of the facts that a block's entities are subjects of and that aren't denied: one
    of those of the same ends and predicate, with qualifiers where one has them."""
    return block.once("facts once", _chosen)


def _chosen(block: PartBlock) -> npt.NDArray[np.int64]:
    feed, edges = block.feed, block.sides[0].edges
    denied = np.array([no for _name, no in feed.predicates] or [False])
    places = np.flatnonzero(feed.leaves[edges.own] & ~denied[edges.code])

    def same(column: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        return np.asarray(column[places[1:]] == column[places[:-1]])

    first = np.ones(len(places), bool)
    first[1:] = ~(same(edges.own) & same(edges.code) & same(edges.other))
    found: npt.NDArray[np.int64] = places[first]
    for at in np.flatnonzero(first & ~np.append(first[1:], True)).tolist():
        last = at + 1
        while last < len(first) and not first[last]:
            last += 1
        mine = places[at:last]
        said = (mine[index] for index, text in edges.qualified(mine) if parsed(text or "{}"))
        found[np.searchsorted(found, mine[0])] = next(said, mine[0])
    return found
