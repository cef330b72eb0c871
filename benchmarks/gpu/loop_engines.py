"""What answers for a model of the loop: this process, ``transformers serve``, or vLLM."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgmed.reasoning.lm import serve
from kgmed.reasoning.lm.connect import LanguageModel, connect
from kgmed.reasoning.lm.settings import LMSettings

ENGINES = {"in-process": 1, "transformers": 8, "vllm": 16}
"""How many questions each is asked at once."""
WAIT_S = 600.0
KV_GIB = 8.0


@contextmanager
def engine(name: str, folder: Path, *, answer: int) -> Iterator[LanguageModel]:
    """The model of a folder, answering in at most ``answer`` tokens.

    ``transformers`` is that of this environment (https://huggingface.co/docs/transformers/serving),
    ``vllm`` that of the Python which ``KGMED_VLLM_PYTHON`` names, or of this one.
    """
    if name == "in-process":
        with connect(LMSettings(str(folder), max_tokens=answer)) as model:
            yield model
        return
    plan = _vllm(folder) if name == "vllm" else _transformers(folder)
    server = serve.Server(plan, folder.with_name(f"{folder.name}-{name}.log"))
    try:
        server.wait_ready(wait_s=WAIT_S)
        settings = LMSettings(
            plan.name, plan.url, max_tokens=answer, concurrency=ENGINES[name], timeout_s=600
        )
        with connect(settings) as model:
            yield model
    finally:
        server.stop()


def _vllm(folder: Path) -> serve.Plan:
    python = os.environ.get("KGMED_VLLM_PYTHON") or sys.executable
    return serve.make_plan(
        str(folder), python=python, installed=serve.vllm_of(python), gpu_count=serve.gpus(),
        memory_gib=KV_GIB, name=folder.name,
        # lessons have spaces where JSON may have them; weights are kept with more digits than serve
        more=("--structured-outputs-config", "{}", "--dtype", "bfloat16"),
    )  # fmt: skip


def _transformers(folder: Path) -> serve.Plan:
    port = serve.free_port()
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder),
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    return serve.Plan(
        command=tuple(command), environment={"HF_HUB_OFFLINE": "1"},
        url=f"http://127.0.0.1:{port}/v1", name=str(folder), notes=(),
    )  # fmt: skip
