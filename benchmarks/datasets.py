"""Datasets from a graph: rows, statements told, tokens and bytes a second and memory per task,
filters apart, and the plain loop that people write on the same facts, in one run.

    python benchmarks/datasets.py --graph GRAPH [--work DIR] [--parts 48] [--processes 2]

``sentences`` are written of the whole graph, with provenance (JSON lines with statement ids,
sources, licence, split) and bare (text); every other task of ``--parts`` parts of it, spread.
Preparation is a figure of its own, made once; what it takes to start the processes is taken off by
a run over their first parts. Where others use the machine, the seconds of
processor that a row takes are what compares: beside the rows a second of the clock stand those of
as many processors that do nothing else. Peak memory is RssAnon of all processes. All licences are
let out. The table goes to standard output, progress to standard error.

Beside sentences stands a loop of a template and json.dumps over the same triples; beside a text of
several sentences one that joins them, ready-made, and writes them with json.dumps: the bound of
what a program can do that writes row by row.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from measure import Figure, Stages, say, table, write_json

from kgmed.builders.datasets.balance import Balance
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.corpus import TASKS, Corpus, narratives, passages, sentences
from kgmed.builders.datasets.corpus.voice import Voice
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.formats import TEXT, line
from kgmed.builders.datasets.job import Job, Maker, Settings
from kgmed.builders.datasets.model import Block
from kgmed.builders.datasets.quality.near import NearDuplicates
from kgmed.builders.datasets.quality.screen import Screen, lay_out
from kgmed.builders.datasets.rows import is_test, row
from kgmed.builders.datasets.run import Run
from kgmed.facade import Graph, open_graph
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.size import tokens

UMLS_STATEMENTS = 50_000_000
LOOP, JOINED = 500_000, 20_000
"""Triples of the plain loop, and rows of the one that joins sentences."""
BENCHMARK = 10_000
"""Texts that sentences are compared with, as those of a benchmark."""
PASSAGES = tuple(passages.TASKS.values())
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
        self.prepared = self.lists = 0.0

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
            whole_run = _written(run, job, feed, numbers)
            few = numbers[: self.processes] if len(numbers) > 2 * self.processes else []
            made = whole_run - (_written(run, job, feed, few) if few else Counter())
        return {**made, "parts": f"{len(numbers)}/{len(feed)}",
                "loop": self.joined(out, settings.files),
                "memory": max(stages.peaks.values())}  # fmt: skip

    def joined(self, out: Path, files: str) -> tuple[float, float] | None:
        """Statements a row, and rows a second of a loop that joins their ready-made sentences, of
        the first rows of a corpus."""
        rows: list[dict[str, Any]] = []
        for path in sorted(out.glob("*/train-*.jsonl")) if files == "jsonl" else []:
            with path.open(encoding="utf-8") as file:
                rows += [json.loads(text) for text in islice(file, JOINED // 4)]
            if len(rows) >= JOINED:
                break
        if not rows or "text" not in rows[0]:
            return None
        made = [(row["text"].split(". "), row["statements"]) for row in rows]
        begin = time.perf_counter()
        with (self.work / "loop.jsonl").open("w", encoding="utf-8") as file:
            for texts, statements in made:
                row = {"text": ". ".join(texts), "statements": statements}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        took = time.perf_counter() - begin
        return sum(len(row["statements"]) for row in rows) / len(rows), len(rows) / took

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
        elif settings.tasks[0] in PASSAGES and not self.lists:
            stages.start("the order of names")
            begin = time.perf_counter()
            maker.lay_out(Feed(folder), self.processes)
            self.lists = time.perf_counter() - begin
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
        note = self.told(made)
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
        self.add("sentences", "bare", bare["rows"] / bare["seconds"], "rows/s", BARE,
                 note=self.told(bare), **beside)  # fmt: skip
        for task in TASKS:
            if task != sentences.TASK:
                whole = task == narratives.CURATED and not self.sample  # there are few
                self.task(Corpus((task,)), self.settings("corpus", task), task, whole=whole)
        if self.lists:
            self.add("passages", "preparation besides: the order of names", self.lists, "s")

    def instructions(self) -> None:
        """Each task of instructions, where they are at hand."""
        if find_spec("kgmed.builders.datasets.tasks") is None:
            return
        from kgmed.builders.datasets.instructions import Instructions, known_tasks

        for name in known_tasks():
            if name == "translation":  # which reads another language's names
                self.statements = None
                shutil.rmtree(self.work / "feed", ignore_errors=True)
            maker = Instructions((name,), ("messages",), self.graph._opening())
            self.task(maker, self.settings("instructions", name, formats=("messages",)), name)

    def told(self, made: dict[str, Any]) -> str:
        """What was written, and what of it a second; and the rows of processors of our own."""
        each = 1e6 * made["cpu"] / made["rows"]
        facts = ""
        if made["loop"] is not None:
            facts = f"{made['loop'][0] * made['rows'] / made['seconds']:,.0f} statements/s, "
        return (f"{made['rows']:,} rows of {made['parts']} parts, {facts}"
                f"{made['tokens'] / made['seconds'] / 1e6:.2f}M tokens/s, "
                f"{made['bytes'] / made['seconds'] / 1e6:.0f} MB/s, {made['memory'] / 1e9:.2f} GB; "
                f"{each:.3g} us of processor a row: "
                f"{self.processes * 1e6 / each:,.0f} rows/s of {self.processes}")  # fmt: skip

    def task(self, maker: Maker, settings: Settings, name: str, *, whole: bool = False) -> None:
        """The rows of one task, of some parts or all."""
        say(name)
        made = self.run(maker, settings, whole=whole)
        if not made.get("rows"):
            self.add(name, "rows", 0, "rows", note="none of the parts has one")
            return
        beside: dict[str, Any] = {}
        if made["loop"] is not None:
            peer = "sentences joined by a loop, one process"
            beside = {"peer": peer, "peer_value": made["loop"][1]}
        self.add(name, "rows", made["rows"] / made["seconds"], "rows/s", OTHER,
                 note=self.told(made), **beside)  # fmt: skip

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
        block = PartBlock.of_part(feed, len(feed) // 2)
        voice = Voice(feed, "en", Verbalizer(registry()))
        begin = time.perf_counter()
        drafts = [draft for rows in sentences.sentences(block, voice) for draft in rows.drafts()]
        made_s = time.perf_counter() - begin
        balance = Balance(0, 1_000, 1_000, job.statements, {})
        steps = {
            "facts as values and their sentences": made_s,
            "split": _timed(lambda: [is_test(draft, block) for draft in drafts]),
            "ids and provenance": _timed(
                lambda: [row(draft, block, snapshot=job.snapshot) for draft in drafts]
            ),
            "caps": _timed(lambda: [balance.keeps(draft) for draft in drafts]),
        }
        rows = [row(draft, block, snapshot=job.snapshot) for draft in drafts]
        steps["exact duplicates"] = _timed(lambda: len({made.id for made in rows}))
        steps["lines of JSON"] = _timed(lambda: [line(TEXT.record(made)) for made in rows])
        texts = [made.messages[0][1] for made in rows]
        about = [" ".join(made.statements) for made in rows]
        steps["near duplicates"] = _timed(lambda: NearDuplicates().add(texts, about=about))
        screen = self._screen(voice, PartBlock.of_part(feed, 0))
        overlap = f"overlap with {len(screen):,} texts of a benchmark"
        steps[overlap] = _timed(lambda: screen.overlaps(texts))
        for name, seconds in steps.items():
            self.add("a row, one process", name, 1e6 * seconds / max(1, len(drafts)), "us",
                     sense="at most")  # fmt: skip

    def _screen(self, voice: Voice, block: Block) -> Screen:
        """Another part's sentences, pair by pair, as if they were a benchmark."""
        some = [d for rows in sentences.sentences(block, voice) for d in rows.drafts()]
        texts = [draft.messages[0][1] for draft in some[: 2 * BENCHMARK]]
        path = self.work / "benchmark.jsonl"
        pairs = zip(texts[::2], texts[1::2], strict=False)
        path.write_text("".join(f"{json.dumps({'text': ' '.join(two)})}\n" for two in pairs))
        lay_out([path], self.work / "screen")
        return Screen(self.work / "screen")

    def add(
        self, area: str, what: str, value: float, unit: str, target: float | None = None, *,
        sense: Any = "at least", **more: Any,
    ) -> None:  # fmt: skip
        self.figures.append(Figure(area, what, value, unit, target, sense, **more))


def _written(run: Run, job: Job, feed: Feed, parts: Sequence[int]) -> Counter[str]:
    """Make parts: rows, tokens, bytes, seconds of the clock and seconds of processor."""
    begin, cpu = time.perf_counter(), _cpu_s()
    notes = list(run._made(job, feed, parts))
    made: Any = Counter(seconds=time.perf_counter() - begin, cpu=_cpu_s() - cpu)  # type: ignore[arg-type]
    for note in notes:
        for _task, lang, _split, n, characters in note["rows"]:
            made["rows"] += n
            made["tokens"] += tokens(characters, lang)
        made["bytes"] += sum(file["bytes"] for file in note["files"])
    return made


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
    parser.add_argument("--parts", type=int, default=48)
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
