"""``graph.ask_stream``: sentences with their verdicts while the model writes, the answer last."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from scripted_lm import Reply, ScriptedLM, broken

from kgmed.facade import Graph
from kgmed.kg.errors import LanguageModelError, UsageError

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.streamed import answer_so_far

PAIR = "Does warfarin interact with amiodarone?"
FALSE = "Warfarin does not interact with amiodarone [1]."
TRUE = "Warfarin interacts with amiodarone [1]."


def said(answer: str, verdict: str = "yes") -> str:
    told = {"answerable": True, "steps": ["A step."], "verdict": verdict, "answer": answer,
            "citations": [1]}  # fmt: skip
    return json.dumps(told)


def stream(graph: Graph, server: ScriptedLM, **given: Any) -> list[Any]:
    given = {"program": "cot", "budget": 60, **given}
    return list(graph.ask_stream(PAIR, lm=server.name, api_base=server.url, **given))


def test_a_sentence_is_told_with_its_verdict_before_the_next_is_written(graph: Graph) -> None:
    text = f"{TRUE} " + "It is well known. " * 10
    with ScriptedLM(lambda _body: Reply(said(text), pause_s=0.05)) as server:
        started, times, parts = time.monotonic(), [], []
        for part in graph.ask_stream(
            PAIR, program="cot", budget=60, lm=server.name, api_base=server.url
        ):
            times.append(time.monotonic() - started)
            parts.append(part)
    assert parts[0].text == TRUE
    assert [checked.verdict for checked in parts[0].claims] == ["SUPPORTED"]
    assert [part.kind for part in parts] == ["sentence"] * 11 + ["answer"]
    assert times[-1] - times[0] > 1  # some 40 words were still to come
    assert parts[-1].answer.value is True
    assert parts[-1].text == parts[-1].answer.text
    assert parts[-1].answer.usage["calls"] == 1


def test_a_refuted_draft_is_told_and_the_model_is_heard_again(graph: Graph) -> None:
    with ScriptedLM(script=[said(FALSE, "no"), said(TRUE)]) as server:
        parts = stream(graph, server)
    assert [(part.kind, part.text) for part in parts[:3]] == [
        ("sentence", FALSE), ("again", ""), ("sentence", TRUE),
    ]  # fmt: skip
    assert parts[0].claims[0].verdict == "REFUTED"
    assert (parts[-1].answer.value, parts[-1].answer.rounds) == (True, 1)


@pytest.mark.parametrize("program", ["self-consistency", "constrained", "tot", "predict"])
def test_every_program_ends_with_its_answer(graph: Graph, program: str) -> None:
    parts = list(graph.ask_stream("Which drugs treat gout?", program=program, lm="embedded"))
    assert [part.kind for part in parts].count("answer") == 1
    last = parts[-1].answer
    assert (
        last == graph.ask("Which drugs treat gout?", program=program, lm="embedded")
        or last.text == graph.ask("Which drugs treat gout?", program=program, lm="embedded").text
    )
    if program in {"tot", "predict"}:
        assert parts[0].kind == "sentence"


def test_the_graph_alone_answers_at_once(graph: Graph) -> None:
    (part,) = graph.ask_stream("Which drugs treat gout?")
    assert part.answer.program == "direct"


def test_what_fails_while_it_streams_is_raised(graph: Graph) -> None:
    with ScriptedLM(lambda _body: Reply(said(TRUE * 9), cut=400)) as server:
        with pytest.raises(LanguageModelError, match="broke off in the middle"):
            stream(graph, server)
        with pytest.raises(UsageError, match="expected one of: direct"):
            stream(graph, server, program="magic")
    with ScriptedLM(script=[broken()]) as server:
        server.answer = lambda _body: said(TRUE)
        assert stream(graph, server)[-1].answer.value is True  # asked again


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"answer": "a', "a"),
        ('{"steps": ["\\"answer\\": \\"x\\""], "answer" : "b\\', "b"),
        ('{"answer": "c\\u53', "c"),
        ('{"answer": "d\\n\\u75db", "x": "e"}', "d\n痛"),
        ('{"answer": "\\ud83d', ""),
        ('{"answerable": true', ""),
    ],
)
def test_an_answer_is_read_before_it_is_whole(text: str, answer: str) -> None:
    assert answer_so_far(text) == answer


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_the_command_line_streams(more: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kgmed.cli", "ask", PAIR, "--lm", "embedded", "--stream", *more],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    if more:
        first, _, rest = done.stdout.partition("\n")
        assert json.loads(first)["claims"][0]["verdict"] == "SUPPORTED"
        assert json.loads(rest)["value"] is True
    else:
        assert done.stdout.startswith("> Yes: Warfarin interacts with Amiodarone")
        assert "Verdicts: 1 SUPPORTED" in done.stdout
