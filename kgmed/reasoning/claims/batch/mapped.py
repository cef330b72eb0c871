"""The confidence of statements in a graph's own ids: that of the mappings which made the ids one.

A statement's source may have used other ids than the graph's. How sure it is that both mean the
same is the weakest mapping on the surest chain between them, 1 where no mapping was needed or a
source itself assigns the one to the other.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from kgmed.kg.quiet import no_progress_bar
from kgmed.kg.store.csr import DETAIL_FIELDS
from kgmed.reasoning.claims.batch.arrays import Arrays, Longs

_SUBJECT = DETAIL_FIELDS.index("original_subject")
_OBJECT = DETAIL_FIELDS.index("original_object")
REMEMBERED = 2_000_000
"""Pairs of ids whose confidence is remembered before all are forgotten."""


class Mapped:
    """Confidences of one snapshot's statements."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self._known: dict[tuple[int, str], float] = {}

    def least(self, edges: Longs) -> npt.NDArray[np.float64]:
        """The confidence (0-1) of each edge's ids, shape (n,)."""
        arrays = self._arrays
        distinct, place = np.unique(edges, return_inverse=True)
        subjects = np.searchsorted(arrays.array("out_off"), distinct, side="right") - 1
        objects = arrays.array("out_nbr")[distinct]
        pairs: list[tuple[int, int, str]] = []
        for i, fields in enumerate(map(arrays.details, distinct.tolist())):
            if len(fields) > _SUBJECT and fields[_SUBJECT]:
                pairs.append((i, int(subjects[i]), fields[_SUBJECT]))
            if len(fields) > _OBJECT and fields[_OBJECT]:
                pairs.append((i, int(objects[i]), fields[_OBJECT]))
        self._learn({(cid, original) for _i, cid, original in pairs})
        found = np.ones(len(distinct))
        for i, cid, original in pairs:
            found[i] = min(found[i], self._known[cid, original])
        return found[place]

    def _learn(self, pairs: set[tuple[int, str]]) -> None:
        new = pairs - self._known.keys()
        if not new:
            return
        if len(self._known) + len(new) > REMEMBERED:
            self._known.clear()
            new = pairs
        wanted: dict[int, set[str]] = {}
        for cid, original in new:
            wanted.setdefault(cid, set()).add(original)
            self._known[cid, original] = 1.0
        for cid, own, rows in self._mappings(list(wanted)):
            for original in wanted[cid]:
                self._known[cid, original] = bottleneck(rows, own, original)

    def _mappings(self, cids: list[int]) -> Iterable[tuple[int, str, list[tuple[str, str, float]]]]:
        """Concepts that some mapping below 1 joined: number, id, and the mappings, surest first."""
        import duckdb
        import pyarrow as pa

        tables = self._arrays.snapshot.folder / "tables"
        with duckdb.connect() as connection:
            no_progress_bar(connection)
            connection.register("asked", pa.table({"cid": pa.array(cids, pa.int32())}))
            rows = connection.sql(
                """SELECT cid, id, list((subject, object, confidence) ORDER BY confidence DESC)
                   FROM (SELECT subject_cid AS cid, subject, object, confidence
                         FROM read_parquet($1) WHERE status = 'merged')
                   JOIN asked USING (cid) JOIN read_parquet($2) c USING (cid)
                   GROUP BY cid, id HAVING min(confidence) < 1""",
                params={
                    "1": str(tables / "mappings.parquet"),
                    "2": str(tables / "concepts.parquet"),
                },
            )
            yield from rows.fetchall()


def bottleneck(rows: Iterable[tuple[str, str, float]], own: str, original: str) -> float:
    """The confidence of the weakest mapping on the surest chain between two ids, 1 where no chain
    joins them; ``rows`` are (subject, object, confidence), the surest first.

    >>> rows = [("a:1", "b:1", 0.9), ("b:1", "c:1", 0.7)]
    >>> bottleneck(rows, "a:1", "c:1"), bottleneck(rows, "a:1", "d:1")
    (0.7, 1.0)
    """
    group: dict[str, set[str]] = {}
    for subject, object, confidence in rows:
        left, right = group.get(subject, {subject}), group.get(object, {object})
        if left is not right:
            both = left | right
            group.update(dict.fromkeys(both, both))
        if original in group.get(own, ()):
            return confidence
    return 1.0
