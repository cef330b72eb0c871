"""``kgmed lm serve``: a server that is started, used, killed in the middle of a run, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import vllm_server
from vllm_server import CONTEXT, NAME, START_S

from kgmed.kg.errors import LanguageModelError
from kgmed.reasoning.lm import serve
from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.settings import LMSettings

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import connect

pytestmark = pytest.mark.real
HI = Request("", "Hi", None, "greeting", max_tokens=32, temperature=1.0)


@contextmanager
def served(model: Path, port: int, log: Path) -> Iterator[subprocess.Popen[str]]:
    """``kgmed lm serve``, which answers."""
    command = [
        sys.executable, "-m", "kgmed.cli", "lm", "serve", str(model), "--name", NAME,
        "--python", vllm_server.python(), "--port", str(port), "--max-model-len", str(CONTEXT),
        "--wait", str(START_S), "--log", str(log),
    ]  # fmt: skip
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line == f"--lm {NAME} --api-base http://127.0.0.1:{port}/v1\n", (
            running.stderr and running.stderr.read()
        )
        yield running
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in listed]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_killed_in_mid_run_is_told_and_the_run_goes_on_after_its_restart(
    tiny_models: Path, tmp_path: Path
) -> None:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("finds the server's process by /proc")
    model, _ = vllm_server.models(tiny_models)
    port = serve.free_port()
    settings = LMSettings(NAME, f"http://127.0.0.1:{port}/v1", retries=1, concurrency=4)
    answered: dict[int, str] = {}
    failed: dict[int, str] = {}
    enough = threading.Event()

    with connect(settings) as asked:

        def ask(numbers: range) -> None:
            for n in numbers:
                try:
                    answered[n] = asked(replace(HI, seed=n))
                except LanguageModelError as error:
                    failed[n] = str(error)
                if len(answered) >= 20:
                    enough.set()

        with served(model, port, tmp_path / "first.log") as running:
            threads = [threading.Thread(target=ask, args=(range(k, 400, 4),)) for k in range(4)]
            for thread in threads:
                thread.start()
            assert enough.wait(120)
            for pid in children(running.pid):
                os.killpg(pid, signal.SIGKILL)
            for thread in threads:
                thread.join(120)
            _, said = running.communicate(timeout=60)
            assert running.returncode == 1
        assert "vLLM ended by itself" in said
        assert "first.log" in said
        assert failed, "it was killed in the middle"
        assert {*answered, *failed} == set(range(400)), "none is lost"
        assert all(str(port) in words for words in failed.values())
        told = {"can't be reached" in words or "broke off" in words for words in failed.values()}
        assert told == {True}

        with served(model, port, tmp_path / "second.log") as running:
            for n in list(failed)[:50]:
                answered[n] = asked(replace(HI, seed=n))
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 130, "Ctrl-C ends it"
    deadline = time.monotonic() + 30
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not listens(port), "and what it started"


def test_a_model_without_chat_template_is_told_by_a_real_server_too(
    tiny_models: Path, tmp_path: Path
) -> None:
    bare, _ = vllm_server.models(tiny_models, bare=True)
    with pytest.raises(Exception, match="no chat template"):
        serve.check_folder(bare)
    plan = vllm_server.plan(tiny_models)
    command = list(plan.command[: plan.command.index("--enable-lora")])
    command[command.index("--model") + 1] = str(bare)
    running = vllm_server.start(replace(plan, command=tuple(command)), tmp_path / "bare.log")
    try:
        with connect(LMSettings(NAME, plan.url)) as model:
            with pytest.raises(LanguageModelError, match="--chat-template FILE"):
                model(HI)
            assert model.usage.retries == 0
    finally:
        running.stop()


def test_a_server_that_dies_at_its_start_shows_the_end_of_its_log(
    tiny_models: Path, tmp_path: Path
) -> None:
    plan = vllm_server.plan(tiny_models)
    wrong = replace(plan, command=(*plan.command, "--no-such-flag"))
    with pytest.raises(LanguageModelError) as caught:
        vllm_server.start(wrong, tmp_path / "dies.log")
    assert "died at its start" in str(caught.value)
    assert "--no-such-flag" in str(caught.value)
    assert str(tmp_path / "dies.log") in str(caught.value)
