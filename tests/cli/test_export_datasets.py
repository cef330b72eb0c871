"""``kgmed export instructions``: what a user types, sees, and is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dataset_runs import make_graph

from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datasets")
    make_graph(folder / "graph")
    return folder


def export(*arguments: str | Path, cwd: Path) -> tuple[int, str, str]:
    command = [*KGMED, "export", *map(str, arguments), "--graph", "graph"]
    done = subprocess.run(command, capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--files", "csv"], 2, "Found the file type 'csv', expected one of: sentences"),
        (["--partition", "4/4"], 2, "Found the partition 4/4, expected I/N with I from 0"),
        (["--partition", "half"], 2, "Found --partition 'half', expected I/N"),
        (["--languages", "de"], 2, "Found the language 'de', expected one of: en, zh"),
        (["--allow-restricted", "MIT"], 2, "Found the licence or source 'MIT'"),
    ],
)
def test_what_cant_be_is_refused(arguments: list[str], code: int, told: str, work: Path) -> None:
    found, _out, err = export("corpus", "--out", "refused", *arguments, cwd=work)
    assert found == code
    assert told.replace("sentences", "jsonl, parquet, txt") in err
    assert not (work / "refused" / "README.md").exists()
