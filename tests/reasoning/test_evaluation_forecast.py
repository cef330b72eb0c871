"""What a run will ask of a model, told before a model is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import scripted

from kgmed.facade import Graph
from kgmed.kg.errors import OutputError
from kgmed.reasoning.evaluation.model import Benchmark, Item
from kgmed.wire import adapter

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[evaluate]'")
pytest.importorskip("bm25s", reason="needs bm25s: pip install 'kgmed[evaluate]'")

from kgmed.reasoning.bulk.journal import Journal, kept  # noqa: E402

DRUGS = ("allopurinol", "lisinopril", "metformin", "warfarin", "omeprazole", "amiodarone")
DISEASES = ("gout", "hypertension", "asthma", "epilepsy")
SAID = {"answerable": True, "choice": "B", "answer": "Allopurinol treats gout [1].",
        "citations": [1]}  # fmt: skip


def items(many: int = 40) -> Benchmark:
    """Questions of a like length, about drugs that the graph has."""
    made = tuple(
        Item(str(n), "own", "choice", "en", f"Which of these treats {DISEASES[n % 4]}? ({n})",
             {"A": "water", "B": DRUGS[n % 6], "C": "sand"}, ("B",), DRUGS[n % 6])
        for n in range(many)
    )  # fmt: skip
    return Benchmark("own", "Own", "", "", made, "digest")


def judgements() -> Benchmark:
    made = tuple(
        Item(str(n), "own", "judgement", "en", "Do they interact?", right=("supported",),
             candidate="Warfarin interacts with amiodarone.")
        for n in range(4)
    )  # fmt: skip
    return Benchmark("own", "Own", "", "", made, "digest")


def test_calls_and_prompts_are_about_those_of_the_run(graph: Graph, tmp_path: Path) -> None:
    methods = ["closed", "rag", "graph", "graph-cot", "graph-sc", "constrained"]
    given: dict[str, Any] = {"methods": methods, "lm": "embedded", "samples": 3}
    own = items()
    told = graph.forecast_evaluation(own, **given)
    ran = graph.evaluate(own, tmp_path, **given)
    for foreseen, one in zip(told, ran, strict=True):
        lines = (one.folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        assert foreseen.asks.calls == sum(record["calls"] for record in records)
        prompts = sum(record["prompt_tokens"] for record in records)
        assert foreseen.asks.prompt_tokens == pytest.approx(prompts, rel=0.1)
        assert foreseen.asks.completion_tokens > 0
        assert (foreseen.method, foreseen.items, foreseen.sampled) == (one.method, 40, 16)


def test_no_model_is_asked_for_it(graph: Graph) -> None:
    lm, engine = scripted(SAID)
    (told,) = graph.forecast_evaluation(items(4), methods=["graph-sc"], lm=lm, prices=(1e6, 2e6))
    assert engine.asked == []
    assert told.asks.calls == 4 * 5
    assert told.asks.cost == told.asks.prompt_tokens + 2 * told.asks.completion_tokens


def test_what_may_come_besides_is_told(graph: Graph) -> None:
    given: dict[str, Any] = {"methods": ["verified"], "lm": "embedded"}
    (told,) = graph.forecast_evaluation(items(), revise=2, **given)
    assert (told.asks.calls, told.sent_back) == (40, 80)
    (told,) = graph.forecast_evaluation(items(), revise=0, **given)
    assert told.sent_back == 0


def test_detectors_ask_as_often_as_they_say(graph: Graph) -> None:
    names = ["verifier", "judge", "evidence-judge", "chain-of-verification", "sample-agreement"]
    told = graph.forecast_evaluation(judgements(), methods=names, samples=2, lm="embedded")
    assert [one.asks.calls for one in told] == [0, 4, 4, 4 * 5, 4 * 4]


def test_what_is_answered_is_taken_off(graph: Graph, tmp_path: Path) -> None:
    own = items(20)
    lm, engine = scripted(SAID)
    given: dict[str, Any] = {"methods": ["graph"], "lm": lm, "trusted": True}
    (whole,) = graph.forecast_evaluation(own, tmp_path, **given)
    graph.evaluate(own, tmp_path, **given)
    (none,) = graph.forecast_evaluation(own, tmp_path, **given)
    assert (none.kept, none.asks.calls, none.sampled) == (20, 0, 0)
    records = tmp_path / "graph" / "records.jsonl"
    lines = [json.loads(line) for line in records.read_text(encoding="utf-8").splitlines()]
    records.unlink()
    told = tmp_path / "graph" / "run.json"
    plain = json.loads(told.read_text(encoding="utf-8"))
    del plain["finished"]
    told.write_text(json.dumps(plain), encoding="utf-8")
    with Journal(records, "d") as journal:
        for number in (0, 3, 4, 9):
            journal.add(number, lines[number])
        journal.add(5, lines[5], failed=True)
    assert kept(records) == {0, 3, 4, 9}
    (left,) = graph.forecast_evaluation(own, tmp_path, **given)
    assert (left.kept, left.asks.calls) == (4, 16)
    assert left.asks.prompt_tokens < whole.asks.prompt_tokens
    assert len(engine.asked) == 20


def test_examples_that_a_model_writes_are_asked_for_once(graph: Graph, tmp_path: Path) -> None:
    solved = Benchmark("known", "Known", "", "", tuple(
        Item(f"s{n}", "known", "choice", "en", f"Which of these heals {word}?",
             {"A": "water", "B": "rest", "C": "sand"}, ("B",), "rest")
        for n, word in enumerate(("a cold", "a burn", "fatigue", "hunger", "boredom"))
    ), "other")  # fmt: skip
    own = items(3)
    lm, engine = scripted({"answerable": True, "steps": ["It helps."], "choice": "B",
                           "answer": "Rest."})  # fmt: skip
    given: dict[str, Any] = {"methods": ["auto-cot"], "lm": lm, "solved": solved}
    (told,) = graph.forecast_evaluation(own, tmp_path, **given)
    graph.evaluate(own, tmp_path, **given)
    asked = len(engine.asked)
    assert told.asks.calls == asked == 3 + 3
    before = (tmp_path / "auto-cot" / "records.jsonl").read_bytes()
    graph.evaluate(own, tmp_path, **given)
    assert len(engine.asked) == asked
    assert (tmp_path / "auto-cot" / "records.jsonl").read_bytes() == before
    (told,) = graph.forecast_evaluation(own, tmp_path, **given)
    assert told.asks.calls == 0


def test_prompts_on_disk_that_cant_be_read_are_told(graph: Graph, tmp_path: Path) -> None:
    graph.evaluate(items(2), tmp_path, methods=["graph"], lm="embedded")
    folder = tmp_path / "graph"
    plain = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    del plain["finished"]
    (folder / "run.json").write_text(json.dumps(plain), encoding="utf-8")
    (folder / "program.json").write_text('{"answ', encoding="utf-8")
    with pytest.raises(OutputError, match=r"program\.json: can't be read .*the prompts that this"):
        graph.evaluate(items(2), tmp_path, methods=["graph"], lm="embedded")


def test_the_command_tells_before_it_asks(tmp_path: Path) -> None:
    path = tmp_path / "exam.jsonl"
    rows = [
        {"question": item.question, "options": dict(item.options), "answer_idx": "B",
         "answer": item.answer} for item in items(6).items
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def run(*more: str) -> Any:
        command = ["evaluate", "run", str(path), "--out", str(tmp_path / "runs"), "--methods",
                   "closed,graph", "--lm", "embedded", *more]  # fmt: skip
        return subprocess.run([sys.executable, "-m", "kgmed.cli", *command],
                              capture_output=True, text=True, check=False)  # fmt: skip

    dry = run("--dry-run", "--prices", "0.5,2")
    assert dry.returncode == 0, dry.stderr
    heads, closed, graph, every = dry.stdout.splitlines()
    assert heads.split("\t") == ["method", "items", "answered", "calls", "prompt tokens",
                                 "answer tokens", "sent back", "cost"]  # fmt: skip
    assert closed.startswith("closed\t6\t0\t6\t")
    assert graph.startswith("graph\t6\t0\t6\t")
    assert every.startswith("all\t12\t0\t12\t")
    assert not (tmp_path / "runs").exists()
    told = adapter("kgmed.evaluation/1").validate_json(run("--dry-run", "--json").stdout)
    assert (told.benchmark, told.runs, len(told.forecast)) == (str(path), (), 2)
    done = run()
    lines = done.stderr.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("kgmed: closed: the model"))
    assert lines[first - 2].startswith("kgmed: forecast: closed: 6 items: about 6 calls, ")
    assert any(line.startswith("kgmed: graph: the graph's evidence") for line in lines)
    again = run("--json")
    found = adapter("kgmed.evaluation/1").validate_json(again.stdout)
    assert [(one.method, one.items, one.before, one.failed) for one in found.runs] == [
        ("closed", 6, 6, 0), ("graph", 6, 6, 0),
    ]  # fmt: skip
    assert "forecast: graph: all 6 items are answered already" in again.stderr
    assert "all answered before" in run("--quiet").stdout
    assert run("--prices", "cheap").stderr.startswith("kgmed: Found --prices 'cheap'")
