"""Makes a tiny chat model on the spot: a tokenizer, a Llama of 0.3 M parameters, a LoRA adapter.

Nothing is fetched. It runs in an environment that has torch, transformers and safetensors, which
the tests' own need not have:

    python tests/tiny_model.py make FOLDER [--seed N] [--no-template]
    python tests/tiny_model.py train FOLDER DATA.jsonl... [--seconds S] [--seed N] [--size N]
    python tests/tiny_model.py lora FOLDER MODEL [--seed N]

``make`` leaves the weights at random: what such a model writes is noise, in the form that a server
holds it to. ``train`` teaches one the rows of JSONL files by heart: ``messages`` as chat models
take them, as ``kgmed export instructions --format openai`` writes them. From a test, :func:`made`
runs this in the other environment, and keeps what it made under the digest of all that went in.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

SPECIAL = ("<|pad|>", "<|start|>", "<|end|>")
TEMPLATE = (
    "{% for m in messages %}<|start|>{{ m['role'] }}\n{{ m['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)
CONTEXT = 4096
"""Tokens that the model takes, its answer included."""
TEXTS = (
    "Aspirin treats headache and interacts with warfarin.",
    "Question: which drugs interact with warfarin? Answer: aspirin [1], fluconazole [2].",
    '{"reasoning": "because of statement [1]", "answer": "yes", "citations": [1, 2]}',
    "[[ ## question ## ]] [[ ## reasoning ## ]] [[ ## answer ## ]] [[ ## completed ## ]]",
    "华法林与阿司匹林有相互作用。",
)
VOCABULARY = {"make": 512, "train": 2048}


def made(python: str | Path, cache: Path, *arguments: str | Path) -> Path:
    """The folder that ``python tests/tiny_model.py arguments`` makes, its name left out of them; it
    is made once, and kept in ``cache`` under the digest of this file, the arguments and what is in
    the files that they name."""
    digest = sha256(Path(__file__).read_bytes())
    for argument in arguments:
        path = Path(argument)
        digest.update(path.read_bytes() if path.is_file() else str(argument).encode())
        digest.update(b"\0")
    folder = cache / f"{arguments[0]}-{digest.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    work = cache / f"{folder.name}.{os.getpid()}"
    command = [str(python), __file__, str(arguments[0]), str(work), *map(str, arguments[1:])]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    try:
        work.rename(folder)
    except OSError:  # another process was first
        assert folder.is_dir()
    return folder


def tokenizer(texts: Sequence[str], size: int, *, template: bool) -> Any:
    """A byte-level tokenizer of texts, with a chat template or without."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(SPECIAL), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator(texts, trainer)
    pad, start, end = SPECIAL
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=pad, bos_token=start, eos_token=end,
        model_max_length=CONTEXT,
    )  # fmt: skip
    if template:
        fast.chat_template = TEMPLATE
    return fast


def model(words: Any, *, layers: int, hidden: int, seed: int) -> Any:
    """A Llama with weights at random."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=hidden, intermediate_size=hidden * 11 // 4,
        num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=4,
        head_dim=hidden // 4, max_position_embeddings=CONTEXT, tie_word_embeddings=True,
        bos_token_id=words.bos_token_id, eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )  # fmt: skip
    return LlamaForCausalLM(config).to(torch.float32)


def make(folder: Path, *, seed: int, template: bool) -> None:
    """Write a model at random into a folder."""
    words = tokenizer(TEXTS * 50, VOCABULARY["make"], template=template)
    words.save_pretrained(folder)
    model(words, layers=2, hidden=128, seed=seed).save_pretrained(folder)


def train(folder: Path, files: Sequence[Path], *, seconds: float, seed: int, hidden: int) -> None:
    """Write a model that was taught the rows of files for a while."""
    import random

    import torch

    draw = random.Random(seed)
    rows = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
    chats = [row["messages"] for row in rows]
    texts = [turn["content"] for chat in chats for turn in chat]
    words = tokenizer([*texts, *TEXTS], VOCABULARY["train"], template=True)
    words.save_pretrained(folder)
    net = model(words, layers=3, hidden=hidden, seed=seed)
    examples = [one for chat in chats if (one := _example(words, chat)) is not None]
    rate, step, begun = 2e-3, 0, time.monotonic()
    steps = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.0)
    while (spent := time.monotonic() - begun) < seconds:
        for group in steps.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 50) * max(0.05, 1 - spent / seconds)
        chosen = [draw.choice(examples) for _ in range(8)]
        longest = max(len(ids) for ids, _ in chosen)
        ids = torch.tensor([i + [0] * (longest - len(i)) for i, _ in chosen])
        labels = torch.tensor([t + [-100] * (longest - len(t)) for _, t in chosen])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = net(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        steps.step()
        steps.zero_grad()
        step += 1
        if step % 100 == 0:
            print(f"step {step} loss {loss.item():.3f}", flush=True)
    print(f"{step} steps, {len(examples)} examples, last loss {loss.item():.3f}")
    net.save_pretrained(folder)


def _example(words: Any, chat: list[dict[str, str]]) -> tuple[list[int], list[int]] | None:
    """The tokens of a conversation that ends with an answer, and those of the answer alone."""
    if chat[-1]["role"] != "assistant":
        return None
    asked = words.apply_chat_template(chat[:-1], add_generation_prompt=True, tokenize=False)
    before = words(asked, add_special_tokens=False).input_ids
    answer = words(chat[-1]["content"] + SPECIAL[2], add_special_tokens=False).input_ids
    ids = (before + answer)[:CONTEXT]
    return ids, ([-100] * len(before) + answer)[:CONTEXT]


def lora(folder: Path, of: Path, *, seed: int) -> None:
    """Write a LoRA adapter at random for the model of a folder, in the shape that PEFT writes."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((of / "config.json").read_text())
    rank, hidden = 4, config["hidden_size"]
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for part in ("q_proj", "v_proj"):
            name = f"base_model.model.model.layers.{layer}.self_attn.{part}"
            for letter, shape in (("A", (rank, hidden)), ("B", (hidden, rank))):
                weight = torch.randn(shape, generator=generator)
                weights[f"{name}.lora_{letter}.weight"] = weight.contiguous()
    folder.mkdir(parents=True)
    save_file(weights, folder / "adapter_model.safetensors")
    described = {
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": rank, "lora_alpha": 8,
        "target_modules": ["q_proj", "v_proj"], "lora_dropout": 0.0, "bias": "none",
        "base_model_name_or_path": str(of), "inference_mode": True,
    }  # fmt: skip
    (folder / "adapter_config.json").write_text(json.dumps(described))


def main(arguments: Sequence[str]) -> None:
    """Read the command line, and make what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("make", "train", "lora"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--no-template", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.what == "make":
        make(asked.folder, seed=asked.seed, template=not asked.no_template)
    elif asked.what == "lora":
        lora(asked.folder, asked.files[0], seed=asked.seed)
    else:
        train(asked.folder, asked.files, seconds=asked.seconds, seed=asked.seed, hidden=asked.size)


if __name__ == "__main__":
    main(sys.argv[1:])
