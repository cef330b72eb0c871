"""A server with a language model: answers and streams by it, and the graph alone where asked."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from scripted_lm import Reply, ScriptedLM, broken
from serving import served

from kgmed.facade import Graph
from kgmed.reasoning.lm.settings import LMSettings

PAIR = "Does warfarin interact with amiodarone?"
TAG = "<img src=x onerror=alert(1)>"


def said(answer: str) -> str:
    return json.dumps({"answerable": True, "steps": ["A step."], "verdict": "yes",
                       "answer": answer, "citations": [1]})  # fmt: skip


def events(text: str) -> list[tuple[str, dict[str, object]]]:
    """(event, data) of server-sent events."""
    pairs = (block.split("\n") for block in text.strip().split("\n\n"))
    return [(k.removeprefix("event: "), json.loads(d.removeprefix("data: "))) for k, d in pairs]


def test_a_model_that_the_server_was_given_is_asked_and_streamed(graph: Graph) -> None:
    text = said(f"Warfarin interacts with amiodarone [1]. {TAG} is no drug.")
    with (
        ScriptedLM(lambda _body: Reply(text)) as model,
        served(lm=LMSettings(model.name, model.url)) as client,
    ):
        answer = client.post("/v1/ask", json={"question": PAIR}).json()
        assert (answer["program"], answer["model"], answer["value"]) == ("cot", model.name, True)
        found = client.post("/v1/ask/stream", json={"question": PAIR})
        told = events(found.text)
        direct = client.post("/v1/ask", json={"question": PAIR, "program": "direct"}).json()
    assert [kind for kind, _ in told][:2] == ["text", "claim"]
    assert told[-1][0] == "answer"
    assert told[1][1]["claim"]["verdict"] == "SUPPORTED"  # type: ignore[index]
    assert TAG in found.text  # as JSON: what shows it must not take it for HTML
    assert direct["model"] is None


def test_a_model_that_fails_is_told_without_what_it_said(graph: Graph) -> None:
    with (
        ScriptedLM(lambda _body: broken()) as model,
        served(lm=LMSettings(model.name, model.url, retries=0)) as client,
    ):
        failed = client.post("/v1/ask", json={"question": PAIR})
        assert failed.status_code == 503
        assert failed.json()["error"]["kind"] == "unavailable"
        assert "EngineCore" not in failed.text
        assert client.post(
            "/v1/ask", json={"question": PAIR, "program": "direct"}
        ).status_code == 200  # fmt: skip
