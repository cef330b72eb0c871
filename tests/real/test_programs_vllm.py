"""Every program on a real vLLM whose tiny model has random weights: what it says is valid, made up,
and checked as such."""

from __future__ import annotations

import pytest
from vllm_server import Running

from kgmed.facade import Graph
from kgmed.facade.how import LM_PROGRAMS
from kgmed.reasoning.lm.connect import connect
from kgmed.reasoning.lm.settings import LMSettings

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")
pytestmark = pytest.mark.real

QUESTIONS = (
    ("What does warfarin inhibit?", ()),
    ("Does warfarin interact with amiodarone?", ()),
    ("Which drug treats gout?", ("metformin", "allopurinol")),
    ("哪种药物治疗痛风？", ("二甲双胍", "别嘌醇")),
)


@pytest.mark.parametrize("program", LM_PROGRAMS)
@pytest.mark.parametrize(("question", "options"), QUESTIONS)
def test_what_random_weights_say_is_read_and_never_borne_out_by_chance(
    graph: Graph, vllm: Running, program: str, question: str, options: tuple[str, ...]
) -> None:
    settings = LMSettings(vllm.name, vllm.url, max_tokens=2600, temperature=1.0, seed=1)
    module = graph.program(
        program, budget=60, **({"samples": 3} if program.startswith("s") else {})
    )
    with connect(settings) as model:
        assert model.trusted
        answer = graph.ask(question, program=module, lm=model, options=options)
    assert answer.usage["calls"] >= 1
    assert answer.usage["completion_tokens"] > 0
    assert answer.reason in {None, "no_evidence"}, answer.text
    assert [e for e in answer.trace if e["kind"] == "unread"] == []
    if options and not answer.abstained:
        assert answer.value in options
    if answer.form == "yes_no":
        assert answer.value is None  # no claim of a random text is borne out
    if program == "constrained" and not options:
        assert all(item.statements for item in answer.items)
