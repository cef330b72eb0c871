"""Names, mappings and curated paths: counts of what came, went and changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgmed.kg.diff.model import MappingCounts, NameCounts

if TYPE_CHECKING:
    import duckdb

_STATUSES = ("merged", "related", "negative", "refused")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each source."""

    names: dict[str, tuple[NameCounts, ...]] = field(default_factory=dict)
    mappings: dict[str, MappingCounts] = field(default_factory=dict)


def compare_names(connection: duckdb.DuckDBPyConnection, *, source: str) -> Counts:
    """Count names and mappings per source; of one source if ``source`` isn't ''."""
    return Counts(_names(connection, source), _mappings(connection, source))


def _names(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, tuple[NameCounts, ...]]:
    """A name's key is its concept's label, its language and its text.

    The 64 bits of the hash need only tell the names of one concept apart.
    """

    def keyed(side: str) -> str:
        return f"""(SELECT label, hash(language, text) AS text, language, source
                    FROM {side}_names JOIN {side}_label USING (cid))"""

    rows = connection.execute(
        f"""
        SELECT coalesce(b.source, a.source) AS source, coalesce(b.language, a.language) AS language,
               count(*) FILTER (a.label IS NULL), count(*) FILTER (b.label IS NULL)
        FROM {keyed("old")} a FULL JOIN {keyed("new")} b USING (label, text)
        WHERE (a.label IS NULL OR b.label IS NULL) AND $1 IN ('', coalesce(b.source, a.source))
        GROUP BY 1, 2 ORDER BY 1, 2""",
        [source],
    ).fetchall()
    found: dict[str, list[NameCounts]] = defaultdict(list)
    for infores, language, added, removed in rows:
        found[infores].append(NameCounts(language, added, removed))
    return {infores: tuple(counts) for infores, counts in found.items()}


def _mappings(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, MappingCounts]:
    """A mapping's key is what its source says: the ids, predicate, modifier, justification.

    Rows of one key are taken together; their statuses are a set of bits.
    """
    status = " ".join(f"WHEN '{name}' THEN {1 << n}" for n, name in enumerate(_STATUSES))

    def keyed(side: str) -> str:
        return f"""
            SELECT md5_number(concat_ws(chr(31), source, subject, predicate, object, modifier,
                                        justification)) AS key,
                   min(source) AS source, count(*) AS n,
                   bit_or(CASE status {status} ELSE {1 << len(_STATUSES)} END) AS status,
                   bit_xor(hash(confidence, subject_label, object_label, status, reason)) AS rest
            FROM {side}_mappings WHERE $1 IN ('', source) GROUP BY 1"""

    rows = connection.execute(
        f"""
        SELECT coalesce(b.source, a.source) AS source, a.status, b.status,
               a.key IS NULL AS added, b.key IS NULL AS removed, coalesce(a.rest <> b.rest, false),
               coalesce(sum(a.n), 0)::BIGINT, coalesce(sum(b.n), 0)::BIGINT, count(*)
        FROM ({keyed("old")}) a FULL JOIN ({keyed("new")}) b USING (key)
        GROUP BY ALL ORDER BY ALL""",
        [source],
    ).fetchall()
    return _summed(rows)


def _summed(
    rows: list[tuple[str, int, int, bool, bool, bool, int, int, int]],
) -> dict[str, MappingCounts]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    statuses: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for infores, before, after, added, removed, differs, old, new, keys in rows:
        mine = sums[infores]
        mine["old"] += old
        mine["new"] += new
        mine["added"] += new if added else 0
        mine["removed"] += old if removed else 0
        if not (added or removed):
            mine["restated"] += keys if differs else 0
            if before != after:
                statuses[infores][f"{_status(before)} > {_status(after)}"] += keys
    return {
        infores: MappingCounts(**mine, statuses=dict(sorted(statuses[infores].items())))
        for infores, mine in sums.items()
    }


def _status(bits: int) -> str:
    names = [name for n, name in enumerate((*_STATUSES, "other")) if bits & (1 << n)]
    return "+".join(names)


def compare_paths(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Curated paths added and removed: a path is its record and the statements on its ways."""
    added, removed = (
        connection.execute(f"""
            SELECT count(*) FROM (SELECT path, steps FROM {here}_paths
                                  EXCEPT ALL SELECT path, steps FROM {there}_paths)""").fetchall()[
            0
        ][0]
        for here, there in (("new", "old"), ("old", "new"))
    )
    return int(added), int(removed)
