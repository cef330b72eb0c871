"""An overlay: retractions and additions over a generation that stays as it is.

    generations/OVERLAY/
      manifest.json        as any, of base and overlay together, and "overlay": what it lies on;
                           its profiles are the new ones alone
      overlay.sqlite       what was added, in the tables of names.sqlite, and the tables below
      coverage.json        the rows that differ from the base's
      tables/*.parquet     what was added, numbered as below; tables/retractions.parquet
      additions/N-*.parquet  the added sources' rows as they were read, for the next overlay

    retraction   id, edge (NULL for a value), reason, who, date           by id
    edge         edge, s, p, o, profile, id, details: the added edges     by edge, by id
    patch        node, way, n, place, edge, code, neighbor, gone          by (node, way, n)
    names        cid, rows: all names of a concept that got some          by cid
    numbers      what, data: lists that are loaded when the overlay is opened

Base concepts, edges, predicates and profiles keep their numbers; new ones follow after the last. A
row of the base's adjacency is read with a patch: at ``place`` in the ``out_*`` (way 0) or ``in_*``
(way 1) arrays, an edge is gone or an added one comes before what stands there, so that order needs
no comparing. Concepts without a patch are read as without an overlay. A node key of a new concept
is a number between those of its neighbours in the order of ids.

Only the standard library is imported: an overlay is on the path of a question.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, NamedTuple, cast

from kgmed.kg.model import Path, Retraction, Statement
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.base import CoverageRow, GraphInfo, OverlayInfo
from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import MAPPING_FIELDS, Names, unpack
from kgmed.kg.store.overlay_names import OverlayNames
from kgmed.kg.store.snapshot import OVERLAY_FILE

OUT, IN = 0, 1
COVERAGE_KEY = ("predicate", "subject_category", "object_category", "source", "release")
"""What a row of coverage.json counts; the rows lie in this order."""


def coverage_key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The :data:`COVERAGE_KEY` of a row."""
    return tuple(row[name] for name in COVERAGE_KEY)


class Edit(NamedTuple):
    """One change of a row: the edge at ``place`` is ``gone``, or an edge comes before it."""

    place: int
    edge: int
    code: int
    neighbor: int
    gone: int


class OverlayStore(EmbeddedStore):
    """A graph with an overlay; see :class:`kgmed.kg.store.base.GraphStore`.

    It answers as a graph built of the base's statements without the retracted ones and with the
    added ones would; besides, retracted statements can be read by their ids, and are marked.
    """

    def _open_names(self) -> Names:
        base = self.snapshot.base
        assert base is not None  # noqa: S101  open_store sees to it
        self._concepts = int(base.manifest["counts"]["concepts"])
        self._base_codes = len(base.manifest["predicates"])
        self._both = OverlayNames(
            base.folder / "names.sqlite",
            self.snapshot.folder / OVERLAY_FILE,
            base_sources=base.manifest["name_sources"],
            sources=self.snapshot.manifest["name_sources"],
            concepts=self._concepts,
        )
        numbers = self._both.numbers
        keys = numbers("nodes", "i") + self._both.places
        self._deltas: dict[float, int] = dict(zip(keys, numbers("deltas", "i"), strict=True))
        self._gone = frozenset(numbers("gone", "i"))
        self._number_of = {
            place: number for number, place in enumerate(self._both.places, self._concepts)
        }
        self._patches: dict[int, tuple[list[Edit], list[Edit]]] = {}
        return self._both

    @cached_property
    def _rank(self) -> list[int]:
        """Predicate codes -> their place in the order of (name, negated)."""
        ranks = [0] * len(self._predicates)
        order = sorted(range(len(ranks)), key=self._predicates.__getitem__)
        for place, code in enumerate(order):
            ranks[code] = place
        return ranks

    def _wanted(self, predicates: Sequence[str] | None) -> list[int] | None:
        found = super()._wanted(predicates)
        return found if found is None else sorted(found, key=self._rank.__getitem__)

    def _open_profiles(self) -> list[list[str]]:
        assert self.snapshot.base is not None  # noqa: S101  open_store sees to it
        return [*self.snapshot.base.manifest["profiles"], *super()._open_profiles()]

    def _read_coverage(self) -> list[CoverageRow]:
        base = self.snapshot.base
        assert base is not None  # noqa: S101  open_store sees to it
        rows, changed = (
            json.loads((snapshot.folder / "coverage.json").read_text(encoding="utf-8"))
            for snapshot in (base, self.snapshot)
        )
        for row in changed:  # few, and both are sorted
            key = coverage_key(row)
            place = bisect_left(rows, key, key=coverage_key)
            is_there = place < len(rows) and coverage_key(rows[place]) == key
            rows[place : place + is_there] = [row] if row["statements"] else []
        return [CoverageRow(**row) for row in rows]

    def info(self) -> GraphInfo:
        overlay = self.snapshot.manifest["overlay"]
        names = OverlayInfo.__dataclass_fields__
        counts = {name: overlay["added"][name] for name in names if name in overlay["added"]}
        return replace(
            super().info(),
            overlay=OverlayInfo(overlay["base_snapshot"], overlay["retracted"], **counts),
        )

    # What the overlay holds

    def retracted(self) -> list[Statement]:
        rows = self._both.more.query("SELECT id FROM retraction ORDER BY id")
        return [s for s in self.statements([row[0].hex() for row in rows]) if s is not None]

    def added(self) -> list[Statement]:
        more = self._both.more
        edges = more.query("SELECT edge FROM edge ORDER BY edge")
        found = [self._edge_statement(edge) for (edge,) in edges if edge not in self._gone]
        rows = more.query(f"{self._VALUE} ORDER BY s, p, id")
        return found + [self._value_statement(*row) for row in rows if not self._is_retracted(row)]

    def statements(self, ids: Sequence[str]) -> list[Statement | None]:
        return [found and self._marked(found) for found in super().statements(ids)]

    def _marked(self, statement: Statement) -> Statement:
        sql = "SELECT reason, who, date FROM retraction WHERE id = ?"
        row = self._both.more.query(sql, (bytes.fromhex(statement.id),))
        return replace(statement, retracted=Retraction(*row[0])) if row else statement

    # Rows of the adjacency

    def _is_patched(self, cid: int) -> bool:
        return cid >= self._concepts or cid in self._deltas

    def _edits(self, cid: int) -> tuple[list[Edit], list[Edit]]:
        """The changes of a concept's outgoing and incoming row, in order."""
        found = self._patches.get(cid)
        if found is None:
            rows = self._both.more.query(
                "SELECT way, place, edge, code, neighbor, gone FROM patch WHERE node = ?"
                " ORDER BY way, n",
                (cid,),
            )
            out = [Edit(*row[1:]) for row in rows if row[0] == OUT]
            found = self._patches[cid] = (out, [Edit(*row[1:]) for row in rows[len(out) :]])
        return found

    def _spans(
        self,
        cid: int,
        wanted: Sequence[int] | None,
        range_of: Callable[[int, int | None], tuple[int, int]],
        edits: list[Edit],
    ) -> Iterator[tuple[int, int] | Edit]:
        """A patched row in pieces: from and past which place the base's edges stand, or an edge."""
        for code in wanted if wanted is not None else [None]:
            start = stop = 0
            if cid < self._concepts and (code is None or code < self._base_codes):
                start, stop = range_of(cid, code)
            some = edits if code is None else [edit for edit in edits if edit.code == code]
            yield from pieces(start, stop, some)

    def _out_rows(
        self, cid: int, wanted: list[int] | None, limit: int | None
    ) -> list[tuple[int, int, int, int]]:
        if not self._is_patched(cid):
            return super()._out_rows(cid, wanted, limit)
        csr = self._csr
        rows: list[tuple[int, int, int, int]] = []
        for piece in self._spans(cid, wanted, csr.out_range, self._edits(cid)[OUT]):
            if limit is not None and len(rows) >= limit:
                break
            if isinstance(piece, Edit):
                rows.append((cid, piece.code, piece.neighbor, piece.edge))
                continue
            start, stop = _cut(piece, None if limit is None else limit - len(rows))
            csr.out_nbr.touch(start, stop)
            csr.out_p.touch(start, stop)
            objects, codes = csr.out_nbr.view, csr.out_p.view
            rows += [(cid, codes[e], objects[e], e) for e in range(start, stop)]
        return rows

    def _in_rows(
        self, cid: int, wanted: list[int] | None, limit: int | None
    ) -> list[tuple[int, int, int, int]]:
        if not self._is_patched(cid):
            return super()._in_rows(cid, wanted, limit)
        csr = self._csr
        rows: list[tuple[int, int, int, int]] = []
        for piece in self._spans(cid, wanted, csr.in_range, self._edits(cid)[IN]):
            if limit is not None and len(rows) >= limit:
                break
            if isinstance(piece, Edit):
                rows.append((piece.neighbor, piece.code, cid, piece.edge))
                continue
            start, stop = _cut(piece, None if limit is None else limit - len(rows))
            for array in (csr.in_nbr, csr.in_p, csr.in_eid):
                array.touch(start, stop)
            subjects, codes, edges = csr.in_nbr.view, csr.in_p.view, csr.in_eid.view
            rows += [(subjects[i], codes[i], cid, edges[i]) for i in range(start, stop)]
        return rows

    def _profiles_at(
        self, cid: int, wanted: list[int] | None, *, incoming: bool
    ) -> Iterator[Iterable[int]]:
        if not self._is_patched(cid):
            yield from super()._profiles_at(cid, wanted, incoming=incoming)
            return
        rows = (self._in_rows if incoming else self._out_rows)(cid, wanted, None)
        yield [self._profile(edge) for _subject, _code, _object, edge in rows]

    def _profile(self, edge: int) -> int:
        if edge >= self._csr.edges:
            return int(self._added_edge(edge)[3])
        return super()._profile(edge)

    def degrees(self, ids: Sequence[str]) -> list[int]:
        nodes = [None if cid is None else self._key(cid) for cid in self._names.cids(ids)]
        found = iter(self.node_degrees([node for node in nodes if node is not None]))
        return [0 if node is None else next(found) for node in nodes]

    def _edges_of(self, subject: int, code: int, object: int) -> Sequence[int]:
        found: Sequence[int] = ()
        if max(subject, object) < self._concepts and code < self._base_codes:
            found = super()._edges_of(subject, code, object)
        if not self._is_patched(subject):
            return found
        added = [
            edit.edge
            for edit in self._edits(subject)[OUT]
            if edit.code == code and edit.neighbor == object and not edit.gone
        ]
        return [edge for edge in found if edge not in self._gone] + added

    def _joining(self, subject: int, object: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        if max(subject, object) < self._concepts:
            found = super()._joining(subject, object)
        if not self._is_patched(subject):
            return found
        found = [pair for pair in found if pair[1] not in self._gone]
        found += [
            (edit.code, edit.edge)
            for edit in self._edits(subject)[OUT]
            if edit.neighbor == object and not edit.gone
        ]
        return sorted(found, key=lambda pair: (self._rank[pair[0]], self._statement_id(pair[1])))

    # Statements

    def _added_edge(self, edge: int) -> tuple[Any, ...]:
        sql = "SELECT s, p, o, profile, id, details FROM edge WHERE edge = ?"
        return self._both.more.query(sql, (edge,))[0]

    def _statement_id(self, edge: int) -> str:
        if edge < self._csr.edges:
            return super()._statement_id(edge)
        return str(self._added_edge(edge)[4].hex())

    def _edge_statement(self, edge: int, subject: int | None = None) -> Statement:
        if edge < self._csr.edges:
            return super()._edge_statement(edge, subject)
        s, code, o, profile, id, details = self._added_edge(edge)
        name, negated = self._predicates[code]
        fields = dict(zip(DETAIL_FIELDS, details.split(DETAIL_FIELD), strict=False))
        return self._build(
            id.hex(), s, name, profile, fields, negated=negated, object=self.id_of(o)
        )

    def _edges_with_id(self, prefix: str) -> list[int]:
        low, high = (bytes.fromhex(prefix.ljust(32, digit)) for digit in "0f")
        sql = "SELECT edge FROM edge WHERE id >= ? AND id <= ? LIMIT 2"
        more = self._both.more.query(sql, (low, high))
        return super()._edges_with_id(prefix) + [row[0] for row in more]

    def _value_rows_by_id(self, prefix: str) -> list[tuple[Any, ...]]:
        low, high = (bytes.fromhex(prefix.ljust(32, digit)) for digit in "0f")
        sql = f"{self._VALUE} WHERE id >= ? AND id <= ? LIMIT 2"
        return super()._value_rows_by_id(prefix) + self._both.more.query(sql, (low, high))

    @cached_property
    def _retracted_values(self) -> frozenset[bytes]:
        rows = self._both.more.query("SELECT id FROM retraction WHERE edge IS NULL")
        return frozenset(row[0] for row in rows)

    def _is_retracted(self, value_row: tuple[Any, ...]) -> bool:
        return value_row[2] in self._retracted_values

    def _value_rows(self, cid: int) -> list[tuple[Any, ...]]:
        more = self._both.more.query(f"{self._VALUE} WHERE s = ?", (cid,))
        rows = [row for row in super()._value_rows(cid) + more if not self._is_retracted(row)]
        return sorted(rows, key=lambda row: (self._rank[row[1]], row[2])) if more else rows

    def curated_paths(self, start: str, end: str) -> list[Path]:
        """A path with a retracted link is none."""
        return [
            path
            for path in super().curated_paths(start, end)
            if all(self._marked(statement).retracted is None for statement in path.statements)
        ]

    def _mapping_rows(self, cid: int) -> list[list[Any]]:
        found = super()._mapping_rows(cid)
        blob = self._both.more.query("SELECT rows FROM mapping WHERE cid = ?", (cid,))
        return sorted(found + unpack(blob[0][0])) if blob else found

    def mapping_table(self, folder: FilePath) -> FilePath:
        """The base's mappings and the overlay's, as one file."""
        import duckdb

        from kgmed.kg.layers import define, literal

        target = folder / "mappings.parquet"
        with duckdb.connect() as connection:
            no_progress_bar(connection)
            define(connection, self.snapshot)
            fields = ", ".join(MAPPING_FIELDS)
            connection.execute(
                f"""COPY (SELECT {fields} FROM mappings
                          ORDER BY subject, object, source, predicate, {fields})
                    TO {literal(str(target))} (FORMAT parquet)"""
            )
        return target

    def scan(self, *, predicate: str | None = None) -> Iterator[Statement]:
        wanted = None if predicate is None else set(self._wanted([predicate]) or ())
        csr = self._csr
        csr.out_p.touch(0, csr.edges)
        rows = self._both.more.query(
            "SELECT place, edge, code, neighbor, gone FROM patch WHERE way = 0 ORDER BY n"
        )
        for piece in pieces(0, csr.edges, [Edit(*row) for row in rows]):
            if isinstance(piece, Edit):
                if wanted is None or piece.code in wanted:
                    yield self._edge_statement(piece.edge)
                continue
            for edge in range(*piece):
                if wanted is None or csr.out_p.view[edge] in wanted:
                    yield self._edge_statement(edge)

    # Walking, for path search

    def _key(self, cid: int) -> float:
        return self._both.place(cid)

    def _cid(self, node: Hashable) -> int:
        return node if isinstance(node, int) else self._number_of[cast(float, node)]

    def node(self, id: str) -> Hashable | None:
        cid = self._names.cids((id,))[0]
        return None if cid is None else self._key(cid)

    def node_ids(self, nodes: Sequence[Hashable]) -> list[str]:
        return [self.id_of(self._cid(node)) for node in nodes]

    def _around(self, node: int, mask: bytes, masked: Sequence[int]) -> list[Hashable]:
        if node not in self._deltas:
            return super()._around(node, mask, masked)
        csr, cid = self._csr, self._cid(node)
        found: list[Hashable] = []
        for way, range_of, codes, neighbors in (
            (OUT, csr.out_range, csr.out_p, csr.out_nbr),
            (IN, csr.in_range, csr.in_p, csr.in_nbr),
        ):
            for piece in self._spans(cid, None, range_of, self._edits(cid)[way]):
                if not isinstance(piece, Edit):
                    found += self._masked(codes, neighbors, *piece, mask, masked)
                elif mask[piece.code]:
                    found.append(self._key(piece.neighbor))
        return found

    def node_degrees(self, nodes: Sequence[Hashable]) -> list[int]:
        if self._deltas.keys().isdisjoint(nodes):
            return super().node_degrees(nodes)
        keys = cast(Sequence[float], nodes)
        found = iter(self._csr.degrees([node for node in keys if isinstance(node, int)]))
        return [
            (next(found) if isinstance(node, int) else 0) + self._deltas.get(node, 0)
            for node in keys
        ]


def pieces(start: int, stop: int, edits: Iterable[Edit]) -> Iterator[tuple[int, int] | Edit]:
    """The places from ``start`` to ``stop`` with edits applied: runs that stand, and added edges.

    >>> gone, new = Edit(5, 5, 0, 9, 1), Edit(7, 100, 0, 8, 0)
    >>> [p.edge if isinstance(p, Edit) else p for p in pieces(3, 9, [gone, new])]
    [(3, 5), (6, 7), 100, (7, 9)]
    """
    place = start
    for edit in edits:
        until = min(edit.place, stop)
        if place < until:
            yield place, until
        place = max(place, edit.place + edit.gone)
        if not edit.gone:
            yield edit
    if place < stop:
        yield place, stop


def _cut(piece: tuple[int, int], most: int | None) -> tuple[int, int]:
    start, stop = piece
    return (start, stop) if most is None else (start, min(stop, start + most))
