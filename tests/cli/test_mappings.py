"""``kgmed mappings`` as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kgmed.builders.sssom import SssomSource
from kgmed.wire import adapter

KGMED = [sys.executable, "-m", "kgmed.cli"]
NODES = (
    "id\tcategory\tname\n"
    "MONDO:0005015\tbiolink:Disease\t糖尿病\n"
    "cmekg:糖尿病\tbiolink:Disease\t糖尿病\n"
)
CONFIG = """
out = "graph"
open = false
[[source]]
type = "kgx"
nodes = ["nodes.tsv"]
licence = "CMeKG"
"""


def kgmed(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    command = [*KGMED, *arguments]
    done = subprocess.run(command, capture_output=True, cwd=cwd, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.tsv").write_text(NODES, encoding="utf-8")
    (tmp_path / "kgmed.toml").write_text(CONFIG, encoding="utf-8")
    assert kgmed("build", "-q", cwd=tmp_path)[0] == 0
    return tmp_path


def test_what_a_licence_keeps_back_is_told_with_the_option_that_lets_it_out(folder: Path) -> None:
    code, out, err = kgmed("mappings", "--graph", "graph", "--out", "m.sssom.tsv", cwd=folder)
    assert (code, out) == (0, "m.sssom.tsv: 0 mappings\n")
    assert "left out: 1 of infores:kgmed-alignment, licence CMeKG (unknown)" in err
    option = err.split("let out by ")[1].strip()
    code, out, err = kgmed(
        "mappings", "--graph", "graph", "--out", "m.sssom.tsv", *option.replace("'", "").split(),
        "--prefix", "cmekg", cwd=folder,
    )  # fmt: skip
    assert (code, out, err) == (0, "m.sssom.tsv: 1 mappings (1 merged)\n", "")
    batches = list(SssomSource(folder / "m.sssom.tsv").batches("mappings"))
    assert [row["subject"] for row in batches[0].to_pylist()] == ["cmekg:糖尿病"]


def test_json_is_the_published_shape(folder: Path) -> None:
    code, out, err = kgmed(
        "mappings",
        "--graph",
        "graph",
        "--out",
        "m.tsv",
        "--status",
        "refused",
        "--json",
        cwd=folder,
    )
    assert (code, err) == (0, "")
    shape = adapter("kgmed.mappings/1").validate_python(json.loads(out))
    assert (shape.rows, shape.out) == (0, "m.tsv")


def test_an_unknown_status_is_a_usage_error(folder: Path) -> None:
    code, out, err = kgmed(
        "mappings", "--graph", "graph", "--out", "m.tsv", "--status", "x", cwd=folder
    )
    assert (code, out) == (2, "")
    assert "expected one of: merged, related, negative, refused" in err
