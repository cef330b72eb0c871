"""Make an overlay: errata and additions over a built graph, in seconds and without a build.

The graph's generation stays as it is; the overlay is a generation of its own that holds what is
changed (:mod:`kgmed.kg.store.overlay`) and that CURRENT then points at. Another overlay starts from
the same base: what the first one retracted and added is folded into it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from kgmed.builders.overlay.additions import Additions, break_cycles, resolve_additions
from kgmed.builders.overlay.errata import Errata, read_errata
from kgmed.builders.overlay.report import OverlayReport
from kgmed.builders.overlay.staged import Nothing, StagedSource, keep
from kgmed.builders.overlay.write import Content, write_overlay
from kgmed.builders.source import Source, SourceInfo
from kgmed.builders.staging import DEFAULT_MEMORY, connect, open_staged, stage
from kgmed.kg.errors import StoreError
from kgmed.kg.model import Retraction
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.names import Names
from kgmed.kg.store.snapshot import (
    FORMAT,
    OVERLAY_FILE,
    Snapshot,
    abandon_generation,
    open_snapshot,
    point_at,
    publish,
    start_generation,
)

if TYPE_CHECKING:
    from kgmed.builders.rows import OnError

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """The generation that is now in use, and what was read to make it."""

    snapshot: Snapshot
    report: OverlayReport

    def _repr_html_(self) -> str:
        from kgmed.builders.display import made_html

        return made_html(self)


def make_overlay(
    root: Path | str,
    *,
    errata: Sequence[Path] = (),
    sources: Sequence[Source] = (),
    who: str = "",
    reason: str = "",
    replace: bool = False,
    on_error: OnError = "stop",
    quarantine: Path | None = None,
    memory: str = DEFAULT_MEMORY,
    progress: Progress = lambda _text: None,
) -> Made:
    """Lay an overlay on the graph in the folder ``root``, or add to the one that lies on it.

    ``errata`` are files of :mod:`kgmed.builders.overlay.errata`, ``sources`` what is added, for
    which ``who`` and ``reason`` are kept. With ``replace`` the overlay that lies on the graph
    counts for nothing. Where nothing is left to change, the base itself becomes current again. A
    kill at any point leaves the current generation in use. Raises
    :class:`~kgmed.kg.errors.DataError` for rows that break their format or would change identity.
    """
    root = Path(root)
    current = open_snapshot(root)
    base = current.base or current
    before = current if current.base is not None and not replace else None
    folder = start_generation(root)
    work = folder.parent / "work"
    connection = connect(work, memory=memory)
    store = EmbeddedStore(base)
    try:
        made = _Making(store, connection, work, folder, progress)
        made.stage(before, sources, who=who, reason=reason)
        made.read_errata(before, errata, on_error=on_error, quarantine=quarantine)
        if not made.retractions and not made.sources:
            abandon_generation(folder)
            return Made(drop_overlay(root), made.report)
        manifest = made.write()
        if manifest["snapshot"] == current.manifest["snapshot"]:  # nothing new in it
            abandon_generation(folder)
            return Made(current, made.report)
        progress("checksums")
        return Made(publish(root, folder, manifest), made.report)
    except BaseException as error:
        abandon_generation(folder)
        if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
            raise StoreError(
                f"{root}: ran out of disk or memory: {error}. Free some, or build the graph again "
                "with what is to be added."
            ) from error
        raise
    finally:
        connection.close()
        store.close()


def drop_overlay(root: Path | str) -> Snapshot:
    """Make the base current again; a graph without an overlay stays as it is."""
    root = Path(root)
    current = open_snapshot(root)
    if current.base is None:
        return current
    overlay = current.manifest["overlay"]
    point_at(root, overlay["base"], overlay["base_manifest"], format=FORMAT)
    return current.base


class _Making:
    """The steps of :func:`make_overlay`, each with what the one before it left."""

    def __init__(
        self,
        store: EmbeddedStore,
        connection: duckdb.DuckDBPyConnection,
        work: Path,
        folder: Path,
        progress: Progress,
    ) -> None:
        self.store, self.connection = store, connection
        self.work, self.folder, self.progress = work, folder, progress
        self.sources: list[Source] = []
        self.provenance: list[dict[str, Any]] = []
        self.retractions: dict[str, Retraction] = {}
        self.edge_of: dict[str, int] = {}  # of the base's edges that errata name
        self.is_added: frozenset[str] = frozenset()
        self.report = OverlayReport()
        self.added = Additions()

    def stage(
        self, before: Snapshot | None, sources: Sequence[Source], *, who: str, reason: str
    ) -> None:
        """Stage what an earlier overlay added and what is new; resolve all of it."""
        if before is not None:
            for number, entry in enumerate(before.manifest["overlay"]["sources"]):
                info = SourceInfo(**entry["info"])
                digest = entry["fingerprint"]
                self.sources.append(StagedSource(info, before.folder, number, digest))
                self.provenance.append(entry)
        known = {entry["fingerprint"] for entry in self.provenance}
        today = datetime.now(UTC).date().isoformat()
        for source in sources:
            digest = source.fingerprint()
            if digest in known:
                self.report.added_before.append(source.info.infores)
                continue
            known.add(digest)
            self.sources.append(source)
            self.provenance.append(
                {
                    "info": asdict(source.info), "fingerprint": digest,
                    "who": who, "reason": reason, "date": today,
                }
            )  # fmt: skip
        self.progress("reading")
        staged = []
        for number, source in enumerate(self.sources):
            staged.append(stage(source, self.work / str(number)))
            if not isinstance(source, StagedSource):
                self.report.sources.append(staged[-1].report)
        open_staged(self.connection, staged or [stage(Nothing(), self.work / "nothing")])
        self._know_releases()
        self.progress("additions")
        self.added = resolve_additions(self.connection, self.store)

    def _know_releases(self) -> None:
        """The base's own sources: a statement that names one has its release, as in a build."""
        manifest = self.store.snapshot.manifest
        rows = manifest["sources"][: manifest.get("built_from")]
        self.connection.executemany(
            "INSERT INTO source VALUES (?, ?, ?, ?)",
            [(-1 - n, r["infores"], r["release"], r["licence"]) for n, r in enumerate(rows)]
            or [(-1, "", "", "")],
        )

    def read_errata(
        self,
        before: Snapshot | None,
        files: Sequence[Path],
        *,
        on_error: OnError,
        quarantine: Path | None,
    ) -> None:
        """Read the errata over the retractions of an earlier overlay."""
        self.progress("errata")
        if before is not None:
            self.retractions = _retractions(before.folder / OVERLAY_FILE)
        rows = self.connection.execute("SELECT DISTINCT sid FROM st ORDER BY sid").fetchall()
        added = [row[0] for row in rows]
        self.is_added = frozenset(added)

        def find(prefix: str) -> list[str]:
            edges = self.store._edges_with_id(prefix)
            found = [self.store._statement_id(edge) for edge in edges]
            self.edge_of.update(zip(found, edges, strict=True))
            found += [row[2].hex() for row in self.store._value_rows_by_id(prefix)]
            low = bisect_left(added, prefix)
            return found + [sid for sid in added[low : low + 2] if sid.startswith(prefix)]

        for path in files:
            errata: Errata = read_errata(
                path, find, self.retractions, on_error=on_error, quarantine=quarantine
            )
            self.retractions = errata.retractions
            self.report.add_errata(path, errata)

    def write(self) -> dict[str, Any]:
        """Write the overlay's files; returns its manifest."""
        retracted = sorted(self.retractions)
        gone: dict[str, int | None] = {}
        for sid in retracted:
            if sid not in self.edge_of and sid not in self.is_added:
                self.edge_of.update((sid, edge) for edge in self.store._edges_with_id(sid))
            if sid not in self.is_added:
                gone[sid] = self.edge_of.get(sid)
        lost = frozenset(edge for edge in gone.values() if edge is not None)
        self.report.cycles = break_cycles(
            self.connection, self.store, gone=lost, retracted=retracted
        )
        self.report.additions(self.added)
        self.report.check()
        content = Content(
            self.store, self.connection, self.folder, self.added, self.retractions, gone,
            [source.info for source in self.sources],
        )  # fmt: skip
        self.progress("writing")
        manifest = write_overlay(content, self.provenance)
        keep(self.work, self.folder, len(self.sources))
        self.report.write(self.folder)
        return manifest


def _retractions(path: Path) -> dict[str, Retraction]:
    """The retractions that an overlay's file holds, by statement id."""
    names = Names(path, [])
    try:
        rows = names.query("SELECT id, reason, who, date FROM retraction ORDER BY id")
    finally:
        names.close()
    return {row[0].hex(): Retraction(*row[1:]) for row in rows}
