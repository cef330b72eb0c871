"""``kgmed evaluate compare`` as a command: what it prints, writes and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from evaluation_runs import record, records, write_run

from kgmed.cli.evaluate_compare import print_titled
from kgmed.reasoning.pages.formats import Table
from kgmed.wire import adapter

FAST = ("--resamples", "200")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    return [
        write_run(folder / "closed_book", records(60, skill=0.4, seed=1)),
        write_run(folder / "graph", records(60, skill=0.7, seed=2, grounded=True), seed=7),
    ]


def run(*arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "kgmed.cli", "evaluate", "compare", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_runs_are_printed_as_tables_with_notes_beside_them(runs: list[Path]) -> None:
    code, out, err = run(*runs, *FAST)
    assert code == 0
    head, _, out = out.partition("\n")
    assert head == (
        "2 runs, 60 items of exam; scripted. The graph covers 20 of them (33.3%), has the concepts"
        " of 20 and nothing that joins them, and lacks concepts of 20."
    )
    assert out.startswith("\nAnswers\nrun\titems\tright\twrong\tabstained\tfailed\taccuracy\t")
    assert "\nclosed_book → graph\t60\t" in out
    assert "McNemar" in out
    assert err == "note: The runs have different seeds (closed_book: 0, graph: 7).\n"
    assert "Items" not in out
    assert run(*runs, *FAST)[1] == f"{head}\n{out}"


def test_items_are_listed_on_demand(runs: list[Path]) -> None:
    _, out, _ = run(*runs, *FAST, "--items", "--quiet")
    _, _, listed = out.partition("closed_book and graph: right only in graph\n")
    assert listed.startswith("item\tquestion\tright\tclosed_book\tgraph\nq")
    assert "✗ " in listed
    assert "McNemar" not in out  # --quiet


def test_json_is_the_published_shape(runs: list[Path]) -> None:
    code, out, _ = run(*runs, "--json", *FAST)
    assert code == 0
    found = adapter("kgmed.comparison/1").validate_json(out)
    assert [one.name for one in found.runs] == ["closed_book", "graph"]
    assert json.loads(out)["schema"] == "kgmed.comparison/1"


def test_a_page_and_markdown_are_written(runs: list[Path], tmp_path: Path) -> None:
    page, text = tmp_path / "c.html", tmp_path / "c.md"
    code, _, err = run(*runs, "--html", page, "--markdown", text, "--items", *FAST)
    assert code == 0
    assert f"written: {page}\nwritten: {text}\n" in err
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    written = text.read_text(encoding="utf-8")
    assert "> The runs have different seeds" in written
    assert "## closed_book and graph: right only in graph" in written


def test_half_a_character_that_a_model_wrote_is_written_as_its_code(tmp_path: Path) -> None:
    broken = record(
        "1", kind="open", correct=None, question="half \ud800", text="\udc00", answer="a"
    )
    folder = write_run(tmp_path / "run", [])
    (folder / "records.jsonl").write_text(json.dumps(broken) + "\n", encoding="utf-8")
    page, text = tmp_path / "c.html", tmp_path / "c.md"
    code, out, _ = run(folder, "--items", "--html", page, "--markdown", text, *FAST)
    assert code == 0
    assert "half \\ud800" in out
    assert "half \\ud800" in text.read_text(encoding="utf-8").replace("\\\\", "\\")
    assert "half ⟨U+D800⟩" in page.read_text(encoding="utf-8")


def test_one_run_is_measured_alone(runs: list[Path]) -> None:
    code, out, _ = run(runs[0], "--items", *FAST)
    assert code == 0
    assert "Differences" not in out
    assert "\nItems\nitem\tquestion\tright\tclosed_book\nq0\t" in out


def test_what_cant_be_compared_is_refused_before_anything_is_written(
    runs: list[Path], tmp_path: Path
) -> None:
    other = write_run(tmp_path / "other", [record("x")], benchmark={"name": "o", "digest": "0"})
    page = tmp_path / "c.html"
    code, out, err = run(*runs, other, "--html", page)
    assert (code, out) == (2, "")
    assert err.startswith("kgmed: Found closed_book over exam")
    assert not page.exists()
    code, _, err = run(*runs, "--html", tmp_path / "none" / "c.html")
    assert (code, "there is no folder" in err) == (2, True)
    code, _, err = run(tmp_path / "nothing")
    assert (code, "found no run.json" in err) == (2, True)
    assert run(*runs, "--penalty", "-1")[0] == 2


def test_a_table_too_wide_for_a_terminal_is_turned_on_its_side(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("T", ("run", *(f"measure {n}" for n in range(9))), (("a", *"123456789"),))
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_titled(table, quiet=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "measure 3" in line] == [["measure", "3", "4"]]
    monkeypatch.setenv("COLUMNS", "200")
    print_titled(table, quiet=True)
    wide = capsys.readouterr().out.splitlines()
    assert any("measure 0" in line and "measure 8" in line for line in wide)
