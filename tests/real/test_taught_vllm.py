"""Every program on a real vLLM, by the command line: a tiny model that was taught here, on the very
prompts that the programs send, to answer one question truly and to insist on a lie in another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import vllm_server
from scripted_lm import ScriptedLM

from kgmed.facade import Graph
from kgmed.facade.how import LM_PROGRAMS

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")
pytestmark = pytest.mark.real

LISTED = {"en": "drug interactions of warfarin", "zh": "华法林的药物相互作用"}
ASKED = {"en": "Does warfarin interact with amiodarone?", "zh": "华法林与胺碘酮有相互作用吗？"}
TRUE = {"en": "Warfarin interacts with Amiodarone", "zh": "华法林与胺碘酮存在相互作用"}
LIE = {"en": "Warfarin does not interact with Amiodarone", "zh": "华法林与胺碘酮没有相互作用"}
STOP = {"en": ".", "zh": "。"}
NAME = {"en": "Amiodarone", "zh": "胺碘酮"}
BUDGET = 120


def lesson(body: dict[str, Any]) -> str:
    """What the model learns to answer: to what is listed the truth, with the number of the line
    that says so; to whether it is so, that it isn't, however often it is asked."""
    schema = body["response_format"]["json_schema"]["schema"]
    user = body["messages"][-1]["content"]
    lang = "zh" if "华法林" in user.split("\n", 2)[1] else "en"
    lies = ASKED[lang] in user
    lines = [line for line in user.splitlines() if line.startswith("[") and NAME[lang] in line]
    number = int(lines[0][1 : lines[0].index("]")]) if lines else 1
    told = f"{(LIE if lies else TRUE)[lang]} [{number}]{STOP[lang]}"
    thought = {"number": number, "thought": told.replace(f" [{number}]", ""), "score": 9}
    every = {
        "answerable": True, "steps": [told], "verdict": "no", "answer": told, "names": [NAME[lang]],
        "citations": [number], "thoughts": [thought],
    }  # fmt: skip
    said = {name: every[name] for name in schema["properties"]}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def asked_of(graph: Graph, url: str, name: str) -> None:
    """Ask all questions with all programs."""
    for program in LM_PROGRAMS:
        for question in (*LISTED.values(), *ASKED.values()):
            samples = 3 if program == "self-consistency" else None
            graph.ask(
                question, program=program, lm=name, api_base=url, budget=BUDGET, samples=samples
            )


@pytest.fixture(scope="module")
def taught(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a vLLM that serves the model that knows its lessons."""
    tmp = tmp_path_factory.mktemp("taught")
    with ScriptedLM(lesson) as server:
        asked_of(graph, server.url, server.name)
        lessons = {
            json.dumps(seen.body["messages"]): lesson(seen.body)
            for seen in server.requests
            if "messages" in seen.body
        }
    wanted = [(json.loads(messages), answer) for messages, answer in lessons.items()]
    with vllm_server.taught(wanted, tmp, steps=600) as url:
        yield url


def ask(url: str, question: str, program: str, *more: str) -> Any:
    """The answer of the command line, and its exit code."""
    command = [
        sys.executable, "-m", "kgmed.cli", "ask", question, "--program", program, "--lm", "taught",
        "--api-base", url, "--budget", str(BUDGET), "--json", *more,
    ]  # fmt: skip
    if program == "self-consistency":
        command += ["--samples", "3"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode in {0, 3}, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_a_cited_answer_with_its_verdicts(
    graph: Graph, taught: str, program: str, lang: str
) -> None:
    answer = ask(taught, LISTED[lang], program)
    assert TRUE[lang] in answer["text"]
    assert not answer["abstained"]
    assert {claim["verdict"] for claim in answer["claims"]} == {"SUPPORTED"}
    assert all(claim["proof"]["statements"] for claim in answer["claims"])
    cited = set(answer["statements"])
    assert cited
    assert all(id[:7] in answer["text"] for id in list(cited)[:1])
    assert answer["usage"]["prompt_tokens"] > 0
    assert answer["usage"]["completion_tokens"] > 0
    assert answer["snapshot"] == graph.info().snapshot
    assert (answer["program"], answer["model"]) == (program, "taught")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("program", LM_PROGRAMS)
def test_a_lie_that_a_model_insists_on_never_reaches_the_answer(
    graph: Graph, taught: str, program: str, lang: str
) -> None:
    answer = ask(taught, ASKED[lang], program)
    assert LIE[lang] not in answer["text"]
    assert not any(c.verdict == "REFUTED" for c in graph.verify(answer["text"]).claims)
    assert answer["value"] is None
    assert (answer["abstained"], answer["reason"]) == (True, "refuted")
    rounds = [entry for entry in answer["trace"] if entry["kind"] == "round"]
    assert rounds
    assert LIE[lang] in rounds[0]["text"]
    assert rounds[0]["claims"][0]["verdict"] == "REFUTED"
    assert len(rounds) == (1 if program == "constrained" else 2)
