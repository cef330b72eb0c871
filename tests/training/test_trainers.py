"""A small model, made here, trains on what is exported, with no step between: TRL's SFT and DPO,
and transformers' Trainer on packed text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="needs torch: pip install torch, then 'kgmed[train]'")
transformers = pytest.importorskip("transformers")
trl = pytest.importorskip("trl")
data_utils = pytest.importorskip("trl.data_utils")

pytestmark = pytest.mark.filterwarnings("ignore:.*gradient_checkpointing:FutureWarning")
STEPS = 20


@pytest.fixture
def model(tokenizer: Any) -> Any:
    """A Llama of some ten thousand weights."""
    torch.set_num_threads(1)  # it is too small for more, and tests run side by side
    torch.manual_seed(7)
    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


def options(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "output_dir": str(folder), "max_steps": STEPS, "per_device_train_batch_size": 8,
        "learning_rate": 1e-2, "lr_scheduler_type": "constant", "logging_steps": 1,
        "save_strategy": "no", "report_to": "none", "use_cpu": True, "disable_tqdm": True,
        "bf16": False, "seed": 7, **more,
    }  # fmt: skip


def losses(trainer: Any) -> list[float]:
    trainer.train()
    return [float(step["loss"]) for step in trainer.state.log_history if "loss" in step]


def falls(found: list[float]) -> None:
    assert len(found) == STEPS
    assert mean(found[-5:]) < 0.7 * found[0], found


@pytest.fixture
def saved(model: Any, tokenizer: Any, tmp_path: Path) -> str:
    """The model and its tokenizer in a folder, as those of a hub are."""
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def test_messages_as_they_are(instructions: Path, load: Any, saved: str, tmp_path: Path) -> None:
    data = load(instructions, "instructions")
    arguments = trl.SFTConfig(**options(tmp_path), max_length=256)
    trainer = trl.SFTTrainer(model=saved, args=arguments, train_dataset=data["train"])
    falls(losses(trainer))


@pytest.mark.parametrize("packing", [False, True])
def test_texts_as_they_are(
    instructions: Path, load: Any, saved: str, tmp_path: Path, *, packing: bool
) -> None:
    data = load(instructions, "instructions_chatml")
    more = {"packing": True, "packing_strategy": "wrapped"} if packing else {}
    arguments = trl.SFTConfig(**options(tmp_path), max_length=128, **more)
    trainer = trl.SFTTrainer(model=saved, args=arguments, train_dataset=data["train"])
    falls(losses(trainer))


def test_packed_text_as_it_is(packed: Path, load: Any, model: Any, tmp_path: Path) -> None:
    trainer = transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(**options(tmp_path)),
        train_dataset=load(packed, "packed")["train"],
    )
    falls(losses(trainer))


def test_what_fills_a_context_up_is_not_learnt(packed: Path, load: Any, model: Any) -> None:
    row = next(r for r in load(packed, "packed")["train"] if r["labels"][-1] == -100)
    size = row["labels"].index(-100)
    whole, cut = (
        model(input_ids=torch.tensor([row["input_ids"][:end]]),
              labels=torch.tensor([row["labels"][:end]])).loss.item()
        for end in (None, size)
    )  # fmt: skip
    assert whole == pytest.approx(cut, rel=1e-4)


def test_packed_text_by_trl(packed: Path, load: Any, saved: str, tmp_path: Path) -> None:
    data = load(packed, "packed")["train"]
    arguments = trl.SFTConfig(**options(tmp_path), max_length=None)
    trainer = trl.SFTTrainer(model=saved, args=arguments, train_dataset=data)
    assert len(trainer.train_dataset) == len(data)
    falls(losses(trainer))


def test_pairs_as_they_are(pairs: Path, load: Any, saved: str, tmp_path: Path) -> None:
    data = load(pairs, "preferences")
    arguments = trl.DPOConfig(**options(tmp_path), max_length=256)
    trainer = trl.DPOTrainer(model=saved, args=arguments, train_dataset=data["train"])
    falls(losses(trainer))
    margins = [step["rewards/margins"] for step in trainer.state.log_history
               if "rewards/margins" in step]  # fmt: skip
    assert mean(margins[-5:]) > mean(margins[:3])


def test_pairs_pass_trls_own_checks(pairs: Path, load: Any, tokenizer: Any) -> None:
    data = load(pairs, "preferences")["train"]
    for row in data:
        assert data_utils.is_conversational(row)
        prompt = {"prompt": row["prompt"]}
        whole = {side: row["prompt"] + row[side] for side in ("chosen", "rejected")}
        said = {side: row[side] for side in ("chosen", "rejected")}
        assert data_utils.maybe_extract_prompt({**prompt, **said}) == {**prompt, **said}
        assert data_utils.extract_prompt(whole) == {**prompt, **said}
        text = data_utils.apply_chat_template({**prompt, **said}, tokenizer)
        assert text["prompt"].endswith("<|im_start|>assistant\n")
        assert text["chosen"] != text["rejected"]


STRICT = (
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}"
    "{% else %}{% set rest = messages %}{% endif %}"
    "{% for message in rest %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant/user/assistant') }}{% endif %}"
    "{% endfor %}"
    "{% if rest[-1]['role'] != 'assistant' %}{{ raise_exception('no answer') }}{% endif %}ok"
)
"""What the templates of Llama 2, Mistral and Gemma refuse to render."""


@pytest.mark.parametrize("config", ["instructions", "instructions_openai"])
def test_chat_templates_render_messages(
    instructions: Path, load: Any, tokenizer: Any, config: str
) -> None:
    lengths = set()
    for row in load(instructions, config)["train"]:
        messages = row["messages"]
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        told = re.findall(r"<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>\n", text, re.DOTALL)
        assert told == [(m["role"], m["content"]) for m in messages]
        assert tokenizer.apply_chat_template(messages, chat_template=STRICT, tokenize=False) == "ok"
        lengths.add(len(messages))
    assert min(lengths) == 2
    assert max(lengths) >= 4  # dialogues


def test_a_template_that_refuses_a_wrong_order_does(tokenizer: Any) -> None:
    said = [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
    with pytest.raises(Exception, match="roles must alternate"):
        tokenizer.apply_chat_template(said, chat_template=STRICT, tokenize=False)


def test_chatml_is_what_the_chatml_template_renders(
    instructions: Path, load: Any, tokenizer: Any
) -> None:
    data: Mapping[str, Any] = load(instructions, "instructions")
    for row, text in zip(data["train"], load(instructions, "instructions_chatml")["train"]["text"],
                         strict=True):  # fmt: skip
        assert tokenizer.apply_chat_template(row["messages"], tokenize=False) == text
