"""Preference pairs over the open graph: chosen is stated, rejected isn't, and little else differs."""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kgmed import open_graph
from kgmed.facade import Graph
from kgmed.kg.errors import OutputError, UsageError

ROWS = 3_000


@pytest.fixture(scope="module")
def graph() -> Graph:
    return open_graph("kgmed:open")


@pytest.fixture(scope="module")
def written(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "out"
    made = graph.write_preferences(out, max_rows=ROWS, processes=1)
    assert made.complete
    return out


@pytest.fixture(scope="module")
def rows(written: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((written / "preferences").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def said(row: dict[str, Any], side: str) -> str:
    (message,) = row[side]
    assert message["role"] == "assistant"
    return str(message["content"])


def test_rows_are_pairs_in_the_form_that_trainers_take(rows: list[dict[str, Any]]) -> None:
    assert ROWS * 0.9 < len(rows) <= ROWS
    assert {row["task"] for row in rows} == {"statement", "overclaim"}
    assert {row["lang"] for row in rows} == {"en", "zh"}
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert [turn["role"] for turn in row["prompt"]] == ["user"]
        assert row["prompt"][0]["content"]
        assert said(row, "chosen") != said(row, "rejected")
        assert row["statements"]
        assert json.loads(row["extra"])["verdict"] in {"REFUTED", "UNSUPPORTED"}
    kinds = Counter(json.loads(row["extra"])["negative"] for row in rows)
    assert set(kinds) >= {"object", "class_mate", "co_occurrence", "swapped", "excluded_predicate"}


def test_chosen_is_what_the_graph_states_and_rejected_is_not(
    graph: Graph, rows: list[dict[str, Any]]
) -> None:
    read = agreed = 0
    for row in [r for r in rows if r["task"] == "statement"][::4]:
        chosen = graph.verify(said(row, "chosen"), lang=row["lang"]).claims
        rejected = graph.verify(said(row, "rejected"), lang=row["lang"]).claims
        if len(chosen) != 1 or len(rejected) != 1:
            continue
        read += 1
        agreed += chosen[0].verdict == "SUPPORTED" and rejected[0].verdict != "SUPPORTED"
    assert read > 250
    assert agreed / read >= 0.97


def test_a_corruption_is_minimal(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["task"] == "statement" and json.loads(row["extra"])["negative"] == "qualifier":
            matched = SequenceMatcher(None, said(row, "chosen"), said(row, "rejected"))
            assert matched.ratio() > 0.5, row


def test_what_isnt_listed_is_never_called_untrue(rows: list[dict[str, Any]]) -> None:
    asked = [row for row in rows if row["task"] == "overclaim"]
    assert asked
    for row in asked:
        verdict = json.loads(row["extra"])["verdict"]
        no = said(row, "chosen").startswith(("No.", "不是。"))
        assert no == (verdict == "REFUTED"), row
        assert said(row, "rejected").startswith(("Yes.", "是的。"))


def test_the_same_seed_gives_the_same_pairs_in_parquet_too(
    graph: Graph, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    graph.write_preferences(tmp_path / "p", max_rows=ROWS, files="parquet", processes=2)
    found = [
        row
        for path in sorted((tmp_path / "p/preferences").glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    assert {r["id"]: r["rejected"] for r in found} == {r["id"]: r["rejected"] for r in rows}


def test_the_card_names_the_config_and_a_run_with_other_settings_is_refused(
    graph: Graph, written: Path
) -> None:
    card = (written / "README.md").read_text(encoding="utf-8")
    assert "- config_name: preferences" in card
    assert "path: preferences/train-*" in card
    with pytest.raises(OutputError, match="max_rows"):
        graph.write_preferences(written, max_rows=10)
    with pytest.raises(UsageError, match="Found the task 'refusal', expected one of: statement"):
        graph.write_preferences(written.parent / "b", tasks=["refusal"])
