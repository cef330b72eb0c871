"""Rows that a real vLLM writes: a tiny model, taught here what to say, right and wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vllm_server
from dataset_runs import rows
from written import NAMES, TREATS, lines_of, make_graph, messages, reworded, texts

from kgmed.builders.datasets.generated import faithful, samples
from kgmed.builders.datasets.generated.writing import ASKED
from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.reasoning.lm.base import Request
from kgmed.wire import adapter

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")
pytestmark = pytest.mark.real

GIVEN: dict[str, dict[str, Any]] = {
    "paraphrases": {"tasks": ["relation_qa"], "max_rows": 6, "temperature": 0.0},
    "generated": {"tasks": ["generated_qa"], "max_rows": 4, "temperature": 0.0},
    "model_preferences": {"tasks": ["relation_qa"], "max_rows": 9, "temperature": 1.0},
}
"""The ways, and what is asked about."""
FLAGS = {"paraphrases": "--paraphrase", "generated": "--generate",
         "model_preferences": "--from-model"}  # fmt: skip
UNSURE = "I can't tell from what I know."


NO_PAIR = (samples.NEITHER, samples.NONE_SUPPORTED, samples.NONE_REFUTED, samples.MAY_NOT_LEAVE)


def compact(text: str) -> str:
    """JSON as vLLM writes it where it is told to leave out blanks."""
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def lesson(way: str, request: Request, place: int) -> list[str]:
    """What the model learns to answer: to every other prompt something wrong; to a question what
    is right and what is wrong, or that it can't tell."""
    if way == "model_preferences":
        asks = request.user.casefold()
        if "treat" not in asks and "indications" not in asks:
            return [UNSURE]
        drug = next(name for name in TREATS if name in asks)
        disease = TREATS[drug][0]
        right = f"{drug.capitalize()} is used to treat {disease}."
        return [right, f"{disease.capitalize()} treats {drug}."]
    lines = lines_of(request)
    wrong = "Warfarin treats asthma." if way == "paraphrases" else "Metformin treats gout."
    if way == "paraphrases":
        said = list(map(reworded, lines))
        return [compact(texts(*said[:-1], wrong if place % 2 else said[-1]))]
    name = next(one for one in NAMES if all(one in line.casefold() for line in lines))
    answer = " ".join([*lines, wrong] if place % 2 else lines)
    return [compact(messages(f"What is known about {name}?", answer))]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    root = make_graph(tmp_path_factory.mktemp("written"))
    with open_graph(str(root)) as opened:
        yield opened


def prompts(told: Graph, folder: Path) -> dict[str, list[Request]]:
    """What each way asks of a model, each prompt once."""
    found: dict[str, list[Request]] = {way: [] for way in GIVEN}
    for way, given in GIVEN.items():

        def listen(request: Request, /, heard: list[Request] = found[way]) -> str:
            if request.sample == 0:
                heard.append(request)
            return ""

        with pytest.raises(UsageError, match="No row came out"):
            told.write_by_model(
                way, folder / way, listen, lm_name="nobody", languages=["en"], samples=0, **given
            )  # type: ignore[arg-type]
    return found


@pytest.fixture(scope="module")
def asked(told: Graph, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Request]]:
    return prompts(told, tmp_path_factory.mktemp("asked"))


@pytest.fixture(scope="module")
def taught(
    asked: dict[str, list[Request]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a vLLM that serves the model that knows the lessons."""
    tmp = tmp_path_factory.mktemp("taught")
    lessons = [
        (request.messages, answer)
        for way, requests in asked.items()
        for place, request in enumerate(requests)
        for answer in lesson(way, request, place)
    ]
    with vllm_server.taught(lessons, tmp, steps=300) as url:
        yield url


def export(told: Graph, url: str, way: str, out: Path) -> tuple[Counter[str], Any]:
    """Run the command; what its parts count by reason, and what it told."""
    given = GIVEN[way]
    kind = "preferences" if way == "model_preferences" else "instructions"
    command = [
        sys.executable, "-m", "kgmed.cli", "export", kind, FLAGS[way], "--lm", "taught",
        "--api-base", url, "--out", str(out), "--graph", told.info().uri, "--languages", "en",
        "--tasks", ",".join(given["tasks"]), "--max-rows", str(given["max_rows"]),
        "--temperature", str(given["temperature"]), "--max-tokens", "300", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, cwd=out.parent, check=False, text=True)
    counted: Counter[str] = Counter()
    for path in (out / ".kgmed" / way).glob("part-*.json"):
        for _task, _lang, reason, n in json.loads(path.read_text("utf-8"))["filters"]:
            counted[reason] += n
    assert done.returncode == 0, done.stderr
    return counted, adapter("kgmed.dataset/1").validate_json(done.stdout)


def test_what_a_served_model_says_anew_is_kept_where_it_is_borne_out(
    told: Graph, asked: dict[str, list[Request]], taught: str, tmp_path: Path
) -> None:
    counted, made_of = export(told, taught, "paraphrases", tmp_path / "out")
    found = rows(tmp_path / "out", "paraphrases")
    said = {row["messages"][-1]["content"] for row in found}
    right = {reworded(lines_of(request)[-1]) for request in asked["paraphrases"][::2]}
    assert said
    assert said <= right
    assert counted[ASKED] == len(asked["paraphrases"]) == made_of.usage["answers"]
    assert counted[faithful.CLAIM_UNSUPPORTED] > 0
    assert len(found) < counted[ASKED]
    assert made_of.usage["prompt_tokens"] > made_of.usage["completion_tokens"] > 0


def test_what_a_served_model_writes_from_packs_is_judged(
    told: Graph, asked: dict[str, list[Request]], taught: str, tmp_path: Path
) -> None:
    counted, made_of = export(told, taught, "generated", tmp_path / "out")
    found = rows(tmp_path / "out", "generated")
    packs = [" ".join(lines_of(request)) for request in asked["generated"]]
    assert found
    assert {row["messages"][-1]["content"] for row in found} <= set(packs[::2])
    assert all(row["statements"] for row in found)
    assert counted[ASKED] == len(packs) == made_of.usage["answers"]
    assert sum(n for reason, n in counted.items() if reason.startswith("dropped: ")) > 0


def test_what_a_served_model_answers_becomes_pairs_or_is_counted(
    told: Graph, asked: dict[str, list[Request]], taught: str, tmp_path: Path
) -> None:
    counted, made_of = export(told, taught, "model_preferences", tmp_path / "out")
    found = rows(tmp_path / "out", "model_preferences")
    assert counted[ASKED] == len(asked["model_preferences"]) * samples.SAMPLES
    assert made_of.usage["answers"] == counted[ASKED]
    assert len(found) + sum(counted[reason] for reason in NO_PAIR) >= len(
        asked["model_preferences"]
    )
    assert counted[samples.NEITHER] > 0  # where it learnt that it can't tell
    for row in found:
        assert "is used to treat" in row["chosen"][-1]["content"]
        assert json.loads(row["extra"])["verdict"] == "REFUTED"
