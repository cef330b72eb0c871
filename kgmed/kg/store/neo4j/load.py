"""``load``: put a snapshot into a Neo4j database, or bring the one that is there up to it.

Each batch goes in a transaction that also writes down, in the marker, how far its table has come.
Whatever is killed, client or server, the same call goes on from there. Batches are merged by unique
keys, so that what is sent twice is there once; into a database that held nothing of kgmed's they
are created, which is faster, and no batch is sent twice: a transaction takes the marker's lock
first, and does nothing where the marker says that its batch is there. The marker
(:mod:`.marker`) says by ``mode`` which: ``new``, ``prune`` or ``diff HASH``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from kgmed.kg.errors import FormatVersion, ServerError, StoreError, UsageError
from kgmed.kg.store.neo4j.address import Address
from kgmed.kg.store.neo4j.connection import Connection, numbers
from kgmed.kg.store.neo4j.marker import CLAIM, COMPLETE, PROGRESS, find_marker, locked
from kgmed.kg.store.neo4j.plan import BATCH_ROWS, Batch, Plan
from kgmed.kg.store.neo4j.queries import types
from kgmed.kg.store.neo4j.report import Loaded, Tell
from kgmed.kg.store.neo4j.rows import DYNAMIC, KINDS, TABLES, WRONG_LABEL, Kind, Table
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views import neo4j_schema as schema

if TYPE_CHECKING:
    import neo4j

PATIENCE_S = 120.0
"""Seconds that a load waits for a server that went away."""
LOAD_TIMEOUT_S = 3_600.0
"""Seconds that one transaction of a load may take; a list of what is there is one."""
_RETRY_S = 10.0
_SHOWN = 5
_WAIT_S = 2.0

Result = TypeVar("Result")


def load(
    snapshot: Snapshot,
    address: Address,
    *,
    tell: Tell,
    prune: bool = False,
    old: Snapshot | None = None,
    again: bool = False,
    allow: Sequence[str] | None = None,
) -> Loaded:
    """Load a snapshot into the database of an address.

    ``old`` is the snapshot that the database holds: then only what differs is sent and removed.
    ``prune`` sends everything and removes what the snapshot lacks; ``again`` does so to a
    database that holds the snapshot already, which is otherwise left alone. ``allow`` names the
    licences and sources that aren't open and may leave for a server that isn't one's own; None
    means that it is, and that all goes. Raises
    :class:`~kgmed.kg.errors.UsageError` where the database holds something else than these options
    say, and :class:`~kgmed.kg.errors.ServerError` where it can't be reached for
    :data:`PATIENCE_S` seconds.
    """
    begin = time.perf_counter()
    timeout_s = max(LOAD_TIMEOUT_S, address.timeout_s)
    connection = Connection(replace(address, timeout_s=timeout_s), retry_s=_RETRY_S)
    try:
        with Plan(snapshot, old, allow=allow) as plan:
            _refuse_nothing(plan, connection)
            made = _Load(connection, snapshot, plan, tell, prune=prune, again=again).run()
    finally:
        connection.close()
    return replace(made, elapsed_ms=(time.perf_counter() - begin) * 1e3)


class _Load:
    """One call of :func:`load`."""

    def __init__(
        self,
        connection: Connection,
        snapshot: Snapshot,
        plan: Plan,
        tell: Tell,
        *,
        prune: bool,
        again: bool,
    ) -> None:
        self._connection = connection
        self._manifest = snapshot.manifest
        self._plan = plan
        self._tell = tell
        self._prune = prune
        self._again = again
        self._hash = plan.hash
        self._writer = uuid4().hex
        self._fresh = False
        self._dynamic = numbers(connection.version) >= DYNAMIC
        self._done: dict[str, int] = {}
        self._merged: dict[str, int] = {}
        self._removed: dict[str, int] = {}

    def run(self) -> Loaded:
        for text in schema.constraints():
            self._persist(lambda text=text: self._connection.command(text))  # type: ignore[misc]
        plan, where = self._plan, self._connection.address.uri
        mode, marker = self._mode()
        if mode == "same":
            self._make_indexes()  # neo4j-admin makes none
            return Loaded(where, self._hash, "same", False, leaving=plan.leaving)
        continued = marker is not None and marker.get("state") == "loading"
        plan.differ = mode.startswith("diff")
        for name in plan.names():
            schema.quoted(name)  # raises where Neo4j has no such type or label
        self._claim(mode, marker)
        self._merge()
        self._make_indexes()
        if mode != "new":
            self._remove()
        self._finish()
        name = mode.partition(" ")[0]
        return Loaded(
            where, self._hash, name, continued, self._merged, self._removed, leaving=plan.leaving
        )

    # What the database holds, and what may be done to it

    def _mode(self) -> tuple[str, dict[str, Any] | None]:
        """The mode of this load, and the marker; raises where the options don't fit it."""
        where, marker = self._connection.where, find_marker(self._connection)
        if marker is None:
            self._refuse_foreign()
            return "new", None
        if marker.get("schema") != schema.SCHEMA:
            raise FormatVersion(
                f"{where}: found a graph of shape {marker.get('schema')!r}, expected "
                f"{schema.SCHEMA}. Load into an empty database, or upgrade kgmed."
            )
        held, state = str(marker.get("hash")), marker.get("state")
        old = self._plan.old_hash
        if state == "complete":
            if held == self._hash:
                return ("prune" if self._again else "same"), marker
            if held == old:
                return f"diff {old}", marker
            if self._prune:
                return "prune", marker
            raise UsageError(
                f"{where}: found the snapshot {held[:16]}, and {self._hash[:16]} to load"
                + (f", and {old[:16]} as the old one" if old else "")
                + ". Give --prune to send all of it and remove what it lacks, or --diff with the "
                "graph or generation that the database holds."
            )
        began = str(marker.get("mode") or "new")
        if held == self._hash and began == "new":
            return ("prune" if self._prune else "new"), marker
        if held == self._hash and old and began == f"diff {old}":
            return began, marker
        if self._prune:
            return "prune", marker
        raise UsageError(
            f"{where}: a load of the snapshot {held[:16]} ({began}) isn't complete. Call it again "
            "as it was called to continue it, or give --prune to send all of "
            f"{self._hash[:16]} and remove what that lacks."
        )

    def _refuse_foreign(self) -> None:
        """Nodes of these labels without a marker aren't ours to change."""
        for label in schema.LABELS:
            count = self._connection.read(f"MATCH (n:{label}) RETURN count(n)")[0][0]
            if count:
                raise UsageError(
                    f"{self._connection.where}: found {count:,} {label} nodes that kgmed didn't "
                    "load, expected none. Name an empty database (KGMED_NEO4J_DATABASE)."
                )

    def _claim(self, mode: str, marker: dict[str, Any] | None) -> None:
        """Write down that this call loads; what was complete is no longer.

        ``marker`` is what was found: raises :class:`~kgmed.kg.errors.StoreError` where another load
        has changed it since, save for going on. What was sent so far is counted if the same rows
        were.
        """
        known = ("hash", "state", "mode", "plan", "schema")

        def work(transaction: neo4j.ManagedTransaction) -> dict[str, int]:
            found = locked(transaction)
            before = marker or {}
            mine = found.get("writer") == self._writer
            if not mine and any(found.get(name) != before.get(name) for name in known):
                raise StoreError(
                    f"{self._connection.where}: another load began at the same time. Call this one "
                    "again when that is done."
                )
            same = found.get("plan") == self._plan.name and found.get("state") == "loading"
            done: dict[str, int] = json.loads(found.get("progress") or "{}") if same else {}
            properties = {
                "hash": self._hash,
                "schema": schema.SCHEMA,
                "format": self._manifest["format"],
                "state": "loading",
                "mode": mode,
                "plan": self._plan.name,
                "progress": json.dumps(done),
                "writer": self._writer,
            }
            transaction.run(CLAIM, properties=properties).consume()
            return done

        self._done = self._persist(lambda: self._connection.run(work, write=True))
        same = marker is None or marker.get("plan") == self._plan.name
        self._fresh = mode == "new" and same

    def _finish(self) -> None:
        """Write down what the database now holds."""
        properties = {
            "id": schema.MARKER,
            "hash": self._hash,
            "schema": schema.SCHEMA,
            "format": self._manifest["format"],
            "state": "complete",
            **self._plan.about(),
            "created": self._manifest["created"],
            "loaded": datetime.now(UTC).isoformat(timespec="seconds"),
        }

        def work(transaction: neo4j.ManagedTransaction) -> None:
            held = locked(transaction)
            if held.get("state") != "complete" or held.get("hash") != self._hash:
                self._see_that_it_is_mine(held)
                transaction.run(COMPLETE, properties=properties).consume()

        self._persist(lambda: self._connection.run(work, write=True))

    def _see_that_it_is_mine(self, marker: dict[str, Any]) -> None:
        if marker.get("writer") != self._writer:
            raise StoreError(
                f"{self._connection.where}: another load took over while this one ran; this one "
                "stops."
            )

    # Sending

    def _persist(self, work: Callable[[], Result]) -> Result:
        """Do the work; where the server went away, wait for it and do it again."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return work()
            except ServerError as error:
                if time.monotonic() > until or not self._connection.is_passing(error):
                    raise
                self._tell.note(f"{error} Trying again.")
                time.sleep(_WAIT_S)

    def _write(self, query: str, **parameters: Any) -> list[list[Any]]:
        """One query in a transaction of its own that writes."""

        def work(transaction: neo4j.ManagedTransaction) -> list[list[Any]]:
            return transaction.run(query, parameters).values()

        return self._persist(lambda: self._connection.run(work, write=True))

    def _send(self, query: str, rows: list[Any], progress: str, *, counted: bool) -> None:
        """Merge or remove a batch, and write down how far the load is, in one transaction."""

        def work(transaction: neo4j.ManagedTransaction) -> None:
            held = locked(transaction)
            self._see_that_it_is_mine(held)
            if counted and held.get("progress") == progress:
                return  # done by an attempt whose end was not heard of
            transaction.run(PROGRESS, progress=progress).consume()
            found = transaction.run(query, rows=rows).value()
            if counted and found != [len(rows)]:
                raise StoreError(
                    f"{self._connection.where}: found the ends of {found[0]:,} of "
                    f"{len(rows):,} rows. Did something else remove nodes? Load with --prune."
                )

        self._persist(lambda: self._connection.run(work, write=True))

    def _merge(self) -> None:
        """Send all rows; the next batch is made ready while the server takes one."""
        with ThreadPoolExecutor(max_workers=1) as sender:
            for table in TABLES:
                self._merge_table(table, sender)

    def _merge_table(self, table: Table, sender: ThreadPoolExecutor) -> None:
        done, total = self._done.get(table.name, 0), self._plan.count(table)
        self._merged[table.name] = max(0, total - done)
        if done >= total:
            return
        what = table.name.replace("_", " ")
        self._tell(f"{what}: {total:,} rows" + (f", from row {done:,} on" if done else ""))
        sent: Future[None] | None = None
        begin, first = time.monotonic(), done
        for query, rows in self._plan.batches(
            table, done=done, fresh=self._fresh, dynamic=self._dynamic
        ):
            done += len(rows)
            self._done[table.name] = done
            progress = json.dumps(self._done)
            if sent is not None:
                sent.result()
            sent = sender.submit(self._send, query, rows, progress, counted=True)
            speed = (done - first) / max(1e-3, time.monotonic() - begin)
            self._tell.update(f"{what}: {done:,} of {total:,} rows, {speed:,.0f} a second")
        if sent is not None:
            sent.result()

    # Indexes

    def _make_indexes(self) -> None:
        self._tell("indexes")
        predicates = {name for name, _negated in self._plan.predicates}
        found = self._persist(
            lambda: self._connection.read(
                "SHOW INDEXES YIELD name, labelsOrTypes WHERE name = $name RETURN labelsOrTypes",
                name=schema.STATEMENT_ID,
            )
        )
        if found and set(found[0][0]) != predicates:
            self._persist(
                lambda: self._connection.command(f"DROP INDEX {schema.STATEMENT_ID} IF EXISTS")
            )
        for text in schema.indexes(predicates):
            self._persist(lambda text=text: self._connection.command(text))  # type: ignore[misc]
        while waiting := self._persist(self._pending):
            bad = [name for name, state, _percent in waiting if state == "FAILED"]
            if bad:
                raise StoreError(
                    f"{self._connection.where}: the server failed to make the index "
                    f"{', '.join(bad)}; its log says why. Drop it and load again."
                )
            percent = min(row[2] for row in waiting)
            self._tell.update(f"indexes: {percent:.0f}%")
            time.sleep(0.2)

    def _pending(self) -> list[list[Any]]:
        return self._connection.read(
            "SHOW INDEXES YIELD name, state, populationPercent"
            " WHERE name STARTS WITH 'kgmed_' AND state <> 'ONLINE'"
            " RETURN name, state, populationPercent"
        )

    # Removing

    def _remove(self) -> None:
        for kind in KINDS:
            self._tell(f"what is gone: {kind.name.replace('_', ' ')}")
            self._removed[kind.name] = 0
            batches = self._plan.gone(kind) if self._plan.differ else self._superfluous(kind)
            for rows in batches:
                for query, some in _by_type(kind, rows):
                    self._send(query, some, json.dumps(self._done), counted=False)
                    self._removed[kind.name] += len(some)
        self._remove_labels()

    def _superfluous(self, kind: Kind) -> Iterator[list[tuple[Any, ...]]]:
        """Keys that the database lists and the snapshot lacks."""

        def listing() -> None:
            self._plan.expect(kind)
            for query, more in self._lists(kind):
                for rows in self._connection.stream(query):
                    self._plan.listed(kind, [[*row, *more] for row in rows])

        self._persist(listing)
        return self._plan.superfluous(kind)

    def _lists(self, kind: Kind) -> Iterator[tuple[str, list[str]]]:
        """The queries that list a kind, with the columns that each one's rows share."""
        if not kind.typed:
            yield kind.list, []
            return
        for (name,) in self._connection.read(
            "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType"
        ):
            yield kind.list.replace("{type}", types([name])[1:]), [name]

    def _remove_labels(self) -> None:
        """Take labels from concepts that are no longer of the category."""
        held = "CALL db.labels() YIELD label RETURN label"
        for (label,) in self._persist(lambda: self._connection.read(held)):
            if label in schema.LABELS:
                continue
            query = WRONG_LABEL.replace("{label}", f":{schema.quoted(label)}")
            while self._write(query, category=label, limit=BATCH_ROWS)[0][0]:
                pass


def _by_type(kind: Kind, rows: Iterable[tuple[Any, ...]]) -> Iterator[Batch]:
    """The queries that remove rows of a kind, each with its rows."""
    if not kind.typed:
        yield kind.remove, list(rows)
        return
    for name, some in groupby(rows, key=lambda row: row[-1]):
        yield kind.remove.replace("{type}", types([name])[1:]), list(some)


def _refuse_nothing(plan: Plan, connection: Connection) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` where all of a graph stays behind."""
    leaving = plan.leaving
    if leaving is not None and leaving.left_out and not leaving.licences:
        held = sorted({row.licence or "no licence stated" for row in leaving.left_out})
        more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
        raise UsageError(
            f"{connection.where} is another machine, and all of the graph is under what doesn't "
            f"let it pass on: {', '.join(held[:_SHOWN])}{more}. Give --trusted if the server is "
            "your own and only those may read it who have these licences, or --allow-restricted."
        )
