"""The whole loop at toy size, on a CPU: from a graph to the tables of the model that learnt it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import make_graph

for package in ("torch", "transformers", "trl", "datasets", "dspy", "bm25s"):
    pytest.importorskip(package, reason="needs torch, then 'kgmed[train,evaluate,embedded]'")

# TRL's own default
pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
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


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))


@pytest.mark.usefixtures("scripts")
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
    goes_on_from(work / "pretrained", work, done["pretrain"])


def goes_on_from(base: Path, work: Path, before: dict[str, Any]) -> None:
    """A model that is there is trained further on the same texts: it begins where it ended."""
    import torch
    from loop_data import make_tokenizer
    from loop_sizes import SIZES
    from loop_training import pretrain
    from safetensors.torch import load_file

    size = replace(SIZES["toy"], layers=0, copied=0, rate=1e-7)
    again = work.with_name("again")
    shutil.copytree(work / "packed", again / "packed")
    assert make_tokenizer(again, size, base) == {"vocabulary": before_tokens(work)}
    made = pretrain(again, size, base, seed=0)
    assert made["weights"] == before["weights"]
    own, same = (load_file(folder / "model.safetensors") for folder in (again / "pretrained", base))
    assert own.keys() == same.keys()
    assert all(torch.allclose(own[name], same[name], atol=1e-4) for name in own)
    assert (again / "pretrained/tokenizer.json").exists()


def before_tokens(work: Path) -> int:
    return int(json.loads((work / "done.json").read_text())["tokenizer"]["vocabulary"])


@pytest.mark.parametrize("more", [["--size", "further"], ["--size", "toy", "--base", "x"]])
def test_a_base_goes_with_sizes_that_have_no_shape(tmp_path: Path, more: list[str]) -> None:
    command = [sys.executable, str(SCRIPT), "--work", str(tmp_path / "loop"), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "--base goes with --size further" in done.stderr
    assert not (tmp_path / "loop").exists()
