"""The tools in a DSPy program: DSPy's own bridge, and a ReAct agent that a script plays."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs mcp: pip install 'kgmed[mcp]'")
dspy = pytest.importorskip("dspy", reason="needs DSPy: pip install 'kgmed[llm]'")

from mcp.client.client import Client  # noqa: E402
from mcp_serving import stdio, using  # noqa: E402
from scripted_engine import ScriptedEngine  # noqa: E402

from kgmed.facade import Graph  # noqa: E402
from kgmed.serve.mcp.tools import BY_NAME  # noqa: E402

QUESTION = "May warfarin and amiodarone be taken together?"
DRAFT = "Warfarin interacts with amiodarone [4db0062d]."


def turn(thought: str, tool: str, **arguments: Any) -> str:
    return (
        f"[[ ## next_thought ## ]]\n{thought}\n\n[[ ## next_tool_name ## ]]\n{tool}\n\n"
        f"[[ ## next_tool_args ## ]]\n{json.dumps(arguments)}\n\n[[ ## completed ## ]]"
    )


SCRIPT = (
    turn("Ask the graph.", "interactions", drugs=["warfarin", "amiodarone"]),
    turn("A mistake.", "statements", id="DB00682", predicate="cures"),
    turn("Check the draft.", "verify_text", text=DRAFT),
    turn("Done.", "finish"),
    f"[[ ## reasoning ## ]]\nIt is listed.\n\n[[ ## answer ## ]]\n{DRAFT}\n\n[[ ## completed ## ]]",
)


class Async:
    """A scripted engine for programs that wait for their answers."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.engine = engine

    async def complete(self, request: Any) -> Any:
        return self.engine.complete(request)

    async def close(self) -> None:
        pass


def test_a_react_agent_asks_checks_and_is_told_of_its_mistake(graph: Graph) -> None:
    engine = ScriptedEngine(*SCRIPT)
    lm = dspy.LM("scripted", engine=engine, async_engine=Async(engine), cache=False, num_retries=0)

    async def work(client: Client) -> Any:
        found = (await client.list_tools()).tools
        tools = [dspy.Tool.from_mcp_tool(client, tool) for tool in found]
        agent = dspy.ReAct("question -> answer", tools=tools, max_iters=5)
        with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
            return await agent.acall(question=QUESTION)

    told = using(stdio(), work)
    seen = told.trajectory
    assert told.answer == DRAFT
    assert "Warfarin + Amiodarone: Critical [4db0062d]" in seen["observation_0"]
    assert "Found predicate 'cures', expected one of" in seen["observation_1"]
    assert "1. SUPPORTED by symmetric" in seen["observation_2"]
    prompt = engine.system[0]
    for name, tool in BY_NAME.items():
        if not tool.needs_diff:
            assert tool.description[:60] in prompt, name


def test_the_bridge_gives_types_descriptions_and_structured_results(graph: Graph) -> None:
    async def work(client: Client) -> Any:
        found = {tool.name: tool for tool in (await client.list_tools()).tools}
        bridged = {
            name: dspy.Tool.from_mcp_tool(client, tool, result_mode="structured")
            for name, tool in found.items()
        }
        rows = [{"subject": "warfarin", "predicate": "interacts_with", "object": "amiodarone"}]
        return bridged, await bridged["verify_triples"].acall(triples=rows)

    bridged, told = using(stdio(), work)
    assert told["rows"][0]["verdict"] == "SUPPORTED"
    assert bridged["search"].arg_types["limit"] is int
    assert bridged["paths"].args["start"]["description"].startswith("A concept, by id or name.")
    assert set(bridged["verify_triples"].args) == {
        "triples", "lang", "limit", "cursor", "plausibility",
    }  # fmt: skip
