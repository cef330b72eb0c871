"""Models that run in this process, behind the same connection as an endpoint."""

from __future__ import annotations

import asyncio
import json

import pytest

from kgmed.kg.errors import LanguageModelError
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.settings import LMSettings
from kgmed.reasoning.lm.usage import Meter

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import LanguageModel, connect  # noqa: E402
from kgmed.reasoning.lm.local import AsyncLocal, CompletionEngine, Local  # noqa: E402


class Echo:
    """A completion that gives back what it was asked, or fails."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def __call__(self, request: Request, /) -> str:
        self.asked.append(request)
        if "too much" in request.user:
            raise LanguageModelError("The prompt is too long. Ask for less.")
        if request.schema is not None:
            return json.dumps(dict.fromkeys(request.schema["properties"], "so"))
        return request.user


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def model(echo: Echo) -> LanguageModel:
    settings, meter = LMSettings("embedded"), Meter()
    engine = Local(CompletionEngine(echo), settings, meter)
    return LanguageModel(settings, (engine, AsyncLocal(engine)), meter)


def test_a_program_runs_on_a_completion_with_its_schema_and_is_counted(
    model: LanguageModel, echo: Echo
) -> None:
    program = dspy.ChainOfThought("question -> answer")
    with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
        assert program(question="Why?").answer == "so"

        async def many() -> list[str]:
            return [one.answer for one in await asyncio.gather(
                *(program.acall(question=f"{n}?") for n in range(5))
            )]  # fmt: skip

        assert asyncio.run(many()) == ["so"] * 5
    assert (model.usage.calls, model.usage.completion_tokens > 0) == (6, True)
    asked = echo.asked[0]
    assert "Why?" in asked.user
    assert asked.system
    assert asked.schema is not None
    assert list(asked.schema["properties"]) == ["reasoning", "answer"]


def test_examples_stand_before_the_question_in_one_prompt(model: LanguageModel, echo: Echo) -> None:
    program = dspy.Predict("question -> answer")
    program.demos = [dspy.Example(question="How?", answer="Thus.").with_inputs("question")]
    with dspy.context(lm=model.lm, adapter=dspy.JSONAdapter()):
        program(question="Why?")
    (asked,) = echo.asked
    assert asked.user.index("How?") < asked.user.index("Thus.") < asked.user.index("Why?")


def test_what_fails_is_told_in_its_own_words(model: LanguageModel) -> None:
    with pytest.raises(LanguageModelError, match="Ask for less"):
        model(Request("", "too much", None, "x"))
    with (
        dspy.context(lm=model.lm),
        pytest.raises(LanguageModelError, match="Ask for less"),
    ):
        dspy.Predict("question -> answer")(question="too much")


def test_the_embedded_engine_answers_from_evidence_without_a_server() -> None:
    pytest.importorskip("kgmed.reasoning.lm.engine")
    with connect(LMSettings("embedded")) as model:
        assert model.trusted
        text = model(Request(
            "", "[[ ## question ## ]]\nWhich drugs treat gout?\n\n[[ ## evidence ## ]]\n"
            "[1] Colchicine treats gout.\n\nJSON: `answer`", None, "answer",
        ))  # fmt: skip
        assert "Colchicine" in text
        assert model.usage.calls == 1
        assert dspy.LM.load_state(model.lm.dump_state(), allow_custom_lm_class=True)
