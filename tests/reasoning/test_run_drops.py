"""Runs that asked the items otherwise, held against the plain run of the same method."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from evaluation_runs import record, write_run

from kgmed.kg.errors import UsageError
from kgmed.reasoning.evaluation.comparison.compare import compare
from kgmed.reasoning.evaluation.comparison.drop_tables import drop_item_tables, drops_table
from kgmed.reasoning.evaluation.comparison.page import page
from kgmed.reasoning.evaluation.comparison.tables import tables
from kgmed.reasoning.evaluation.measures.paired import mcnemar
from kgmed.reasoning.evaluation.measures.resampling import Resampling
from kgmed.reasoning.evaluation.runs import read_runs
from kgmed.reasoning.pages.formats import markdown
from kgmed.wire import adapter, to_json

FEW = Resampling(300)
RIGHT = 30
"""Of 40 items the plain run has the first 30 right."""


def run_over(folder: Path, right: range, asked: range, change: str = "", **more: Any) -> Path:
    """A run of some of 40 items, those of ``right`` answered rightly."""
    rows = [
        record(str(n), correct=n in right, question=f"Item {n}, asked {change or 'plainly'}?")
        for n in asked
    ]
    left_out = {"several right options, or more than 12": 3}
    if change and len(asked) < 40:
        left_out[f"no word for {change}"] = 40 - len(asked)
    told = {"name": "exam", "digest": "d" * 64, "items": len(rows), "left_out": left_out}
    settings = {"change": change, "trusted": True, **more.pop("settings", {})}
    return write_run(folder, rows, **{"benchmark": told, "method": "graph", "settings": settings,
                                      **more})  # fmt: skip


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """A plain run, one with typos over all its items, one with brands over the first 20."""
    return [
        run_over(tmp_path / "plain", range(RIGHT), range(40)),
        run_over(tmp_path / "typo", range(6, RIGHT + 1), range(40), "typo"),
        run_over(tmp_path / "brand", range(20), range(20), "brand"),
    ]


def test_a_drop_is_the_changed_run_less_the_plain_one_over_the_items_of_both(
    folders: list[Path],
) -> None:
    found = compare(read_runs(folders), how=FEW)
    typo, brand = found.drops
    assert (typo.change, typo.method, typo.plain, typo.changed) == (
        "typo", "graph", "plain", "typo",
    )  # fmt: skip
    assert (typo.found.items, typo.found.only_first, typo.found.only_second) == (40, 6, 1)
    assert typo.found.difference.value == pytest.approx(-5 / 40)
    assert (typo.accuracy.value, typo.accuracy_changed.value) == (30 / 40, 25 / 40)
    low, high = typo.found.difference.low, typo.found.difference.high
    assert low is not None
    assert high is not None
    assert low < -5 / 40 < high
    assert typo.found.p == mcnemar(6, 1)
    assert typo.p_adjusted == pytest.approx(2 * typo.found.p)  # Holm: the smaller of two
    assert (brand.found.items, brand.found.difference.value) == (20, 0.0)
    assert [row.id for row in typo.lost] == list("012345")
    assert [row.id for row in typo.won] == ["30"]
    assert typo.lost[0].question == "Item 0, asked typo?"
    assert [said.correct for said in typo.lost[0].said] == [True, False]


def test_items_that_could_not_be_changed_are_counted_by_reason(folders: list[Path]) -> None:
    typo, brand = compare(read_runs(folders), how=FEW).drops
    assert brand.unchanged == {"no word for brand": 20}
    assert typo.unchanged == {}
    table = drops_table(compare(read_runs(folders), how=FEW))
    assert table.rows[1][:4] == ("plain → brand", "brand", "20", "20")
    assert "brand: 20 no word for brand" in table.note


def test_changed_runs_take_no_items_from_the_others(folders: list[Path], tmp_path: Path) -> None:
    other = run_over(tmp_path / "other", range(10), range(40), method="rag")
    found = compare(read_runs([folders[0], other, *folders[1:]]), how=FEW)
    assert [run.name for run in found.runs] == ["plain", "other"]
    assert len(found.items) == 40
    assert [(pair.first, pair.second) for pair in found.pairs] == [("plain", "other")]
    assert found.notes == ()


@pytest.mark.parametrize("more", [
    {"method": "rag"}, {"model": "other"}, {"seed": 7}, {"settings": {"budget": 100}},
])  # fmt: skip
def test_a_changed_run_without_its_plain_one_is_compared_as_any_run_and_told(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    plain = run_over(tmp_path / "plain", range(RIGHT), range(40), **more)
    changed = run_over(tmp_path / "typo", range(RIGHT), range(40), "typo")
    found = compare(read_runs([plain, changed]), how=FEW)
    assert found.drops == ()
    assert [run.name for run in found.runs] == ["plain", "typo"]
    assert any("typo asked its items otherwise (typo), and there is no plain run" in note
               for note in found.notes)  # fmt: skip


def test_another_right_answer_is_refused(tmp_path: Path) -> None:
    plain = run_over(tmp_path / "plain", range(4), range(4))
    changed = run_over(tmp_path / "typo", range(4), range(4), "typo")
    records = changed / "records.jsonl"
    records.write_text(records.read_text().replace('"right": ["A"]', '"right": ["C"]', 1))
    with pytest.raises(UsageError, match="as right in plain and 'C' in typo"):
        compare(read_runs([plain, changed]), how=FEW)


def test_drops_are_shown_everywhere(folders: list[Path], tmp_path: Path) -> None:
    found = compare(read_runs(folders), how=FEW)
    assert adapter("kgmed.comparison/1").validate_json(to_json(found)) == found
    title = "The same items asked otherwise"
    assert title in [table.title for table in tables(found)]
    assert f"## {title}" in markdown(tables(found))
    written = page(found)
    assert f"<h2>{title}</h2>" in written
    assert "Item 0, asked typo?" in written
    lost, won = drop_item_tables(found)
    assert lost.title == "plain and typo (typo): right only in plain"
    assert (len(lost.rows), len(won.rows)) == (6, 1)
    command = [sys.executable, "-m", "kgmed.cli", "evaluate", "compare", *map(str, folders),
               "--resamples", "200"]  # fmt: skip
    done = subprocess.run([*command, "--items"], capture_output=True, check=True)
    out = done.stdout.decode()
    assert out.startswith("1 run, 40 items of exam")
    assert "\nplain → typo\ttypo\t40\t0\t75.0% [" in out
    assert "right only in plain\nitem\tquestion\tright\tplain\ttypo\n0\tItem 0, asked typo?" in out
    plain = subprocess.run([*command, "--json"], capture_output=True, check=True)
    assert [drop["change"] for drop in json.loads(plain.stdout)["drops"]] == ["typo", "brand"]
