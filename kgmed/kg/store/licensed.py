"""A graph of which only what may leave is read: a server's that others reach.

It follows the rules of :mod:`kgmed.kg.views.licensing`, which say what of a graph an export holds,
and answers as a graph built of that export would: restricted statements, names and mappings aren't
there, nor are concepts of which nothing else tells, nor ids that only restricted sources gave. The
counts of :meth:`info`, and those of :meth:`coverage` for a source of which a part leaves, are of
the whole graph.

Hidden statements that a query came upon are counted by source and licence, so that its answer can
say that something was left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Self, TypeVar

from kgmed.kg.errors import UsageError
from kgmed.kg.model import Concept, Mapping, Name, Statement, Step
from kgmed.kg.store.base import CoverageRow
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.local_lexicon import LocalLexicon
from kgmed.kg.store.names import MAPPING_FIELDS, Names
from kgmed.kg.store.overlay import OverlayStore
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views.licensing import Terms

REMEMBERED = 50_000
"""Concepts of which is remembered what of them leaves."""
MORE = 4
"""Names that are read for each that is wanted, where some may be hidden."""
_SOURCE = MAPPING_FIELDS.index("source")
Row = tuple[int, int, int, int]
Hit = TypeVar("Hit", tuple[str, Name], tuple[str, Name, int])


def licensed_store(store: EmbeddedStore, terms: Terms) -> EmbeddedStore:
    """Another store of the same snapshot, which holds only what the terms let leave."""
    kind = LicensedStore if store.snapshot.base is None else LicensedOverlay
    return kind(store.snapshot, uri=store.info().uri, terms=terms)


class _Licensed(EmbeddedStore):
    """What both below have in common; ``terms`` is set before anything is opened."""

    def __init__(self, root: Snapshot, *, uri: str = "", terms: Terms) -> None:
        self.terms = terms
        self._come_upon: Counter[tuple[str, str]] = Counter()
        self._seen: set[int | bytes] = set()
        super().__init__(root, uri=uri)
        self._held = [not terms.lets(row[0], row[2]) for row in self._profiles]
        self._leaving_of = lru_cache(REMEMBERED)(self._leaving)
        self._degree_of = lru_cache(REMEMBERED)(self._count)
        self.lexicon = _Lexicon(self._names, self.ids_of, terms)

    def again(self) -> Self:
        return type(self)(self.snapshot, uri=self._uri, terms=self.terms)

    def take_withheld(self) -> dict[tuple[str, str], int]:
        """How many hidden statements were come upon since this was last asked, by source and
        licence."""
        found = dict(sorted(self._come_upon.items()))
        self._come_upon.clear()
        self._seen.clear()
        return found

    # Edges

    def _is_held(self, edge: int) -> bool:
        return self._held[self._profile(edge)]

    def _tell(self, key: int | bytes, profile: int) -> None:
        if key not in self._seen:
            self._seen.add(key)
            source, _release, licence = self._profiles[profile][:3]
            self._come_upon[source, licence] += 1

    def _kept(self, rows: Iterable[Row]) -> list[Row]:
        kept = []
        for row in rows:
            profile = self._profile(row[3])
            if self._held[profile]:
                self._tell(row[3], profile)
            else:
                kept.append(row)
        return kept

    def _first(self, read: Callable[[int | None], list[Row]], limit: int | None) -> list[Row]:
        """The first rows that leave, of those that ``read`` gives so many of."""
        wanted = limit
        while True:
            rows = read(wanted)
            kept = self._kept(rows)
            if wanted is None or limit is None or len(rows) < wanted or len(kept) >= limit:
                return kept[:limit]
            wanted *= MORE

    def _out_rows(self, cid: int, wanted: list[int] | None, limit: int | None) -> list[Row]:
        read = super()._out_rows
        return self._first(lambda most: read(cid, wanted, most), limit)

    def _in_rows(self, cid: int, wanted: list[int] | None, limit: int | None) -> list[Row]:
        read = super()._in_rows
        return self._first(lambda most: read(cid, wanted, most), limit)

    def _open_rows(self, cid: int) -> tuple[list[Row], list[Row]]:
        """The rows out of and into a concept that leave; of the others nothing is told."""
        return (
            [row for row in super()._out_rows(cid, None, None) if not self._is_held(row[3])],
            [row for row in super()._in_rows(cid, None, None) if not self._is_held(row[3])],
        )

    def _profiles_at(
        self, cid: int, wanted: list[int] | None, *, incoming: bool
    ) -> Iterator[Iterable[int]]:
        for profiles in super()._profiles_at(cid, wanted, incoming=incoming):
            yield [profile for profile in profiles if not self._held[profile]]

    def _edges_of(self, subject: int, code: int, object: int) -> Sequence[int]:
        rows = [(subject, code, object, e) for e in super()._edges_of(subject, code, object)]
        return [row[3] for row in self._kept(rows)]

    def _joining(self, subject: int, object: int) -> list[tuple[int, int]]:
        rows = [(subject, code, object, e) for code, e in super()._joining(subject, object)]
        return [(row[1], row[3]) for row in self._kept(rows)]

    def _edges_with_id(self, prefix: str) -> list[int]:
        rows = [(0, 0, 0, edge) for edge in super()._edges_with_id(prefix)]
        return [row[3] for row in self._kept(rows)]

    # Statements with a value

    def _kept_values(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        kept = []
        for row in rows:
            if self._held[row[3]]:
                self._tell(row[2], row[3])
            else:
                kept.append(row)
        return kept

    def _value_rows_by_id(self, prefix: str) -> list[tuple[Any, ...]]:
        return self._kept_values(super()._value_rows_by_id(prefix))

    def _value_rows(self, cid: int) -> list[tuple[Any, ...]]:
        return self._kept_values(super()._value_rows(cid))

    # Concepts

    def _leaving(self, cid: int) -> tuple[bool, frozenset[str] | None]:
        """Whether a concept leaves, and which of its ids; None for all."""
        id, _categories, sources, equivalents, _names = self._names.concept(cid)
        if sources and all(map(self.terms.lets_source, sources)):
            return True, None
        out, into = self._open_rows(cid)
        values = [row for row in super()._value_rows(cid) if not self._held[row[3]]]
        leaves = bool(out or into or values) or any(map(self.terms.lets_source, sources))
        if not leaves:
            return False, frozenset()
        said = {id}
        said.update(self._edge_statement(row[3]).original_subject for row in out)
        said.update(self._edge_statement(row[3]).original_object for row in into)
        said.update(self._value_statement(*row).original_subject for row in values)
        for row in self._mapping_rows(cid):
            mapping = Mapping(*row)
            said.update((mapping.subject, mapping.object))
        return True, frozenset(said.intersection({id, *equivalents}))

    def _lets_id(self, curie: str, cid: int | None) -> bool:
        if cid is None:
            return False
        leaves, ids = self._leaving_of(cid)
        return leaves and (ids is None or curie in ids)

    def resolve(self, curies: Sequence[str]) -> list[str | None]:
        found = self._names.cids(curies)
        return [
            self.id_of(cid) if cid is not None and self._lets_id(curie, cid) else None
            for curie, cid in zip(curies, found, strict=True)
        ]

    def concepts(self, ids: Sequence[str]) -> list[Concept | None]:
        found = self._names.cids(ids)
        return [
            self._remembered(cid) if cid is not None and self._lets_id(id, cid) else None
            for id, cid in zip(ids, found, strict=True)
        ]

    def _concept(self, cid: int) -> Concept:
        found = super()._concept(cid)
        _leaves, ids = self._leaving_of(cid)
        names: dict[str, str] = {}
        for name in self._names.of_concept(cid):
            if self.terms.lets_source(name.source):
                names.setdefault(name.language, name.text)
        return replace(
            found,
            names=names,
            sources=tuple(filter(self.terms.lets_source, found.sources)),
            equivalent_ids=tuple(i for i in found.equivalent_ids if ids is None or i in ids),
        )

    def _count(self, cid: int) -> int:
        return sum(map(len, self._open_rows(cid)))

    def degrees(self, ids: Sequence[str]) -> list[int]:
        return [0 if cid is None else self._degree_of(cid) for cid in self._names.cids(ids)]

    # Paths, mappings, scans

    def _steps(self, line: Sequence[Sequence[str]]) -> tuple[Step, ...] | None:
        known = all(self._statement(id) is not None for id, _way in line)
        return super()._steps(line) if known else None

    def _mapping_rows(self, cid: int) -> list[list[Any]]:
        return [row for row in super()._mapping_rows(cid) if self.terms.lets_source(row[_SOURCE])]

    def mapping_table(self, folder: FilePath) -> FilePath:
        raise UsageError("A graph of which only a part may leave has no table of mappings.")

    def _read_coverage(self) -> list[CoverageRow]:
        told = {row[0] for row, held in zip(self._profiles, self._held, strict=True) if not held}
        return [row for row in super()._read_coverage() if row.source in told]

    def scan(self, *, predicate: str | None = None) -> Iterator[Statement]:
        return self._open(super().scan(predicate=predicate))

    def _open(self, statements: Iterable[Statement]) -> Iterator[Statement]:
        for s in statements:
            if self.terms.lets(s.primary_knowledge_source, s.licence):
                yield s

    def retracted(self) -> list[Statement]:
        return list(self._open(super().retracted()))

    def added(self) -> list[Statement]:
        return list(self._open(super().added()))

    # Walking

    def _around(self, node: int, mask: bytes, masked: Sequence[int]) -> list[Hashable]:
        out, into = self._open_rows(self._cid(node))
        found: list[Hashable] = [self._key(row[2]) for row in out if mask[row[1]]]
        return found + [self._key(row[0]) for row in into if mask[row[1]]]

    def node_degrees(self, nodes: Sequence[Hashable]) -> list[int]:
        return [self._degree_of(self._cid(node)) for node in nodes]


class LicensedStore(_Licensed):
    """A graph in a folder, of which only what may leave is read."""


class LicensedOverlay(_Licensed, OverlayStore):
    """The same of a graph that an overlay lies on."""


class _Lexicon(LocalLexicon):
    """The names that may leave."""

    def __init__(
        self, names: Names, ids_of: Callable[[Sequence[int]], list[str]], terms: Terms
    ) -> None:
        super().__init__(names, ids_of)
        self._lets = lru_cache(4096)(terms.lets_source)

    def _first(self, hits: list[Hit], limit: int) -> list[Hit]:
        return [hit for hit in hits if self._lets(hit[1].source)][:limit]

    def exact(self, norms: Sequence[str]) -> list[list[tuple[str, Name]]]:
        return [self._first(hits, len(hits)) for hits in super().exact(norms)]

    def hashed(self, hashes: Sequence[int], *, limit: int = 40) -> list[list[tuple[str, Name]]]:
        return [self._first(hits, limit) for hits in super().hashed(hashes, limit=limit * MORE)]

    def prefix(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name]]:
        return self._first(super().prefix(norm, limit=limit * MORE), limit)

    def tokens(self, tokens: Sequence[str], *, limit: int = 20) -> list[tuple[str, Name]]:
        return self._first(super().tokens(tokens, limit=limit * MORE), limit)

    def fuzzy(self, norm: str, *, limit: int = 20) -> list[tuple[str, Name, int]]:
        return self._first(super().fuzzy(norm, limit=limit * MORE), limit)

    def names(self, ids: Sequence[str]) -> list[list[Name]]:
        found = []
        for names in super().names(ids):
            kept = [name for name in names if self._lets(name.source)]
            first = {name.language: n for n, name in reversed(list(enumerate(kept)))}
            found.append([
                replace(name, kind="preferred") if first[name.language] == n else name
                for n, name in enumerate(kept)
            ])  # fmt: skip
        return found
