"""Datasets from a graph: rows and tokens a second and memory per task, filters apart, and the plain
loop that people write - a template and json.dumps - on the same triples, in one run.

    python benchmarks/datasets.py --graph GRAPH [--work DIR] [--parts 12] [--processes 2]

``sentences`` are written of the whole graph, with provenance (JSON lines with statement ids,
sources, licence, split) and bare (text); every other task of ``--parts`` parts of it, spread.
Preparation is a figure of its own, made once. Where others use the machine, the seconds of
processor that a row takes are what compares. Peak memory is RssAnon of all processes. All licences
are let out. The table goes to standard output, progress to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import Figure, Stages, say, table, write_json

from kgmed.builders.datasets.balance import Balance
from kgmed.builders.datasets.corpus import TASKS, Corpus, sentences
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.forecast import tokens
from kgmed.builders.datasets.formats import TEXT, line
from kgmed.builders.datasets.job import Job, Maker, Settings
from kgmed.builders.datasets.rows import is_test, row
from kgmed.builders.datasets.run import Run
from kgmed.facade import Graph, open_graph
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer

UMLS_STATEMENTS = 50_000_000
LOOP = 500_000
"""Triples of the plain loop."""
CORPUS_TARGET_S, MEMORY_TARGET = 300, 4e9
BARE, PROVEN, OTHER = 400_000, 200_000, 20_000


class Bench:
    """Runs over one graph."""

    def __init__(
        self, graph: Graph, work: Path, *, processes: int, parts: int, sample: bool
    ) -> None:
        self.graph, self.work, self.processes = graph, work, processes
        self.parts, self.sample = parts, sample
        rows = graph.info().sources
        self.allow = tuple(sorted({row.infores for row in rows}))
        self.figures: list[Figure] = []
        self.statements: Any = None
        self.prepared = 0.0

    def run(self, maker: Maker, settings: Settings, *, whole: bool) -> dict[str, Any]:
        """Write a dataset, or some parts of it; what came of it, and how long each step took."""
        out = self.work / "out"
        shutil.rmtree(out, ignore_errors=True)
        stages = Stages()
        with stages.sampling(), Run(
            self.graph.local_store().snapshot, out, maker, settings, version="benchmark",
            processes=self.processes,
        ) as run:  # fmt: skip
            job, feed = self.laid_out(run, maker, settings, stages)
            for config in maker.configs():
                (out / config).mkdir(parents=True)
            job.notes().mkdir(parents=True)
            step = 1 if whole else max(1, len(feed) // self.parts)
            numbers = list(range(0, len(feed), step))[: None if whole else self.parts]
            stages.start("parts")
            begin, cpu = time.perf_counter(), _cpu_s()
            notes = list(run._made(job, feed, numbers))
            took, cpu = time.perf_counter() - begin, _cpu_s() - cpu
        rows: Counter[str] = Counter()
        told = 0
        for note in notes:
            for task, lang, _split, n, characters in note["rows"]:
                rows[task] += n
                told += tokens(characters, lang)
        size = sum(file["bytes"] for note in notes for file in note["files"])
        return {"rows": rows.total(), "tokens": told, "bytes": size, "seconds": took, "cpu": cpu,
                "parts": f"{len(numbers)}/{len(feed)}",
                "memory": max(stages.peaks.values())}  # fmt: skip

    def laid_out(
        self, run: Run, maker: Maker, settings: Settings, stages: Stages
    ) -> tuple[Job, Feed]:
        """What tasks read, laid out by the first run and read by all."""
        folder = self.work / "feed"
        if self.statements is None:
            stages.start("preparation")
            begin = time.perf_counter()
            job, feed = run.prepare(within=folder)
            run._work = None  # which the run would remove
            maker.lay_out(feed, self.processes)
            self.prepared = time.perf_counter() - begin
            self.statements = job.statements
        job = Job(self.work / "out", folder, settings, "benchmark",
                  str(self.graph.info().snapshot), maker, self.statements)  # fmt: skip
        return job, Feed(folder)

    def settings(self, kind: str, task: str, **more: Any) -> Settings:
        """Settings of a run of one task, in English."""
        return Settings(kind, (task,), ("en",), allow=self.allow, **more)

    def corpus(self) -> None:
        """Sentences of the whole graph, then the other tasks of a corpus."""
        say("sentences, with provenance")
        maker = Corpus((sentences.TASK,))
        made = self.run(maker, self.settings("corpus", sentences.TASK), whole=not self.sample)
        rate = made["rows"] / made["seconds"]
        loop = self.loop()
        note = (f"{made['rows']:,} rows, {made['bytes'] / 1e9:.1f} GB, {made['parts']} parts, "
                f"{1e6 * made['cpu'] / made['rows']:.1f} us of processor a row")  # fmt: skip
        beside = {"peer": "plain loop, one process", "peer_value": loop}
        self.add("sentences", "preparation", self.prepared, "s")
        self.add("sentences", "with provenance, split, duplicates", rate, "rows/s", PROVEN,
                 note=note, **beside)  # fmt: skip
        self.add("sentences", "tokens", made["tokens"] / made["seconds"], "tokens/s")
        self.add("sentences", "50M statements, preparation too",
                 self.prepared + UMLS_STATEMENTS / rate, "s", CORPUS_TARGET_S,
                 sense="at most")  # fmt: skip
        self.add("sentences", "peak RssAnon, all processes", made["memory"] / 1e9, "GB",
                 MEMORY_TARGET / 1e9, sense="at most")  # fmt: skip
        say("sentences, bare")
        plain = self.settings("corpus", sentences.TASK, files="txt")
        bare = self.run(maker, plain, whole=not self.sample)
        note = f"{1e6 * bare['cpu'] / bare['rows']:.1f} us of processor a row"
        self.add("sentences", "bare", bare["rows"] / bare["seconds"], "rows/s", BARE, note=note,
                 **beside)  # fmt: skip
        for task in TASKS:
            if task != sentences.TASK:
                self.task(Corpus((task,)), self.settings("corpus", task), task)

    def instructions(self) -> None:
        """Each task of instructions, where they are at hand."""
        if find_spec("kgmed.builders.datasets.tasks") is None:
            return
        from kgmed.builders.datasets.instructions import Instructions, known_tasks

        for name in known_tasks():
            maker = Instructions((name,), ("messages",), self.graph._opening())
            self.task(maker, self.settings("instructions", name, formats=("messages",)), name)

    def task(self, maker: Maker, settings: Settings, name: str) -> None:
        """The rows of one task, of some parts."""
        say(name)
        made = self.run(maker, settings, whole=False)
        if not made["rows"]:
            self.add(name, "rows", 0, "rows", note="none of the parts has one")
            return
        note = (f"{made['rows']:,} rows of {made['parts']} parts, "
                f"{made['tokens'] / made['seconds'] / 1e6:.2f}M tokens/s, "
                f"{1e6 * made['cpu'] / made['rows']:.0f} us of processor a row, "
                f"{made['memory'] / 1e9:.2f} GB")  # fmt: skip
        self.add(name, "rows", made["rows"] / made["seconds"], "rows/s", OTHER, note=note)

    def loop(self) -> float:
        """Rows a second of the loop that people write, on triples that are in memory."""
        say("the plain loop")
        triples = list(self.triples())
        begin = time.perf_counter()
        with (self.work / "loop.jsonl").open("w", encoding="utf-8") as file:
            for subject, predicate, object in triples:
                text = f"{subject} {predicate.replace('_', ' ')} {object}."
                file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
        return len(triples) / (time.perf_counter() - begin)

    def triples(self) -> Iterator[tuple[str, str, str]]:
        """The first statements between concepts with English names."""
        with self.graph.tables(memory="2GB") as tables:
            reader = tables.sql(f"""
                WITH name AS (SELECT cid, any_value(text) AS text FROM raw_names
                              WHERE kind = 'preferred' AND language = 'en' GROUP BY cid),
                chosen AS (SELECT s, p, o FROM raw_rows WHERE o IS NOT NULL LIMIT {LOOP})
                SELECT a.text, predicate, b.text FROM chosen JOIN raw_predicate USING (p)
                JOIN name a ON a.cid = s JOIN name b ON b.cid = o""").to_arrow_reader(100_000)
            for batch in reader:
                columns = [column.to_pylist() for column in batch.columns]
                yield from zip(*columns, strict=True)

    def filters(self) -> None:
        """What each filter takes of a row, on the sentences of one part, one by one."""
        say("filters")
        settings, maker = self.settings("corpus", sentences.TASK), Corpus((sentences.TASK,))
        snapshot = self.graph.local_store().snapshot
        with Run(snapshot, self.work / "out", maker, settings, version="benchmark") as run:
            self._filters(*self.laid_out(run, maker, settings, Stages()))

    def _filters(self, job: Job, feed: Feed) -> None:
        block = feed.block(len(feed) // 2)
        say_it = Verbalizer(registry())
        begin = time.perf_counter()
        drafts = list(sentences.singly(block, "en", say_it))
        made_s = time.perf_counter() - begin
        balance = Balance(0, 1_000, 1_000, job.statements, {})
        steps = {
            "facts and sentences, one by one": made_s,
            "split": _timed(lambda: [is_test(draft, block) for draft in drafts]),
            "ids and provenance": _timed(
                lambda: [row(draft, block, snapshot=job.snapshot) for draft in drafts]
            ),
            "caps": _timed(lambda: [balance.keeps(draft) for draft in drafts]),
        }
        rows = [row(draft, block, snapshot=job.snapshot) for draft in drafts]
        steps["exact duplicates"] = _timed(lambda: len({made.id for made in rows}))
        steps["lines of JSON"] = _timed(lambda: [line(TEXT.record(made)) for made in rows])
        for name, seconds in steps.items():
            self.add("a row, one process", name, 1e6 * seconds / max(1, len(drafts)), "us",
                     sense="at most")  # fmt: skip

    def add(
        self, area: str, what: str, value: float, unit: str, target: float | None = None, *,
        sense: Any = "at least", **more: Any,
    ) -> None:  # fmt: skip
        self.figures.append(Figure(area, what, value, unit, target, sense, **more))


def _cpu_s() -> float:
    """Seconds of processor that this process and its finished children took."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _timed(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Measure, print, and write if so asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--graph")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--parts", type=int, default=12)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--sample", action="store_true", help="sentences of --parts, too")
    parser.add_argument("--only", choices=["corpus", "instructions", "filters"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(dir=options.work) as work,
        open_graph(options.graph) as graph,
    ):
        bench = Bench(graph, Path(work), processes=options.processes, parts=options.parts,
                      sample=options.sample)  # fmt: skip
        for name in ("corpus", "instructions", "filters"):
            if options.only in {None, name}:
                getattr(bench, name)()
    print(table(bench.figures))
    if options.json:
        write_json(options.json, bench.figures)


if __name__ == "__main__":
    main()
