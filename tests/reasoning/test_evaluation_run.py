"""Runs of methods over a benchmark: a record an item, whatever ends the run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import scripted
from scripted_lm import Reply, ScriptedLM

from kgmed.facade import Graph
from kgmed.kg.errors import DataError, LanguageModelError, OutputError, UsageError
from kgmed.kg.model import Language
from kgmed.reasoning.evaluation.model import Benchmark, Item, Kind

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[evaluate]'")
pytest.importorskip("bm25s", reason="needs bm25s: pip install 'kgmed[evaluate]'")

ROWS: list[dict[str, Any]] = [
    {"question": "Which of these drugs treats gout?", "answer": "allopurinol", "answer_idx": "B",
     "meta_info": "step1",
     "options": {"A": "metformin", "B": "allopurinol", "C": "omeprazole", "D": "warfarin"}},
    {"question": "Which of these interacts with warfarin?", "answer": "amiodarone",
     "answer_idx": "C", "meta_info": "step2",
     "options": {"A": "water", "B": "sunlight", "C": "amiodarone", "D": "music"}},
    {"question": "What should the resident tell the patient?", "answer": "the truth",
     "answer_idx": "D", "meta_info": "step1",
     "options": {"A": "nothing", "B": "a story", "C": "a joke", "D": "the truth"}},
]  # fmt: skip


@pytest.fixture
def medqa(tmp_path: Path) -> Path:
    path = tmp_path / "medqa.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def records(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def timeless(folder: Path) -> list[dict[str, Any]]:
    return [{**record, "ms": 0} for record in records(folder)]


def test_a_record_an_item_tells_what_came_of_it(graph: Graph, medqa: Path, tmp_path: Path) -> None:
    (ran,) = graph.evaluate(medqa, tmp_path / "runs", methods=["graph"], lm="embedded")
    assert ran.folder == tmp_path / "runs" / "graph"
    first, second, third = records(ran.folder)
    assert (first["right"], first["said"], first["correct"]) == (["B"], "B", True)
    assert first["claims"]["SUPPORTED"] >= 1
    assert first["citations"] >= 1
    assert (first["coverage"], first["error_kind"]) == ("covered", "")
    assert (second["said"], second["correct"]) == ("C", True)
    assert third["abstained"]
    assert (third["coverage"], third["error_kind"]) == ("none", "not_linked")
    assert third["about"]["exam"] == "step1"
    assert first["prompt_tokens"] > 100
    told = json.loads((ran.folder / "run.json").read_text())
    assert told["schema"] == "kgmed.run/1"
    assert told["snapshot"] == graph.info().snapshot
    assert (told["benchmark"]["name"], told["benchmark"]["items"], told["failed"]) == (
        "medqa",
        3,
        0,
    )
    assert (ran.folder / "program.json").exists()


def test_the_same_run_twice_gives_the_same_records(
    graph: Graph, medqa: Path, tmp_path: Path
) -> None:
    methods = ["closed", "rag", "graph-cot", "graph-sc", "verified", "constrained"]
    for out in ("one", "two"):
        graph.evaluate(medqa, tmp_path / out, methods=methods, lm="embedded")
    for name in methods:
        assert timeless(tmp_path / "one" / name) == timeless(tmp_path / "two" / name)


def test_what_is_finished_is_not_asked_again(graph: Graph, medqa: Path, tmp_path: Path) -> None:
    said = {"answerable": True, "choice": "B", "answer": "Allopurinol treats gout.",
            "citations": [1]}  # fmt: skip
    lm, engine = scripted(said)
    given: dict[str, Any] = {"methods": ["graph"], "lm": lm, "trusted": True}
    graph.evaluate(medqa, tmp_path / "runs", **given)
    asked = len(engine.asked)
    before = records(tmp_path / "runs" / "graph")
    (again,) = graph.evaluate(medqa, tmp_path / "runs", **given)
    assert len(engine.asked) == asked
    assert again.done.kept == 3
    assert records(tmp_path / "runs" / "graph") == before
    for changed in ({"seed": 1}, {"limit": 2}, {"budget": 100}):
        with pytest.raises(
            OutputError, match=f"another {next(iter(changed)).replace('limit', 'items')}"
        ):
            graph.evaluate(medqa, tmp_path / "runs", **given, **changed)
    medqa.write_text(json.dumps(ROWS[0]) + "\n", encoding="utf-8")
    with pytest.raises(OutputError, match=r"another digest .*, items"):
        graph.evaluate(medqa, tmp_path / "runs", **given)


def test_a_killed_run_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    many = [{**ROWS[n % 3], "question": f"{ROWS[n % 3]['question']} (Case {n})"} for n in range(60)]
    path, out = tmp_path / "many.jsonl", tmp_path / "runs"
    path.write_text("".join(json.dumps(row) + "\n" for row in many), encoding="utf-8")
    said = json.dumps({"answerable": True, "choice": "B", "answer": "It is so.", "citations": []})
    with ScriptedLM(lambda _body: [Reply(said, delay_s=0.05)]) as server:
        command = [
            sys.executable, "-m", "kgmed.cli", "evaluate", "run", str(path), "--out", str(out),
            "--methods", "closed", "--lm", server.name, "--api-base", server.url,
            "--concurrency", "2", "--quiet",
        ]  # fmt: skip
        first = subprocess.Popen(command)
        part = out / "closed" / "records.jsonl.part"
        until = time.monotonic() + 60
        while time.monotonic() < until and not (
            part.exists() and part.read_bytes().count(b"\n") > 10
        ):
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.wait()
        kept = part.read_bytes().count(b"\n") - 1
        assert 9 < kept < 59
        asked = len(server.requests)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        chats = [seen for seen in server.requests[asked:] if "messages" in seen.body]
        assert len(chats) <= 60 - kept + 1
    found = records(out / "closed")
    assert [record["id"] for record in found] == [str(n) for n in range(1, 61)]
    assert Counter(record["said"] for record in found) == {"B": 60}
    assert "60 items" in done.stdout


def test_a_model_that_is_gone_ends_the_run_and_its_items_are_asked_later(
    graph: Graph, medqa: Path, tmp_path: Path
) -> None:
    lm, _engine = scripted("no JSON at all")
    (ran,) = graph.evaluate(medqa, tmp_path / "unread", methods=["closed"], lm=lm)
    assert {r["error_kind"] for r in records(ran.folder)} == {"unread"}
    with ScriptedLM() as server:
        url = server.url
    many = [Item(str(n), "own", "open", "en", f"What is drug {n}?") for n in range(40)]
    with pytest.raises(LanguageModelError, match=r"records\.jsonl\.part|no answer|reached"):
        graph.evaluate(
            Benchmark("own", "Own", "", "", tuple(many), "d"), tmp_path / "gone",
            methods=["closed"], lm="gone", api_base=url, timeout_s=0.5,
        )  # fmt: skip
    (few,) = graph.evaluate(
        Benchmark("own", "Own", "", "", tuple(many[:3]), "d"), tmp_path / "few",
        methods=["closed"], lm="gone", api_base=url, timeout_s=0.5,
    )  # fmt: skip
    assert few.done.failed == 3
    assert url in few.done.error
    assert few.done.error in records(few.folder)[0]["error"]


def test_answers_to_judge_are_for_detectors(graph: Graph, tmp_path: Path) -> None:
    pairs = (("Warfarin interacts with amiodarone.", "supported"),
             ("Warfarin does not interact with amiodarone.", "hallucinated"),
             ("I would rest.", "hallucinated"))  # fmt: skip
    items = tuple(
        Item(str(n), "own", "judgement", "en", "Do they interact?", right=(right,), candidate=text)
        for n, (text, right) in enumerate(pairs)
    )
    own = Benchmark("own", "Own", "", "", items, "digest")
    lm, _engine = scripted({"reason": "r", "supported": True, "confidence": 8})
    ran = graph.evaluate(own, tmp_path / "runs", methods=["verifier", "judge"], lm=lm)
    by_graph, by_model = (records(one.folder) for one in ran)
    assert [(r["said"], r["correct"]) for r in by_graph] == [
        ("supported", True), ("hallucinated", True), ("", None),
    ]  # fmt: skip
    assert [r["score"] for r in by_graph] == [1.0, 1.0, None]
    assert by_graph[1]["claims"]["REFUTED"] == 1
    assert sum(r["calls"] for r in by_graph) == 0
    assert [r["correct"] for r in by_model] == [True, False, False]
    assert by_model[0]["score"] == pytest.approx(0.9, abs=0.01)
    with pytest.raises(UsageError, match="holds answers to judge; graph can't be asked those"):
        graph.evaluate(own, tmp_path / "runs", methods=["graph"], lm=lm)


def test_open_answers_are_right_by_their_concepts(graph: Graph, tmp_path: Path) -> None:
    item = Item(
        "1", "own", "open", "en", "Which drugs treat gout?", answer="allopurinol; colchicine"
    )
    own = Benchmark("own", "Own", "", "", (item,), "digest")
    overlaps = {}
    for text in ("Allopurinol and colchicine treat gout.", "Allopurinol.", "Warfarin treats it."):
        lm, _engine = scripted({"answerable": True, "answer": text})
        (ran,) = graph.evaluate(own, tmp_path / str(len(overlaps)), methods=["closed"], lm=lm)
        (record,) = records(ran.folder)
        overlaps[text] = record["overlap"], record["correct"]
    assert list(overlaps.values()) == [
        (1.0, True),
        (pytest.approx(2 / 3, abs=0.001), True),
        (0.0, False),
    ]


def test_items_can_be_asked_otherwise(graph: Graph, medqa: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"methods": ["graph"], "lm": "embedded"}
    (ran,) = graph.evaluate(medqa, tmp_path / "zh", change="language", **given)
    assert [r["question"] for r in records(ran.folder)] == [
        "Which of these drugs treats 痛风?", "Which of these interacts with 华法林?",
    ]  # fmt: skip
    assert ran.left_out == {"no concept with a sure name in the other language": 1}
    assert {r["coverage"] for r in records(ran.folder)} == {"covered"}
    with pytest.raises(OutputError, match=r"another (items .*)?left_out, change"):
        graph.evaluate(medqa, tmp_path / "zh", limit=2, **given)
    with pytest.raises(UsageError, match="'loud', expected one of case, typo"):
        graph.evaluate(medqa, tmp_path / "loud", change="loud", **given)


def test_bad_input_is_told(graph: Graph, medqa: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    with pytest.raises(UsageError, match="'guess', expected one of: closed"):
        graph.evaluate(medqa, out, methods=["guess"], lm="embedded")
    with pytest.raises(UsageError, match=r"--solved FILE"):
        graph.evaluate(medqa, out, methods=["closed-few"], lm="embedded")
    medqa.write_text(medqa.read_text()[:-40], encoding="utf-8")
    with pytest.raises(DataError, match=r"medqa\.jsonl"):
        graph.evaluate(medqa, out, methods=["graph"], lm="embedded")
    with pytest.raises(DataError, match="found no file"):
        graph.evaluate(tmp_path / "medqa", out, methods=["graph"], lm="embedded")
    folder = tmp_path / "old" / "graph"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"schema": "kgmed.run/0"}', encoding="utf-8")
    medqa.write_text(json.dumps(ROWS[0]) + "\n", encoding="utf-8")
    with pytest.raises(OutputError, match="a run of this version"):
        graph.evaluate(medqa, tmp_path / "old", methods=["graph"], lm="embedded")


def test_a_sample_is_even_over_kinds_and_languages() -> None:
    from kgmed.reasoning.evaluation.run import drawn

    def some(kind: Kind, lang: Language, n: int) -> list[Item]:
        return [Item(f"{kind}-{lang}-{i}", "b", kind, lang, f"question {i}?") for i in range(n)]

    items = [*some("choice", "en", 50), *some("choice", "zh", 4), *some("open", "en", 40)]
    found = drawn(items, 24, seed=1)
    assert Counter((one.kind, one.lang) for one in found) == {
        ("choice", "zh"): 4, ("choice", "en"): 10, ("open", "en"): 10,
    }  # fmt: skip
    order = [items.index(one) for one in found]
    assert order == sorted(set(order))
    assert drawn(items, 24, seed=1) == found != drawn(items, 24, seed=2)
    assert drawn(items, 500, seed=1) == items


def test_detectors_take_the_claims_of_a_dataset_and_methods_its_questions(
    graph: Graph, tmp_path: Path
) -> None:
    graph.write_instructions(
        tmp_path / "rows", tasks=["claim_verification", "yes_no"], languages=["en"], max_rows=3000
    )
    rows = tmp_path / "rows"
    ran = graph.evaluate(rows, tmp_path / "a", methods=["verifier"], sample=6, lm="embedded")
    assert {one["kind"] for one in records(ran[0].folder)} == {"judgement"}
    ran = graph.evaluate(rows, tmp_path / "a", methods=["graph"], sample=6, lm="embedded")
    assert {one["kind"] for one in records(ran[0].folder)} == {"yes_no"}
    with pytest.raises(UsageError, match="detectors are run apart"):
        graph.evaluate(rows, tmp_path / "b", methods=["graph", "verifier"], lm="embedded")


@pytest.mark.parametrize("damage", ["cut", "gone", "unfinished"])
def test_records_that_were_lost_are_asked_for_again_and_the_rest_kept(
    graph: Graph, medqa: Path, tmp_path: Path, damage: str
) -> None:
    said = {"answerable": True, "choice": "B", "answer": "Allopurinol treats gout.",
            "citations": [1]}  # fmt: skip
    lm, engine = scripted(said)
    given: dict[str, Any] = {"methods": ["closed"], "lm": lm, "trusted": True}
    graph.evaluate(medqa, tmp_path / "runs", **given)
    folder = tmp_path / "runs" / "closed"
    whole, asked = timeless(folder), len(engine.asked)
    file = folder / "records.jsonl"
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif damage == "gone":
        file.unlink()
    else:  # killed after the records were written and before that was noted
        plain = json.loads((folder / "run.json").read_text())
        del plain["finished"]
        (folder / "run.json").write_text(json.dumps(plain), encoding="utf-8")
    (foreseen,) = graph.forecast_evaluation(medqa, tmp_path / "runs", **given)
    lost = {"cut": 1, "gone": 3, "unfinished": 0}[damage]
    assert foreseen.items - foreseen.kept == lost
    (ran,) = graph.evaluate(medqa, tmp_path / "runs", **given)
    assert (ran.done.questions, ran.done.kept) == (3, 3 - lost)
    assert len(engine.asked) == asked + lost
    assert timeless(folder) == whole
    assert "finished" in json.loads((folder / "run.json").read_text())


def test_a_run_of_another_version_or_other_settings_says_what_to_do(
    graph: Graph, medqa: Path, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"methods": ["closed"], "lm": "embedded"}
    graph.evaluate(medqa, tmp_path, **given)
    with pytest.raises(OutputError, match=r"another items \(3, now 2\), .* another folder"):
        graph.evaluate(medqa, tmp_path, limit=2, seed=5, **given)
    file = tmp_path / "closed" / "run.json"
    plain = json.loads(file.read_text())
    for text, told in (
        (json.dumps({**plain, "schema": "kgmed.run/9", "kgmed": "9.1"}),
         r"'kgmed\.run/9', made by kgmed 9\.1, expected 'kgmed\.run/1'.*or remove this run's"),
        ("[]", "found the schema None"),
        ('{"schema', "can't be read .*Name another folder"),
    ):  # fmt: skip
        file.write_text(text, encoding="utf-8")
        with pytest.raises(OutputError, match=told):
            graph.evaluate(medqa, tmp_path, **given)
