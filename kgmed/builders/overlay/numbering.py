"""Where added and retracted edges stand in the base's adjacency: the patch of an overlay.

Positions are found once, here, by bisection; a reader then merges rows without comparing anything.
See :mod:`kgmed.kg.store.overlay` for the tables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kgmed.kg.store.embedded import EmbeddedStore

OUT, IN = 0, 1


class AddedEdge(NamedTuple):
    """An edge by its numbers; ``id`` is the statement's, in hexadecimal."""

    edge: int
    subject: int
    code: int
    object: int
    id: str


class Change(NamedTuple):
    """A row of the table ``patch`` without ``n``, which is its place in the order."""

    node: int
    way: int
    place: int
    edge: int
    code: int
    neighbor: int
    gone: int


class Numbering:
    """The numbers of a base's concepts and predicates with an overlay's new ones after them.

    ``new_ids`` are the ids of the new concepts, sorted; ``predicates`` all pairs of (name,
    negated), the base's first.
    """

    def __init__(
        self, base: EmbeddedStore, new_ids: Sequence[str], predicates: Sequence[tuple[str, bool]]
    ) -> None:
        self._base, self._csr = base, base._csr
        self.concepts = self._csr.nodes
        self._before = self._ids_before(new_ids)
        self.places = self._between()
        known = len(base._predicates)
        order = sorted(range(len(predicates)), key=lambda code: predicates[code])
        self.rank = {code: place for place, code in enumerate(order)}
        self._code_key: list[float] = [*range(known)]
        for code in range(known, len(predicates)):
            self._code_key.append(bisect_left(base._predicates, predicates[code]) - 0.5)

    def _ids_before(self, new_ids: Sequence[str]) -> list[int]:
        """For each new id, how many of the base's sort before it."""
        found: list[int] = []
        low = 0
        for id in new_ids:
            if low < self.concepts and self._base.id_of(low) < id:
                numbers = range(low, self.concepts)
                low += bisect_left(numbers, id, key=self._base.id_of)
            found.append(low)
        return found

    def _between(self) -> list[float]:
        """Numbers between those of the neighbours, in the order of ids."""
        places: list[float] = []
        for at, low in enumerate(self._before):
            first = bisect_left(self._before, low)
            count = bisect_right(self._before, low) - first
            places.append(low - 1 + (at - first + 1) / (count + 1))
        return places

    def place(self, cid: int) -> float:
        """Where a concept stands in the order of ids."""
        return cid if cid < self.concepts else self.places[cid - self.concepts]

    # Places of edges

    def _place_of(self, way: int, node: int, other: int, edge: AddedEdge) -> int:
        """The place before which an edge comes in the arrays of one direction."""
        csr = self._csr
        offsets, codes, neighbors = (
            (csr.out_off, csr.out_p, csr.out_nbr)
            if way == OUT
            else (csr.in_off, csr.in_p, csr.in_nbr)
        )
        if node >= self.concepts:
            row = self._before[node - self.concepts]
            offsets.touch(row, row + 1)
            return int(offsets.view[row])
        offsets.touch(node, node + 2)
        start, stop = offsets.view[node], offsets.view[node + 1]
        codes.touch(start, stop)
        neighbors.touch(start, stop)
        key = self._code_key[edge.code]
        first = bisect_left(codes.view, key, start, stop)
        last = bisect_right(codes.view, key, first, stop)
        place = self.place(other)
        low = bisect_left(neighbors.view, place, first, last)
        high = bisect_right(neighbors.view, place, low, last)
        statement_at = csr.statement_id if way == OUT else self._incoming_id
        return low + bisect_left(range(low, high), edge.id, key=statement_at)

    def _incoming_id(self, place: int) -> str:
        self._csr.in_eid.touch(place, place + 1)
        return self._csr.statement_id(self._csr.in_eid.view[place])

    def patch(self, added: Sequence[AddedEdge], gone: Sequence[AddedEdge]) -> list[list[Change]]:
        """The changes of outgoing rows and of incoming rows, each in the order of reading.

        ``gone`` are edges of the base.
        """
        ways: list[list[tuple[tuple[object, ...], Change]]] = [[], []]
        for edges, is_gone in ((added, 0), (gone, 1)):
            for edge in edges:
                for way, node, other in (
                    (OUT, edge.subject, edge.object),
                    (IN, edge.object, edge.subject),
                ):
                    place = self._place_of(way, node, other, edge)
                    change = Change(node, way, place, edge.edge, edge.code, other, is_gone)
                    key = (
                        place, self.place(node), is_gone, self.rank[edge.code],
                        self.place(other), edge.id,
                    )  # fmt: skip
                    ways[way].append((key, change))
        return [[change for _key, change in sorted(changes)] for changes in ways]
