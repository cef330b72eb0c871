"""``dataset_info.json`` describes what LLaMA-Factory reads of each kind, by its columns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import make_graph, run, run_corpus

from kgmed import open_graph
from kgmed.kg.errors import UsageError


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three kinds of datasets."""
    work = tmp_path_factory.mktemp("info")
    graph = make_graph(work / "graph")
    run(graph, work / "out", formats=("messages", "alpaca", "sharegpt", "chatml", "openai"))
    run_corpus(graph, work / "out", tasks=("sentences", "passages_one_hop"))
    open_graph(str(graph)).write_preferences(
        work / "out", formats=("messages", "alpaca"), processes=1
    )
    return work / "out"


def first(out: Path, entry: dict[str, Any]) -> dict[str, Any]:
    for path in sorted((out / entry["subset"]).glob(f"{entry['split']}-*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            return row
    raise AssertionError(entry)


def test_each_entry_names_columns_that_rows_have(out: Path) -> None:
    info = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    assert {"instructions_train", "instructions_sharegpt_test", "sentences_train",
            "passages_one_hop_train", "preferences_alpaca_train"} <= set(info)  # fmt: skip
    for entry in info.values():
        row = first(out, entry)
        assert set(entry["columns"].values()) <= set(row)
        if entry.get("formatting") == "sharegpt":
            messages = row[entry["columns"]["messages"]]
            tags = {"role_tag": "from", "content_tag": "value"} | entry.get("tags", {})
            assert set(messages[0]) == {tags["role_tag"], tags["content_tag"]}
        else:
            texts = [name for key, name in entry["columns"].items() if key != "history"]
            assert all(isinstance(row[name], str) for name in texts)


def test_pairs_are_ranked_where_answers_are_texts(out: Path) -> None:
    info = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    pairs = info["preferences_alpaca_train"]
    assert pairs["ranking"] is True
    row = first(out, pairs)
    assert row["chosen"] != row["rejected"]
    listed = first(out, {"subset": "preferences", "split": "train"})
    assert listed["id"] == row["id"]
    assert listed["prompt"] == [{"role": "user", "content": row["instruction"]}]
    assert listed["rejected"] == [{"role": "assistant", "content": row["rejected"]}]
    assert "preferences_train" not in info  # it reads no lists of messages there


def test_a_corpus_is_text_to_go_on_from(out: Path) -> None:
    info = json.loads((out / "dataset_info.json").read_text(encoding="utf-8"))
    assert info["sentences_train"]["columns"] == {"prompt": "text"}
    assert "formatting" not in info["sentences_train"]


def test_a_form_of_pairs_that_there_isnt_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the format 'sharegpt', expected one of: messages, alp"):
        open_graph(str(make_graph(tmp_path / "graph"))).write_preferences(
            tmp_path / "out", formats=["sharegpt"]
        )
