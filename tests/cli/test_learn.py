"""``kgmed learn``: what it prints, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from plausible import graph

from kgmed.cli import main
from kgmed.facade import open_graph
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
        (
            ("train", "--split", "half", "--model", "paths"),
            "random, entity, unseen, source, release",
        ),
        (("evaluate", "--seeds", "one"), "0,1,2"),
        (("evaluate", "--html", "/nowhere/x.html"), "there is no folder /nowhere"),
        (("evaluate", "--methods", "guess", "--seeds", "0"), "complex+paths"),
        (("evaluate", "--methods", "degree", "--predicate", "causes"), "in_drug_class"),
    ],
)
def test_what_cannot_be_done_is_told(shell: Shell, words: tuple[str, ...], told: str) -> None:
    out, err, code = shell(*words)
    assert (out, code) == ("", 2)
    assert told in err


@pytest.fixture
def kgmed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[str, str, int]]:
    """What any command prints of the graph, which has a model ``default`` beside it."""
    if not (root / "learned" / "default").exists():
        with open_graph(root) as graph:
            graph.learn_train(model="paths", share=0.15)

    def run(*words: str) -> tuple[str, str, int]:
        monkeypatch.setattr(sys, "argv", ["kgmed", *words, "--graph", str(root)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        return *capsys.readouterr(), code

    return run


TEXT = "Drug1 treats Disease2. Drug1 treats Disease1."


def test_verify_tells_a_plausibility_where_it_is_asked_for(
    kgmed: Callable[..., tuple[str, str, int]], tmp_path: Path
) -> None:
    plain, _err, code = kgmed("verify", TEXT, "-q")
    assert (code, "lausib" in plain) == (0, False)
    told, _err, code = kgmed("verify", TEXT, "--plausibility", "-q", "--html", str(tmp_path / "p"))
    assert code == 0
    assert [line for line in told.splitlines() if line in plain.splitlines()] == plain.splitlines()
    assert "Plausibility by the model `default`: 0." in told
    assert "Not evidence." in (tmp_path / "p").read_text("utf-8")
    rare, _err, _code = kgmed("verify", TEXT, "--plausibility", "--prior", "0.1", "-q", "--json")
    claims = json.loads(rare)["claims"]
    assert [one["plausibility"] and one["plausibility"]["prior"] for one in claims] == [0.1, None]
    assert (
        "mixture of 10% true"
        in kgmed("verify", TEXT, "--plausibility", "--prior", "0.1", "-q", "--model", "default")[0]
    )


def test_a_table_gets_two_columns(
    kgmed: Callable[..., tuple[str, str, int]], tmp_path: Path
) -> None:
    table, out = tmp_path / "t.csv", tmp_path / "o.csv"
    table.write_text("subject,predicate,object\nx:Drug1,treats,x:Disease2\n")
    words = ("verify", "--triples", str(table), "--out", str(out), "--plausibility")
    assert kgmed(*words, "-q")[2] == 0
    head, row = out.read_text().splitlines()
    assert head.endswith('"reason","plausibility","plausibility_model"')
    assert row.endswith(',"default"')
    assert kgmed(*words[:-1], "-q")[2] == 0
    assert out.read_text().splitlines()[0].endswith('"confidence","reason"')


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("verify", "x", "--model", "default"), "--model without --plausibility"),
        (("verify", "x", "--prior", "0.1"), "--prior without --plausibility"),
        (("verify", "x", "--plausibility", "--prior", "1.5"), "expected the share of true"),
        (("verify", "x", "--plausibility", "--refchecker"), "have no place for it"),
        (("verify", "--file", "nowhere", "--plausibility", "--model", "o"), "no model 'o'"),
        (("paths", "x:Drug1", "x:Drug2", "--model", "default"), "--model without --rank learned"),
        (("paths", "x:Drug1", "x:Drug2", "--rank", "best"), "expected one of: default, learned"),
        (("paths", "x:Drug1", "x:Drug2", "--rank", "learned", "--model", "o"), "no model 'o'"),
        (("serve", "--port", "0", "--model", "o"), "no model 'o'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    kgmed: Callable[..., tuple[str, str, int]], words: tuple[str, ...], told: str
) -> None:
    _out, err, code = kgmed(*words)
    assert code not in {0, 1, 3}
    assert told in err
    assert "Traceback" not in err


def test_paths_come_in_the_order_of_a_model(kgmed: Callable[..., tuple[str, str, int]]) -> None:
    words = ("paths", "x:Drug1", "x:Disease2", "-q", "--limit", "64")
    default, learned = kgmed(*words)[0], kgmed(*words, "--rank", "learned")[0]
    assert sorted(default.splitlines()) == sorted(learned.splitlines())
    assert default != learned
    assert kgmed(*words, "--rank", "learned", "--model", "default")[0] == learned


@pytest.mark.parametrize("words", [("train",), ("evaluate", "--methods", "degree,complex+paths")])
def test_a_package_that_is_missing_is_told_before_the_graph_is_read(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def never(*_given: object, **_named: object) -> None:
        raise AssertionError("the graph was read")

    monkeypatch.setattr("kgmed.reasoning.plausibility.learn.read_triples", never)
    monkeypatch.setitem(sys.modules, "torch", None)
    out, err, code = shell(*words)
    assert (out, code) == ("", 1)
    assert 'pip install "kgmed[learn]"' in err
