"""Packing: contexts are full, none is too long, and each rests on the statements of its texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_runs import make_graph, rows, run_corpus

from kgmed.builders.datasets import prepare
from kgmed.builders.datasets.corpus import Corpus
from kgmed.kg.errors import UsageError

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

CONTEXT = 160


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("graph") / "graph")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "SMALLEST", 200)
    monkeypatch.setattr(prepare, "LARGEST", 200)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer of bytes, trained on the spot."""
    made = tokenizers.ByteLevelBPETokenizer()
    made.train_from_iterator(["Drug 001 treats disease. 药物001与药物002发生相互作用。"] * 9,
                             vocab_size=400, special_tokens=["<end>"])  # fmt: skip
    folder = tmp_path_factory.mktemp("tokenizer")
    special = {"eos_token": "<end>"}
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, **special)
    fast.save_pretrained(folder)
    return folder


def test_contexts_are_full_and_whole(graph: Path, tokenizer: Path, tmp_path: Path) -> None:
    run_corpus(graph, tmp_path / "packed", tasks=("sentences",),
               more={"pack": CONTEXT, "tokenizer": str(tokenizer)})  # fmt: skip
    run_corpus(graph, tmp_path / "plain", tasks=("sentences",))
    count = transformers.AutoTokenizer.from_pretrained(tokenizer)
    packed, plain = rows(tmp_path / "packed", "packed"), rows(tmp_path / "plain", "sentences")
    sizes = [len(count(row["text"], add_special_tokens=False)["input_ids"]) for row in packed]
    assert max(sizes) <= CONTEXT
    assert sorted(sizes)[len(sizes) // 2] > CONTEXT / 2
    assert all(f'"tokens": "{n}"' in row["extra"] for n, row in zip(sizes, packed, strict=True))
    pieces = [text for row in packed for text in row["text"].split("<end>")[:-1]]
    assert sorted(pieces) == sorted(row["text"] for row in plain)
    used = {id for row in packed for id in row["statements"]}
    assert used == {id for row in plain for id in row["statements"]}
    for row, n in zip(packed, sizes, strict=True):
        assert len(row["input_ids"]) == CONTEXT
        assert count.decode(row["input_ids"][:n]) == row["text"]
        assert row["labels"] == row["input_ids"][:n] + [-100] * (CONTEXT - n)
    split_of = {row["text"]: row["split"] for row in plain}
    for row in packed:
        assert {split_of[text] for text in row["text"].split("<end>")[:-1]} == {row["split"]}


def test_a_text_longer_than_a_context_is_cut_and_none_of_it_lost(
    graph: Path, tokenizer: Path, tmp_path: Path
) -> None:
    task = "passages_one_hop"
    run_corpus(graph, tmp_path / "packed", tasks=(task,), languages=("en",),
               more={"pack": 16, "tokenizer": str(tokenizer), "passage_tokens": 400})  # fmt: skip
    text = "".join(row["text"] for row in rows(tmp_path / "packed", "packed"))
    run_corpus(graph, tmp_path / "plain", tasks=(task,), languages=("en",),
               more={"passage_tokens": 400})  # fmt: skip
    assert len(text.replace("<end>", "")) >= sum(
        len(row["text"]) for row in rows(tmp_path / "plain", task)
    ) * 0.95  # fmt: skip
    for row in rows(tmp_path / "packed", "packed"):
        assert len(row["input_ids"]) == len(row["labels"]) == 16


def test_what_cant_be_packed_is_told(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="packing needs both"):
        Corpus(("sentences",), pack=64)
    with pytest.raises(UsageError, match="a context of 8 tokens"):
        Corpus(("sentences",), pack=8, tokenizer="x")
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="can't be loaded"):
        run_corpus(graph, tmp_path / "out", tasks=("sentences",),
                   more={"pack": 64, "tokenizer": str(tmp_path / "none")})  # fmt: skip
