"""``dataset_info.json``: what LLaMA-Factory reads of a dataset's folder.

Its keys are those of https://llamafactory.readthedocs.io, data preparation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgmed.builders.datasets.counted import Kind
from kgmed.builders.datasets.formats import PREFERENCES, kind_and_form
from kgmed.builders.datasets.splits import SPLITS

INFO = "dataset_info.json"
_OPENAI_TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user",
                "assistant_tag": "assistant", "system_tag": "system"}  # fmt: skip
FORMS: dict[str, dict[str, Any]] = {
    "messages": {"formatting": "sharegpt", "columns": {"messages": "messages"},
                 "tags": _OPENAI_TAGS},
    "openai": {"formatting": "sharegpt", "columns": {"messages": "messages"},
               "tags": _OPENAI_TAGS},
    "alpaca": {"formatting": "alpaca",
               "columns": {"prompt": "instruction", "query": "input", "response": "output",
                           "system": "system", "history": "history"}},
    "sharegpt": {"formatting": "sharegpt",
                 "columns": {"messages": "conversations", "system": "system"}},
}  # fmt: skip
"""Form of instructions -> how it is described; other configs are a text."""
_PAIRS: dict[str, Any] = {
    "ranking": True, "formatting": "alpaca",
    "columns": {"prompt": "instruction", "query": "input", "chosen": "chosen",
                "rejected": "rejected", "system": "system", "history": "history"},
}  # fmt: skip
_TEXT: dict[str, Any] = {"columns": {"prompt": "text"}}


def dataset_info(kinds: Sequence[Kind]) -> dict[str, Any]:
    """The entries of LLaMA-Factory's ``dataset_info.json``, one per config and split that it reads:
    it takes a chosen and a rejected answer as texts, so pairs of messages have no entry.

    A ``script_url`` is what it hands to ``datasets.load_dataset`` with the config (``subset``) and
    split: here the folder itself, whose card says which files are whose.
    """
    found: dict[str, Any] = {}
    for kind in kinds:
        for config in kind.configs:
            entry = _entry(config)
            if entry is None:
                continue
            for split in SPLITS:
                if kind.files[config, split]:
                    name = f"{config}_{split}"
                    found[name] = {
                        "script_url": ".", "subset": config, "split": split, **entry
                    }  # fmt: skip
    return found


def _entry(config: str) -> dict[str, Any] | None:
    kind, form = kind_and_form(config)
    if kind == PREFERENCES:
        return _PAIRS if form == "alpaca" else None
    entry: dict[str, Any] = FORMS.get(form, _TEXT)
    return entry
