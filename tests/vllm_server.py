"""A real vLLM for tests marked ``real``: the user's own, or one started here on the CPU.

``KGMED_TEST_VLLM`` is the URL of one that serves models as :func:`server` does; else
``KGMED_VLLM_PYTHON`` is the Python of an environment that has vLLM, which is started with a tiny
model made on the spot. Where there is neither, tests that ask for one are skipped; where that
Python is there and its vLLM doesn't start, they fail.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_model import made

from kgmed.reasoning.lm import serve
from kgmed.reasoning.lm.served import served_models

NAME, ADAPTER = "tiny", "tiny-lora"
CONTEXT = 4096
START_S = 600.0
TEACH = (
    "import json, sys; from pathlib import Path; from overfit import train; "
    "train(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), steps=int(sys.argv[3]))"
)
"""Run in the environment of vLLM, which has torch; the tests' own need not."""


@dataclass(frozen=True)
class Running:
    """A server: where it answers, what it serves, its process where it was started here."""

    url: str
    name: str = NAME
    adapter: str = ADAPTER
    process: serve.Server | None = None


def python() -> str:
    """The Python that has vLLM; skips the test, with the reason, where none is named."""
    named = os.environ.get("KGMED_VLLM_PYTHON", "")
    if not named:
        pytest.skip("no vLLM: KGMED_VLLM_PYTHON names the Python of an environment that has it")
    if not Path(named).is_file():
        pytest.fail(f"KGMED_VLLM_PYTHON={named}: there is no such file")
    return named


def models(cache: Path, *, bare: bool = False) -> tuple[Path, Path]:
    """The folders of the tiny model and of an adapter for it; made once per cache."""
    cache.mkdir(parents=True, exist_ok=True)
    flags = ["--no-template"] if bare else []
    model = made(python(), cache, "make", *flags)
    return model, made(python(), cache, "lora", model)


def plan(cache: Path, *, port: int = 0) -> serve.Plan:
    """How the tiny model is served: as ``kgmed lm serve`` would, by its own adapter too."""
    model, adapter = models(cache)
    return serve.make_plan(
        str(model), python=python(), installed=serve.vllm_of(python()), gpu_count=0, memory_gib=8,
        name=NAME, port=port, max_model_len=CONTEXT, loras=(f"{ADAPTER}={adapter}",),
    )  # fmt: skip


def start(chosen: serve.Plan, log: Path) -> serve.Server:
    """Start a server, and wait until it answers; one that doesn't fails the test."""
    running = serve.Server(chosen, log)
    try:
        running.wait_ready(wait_s=START_S)
    except BaseException:
        running.stop()
        raise
    return running


@contextmanager
def taught(
    lessons: Sequence[tuple[Sequence[Mapping[str, str]], str]], tmp: Path, *, steps: int
) -> Iterator[str]:
    """A server, by its URL, of a model, "taught", that knows (messages, answer) by heart."""
    (tmp / "lessons.json").write_text(json.dumps(lessons), encoding="utf-8")
    folder = tmp / "taught"
    done = subprocess.run(
        [python(), "-c", TEACH, str(folder), str(tmp / "lessons.json"), str(steps)],
        cwd=Path(__file__).parent, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    chosen = serve.make_plan(
        str(folder), python=python(), gpu_count=0, memory_gib=8, name="taught",
        installed=serve.vllm_of(python()), max_model_len=1024,
    )  # fmt: skip
    running = start(chosen, tmp / "taught.log")
    try:
        yield chosen.url
    finally:
        running.stop()


@contextmanager
def server(cache: Path, tmp: Path, *, port: int = 0) -> Iterator[Running]:
    """A server of the tiny model."""
    own = os.environ.get("KGMED_TEST_VLLM")
    if own:
        served = served_models(own)
        if NAME not in served:
            pytest.fail(f"KGMED_TEST_VLLM={own} serves {served}, expected {NAME} and {ADAPTER}")
        yield Running(own)
        return
    running = start(plan(cache, port=port), tmp / "vllm.log")
    try:
        yield Running(running.plan.url, process=running)
    finally:
        running.stop()
