"""``datasets.load_dataset`` opens every config of every kind by its card, as the card tells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import rows

import kgmed

datasets = pytest.importorskip(
    "datasets", reason="needs datasets: pip install 'kgmed[train]' (install torch first)"
)
yaml = pytest.importorskip("yaml")


def card(folder: Path) -> Mapping[str, Any]:
    header = (folder / "README.md").read_text(encoding="utf-8").split("---\n")[1]
    found: Mapping[str, Any] = yaml.safe_load(header)
    return found


def opened(folder: Path, load: Any) -> dict[str, Any]:
    """All configs of a folder, each compared with what the card says of it."""
    told = card(folder)
    configs = [config["config_name"] for config in told["configs"]]
    assert datasets.get_dataset_config_names(str(folder)) == configs
    found = {}
    for info in told["dataset_info"]:
        config = info["config_name"]
        loaded = load(folder, config)
        sizes = {split["name"]: split["num_examples"] for split in info["splits"]}
        assert {split: len(loaded[split]) for split in loaded} == sizes
        assert min(sizes.values()) > 0
        columns = [feature["name"] for feature in info["features"]]
        for split in loaded:
            assert loaded[split].column_names == columns
        found[config] = loaded
    assert list(found) == configs
    return found


def test_instructions_in_every_form_and_file_type(any_instructions: Path, load: Any) -> None:
    found = opened(any_instructions, load)
    assert len(found) == 5
    sizes = {config: {split: len(loaded[split]) for split in loaded}
             for config, loaded in found.items()}  # fmt: skip
    assert len({tuple(of.items()) for of in sizes.values()}) == 1
    messages = found["instructions"]["train"]
    text = datasets.Value("string")
    assert messages.features["messages"] == datasets.List({"role": text, "content": text})
    assert messages.features["statements"] == datasets.List(text)
    assert set(messages["split"]) == {"train"}
    assert set(found["instructions"]["test"]["split"]) == {"test"}
    assert found["instructions_openai"]["train"][0]["messages"] == messages[0]["messages"]


def test_what_is_loaded_is_what_was_written(instructions: Path, load: Any) -> None:
    loaded = load(instructions, "instructions")
    assert [*loaded["test"], *loaded["train"]] == rows(instructions)


@pytest.mark.parametrize("files", ["jsonl", "parquet", "txt"])
def test_corpora_of_every_file_type(
    small: kgmed.Graph, load: Any, files: str, tmp_path: Path
) -> None:
    small.write_corpus(
        tmp_path / "out", tasks=("sentences", "passages_one_hop"), files=files, processes=1
    )
    found = opened(tmp_path / "out", load)
    assert list(found) == ["sentences", "passages_one_hop"]
    assert all(text.strip() for text in found["sentences"]["train"]["text"])


def test_packed_texts(packed: Path, load: Any) -> None:
    (train,) = (loaded["train"] for loaded in opened(packed, load).values())
    ids = datasets.List(datasets.Value("int32"))
    assert (train.features["input_ids"], train.features["labels"]) == (ids, ids)
    assert {len(row["input_ids"]) for row in train} == {len(row["labels"]) for row in train}


def test_pairs_and_rationales_of_one_folder(small: kgmed.Graph, load: Any, tmp_path: Path) -> None:
    said = [{"question": "Which drug is used in disease \"000\"?", "answer": f"drug {n:03}"}
            for n in range(60)]  # fmt: skip
    lines = "".join(json.dumps(one) + "\n" for one in said)
    (tmp_path / "exam.jsonl").write_text(lines, encoding="utf-8")
    small.write_preferences(tmp_path / "out", processes=1)
    small.write_rationales(tmp_path / "exam.jsonl", tmp_path / "out")
    found = opened(tmp_path / "out", load)
    assert list(found) == ["preferences", "rationales"]
