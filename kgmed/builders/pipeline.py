"""The build: sources -> staged rows -> identity -> merged tables -> a published generation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from kgmed.builders.align import align
from kgmed.builders.generation import finish_generation
from kgmed.builders.identity import IdentityRules, resolve_identity
from kgmed.builders.merge import merge
from kgmed.builders.report import Report
from kgmed.builders.self_check import SelfCheck
from kgmed.builders.source import Closing, Source
from kgmed.builders.staged_cache import StagedCache
from kgmed.builders.staging import DEFAULT_MEMORY, Staged, connect, open_staged, stage
from kgmed.builders.version import MADE_BY
from kgmed.kg.errors import ConfigError, KgmedError, StoreError
from kgmed.kg.predicates import digest, registry
from kgmed.kg.store.snapshot import (
    Snapshot,
    abandon_generation,
    open_snapshot,
    start_generation,
)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Build:
    """What a build made: the snapshot and the report that lies beside it. ``was_there``: nothing
    had changed, so that the graph is the one that was there."""

    snapshot: Snapshot
    report: Report
    was_there: bool = False

    def _repr_html_(self) -> str:
        from kgmed.builders.display import build_html

        return build_html(self)


def build(
    sources: Sequence[Source],
    root: Path | str,
    *,
    rules: IdentityRules | None = None,
    memory: str = DEFAULT_MEMORY,
    cache: StagedCache | None = None,
    force: bool = False,
    self_check: SelfCheck | None = None,
    progress: Progress = lambda _text: None,
) -> Build:
    """Build a graph from ``sources`` into the folder ``root``.

    The order of ``sources`` decides which source's names are preferred, nothing else. With a
    ``cache`` a source that hasn't changed since it was last read isn't read again, and a graph of
    which nothing has changed isn't built again, unless ``force`` says so. ``self_check`` verifies
    the new statements against each other, for the report. A kill at any point leaves the previous
    generation in use. Raises :class:`~kgmed.kg.errors.DataError` for rows that break their format,
    and :class:`~kgmed.kg.errors.NotAGraph` where ``root`` holds something else.
    """
    if not sources:
        raise ConfigError("There is nothing to build: no source was given.")
    rules = rules or IdentityRules()
    root = Path(root)
    folder = start_generation(root)
    work = folder.parent / "work"
    connection = connect(work, memory=memory)
    try:
        staged = []
        for number, source in enumerate(sources):
            progress(f"reading {source.info.name}")
            if cache is None:
                staged.append(stage(source, work / str(number)))
            else:
                one, was_there = cache.stage(source)
                if was_there:
                    progress(f"{source.info.name} hasn't changed since it was last read")
                staged.append(one)
            if isinstance(source, Closing):
                source.close()
        configuration = json.dumps(
            {"rules": asdict(rules), "sources": [asdict(s.info) for s in sources]}, sort_keys=True
        )
        inputs = _digest(configuration, staged) if cache is not None else ""
        if not force and (made := _unchanged(root, inputs, self_check)):
            connection.close()
            abandon_generation(folder)
            return made
        progress("laying out what was read")
        open_staged(connection, staged)
        progress("identity")
        alignment = align(connection, rules)
        identity = resolve_identity(connection, rules)
        alignment.settle(connection)
        tables = folder / "tables"
        tables.mkdir()
        merged = merge(connection, tables, registry(), progress=progress)
        reports = [one.report for one in staged]
        report = Report(sources=reports, identity=identity, merge=merged, alignment=alignment)
        report.check()

        def complete(unpublished: Snapshot) -> None:
            if self_check is not None:
                progress("self-check")
                report.self_check = self_check(unpublished)
            report.write(folder)

        snapshot = finish_generation(
            connection,
            root,
            folder,
            sources=[*(s.info for s in sources), *alignment.sources],
            configuration=configuration,
            inputs=inputs,
            progress=progress,
            complete=complete,
        )
    except BaseException as error:
        connection.close()
        abandon_generation(folder)
        if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
            raise StoreError(
                f"{root}: the build ran out of disk or memory: {error}. Free some, name a folder "
                "on a larger disk, or set memory in kgmed.toml."
            ) from error
        raise
    if cache is not None:
        cache.prune()
    return Build(snapshot, report)


def _digest(configuration: str, staged: Sequence[Staged]) -> str:
    """A digest of all that decides what a build makes; the staged folders are named for theirs."""
    said = [MADE_BY, digest(), configuration]
    said += [one.folder.name for one in staged]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _unchanged(root: Path, inputs: str, self_check: SelfCheck | None) -> Build | None:
    """The current graph, where it was built of the same inputs, no overlay lies on it, and it was
    checked if it is to be."""
    try:
        snapshot = open_snapshot(root)
        if not inputs or snapshot.base is not None or snapshot.manifest.get("inputs") != inputs:
            return None
        report = Report.read(snapshot.folder)
        if self_check is not None and not report.self_check.ran:
            return None
        return Build(snapshot, report, was_there=True)
    except (KgmedError, OSError, ValueError):  # no graph yet, or one that is damaged
        return None
