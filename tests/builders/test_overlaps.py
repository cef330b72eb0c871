"""Runs beside benchmarks: a row that shares text with one isn't written, and is told."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import content, make_graph, rows, run, run_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.quality.benchmark_texts import benchmark_texts, digests
from kgmed.builders.datasets.quality.screen import Screen, lay_out
from kgmed.kg.errors import DataError, OutputError, UsageError
from kgmed.kg.overlap import BenchmarkText, Contamination

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "SMALLEST", 60)
    monkeypatch.setattr(prepare, "LARGEST", 60)


def planted(folder: Path, *questions: str) -> dict[str, Any]:
    """A benchmark of these questions, as settings of a run."""
    path = folder / "exam.jsonl"
    path.write_text(
        "".join(json.dumps({"question": text}, ensure_ascii=False) + "\n" for text in questions),
        encoding="utf-8",
    )
    return {"benchmarks": digests([path]), "benchmark_files": (path,)}


def hits(out: Path, kind: str = "instructions") -> list[dict[str, str]]:
    path = out / f"benchmark-overlap-{kind}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# The screen finds what a comparison one by one finds ----------------------------------------------

few = st.text("ab糖é Σß.\n", min_size=0, max_size=90)
words = st.lists(st.sampled_from(["warf", "in", "naïve", "T", "藥", "糖尿病", "x1", "-"]),
                 max_size=40).map(" ".join)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(few | words, min_size=1, max_size=8),
    said=st.lists(few | words, max_size=8),
    data=st.data(),
)
def test_many_texts_at_once_are_judged_as_one_by_one(
    asked: list[str], said: list[str], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    texts = [text for text in asked if text.strip()] or ["what is it that treats gout"]
    texts.append("which of these treats gout?")
    for text in asked:  # rows that hold a piece of a benchmark
        first = data.draw(st.integers(0, max(0, len(text) - 1)))
        said = [*said, "Q: " + text[first:].upper() + " ?"]
    folder = tmp_path_factory.mktemp("screen")
    (folder / "exam.json").write_text(json.dumps([{"question": t} for t in texts]), "utf-8")
    lay_out([folder / "exam.json"], folder / "laid")
    found = Screen(folder / "laid").overlaps(said)
    known = Contamination(benchmark_texts(folder / "exam.json"))
    assert set(found) == {at for at, text in enumerate(said) if known.overlap(text)}
    for at, overlap in found.items():
        number = int(overlap.place.split()[2].rstrip(","))
        alone = Contamination([BenchmarkText("exam.json", number, "question", texts[number - 1])])
        assert alone.overlap(said[at]) == overlap


def test_batches_are_judged_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question = "Which of the drugs that are sold here interact with warfarin in the old?"
    path = planted(tmp_path, question)["benchmark_files"]
    lay_out(path, tmp_path / "laid")
    texts = [f"{n} {question if n % 7 == 3 else string.ascii_letters}" for n in range(100)]
    found = Screen(tmp_path / "laid").overlaps(texts)
    assert sorted(found) == list(range(3, 100, 7))
    monkeypatch.setattr("kgmed.builders.datasets.quality.screen.BATCH", 150)
    assert Screen(tmp_path / "laid").overlaps(texts) == found
    assert Screen(tmp_path / "laid").overlaps([]) == {}


def test_names_of_things_are_no_benchmark(tmp_path: Path) -> None:
    options = {"A": "vascular endothelial growth factor A", "B": "interleukin 6"}
    record = {"question": "What is it that bevacizumab binds?", "options": options}
    (tmp_path / "exam.jsonl").write_text(json.dumps(record), encoding="utf-8")
    lay_out([tmp_path / "exam.jsonl"], tmp_path / "laid")
    found = Screen(tmp_path / "laid").overlaps(
        ["Bevacizumab inhibits vascular endothelial growth factor A.", record["question"]]
    )
    assert list(found) == [1]


@pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")
def test_a_folder_of_real_benchmarks_is_read_and_a_question_of_it_found(tmp_path: Path) -> None:
    assert lay_out([EVAL / "medqa", EVAL / "medmcqa"], tmp_path / "laid") > 1_000
    texts = [t for t in benchmark_texts(EVAL / "medqa") if t.field == "question"]
    found = Screen(tmp_path / "laid").overlaps([f"Please answer. {t.text}" for t in texts])
    assert len(found) == len(texts)
    assert found[3].place.startswith("medqa/us_4options_first200.jsonl record ")


# A run --------------------------------------------------------------------------------------------


def test_rows_that_share_text_are_left_out_listed_and_counted(graph: Path, tmp_path: Path) -> None:
    run(graph, tmp_path / "whole")
    plain = rows(tmp_path / "whole")
    one = next(r for r in plain if r["task"] == "lists" and r["lang"] == "en"
               and len(r["messages"][1]["content"].split()) > 5)  # fmt: skip
    given = planted(tmp_path, one["messages"][1]["content"].upper() + "?")
    out = tmp_path / "out"
    made = run(graph, out, **given)
    found = hits(out)
    assert one["id"] in {hit["id"] for hit in found}
    assert {hit["where"] for hit in found} == {"assistant"}
    assert {hit["benchmark"] for hit in found} == {"exam.jsonl record 1, question"}
    gone = {row["id"] for row in plain} - {row["id"] for row in rows(out)}
    assert gone == {hit["id"] for hit in found}
    assert made.filters["benchmark overlap"] == len(found)
    assert made.filters["rows"] == len(plain) - len(found)
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"and {len(found)} that share text with one are held back" in card
    assert f"| exam.jsonl | {found[0]['rule']} | " in card
    assert given["benchmarks"][0] in card
    assert found[0]["id"] in card
    assert "benchmark-overlap" not in card.split("---")[1]  # no config loads it


def test_processes_shares_and_a_second_run_leave_out_the_same(graph: Path, tmp_path: Path) -> None:
    given = planted(
        tmp_path, "drug 004, interacts_with, drug 009?", "药物004，interacts_with，药物009"
    )
    run(graph, tmp_path / "one", **given)
    assert hits(tmp_path / "one")
    run(graph, tmp_path / "two", processes=2, **given)
    assert content(tmp_path / "two") == content(tmp_path / "one")
    for share in range(3):
        run(graph, tmp_path / "shares", partition=(share, 3), **given)
    assert content(tmp_path / "shares") == content(tmp_path / "one")
    (tmp_path / "shares/.kgmed/instructions/part-00001.json").unlink()
    assert run(graph, tmp_path / "shares", **given).made == 1
    assert content(tmp_path / "shares") == content(tmp_path / "one")


def test_a_run_with_another_benchmark_is_told(graph: Path, tmp_path: Path) -> None:
    given = planted(tmp_path, "What is the drug that treats the disease?")
    run(graph, tmp_path / "out", **given)
    other = planted(tmp_path, "What is the drug that causes the disease?")
    with pytest.raises(OutputError, match=r"benchmarks is exam.jsonl \(SHA-256 .* and exam.jsonl"):
        run(graph, tmp_path / "out", **other)
    with pytest.raises(OutputError, match=r"benchmarks is exam.jsonl .* there and none here"):
        run(graph, tmp_path / "out")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_sentences_written_at_once_and_singly_leave_out_the_same(
    graph: Path, tmp_path: Path, lang: str
) -> None:
    run_corpus(graph, tmp_path / "whole", tasks=("sentences",), languages=(lang,))
    texts = [row["text"] for row in rows(tmp_path / "whole", "sentences")]
    chosen = [text for text in texts if len(text) > 12][5:8]
    given = planted(tmp_path, *chosen)
    given |= {"tasks": ("sentences",), "languages": (lang,)}
    run_corpus(graph, tmp_path / "out", **given)
    left = [row["text"] for row in rows(tmp_path / "out", "sentences")]
    found = hits(tmp_path / "out", "corpus")
    assert set(texts) - set(left) >= set(chosen)
    assert len(texts) - len(left) == len(found) >= 3
    run_corpus(graph, tmp_path / "singly", per_hub=10**9, **given)  # too many to cap: one by one
    assert {hit["id"] for hit in hits(tmp_path / "singly", "corpus")} == {h["id"] for h in found}
    assert {row["text"] for row in rows(tmp_path / "singly", "sentences")} == set(left)


def test_what_cant_be_compared_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found no file and no folder"):
        digests([tmp_path / "nowhere"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="found no file of"):
        digests([tmp_path / "empty"])
    (tmp_path / "exam.pdf").write_bytes(b"")
    with pytest.raises(UsageError, match=r"found the ending '.pdf', expected one of"):
        digests([tmp_path / "exam.pdf"])
    (tmp_path / "short.jsonl").write_text('{"question": "Why?"}', encoding="utf-8")
    with pytest.raises(UsageError, match="found 1 texts, none of 5 words"):
        lay_out([tmp_path / "short.jsonl"], tmp_path / "laid")
