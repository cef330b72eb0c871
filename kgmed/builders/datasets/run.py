"""A dataset from a graph: its parts made in this process or several, and the card at the end.

A part that is finished has a note with the checksums of its files; a run over the same folder makes
the parts that have none, so that a run that was killed goes on where it was, and partitions on
several machines that share a folder add up to one dataset.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from kgmed.builders.datasets import folder
from kgmed.builders.datasets.card import write_card
from kgmed.builders.datasets.counted import USAGE, Kind, usage
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.forecast import forecast
from kgmed.builders.datasets.generated.writing import ASKED
from kgmed.builders.datasets.job import NOTES, Engine, Job, Maker, Making, Settings, Tell, digest
from kgmed.builders.datasets.parts import FILTERS, make_part, write_text
from kgmed.builders.datasets.prepare import Prepared, as_json, prepare
from kgmed.builders.datasets.quality.diversity import Diversity
from kgmed.builders.datasets.quality.overlaps import HITS, gather, hits_name
from kgmed.builders.datasets.quality.screen import BENCHMARKS, lay_out
from kgmed.builders.datasets.report import Forecast, Written
from kgmed.builders.datasets.writers import cannot_write
from kgmed.kg.errors import KgmedError, OutputError, UsageError
from kgmed.kg.predicates import digest as predicates_digest
from kgmed.kg.views.licensing import Leaving
from kgmed.kg.workers import Workers

if TYPE_CHECKING:
    from kgmed.kg.store.snapshot import Snapshot


class Run:
    """A run over one snapshot; use it in ``with``, so that its own files are removed.

    ``prepare`` lays out what tasks read; :meth:`forecast` and :meth:`write` come after it.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        out: Path,
        maker: Maker,
        settings: Settings,
        *,
        version: str,
        processes: int = 1,
        engine: Engine | None = None,
        tell: Tell = lambda _text: None,
    ) -> None:
        self._snapshot, self._out, self._maker, self._settings = snapshot, out, maker, settings
        self._processes, self._engine, self._tell = processes, engine, tell
        self._hash = str(snapshot.manifest["snapshot"])
        self.plain = settings.as_json(
            snapshot=self._hash, version=version, predicates=predicates_digest()
        )
        self._work: Path | None = None
        self._making: Making | None = None
        self.prepared: Prepared | None = None
        self._prepared_s = 0.0

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._work is not None:
            folder.end_work(self._work)

    def prepare(self, *, within: Path | None = None) -> tuple[Job, Feed]:
        """Lay out what tasks read, in the dataset's folder or another.

        Raises what :func:`~kgmed.builders.datasets.prepare.prepare` raises.
        """
        import duckdb

        start = perf_counter()
        self._tell("laying out names and statements")
        notes = self._out / NOTES / self._settings.kind
        self._work = folder.start_work(notes) if within is None else within
        try:
            self.prepared = prepare(
                self._snapshot,
                self._work,
                languages=self._settings.languages,
                every_language=self._maker.reads_every_language(),
                allow=self._settings.allow,
                seed=self._settings.seed,
            )
            if self._settings.benchmark_files:
                self._tell("laying out benchmarks")
                lay_out(self._settings.benchmark_files, self._work / BENCHMARKS)
        except (OSError, duckdb.IOException) as error:
            raise cannot_write(error, self._work) from error
        self._settings = self._settings.with_caps(self.prepared.statements)
        job = Job(
            self._out, self._work, self._settings, digest(self.plain), self._hash, self._maker,
            self.prepared.statements,
        )  # fmt: skip
        self._prepared_s = perf_counter() - start
        return job, Feed(self._work)

    def forecast(self, job: Job, feed: Feed) -> Forecast:
        """What the run will write."""
        self._tell("forecasting from a sample")
        assert self.prepared is not None  # noqa: S101  for the type checker
        return forecast(
            job, feed, self._start(feed), self.prepared.leaving,
            processes=self._used(len(feed), self._engine), prepared_s=self._prepared_s,
        )  # fmt: skip

    def write(
        self,
        *,
        partition: tuple[int, int] | None = None,
        forecast: Callable[[Forecast], None] | None = None,
    ) -> Written:
        """Make the parts that are missing, of a partition (I of N) or all, and the card at the end.

        ``forecast`` is told what all parts will come to, where there are parts to make.

        Raises :class:`~kgmed.kg.errors.OutputError` for a folder that can't be written or that
        holds something else, and :class:`~kgmed.kg.errors.UsageError` where no row comes out.
        """
        folder.enter(self._out, self._settings.kind, self.plain)
        job, feed = self.prepare()
        done = folder.finished(job, len(feed))
        missing = [n for n in range(len(feed)) if n not in done and _mine(n, partition)]
        if missing and forecast is not None:
            forecast(self.forecast(job, feed))
        if missing:
            self._maker.lay_out(feed, self._used(len(missing)))
        for config in self._maker.configs():
            try:
                (self._out / config).mkdir(exist_ok=True)
            except OSError as error:
                raise cannot_write(error, self._out / config) from error
        watch = _Watch(self._tell, len(missing), feed, missing)
        for note in self._made(job, feed, missing):
            done[note["part"]] = note
            watch(note)
        if partition is not None:  # others may have finished theirs meanwhile
            done |= folder.finished(job, len(feed), known=done)
        prepared = self.prepared
        assert prepared is not None  # noqa: S101  for the type checker
        kind = None
        if len(done) == len(feed):
            kind = self._finish(job, [done[n] for n in range(len(feed))], prepared)
        return self._written(done, len(feed), len(missing), prepared.leaving, kind)

    def _finish(self, job: Job, notes: list[dict[str, Any]], prepared: Prepared) -> Kind:
        if not any(file["rows"] for note in notes for file in note["files"]):
            folder.clear(job, notes)
            raise UsageError(_nothing_came_out(self._settings, prepared, notes))
        self._tell("writing the card")
        record = {"settings": self.plain, "prepared": as_json(prepared)}
        try:
            write_text(job.notes() / folder.RUN, json.dumps(record, ensure_ascii=False, indent=1))
            if self._settings.benchmarks:
                parts = [job.note(note["part"]).with_suffix(HITS) for note in notes]
                gather(parts, self._out / hits_name(job.settings.kind))
            (kind,) = (kind for kind in write_card(self._out) if kind.name == job.settings.kind)
        except OSError as error:
            raise cannot_write(error, self._out / "README.md") from error
        return kind

    def _start(self, feed: Feed) -> Making:
        if self._making is None:
            self._making = self._maker.start(feed, self._settings)
        return self._making

    def _used(self, parts: int, engine: Engine | None = None) -> int:
        return max(1, min(engine.processes if engine else self._processes, parts))

    def _made(self, job: Job, feed: Feed, parts: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Make parts, in this process or in several; their notes, in any order."""
        if self._engine is not None and parts:
            yield from self._engine.made(job, parts)
            return
        processes = self._used(len(parts))
        if processes == 1:
            making = self._start(feed) if parts else None
            for number in parts:
                assert making is not None  # noqa: S101  for the type checker
                yield make_part(job, feed, making, number)
            return
        waiting = list(reversed(parts))
        with Workers(processes, _start, (job,)) as pool:
            running: set[Future[dict[str, Any]]] = set()
            try:
                while waiting or running:
                    while waiting and len(running) < 2 * processes:
                        running.add(pool.submit(_make, waiting.pop()))
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        yield future.result()
            except BrokenProcessPool as error:
                raise OutputError(
                    "A process of the run was ended from outside: is there memory enough? Parts "
                    "that are finished are kept: run the same command again, with fewer processes."
                ) from error
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _written(
        self, done: dict[int, dict[str, Any]], parts: int, made: int, leaving: Leaving,
        kind: Kind | None,
    ) -> Written:  # fmt: skip
        rows: dict[str, dict[str, int]] = {}
        asked: Counter[tuple[str, str, str]] = Counter()
        tasks: dict[str, dict[str, int]] = {}
        size = 0
        for note in done.values():
            for file in note["files"]:
                of = rows.setdefault(file["config"], {})
                of[file["split"]] = of.get(file["split"], 0) + file["rows"]
                size += file["bytes"]
            for task, lang, _split, n, _characters in note["rows"]:
                of = tasks.setdefault(task, {})
                of[lang] = of.get(lang, 0) + n
            for *key, n in note["filters"]:
                asked[tuple(key)] += n
        written = Written(str(self._out), self._settings.kind, rows, dict(sorted(tasks.items())),
                          size, parts, made, kind is not None, leaving, self._hash)  # fmt: skip
        if "lm" in self._settings.more:
            written = replace(written, usage=usage(asked))
        if kind is None:
            return written
        diversity: dict[str, dict[str, Diversity]] = {}
        for (task, lang), figures in kind.diversity.items():
            diversity.setdefault(task, {})[lang] = figures
        return replace(
            written, filters=kind.passed, statements=kind.used[0],
            predicates=dict(kind.predicates.most_common()), diversity=diversity,
            distractors=kind.chosen,
        )  # fmt: skip


def _mine(number: int, partition: tuple[int, int] | None) -> bool:
    return partition is None or number % partition[1] == partition[0]


def _nothing_came_out(
    settings: Settings, prepared: Prepared, notes: Sequence[dict[str, Any]]
) -> str:
    held = ", ".join(dict.fromkeys(row.source for row in prepared.leaving.left_out))
    back = f" Held back by licence: {held}; --allow-restricted lets them out." if held else ""
    reasons: Counter[str] = Counter()
    told = {*FILTERS, *USAGE} - {ASKED}
    for note in notes:
        for _task, _lang, reason, n in note["filters"]:
            reasons[reason] += n if reason not in told else 0
    why = ", ".join(f"{reason} ({n:,})" for reason, n in reasons.most_common(6) if n)
    return (
        f"No row came out of {sum(prepared.statements.values()):,} statements with the tasks "
        f"{', '.join(settings.tasks)} in {', '.join(settings.languages)}. Ask for other tasks or "
        f"languages, or a larger --max-rows.{f' Counted: {why}.' if why else ''}{back}"
    )


class _Watch:
    """Tells how far a run is."""

    def __init__(self, tell: Tell, parts: int, feed: Feed, missing: Sequence[int]) -> None:
        self._tell, self._parts = tell, parts
        weights = feed.weights()
        self._weights = {number: weights[number] for number in missing}
        self._total = sum(self._weights.values())
        self._start = monotonic()
        self._done = self._rows = self._weight = 0

    def __call__(self, note: dict[str, Any]) -> None:
        self._done += 1
        self._rows += sum(n for *_key, n, _characters in note["rows"])
        self._weight += self._weights[note["part"]]
        elapsed = monotonic() - self._start
        left = elapsed * (self._total - self._weight) / max(1, self._weight)
        pace = f", {self._rows / elapsed:,.0f} rows/s" if elapsed > 1 else ""
        more = f", about {left:,.0f} s left" if left > 5 else ""
        self._tell(f"part {self._done:,} of {self._parts:,}: {self._rows:,} rows{pace}{more}")


_STARTED: list[tuple[Job, Feed, Making] | KgmedError] = []
"""The job of a process of the pool, with what it reads and makes; or why it couldn't start."""


def _start(job: Job) -> None:
    try:
        feed = Feed(job.feed)
        _STARTED[:] = [(job, feed, job.maker.start(feed, job.settings))]
    except KgmedError as error:  # raised here, it would be lost: the pool would only be broken
        _STARTED[:] = [error]


def _make(number: int) -> dict[str, Any]:
    started = _STARTED[0]
    if isinstance(started, KgmedError):
        raise started
    return make_part(*started, number)
