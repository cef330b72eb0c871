"""What a load sends: all rows of a snapshot, or those in which it differs from an older one.

Rows come from the views of :mod:`kgmed.kg.layers` in one DuckDB connection, in a total order, so
that a load can go on where it was stopped; DuckDB sorts on disk what doesn't fit its memory.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from kgmed.kg import layers
from kgmed.kg.diff.tables import connect, errors_named
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.neo4j.rows import Kind, Table
from kgmed.kg.store.overlay import OverlayStore
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views import licensing
from kgmed.kg.views.licensing import Leaving, Terms
from kgmed.kg.views.neo4j_schema import PLAIN_ORDER, plain_order_sql, statement_json
from kgmed.kg.views.remainder import remaining

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 5_000
BATCH_BYTES = 4 << 20
"""Rows and bytes of one transaction at most; what a transaction holds stays in the server's
memory until it is committed."""
NEW, OLD = "new", "old"
"""The sides of a load: schemas of DuckDB, each with the views of a snapshot."""
MEMORY = "2GB"
"""What DuckDB may hold."""

Batch = tuple[str, list[tuple[Any, ...]]]
"""A query, and the rows that it merges."""


def store_of(snapshot: Snapshot) -> EmbeddedStore:
    """The store of an opened snapshot."""
    return EmbeddedStore(snapshot) if snapshot.base is None else OverlayStore(snapshot)


class Plan:
    """The rows of ``new``; of those, only what ``old`` hasn't, where there is one. Close it.

    ``allow`` names licences and sources that aren't open and may leave; None means that all goes,
    to a server that is one's own. ``leaving`` says what goes and what stays behind, ``hash`` and
    ``old_hash`` what is then in the database. Without ``differ`` all rows of ``new`` are sent, even
    where there is an ``old``.
    """

    def __init__(
        self,
        new: Snapshot,
        old: Snapshot | None = None,
        *,
        allow: Sequence[str] | None = None,
        memory: str = MEMORY,
    ) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="kgmed-load-"))
        self._new, self._old = new, old
        self._allow = allow
        self.differ = old is not None
        self.old_hash = ""
        try:
            with errors_named(self._work):
                self._connection = connect(self._work, memory=memory)
                self.leaving, self._terms = self._define(NEW, new)
                self.hash = _hash(new, self.leaving)
                if old is not None:
                    self.old_hash = _hash(old, self._define(OLD, old)[0])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the work folder."""
        if hasattr(self, "_connection"):
            self._connection.close()
        shutil.rmtree(self._work, ignore_errors=True)

    @property
    def name(self) -> str:
        """Whose rows progress counts: a generation, its base, the one that it is compared with,
        and the hash of a part that may leave."""
        sides = [self._new, self._old] if self.differ else [self._new]
        layers = [layer for side in sides if side is not None for layer in (side, side.base)]
        names = [layer.folder.name for layer in layers if layer is not None]
        whole = self.leaving is None or self.leaving.whole
        return " ".join(names if whole else [*names, self.hash[:16]])

    def _define(self, side: str, snapshot: Snapshot) -> tuple[Leaving | None, Terms | None]:
        """Make the views of a side in a schema of its name; all of it, or what may leave."""
        connection = self._connection
        leaving, terms = None, None
        connection.execute(f"CREATE SCHEMA {side}; USE {side}")
        if self._allow is None:
            layers.define(connection, snapshot)
        else:
            known = Terms.of(snapshot, ())
            allow = [name for name in self._allow if side == NEW or known.knows(name)]
            leaving = licensing.define(connection, snapshot, allow=allow)
            terms = Terms.of(snapshot, allow)
        self._retracted(snapshot, terms)
        if leaving is None and snapshot.base is not None:
            self._standing()
        else:
            connection.execute("CREATE VIEW standing AS SELECT * FROM paths")
        connection.execute("USE main")
        return leaving, terms

    def _retracted(self, snapshot: Snapshot, terms: Terms | None) -> None:
        store = store_of(snapshot)
        try:
            rows = [
                [s.id, s.retracted.reason, s.retracted.who, s.retracted.date, statement_json(s)]
                for s in store.retracted()
                if s.retracted is not None
                and (terms is None or terms.lets(s.primary_knowledge_source, s.licence))
            ]
        finally:
            store.close()
        columns = "id VARCHAR, reason VARCHAR, who VARCHAR, date VARCHAR, statement VARCHAR"
        layers.fill(self._connection, "retracted", columns, rows)

    def _standing(self) -> None:
        """The curated paths without the lines of which an overlay retracted a statement."""
        rows = self._connection.execute("SELECT id FROM retracted").fetchall()
        gone = {id for (id,) in rows}
        kept = []
        whole = 'SELECT start, "end", path, steps FROM paths'
        for start, end, path, steps in self._connection.execute(whole).fetchall():
            lines = [line for line in json.loads(steps) if not any(id in gone for id, _way in line)]
            if lines:
                kept.append([start, end, path, json.dumps(lines)])
        columns = 'start INT, "end" INT, path VARCHAR, steps VARCHAR'
        layers.fill(self._connection, "standing", columns, kept)

    # What the graph is

    @property
    def predicates(self) -> list[tuple[str, bool]]:
        """The predicates of statements that go, (name, negated)."""
        if self.leaving is None or self.leaving.whole:
            return [
                (str(name), bool(negated)) for name, negated in self._new.manifest["predicates"]
            ]
        query = f"""
            SELECT DISTINCT predicate, negated FROM {NEW}.predicate
            WHERE p IN (SELECT p FROM {NEW}.rows) ORDER BY ALL"""
        with errors_named(self._work):
            return self._connection.execute(query).fetchall()

    def names(self) -> set[str]:
        """The predicates and categories, which become relationship types and labels."""
        query = f"SELECT DISTINCT unnest(categories) FROM {NEW}.concepts"
        with errors_named(self._work):
            found = {str(name) for (name,) in self._connection.execute(query).fetchall()}
        return found | {name for name, _negated in self.predicates}

    def about(self) -> dict[str, str | bool]:
        """What the marker tells of the graph itself: info, coverage and the order of its ids."""
        store = store_of(self._new)
        order = plain_order_sql(f"{NEW}.concepts", f"{NEW}.predicate")
        try:
            with errors_named(self._work):
                info, coverage = store.info(), store.coverage()
                if self.leaving is not None and self._terms is not None:
                    self._connection.execute(f"USE {NEW}")
                    info, coverage = remaining(self._connection, store, self.leaving, self._terms)
                    self._connection.execute("USE main")
                plain = self._connection.execute(f"SELECT {order}").fetchall()[0][0]
        finally:
            store.close()
        fields = {name: value for name, value in asdict(info).items() if name != "uri"}
        return {
            "info": json.dumps(fields, ensure_ascii=False),
            "coverage": json.dumps([asdict(row) for row in coverage], ensure_ascii=False),
            "predicates": json.dumps(self.predicates, ensure_ascii=False),
            PLAIN_ORDER: bool(plain),
        }

    # What is merged

    def _rows(self, table: Table) -> str:
        """The query of a table's rows; those that differ are found once, and kept."""
        new = table.sql.replace("{v}", f"{NEW}.")
        if not self.differ:
            return f"({new})"
        old = table.sql.replace("{v}", f"{OLD}.")
        kept = f"send_{table.name}"
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {kept} AS ({new}) EXCEPT ({old})")
        return kept

    def count(self, table: Table) -> int:
        """How many rows a table sends."""
        with errors_named(self._work):
            query = f"SELECT count(*) FROM {self._rows(table)}"
            return int(self._connection.execute(query).fetchall()[0][0])

    def batches(
        self, table: Table, *, done: int = 0, fresh: bool = False, dynamic: bool = False
    ) -> Iterator[Batch]:
        """The rows of a table in its order, those after the first ``done``; a batch a query, which
        merges them, or creates ``fresh`` ones. ``dynamic``: rows of a batch may differ in type."""
        query = f"SELECT * FROM {self._rows(table)} ORDER BY {table.order} OFFSET {done}"
        with errors_named(self._work):
            reader = self._connection.sql(query).to_arrow_reader(BATCH_ROWS)
            for batch in reader:
                for part in _parts(batch):
                    yield from _batches(table, part, fresh=fresh, dynamic=dynamic)

    # What is removed

    def gone(self, kind: Kind) -> Iterator[list[tuple[Any, ...]]]:
        """The keys of what the old snapshot has and the new lacks, in batches."""
        old, new = (kind.keys.replace("{v}", f"{side}.") for side in (OLD, NEW))
        query = f"SELECT * FROM (({old}) EXCEPT ({new})) ORDER BY {', '.join(_ends(kind))}"
        yield from self._keys(query)

    def expect(self, kind: Kind) -> None:
        """Make ready to compare what a database lists of a kind."""
        columns = ", ".join(f"{name} VARCHAR" for name in kind.columns)
        with errors_named(self._work):
            self._connection.execute(f"CREATE OR REPLACE TABLE listed({columns})")

    def listed(self, kind: Kind, rows: Sequence[Sequence[Any]]) -> None:
        """Take note of keys that a database lists."""
        import pyarrow as pa

        if not rows:
            return
        arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
        with errors_named(self._work):
            self._connection.register("keys", pa.table(arrays, names=list(kind.columns)))
            self._connection.execute("INSERT INTO listed SELECT * FROM keys")
            self._connection.unregister("keys")

    def superfluous(self, kind: Kind) -> Iterator[list[tuple[Any, ...]]]:
        """The keys that were listed and that the snapshot lacks, in batches."""
        keys = kind.keys.replace("{v}", f"{NEW}.")
        query = f"""SELECT * FROM (SELECT * FROM listed EXCEPT ({keys}))
                    ORDER BY {", ".join(_ends(kind))}"""
        yield from self._keys(query)

    def _keys(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        with errors_named(self._work):
            for batch in self._connection.sql(query).to_arrow_reader(BATCH_ROWS):
                yield _tuples(batch)


def _hash(snapshot: Snapshot, leaving: Leaving | None) -> str:
    """The hash of what goes of a snapshot."""
    return str(snapshot.manifest["snapshot"]) if leaving is None else leaving.snapshot


def _ends(kind: Kind) -> tuple[str, ...]:
    """The columns of a kind, the type first: rows of one query follow one another."""
    return tuple(reversed(kind.columns))


def _parts(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of about :data:`BATCH_BYTES`."""
    step = max(1, batch.num_rows * BATCH_BYTES // max(1, batch.nbytes))
    for start in range(0, batch.num_rows, step):
        yield batch.slice(start, step)


def _batches(table: Table, batch: pa.RecordBatch, *, fresh: bool, dynamic: bool) -> Iterator[Batch]:
    rows = _tuples(batch)
    if dynamic or not table.split:
        yield table.query(None, fresh=fresh), rows
        return
    for common, some in groupby(rows, key=lambda row: row[0]):
        yield table.query(common, fresh=fresh), list(some)


def _tuples(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
