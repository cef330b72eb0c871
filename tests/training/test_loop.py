"""The whole loop at toy size, on a CPU: from a graph to the tables of the model that learnt it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import make_graph

for package in ("torch", "transformers", "trl", "datasets", "dspy", "bm25s"):
    pytest.importorskip(package, reason="needs torch, then 'kgmed[train,evaluate,embedded]'")

SCRIPT = Path(__file__).parents[2] / "benchmarks/gpu/loop.py"
STAGES = ("export", "teach", "tokenizer", "pretrain", "instruct", "prefer", "measure")
METHODS = ("closed", "rag", "graph", "verified")
DETECTORS = ("verifier", "judge", "evidence-judge", "chain-of-verification", "sample-agreement")


def loop(work: Path, graph: Path) -> str:
    command = [sys.executable, str(SCRIPT), "--work", str(work), "--size", "toy",
               "--graph", str(graph)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_from_a_graph_to_the_tables_of_its_model(tmp_path: Path) -> None:
    graph = make_graph(tmp_path / "graph")
    work = tmp_path / "loop"
    told = loop(work, graph)
    done = json.loads((work / "done.json").read_text())
    assert set(STAGES) < set(done)
    assert done["instruct"]["loss"] < done["instruct"]["loss_before"]
    for name in ("pretrained", "instructed", "preferred"):
        assert (work / name / "model.safetensors").exists()
    lessons = lines(work / "lessons.jsonl")
    assert {"closed", "rag", "graph", "verified", "judge"} <= {one["method"] for one in lessons}
    tested = {
        json.loads(line)["id"]
        for path in (work / "dataset/instructions").glob("test-*.jsonl")
        for line in path.read_text("utf-8").splitlines()
    }
    assert not tested & {one["id"] for one in lessons}
    for one in lessons:
        said = json.loads(one["completion"][0]["content"])
        asked = one["prompt"][-1]["content"]
        assert all(f"[{number}] " in asked for number in said.get("citations", ()))
    for model in ("instructed", "preferred"):
        found = done["measure"]["in-process"][model]
        assert found["calls"] > 0
        assert set(found["one_by_one_ms"]) == {"graph-cot", "graph-sc", "graph-tot"}
        runs = work / "runs/in-process" / model
        for method in (*METHODS, *DETECTORS):
            records = lines(runs / method / "records.jsonl")
            assert records
            assert {one["error"] for one in records} == {""}
            assert {one["id"] for one in records} <= tested
        assert f"# {model}, answering by in-process" in told
    assert "## Answers" in told
    assert "## Hallucinated texts found" in told
    assert loop(work, graph) == told  # nothing is done twice
