"""Verify and revise: refuted claims never reach the answer, the loop ends, the trace shows it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

import dspy
from dspy import lm15

from kgmed.reasoning.evidence import Gatherer
from kgmed.reasoning.lm.adapter import CompactAdapter
from kgmed.reasoning.programs.predict import Predict
from kgmed.reasoning.programs.revise import VerifyAndRevise
from kgmed.reasoning.programs.self_consistency import SelfConsistency

PAIR = "Does warfarin interact with amiodarone?"
PAIR_ZH = "华法林与胺碘酮有相互作用吗？"
FALSE = "Warfarin does not interact with amiodarone [1]."
TRUE = "Warfarin interacts with amiodarone [1]."
Said = dict[str, Any]


def said(answer: str, verdict: str = "yes", **more: Any) -> Said:
    return {"answerable": True, "steps": [], "verdict": verdict, "answer": answer,
            "citations": [1], **more}  # fmt: skip


class Scripted:
    """A model that says what it was told to, the last for ever."""

    name = "scripted"

    def __init__(self, *told: Said) -> None:
        self.told, self.asked = list(told), list[str]()

    def complete(self, request: lm15.Request) -> lm15.Response:
        self.asked.append(str(request.messages[-1].text))
        told = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        message = lm15.Message.assistant([lm15.TextPart(json.dumps(told))])
        usage = lm15.Usage(input_tokens=1, output_tokens=1, total_tokens=2)
        return lm15.Response(
            id=None, model=request.model, finish_reason="stop", message=message, usage=usage
        )

    def stream(self, request: lm15.Request) -> Any:
        return lm15.response_to_events(self.complete(request))

    def close(self) -> None: ...

    def dump_state(self) -> dict[str, Any]:
        return {}


Asks = Callable[..., tuple[dspy.Prediction, Scripted]]


@pytest.fixture(scope="module")
def asks(graph: Graph) -> Asks:
    gatherer = Gatherer(graph.store, graph.registry)

    def ask(*told: Said, question: str = PAIR, program: Any = None, **more: Any) -> Any:
        engine = Scripted(*told)
        revised = VerifyAndRevise(
            gatherer, graph.verify, program=program and program(gatherer, graph.verify), **more
        )
        lm = dspy.LM("scripted", engine=engine, cache=False)
        with dspy.context(lm=lm, adapter=CompactAdapter()):
            return revised(question=question), engine

    return ask


def rounds(found: dspy.Prediction) -> list[dict[str, Any]]:
    return [entry for entry in found.trace if entry["kind"] == "round"]


def refuted(graph: Graph, text: str) -> bool:
    return any(checked.verdict == "REFUTED" for checked in graph.verify(text).claims)


def test_a_true_answer_is_left_alone(asks: Asks) -> None:
    found, engine = asks(said(TRUE))
    assert (found.answer, found.label, found.rounds, found.answerable) == (TRUE, "yes", 0, True)
    assert len(engine.asked) == 1


def test_a_refuted_claim_is_sent_back_with_its_proof(asks: Asks) -> None:
    found, engine = asks(said(FALSE, "no"), said(TRUE))
    assert (found.answer, found.label, found.rounds) == (TRUE, "yes", 1)
    assert len(engine.asked) == 2
    assert "is refuted" in engine.asked[1]
    assert "Amiodarone interacts with Warfarin (severity: critical)" in engine.asked[1]
    first, second = rounds(found)
    assert [claim["verdict"] for claim in first["claims"]] == ["REFUTED"]
    assert len(first["objections"]) == 1
    assert [claim["verdict"] for claim in second["claims"]] == ["SUPPORTED"]
    assert second["objections"] == []


@pytest.mark.parametrize("most", [0, 1, 2, 4])
def test_a_model_that_insists_has_no_answer(graph: Graph, asks: Asks, most: int) -> None:
    answers = [said(f"{FALSE} It is said {n} times.", "no") for n in range(9)]
    found, engine = asks(*answers, rounds=most)
    assert len(engine.asked) == most + 1
    assert not refuted(graph, found.answer)
    assert found.label != "no"


def test_saying_the_same_again_ends_the_rounds(asks: Asks) -> None:
    found, engine = asks(said(FALSE, "no"), rounds=5)
    assert len(engine.asked) == 2
    assert (found.answer, found.answerable, found.failed) == ("", False, "refuted")


def test_what_is_true_beside_a_refuted_claim_is_kept_with_its_citation(asks: Asks) -> None:
    mixed = said(
        "Warfarin does not interact with amiodarone [1], and it treats thrombosis. "
        "Warfarin treats gout.",
    )
    found, _engine = asks(mixed, rounds=0)
    assert "treats thrombosis [" in found.answer
    assert "Warfarin treats gout [not confirmed by the graph]." in found.answer
    assert (found.removed, found.marked) == (1, 1)
    assert found.trace[-1]["kind"] == "cleaned"
    found, _engine = asks(mixed, rounds=0, unsupported="remove")
    assert "gout" not in found.answer


def test_a_bare_no_is_a_claim_too(asks: Asks) -> None:
    found, engine = asks(said("See the evidence [1].", "no"), said(TRUE))
    assert len(engine.asked) == 2
    assert found.label == "yes"
    found, _engine = asks(said("See the evidence [1].", "no"), rounds=0)
    assert found.label == "maybe"


def test_chinese_is_objected_to_in_chinese(asks: Asks) -> None:
    false = said("华法林与胺碘酮没有相互作用［1］。", "no")
    found, engine = asks(false, said("华法林与胺碘酮存在相互作用［1］。"), question=PAIR_ZH)
    assert "与图谱相悖" in engine.asked[1]
    assert found.answer == "华法林与胺碘酮存在相互作用［1］。"


def test_a_model_that_gives_up_is_let(asks: Asks) -> None:
    found, engine = asks(said("Nothing is listed.", "maybe", answerable=False))
    assert (found.answerable, len(engine.asked)) == (False, 1)


def test_an_answer_that_cannot_be_read_keeps_the_draft_without_what_is_refuted(
    graph: Graph, asks: Asks
) -> None:
    found, _engine = asks(said(f"{FALSE} Warfarin treats thrombosis [1].", "no"), {"nonsense": 1})
    assert "treats thrombosis" in found.answer
    assert not refuted(graph, found.answer)


@pytest.mark.parametrize("program", [Predict, SelfConsistency])
def test_it_goes_around_any_program(asks: Asks, program: Any) -> None:
    samples = 5 if program is SelfConsistency else 1
    found, engine = asks(*[said(FALSE, "no")] * samples, said(TRUE), program=program)
    assert (found.answer, found.label) == (TRUE, "yes")
    assert len(engine.asked) == found.calls == samples + 1


def test_it_runs_without_blocking(graph: Graph) -> None:
    engine = Scripted(said(FALSE, "no"), said(TRUE))
    program = VerifyAndRevise(Gatherer(graph.store, graph.registry), graph.verify)
    lm = dspy.LM("scripted", engine=engine, cache=False)
    with dspy.context(lm=lm, adapter=CompactAdapter()):
        found = asyncio.run(program.acall(question=PAIR))
    assert (found.answer, found.rounds) == (TRUE, 1)


def test_wrong_settings_are_refused(graph: Graph) -> None:
    gatherer = Gatherer(graph.store, graph.registry)
    with pytest.raises(UsageError, match="Found 9 rounds, expected 0 to 8"):
        VerifyAndRevise(gatherer, graph.verify, rounds=9)
    with pytest.raises(UsageError, match="expected one of: mark, remove, keep"):
        VerifyAndRevise(gatherer, graph.verify, unsupported="hide")  # type: ignore[arg-type]
