"""What kgmed needs of vLLM, on a real one: a tiny model with weights at random, on the CPU.

What such a model writes is noise; its form is the server's doing, and that is what is tested.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from vllm_server import CONTEXT, Running

from kgmed.cli import main
from kgmed.kg.errors import LanguageModelError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.check import check
from kgmed.reasoning.lm.many import answers
from kgmed.reasoning.lm.served import ask
from kgmed.reasoning.lm.settings import LMSettings

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import LanguageModel, connect  # noqa: E402
from kgmed.reasoning.lm.failures import ContextOverflow  # noqa: E402

pytestmark = pytest.mark.real
SCHEMA = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string", "maxLength": 60},
        "answer": {"type": "string", "enum": ["yes", "no", "maybe"]},
        "citations": {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": 30},
            "maxItems": 4,
        },
    },
    "required": ["reasoning", "answer", "citations"],
    "additionalProperties": False,
}
HI = Request("Answer.", "Does aspirin interact with warfarin?", None, "answer", max_tokens=24)
FORMED = replace(HI, schema=SCHEMA, max_tokens=400, temperature=1.0)


@pytest.fixture
def model(vllm: Running) -> Iterator[LanguageModel]:
    with connect(LMSettings(vllm.name, vllm.url)) as found:
        yield found


def is_formed(text: str) -> bool:
    """Whether a text is JSON of :data:`SCHEMA`, to the letter."""
    found = json.loads(text)
    cited = found["citations"]
    return (
        list(found) == ["reasoning", "answer", "citations"]
        and len(found["reasoning"]) <= 60
        and found["answer"] in {"yes", "no", "maybe"}
        and len(cited) <= 4
        and all(type(n) is int and 1 <= n <= 30 for n in cited)
    )


def test_five_hundred_answers_of_a_random_model_are_all_of_the_schema(vllm: Running) -> None:
    with connect(LMSettings(vllm.name, vllm.url, concurrency=16)) as model:
        asked = [replace(FORMED, user=f"Question {n}?", seed=n) for n in range(500)]
        texts = list(answers(model, asked, concurrency=16))
        assert model.usage.calls == 500
    assert [text for text in texts if not is_formed(text)] == []
    assert len(set(texts)) > 450, "they aren't one answer"


def test_a_dspy_program_gets_its_fields_side_by_side(model: LanguageModel) -> None:
    program = dspy.Predict("question -> answer: bool, score: int")

    async def many() -> list[Any]:
        return await asyncio.gather(*(program.acall(question=f"Q{n}?") for n in range(12)))

    with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
        found = asyncio.run(many())
    assert {(type(one.answer), type(one.score)) for one in found} == {(bool, int)}


def test_choice_regex_and_grammar_bind_the_model(model: LanguageModel) -> None:
    drugs = ["warfarin", "acetylsalicylic acid", "华法林"]
    grammar = 'root ::= drug (", " drug)?\ndrug ::= "aspirin" | "warfarin"'
    for seed in range(5):
        sampled = {"temperature": 1.0, "seed": seed}
        (chosen,) = model.structured(choice=drugs)("Which?", **sampled)
        assert chosen in drugs
        (matched,) = model.structured(regex="[A-D]{3}")("Which?", **sampled)
        assert len(matched) == 3
        assert set(matched) <= set("ABCD")
        (built,) = model.structured(grammar=grammar)("Which?", **sampled)
        assert set(built.split(", ")) <= {"aspirin", "warfarin"}


def test_a_seed_repeats_an_answer_and_another_gives_another(model: LanguageModel) -> None:
    sampled = replace(HI, temperature=1.0, seed=7)
    assert model(sampled) == model(sampled)
    assert len({model(replace(sampled, sample=n)) for n in range(4)}) == 4
    assert model(HI) == model(HI), "without a temperature it is the likeliest"


def test_several_samples_come_of_one_request(vllm: Running) -> None:
    body = {"model": vllm.name, "messages": HI.messages, "n": 5, "temperature": 1.0,
            "max_tokens": 8}  # fmt: skip
    reply = ask(f"{vllm.url}/chat/completions", send=body)
    assert len({one["message"]["content"] for one in reply.body["choices"]}) == 5


def test_log_probabilities_come_with_the_answer(model: LanguageModel) -> None:
    (told,) = model.lm("Well?", logprobs=True, max_tokens=4)
    assert len(told["logprobs"]["content"]) == 4
    assert all(token["logprob"] <= 0 for token in told["logprobs"]["content"])


def test_an_answer_is_streamed_as_it_is_written(model: LanguageModel) -> None:
    async def shown() -> list[Any]:
        with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
            stream = dspy.streamify(dspy.Predict("question -> sure: bool, count: int"))
            return [part async for part in stream(question="Well?")]

    parts = asyncio.run(shown())
    assert isinstance(parts[-1], dspy.Prediction)
    assert isinstance(parts[-1].sure, bool)
    assert len(parts) > 3
    assert model.usage.completion_tokens > 3


def test_an_adapter_is_a_model_of_its_own(vllm: Running, model: LanguageModel) -> None:
    with connect(LMSettings(vllm.adapter, vllm.url)) as adapted:
        assert adapted(HI) != model(HI)
        assert is_formed(adapted(FORMED))


def test_a_prompts_beginning_is_computed_once(model: LanguageModel) -> None:
    evidence = " ".join(f"[{n}] Aspirin interacts with warfarin." for n in range(40))
    model(replace(HI, user=f"{evidence}\nFirst question?"))
    assert model.usage.cached_tokens == 0
    with model.counting() as usage:
        model(replace(HI, user=f"{evidence}\nSecond question?"))
    assert usage.cached_tokens > usage.prompt_tokens / 2


def test_tokens_are_counted_as_the_server_counts_them(vllm: Running, model: LanguageModel) -> None:
    root = vllm.url.removesuffix("/v1")
    body = {"model": vllm.name, "messages": HI.messages}
    counted = ask(f"{root}/tokenize", send=body).body["count"]
    model(HI)
    assert model.usage.as_dict()["prompt_tokens"] == counted
    assert 0 < model.usage.completion_tokens <= 24


def test_bad_requests_are_told_in_kgmeds_words(vllm: Running, model: LanguageModel) -> None:
    with pytest.raises(ContextOverflow, match="--max-model-len"):
        model(replace(HI, user="warfarin " * (CONTEXT + 100)))
    with pytest.raises(ContextOverflow, match="--max-model-len"):
        model(replace(HI, max_tokens=CONTEXT * 2))
    assert model.usage.retries == 0
    with (
        connect(LMSettings("nobody", vllm.url)) as missing,
        pytest.raises(LanguageModelError, match=f"It serves: {vllm.name}"),
    ):
        missing(HI)


def test_the_check_finds_all_of_it(
    vllm: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = check(LMSettings(vllm.name, vllm.url))
    assert {one.name: one.ok for one in found.findings if one.ok is not True} == {}
    assert (found.ok, found.trusted, found.context_tokens) == (True, True, CONTEXT)
    words = ["kgmed", "lm", "check", "--lm", vllm.name, "--api-base", vllm.url]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    assert "It can be used." in capsys.readouterr().out


def test_what_was_asked_meanwhile_comes_of_no_other_question(model: LanguageModel) -> None:
    """Each of many requests under way gets its own answer."""
    choices = [f"answer {n}" for n in range(24)]

    def one(choice: str) -> str:
        (text,) = model.structured(choice=[choice])("Which?")
        return str(text)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(one, choices)) == choices
