"""Runs of datasets: what comes out, what a run over the same folder does, what is refused."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from dataset_runs import content, make_graph, rows, run, small_parts
from dataset_tasks import CANT_START

from kgmed.builders.datasets import folder, prepare
from kgmed.builders.datasets.block import PartBlock
from kgmed.builders.datasets.feed import Feed
from kgmed.builders.datasets.job import Chunk, Job, Making
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.parts import make_part
from kgmed.builders.datasets.trace import trace
from kgmed.kg.errors import OutputError, UnknownConcept, UsageError
from kgmed.kg.store.embedded import open_store

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small parts, so that a small graph has several."""
    monkeypatch.setattr(prepare, "SMALLEST", 60)
    monkeypatch.setattr(prepare, "LARGEST", 60)


@pytest.fixture(scope="module")
def whole(graph: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset that nothing disturbed."""
    before = prepare.SMALLEST, prepare.LARGEST
    small_parts()
    out = tmp_path_factory.mktemp("whole") / "dataset"
    made = run(graph, out)
    assert made.complete
    assert made.parts > 5
    prepare.SMALLEST, prepare.LARGEST = before
    return out


# What comes out -----------------------------------------------------------------------------------


def test_each_statement_that_may_leave_is_in_one_row_of_a_language(whole: Path) -> None:
    singles = [row for row in rows(whole) if (row["task"], row["lang"]) == ("singles", "en")]
    seen = Counter(id for row in singles for id in row["statements"])
    run_note = json.loads((whole / ".kgmed/instructions/run.json").read_text())
    counts = run_note["prepared"]["statements"]
    assert "causes" not in counts
    assert len(seen) == counts["treats"] + counts["interacts_with"]
    assert set(seen.values()) == {1}
    assert len({row["id"] for row in rows(whole)}) == len(rows(whole))


def test_one_fact_of_two_sources_is_one_row_with_both_licences(whole: Path) -> None:
    both = [row for row in rows(whole) if row["task"] == "singles" and len(row["statements"]) == 2]
    assert both
    assert {row["licence"] for row in both} == {"CC-BY-4.0 AND CC0-1.0"}
    assert {tuple(row["sources"]) for row in both} == {("infores:one", "infores:two")}


def test_a_row_is_a_test_if_a_statement_touches_what_is_held_out(graph: Path, whole: Path) -> None:
    store = open_store(graph)
    tests = [row for row in rows(whole) if row["split"] == "test"]
    train = [row for row in rows(whole) if row["split"] == "train"]

    def ends(some: list[dict]) -> list[set[str]]:
        found = store.statements([row["statements"][0] for row in some])
        return [{s.subject, s.object} for s in found if s is not None]

    seen_in_training = set().union(*ends([row for row in train if row["task"] == "singles"]))
    for pair in ends([row for row in tests if row["task"] == "singles"]):
        assert pair - seen_in_training  # something that training never sees
    assert 0 < len(tests) < len(train)


def test_values_and_lists_are_whole(whole: Path) -> None:
    lists = [row for row in rows(whole) if (row["task"], row["lang"]) == ("lists", "en")]
    said = {row["messages"][0]["content"]: row["messages"][1]["content"] for row in lists}
    assert said["drug 001 has_definition?"] == "a thing"
    assert said["drug 000 treats?"].startswith('disease "000", disease "011", disease "022"')


def test_processes_and_partitions_write_the_same_bytes(
    graph: Path, whole: Path, tmp_path: Path
) -> None:
    run(graph, tmp_path / "two", processes=2)
    assert content(tmp_path / "two") == content(whole)
    shares = [run(graph, tmp_path / "shares", partition=(n, 3)) for n in range(3)]
    assert [made.complete for made in shares] == [False, False, True]
    again = run(graph, tmp_path / "shares")
    assert (again.made, again.complete) == (0, True)
    assert content(tmp_path / "shares") == content(whole)


def test_another_seed_holds_out_others(graph: Path, whole: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "other", seed=1)
    of = [{row["id"] for row in rows(out) if row["split"] == "test" and row["task"] == "singles"}
          for out in (whole, tmp_path / "other")]  # fmt: skip
    assert of[0] != of[1]


def test_exact_duplicates_are_dropped_and_counted(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = run(graph, out, tasks=("twice",))
    assert sum(made.tasks["twice"].values()) == len({row["id"] for row in rows(out)})
    n = made.tasks["twice"]["en"]
    assert (
        f"| twice | en | {2 * n:,} | {n:,} | 0 | 0 | 0 | {n:,} |" in (out / "README.md").read_text()
    )


def test_rows_without_statements_have_the_licence_of_the_names(graph: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "out", tasks=("named",))
    assert {row["licence"] for row in rows(tmp_path / "out")} == {"CC0-1.0"}
    assert {tuple(row["sources"]) for row in rows(tmp_path / "out")} == {("infores:one",)}


def test_no_more_rows_than_asked_for(graph: Path, whole: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "few", max_rows=50)
    few = rows(tmp_path / "few")
    assert 25 <= len(few) <= 50  # parts that hold fewer than their share give what they have
    assert {row["id"] for row in few} < {row["id"] for row in rows(whole)}
    run(graph, tmp_path / "again", max_rows=50, processes=2)
    assert content(tmp_path / "again") == content(tmp_path / "few")


def test_a_cap_thins_a_predicate_and_spares_the_rare(graph: Path, tmp_path: Path) -> None:
    capped = run(graph, tmp_path / "capped", tasks=("singles",), languages=("en",),
                 per_predicate=60)  # fmt: skip
    free = run(graph, tmp_path / "free", tasks=("singles",), languages=("en",))
    assert free.tasks["singles"]["en"] > 250
    assert 60 < capped.tasks["singles"]["en"] < 180  # two predicates, of which one fact may be two


def test_a_cap_per_concept_thins_hubs(graph: Path, tmp_path: Path) -> None:
    made = run(graph, tmp_path / "out", tasks=("singles",), languages=("en",), per_hub=3)
    free = run(graph, tmp_path / "free", tasks=("singles",), languages=("en",))
    assert 0 < made.tasks["singles"]["en"] < free.tasks["singles"]["en"] / 2


def test_forms_hold_the_same_rows(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(graph, out, tasks=("singles",), formats=("messages", "alpaca", "sharegpt", "chatml",
                                                 "openai"))  # fmt: skip
    plain = rows(out)
    others = [rows(out, f"instructions_{f}") for f in ("alpaca", "sharegpt", "chatml", "openai")]
    for one, alpaca, gpt, chatml, openai in zip(plain, *others, strict=True):
        assert one["id"] == alpaca["id"] == gpt["id"] == chatml["id"]
        said = [message["content"] for message in one["messages"]]
        assert [alpaca["system"], *alpaca["history"][0], alpaca["instruction"],
                alpaca["output"]] == said  # fmt: skip
        assert [gpt["system"], *(turn["value"] for turn in gpt["conversations"])] == said
        assert chatml["text"].startswith("<|im_start|>system\nAnswer.<|im_end|>\n<|im_start|>user")
        assert openai == {"messages": one["messages"]}
    info = json.loads((out / "dataset_info.json").read_text())
    assert info["instructions_alpaca_train"]["columns"]["history"] == "history"
    assert info["instructions_train"]["subset"] == "instructions"


def test_parquet_holds_what_jsonl_holds(graph: Path, whole: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "out", files="parquet")
    found = [row for path in sorted((tmp_path / "out/instructions").glob("*.parquet"))
             for row in pq.read_table(path).to_pylist()]  # fmt: skip
    assert found == rows(whole)


def test_the_card_is_true(whole: Path) -> None:
    text = (whole / "README.md").read_text(encoding="utf-8")
    every = rows(whole)
    for split in ("train", "test"):
        n = sum(row["split"] == split for row in every)
        assert f"  - name: {split}\n" in text
        assert f"    num_examples: {n}\n" in text
        assert f"  - split: {split}\n    path: instructions/{split}-*\n" in text
    used = len({id for row in every for id in row["statements"]})
    assert f"instructions: {used:,} statements are used of " in text
    for licence, n in Counter(row["licence"] for row in every).items():
        assert f"| {licence} | {n:,} |" in text
    for source, n in Counter(s for row in every for s in row["sources"]).items():
        assert f"| {source} | {n:,} |" in text
    assert "Two, by someone." in text
    assert "| infores:held | UMLS | registered | 1 | 0 |" in text
    assert "Together they ask: attribution." in text
    snapshot = every[0]["snapshot"]
    assert snapshot in text


# A run that goes on -------------------------------------------------------------------------------


def start_and_kill(graph: Path, out: Path, *, after: int) -> bool:
    """Start a run and kill it after so many lines of progress; whether it was still running."""
    command = [sys.executable, str(TESTS / "dataset_runs.py"), str(graph), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=TESTS) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        running = process.poll() is None
        process.kill()
    return running


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 here")
def test_a_killed_run_goes_on_without_a_row_lost_or_twice(
    graph: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert start_and_kill(graph, out, after=3)
    done = len(list((out / ".kgmed/instructions").glob("part-*.json")))
    made = run(graph, out)
    assert made.complete
    assert done > 0
    assert made.made == made.parts - done
    assert content(out) == content(whole)
    left = [
        path.name for path in out.rglob("*") if "work-" in path.name or "unfinished" in path.name
    ]
    assert left == []


class Ending:
    """Makes what another makes, of a run that takes its files away after so many drafts."""

    def __init__(self, making: Making, work: Path, after: int) -> None:
        self._making, self._work, self._after = making, work, after

    def drafts(self, block: PartBlock) -> Iterator[Draft | Chunk]:
        drafts = self._making.drafts(block)
        yield from islice(drafts, self._after)
        folder.end_work(self._work)
        yield from drafts


class Late:
    """An engine that is still making a part when its run ends."""

    processes = 1

    def __init__(self, after: int) -> None:
        self._after = after

    def made(self, job: Job, parts: Sequence[int]) -> Iterator[dict[str, Any]]:
        feed = Feed(job.feed)
        making = Ending(job.maker.start(feed, job.settings), job.feed, self._after)
        yield make_part(job, feed, making, parts[0])


@pytest.mark.parametrize("after", [0, 3, 10_000])
def test_a_part_whose_run_was_ended_meanwhile_isnt_written(
    graph: Path, whole: Path, tmp_path: Path, after: int
) -> None:
    out = tmp_path / "out"
    with pytest.raises(OutputError, match=r"is gone, with what part 0 is made of: its run"):
        run(graph, out, engine=Late(after))
    assert not [path for path in out.rglob("*-0000*") if path.is_file()]
    assert run(graph, out).complete
    assert content(out) == content(whole)


def test_a_finished_run_is_left_as_it_is(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(graph, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "instructions").iterdir()}
    assert run(graph, out).made == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "instructions").iterdir()} == before


# What is refused ----------------------------------------------------------------------------------


def test_a_changed_shard_is_named(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(graph, out)
    shard = sorted((out / "instructions").glob("train-*"))[1]
    text = shard.read_bytes()
    shard.write_bytes(text[:-2] + b"x\n")
    with pytest.raises(OutputError, match=rf"{shard.name}: was changed .* SHA-256 differs"):
        run(graph, out)
    shard.write_bytes(text + b"{}\n")
    with pytest.raises(OutputError, match=rf"{shard.name}: was changed .* found"):
        run(graph, out)
    shard.unlink()
    with pytest.raises(
        OutputError, match=rf"{shard.name}: .* it is gone.*remove .*part-00001.json"
    ):
        run(graph, out)
    (out / ".kgmed/instructions/part-00001.json").unlink()
    assert run(graph, out).made == 1
    assert shard.read_bytes() == text


def test_other_settings_are_refused_with_what_differs(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(graph, out, languages=("en",))
    with pytest.raises(OutputError, match="languages is en there and en, zh here"):
        run(graph, out)
    with pytest.raises(OutputError, match="seed is 0 there and 5 here"):
        run(graph, out, languages=("en",), seed=5)


def test_another_snapshots_folder_is_refused(graph: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(graph, out)
    from support import concept, source, tables_of

    from kgmed.builders.pipeline import build

    things = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2)]
    said = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"}
    build([source("infores:free", **tables_of(things), statements=[said])], tmp_path / "other")
    with pytest.raises(OutputError, match=r"the graph \(its snapshot hash\) is"):
        run(tmp_path / "other", out)
    with pytest.raises(OutputError, match="the graph"):
        run(tmp_path / "other", out, languages=("en",))


def test_a_folder_of_other_files_is_left_alone(graph: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match=r"holds other files \(thesis.tex"):
        run(graph, tmp_path)
    with pytest.raises(OutputError, match="a file is in the way"):
        run(graph, tmp_path / "thesis.tex")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(graph: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match=r"can't be written \(Permission denied\)"):
        run(graph, tmp_path / "out")


def test_a_folder_that_cant_be_made_is_told(graph: Path) -> None:
    with pytest.raises(OutputError, match=r"/proc/dataset.*can't be written"):
        run(graph, Path("/proc/dataset"))


def test_a_full_disk_is_told_and_what_is_finished_is_kept(
    graph: Path, whole: Path, tmp_path: Path
) -> None:
    """A bound on the size of files stands for the disk's end: writing fails in the same place."""
    out = tmp_path / "out"
    run(graph, out, partition=(0, 2))
    kept = content(out)
    most = max(map(len, kept.values())) // 4
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        with pytest.raises(OutputError, match=r"can't be written .*bytes are free"):
            run(graph, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert {name: text for name, text in content(out).items() if name in kept} == kept
    run(graph, out)
    assert content(out) == content(whole)


def test_a_graph_of_which_nothing_may_leave_names_what_would_let_it(tmp_path: Path) -> None:
    from support import concept, source, tables_of

    from kgmed.builders.pipeline import build

    things = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2)]
    said = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"}
    held = source("infores:held", **tables_of(things), statements=[said])
    held.info = type(held.info)("infores:held", "Held", "1", "UMLS")
    build([held], tmp_path / "graph")
    with pytest.raises(UsageError, match=r"UMLS .registered.*--allow-restricted infores:held"):
        run(tmp_path / "graph", tmp_path / "out", languages=("en",))
    made = run(tmp_path / "graph", tmp_path / "let", languages=("en",), allow=("UMLS",))
    assert made.tasks["lists"] == {"en": 1}
    assert {row["licence"] for row in rows(tmp_path / "let")} == {"UMLS"}
    with pytest.raises(UsageError, match="licence or source 'MIT'"):
        run(tmp_path / "graph", tmp_path / "more", languages=("en",), allow=("MIT",))


@pytest.mark.parametrize("processes", [1, 2])
def test_what_keeps_tasks_from_starting_is_told(
    graph: Path, tmp_path: Path, processes: int
) -> None:
    with pytest.raises(UsageError, match="the tasks can't start"):
        run(graph, tmp_path / "out", processes=processes, seed=CANT_START)


def test_a_language_without_names_is_told(tmp_path: Path) -> None:
    from support import concept, source, tables_of

    from kgmed.builders.pipeline import build

    things = [concept(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2)]
    said = {"subject": "mesh:D1", "predicate": "interacts_with", "object": "mesh:D2"}
    build([source("infores:free", **tables_of(things), statements=[said])], tmp_path / "graph")
    with pytest.raises(UsageError, match=r"the language 'zh'.*names are in: en"):
        run(tmp_path / "graph", tmp_path / "out", languages=("zh",))
    assert run(tmp_path / "graph", tmp_path / "out", languages=("en",)).complete


def test_an_empty_selection_is_told(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No row came out .* tasks singles in en"):
        run(graph, tmp_path / "out", tasks=("singles",), languages=("en",), max_rows=1,
            per_predicate=1, seed=3)  # fmt: skip
    assert run(graph, tmp_path / "out", languages=("en",)).complete  # and leaves nothing in the way


# Trace --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", ["jsonl", "parquet"])
def test_a_row_is_traced_to_its_statements(graph: Path, tmp_path: Path, files: str) -> None:
    out = tmp_path / "out"
    run(graph, out, files=files)
    run(graph, tmp_path / "lines")
    row = next(row for row in rows(tmp_path / "lines") if len(row["statements"]) > 2)
    found = trace(out, row["id"], open_store(graph))
    assert found.row == row
    assert [s.id for s in found.statements] == row["statements"]
    assert found.missing == ()
    assert found.made_from == found.snapshot
    with pytest.raises(UnknownConcept, match="no row has the id"):
        trace(out, "0" * 16, open_store(graph))
    with pytest.raises(UsageError, match="expected 16 digits"):
        trace(out, "x", open_store(graph))
    with pytest.raises(OutputError, match="holds no dataset"):
        trace(tmp_path, "0" * 16, open_store(graph))
