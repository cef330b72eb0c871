"""Answers of graph.ask are verified and revised: refuted claims never reach the text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted_engine import ScriptedEngine, scripted

from kgmed import wire
from kgmed.cli.tracing import print_trace
from kgmed.facade import Graph
from kgmed.facade.how import LM_PROGRAMS
from kgmed.kg.errors import UsageError

dspy = pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

PAIR = "Does warfarin interact with amiodarone?"
FALSE = "Warfarin does not interact with amiodarone [1]."
TRUE = "Warfarin interacts with amiodarone [1]."


def said(answer: str, verdict: str = "yes") -> dict[str, Any]:
    return {"answerable": True, "steps": [], "verdict": verdict, "answer": answer,
            "citations": [1], "thoughts": []}  # fmt: skip


def ask(graph: Graph, *answers: Any, **given: Any) -> tuple[Any, ScriptedEngine]:
    lm, engine = scripted(*answers)
    given = {"program": "predict", "trusted": True, **given}
    return graph.ask(given.pop("question", PAIR), lm=lm, **given), engine


def test_a_refuted_claim_is_sent_back_once_unless_said(graph: Graph) -> None:
    answer, engine = ask(graph, said(FALSE, "no"), said(TRUE))
    assert (answer.value, answer.rounds, answer.removed, answer.abstained) == (True, 1, 0, False)
    assert len(engine.asked) == answer.usage["calls"] == 2
    assert "is refuted" in engine.asked[1]
    assert {claim.verdict for claim in answer.claims} == {"SUPPORTED"}
    assert answer.statements


def test_an_answer_that_holds_costs_no_further_call(graph: Graph) -> None:
    answer, engine = ask(graph, said(TRUE))
    assert (len(engine.asked), answer.rounds, answer.program) == (1, 0, "predict")
    assert [entry["kind"] for entry in answer.trace] == ["round"]


@pytest.mark.parametrize("program", LM_PROGRAMS)
@pytest.mark.parametrize(("question", "lie", "more"), [
    (PAIR, FALSE, "Warfarin treats thrombosis."),
    ("华法林与胺碘酮有相互作用吗？", "华法林与胺碘酮没有相互作用［1］。", ""),
])  # fmt: skip
def test_a_model_that_insists_never_gets_its_claim_into_the_answer(
    graph: Graph, program: str, question: str, lie: str, more: str
) -> None:
    answer, _engine = ask(graph, said(f"{lie} {more}", "no"), program=program, question=question)
    assert not any(claim.verdict == "REFUTED" for claim in answer.claims)
    assert not any(c.verdict == "REFUTED" for c in graph.verify(answer.text).claims)
    assert answer.value is None
    assert (answer.abstained, answer.reason) == ((False, None) if more else (True, "refuted"))
    assert answer.removed >= 1
    assert answer.rounds == (0 if program == "constrained" else 1)
    plain = json.loads(wire.to_json(answer))
    adapter = wire.adapter("kgmed.answer/1")
    assert json.loads(adapter.dump_json(adapter.validate_python(plain))) == plain


def test_what_is_not_borne_out_is_marked_removed_or_kept(graph: Graph) -> None:
    told = said(f"{TRUE} Warfarin treats gout, and it treats thrombosis.")
    answer, _ = ask(graph, told)
    assert "thrombosis [not confirmed by the graph: Warfarin treats gout]." in answer.text
    assert (answer.marked, answer.removed, answer.value) == (1, 0, True)
    spoken = [answer.text[claim.start : claim.end] for claim in answer.claims]
    assert not any("confirmed" in text for text in spoken)
    assert [c.verdict for c in answer.claims] == ["SUPPORTED", "UNSUPPORTED", "SUPPORTED"]
    answer, _ = ask(graph, told, unsupported="remove")
    assert "gout" not in answer.text
    assert "thrombosis" in answer.text
    answer, engine = ask(graph, told, unsupported="keep")
    assert answer.text.endswith("Warfarin treats gout, and it treats thrombosis.")
    assert len(engine.asked) == 1  # what is only unsupported isn't sent back


def test_nothing_that_is_borne_out_is_no_answer(graph: Graph) -> None:
    told = said("Warfarin treats gout.")
    question = "Which diseases does warfarin treat?"
    answer, _ = ask(graph, told, unsupported="remove", question=question)
    assert (answer.abstained, answer.reason) == (True, "unsupported")
    assert "gout" not in answer.text


def test_cleaned_without_a_further_call(graph: Graph) -> None:
    told = said(f"{FALSE} Warfarin treats thrombosis.", "no")
    answer, engine = ask(graph, told, revise=0, unsupported="mark")
    assert (len(engine.asked), answer.removed) == (1, 1)
    assert "amiodarone" not in answer.text.casefold()
    answer, engine = ask(graph, told, revise=0)
    assert (answer.rounds, answer.removed) == (None, 0)
    assert "The graph refutes a claim of this answer" in answer.text


def test_a_users_own_module_is_revised_where_that_is_said(graph: Graph) -> None:
    class Own(dspy.Module):  # type: ignore[misc]
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, **given: Any) -> Any:
            return self.inner(**given)

    own = Own(graph.program("cot"))
    answer, engine = ask(graph, said(FALSE, "no"), said(TRUE), program=own, revise=2)
    assert (answer.program, answer.value, len(engine.asked)) == ("Own", True, 2)


def test_a_revised_program_is_a_module_that_is_saved(graph: Graph, tmp_path: Any) -> None:
    made = graph.program("cot", revise=2, kinds=("yes_no",), languages=("en",))
    made.save(tmp_path / "program.json")
    again = graph.program("cot", revise=2, kinds=("yes_no",), languages=("en",))
    again.load(tmp_path / "program.json")
    assert len(again.predictors()) == 2  # the program's, and the revision's
    lm, _engine = scripted(said(FALSE, "no"), said(TRUE))
    answer = graph.ask(PAIR, program=again, lm=lm, trusted=True)
    assert (answer.program, answer.rounds, answer.value) == ("cot", 1, True)


def test_the_printed_trace_shows_each_round(graph: Graph, capsys: Any) -> None:
    answer, _ = ask(graph, said(FALSE, "no"), said(FALSE + " Truly.", "no"), revise=2)
    print_trace(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"round 0: {FALSE}  (no)"
    assert lines[1].startswith("  - Warfarin does not interact with amiodarone  (symmetric)")
    assert lines[2].startswith("  ! “Warfarin does not interact with amiodarone” is refuted. ")
    assert sum(line.startswith("round ") for line in lines) == 3
    assert any(line.startswith("cleaned: ") and "removed" in line for line in lines)


def test_revising_is_nothing_for_the_graph_alone(graph: Graph) -> None:
    with pytest.raises(UsageError, match="Found revise with the program direct"):
        graph.ask(PAIR, program="direct", revise=1)
    with pytest.raises(UsageError, match="Found 9 rounds, expected 0 to 8"):
        ask(graph, said(TRUE), revise=9)
