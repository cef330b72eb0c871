"""The positive statements between concepts as triples of numbers, to learn from and to measure by.

One triple stands for all statements with its subject, predicate and object, whoever makes them;
those of a symmetric predicate are turned so that the smaller number is the subject. Statements that
are negated, that have a value, or whose ends are one concept are none. Concepts are numbered anew,
in the order of their ids, and only those at some triple have a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kgmed.kg.errors import UsageError
from kgmed.kg.layers import literal
from kgmed.kg.predicates import Registry
from kgmed.kg.predicates import registry as shipped
from kgmed.kg.views.pyg import node_type
from kgmed.kg.views.tables import RAW, Tables

if TYPE_CHECKING:
    from kgmed.kg.store.snapshot import Snapshot

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Reals = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Triples:
    """What a graph states, without repetition; T triples over N concepts and P predicates.

    ``s``, ``p``, ``o`` are int32 [T], sorted by (p, s, o): ``s`` and ``o`` count through ``ids``
    (N texts, sorted as UTF-8 bytes), ``p`` through ``predicates``. ``types`` is int32 [N], a number
    of ``categories``: the most specific category of each concept. ``symmetric`` is bool [P];
    ``families`` int32 [P], the same for predicates that share an ancestor below the root of all.

    The statements of triple t are ``rows[first[t]:first[t + 1]]``, edge numbers of the snapshot in
    ascending order, and who makes them ``origins[origin[...]]``, a (source, release) each.
    ``left_out`` counts statements by why they are no triple of their own.
    """

    s: Ints
    p: Ints
    o: Ints
    ids: tuple[str, ...]
    types: Ints
    categories: tuple[str, ...]
    predicates: tuple[str, ...]
    symmetric: Mask
    families: Ints
    first: Longs
    rows: Longs
    origin: Ints
    origins: tuple[tuple[str, str], ...]
    left_out: Mapping[str, int]
    snapshot: str

    def __len__(self) -> int:
        return len(self.s)

    @property
    def concepts(self) -> int:
        """How many concepts have a triple."""
        return len(self.ids)

    @cached_property
    def keys(self) -> Longs:
        """:func:`triple_keys` of all triples, ascending."""
        return triple_keys(self.s, self.p, self.o, self.concepts)

    def known(self, s: Ints, p: Ints, o: Ints) -> Mask:
        """Whether the graph states each triple, in either direction of a symmetric predicate.

        Shapes (n,), which are broadcast together.
        """
        s, p, o = np.broadcast_arrays(s, p, o)
        turned = self.symmetric[p] & (s > o)
        head, tail = np.where(turned, o, s), np.where(turned, s, o)
        wanted = triple_keys(head, p, tail, self.concepts)
        return is_among(wanted, self.keys)

    def numbers(self, ids: Sequence[str]) -> Ints:
        """The numbers of concept ids, -1 for one without a triple."""
        place = {id: n for n, id in enumerate(self.ids)}
        return np.fromiter((place.get(id, -1) for id in ids), np.int32, len(ids))

    def codes(self, names: Sequence[str]) -> list[int]:
        """The numbers of predicates; raises :class:`~kgmed.kg.errors.UsageError` for one without a
        triple."""
        place = {name: n for n, name in enumerate(self.predicates)}
        for name in names:
            if name not in place:
                raise UsageError(
                    f"Found predicate {name!r}, expected one that joins two concepts of this "
                    f"graph: {', '.join(self.predicates)}."
                )
        return [place[name] for name in names]

    def of_predicates(self, names: Sequence[str]) -> Mask:
        """Which triples are of these predicates; bool [T]."""
        return np.isin(self.p, self.codes(names))

    def names_at(self, t: int) -> tuple[str, str, str]:
        """Subject, predicate and object of triple ``t``."""
        return self.ids[self.s[t]], self.predicates[self.p[t]], self.ids[self.o[t]]


def triple_keys(s: npt.NDArray[Any], p: npt.NDArray[Any], o: npt.NDArray[Any], n: int) -> Longs:
    """One number for each triple over ``n`` concepts, in the order of (p, s, o).

    With 65 predicates it takes 4 * 10^8 concepts to outgrow 64 bits.
    """
    keys: Longs = (p.astype(np.int64) * n + s) * n + o
    return keys


def is_among(wanted: Longs, ascending: Longs) -> Mask:
    """Whether each number is one of ``ascending``; shape of ``wanted``."""
    if not len(ascending):
        return np.zeros(wanted.shape, bool)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    found: Mask = ascending[place] == wanted
    return found


def read_triples(
    snapshot: Snapshot,
    *,
    predicates: Sequence[str] | None = None,
    sources: Sequence[str] | None = None,
    without: Sequence[str] = (),
    registry: Registry | None = None,
) -> Triples:
    """The triples of a snapshot, by default of all predicates and sources.

    ``without`` are sources whose statements are left out. Raises
    :class:`~kgmed.kg.errors.UsageError` for a predicate or source that the graph doesn't have, and
    where nothing is left.
    """
    known = registry or shipped()
    with Tables(snapshot) as tables:
        found = _statements(tables, predicates, sources, without)
        names = [row[0] for row in tables.sql(f"SELECT predicate FROM {RAW}predicate ORDER BY p")
                 .fetchall()]  # fmt: skip
        origins, origin = _origins(tables, found["profile"])
        s, o, code = found["s"], found["o"], found["p"]
        cids = np.unique(np.concatenate([s, o]))
        ids, categories, types = _concepts(tables, cids)
    by_id = np.array(sorted(range(len(ids)), key=lambda n: ids[n].encode()))
    number = np.empty(len(ids), np.int64)
    number[by_id] = np.arange(len(ids))  # another one only where an overlay adds concepts
    ids, types = tuple(ids[n] for n in by_id.tolist()), types[by_id]
    used, p = np.unique(code, return_inverse=True)
    own = tuple(names[code] for code in used.tolist())
    symmetric = np.array([name in known and known[name].symmetric for name in own], bool)
    s, o = number[np.searchsorted(cids, s)], number[np.searchsorted(cids, o)]
    turned = symmetric[p] & (s > o)
    s, o = np.where(turned, o, s), np.where(turned, s, o)

    loops = s == o
    order = np.lexsort((found["row"], o, s, p))
    order = order[~loops[order]]
    if not len(order):
        raise UsageError(
            "Found no positive statement between two concepts, expected some to learn from. Name "
            "other predicates or sources; 'kgmed info' lists them."
        )
    keys = triple_keys(s, p, o, len(cids))[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    first = np.r_[starts, len(order)].astype(np.int64)
    chosen = order[starts]
    return Triples(
        s=s[chosen].astype(np.int32), p=p[chosen].astype(np.int32), o=o[chosen].astype(np.int32),
        ids=ids, types=types, categories=categories, predicates=own, symmetric=symmetric,
        families=_families(own, known), first=first, rows=found["row"][order].astype(np.int64),
        origin=origin[order], origins=origins,
        left_out={
            "both ends one concept": int(loops.sum()),
            "same triple as another statement": len(order) - len(starts),
        },
        snapshot=str(snapshot.manifest["snapshot"]),
    )  # fmt: skip


def _families(names: Sequence[str], known: Registry) -> Ints:
    """A number for each predicate, that of the highest one above it but the root."""
    tops = []
    for name in names:
        above = known.ancestors(name)
        tops.append(above[-2] if len(above) > 1 else above[-1])
    number = {top: n for n, top in enumerate(dict.fromkeys(tops))}
    return np.array([number[top] for top in tops], np.int32)


def _statements(
    tables: Tables,
    predicates: Sequence[str] | None,
    sources: Sequence[str] | None,
    without: Sequence[str],
) -> dict[str, npt.NDArray[Any]]:
    """Columns s, o, p, profile and row of the statements asked for."""
    conditions = ["row >= 0", "NOT negated"]
    source = "primary_knowledge_source"
    for column, wanted, word in (
        ("predicate", predicates, "IN"), (source, sources, "IN"), (source, without, "NOT IN"),
    ):  # fmt: skip
        if wanted is None or (word == "NOT IN" and not wanted):
            continue
        view = "predicate" if column == "predicate" else "profile"
        rows = tables.sql(f"SELECT DISTINCT {column} FROM {RAW}{view}").fetchall()
        there = {row[0] for row in rows}
        for name in wanted:
            if name not in there:
                raise UsageError(
                    f"Found {name!r}, expected one of the graph's: {', '.join(sorted(there))}."
                )
        conditions.append(f"{column} {word} ({', '.join(map(literal, wanted)) or 'NULL'})")
    table = tables.sql(f"""
        SELECT r.s, r.o, r.p, r.profile, r.row
        FROM {RAW}rows r JOIN {RAW}predicate USING (p) JOIN {RAW}profile USING (profile)
        WHERE {" AND ".join(conditions)} ORDER BY row""").to_arrow_table()
    return {name: table[name].to_numpy() for name in ("s", "o", "p", "profile", "row")}


def _origins(tables: Tables, profile: npt.NDArray[Any]) -> tuple[tuple[tuple[str, str], ...], Ints]:
    """Distinct (source, release) and, by statement, which of these."""
    rows = tables.sql(f"""
        SELECT profile, primary_knowledge_source, release FROM {RAW}profile ORDER BY profile
        """).fetchall()
    number: dict[tuple[str, str], int] = {}
    of_profile = np.zeros(max((row[0] for row in rows), default=0) + 1, np.int32)
    for n, source, release in rows:
        of_profile[n] = number.setdefault((source, release), len(number))
    return tuple(number), of_profile[profile]


def _concepts(tables: Tables, cids: Longs) -> tuple[tuple[str, ...], tuple[str, ...], Ints]:
    """Ids, categories, and the number of its category for each concept."""
    table = tables.sql(f"SELECT cid, id, categories FROM {RAW}concepts ORDER BY cid")
    found = table.to_arrow_table()
    chosen = found.take(np.searchsorted(found["cid"].to_numpy(), cids))
    distinct: dict[tuple[str, ...], str] = {}
    of_concept = []
    for kinds in chosen["categories"].to_pylist():
        key = tuple(kinds)
        if key not in distinct:
            distinct[key] = node_type(key)
        of_concept.append(distinct[key])
    categories = tuple(sorted(set(of_concept)))
    number = {name: n for n, name in enumerate(categories)}
    types = np.fromiter((number[name] for name in of_concept), np.int32, len(of_concept))
    return tuple(chosen["id"].to_pylist()), categories, types
