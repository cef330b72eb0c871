"""Preference pairs: chosen is stated, rejected isn't, and little else differs."""

from __future__ import annotations

import json
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import dataset_runs
import pyarrow.parquet as pq
import pytest
from dataset_rows import block_of, context_for

from kgmed import open_graph
from kgmed.builders.datasets.model import Draft
from kgmed.builders.datasets.preferences import TASKS
from kgmed.facade import Graph
from kgmed.kg.errors import OutputError, UsageError
from kgmed.kg.model import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")


@pytest.fixture(scope="module")
def drafts(graph: Graph) -> list[Draft]:
    block, context = block_of(graph, some=250), context_for(graph)
    return [
        d for lang in LANGUAGES for task in TASKS.values() for d in task.make(block, lang, context)
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("preferences")
    return open_graph(str(dataset_runs.make_graph(folder / "graph")))


@pytest.fixture(scope="module")
def written(small: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "out"
    assert small.write_preferences(out, processes=1).complete
    return out


def lines(out: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((out / "preferences").glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_every_kind_of_corruption_makes_pairs_in_both_languages(drafts: list[Draft]) -> None:
    assert {(d.task, d.lang) for d in drafts} == {(t, lang) for t in TASKS for lang in LANGUAGES}
    kinds = Counter(d.extra["negative"] for d in drafts)
    assert set(kinds) == {
        "object", "class_mate", "co_occurrence", "swapped", "excluded_predicate", "qualifier",
    }  # fmt: skip
    for draft in drafts:
        assert [role for role, _ in draft.messages] == ["user", "assistant"]
        assert draft.rejected
        assert draft.rejected != draft.messages[1][1]
        assert draft.facts
        assert draft.extra["verdict"] in {"REFUTED", "UNSUPPORTED"}


def test_what_is_listed_with_other_details_is_no_overclaim(
    graph: Graph, drafts: list[Draft]
) -> None:
    """An interaction that has another severity is one all the same."""
    rejected = [(d.rejected, d.lang) for d in drafts if d.task == "overclaim"]
    read = [c for text, lang in rejected for c in graph.verify(text, lang=lang).claims]
    assert len(read) > 400
    assert not [c.claim.text for c in read if c.verdict == "SUPPORTED"]


def test_chosen_is_what_the_graph_states_and_rejected_is_not(
    graph: Graph, drafts: list[Draft]
) -> None:
    stated = [draft for draft in drafts if draft.task == "statement"]
    read = agreed = 0
    for draft in stated[:: max(1, len(stated) // 400)]:
        chosen = graph.verify(draft.messages[1][1], lang=draft.lang).claims
        rejected = graph.verify(draft.rejected, lang=draft.lang).claims
        if len(chosen) == len(rejected) == 1:
            read += 1
            agreed += chosen[0].verdict == "SUPPORTED" and rejected[0].verdict != "SUPPORTED"
    assert read > 350
    assert agreed / read >= 0.98


def test_the_two_answers_differ_in_what_was_changed_alone(drafts: list[Draft]) -> None:
    for draft in drafts:
        if draft.task == "statement" and draft.extra["negative"] == "qualifier":
            matched = SequenceMatcher(None, draft.messages[1][1], draft.rejected)
            assert matched.ratio() > 0.5, draft
        if draft.task == "statement" and draft.extra["negative"] in {"object", "class_mate"}:
            assert draft.messages[1][1].endswith(draft.rejected[-1])


def test_what_isnt_listed_is_never_called_untrue(drafts: list[Draft]) -> None:
    asked = [draft for draft in drafts if draft.task == "overclaim"]
    assert asked
    for draft in asked:
        no = draft.messages[1][1].startswith(("No.", "否。"))
        assert no == (draft.extra["verdict"] == "REFUTED"), draft
        assert draft.rejected.startswith(("Yes.", "是的。"))


def test_rows_are_in_the_form_that_trainers_take(written: Path) -> None:
    rows = lines(written)
    assert len({row["id"] for row in rows}) == len(rows) > 100
    for row in rows:
        for column, role in (
            ("prompt", "user"),
            ("chosen", "assistant"),
            ("rejected", "assistant"),
        ):
            assert [turn["role"] for turn in row[column]] == [role]
            assert all(turn["content"] for turn in row[column])
        assert row["statements"]
        assert set(json.loads(row["extra"])) == {"negative", "verdict"}
        assert row["split"] in {"train", "test"}


def test_the_same_rows_come_in_parquet_and_from_several_processes(
    small: Graph, written: Path, tmp_path: Path
) -> None:
    small.write_preferences(tmp_path / "p", files="parquet", processes=2)
    found = [
        row
        for path in sorted((tmp_path / "p/preferences").glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    assert {r["id"]: r["rejected"] for r in found} == {
        r["id"]: r["rejected"] for r in lines(written)
    }


def test_the_card_names_the_config_and_other_settings_are_refused(
    small: Graph, written: Path
) -> None:
    card = (written / "README.md").read_text(encoding="utf-8")
    assert "- config_name: preferences" in card
    assert "path: preferences/train-*" in card
    with pytest.raises(OutputError, match="max_rows"):
        small.write_preferences(written, max_rows=10)
    with pytest.raises(UsageError, match="Found the task 'refusal', expected one of: statement"):
        small.write_preferences(written.parent / "b", tasks=["refusal"])
    forecast = small.forecast_preferences(processes=1)
    assert 0.5 * len(lines(written)) < forecast.total < 2 * len(lines(written))
