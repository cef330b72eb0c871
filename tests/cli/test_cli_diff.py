"""``kgmed diff`` as a command: graphs by URI and generation, exit codes, files, what it prints."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import RowSource, exact, source, tables_of
from support import concept as concept_rows

import kgmed
from kgmed.builders.pipeline import build
from kgmed.kg.errors import CorruptSnapshot, NotAGraph
from kgmed.kg.store.snapshot import open_generation, open_snapshot
from kgmed.wire import adapter, to_json

TREATS = {"subject": "mesh:D1", "predicate": "treats", "object": "mesh:D2"}


def graph(text: str, **more: object) -> RowSource:
    names = [concept_rows(f"mesh:D{n}", f"thing {n}", "Drug") for n in (1, 2, 3)]
    return source(**tables_of(names), statements=[{**TREATS, "text": text}], **more)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graph of two generations: a text changed, two concepts were merged."""
    folder = tmp_path_factory.mktemp("diff") / "my@graph"
    build([graph("one <b>")], folder)
    build([graph("two", mappings=[exact("mesh:D1", "mesh:D3")])], folder)
    return folder


def run(*arguments: str | Path) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "kgmed.cli", "diff", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_generations_of_one_graph_are_compared(root: Path) -> None:
    code, out, err = run(f"{root}@previous", root, "--quiet")
    assert (code, err) == (0, "")
    assert "Statements: 0 added, 0 removed, 1 changed, 0 moved, 0 as they were." in out
    assert "merged  thing 1 (mesh:D1)  mesh:D1, mesh:D3 > mesh:D1" in out
    assert "thing 1 (mesh:D1) treats thing 2 (mesh:D2)  test 2026; text: one <b> > two" in out


def test_a_generation_is_named_by_the_start_of_its_name(root: Path) -> None:
    current = open_snapshot(root).folder.name
    assert open_generation(root, current[:6]).folder.name == current
    assert open_generation(root, "previous").folder.name != current
    assert run(f"{root}@{current}", root)[0] == 3


def test_nothing_that_differs_is_exit_code_3(root: Path) -> None:
    code, out, _ = run(root, root)
    assert code == 3
    assert out.splitlines()[-1] == "Nothing differs."


def test_json_is_the_published_shape(root: Path) -> None:
    code, out, _ = run(f"{root}@previous", root, "--json", "--quiet")
    assert code == 0
    found = adapter("kgmed.diff/1").validate_json(out)
    assert (found.statements.changed, found.concepts.merged) == (1, 1)
    assert json.loads(out)["statement_examples"][0]["before"] == {"text": "one <b>"}
    assert found.old.graph == f"{root}@previous"


def test_every_row_goes_to_a_file(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "rows.tsv"
    code, out, _ = run(f"{root}@previous", root, "--out", target, "--limit", "0")
    assert code == 0
    assert out.splitlines()[-1] == f"rows: {target}"
    assert "for example" not in out
    heads, *rows = (line.split("\t") for line in target.read_text("utf-8").splitlines())
    assert rows[0][:3] == ["concept", "merged", "mesh:D1"]
    assert dict(zip(heads, rows[1], strict=True))["text"] == "two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("{}", "{}", "--out", "rows.csv"), 2, "expected one that ends in: .jsonl, .tsv, .parquet"),
        (("{}", "{}", "--out", "/no/such/folder/rows.tsv"), 2, "there is no folder"),
        (("{}", "{}", "--source", "nobody"), 2, "expected one of: infores:test"),
        (("{}", "{}@nobody"), 1, "there is no generation 'nobody'; expected 'previous' or one of"),
        (("{}", "/no/such/graph"), 1, "there is nothing here"),
        (("{}", "bolt://server"), 2, "expected a folder or kgmed:open"),
    ],
)
def test_bad_arguments_say_what_to_do(
    root: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = run(*(argument.format(root) for argument in arguments))
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


def test_a_graph_of_one_generation_has_no_previous(tmp_path: Path) -> None:
    build([graph("one")], tmp_path / "graph")
    with pytest.raises(NotAGraph, match="nothing was built before the current generation"):
        open_generation(tmp_path / "graph", "previous")


def test_a_damaged_generation_is_refused(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "graph"
    shutil.copytree(root, copy)
    folder = open_generation(copy, "previous").folder
    (folder / "tables" / "statements.parquet").write_bytes(b"")
    with pytest.raises(CorruptSnapshot, match=r"statements\.parquet"):
        open_generation(copy, folder.name)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorruptSnapshot, match=r"manifest\.json: can't be read"):
        open_generation(copy, folder.name)


def test_the_facade_gives_counts_and_holds_rows(root: Path) -> None:
    found = kgmed.diff(f"{root}@previous", root, examples=1)
    assert [change.kind for change in found.statement_examples] == ["changed"]
    with kgmed.open_diff(f"{root}@previous", root, progress=lambda _text: None) as changes:
        assert [change.id for change in changes.statements()] == [found.statement_examples[0].id]
        assert changes.summary.statements == found.statements


def test_a_diff_renders_in_a_notebook_with_its_text_escaped(tmp_path: Path, root: Path) -> None:
    hostile = tmp_path / "<b>graph"
    build([graph("one")], hostile)
    shown = kgmed.diff(hostile, root)._repr_html_()
    assert "&lt;b&gt;graph" in shown
    assert "<b>graph" not in shown
    assert "merged" in shown
    assert "Nothing differs" in kgmed.diff(root, root)._repr_html_()


def test_plain_json_is_what_pydantic_writes(root: Path) -> None:
    found = kgmed.diff(f"{root}@previous", root)
    plain = json.loads(to_json(found))
    assert json.loads(adapter("kgmed.diff/1").dump_json(found)) == plain
