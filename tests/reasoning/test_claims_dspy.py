"""DSPy's language models and modules complete prompts, where DSPy is installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from scripted import answer, claim

from kgmed.facade import Graph
from kgmed.kg.errors import LanguageModelError, MissingExtra, UsageError
from kgmed.reasoning.claims.decompose import Decomposer, claims_signature
from kgmed.reasoning.lm.dspy_lm import DspyCompletion

TEXT = "Imatinib shuts down ABL1."
SHUTS = claim("Imatinib shuts down ABL1", "Imatinib", "inhibits", "ABL1")


def test_without_dspy_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dspy", None)
    for wants in (lambda: DspyCompletion(None), claims_signature):  # type: ignore[arg-type]
        with pytest.raises(MissingExtra, match=r"kgmed\[llm\]"):
            wants()


@pytest.fixture
def dspy() -> Any:
    return pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")


class Engine:
    """What answers in place of a server, as a DSPy 3.4 engine; it keeps what it was asked."""

    def __init__(self, text: str | Exception) -> None:
        self.text = text
        self.asked: list[Any] = []

    def complete(self, request: Any) -> Any:
        from dspy import lm15

        self.asked.append(request)
        if isinstance(self.text, Exception):
            raise self.text
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop",
            message=lm15.Message.assistant([lm15.TextPart(self.text)]),
            usage=lm15.Usage(input_tokens=1, output_tokens=1, total_tokens=2),
        )  # fmt: skip

    def stream(self, request: Any) -> Any:
        from dspy import lm15

        return lm15.response_to_events(self.complete(request))

    def close(self) -> None:
        pass

    def dump_state(self) -> dict[str, Any]:
        return {}


def test_an_lm_is_sent_the_prompt_and_the_strict_schema(dspy: Any, graph: Graph) -> None:
    engine = Engine(answer(SHUTS))
    model = DspyCompletion(dspy.LM("scripted/one", engine=engine, cache=False))
    found = graph.verify(TEXT, extractor=Decomposer(model, max_tokens=321))
    assert [checked.verdict for checked in found.claims] == ["SUPPORTED"]
    (asked,) = engine.asked
    assert TEXT in asked.messages[-1].text
    assert "JSON" in asked.system
    assert asked.config.max_tokens == 321
    form = asked.config.response_format
    assert (form["type"], form["strict"]) == ("json_schema", True)
    assert "inhibits" in form["schema"]["$defs"]["Said"]["properties"]["predicate"]["enum"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_module_of_the_signature_completes(dspy: Any, graph: Graph, lang: Any) -> None:
    engine = Engine(answer(SHUTS))
    program = dspy.Predict(claims_signature(lang))
    with dspy.context(
        lm=dspy.LM("scripted/one", engine=engine, cache=False), adapter=dspy.JSONAdapter()
    ):
        found = graph.verify(TEXT, lang=lang, extractor=Decomposer(DspyCompletion(program)))
    assert [checked.verdict for checked in found.claims] == ["SUPPORTED"]
    assert TEXT in engine.asked[0].messages[-1].text
    assert "inhibits" in engine.asked[0].messages[-1].text


def test_an_output_that_dspy_cannot_parse_is_read_as_far_as_it_goes(
    dspy: Any, graph: Graph
) -> None:
    engine = Engine(answer(SHUTS, {"quote": "Imatinib"}))
    program = dspy.Predict(claims_signature())
    with dspy.context(
        lm=dspy.LM("scripted/one", engine=engine, cache=False), adapter=dspy.JSONAdapter()
    ):
        found = graph.verify(TEXT, extractor=Decomposer(DspyCompletion(program)))
    assert [checked.verdict for checked in found.claims] == ["SUPPORTED"]
    assert [one.reason for one in found.skipped] == ["not as asked for"]


def test_an_lm_that_fails_is_a_clear_error(dspy: Any, graph: Graph) -> None:
    engine = Engine(RuntimeError("no such model"))
    model = DspyCompletion(dspy.LM("scripted/one", engine=engine, cache=False, num_retries=0))
    with pytest.raises(LanguageModelError, match="gave no answer"):
        graph.verify(TEXT, extractor=Decomposer(model))


def test_what_is_no_lm_and_no_module_is_refused(dspy: Any) -> None:
    with pytest.raises(UsageError, match=r"Found str, expected a dspy\.LM"):
        DspyCompletion("openai/gpt")  # type: ignore[arg-type]
