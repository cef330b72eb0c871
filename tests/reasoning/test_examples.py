"""Few-shot examples: what a model is shown of solved questions, and what it isn't."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_engine import scripted
from scripted_lm import Reply, ScriptedLM

from kgmed import open_graph
from kgmed.facade import Graph
from kgmed.facade.how import LM_PROGRAMS
from kgmed.kg.errors import DataError, LanguageModelError, UsageError

pytest.importorskip("dspy")

SOLVED: list[dict[str, Any]] = [
    {"id": "gout", "question": "Which drugs treat gout?", "answer": "allopurinol"},
    {"id": "yes", "question": "Does warfarin interact with amiodarone?", "answer": "yes"},
    {"id": "pick", "question": "Which of these treats hypertension?", "answer": "B",
     "options": ["penicillin G", "lisinopril"]},
    {"id": "zh", "question": "哪些药物治疗痛风？", "answer": "别嘌醇"},
    {"id": "poet", "question": "Who wrote Hamlet?", "answer": "Shakespeare"},
    {"id": "wrong", "question": "Does warfarin interact with aspirin?", "answer": "no"},
]  # fmt: skip


@pytest.fixture(scope="module")
def graph() -> Iterator[Graph]:
    with open_graph() as opened:
        yield opened


def test_an_example_is_told_from_the_evidence_and_cites_it(graph: Graph) -> None:
    made = graph.examples(SOLVED)
    assert made.left_out == ("poet", "wrong")  # nothing, and the contrary, is in the evidence
    gout, yes, pick, zh = made.shown
    assert "Allopurinol" in gout.answer
    for one in made.shown:
        for number in one.citations:
            assert f"[{number}]" in one.answer
            assert f"[{number}] " in one.evidence
        claims = graph.verify(one.answer.replace(f" [{one.citations[0]}]", "")).claims
        assert claims
        assert {claim.verdict for claim in claims} == {"SUPPORTED"}
    assert yes.verdict == "yes"
    assert (pick.choice, pick.options) == ("B", "A. penicillin G\nB. lisinopril")
    assert "Lisinopril" in pick.answer
    assert (zh.lang, zh.kind) == ("zh", "open")
    assert "别嘌醇" in zh.answer


@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_a_model_is_shown_examples_of_the_questions_form_alone(graph: Graph, program: str) -> None:
    lm, engine = scripted({"answerable": False, "answer": "", "citations": [], "steps": [],
                           "names": [], "thoughts": []})  # fmt: skip
    answer = graph.ask(
        "Which drugs treat asthma?", program=program, lm=lm, examples=SOLVED, trusted=True
    )
    shown = engine.before[-1]
    assert [role for role, _text in shown] == ["user", "assistant"]
    assert "Which drugs treat gout?" in shown[0][1]
    said = json.loads(shown[1][1])
    assert said["answerable"] is True
    assert "llopurinol" in json.dumps(said)
    assert answer.trace[0]["kind"] == "examples"  # type: ignore[index]
    assert answer.trace[0]["left_out"] == ["poet", "wrong"]  # type: ignore[index]


def test_the_answer_rests_on_its_own_evidence(graph: Graph) -> None:
    for question in ("Which drugs treat asthma?", "哪些药物治疗哮喘？"):
        without = graph.ask(question, lm="embedded")
        given = graph.ask(question, lm="embedded", examples=SOLVED)
        assert given.text == without.text
        assert given.usage["prompt_tokens"] > without.usage["prompt_tokens"]


def test_a_file_of_examples(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "solved.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in SOLVED), encoding="utf-8")
    questions, out = tmp_path / "q.txt", tmp_path / "a.jsonl"
    questions.write_text("Which drugs treat asthma?\n", encoding="utf-8")
    told: list[str] = []
    done = graph.ask_file(questions, out, lm="embedded", examples=path, tell=told.append)
    assert (done.questions, done.failed) == (1, 0)
    assert any("4 of 6 examples are shown" in line for line in told)
    assert "llopurinol" not in json.loads(out.read_text())["text"]


def test_what_are_no_examples(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no evidence that bears one of their answers out"):
        graph.examples(SOLVED[4:5])
    with pytest.raises(DataError, match="examples record 1: found the answer None"):
        graph.examples([{"question": "What treats gout?"}])
    with pytest.raises(UsageError, match="Found examples with the program direct"):
        graph.ask("Which drugs treat asthma?", program="direct", examples=SOLVED)
    with pytest.raises(UsageError, match="has its own demos"):
        graph.ask("Which drugs treat asthma?", program=object(), lm="embedded", examples=SOLVED)
    (tmp_path / "e.jsonl").write_text('{"question": "Which', encoding="utf-8")
    with pytest.raises(DataError, match=r"e\.jsonl"):
        graph.ask("Which drugs treat asthma?", lm="embedded", examples=tmp_path / "e.jsonl")


def test_a_model_is_waited_for_as_long_as_is_said(graph: Graph) -> None:
    with ScriptedLM(lambda _body: [Reply("{}", delay_s=5.0)]) as server:
        with pytest.raises(LanguageModelError, match=r"0\.2"):
            graph.ask(
                "Which drugs treat asthma?", lm=server.name, api_base=server.url, timeout_s=0.2
            )
        lm, _engine = scripted({})
        with pytest.raises(UsageError, match="Found timeout_s with a model that is made already"):
            graph.ask("Which drugs treat asthma?", lm=lm, timeout_s=3)
