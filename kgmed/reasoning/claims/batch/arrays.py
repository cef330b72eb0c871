"""A snapshot's adjacency, sources, categories and qualifiers, in the form of arrays.

Concepts, edges and predicate codes are numbered as in :mod:`kgmed.kg.store.csr`. ``out`` reads a
row of subjects, ``in`` a row of objects; a place in ``out`` arrays is an edge number, a place in
``in`` arrays becomes one by :meth:`Arrays.edges`. An overlay has no such arrays of its own: claims
of a graph with one are verified one by one (:mod:`kgmed.reasoning.claims.batch.singly`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kgmed.kg.predicates import Predicate
from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.batch import Batch, lower_bounds, mapped
from kgmed.kg.store.csr import DETAIL_FIELD, DETAIL_FIELDS
from kgmed.kg.store.snapshot import Snapshot
from kgmed.reasoning.claims.batch.rank import Ranking

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Way = Literal["out", "in"]
AT_ONCE = 4_000_000
"""Edges that are laid out in memory at a time."""
_WORD = 64


class Arrays:
    """The arrays of one snapshot; each is mapped, and its checksum verified, at first use."""

    def __init__(self, snapshot: Snapshot) -> None:
        if snapshot.base is not None:
            raise ValueError(f"{snapshot.root}: an overlay has no arrays of its own")
        self.snapshot = snapshot
        self.batch = Batch(snapshot)
        self._mapped: dict[str, npt.NDArray[Any]] = {}
        self.positive: dict[str, int] = {}
        self.negative: dict[str, int] = {}
        for code, (name, negated) in enumerate(snapshot.manifest["predicates"]):
            (self.negative if negated else self.positive)[name] = code
        self._qualifiers: dict[int, Mapping[str, str]] = {}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One of the arrays of :mod:`kgmed.kg.store.csr`."""
        found = self._mapped.get(name)
        if found is None:
            found = self._mapped[name] = mapped(self.snapshot, name)
        return found

    def codes(self, names: Iterable[str]) -> list[int]:
        """Codes of those predicates of which the graph holds a positive statement."""
        return [self.positive[name] for name in names if name in self.positive]

    # Places in a row

    def _lower(self, way: Way, rows: Ints, keys: Longs) -> Longs:
        arrays = (self.array(f"{way}_off"), self.array(f"{way}_p"), self.array(f"{way}_nbr"))
        return lower_bounds(*arrays, rows, keys)

    def spans(self, subjects: Ints, code: int, objects: Ints) -> tuple[Longs, Longs]:
        """First and past-the-last edge number of each (subject, code, object), shapes (n,)."""
        keys = (np.int64(code) << 32) | objects.astype(np.int64)
        first = self._lower("out", subjects, keys)
        past = first.copy()
        if len(first):
            neighbors, codes = self.array("out_nbr"), self.array("out_p")
            ends = self.array("out_off")[subjects + 1]
            place = np.minimum(first, max(len(neighbors) - 1, 0))
            hit = (first < ends) & (neighbors[place] == objects) & (codes[place] == code)
            past[hit] = self._lower("out", subjects[hit], keys[hit] + 1)
        return first, past

    def runs(self, way: Way, nodes: Ints, code: int) -> tuple[Longs, Longs]:
        """First and past-the-last place of a predicate's edges in each node's row, shapes (n,)."""
        low = np.full(len(nodes), np.int64(code) << 32)
        first = self._lower(way, nodes, low)
        past = first.copy()
        codes, ends = self.array(f"{way}_p"), self.array(f"{way}_off")[nodes + 1]
        if len(codes):
            hit = (first < ends) & (codes[np.minimum(first, len(codes) - 1)] == code)
            past[hit] = self._lower(way, nodes[hit], low[hit] + (np.int64(1) << 32))
        return first, past

    def edges(self, way: Way, places: Longs) -> Longs:
        """Edge numbers of places."""
        return places if way == "out" else self.array("in_eid")[places].astype(np.int64)

    def ends(self, edges: Longs) -> tuple[Ints, Ints]:
        """Subjects and objects of edges."""
        subjects = np.searchsorted(self.array("out_off"), edges, side="right") - 1
        return subjects.astype(np.int32), self.array("out_nbr")[edges]

    # Sources

    @cached_property
    def _source_bits(self) -> npt.NDArray[np.uint64]:
        """A row of bits per profile: the source that it is of."""
        profiles = self.snapshot.manifest["profiles"]
        sources = sorted({profile[0] for profile in profiles})
        words = max(1, -(-len(sources) // _WORD))
        bits = np.zeros((max(1, len(profiles)), words), np.uint64)
        for row, profile in enumerate(profiles):
            place = sources.index(profile[0])
            bits[row, place // _WORD] = np.uint64(1) << np.uint64(place % _WORD)
        return bits

    def sources(self, way: Way, nodes: Ints, codes: Sequence[int]) -> npt.NDArray[np.uint64]:
        """Which sources state something of each node with one of the predicates: bits, (n, words).

        Nodes that come several times are looked at once.
        """
        distinct, place = np.unique(nodes, return_inverse=True)
        found = np.zeros((len(distinct), self._source_bits.shape[1]), np.uint64)
        if len(set(codes)) == len(self.snapshot.manifest["predicates"]):
            offsets = self.array(f"{way}_off")  # any predicate: the whole row
            runs = [(offsets[distinct], offsets[distinct + 1])]
        else:
            runs = [self.runs(way, distinct, code) for code in codes]
        for first, past in runs:
            for part in parts(past - first):
                full = part[first[part] < past[part]]
                if not len(full):
                    continue
                _owners, places = laid_out(first[full], past[full])
                profiles = self.array("out_prof")[self.edges(way, places)]
                starts = np.concatenate([[0], np.cumsum(past[full] - first[full])[:-1]])
                found[full] |= np.bitwise_or.reduceat(self._source_bits[profiles], starts, axis=0)
        return found[place]

    # Categories

    @cached_property
    def _categories(self) -> tuple[Ints, list[tuple[str, ...]]]:
        """Per concept the number of its set of categories, and the sets."""
        import duckdb

        path = str(self.snapshot.folder / "tables" / "concepts.parquet")
        with duckdb.connect() as connection:
            no_progress_bar(connection)
            rows = connection.sql(
                "SELECT array_to_string(categories, '|') AS c, cid FROM read_parquet(?)",
                params=[path],
            ).to_arrow_table()
        column = rows.column("c").combine_chunks().dictionary_encode()
        codes = np.empty(len(column), np.int32)
        codes[rows.column("cid").to_numpy()] = column.indices.to_numpy()
        return codes, [tuple(filter(None, c.split("|"))) for c in column.dictionary.to_pylist()]

    def excluded(self, nodes: Ints, predicate: Predicate, *, end: str) -> Flags:
        """Whether each concept's categories all exclude the predicate's domain or range."""
        from kgmed.kg.categories import disjoint

        codes, sets = self._categories
        wanted = predicate.domain if end == "subject" else predicate.range
        answer: Flags = np.array([disjoint(found, wanted) for found in sets] or [False], bool)
        flags: Flags = answer[codes[nodes]]
        return flags

    def is_one_of(self, nodes: Ints, categories: Sequence[str]) -> Flags:
        """Whether a category of each concept is one of some, or below one."""
        from kgmed.kg.categories import is_a

        codes, sets = self._categories
        answer = [any(is_a(mine, c) for mine in found for c in categories) for found in sets]
        flags: Flags = np.array(answer or [False], bool)[codes[nodes]]
        return flags

    # Details

    def qualifiers(self, edge: int) -> Mapping[str, str]:
        """The qualifiers of an edge, remembered."""
        found = self._qualifiers.get(edge)
        if found is None:
            found = self._qualifiers[edge] = self._read_qualifiers(edge)
        return found

    def forget(self) -> None:
        """Let go of what was remembered of single edges."""
        self._qualifiers.clear()
        self.ranking.forget()

    def has_details(self, edges: Longs) -> Flags:
        """Whether ``details.bin`` holds something of each edge."""
        known = self.array("d_eid")
        if not len(known):
            return np.zeros(len(edges), bool)
        place = np.searchsorted(known, edges.astype(known.dtype))
        place = np.minimum(place, len(known) - 1)
        found: Flags = known[place] == edges
        return found

    def _read_qualifiers(self, edge: int) -> Mapping[str, str]:
        fields = self.details(edge)
        index = DETAIL_FIELDS.index("qualifiers")
        text = fields[index] if len(fields) > index else ""
        qualifiers: Mapping[str, str] = json.loads(text) if text else {}
        return qualifiers

    def details(self, edge: int) -> list[str]:
        """What ``details.bin`` holds of an edge, in the order of DETAIL_FIELDS."""
        edges, offsets = self.array("d_eid"), self.array("d_off")
        place = int(np.searchsorted(edges, edges.dtype.type(edge)))  # else all are converted
        if place == len(edges) or edges[place] != edge:
            return []
        raw = bytes(self.array("details")[offsets[place] : offsets[place + 1]])
        return raw.decode().split(DETAIL_FIELD)

    @cached_property
    def ranking(self) -> Ranking:
        """The order of statements by their evidence."""
        return Ranking(self)

    @cached_property
    def ions(self) -> Ints:
        """Concepts whose forms aren't one drug, as their name is an ion's; sorted numbers."""
        code = self.positive.get("form_of")
        if code is None:
            return np.empty(0, np.int32)
        bases = np.unique(self.array("out_nbr")[self.array("out_p") == code])
        ends = np.unique(self.array("in_nbr")[self.array("in_p") == code])
        return named_ions(self.snapshot, np.union1d(bases, ends).astype(np.int32))

    def statement_ids(self, edges: Longs) -> bytes:
        """The statement ids of edges end to end, 32 hexadecimal digits each."""
        ids = self.array("st_id").reshape(-1, 16)[edges]
        digits: bytes = _HEX[ids].tobytes()
        return digits


IONS = frozenset(
    """potassium lithium iron calcium magnesium zinc sodium copper manganese selenium iodine iodide
    fluoride chloride phosphate bicarbonate ammonium aluminum aluminium barium strontium silver
    gold bismuth chromium cobalt""".split()  # noqa: SIM905
)
"""Bases whose salts aren't one drug: the ion is the drug, and its salts differ."""


def is_ion(name: str) -> bool:
    """Whether a base's name is an ion's.

    >>> is_ion("Potassium cation"), is_ion("Warfarin")
    (True, False)
    """
    words = name.casefold().split()
    return bool(words) and words[0] in IONS and (len(words) == 1 or words[1] in {"cation", "ion"})


def named_ions(snapshot: Snapshot, nodes: Ints) -> Ints:
    """Those of some concepts whose English name, or whichever they have, is an ion's."""
    import duckdb
    import pyarrow as pa

    with duckdb.connect() as connection:
        no_progress_bar(connection)
        connection.register("asked", pa.table({"cid": nodes}))
        rows = connection.sql(
            """SELECT cid, arg_min(text, (language <> 'en', nid)) FROM read_parquet(?)
               JOIN asked USING (cid) GROUP BY cid ORDER BY cid""",
            params=[str(snapshot.folder / "tables" / "names.parquet")],
        ).fetchall()
    return np.array([cid for cid, name in rows if is_ion(name)], np.int32)


_HEX = np.frombuffer(b"".join(b"%02x" % n for n in range(256)), "S2").reshape(256)


def parts(lengths: Longs, *, at_once: int = AT_ONCE) -> list[Longs]:
    """Indices in consecutive groups whose lengths sum up to about ``at_once`` at most.

    >>> [part.tolist() for part in parts(np.array([3, 3, 9, 1]), at_once=6)]
    [[0, 1], [2], [3]]
    """
    total = int(lengths.sum())
    everything = np.arange(len(lengths))
    if total <= at_once:
        return [everything] if len(lengths) else []
    groups, start, filled = [], 0, 0
    for i, length in enumerate(lengths.tolist()):
        if filled and filled + length > at_once:
            groups.append(everything[start:i])
            start, filled = i, 0
        filled += length
    return [*groups, everything[start:]]


def laid_out(first: Longs, past: Longs) -> tuple[Longs, Longs]:
    """The places of ranges end to end, each with the number of its range.

    >>> [x.tolist() for x in laid_out(np.array([5, 9]), np.array([7, 10]))]
    [[0, 0, 1], [5, 6, 9]]
    """
    lengths = past - first
    owners = np.repeat(np.arange(len(first)), lengths)
    ends = np.cumsum(lengths)
    return owners, np.arange(len(owners)) - np.repeat(ends - lengths - first, lengths)
