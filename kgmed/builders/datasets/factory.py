"""``dataset_info.json``: what LLaMA-Factory reads of a dataset's folder.

Its keys are those of https://llamafactory.readthedocs.io, data preparation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgmed.builders.datasets.counted import Kind
from kgmed.builders.datasets.formats import MANY_FORMS
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


def dataset_info(kinds: Sequence[Kind]) -> dict[str, Any]:
    """The entries of LLaMA-Factory's ``dataset_info.json``, one per config and split.

    A ``script_url`` is what it hands to ``datasets.load_dataset`` with the config (``subset``) and
    split: here the folder itself, whose card says which files are whose.
    """
    found: dict[str, Any] = {}
    for kind in kinds:
        for config in kind.configs:
            if kind.name not in MANY_FORMS:
                entry: dict[str, Any] = {"columns": {"prompt": "text"}}
            else:
                entry = FORMS.get(config.removeprefix(kind.name).lstrip("_") or "messages",
                                     {"columns": {"prompt": "text"}})  # fmt: skip
            for split in SPLITS:
                if kind.files[config, split]:
                    name = f"{config}_{split}"
                    found[name] = {
                        "script_url": ".", "subset": config, "split": split, **entry
                    }  # fmt: skip
    return found
