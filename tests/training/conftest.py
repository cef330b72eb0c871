"""Datasets of a small graph in every form, as a trainer finds them; nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import make_graph

os.environ["HF_HUB_OFFLINE"] = "1"  # before Hugging Face's packages are imported: they read it then
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import kgmed

FORMATS = ("messages", "alpaca", "sharegpt", "chatml", "openai")
Load = Callable[[Path, str], Any]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> kgmed.Graph:
    """A graph of a hundred concepts."""
    return kgmed.open_graph(make_graph(tmp_path_factory.mktemp("graph") / "graph"))


@pytest.fixture(scope="session")
def instructions(small: kgmed.Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("messages") / "out"
    small.write_instructions(out, formats=FORMATS, processes=1)
    return out


@pytest.fixture(scope="session", params=["jsonl", "parquet"])
def any_instructions(
    small: kgmed.Graph, instructions: Path, tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:  # fmt: skip
    if request.param == "jsonl":
        return instructions
    out = tmp_path_factory.mktemp("parquet") / "out"
    small.write_instructions(out, formats=FORMATS, files=request.param, processes=1)
    return out


@pytest.fixture(scope="session")
def pairs(small: kgmed.Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "out"
    small.write_preferences(out, processes=1)
    return out


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """``datasets.load_dataset`` of a config of a folder."""
    datasets = pytest.importorskip("datasets", reason="needs datasets: pip install 'kgmed[train]'")
    cache = tmp_path_factory.mktemp("cache")
    datasets.disable_progress_bars()

    def loaded(folder: Path, config: str) -> Any:
        return datasets.load_dataset(str(folder), config, cache_dir=str(cache))

    return loaded


CHAT = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The ChatML template."""


@pytest.fixture(scope="session")
def tokenizer_folder(
    instructions: Path, load: Load, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A tokenizer of bytes trained on the exported texts, with a chat template."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    texts = load(instructions, "instructions_chatml")["train"]["text"]
    made = tokenizers.ByteLevelBPETokenizer()
    special = ["<|end|>", "<|im_start|>", "<|im_end|>"]
    made.train_from_iterator(texts, vocab_size=800, special_tokens=special, show_progress=False)
    named = {"eos_token": "<|end|>", "pad_token": "<|im_end|>"}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, **named)
    fast.chat_template = CHAT
    folder = tmp_path_factory.mktemp("tokenizer")
    fast.save_pretrained(folder)
    return folder


@pytest.fixture
def tokenizer(tokenizer_folder: Path) -> Any:
    import transformers

    return transformers.AutoTokenizer.from_pretrained(tokenizer_folder)


CONTEXT = 96


@pytest.fixture(scope="session", params=["jsonl", "parquet"])
def packed(
    small: kgmed.Graph, tokenizer_folder: Path, tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:  # fmt: skip
    """A corpus packed to contexts."""
    out = tmp_path_factory.mktemp("packed") / "out"
    small.write_corpus(
        out, pack=CONTEXT, tokenizer=str(tokenizer_folder), files=request.param, processes=1
    )
    return out
