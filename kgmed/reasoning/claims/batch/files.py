"""A file of claims verified into another: in parts, by several processes, and resumable.

While it runs, finished parts lie in ``TARGET.parts/`` beside a note of what they were made of. A
run that was killed goes on after its last finished part, if source, graph and options are the same;
the target appears when all parts are there.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from kgmed.kg.errors import UsageError
from kgmed.kg.predicates import digest, registry
from kgmed.kg.store.snapshot import open_snapshot
from kgmed.kg.workers import Workers
from kgmed.reasoning.claims.batch.formats import (
    counts,
    fields_of,
    format_of,
    join,
    read,
    table_of,
    write_part,
)
from kgmed.reasoning.claims.batch.plausible import PLAUSIBLE, Model, Triple
from kgmed.reasoning.claims.batch.table import ADDED, TableVerifier

ROWS = 250_000
"""Rows of a part."""
WORTH_A_PROCESS = 4
"""Parts from which further processes repay their start, which takes about two seconds."""
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file: its rows, how many have which verdict, and the parts that an earlier
    run had finished."""

    rows: int
    verdicts: Mapping[str, int]
    resumed: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the work: where it starts, what it holds, where it goes."""

    number: int
    first_row: int
    content: pa.Table | list[str]
    path: Path


def verify_file(
    graph: Path | str,
    source: Path,
    target: Path,
    *,
    proof: bool = True,
    processes: int = 1,
    rows: int = ROWS,
    model: str | None = None,
    prior: float = 0.5,
    progress: Callable[[int], None] = lambda _rows: None,
) -> FileReport:
    """Verify the claims of ``source`` over the graph in a folder, and write them to ``target``.

    The files are CSV, TSV, JSON lines, Parquet or Arrow by their endings; columns, order and added
    columns are those of :func:`kgmed.reasoning.claims.batch.verify_triples`, and ``statements`` of
    a CSV or TSV file are joined by ``|``. Memory is bounded by ``rows``, the rows of a part, and
    ``processes``. ``model`` names a trained model beside the graph, which adds columns of how
    plausible it finds what is UNSUPPORTED where the share ``prior`` is true; no other column
    depends on it. ``progress`` is told the rows done so far. Raises what ``verify_triples`` and
    :func:`kgmed.reasoning.claims.batch.formats.read` raise; finished parts stay for the next run.
    """
    kind = format_of(target)
    if processes < 1 or rows < 1:
        raise UsageError(f"found processes={processes}, rows={rows}; expected at least 1 of each.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{target}: there is no folder {target.absolute().parent}. Make it first.")
    asked = None if model is None else _model(graph, model, prior)
    folder = target.with_name(target.name + ".parts")
    facts = _facts(graph, source, kind, proof=proof, rows=rows)
    resumed = _prepare(folder, facts | ({} if asked is None else {"model": asked.identity}))
    # a table has the same columns in all of its parts; lines of JSON are carried as they are
    added = ADDED if asked is None else ADDED + PLAUSIBLE
    fields = fields_of(source, added=added) if format_of(source) == "jsonl" != kind else ()
    job = _Job(Path(graph), source, kind, proof, fields, asked)
    done = sum(entry["rows"] for entry in resumed.values())
    progress(done)
    notes: dict[int, dict[str, Any]] = dict(resumed)
    for note in _run(job, _missing(source, folder, rows, resumed, added), processes):
        notes[note["number"]] = note
        done += note["rows"]
        progress(done)
    order = sorted(notes)
    columns = notes[order[0]]["columns"]
    join([folder / f"{number:06}.part" for number in order], target, kind, columns)
    shutil.rmtree(folder)
    verdicts: Counter[str] = Counter()
    for note in notes.values():
        verdicts.update(note["verdicts"])
    return FileReport(done, dict(verdicts), len(resumed))


def _facts(graph: Path | str, source: Path, kind: str, *, proof: bool, rows: int) -> dict[str, Any]:
    """What parts depend on: they are used again only where all of it is the same."""
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file.")
    status = source.stat()
    return {
        "source": str(source.absolute()),
        "size": status.st_size,
        "changed_ns": status.st_mtime_ns,
        "snapshot": open_snapshot(Path(graph)).manifest["snapshot"],
        "predicates": digest(),
        "format": kind,
        "proof": proof,
        "rows": rows,
    }


def _prepare(folder: Path, facts: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """The notes of parts that an earlier run finished; parts of other facts are removed."""
    state = folder / _STATE
    found: dict[int, dict[str, Any]] = {}
    with suppress(OSError, json.JSONDecodeError):
        if json.loads(state.read_text(encoding="utf-8")) == facts:
            for path in sorted(folder.glob("*.json")):
                if path.name != _STATE and path.with_suffix(".part").exists():
                    note = json.loads(path.read_text(encoding="utf-8"))
                    found[note["number"]] = note
            return found
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    state.write_text(json.dumps(facts), encoding="utf-8")
    return {}


def _missing(
    source: Path, folder: Path, rows: int, notes: Mapping[int, Any], added: Sequence[str]
) -> Iterator[_Part]:
    """The parts of a file that no earlier run has finished."""
    first_row = 1
    for number, content in enumerate(read(source, rows=rows, added=added)):
        if number not in notes:
            yield _Part(number, first_row, content, folder / f"{number:06}.part")
        first_row += len(content)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A trained model beside the graph, and the share of true statements that is assumed."""

    name: str
    prior: float
    crc: int

    @property
    def identity(self) -> list[Any]:
        """What parts that it added to depend on."""
        return [self.name, self.prior, self.crc]

    def opened(self, graph: Path | str) -> Model:
        """The model to use; each process opens its own."""
        from kgmed.reasoning.plausibility.scorer import Scorer
        from kgmed.reasoning.plausibility.uses.claims import probabilities

        scorer = Scorer.open(open_snapshot(Path(graph)), self.name)

        def tell(triples: Sequence[Triple]) -> list[float | None]:
            return [told for told, _why in probabilities(scorer, triples, prior=self.prior)]

        return Model(self.name, tell)


def _model(graph: Path | str, name: str, prior: float) -> _Asked:
    """A model, looked at before a row is read."""
    from kgmed.reasoning.plausibility.stored import load
    from kgmed.reasoning.plausibility.uses.claims import checked_prior

    learned, _numbers = load(open_snapshot(Path(graph)), name)
    return _Asked(name, checked_prior(prior), learned.crc)


@dataclass(frozen=True, slots=True)
class _Job:
    """What each process needs to know."""

    graph: Path
    source: Path
    kind: str
    proof: bool
    fields: tuple[str, ...]
    model: _Asked | None = None

    def verifier(self) -> TableVerifier:
        """A verifier over the graph, with the predicates that ship with kgmed."""
        model = None if self.model is None else self.model.opened(self.graph)
        return TableVerifier(self.graph, registry(), model=model)

    def do(self, verifier: TableVerifier, part: _Part) -> dict[str, Any]:
        """Verify a part and write it; the note says what is in it."""
        lines = part.content if isinstance(part.content, list) else None
        table = part.content
        if lines is not None:
            table = table_of(
                lines, path=self.source, first_row=part.first_row, fields=self.fields,
                added=verifier.added,
            )  # fmt: skip
        table = verifier.verify(table, proof=self.proof, first_row=part.first_row)
        write_part(part.path, self.kind, table, lines if self.kind == "jsonl" else None)
        note = {
            "number": part.number,
            "rows": table.num_rows,
            "columns": table.schema.names,
            "verdicts": counts(table),
        }
        path = part.path.with_suffix(".json")
        unfinished = path.with_suffix(".note")
        unfinished.write_text(json.dumps(note), encoding="utf-8")
        unfinished.replace(path)
        return note


def _run(job: _Job, parts: Iterator[_Part], processes: int) -> Iterator[dict[str, Any]]:
    """Do all parts, in this process or in several; notes come in any order."""
    waiting: list[_Part] = []
    if processes > 1:  # a few parts aren't worth a process
        for part in parts:
            waiting.append(part)
            if len(waiting) == WORTH_A_PROCESS:
                break
    if len(waiting) < WORTH_A_PROCESS:
        verifier = job.verifier()
        for part in (*waiting, *parts):
            yield job.do(verifier, part)
        return
    with Workers(processes, _start, (job,)) as pool:
        running: list[Future[dict[str, Any]]] = [pool.submit(_do, part) for part in waiting]
        waiting.clear()
        try:
            for part in parts:
                while len(running) >= 2 * processes:
                    yield running.pop(0).result()
                running.append(pool.submit(_do, part))
            while running:
                yield running.pop(0).result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_STARTED: list[tuple[_Job, TableVerifier]] = []
"""The job of a process of the pool, and its verifier."""


def _start(job: _Job) -> None:
    _STARTED[:] = [(job, job.verifier())]


def _do(part: _Part) -> dict[str, Any]:
    job, verifier = _STARTED[0]
    return job.do(verifier, part)
