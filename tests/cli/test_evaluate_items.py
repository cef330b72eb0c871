"""``kgmed evaluate items`` as a process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from published import published

from kgmed.cli import evaluate_items
from kgmed.reasoning.evaluation.benchmarks import FORMATS
from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli", "evaluate", "items"]


def items(*arguments: str | Path) -> tuple[int, str, str]:
    command = [*KGMED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return published(tmp_path_factory.mktemp("published"))


def test_what_is_in_a_benchmark_and_what_the_graph_covers_is_printed(
    files: dict[str, Path],
) -> None:
    code, out, _err = items(files["medqa"])
    assert code == 0
    assert out.startswith("MedQA: 2 items\n")
    assert re.search(r"right +A 1, B 1\n", out)
    assert re.search(r"exam +step1 1, step2&3 1\n", out)
    head, row = re.findall(r"^(?:kind|choice)\t.*$", out, re.MULTILINE)
    assert head.split("\t")[1:4] == ["items", "covered", "joined"]
    # warfarin and amiodarone are joined; nothing that the second question names is
    assert row.split("\t")[1:4] == ["2", "1 (50.0%)", "1 (50.0%)"]
    assert "joined by: interacts_with 1" in out


def test_json_has_the_published_shape_with_every_item(files: dict[str, Path]) -> None:
    rows = files["kgmed"].parents[1]
    code, out, err = items(rows, "--json", "--leaks", rows)
    assert (code, err) == (0, "")
    adapter("kgmed.benchmark/1").validate_json(out)
    found = json.loads(out)
    assert found["items"] == len(found["each"]) == 4
    assert found["coverage"]["all"]["items"] == 4
    assert found["left_out"]["not of the test split"] == 1
    # the only file is of the test split: nothing of it is trained on, but its one train row
    assert (found["leaks"]["rows"], found["leaks"]["tests"]) == (1, 6)
    assert found["snapshot"]


def test_a_graph_isnt_opened_where_no_coverage_is_asked_for(files: dict[str, Path]) -> None:
    code, out, _err = items(files["halueval"], "--no-coverage", "--graph", "/nowhere/graph")
    assert code == 0
    assert "covers" not in out
    assert items(files["halueval"], "--graph", "/nowhere/graph")[0] != 0


def test_what_cant_be_read_is_said_without_a_traceback(tmp_path: Path) -> None:
    code, out, err = items(tmp_path / "medhallu.parquet")
    assert (code, out) == (1, "")
    assert "UTAustin-AIHealth/MedHallu" in err
    assert "Traceback" not in err
    assert items(tmp_path, "--format", "usmle")[0] == 2


def test_the_help_names_every_format() -> None:
    help = evaluate_items.items.__annotations__["format"]
    assert all(name in help for name in FORMATS)
