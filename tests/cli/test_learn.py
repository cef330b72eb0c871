"""``kgmed learn``: what it prints, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from plausible import graph

from kgmed.cli import main
from kgmed.wire import adapter


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return graph(tmp_path_factory.mktemp("graph") / "graph").root


class Shell:
    def __init__(self, root: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
        self.root, self.patch, self.capsys = root, patch, capsys

    def __call__(self, *words: str) -> tuple[str, str, int]:
        """What a command line prints to stdout and to stderr, and its exit code."""
        self.patch.setattr(sys, "argv", ["kgmed", "learn", *words, "--graph", str(self.root)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = self.capsys.readouterr()
        return out, err, code


@pytest.fixture
def shell(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(root, monkeypatch, capsys)


def test_a_model_is_trained_told_and_listed(shell: Shell) -> None:
    out, err, code = shell("info")
    assert (code, "kgmed learn train" in out) == (3, True)
    out, err, code = shell("train", "--model", "paths", "--share", "0.15")
    assert code == 0
    lines = out.splitlines()
    assert [line.split("\t")[0] for line in lines[:4]] == ["method", "degree", "dwpc", "paths"]
    assert lines[4].startswith("paths ")
    assert "supports nothing" in err
    out, err, code = shell("train", "--model", "paths", "--share", "0.15", "--json", "-q")
    assert (err, code) == ("", 0)
    assert adapter("kgmed.learned/1").validate_json(out).method == "paths"
    out, err, code = shell("info")
    assert code == 0
    assert out.startswith("default: paths, ")
    told = json.loads(shell("info", "--name", "default", "--json")[0])
    assert [one["name"] for one in told["models"]] == ["default"]
    assert told["unusable"] == {}
    out, err, code = shell("info", "--name", "other")
    assert (out, code) == ("", 2)
    assert "expected one of: default" in err


def test_methods_are_measured_side_by_side(shell: Shell, tmp_path: Path) -> None:
    words = ("--methods", "degree, paths", "--seeds", "0,1", "--split", "entity", "--share", "0.2")
    out, _err, code = shell("evaluate", *words, "--predicate", "treats", "--predicate", "inhibits",
                            "--reliability")  # fmt: skip
    assert code == 0
    assert out.startswith("held out to test: ")
    for part in ("\ndegree\t", "\npaths\t", "by predicate, paths", "\ntreats\t", "\ninhibits\t",
                 "reliability, paths\ntold\ttrue\tweight\n", "better than degree"):  # fmt: skip
        assert part in out
    out, err, code = shell("evaluate", *words, "--json", "-q", "--html", str(tmp_path / "x.html"))
    assert "probability told" in (tmp_path / "x.html").read_text(encoding="utf-8")
    assert (err, code) == ("", 0)
    assert set(adapter("kgmed.learn-evaluation/1").validate_json(out).methods) == {
        "degree", "paths",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "--model", "guess"), "paths, distmult"),
        (("train", "--name", "../x"), "name of a model"),
        (("train", "--split", "half"), "random, entity, source, release"),
        (("evaluate", "--seeds", "one"), "0,1,2"),
        (("evaluate", "--html", "/nowhere/x.html"), "there is no folder /nowhere"),
        (("evaluate", "--methods", "guess", "--seeds", "0"), "complex+paths"),
        (("evaluate", "--predicate", "causes"), "in_drug_class"),
    ],
)
def test_what_cannot_be_done_is_told(shell: Shell, words: tuple[str, ...], told: str) -> None:
    out, err, code = shell(*words)
    assert (out, code) == ("", 2)
    assert told in err
