"""What LLaMA-Factory and OpenAI's fine-tuning read of a folder is what the messages say.

LLaMA-Factory 0.9 can't be installed beside current transformers; its keys are followed here as its
documentation tells them (https://llamafactory.readthedocs.io, data preparation). The rules of
OpenAI's files are those of its cookbook (chat fine-tuning data preparation).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import rows

pytest.importorskip("datasets", reason="needs datasets: pip install 'kgmed[train]'")

Turns = list[tuple[str, str]]
ROLES = {"human": "user", "gpt": "assistant"}


def turns(row: dict[str, Any], entry: dict[str, Any]) -> Turns:
    """A row's turns, by what an entry of dataset_info.json says of its columns."""
    columns = entry["columns"]
    system = row[columns["system"]] if "system" in columns else ""
    found: Turns = [("system", system)] if system else []
    if entry["formatting"] == "alpaca":
        asked = "\n".join(filter(None, (row[columns["prompt"]], row[columns["query"]])))
        for one in (*row[columns["history"]], (asked, row[columns["response"]])):
            found += zip(("user", "assistant"), one, strict=True)
        return found
    tags = {"role_tag": "from", "content_tag": "value", **entry.get("tags", {})}
    said = [(m[tags["role_tag"]], m[tags["content_tag"]]) for m in row[columns["messages"]]]
    return found + [(ROLES.get(role, role), text) for role, text in said]


def test_llama_factory_reads_the_same_turns_of_every_form(instructions: Path, load: Any) -> None:
    info = json.loads((instructions / "dataset_info.json").read_text(encoding="utf-8"))
    messages = load(instructions, "instructions")
    forms = set()
    for name, entry in info.items():
        assert (instructions / entry["script_url"]).resolve() == instructions.resolve()
        data = load(instructions / entry["script_url"], entry["subset"])[entry["split"]]
        assert name == f"{entry['subset']}_{entry['split']}"
        if "formatting" not in entry:
            assert set(entry["columns"].values()) <= set(data.column_names)
            continue
        forms.add(entry["formatting"])
        for row, wanted in zip(data, messages[entry["split"]], strict=True):
            said = [(m["role"], m["content"]) for m in wanted["messages"]]
            assert turns(row, entry) == said
            asked = [role for role, _text in said if role != "system"]
            assert asked == ["user", "assistant"] * (len(asked) // 2)
    assert forms == {"alpaca", "sharegpt"}
    assert len(info) == 10


def test_entries_stand_for_what_llama_factory_can_read(
    small: Any, load: Any, tmp_path: Path
) -> None:
    small.write_preferences(tmp_path / "out", processes=1)
    assert not (tmp_path / "out" / "dataset_info.json").exists()
    small.write_corpus(tmp_path / "out", tasks=("sentences",), processes=1)
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text(encoding="utf-8"))
    assert list(info) == ["sentences_train", "sentences_test"]
    assert info["sentences_train"]["columns"] == {"prompt": "text"}


def test_openai_takes_every_row(instructions: Path) -> None:
    found = rows(instructions, "instructions_openai")
    assert len(found) >= 10  # the least that it takes
    for row in found:
        assert set(row) == {"messages"}
        said = row["messages"]
        assert all(set(m) == {"role", "content"} for m in said)
        assert {m["role"] for m in said} <= {"system", "user", "assistant"}
        assert all(isinstance(m["content"], str) and m["content"].strip() for m in said)
        assert said[-1]["role"] == "assistant"
