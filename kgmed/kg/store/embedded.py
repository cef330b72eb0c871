"""The embedded back end: one snapshot directory, read with the standard library alone."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import compress
from pathlib import Path as FilePath
from typing import Any, Self, cast

from kgmed.kg.errors import StoreError, UnknownConcept
from kgmed.kg.model import Concept, Direction, Mapping, Path, Statement, Step, Value
from kgmed.kg.store.base import CoverageRow, Edge, EdgeDirection, GraphInfo, SourceRow
from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS, DETAIL_ITEM, Array, Csr
from kgmed.kg.store.local_lexicon import LocalLexicon
from kgmed.kg.store.names import Names, unpack
from kgmed.kg.store.snapshot import Snapshot, open_snapshot

SHORTEST_ID_PREFIX = 8
_ID = re.compile(r"[0-9a-f]{8,}")
WHOLE_ID = 32
"""Digits of a statement's id."""
REMEMBERED = 1024
"""Concepts that are remembered at most: those that one query meets again and again."""
SHORT_ROW = 512
"""Edges up to which looking at each one beats finding the runs of equal codes."""
PROFILES_AT_ONCE = 256
"""Edges whose sources are read before it is asked whether any source is missing."""
FEW_CODES = 16
"""Predicate codes up to which cutting out their runs beats walking over all runs."""


class EmbeddedStore:
    """A graph in a snapshot directory; see :class:`kgmed.kg.store.base.GraphStore`."""

    expand_at_once = 1

    def __init__(self, root: FilePath | str | Snapshot, *, uri: str = "") -> None:
        snapshot = root if isinstance(root, Snapshot) else open_snapshot(FilePath(root))
        if snapshot.base is not None and type(self) is EmbeddedStore:
            raise StoreError(
                f"{snapshot.root}: an overlay lies on this graph; kgmed.kg.store.embedded."
                "open_store opens both, so that what was retracted isn't read as evidence."
            )
        self.snapshot: Snapshot = snapshot
        manifest = snapshot.manifest
        self._uri = uri or str(snapshot.root)
        self._csr = Csr(snapshot.base or snapshot)
        self._names = self._open_names()
        self._predicates: list[tuple[str, bool]] = [
            (name, bool(negated)) for name, negated in manifest["predicates"]
        ]
        self._codes: dict[str, list[int]] = {}
        for code, (name, _negated) in enumerate(self._predicates):
            self._codes.setdefault(name, []).append(code)
        self._positive = bytes(not negated for _name, negated in self._predicates)
        self._profiles = self._open_profiles()
        self._ids: dict[int, str] = {}
        self._met: dict[int, Concept] = {}
        self._covering: dict[frozenset[str] | None, frozenset[str]] = {}
        self._coverage: list[CoverageRow] | None = None
        self._coverage_rows: list[tuple[str, str]] = []
        self.lexicon = LocalLexicon(self._names, self.ids_of)

    def _open_names(self) -> Names:
        manifest = self.snapshot.manifest
        return Names(self.snapshot.folder / "names.sqlite", manifest["name_sources"])

    def _open_profiles(self) -> list[list[str]]:
        found: list[list[str]] = self.snapshot.manifest["profiles"]
        return found

    def again(self) -> Self:
        """The same snapshot opened again, for another thread."""
        return type(self)(self.snapshot, uri=self._uri)

    def close(self) -> None:
        """Release the files."""
        self._csr.close()
        self._names.close()

    # What the graph is

    def info(self) -> GraphInfo:
        manifest = self.snapshot.manifest
        counts = manifest["counts"]
        return GraphInfo(
            uri=self._uri,
            snapshot=manifest["snapshot"],
            format=manifest["format"],
            created=manifest["created"],
            sources=tuple(SourceRow(**row) for row in manifest["sources"]),
            predicates=manifest["predicate_counts"],
            categories=manifest["category_counts"],
            licences=manifest["licence_counts"],
            **counts,
        )

    def coverage(self) -> list[CoverageRow]:
        if self._coverage is None:
            self._coverage = self._read_coverage()
        return list(self._coverage)

    def _read_coverage(self) -> list[CoverageRow]:
        text = (self.snapshot.folder / "coverage.json").read_text(encoding="utf-8")
        return [CoverageRow(**row) for row in json.loads(text)]

    def check(self) -> list[str]:
        """Read every byte; a line for each file that isn't what the build wrote."""
        from kgmed.kg.store.snapshot import corrupt_files

        return list(corrupt_files(self.snapshot))

    def retracted(self) -> list[Statement]:
        """The statements that an overlay retracted, each with who, when and why, by id."""
        return []

    def added(self) -> list[Statement]:
        """The statements that an overlay added and that stand."""
        return []

    # Concepts

    def resolve(self, curies: Sequence[str]) -> list[str | None]:
        return [None if cid is None else self.id_of(cid) for cid in self._names.cids(curies)]

    def concepts(self, ids: Sequence[str]) -> list[Concept | None]:
        return [None if cid is None else self._remembered(cid) for cid in self._names.cids(ids)]

    def _remembered(self, cid: int) -> Concept:
        found = self._met.get(cid)
        if found is None:
            found = self._concept(cid)
            if len(self._met) >= REMEMBERED:
                self._met.clear()
            self._met[cid] = found
        return found

    def _concept(self, cid: int) -> Concept:
        id, categories, sources, equivalents, names = self._names.concept(cid)
        return Concept(id, tuple(categories), names, tuple(equivalents), tuple(sources))

    def id_of(self, cid: int) -> str:
        """The id of a concept number, remembered."""
        found = self._ids.get(cid)
        if found is None:
            found = self._ids[cid] = self._names.id_of(cid)
        return found

    def ids_of(self, cids: Sequence[int]) -> list[str]:
        """The ids of concept numbers, remembered."""
        self._remember(cids)
        return [self.id_of(cid) for cid in cids]

    def _remember(self, cids: Sequence[int]) -> None:
        missing = sorted({cid for cid in cids if cid not in self._ids})
        if len(missing) > 1:
            self._ids.update(self._names.ids_of(missing))

    def degrees(self, ids: Sequence[str]) -> list[int]:
        return [0 if cid is None else self._csr.degree(cid) for cid in self._names.cids(ids)]

    # Statements between concepts

    def _wanted(self, predicates: Sequence[str] | None) -> list[int] | None:
        if predicates is None:
            return None
        return sorted(code for name in set(predicates) for code in self._codes.get(name, ()))

    def neighbors(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
        limit: int | None = None,
    ) -> list[list[Edge]]:
        wanted = self._wanted(predicates)
        result = []
        for cid in self._names.cids(ids):
            rows: list[tuple[int, int, int, int]] = []  # subject, code, object, edge
            if cid is not None and direction != "in":
                rows += self._out_rows(cid, wanted, limit)
            if cid is not None and direction != "out" and (limit is None or len(rows) < limit):
                rows += self._in_rows(cid, wanted, None if limit is None else limit - len(rows))
            self._remember([end for row in rows for end in (row[0], row[2])])
            result.append([self._edge(*row) for row in rows])
        return result

    def _out_rows(
        self, cid: int, wanted: list[int] | None, limit: int | None
    ) -> list[tuple[int, int, int, int]]:
        csr = self._csr
        rows: list[tuple[int, int, int, int]] = []
        for code in wanted if wanted is not None else [None]:
            start, stop = csr.out_range(cid, code)
            if limit is not None:
                stop = min(stop, start + limit - len(rows))
            csr.out_nbr.touch(start, stop)
            csr.out_p.touch(start, stop)
            objects, codes = csr.out_nbr.view, csr.out_p.view
            rows += [(cid, codes[e], objects[e], e) for e in range(start, stop)]
        return rows

    def _in_rows(
        self, cid: int, wanted: list[int] | None, limit: int | None
    ) -> list[tuple[int, int, int, int]]:
        csr = self._csr
        rows: list[tuple[int, int, int, int]] = []
        for code in wanted if wanted is not None else [None]:
            start, stop = csr.in_range(cid, code)
            if limit is not None:
                stop = min(stop, start + limit - len(rows))
            for array in (csr.in_nbr, csr.in_p, csr.in_eid):
                array.touch(start, stop)
            subjects, codes, edges = csr.in_nbr.view, csr.in_p.view, csr.in_eid.view
            rows += [(subjects[i], codes[i], cid, edges[i]) for i in range(start, stop)]
        return rows

    def _edge(self, subject: int, code: int, object: int, edge: int) -> Edge:
        name, negated = self._predicates[code]
        return Edge(
            self.id_of(subject),
            name,
            self.id_of(object),
            self._statement_id(edge),
            negated,
        )

    def _statement_id(self, edge: int) -> str:
        return self._csr.statement_id(edge)

    def find_statements(
        self, triples: Sequence[tuple[str, str, str]], *, negated: bool = False
    ) -> list[list[str]]:
        cids: dict[str, int | None] = {}
        return [
            sorted(map(self._statement_id, self._find(triple, cids, negated=negated)))
            for triple in triples
        ]

    def has_statements(self, triples: Sequence[tuple[str, str, str]]) -> list[bool]:
        cids: dict[str, int | None] = {}
        return [len(self._find(triple, cids)) > 0 for triple in triples]

    def _find(
        self, triple: tuple[str, str, str], cids: dict[str, int | None], *, negated: bool = False
    ) -> Sequence[int]:
        """The edges of a triple; ``cids`` remembers the ends that were looked up before."""
        subject, predicate, object = triple
        for code in self._codes.get(predicate, ()):
            if self._positive[code] != negated:
                fresh = [end for end in (subject, object) if end not in cids]
                cids.update(zip(fresh, self._names.cids(fresh), strict=True))
                s, o = cids[subject], cids[object]
                return range(0) if s is None or o is None else self._edges_of(s, code, o)
        return range(0)

    def _edges_of(self, subject: int, code: int, object: int) -> Sequence[int]:
        return self._csr.find(subject, code, object)

    def sources_of(
        self,
        ids: Sequence[str],
        *,
        predicates: Sequence[str] | None = None,
        direction: EdgeDirection = "both",
    ) -> list[list[str]]:
        wanted = self._wanted(predicates)
        most = len(self._sources_with(None if predicates is None else frozenset(predicates)))
        result = []
        for cid in self._names.cids(ids):
            found: set[str] = set()
            for way in ("out", "in"):
                if cid is not None and direction in (way, "both"):
                    for profiles in self._profiles_at(cid, wanted, incoming=way == "in"):
                        found.update(self._profiles[n][0] for n in set(profiles))
                        if len(found) >= most:  # the graph has no others of these predicates
                            break
            result.append(sorted(found))
        return result

    def _sources_with(self, predicates: frozenset[str] | None) -> frozenset[str]:
        """The sources that the graph has of some predicates."""
        found = self._covering.get(predicates)
        if found is None:
            if not self._coverage_rows:
                self._coverage_rows = [(row.predicate, row.source) for row in self.coverage()]
            found = self._covering[predicates] = frozenset(
                source
                for predicate, source in self._coverage_rows
                if predicates is None or predicate in predicates
            )
        return found

    def _profiles_at(
        self, cid: int, wanted: list[int] | None, *, incoming: bool
    ) -> Iterator[Iterable[int]]:
        """The profiles of the edges out of or into a concept, some at a time."""
        csr = self._csr
        for code in wanted if wanted is not None else [None]:
            start, stop = csr.in_range(cid, code) if incoming else csr.out_range(cid, code)
            for first in range(start, stop, PROFILES_AT_ONCE):
                last = min(first + PROFILES_AT_ONCE, stop)
                if not incoming:
                    csr.out_prof.touch(first, last)
                    yield csr.out_prof.view[first:last]
                    continue
                csr.in_eid.touch(first, last)
                edges = csr.in_eid.view[first:last]
                for edge in edges:
                    csr.out_prof.touch(edge, edge + 1)
                yield map(csr.out_prof.view.__getitem__, edges)

    def _profile(self, edge: int) -> int:
        """The profile of an edge: its place among those of :meth:`_open_profiles`."""
        self._csr.out_prof.touch(edge, edge + 1)
        return int(self._csr.out_prof.view[edge])

    def statements(self, ids: Sequence[str]) -> list[Statement | None]:
        return [self._statement(id) for id in ids]

    def _statement(self, id: str) -> Statement | None:
        id = id.lower()
        if _ID.fullmatch(id) is None:
            return None
        edges = self._edges_with_id(id)
        rows = [] if edges and len(id) == WHOLE_ID else self._value_rows_by_id(id)
        if len(edges) + len(rows) > 1:
            raise UnknownConcept(f"Several statements begin with {id!r}; give more of its digits.")
        if edges:
            return self._edge_statement(edges[0])
        return self._value_statement(*rows[0]) if rows else None

    def _edges_with_id(self, prefix: str) -> list[int]:
        return self._csr.edges_with_id(prefix)

    def between(
        self, pairs: Sequence[tuple[str, str]], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        wanted = self._wanted(predicates)
        result = []
        for pair in pairs:
            found: list[Statement] = []
            left, right = self._names.cids(pair)
            if left is not None and right is not None:
                for subject, object in ((left, right), (right, left)):
                    for code, edge in self._joining(subject, object):
                        if self._positive[code] and (wanted is None or code in wanted):
                            found.append(self._edge_statement(edge, subject))
            result.append(found)
        return result

    def _joining(self, subject: int, object: int) -> list[tuple[int, int]]:
        """(predicate code, number) of the edges from one concept to another, in order."""
        codes = self._csr.out_p
        edges = self._csr.between(subject, object)
        for edge in edges:
            codes.touch(edge, edge + 1)
        return [(codes.view[edge], edge) for edge in edges]

    def _edge_statement(self, edge: int, subject: int | None = None) -> Statement:
        csr = self._csr
        if subject is None:
            subject = csr.subject(edge)
        csr.out_nbr.touch(edge, edge + 1)
        csr.out_p.touch(edge, edge + 1)
        csr.out_prof.touch(edge, edge + 1)
        name, negated = self._predicates[csr.out_p.view[edge]]
        return self._build(
            csr.statement_id(edge),
            subject,
            name,
            csr.out_prof.view[edge],
            csr.details(edge),
            negated=negated,
            object=self.id_of(csr.out_nbr.view[edge]),
        )

    def _build(
        self,
        id: str,
        subject: int,
        predicate: str,
        profile: int,
        details: dict[str, str],
        *,
        negated: bool,
        object: str = "",
        value: Value | None = None,
    ) -> Statement:
        source, release, licence, original, level, agent = self._profiles[profile]
        subject_id = self.id_of(subject)
        return Statement(
            id=id,
            subject=subject_id,
            predicate=predicate,
            object=object,
            value=value,
            qualifiers=_qualifiers(details.get("qualifiers", "")),
            negated=negated,
            primary_knowledge_source=source,
            source_record=_items(details.get("source_record", "")),
            publications=_items(details.get("publications", "")),
            release=release,
            licence=licence,
            text=details.get("text", ""),
            original_subject=details.get("original_subject") or subject_id,
            original_predicate=original,
            original_object=details.get("original_object") or object,
            knowledge_level=level,
            agent_type=agent,
        )

    # Statements with a value

    _VALUE = "SELECT s, p, id, profile, type, value, unit, language, details FROM value"

    def _value_rows_by_id(self, prefix: str) -> list[tuple[Any, ...]]:
        low = bytes.fromhex(prefix + "0" * (32 - len(prefix)))
        high = bytes.fromhex(prefix + "f" * (32 - len(prefix)))
        sql = f"{self._VALUE} WHERE id >= ? AND id <= ? LIMIT 2"
        return self._names.query(sql, (low, high))

    def _value_statement(
        self,
        subject: int,
        code: int,
        id: bytes,
        profile: int,
        type: str,
        text: str,
        unit: str,
        language: str,
        details: str,
    ) -> Statement:
        name, negated = self._predicates[code]
        return self._build(
            id.hex(),
            subject,
            name,
            profile,
            dict(zip(DETAIL_FIELDS, details.split(DETAIL_FIELD), strict=False)),
            negated=negated,
            value=Value(text, cast(Any, type), unit, language),
        )

    def values(
        self, ids: Sequence[str], *, predicates: Sequence[str] | None = None
    ) -> list[list[Statement]]:
        wanted = self._wanted(predicates)
        result = []
        for cid in self._names.cids(ids):
            rows = [] if cid is None else self._value_rows(cid)
            result.append(
                [self._value_statement(*row) for row in rows if wanted is None or row[1] in wanted]
            )
        return result

    def _value_rows(self, cid: int) -> list[tuple[Any, ...]]:
        return self._names.query(f"{self._VALUE} WHERE s = ? ORDER BY p, id", (cid,))

    # Paths, mappings, scans

    def curated_paths(self, start: str, end: str) -> list[Path]:
        first, last = self._names.cids((start, end))
        rows = self._names.query(
            'SELECT path, steps FROM path WHERE start = ? AND "end" = ? ORDER BY path',
            (first, last),
        )
        paths = []
        for record, steps in rows:
            for line in unpack(steps):
                built = self._steps(line)
                if built is not None:
                    paths.append(Path(built, curated=record))
        return paths

    def _steps(self, line: Sequence[Sequence[str]]) -> tuple[Step, ...] | None:
        """The steps of a path that is stored as (statement id, direction)."""
        return tuple(Step(self._known(id), cast(Direction, direction)) for id, direction in line)

    def _known(self, id: str) -> Statement:
        found = self._statement(id)
        if found is None:
            raise UnknownConcept(f"The graph holds no statement {id!r}.")
        return found

    def mappings(self, ids: Sequence[str]) -> list[list[Mapping]]:
        return [
            [] if cid is None else [Mapping(*row) for row in self._mapping_rows(cid)]
            for cid in self._names.cids(ids)
        ]

    def _mapping_rows(self, cid: int) -> list[list[Any]]:
        blob = self._names.query("SELECT rows FROM mapping WHERE cid = ?", (cid,))
        return unpack(blob[0][0]) if blob else []

    def mapping_table(self, folder: FilePath) -> FilePath:
        return self.snapshot.folder / "tables" / "mappings.parquet"

    def scan(self, *, predicate: str | None = None) -> Iterator[Statement]:
        wanted = None if predicate is None else set(self._wanted([predicate]) or ())
        csr = self._csr
        csr.out_p.touch(0, csr.edges)
        for edge in range(csr.edges):
            if wanted is None or csr.out_p.view[edge] in wanted:
                yield self._edge_statement(edge)

    # Walking, for path search

    def _key(self, cid: int) -> float:
        """The node key of a concept number."""
        return cid

    def _cid(self, node: Hashable) -> int:
        """The concept number of a node key."""
        return cast(int, node)

    def node(self, id: str) -> Hashable | None:
        return self._names.cids((id,))[0]

    def node_ids(self, nodes: Sequence[Hashable]) -> list[str]:
        return [self.id_of(cast(int, node)) for node in nodes]

    def expand(
        self, nodes: Sequence[Hashable], *, predicates: Sequence[str] | None = None
    ) -> list[list[Hashable]]:
        mask = self._positive
        if predicates is not None:
            wanted = set(predicates)
            mask = bytes(not negated and name in wanted for name, negated in self._predicates)
        masked = [code for code, kept in enumerate(mask) if not kept]
        return [self._around(node, mask, masked) for node in cast(Sequence[int], nodes)]

    def _around(self, node: int, mask: bytes, masked: Sequence[int]) -> list[Hashable]:
        """The other ends of a node's edges whose predicate code the mask has, out before in."""
        csr = self._csr
        found: list[Hashable] = []
        for (start, stop), codes, neighbors in (
            (csr.out_range(node), csr.out_p, csr.out_nbr),
            (csr.in_range(node), csr.in_p, csr.in_nbr),
        ):
            found += self._masked(codes, neighbors, start, stop, mask, masked)
        return found

    @staticmethod
    def _masked(
        codes: Array,
        neighbors: Array,
        start: int,
        stop: int,
        mask: bytes,
        masked: Sequence[int],
    ) -> Iterable[int]:
        """The neighbours between two places of a row whose predicate code the mask has."""
        codes.touch(start, stop)
        neighbors.touch(start, stop)
        if stop - start <= SHORT_ROW:
            row = neighbors.view[start:stop].tolist()
            return compress(row, map(mask.__getitem__, codes.view[start:stop]))
        found: list[int] = []
        place = start  # a row is sorted by code
        if len(masked) <= FEW_CODES:
            for code in masked:
                first = bisect_left(codes.view, code, place, stop)
                found += neighbors.view[place:first].tolist()
                place = bisect_right(codes.view, code, first, stop)
            found += neighbors.view[place:stop].tolist()
            return found
        while place < stop:
            code = codes.view[place]
            end = bisect_right(codes.view, code, place, stop)
            if mask[code]:
                found += neighbors.view[place:end].tolist()
            place = end
        return found

    def node_degrees(self, nodes: Sequence[Hashable]) -> list[int]:
        return self._csr.degrees(cast(Sequence[int], nodes))


def open_store(root: FilePath | str, *, uri: str = "") -> EmbeddedStore:
    """Open the graph in a folder, together with the overlay that lies on it, if one does."""
    return store_of(open_snapshot(FilePath(root)), uri=uri)


def store_of(snapshot: Snapshot, *, uri: str = "") -> EmbeddedStore:
    """A snapshot as a store, together with what it is an overlay of, if it is one."""
    if snapshot.base is None:
        return EmbeddedStore(snapshot, uri=uri)
    from kgmed.kg.store.overlay import OverlayStore

    return OverlayStore(snapshot, uri=uri)


def _qualifiers(text: str) -> dict[str, Any]:
    return dict(_read_qualifiers(text)) if text else {}


@lru_cache(maxsize=4096)
def _read_qualifiers(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def _items(text: str) -> tuple[str, ...]:
    return tuple(text.split(DETAIL_ITEM)) if text else ()
