"""Trains the loop's model: on packed text, from scratch or further, on instructions, on
preferences.

The trainers are those of transformers and TRL (https://huggingface.co/docs/trl), on the GPU where
there is one, in bfloat16.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing is fetched
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import torch
import transformers
import trl
from datasets import Dataset, load_dataset
from loop_data import END, PAD, START, preferred_pairs, taught_rows
from loop_sizes import Size

SPAN = 48
"""Tokens of a text of chance that is copied."""
GATHER = 16
"""Sequences that a device takes at once where a step has more."""


def pretrain(work: Path, size: Size, base: Path | None, *, seed: int) -> dict[str, Any]:
    """A model with weights at random, or that of ``base``, trained on the packed corpus."""
    transformers.set_seed(seed)
    words = transformers.AutoTokenizer.from_pretrained(work / "tokenizer")
    model = _model(words, size) if base is None else _read(base)
    if size.copied:
        _copy_first(model, work, size, seed=seed)
    files = sorted(map(str, (work / "packed").glob("packed/train-*.jsonl")))
    data = load_dataset("json", data_files=files, split="train", cache_dir=str(work / "cache"))
    data = data.select_columns(["input_ids", "labels"])
    if size.copied:
        end = words.convert_tokens_to_ids(END)
        data = Dataset.from_list([row for ids in data["input_ids"] for row in _twice(ids, end)])
    step_tokens = size.batch * size.context
    epoch = max(1, len(data) // size.batch)
    steps = min(epoch, max(1, size.pretrain // step_tokens)) if size.pretrain else epoch
    trainer = transformers.Trainer(
        model=model, train_dataset=data,
        args=transformers.TrainingArguments(**_arguments(work, size, seed, max_steps=steps)),
    )  # fmt: skip
    return _trained(trainer, words, work / "pretrained", steps * step_tokens)


def _copy_first(model: Any, work: Path, size: Size, *, seed: int) -> None:
    """Train a model on tokens of chance that stand twice, until it copies what it has seen."""
    chance = random.Random(seed)  # noqa: S311  texts of chance, no secret
    rows = []
    for _row in range(max(size.batch, size.copied // (2 * SPAN))):
        ids = [chance.randrange(3, model.config.vocab_size) for _place in range(SPAN)]
        rows.append({"input_ids": ids * 2, "labels": [-100] * SPAN + ids})
    given = _arguments(work, size, seed, num_train_epochs=1)
    arguments = transformers.TrainingArguments(**{**given, "lr_scheduler_type": "constant"})
    trainer = transformers.Trainer(
        model=model, train_dataset=Dataset.from_list(rows), args=arguments
    )
    _told(trainer).train()


def _twice(packed: Sequence[int], end: int) -> list[dict[str, list[int]]]:
    """Contexts of half a context's texts each, with the same texts again in the other order: what
    is seen is copied, so that a small model doesn't forget to."""
    texts: list[list[int]] = [[]]
    for token in packed:
        texts[-1].append(token)
        if token == end:
            texts.append([])
    half = len(packed) // 2
    rows: list[list[list[int]]] = [[]]
    for text in filter(None, texts):
        if sum(map(len, rows[-1])) + len(text) > half:
            rows.append([])
        rows[-1].append(text[:half])
    found = []
    for row in filter(None, rows):
        ids = [token for text in (*row, *reversed(row)) for token in text]
        ids += [end] * (2 * half - len(ids))
        found.append({"input_ids": ids, "labels": ids})
    return found


def _model(words: Any, size: Size) -> Any:
    """A Llama; or, with short convolutions in every other layer, an LFM2
    (https://huggingface.co/docs/transformers/model_doc/lfm2)."""
    same: dict[str, Any] = {
        "vocab_size": len(words), "hidden_size": size.hidden,
        "intermediate_size": size.hidden * 11 // 4, "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads, "num_key_value_heads": size.heads,
        "max_position_embeddings": size.context, "tie_word_embeddings": True,
        "bos_token_id": words.convert_tokens_to_ids(START),
        "eos_token_id": words.convert_tokens_to_ids(END),
        "pad_token_id": words.convert_tokens_to_ids(PAD),
    }  # fmt: skip
    if not size.copied:
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**same))
    kinds = ["conv" if layer % 2 == 0 else "full_attention" for layer in range(size.layers)]
    return transformers.Lfm2ForCausalLM(
        transformers.Lfm2Config(**same, layer_types=kinds, block_auto_adjust_ff_dim=False)
    )


def _read(folder: Path) -> Any:
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def instruct(work: Path, size: Size, *, seed: int) -> dict[str, Any]:
    """The pretrained model, trained on lessons and exported rows: only answers are learnt."""
    words = transformers.AutoTokenizer.from_pretrained(work / "pretrained")
    rows = [_tokens(words, row, size.context) for row in taught_rows(work, size, seed=seed)]
    arguments = transformers.TrainingArguments(
        **_arguments(work, size, seed, num_train_epochs=size.epochs),
        train_sampling_strategy="group_by_length",
    )
    trainer = transformers.Trainer(
        model=_read(work / "pretrained"), args=arguments, train_dataset=Dataset.from_list(rows),
        data_collator=transformers.DataCollatorForSeq2Seq(words),
    )  # fmt: skip
    tokens = sum(len(row["input_ids"]) for row in rows)
    found = _trained(trainer, words, work / "instructed", int(tokens * size.epochs))
    return {**found, "rows": len(rows)}


def _tokens(words: Any, row: Mapping[str, Any], most: int) -> dict[str, list[int]]:
    """A prompt with its completion as tokens, the prompt's not to be learnt."""
    asked = words.apply_chat_template(row["prompt"], add_generation_prompt=True, tokenize=False)
    before = words(asked, add_special_tokens=False).input_ids
    answer = words(
        row["completion"][0]["content"] + words.eos_token, add_special_tokens=False
    ).input_ids
    whole, labels = before + answer, [-100] * len(before) + answer
    return {"input_ids": whole[:most], "labels": labels[:most]}


def prefer(work: Path, size: Size, *, seed: int) -> dict[str, Any]:
    """The instructed model, trained on pairs of a chosen and a rejected answer (DPO)."""
    words = transformers.AutoTokenizer.from_pretrained(work / "instructed")
    pairs = preferred_pairs(work, size, seed=seed)
    arguments = trl.DPOConfig(
        **_arguments(work, size, seed, num_train_epochs=1, learning_rate=size.rate / 30),
        max_length=size.context,
    )
    trainer = trl.DPOTrainer(
        model=str(work / "instructed"), args=arguments, processing_class=words,
        train_dataset=Dataset.from_list(pairs),
    )  # fmt: skip
    data = trainer.train_dataset
    tokens = sum(
        2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"])
        for row in data
    )
    found = _trained(trainer, words, work / "preferred", tokens)
    margins = [one["rewards/accuracies"] for one in trainer.state.log_history
               if "rewards/accuracies" in one]  # fmt: skip
    return {**found, "pairs": len(pairs), "preferred": round(margins[-1], 3) if margins else None}


def _arguments(work: Path, size: Size, seed: int, **more: Any) -> dict[str, Any]:
    on_gpu = torch.cuda.is_available()
    each = size.batch if on_gpu else min(size.batch, GATHER)
    return {
        "output_dir": str(work / "training"), "per_device_train_batch_size": each,
        "gradient_accumulation_steps": max(1, size.batch // each), "learning_rate": size.rate,
        "lr_scheduler_type": "cosine", "warmup_steps": 0.05, "weight_decay": 0.01,
        "max_grad_norm": 1.0, "bf16": True, "use_cpu": not on_gpu,
        "logging_steps": 1 if size.most else 20, "save_strategy": "no", "report_to": "none",
        "disable_tqdm": True, "seed": seed,
        "gradient_checkpointing": False, **more,
    }  # fmt: skip


def _trained(trainer: Any, words: Any, folder: Path, tokens: int) -> dict[str, Any]:
    """Train and save; the loss before and after, and tokens a second."""
    begun = time.monotonic()
    _told(trainer).train()
    spent = time.monotonic() - begun
    trainer.save_model(str(folder))
    words.save_pretrained(folder)
    losses = _losses(trainer.state.log_history)
    return {
        "weights": sum(p.numel() for p in trainer.model.parameters()), "tokens": tokens,
        "seconds": round(spent, 1), "tokens_s": round(tokens / spent),
        "loss_before": losses[0] if losses else None, "loss": losses[-1] if losses else None,
    }  # fmt: skip


def _told(trainer: Any) -> Any:
    """A trainer that tells where it is on stderr, and prints nothing."""
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.add_callback(_Told())
    return trainer


class _Told(transformers.TrainerCallback):  # type: ignore[misc]
    """Tells where a training is, on stderr."""

    def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_more: Any) -> None:
        if logs and "loss" in logs:
            told = (
                f"  step {state.global_step} of {state.max_steps}: loss {float(logs['loss']):.3f}"
            )
            print(told, file=sys.stderr, flush=True)


def _losses(log: Sequence[Mapping[str, Any]]) -> list[float]:
    return [round(float(one["loss"]), 4) for one in log if "loss" in one]
