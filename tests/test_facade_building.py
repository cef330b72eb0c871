"""Building, curating and comparing in one call, and how what comes back shows in a notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import kgmed
from kgmed.kg.errors import ConfigError, DataError, UsageError
from kgmed.kg.quiet import no_progress_bar

HOSTILE = "<script>alert(1)</script>"
NODES = (
    ("id", "category", "name"),
    ("DRUGBANK:DB00682", "biolink:Drug", f"Warfarin {HOSTILE}"),
    ("HP:0001892", "biolink:PhenotypicFeature", "Abnormal bleeding"),
    ("HP:0000716", "biolink:PhenotypicFeature", "Depression"),
)
EDGES = (
    ("subject", "predicate", "object", "primary_knowledge_source"),
    ("DRUGBANK:DB00682", "biolink:has_side_effect", "HP:0001892", "infores:our-ward"),
    ("DRUGBANK:DB00682", "biolink:has_side_effect", "HP:0000716", "infores:our-ward"),
)


def tsv(path: Path, rows: tuple[tuple[str, ...], ...]) -> Path:
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def ward(tmp_path: Path) -> dict[str, Any]:
    return {
        "nodes": tsv(tmp_path / "nodes.tsv", NODES), "edges": tsv(tmp_path / "edges.tsv", EDGES),
        "open": False,
    }  # fmt: skip


def test_a_build_in_one_call_is_that_of_the_command(
    tmp_path: Path, ward: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from kgmed.cli import main

    made = kgmed.build(tmp_path / "one", **ward)
    argv = ["kgmed", "build", "--nodes", str(ward["nodes"]), "--edges", str(ward["edges"])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", [*argv, "--no-open", "--out", str(tmp_path / "two"), "-q"])
        with pytest.raises(SystemExit) as stop:
            main()
    assert not stop.value.code
    with kgmed.open_graph(tmp_path / "two") as graph:
        assert graph.info().snapshot == made.snapshot.manifest["snapshot"]
    assert not made.was_there
    assert kgmed.build(tmp_path / "one", **ward).was_there
    assert not kgmed.build(tmp_path / "one", **ward, force=True).was_there


def test_a_build_shows_its_report(tmp_path: Path, ward: dict[str, Any]) -> None:
    html = kgmed.build(tmp_path / "graph", **ward)._repr_html_()
    assert "5 rows read = 5 kept + 0 skipped" in html
    assert "✓ 2 statements, 0 refuted by others" in html
    assert "<script" not in html


def test_a_build_takes_the_keys_of_kgmed_toml_and_no_others(
    tmp_path: Path, ward: dict[str, Any]
) -> None:
    made = kgmed.build(tmp_path / "graph", **ward, self_check=False)
    assert not made.report.self_check.ran
    with pytest.raises(UsageError, match=r"expected keys of kgmed\.toml: drugcentral"):
        kgmed.build(tmp_path / "other", **ward, on_eror="skip")
    with pytest.raises(UsageError, match="nothing to build"):
        kgmed.build(tmp_path / "other", open=False)
    with pytest.raises(ConfigError, match="no such file"):
        kgmed.build(tmp_path / "other", nodes=tmp_path / "none.tsv", open=False)


def test_a_statement_is_retracted_with_a_name_and_a_reason(
    tmp_path: Path, ward: dict[str, Any]
) -> None:
    root = tmp_path / "graph"
    kgmed.build(root, **ward)
    with kgmed.open_graph(root) as graph:
        wrong = next(s for s in graph.store.scan() if s.object == "hp:0000716")
    made = kgmed.retract(root, wrong, reason=HOSTILE, who="Dr. Li", date="2026-11-20")
    html = made._repr_html_()
    assert "an overlay on the generation" in html
    assert "1 retracted" in html
    with kgmed.open_graph(root) as graph:
        shown = graph.show(wrong.id).html
        assert "✗ RETRACTED by Dr. Li, 2026-11-20" in shown
        assert "<script" not in shown
        assert len(list(graph.store.scan())) == 1
    changes = kgmed.diff(f"{root}@previous", root)._repr_html_()
    assert "✗ retracted" in changes
    assert "<script" not in changes


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"reason": "", "who": "me"}, UsageError),
        ({"reason": "a\tb", "who": "me"}, UsageError),
        ({"reason": "wrong", "who": "me", "date": "yesterday"}, DataError),
    ],
)
def test_a_retraction_says_who_why_and_when(
    tmp_path: Path, ward: dict[str, Any], given: dict[str, str], error: type[Exception]
) -> None:
    kgmed.build(tmp_path / "graph", **ward)
    with pytest.raises(error):
        kgmed.retract(tmp_path / "graph", "68c6fd3d", **given)


def write_run(folder: Path, said: str) -> Path:
    folder.mkdir(parents=True)
    run = {
        "schema": "kgmed.run/1", "method": folder.name, "model": HOSTILE, "snapshot": "", "seed": 0,
        "benchmark": {"name": HOSTILE, "digest": "d", "items": len(said)},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    rows = [
        {
            "id": str(n), "benchmark": HOSTILE, "kind": "choice", "right": ["A"], "said": letter,
            "correct": letter == "A", "question": HOSTILE, "coverage": "covered",
        }
        for n, letter in enumerate(said)
    ]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "records.jsonl").write_text(text, encoding="utf-8")
    return folder


def test_runs_are_compared_in_one_call(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "one", "ABAB" * 5), write_run(tmp_path / "two", "AAAB" * 5)]
    found = kgmed.compare([runs[0], str(runs[1])])
    html = found._repr_html_()
    assert "one → two" in html
    assert "<script" not in html
    frame = found.page()._repr_html_()
    assert "sandbox" in frame
    assert "<script" not in frame
    found.save(tmp_path / "compared.html")
    assert "<svg" in (tmp_path / "compared.html").read_text(encoding="utf-8")


def test_a_dataset_shows_what_is_in_its_folder(tmp_path: Path, graph: kgmed.Graph) -> None:
    out = tmp_path / "data"
    written = graph.write_instructions(
        out, tasks=["translation"], languages=["en"], max_rows=50, processes=1
    )
    assert "translation" in written._repr_html_()
    row = json.loads(next(iter(out.glob("*/*.jsonl"))).read_text("utf-8").splitlines()[0])
    assert row["id"] in graph.trace_row(out, row["id"])._repr_html_()


def test_a_kernel_without_ipywidgets_has_no_progress_bar() -> None:
    class Refusing:
        """A connection as DuckDB gives it in a Jupyter kernel without ipywidgets."""

        def __init__(self, told: str) -> None:
            self.told = told

        def execute(self, _query: str) -> None:
            raise duckdb.InvalidInputException(self.told)

    no_progress_bar(Refusing("required package 'ipywidgets' is missing"))  # type: ignore[arg-type]
    with pytest.raises(duckdb.InvalidInputException):
        no_progress_bar(Refusing("anything else"))  # type: ignore[arg-type]
    with duckdb.connect() as connection:
        no_progress_bar(connection)
        found = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    assert found == [(False,)]
