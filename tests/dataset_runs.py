"""Small graphs and runs for tests of datasets; also run as a program, to be killed."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

from support import concept, source, tables_of

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.corpus import TASKS, Corpus
from kgmed.builders.datasets.instructions import Instructions
from kgmed.builders.datasets.job import Settings
from kgmed.builders.datasets.report import Written
from kgmed.builders.datasets.run import Run
from kgmed.builders.pipeline import build
from kgmed.facade.datasets import _open
from kgmed.kg.store.snapshot import open_snapshot

DRUGS, DISEASES = 60, 40


def make_graph(folder: Path) -> Path:
    """A graph of two sources that agree on some statements, and one that isn't open."""
    things = [concept(f"mesh:D{n:03}", f"drug {n:03}", "Drug") for n in range(DRUGS)]
    things += [concept(f"mesh:E{n:03}", f'disease "{n:03}"', "Disease") for n in range(DISEASES)]
    tables = tables_of(things)
    tables["names"] += [
        {"id": f"mesh:D{n:03}", "text": f"药物{n:03}", "language": "zh", "kind": "preferred"}
        for n in range(DRUGS)
    ]
    treats = [
        {"subject": f"mesh:D{n:03}", "predicate": "treats", "object": f"mesh:E{m:03}"}
        for n in range(DRUGS) for m in range(DISEASES) if (n * 7 + m * 3) % 11 == 0
    ]  # fmt: skip
    interacts = [
        {"subject": f"mesh:D{n:03}", "predicate": "interacts_with", "object": f"mesh:D{m:03}",
         "qualifiers": '{"severity":"Critical"}' if m % 2 else ""}
        for n in range(DRUGS) for m in range(n + 1, DRUGS) if (n + m) % 13 == 0
    ]  # fmt: skip
    said = [{"subject": "mesh:D001", "predicate": "has_definition", "value": "a thing",
             "value_type": "text", "value_language": "en"}]  # fmt: skip
    first = source("infores:one", **tables, statements=treats + interacts + said)
    second = source("infores:two", statements=treats[::3])
    second.info = type(second.info)(
        "infores:two", "Two", "2", "CC-BY-4.0", attribution="Two, by someone."
    )
    held = source("infores:held", statements=[
        {"subject": "mesh:D000", "predicate": "causes", "object": "mesh:E001"}])  # fmt: skip
    held.info = type(held.info)("infores:held", "Held", "1", "UMLS")
    build([first, second, held], folder)
    return folder


def small_parts(size: int = 60) -> None:
    """Make parts small enough that a small graph has several."""
    prepare.SMALLEST = prepare.LARGEST = size


def settings(**more: Any) -> Settings:
    """Settings of a run of the tests' tasks."""
    given = {"kind": "instructions", "tasks": ("lists", "singles"), "languages": ("en", "zh"),
             "formats": ("messages",), **more}  # fmt: skip
    return Settings(**given)


def run(graph: Path, out: Path, *, processes: int = 1, partition: Any = None,
        tell: Any = lambda _text: None, engine: Any = None, **more: Any) -> Written:  # fmt: skip
    """Make a dataset of the tests' tasks."""
    chosen = settings(**more)
    snapshot = open_snapshot(graph)
    opening = partial(_open, str(graph), snapshot.manifest["snapshot"])
    maker = Instructions(chosen.tasks, chosen.formats, opening, "dataset_tasks")
    with Run(
        snapshot, out, maker, chosen, version="1", processes=processes, tell=tell, engine=engine
    ) as running:
        return running.write(partition=partition)


def run_corpus(graph: Path, out: Path, *, processes: int = 1, **more: Any) -> Written:
    """Make a corpus."""
    given = {"kind": "corpus", "tasks": tuple(TASKS), "languages": ("en", "zh"), **more}
    chosen = Settings(**given)
    own = chosen.more
    maker = Corpus(chosen.tasks, own.get("passage_tokens", 200), own.get("pack", 0),
                   own.get("tokenizer", ""))  # fmt: skip
    with Run(open_snapshot(graph), out, maker, chosen, version="1", processes=processes) as running:
        return running.write()


def rows(out: Path, config: str = "instructions") -> list[dict[str, Any]]:
    """All rows of a config, in the order of files."""
    return [json.loads(line) for path in sorted((out / config).glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()]  # fmt: skip


def content(out: Path) -> dict[str, bytes]:
    """All files that aren't a run's own, by name."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*"))
            if path.is_file() and ".kgmed" not in path.parts}  # fmt: skip


if __name__ == "__main__":
    small_parts()
    run(Path(sys.argv[1]), Path(sys.argv[2]), tell=lambda text: print(text, flush=True))
