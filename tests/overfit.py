"""A tiny language model made and trained on the spot, until it knows a few answers by heart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")


def train(
    folder: Path, wanted: Sequence[tuple[Sequence[Mapping[str, str]], str]], *, steps: int = 400
) -> float:
    """Train a Llama of about 0.5 million parameters on (messages, answer) pairs and save it; the
    loss that is left. What all prompts share becomes a few tokens, so that they are short."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so little at a time that two threads wait for each other
    tokenizer = _tokenizer(wanted)
    rows = []
    for messages, answer in wanted:
        prompt = tokenizer.apply_chat_template(
            list(messages), add_generation_prompt=True, return_dict=True
        )["input_ids"]
        target = tokenizer(answer + SPECIAL[2], add_special_tokens=False)["input_ids"]
        rows.append((prompt + target, [-100] * len(prompt) + target))
    longest = max(len(ids) for ids, _labels in rows)
    inputs = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _labels in rows])
    labels = torch.tensor([own + [-100] * (longest - len(own)) for _ids, own in rows])
    config = LlamaConfig(  # heads of 32: vLLM on a CPU takes no smaller ones
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=1024,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    loss = torch.tensor(9.0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 4e-3 * min(1.0, (step + 1) / 20)
        loss = model(input_ids=inputs, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if loss.item() < 0.01:
            break
    torch.set_num_threads(threads)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return float(loss.item())


def _tokenizer(wanted: Sequence[tuple[Sequence[Mapping[str, str]], str]]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    texts = [text for messages, answer in wanted
             for text in (*(line for m in messages for line in m["content"].splitlines(True)),
                          answer)]  # fmt: skip
    made.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=1500, special_tokens=list(SPECIAL), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    ))  # fmt: skip
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token=SPECIAL[2], pad_token=SPECIAL[0], model_max_length=1024
    )
    fast.chat_template = TEMPLATE
    return fast
