"""What a build says of sources that contradict each other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import RowSource, concept, source, tables_of

from kgmed.builders.pipeline import Build, build
from kgmed.builders.report import Report
from kgmed.builders.staged_cache import StagedCache
from kgmed.facade import self_check
from kgmed.kg.store.embedded import open_store

KINDS = {
    "x:salbutamol": "Drug",
    "x:warfarin": "Drug",
    "x:aspirin": "Drug",
    "x:ADRB2": "Gene",
}
NODES = "id\tcategory\tname\n" + "".join(
    f"{id}\tbiolink:{kind}\t{id[2:]}\n" for id, kind in KINDS.items()
)
EDGES = """subject	predicate	object	primary_knowledge_source	negated
x:salbutamol	agonist_of	x:ADRB2	infores:one	false
x:warfarin	biolink:interacts_with	x:aspirin	infores:one	false
"""
CONTRARY = """x:salbutamol	antagonist_of	x:ADRB2	infores:two	false
x:aspirin	biolink:interacts_with	x:warfarin	infores:two	true
"""


def statement(line: str) -> dict[str, object]:
    words = line.removeprefix("not ").split()
    ends = {"subject": f"x:{words[0]}", "predicate": words[1], "object": f"x:{words[2]}"}
    return {**ends, "negated": line.startswith("not ")}


def told(infores: str, *lines: str) -> RowSource:
    things = tables_of([concept(id, id[2:], kind) for id, kind in KINDS.items()])
    return source(infores, **things, statements=[statement(line) for line in lines])


ONE = ("salbutamol agonist_of ADRB2", "warfarin interacts_with aspirin")
TWO = ("salbutamol antagonist_of ADRB2", "not aspirin interacts_with warfarin")


def test_a_contradiction_between_sources_is_listed_with_both_sides(tmp_path: Path) -> None:
    made = build(
        [told("infores:one", *ONE), told("infores:two", *TWO)], tmp_path, self_check=self_check
    )
    found = made.report.self_check
    assert (found.ran, found.statements, found.count) == (True, 4, 4)
    assert found.refuted == {"statement": 1, "explicit_negative": 1, "excludes": 2}
    denied, excluded = found.conflicts
    store = open_store(tmp_path)
    for row in (denied, excluded):
        sides = store.statements([row["statement"], row["against"]])
        assert {s.primary_knowledge_source for s in sides if s} == {"infores:one", "infores:two"}
        assert {row["statement_source"], row["against_source"]} == {
            "infores:one 2026", "infores:two 2026",
        }  # fmt: skip
    assert (denied["rule"], denied["statement_says"]) == (
        "statement", "aspirin does not interact with warfarin",
    )  # fmt: skip
    assert (excluded["rule"], excluded["against_says"]) == (
        "excludes", "salbutamol is an antagonist of ADRB2",
    )  # fmt: skip
    # what lies beside the graph is what was returned, and part of what its checksums cover
    assert Report.read(made.snapshot.folder) == made.report
    assert store.check() == []
    page = (made.snapshot.folder / "report.md").read_text(encoding="utf-8")
    assert "- another excludes it: 2" in page
    assert "### Conflicts of sources (2)" in page
    assert "salbutamol is an agonist of ADRB2" in page


def test_what_no_category_allows_is_listed_without_another_side(tmp_path: Path) -> None:
    made = build([told("infores:one", "ADRB2 treats aspirin")], tmp_path, self_check=self_check)
    assert made.report.self_check.refuted == {"ill_typed": 1}
    (row,) = made.report.self_check.conflicts
    assert (row["against"], row["against_says"]) == ("", "ADRB2 is Gene; aspirin is Drug")


def test_sources_that_agree_have_no_conflict(tmp_path: Path) -> None:
    made = build([told("infores:one", *ONE)], tmp_path, self_check=self_check)
    assert made.report.self_check.conflicts == []
    assert made.report.self_check.line() == "self-check: 0 of 2 statements refuted"
    page = (made.snapshot.folder / "report.md").read_text(encoding="utf-8")
    assert "2 statements verified against the others in" in page
    assert "None is refuted." in page


def test_a_graph_without_statements_is_checked_too(tmp_path: Path) -> None:
    made = build([told("infores:one")], tmp_path, self_check=self_check)
    assert made.report.self_check.line() == "self-check: 0 of 0 statements refuted"


def test_without_a_check_the_report_says_so_and_the_snapshot_is_the_same(tmp_path: Path) -> None:
    checked = build([told("infores:one", *ONE)], tmp_path / "a", self_check=self_check)
    made = build([told("infores:one", *ONE)], tmp_path / "b")
    assert made.report.self_check.line() == "self-check: left out"
    page = (made.snapshot.folder / "report.md").read_text(encoding="utf-8")
    assert "Left out: the statements weren't verified" in page
    assert made.snapshot.manifest["snapshot"] == checked.snapshot.manifest["snapshot"]


def test_a_graph_that_was_not_checked_is_built_again_for_a_check_and_not_the_other_way(
    tmp_path: Path,
) -> None:
    def again(*, check: bool) -> Build:
        return build(
            [told("infores:one", *ONE)],
            tmp_path / "g",
            cache=StagedCache(tmp_path / "g" / "staged"),
            self_check=self_check if check else None,
        )

    assert not again(check=False).was_there
    assert again(check=False).was_there
    assert not again(check=True).was_there
    assert again(check=False).was_there
    found = again(check=True)
    assert found.was_there
    assert found.report.self_check.ran


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.tsv").write_text(NODES, encoding="utf-8")
    (tmp_path / "edges.tsv").write_text(EDGES + CONTRARY, encoding="utf-8")
    return tmp_path


def typed(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "kgmed.cli", "build", *arguments, "-q"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode()


FILES = ("--nodes", "nodes.tsv", "--edges", "edges.tsv", "--no-open", "--out", "g")
LINE = (
    "self-check: 4 of 4 statements refuted: a denial of what another states (1); "
    "denied by another (1); another excludes it (2)\n"
)


def test_a_user_is_told_in_one_line(folder: Path) -> None:
    assert LINE in typed(folder, *FILES)
    assert LINE in typed(folder, *FILES)  # nothing has changed: what was found stands
    found = json.loads(typed(folder, *FILES, "--json"))["self_check"]
    assert len(found["conflicts"]) == 2
    assert found["seconds"] >= 0


def test_a_user_may_leave_it_out_by_option_or_configuration(folder: Path) -> None:
    assert "self-check: left out\n" in typed(folder, *FILES, "--no-self-check")
    (folder / "kgmed.toml").write_text("self_check = false\nopen = false\n", encoding="utf-8")
    out = typed(folder, "kgmed.toml", *FILES[:4], "--out", "h")
    assert "self-check: left out\n" in out
