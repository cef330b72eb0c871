"""``kgmed export`` with rows that a model at an endpoint writes: settings, failures, going on."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from dataset_runs import content, rows
from scripted_lm import Reply, ScriptedLM, broken, busy
from written import make_graph, well

from kgmed.reasoning.lm.base import Request
from kgmed.wire import adapter

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

GIVEN = ("instructions", "--paraphrase", "--tasks", "relation_qa,reverse")
FILE = "[lm]\nname = 'scripted'\nretries = 1\nconcurrency = 4\n"


@pytest.fixture(scope="module")
def graph_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_graph(tmp_path_factory.mktemp("written") / "graph")


@pytest.fixture
def work(graph_folder: Path, tmp_path: Path) -> Path:
    (tmp_path / "graph").symlink_to(graph_folder)
    return tmp_path


def export(cwd: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KGMED_LM", "KGMED_API"))
    }
    command = [sys.executable, "-m", "kgmed.cli", "export", *arguments, "--graph", "graph"]
    done = subprocess.run(
        command, capture_output=True, cwd=cwd, check=False, env={**kept, **variables}
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def said(body: dict[str, Any]) -> str:
    """Each text of the prompt in other words."""
    system, user = (turn["content"] for turn in body["messages"])
    return well(Request(system, user, None, "texts"))


def words(server: ScriptedLM) -> int:
    """The words that the server was sent, each prompt once: what it counts as tokens."""
    prompts = {tuple(turn["content"] for turn in seen.body["messages"]) for seen in server.requests}
    return sum(len(text.split()) for prompt in prompts for text in prompt)


def test_a_model_is_named_by_the_environment_and_sent_again_what_failed(work: Path) -> None:
    with ScriptedLM(said, script=[busy("0"), broken()], api_key="a key") as server:
        named = {"KGMED_LM": server.name, "KGMED_API_BASE": server.url, "KGMED_API_KEY": "a key"}
        code, out, err = export(work, *GIVEN, "--out", "out", "--json", **named)
    assert code == 0, err
    found = rows(work / "out", "paraphrases")
    made = adapter("kgmed.dataset/1").validate_json(out)
    assert len(found) > 10
    assert made.usage["answers"] == len(server.requests) - 2
    assert made.usage["prompt_tokens"] == words(server)
    assert made.usage["completion_tokens"] > 0
    assert f"the model gave {made.usage['answers']} answers in this run" in err
    assert "; 2 sent again" in err
    card = (work / "out" / "README.md").read_text("utf-8")
    assert "| model | `scripted` |" in card
    assert f"{made.usage['prompt_tokens']:,} tokens of prompts and" in card
    formats = [seen.body["response_format"] for seen in server.requests]
    assert all(form["json_schema"]["strict"] for form in formats)


def test_a_server_that_dies_in_the_middle_is_told_and_the_run_goes_on(work: Path) -> None:
    with ScriptedLM(said) as server:
        (work / "kgmed.toml").write_text(FILE + f"api_base = '{server.url}'\n")
        code, _out, err = export(work, *GIVEN, "--out", "whole")
        assert code == 0, err
        wanted = {prompt(seen.body) for seen in server.requests}
        assert len(wanted) == len(server.requests) > 20
        assert 1 < server.most_under_way <= 4

        def dying(body: dict[str, Any]) -> str:
            if len(server.requests) > len(wanted) + 8:
                server.kill()
            return said(body)

        server.answer = dying
        code, _out, err = export(work, *GIVEN, "--out", "out")
        assert code == 1
        assert "Traceback" not in err
        assert server.url in err
        assert "answers in this run" in err
        assert not (work / "out" / "README.md").exists()
        known = kept(work / "out")
        assert 0 < known < len(wanted)

        server.answer = said
        server.requests.clear()
        server.start()
        code, out, err = export(work, *GIVEN, "--out", "out")
        assert code == 0, err
    asked = Counter(prompt(seen.body) for seen in server.requests)
    assert len(asked) == asked.total() == len(wanted) - known
    assert content(work / "out") == content(work / "whole")
    assert f"the model's {len(wanted)} answers took" in out
    assert f"the model gave {asked.total()} answers in this run" in err


def prompt(body: dict[str, Any]) -> str:
    return str(body["messages"][-1]["content"])


def kept(out: Path) -> int:
    """How many answers a dataset's folder holds."""
    with sqlite3.connect(out / ".kgmed" / "completions.sqlite") as file:
        (found,) = file.execute("SELECT count(*) FROM answers").fetchone()
    return int(found)


@pytest.mark.parametrize("command", [GIVEN, ("preferences", "--from-model")])
def test_a_key_that_is_refused_is_told_and_not_tried_again(
    work: Path, command: tuple[str, ...]
) -> None:
    with ScriptedLM(said, api_key="another") as server:
        named = ("--lm", server.name, "--api-base", server.url, "--concurrency", "1")
        key = ("--api-key-env", "MY_KEY")
        code, _out, err = export(work, *command, "--out", "out", *named, *key, MY_KEY="wrong")
        assert code == 1
        assert "401" in err
        assert "key" in err
        assert len(server.requests) == 1
        code, _out, err = export(work, *command, "--out", "out", *named, *key)
    assert code == 2
    assert "Found no variable MY_KEY" in err
    assert "wrong" not in err


def test_answers_of_two_datasets_lie_in_the_folder_that_the_settings_name(work: Path) -> None:
    with ScriptedLM(said) as server:
        text = f"{FILE}api_base = '{server.url}'\ncache = 'answers'\n"
        (work / "kgmed.toml").write_text(text)
        for out in ("one", "two"):
            code, _out, err = export(work, *GIVEN, "--out", out)
            assert code == 0, err
        assert len({prompt(seen.body) for seen in server.requests}) == len(server.requests)
    assert (work / "answers" / "completions.sqlite").is_file()
    assert content(work / "one") == content(work / "two")


def test_what_may_not_leave_this_machine_is_not_sent_to_another(work: Path) -> None:
    named = ("--lm", "far", "--api-base", "http://far.example/v1", "--timeout", "1")
    given = (*GIVEN, "--out", "out", "--allow-restricted", "infores:books", *named)
    code, _out, err = export(work, *given)
    assert code == 2
    assert "Add --trusted" in err
    code, _out, err = export(work, *given, "--trusted", "--dry-run")
    assert code == 0, err


def test_an_answer_that_is_cut_short_costs_its_row_alone(work: Path) -> None:
    def cut(body: dict[str, Any]) -> Reply:
        text = said(body)
        return Reply(text[:9], finish="length") if "llopurinol" in prompt(body) else Reply(text)

    with ScriptedLM(cut) as server:
        named = ("--lm", server.name, "--api-base", server.url)
        code, _out, err = export(work, *GIVEN, "--languages", "en", "--out", "out", *named)
    assert code == 0, err
    card = (work / "out" / "README.md").read_text("utf-8")
    assert "no JSON as asked for" in card
    assert rows(work / "out", "paraphrases")
