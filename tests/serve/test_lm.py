"""A server with a language model: answers by REST, streamed or not, and by MCP; what a model does
wrong; the graph alone where that is asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from scripted_lm import Reply, ScriptedLM, broken
from serving import served

from kgmed.facade import Graph
from kgmed.reasoning.lm.settings import EMBEDDED, LMSettings
from kgmed.serve.limits import Limits
from kgmed.serve.options import Options

PAIR = "Does warfarin interact with amiodarone?"
TRUE = "Warfarin interacts with amiodarone [1]."
FALSE = "Warfarin does not interact with amiodarone [1]."
TAG = "<img src=x onerror=alert(1)>"
KEY = "the-right-key-0123456789"


def said(answer: str) -> str:
    return json.dumps({"answerable": True, "steps": ["A step."], "verdict": "yes",
                       "answer": answer, "citations": [1]})  # fmt: skip


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(event, data) of server-sent events."""
    pairs = (block.split("\n") for block in text.strip().split("\n\n"))
    return [(k.removeprefix("event: "), json.loads(d.removeprefix("data: "))) for k, d in pairs]


Told = tuple[str, dict[str, Any]]
"""(kind of error or "", the answer or the error)."""
Way = Callable[[Options], Told]
"""Puts the question by one way."""


def by_rest(options: Options) -> Told:
    with served(options) as client:
        found = client.post("/v1/ask", json={"question": PAIR}).json()
    return (found["error"]["kind"], found["error"]) if "error" in found else ("", found)


def by_stream(options: Options) -> Told:
    with served(options) as client:
        found = client.post("/v1/ask/stream", json={"question": PAIR})
    if not found.headers["content-type"].startswith("text/event-stream"):
        error = found.json()["error"]
        return error["kind"], error
    kind, data = events(found.text)[-1]
    return (data["error"]["kind"], data["error"]) if kind == "error" else ("", data["answer"])


def by_mcp(options: Options) -> Told:
    pytest.importorskip("mcp", reason="needs the Python SDK of MCP: pip install 'kgmed[mcp]'")
    from mcp_serving import inside, text_of, using

    found = using(inside(options), lambda client: client.call_tool("ask", {"question": PAIR}))
    if not found.is_error:
        return "", found.structured_content
    _tool, kind, message = text_of(found).split(": ", 2)
    return kind, {"message": message}


WAYS = pytest.mark.parametrize("ask", [by_rest, by_stream, by_mcp])


@contextmanager
def asked_of(*script: str | Reply, **given: Any) -> Iterator[tuple[ScriptedLM, Options]]:
    """A model that answers so, and the options of a server that asks it."""
    settings = {"retries": 0, **given.pop("settings", {})}
    replies = [one if isinstance(one, Reply) else Reply(one) for one in script]
    with ScriptedLM(lambda _body: replies[-1], script=replies, **given.pop("model", {})) as model:
        lm = LMSettings(model.name, model.url, **settings)
        yield model, Options("kgmed:open", port=0, access_log="", lm=lm, **given)


@WAYS
def test_a_model_s_answer_cites_statements(graph: Graph, ask: Way) -> None:
    with asked_of(said(f"{TRUE} {TAG} is no drug.")) as (model, options):
        kind, found = ask(options)
    assert kind == ""
    assert (found["program"], found["model"], found["value"]) == ("cot", model.name, True)
    assert TAG in found["text"]  # as JSON: what shows it must not take it for HTML
    (cited,) = found["statements"].values()
    assert f"[{cited['id'][:8]}]" in found["text"]
    assert [claim["verdict"] for claim in found["claims"]][:1] == ["SUPPORTED"]


@WAYS
def test_an_answer_that_the_graph_refutes_is_sent_back(graph: Graph, ask: Way) -> None:
    with asked_of(said(FALSE), said(TRUE)) as (model, options):
        kind, found = ask(options)
    assert kind == ""
    assert len(model.requests) == 2
    assert "does not interact" not in found["text"]
    assert [claim["verdict"] for claim in found["claims"]] == ["SUPPORTED"]


def test_a_stream_tells_sentence_by_sentence_and_where_it_begins_again(graph: Graph) -> None:
    with asked_of(said(FALSE), said(TRUE)) as (_model, options), served(options) as client:
        told = events(client.post("/v1/ask/stream", json={"question": PAIR}).text)
        asked = {"question": PAIR, "program": "direct"}
        direct = client.post("/v1/ask", json=asked).json()
        offer = client.get("/v1/info").json()["service"]
    assert [kind for kind, _ in told] == ["text", "claim", "again", "text", "claim", "answer"]
    assert [data["claim"]["verdict"] for kind, data in told if kind == "claim"] == [
        "REFUTED", "SUPPORTED"
    ]  # fmt: skip
    assert direct["model"] is None
    assert (offer["lm"], offer["program"]) == (True, "cot")
    assert {"direct", "cot", "self-consistency"} <= set(offer["programs"])


@WAYS
@pytest.mark.parametrize("reply", [
    broken(), Reply(said(TRUE), cut=60), Reply(body=b"nonsense"), Reply("no JSON at all"),
])  # fmt: skip
def test_a_model_that_fails_is_told_without_what_it_said(
    graph: Graph, ask: Way, reply: Reply
) -> None:
    with asked_of(reply) as (_model, options):
        kind, found = ask(options)
    if reply.text == "no JSON at all":  # answered, but not as asked for: no answer, and why
        assert kind == ""
        assert found["abstained"]
        return
    assert (kind, found["message"]) == (
        "unavailable", "The language model gives no answer now."
    )  # fmt: skip


@WAYS
def test_a_key_that_the_endpoint_refuses_is_told_to_the_log_alone(
    graph: Graph, ask: Way, caplog: pytest.LogCaptureFixture
) -> None:
    with asked_of(said(TRUE), model={"api_key": KEY}, settings={"api_key": "wrong-key"}) as (
        model, options,
    ):  # fmt: skip
        kind, found = ask(options)
        assert kind == "unavailable"
        assert model.url not in found["message"]
    assert "refused the key" in caplog.text
    assert "wrong-key" not in caplog.text
    with asked_of(said(TRUE), model={"api_key": KEY}, settings={"api_key": KEY}) as (_, options):
        assert ask(options)[0] == ""


@WAYS
@pytest.mark.parametrize(("program", "slow"), [
    ("cot", {"delay_s": 60.0}), ("cot", {"pause_s": 2.0}), ("self-consistency", {"delay_s": 60.0}),
])  # fmt: skip
def test_the_time_of_a_question_holds_for_the_model(
    graph: Graph, ask: Way, program: str, slow: dict[str, float]
) -> None:
    if ask is by_rest and "pause_s" in slow:
        slow = {"delay_s": 20.0}  # it asks for whole answers
    limits = Limits(lm_timeout_s=2.0)
    with asked_of(Reply(said(TRUE), **slow), limits=limits, program=program) as (model, options):
        started = time.monotonic()
        kind, found = ask(options)
        assert kind == "too_long"
        assert "Ask for less" in found["message"]
        assert model.requests
        assert time.monotonic() - started < 45  # start and stop of a server included


def test_who_went_away_keeps_no_model_waiting(graph: Graph) -> None:
    replies = [Reply(said(TRUE), delay_s=60.0), Reply(said(TRUE), delay_s=60.0), said(TRUE)]
    with asked_of(*replies, lm_threads=1) as (model, options), served(options) as client:
        for address in ("/v1/ask", "/v1/ask/stream"):
            with pytest.raises(httpx.ReadTimeout):
                client.post(address, json={"question": PAIR}, timeout=2.0)
        found = client.post("/v1/ask", json={"question": PAIR}, timeout=30.0)
        assert found.json()["value"] is True
        assert len(model.requests) == 3


@WAYS
@pytest.mark.parametrize("program", ["cot", "predict", "self-consistency"])
def test_the_embedded_engine_answers(graph: Graph, ask: Way, program: str) -> None:
    options = Options("kgmed:open", port=0, access_log="", lm=LMSettings(EMBEDDED), program=program)
    kind, found = ask(options)
    assert kind == ""
    assert (found["program"], found["model"], found["value"]) == (program, EMBEDDED, True)
    assert found["statements"]
