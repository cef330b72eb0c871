"""What asks by requests of its own uses the same connection: taking claims from texts, datasets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted_lm import ScriptedLM, broken

from kgmed.facade import Graph
from kgmed.kg.errors import LanguageModelError
from kgmed.reasoning.claims.decompose import Decomposer
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.many import answers
from kgmed.reasoning.lm.settings import LMSettings

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import connect

CLAIM = {
    "quote": "Imatinib shuts down ABL1", "subject": "Imatinib", "predicate": "inhibits",
    "object": "ABL1", "negated": False, "qualifiers": [],
}  # fmt: skip


def test_claims_are_taken_from_a_text_by_a_model_at_an_endpoint(graph: Graph) -> None:
    def claims(_body: dict[str, Any]) -> str:
        return json.dumps({"claims": [CLAIM]})

    with (
        ScriptedLM(claims, script=[broken(503)]) as server,
        connect(LMSettings(server.name, server.url)) as model,
    ):
        found = graph.verify("Imatinib shuts down ABL1.", extractor=Decomposer(model))
        assert model.usage.retries == 1
    assert [(one.claim.predicate, one.verdict) for one in found.claims] == [
        ("inhibits", "SUPPORTED")
    ]
    assert server.requests[-1].body["response_format"]["json_schema"]["strict"] is True


def test_the_models_of_datasets_are_connected_the_same_way() -> None:
    def answer(body: dict[str, Any]) -> str:
        return str(body["messages"][-1]["content"]).upper()

    with ScriptedLM(answer, script=[broken(), broken()]) as server:
        settings = LMSettings(server.name, server.url, concurrency=2)
        model = connect(settings)
        asked = (Request("", f"row {n}", None, "row", seed=1, sample=n) for n in range(12))
        found = list(answers(model, asked, concurrency=8))
        assert found == [f"ROW {n}" for n in range(12)]
        assert server.most_under_way <= 2
        assert {seen.body["seed"] for seen in server.requests} == set(range(1, 13))
        server.kill()
        with pytest.raises(LanguageModelError, match="can't be reached"):
            connect(settings)(Request("", "Hi", None, "x"))
