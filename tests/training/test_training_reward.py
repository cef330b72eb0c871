"""``kgmed.reward`` in TRL's GRPO as it is: a small model, made here, is asked questions of the open
graph and learns which answers it bears out.
"""

from __future__ import annotations

from pathlib import Path
from statistics import mean
from typing import Any

import pytest

import kgmed

torch = pytest.importorskip("torch", reason="needs torch: pip install torch, then 'kgmed[train]'")
transformers = pytest.importorskip("transformers")
trl = pytest.importorskip("trl")
datasets = pytest.importorskip("datasets")

ANSWERS = ("Yes.", "No.", "Unknown.", "Warfarin")
SPECIAL = ("<pad>", "<end>", "<user>", "<assistant>")
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}> {{ m['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
STEPS, SAMPLES = 20, 8


@pytest.fixture(scope="module")
def questions() -> list[str]:
    """Questions that the open graph answers with yes."""
    answer = kgmed.open_graph().ask("drug interactions of warfarin")
    return [f"Does warfarin interact with {item.name}?" for item in answer.items[:4]]


def words(questions: list[str]) -> Any:
    """A tokenizer that knows the words of the questions and answers, one token each."""
    tokenizers = pytest.importorskip("tokenizers")
    known = dict.fromkeys([*SPECIAL, *ANSWERS, *" ".join(questions).split()])
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(
        {word: n for n, word in enumerate(known)}, unk_token=SPECIAL[0]
    ))  # fmt: skip
    made.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token=SPECIAL[0], eos_token=SPECIAL[1]
    )
    fast.chat_template = TEMPLATE
    return fast


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_trl_trains_on_the_reward_as_it_is(questions: list[str], tmp_path: Path) -> None:
    torch.set_num_threads(1)  # it is too small for more, and tests run side by side
    torch.manual_seed(7)
    tokenizer = words(questions)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    ))  # fmt: skip
    asked = [{"prompt": [{"role": "user", "content": text}], "aside": "x"} for text in questions]
    arguments = trl.GRPOConfig(
        output_dir=str(tmp_path), max_steps=STEPS, per_device_train_batch_size=4 * SAMPLES,
        num_generations=SAMPLES, max_completion_length=1, learning_rate=5e-2, beta=0.0,
        lr_scheduler_type="constant",
        logging_steps=1, save_strategy="no", report_to="none", use_cpu=True, bf16=False,
        disable_tqdm=True, seed=7,
    )  # fmt: skip
    trainer = trl.GRPOTrainer(
        model=model, args=arguments, processing_class=tokenizer, reward_funcs=kgmed.reward,
        train_dataset=datasets.Dataset.from_list(asked * 4),
    )  # fmt: skip
    trainer.train()
    logged = [step for step in trainer.state.log_history if "reward" in step]
    assert len(logged) == STEPS
    rewards = [step["reward"] for step in logged]
    named = f"rewards/{kgmed.reward.__name__}/mean"
    assert [step[named] for step in logged] == pytest.approx(rewards)
    assert all(-1 <= value <= 1 for value in rewards)
    assert any(step["reward_std"] > 0 for step in logged)
    assert mean(rewards[-3:]) > mean(rewards[:3]) + 0.1, rewards
