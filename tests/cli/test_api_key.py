"""``--api-key-env`` of the commands that put questions to an endpoint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from scripted_lm import ScriptedLM

from kgmed.cli.keys import KEY, keyed
from kgmed.facade import Graph
from kgmed.kg.errors import UsageError

RIGHT = "the-right-key-0123456789"
QUESTION = "Does warfarin interact with amiodarone?"
ITEM = {"question": QUESTION, "options": {"A": "yes", "B": "no"}, "answer_idx": "A",
        "answer": "yes"}  # fmt: skip
COMMANDS = {
    "ask": ["ask", QUESTION],
    "ask as Typer reads it": ["ask", QUESTION, "--limit=3"],
    "ask --file": ["ask", "--file", "items.jsonl", "--out", "answers.jsonl"],
    "evaluate run": ["evaluate", "run", "items.jsonl", "--out", "runs", "--methods", "closed",
                     "--format", "medqa"],
    "optimize --score": ["optimize", "items.jsonl", "--score", "--program", "predict",
                         "--format", "medqa"],
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_the_key_is_read_from_the_variable_that_is_named(
    graph: Graph, tmp_path: Path, command: str
) -> None:
    (tmp_path / "items.jsonl").write_text(json.dumps(ITEM) + "\n", encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if name != KEY}
    with ScriptedLM(api_key=RIGHT) as model:
        named = ["--lm", model.name, "--api-base", model.url, "--api-key-env", "MY_KEY", "--quiet"]
        done = subprocess.run(
            [sys.executable, "-m", "kgmed.cli", *COMMANDS[command], *named],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300,
            env={**clean, "MY_KEY": RIGHT, KEY: "another"},
        )  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr  # answered, or abstained
    assert model.requests
    sent = {seen.headers.get("authorization") for seen in model.requests}
    assert sent == {f"Bearer {RIGHT}"}


def test_the_key_holds_within_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", RIGHT)
    for before in (None, "another"):
        monkeypatch.delenv(KEY, raising=False)
        if before is not None:
            monkeypatch.setenv(KEY, before)
        with keyed("MY_KEY"):
            assert os.environ[KEY] == RIGHT
        assert os.environ.get(KEY) == before
    with pytest.raises(UsageError, match="no variable NO_SUCH_KEY"), keyed("NO_SUCH_KEY"):
        pass


def test_a_key_without_a_model_is_a_mistake() -> None:
    from kgmed.cli.asking import run

    with pytest.raises(UsageError, match="--api-key-env without --lm"):
        run(QUESTION, api_key_env="MY_KEY")
