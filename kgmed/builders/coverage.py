"""What each source states of which predicate between which categories, counted.

Counts of distinct subjects and objects over tens of millions of statements outgrow a hash
aggregate; the adjacency just written holds the statements sorted by subject, and by object, so that
parts of it can be counted one after the other, each by sorting one packed key per statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import duckdb

Numbers = npt.NDArray[Any]
CHUNK = 4_000_000
"""Statements that are counted at a time; a concept's statements stay together."""


def coverage(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, object]]:
    """The rows of ``coverage.json``: one per predicate, category pair, source and release.

    A concept of several categories counts under each pair of them, so that no question about a
    category misses a row; ``object_category`` is '' for statements with a value. Negated
    statements aren't counted. Needs ``csr/`` and ``tables/`` in ``folder``, ``predicate_code`` and
    ``profile_code`` in the connection.
    """
    groups = _Groups.read(connection, folder)
    tallies: list[tuple[Numbers, Numbers, Numbers, Numbers]] = []

    def array(name: str, dtype: str) -> Numbers:
        path = folder / "csr" / f"{name}.bin"
        return np.memmap(path, dtype, "r") if path.stat().st_size else np.empty(0, dtype)

    profiles, edges = array("out_prof", "uint32"), array("in_eid", "int32")
    neighbors, codes = array("out_nbr", "int32"), array("out_p", "uint16")
    for nodes, part in _parts(array("out_off", "int64")):
        group, row = groups.of(codes[part], profiles[part], nodes, neighbors[part])
        group, rows, subjects = _tally(group, nodes[row], groups.concepts)
        tallies.append((group, rows, subjects, np.zeros_like(rows)))
    neighbors, codes = array("in_nbr", "int32"), array("in_p", "uint16")
    for nodes, part in _parts(array("in_off", "int64")):
        group, row = groups.of(codes[part], profiles[edges[part]], neighbors[part], nodes)
        group, rows, objects = _tally(group, nodes[row], groups.concepts)
        tallies.append((group, np.zeros_like(rows), np.zeros_like(rows), objects))
    values = connection.execute(
        "SELECT s, p, profile FROM read_parquet(?)", [str(folder / "tables" / "values.parquet")]
    ).fetchnumpy()
    subjects = np.asarray(values["s"])
    group, row = groups.of(np.asarray(values["p"]), np.asarray(values["profile"]), subjects, None)
    group, rows, distinct = _tally(group, subjects[row], groups.concepts)
    tallies.append((group, rows, distinct, np.zeros_like(rows)))
    return groups.rows(tallies)


def _parts(offsets: Numbers) -> Iterator[tuple[Numbers, slice]]:
    """Pieces of an adjacency: the node of each edge, and where the edges lie."""
    start, nodes = 0, len(offsets) - 1
    while start < nodes:
        stop = int(np.searchsorted(offsets, offsets[start] + CHUNK, "right")) - 1
        stop = min(max(stop, start + 1), nodes)
        counts = np.diff(offsets[start : stop + 1])
        owners = np.repeat(np.arange(start, stop, dtype=np.int32), counts)
        yield owners, slice(int(offsets[start]), int(offsets[stop]))
        start = stop


def _tally(group: Numbers, nodes: Numbers, concepts: int) -> tuple[Numbers, Numbers, Numbers]:
    """Each group that occurs, its rows, and its distinct nodes."""
    if not len(group):
        return group, group, group
    key = group * concepts + nodes
    key.sort()
    group = key // concepts
    new_node = np.ones(len(key), np.int64)
    new_node[1:] = key[1:] != key[:-1]
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    rows = np.diff(starts, append=len(key))
    return group[starts], rows, np.add.reduceat(new_node, starts)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Numbers the groups: ((predicate, source), subject category, object category)."""

    concepts: int
    predicates: list[str]
    positive: npt.NDArray[np.bool_]
    sources: list[tuple[str, str]]
    source_of_profile: Numbers
    categories: list[str]
    category: list[Numbers]
    """For the first, second ... category of each concept its number, -1 where it has fewer."""

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection, folder: Path) -> _Groups:
        codes = connection.execute(
            "SELECT predicate, negated FROM predicate_code ORDER BY p"
        ).fetchall()
        profiles = connection.execute(
            "SELECT primary_knowledge_source, release FROM profile_code ORDER BY profile"
        ).fetchall()
        sources = sorted(set(profiles))
        number = {source: n for n, source in enumerate(sources)}
        path = str(folder / "tables" / "concepts.parquet")
        found = connection.execute(
            "SELECT len(categories) AS n FROM read_parquet(?) ORDER BY cid", [path]
        ).fetchnumpy()
        held = np.asarray(found["n"])
        names = connection.execute(
            "SELECT DISTINCT unnest(categories) AS c FROM read_parquet(?) ORDER BY c", [path]
        ).fetchall()
        categories = [name for (name,) in names]
        slots = []
        for place in range(1, int(held.max(initial=0)) + 1):
            rows = connection.execute(
                "SELECT coalesce(list_position($1, categories[$2]), 0)::INT - 1 AS c"
                " FROM read_parquet($3) ORDER BY cid",
                [categories, place, path],
            ).fetchnumpy()
            slots.append(np.asarray(rows["c"], np.int64))
        return cls(
            concepts=len(held),
            predicates=[name for name, _negated in codes],
            positive=np.array([not negated for _name, negated in codes], bool),
            sources=sources,
            source_of_profile=np.array([number[pair] for pair in profiles], np.int64),
            categories=categories,
            category=slots,
        )

    def of(
        self, codes: Numbers, profiles: Numbers, subjects: Numbers, objects: Numbers | None
    ) -> tuple[Numbers, Numbers]:
        """The group of each row and pair of categories, and the rows they are of."""
        n = len(self.categories)
        base = (codes.astype(np.int64) * len(self.sources) + self.source_of_profile[profiles]) * n
        kept = self.positive[codes]
        groups, rows = [], []
        for first in self.category:
            left = first[subjects]
            ends = [None] if objects is None else self.category
            for place, second in enumerate(ends):
                right = np.full(len(codes), -1) if second is None else second[objects]
                row = np.flatnonzero(kept & (left >= 0) & ((right >= 0) | (place == 0)))
                groups.append((base[row] + left[row]) * (n + 1) + right[row] + 1)
                rows.append(row)
        nothing = np.empty(0, np.int64)
        return np.concatenate([nothing, *groups]), np.concatenate([nothing, *rows])

    def rows(
        self, tallies: list[tuple[Numbers, Numbers, Numbers, Numbers]]
    ) -> list[dict[str, object]]:
        """The sums of the tallies, by (predicate, categories, source, release)."""
        group, place = np.unique(np.concatenate([t[0] for t in tallies]), return_inverse=True)
        sums = []
        for column in (1, 2, 3):
            total = np.zeros(len(group), np.int64)
            np.add.at(total, place, np.concatenate([t[column] for t in tallies]))
            sums.append(total.tolist())
        found = []
        n, ends = len(self.categories), ["", *self.categories]
        for number, statements, subjects, objects in zip(group.tolist(), *sums, strict=True):
            rest, right = divmod(number, n + 1)
            rest, left = divmod(rest, n)
            code, source = divmod(rest, len(self.sources))
            infores, release = self.sources[source]
            key = (self.predicates[code], self.categories[left], ends[right], infores, release)
            found.append((key, (statements, subjects, objects)))
        names = ("predicate", "subject_category", "object_category", "source", "release",
                 "statements", "subjects", "objects")  # fmt: skip
        return [dict(zip(names, (*key, *counts), strict=True)) for key, counts in sorted(found)]
