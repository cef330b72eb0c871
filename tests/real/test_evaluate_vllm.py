"""Benchmarks run on a real vLLM whose tiny model has random weights: every answer has its form, no
item is lost, and the comparison tells that there is nothing in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from vllm_server import Running

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[evaluate]'")
pytest.importorskip("bm25s", reason="needs bm25s: pip install 'kgmed[evaluate]'")
pytestmark = pytest.mark.real

SHARED = Path(__file__).parents[3] / "shared/data/eval_dev"
FILES = ("medqa/us_4options_first200.jsonl", "medmcqa/dev_first400.json", "pubmedqa/ori_pqal.json")


def kgmed(*given: str | Path) -> str:
    command = [sys.executable, "-m", "kgmed.cli", "evaluate", *map(str, given), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("file", FILES)
def test_one_command_a_benchmark(vllm: Running, tmp_path: Path, file: str) -> None:
    path = SHARED / file
    if not path.exists():
        pytest.skip(f"no {file} beside the checkout")
    reached = ("--lm", vllm.name, "--api-base", vllm.url)
    printed: Any = json.loads(kgmed(
        "run", path, "--out", tmp_path / "runs", "--methods", "closed,rag,graph", "--limit", "4",
        "--budget", "100", *reached, "--json",
    ))  # fmt: skip
    told = printed["runs"]
    assert [one["asks"]["calls"] > 0 for one in printed["forecast"]] == [True] * 3
    assert [(one["method"], one["items"], one["failed"]) for one in told] == [
        ("closed", 4, 0), ("rag", 4, 0), ("graph", 4, 0),
    ]  # fmt: skip
    for one in told:
        lines = (Path(one["folder"]) / "records.jsonl").read_text("utf-8").splitlines()
        records = [json.loads(line) for line in lines]
        assert len(records) == 4
        assert {record["error"] for record in records} == {""}
        assert "unread" not in {record["error_kind"] for record in records}
    found: Any = json.loads(kgmed("compare", *(one["folder"] for one in told), "--json"))
    assert len(found["runs"]) == 3
    table = kgmed("compare", *(one["folder"] for one in told))
    assert "The graph covers" in table
    assert "Why items aren't right" in table
