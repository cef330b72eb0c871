"""The script for a GPU, at toy size on a CPU: the same code, and something is learnt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch_geometric", reason="needs torch_geometric: pip install 'kgmed[learn]'")

SCRIPT = Path(__file__).parents[3] / "benchmarks/gpu/kge.py"


@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_a_synthetic_graph_is_learnt_and_what_it_took_is_told(
    tmp_path: Path, precision: str
) -> None:
    file = tmp_path / "figures.json"
    command = [
        sys.executable, "-W", "ignore", str(SCRIPT), "--toy", "--concepts", "3000", "--statements",
        "40000", "--epochs", "5", "--dimension", "16", "--precision", precision,
        "--json", str(file),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(file.read_text())
    assert found["triples"] == pytest.approx(40_000, rel=0.1)
    assert found["mrr"][-1] > 2 * found["mrr"][0]
    assert found["loss"][-1] < found["loss"][0]
    assert found["auc"] > 0.6
    assert done.stdout.count("\n") == 3
    assert f"{found['epochs_per_min']:.2f}" in done.stdout
