"""``kgmed lm serve``."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import Quiet
from kgmed.cli.output import echo
from kgmed.kg.errors import LanguageModelError

if TYPE_CHECKING:
    from kgmed.reasoning.lm.serve import Plan


def serve(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The folder of a model, or its name on the Hub.")
    ],
    more: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- FLAG...]", help="Flags that go to vLLM as they are, after --."),
    ] = None,
    *,
    python: Annotated[
        str,
        typer.Option(
            "--python", metavar="PATH", show_default=False,
            help="The Python of the environment that has vLLM. Default: this one.",
        ),
    ] = sys.executable,
    name: Annotated[
        str, typer.Option("--name", help="What the model is called. Default: the folder's name.")
    ] = "",
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="Where it listens; 0.0.0.0 for all of the network."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Where, too. Default: one that is free.")
    ] = 0,
    max_model_len: Annotated[
        int,
        typer.Option(
            "--max-model-len", min=0, metavar="N",
            help="Tokens of a prompt and its answer. Default: 8192, or what the model takes.",
        ),
    ] = 0,
    tensor_parallel: Annotated[
        int,
        typer.Option(
            "--tensor-parallel", min=0, metavar="N",
            help="Split the model over so many GPUs. Default: all that its heads divide by.",
        ),
    ] = 0,
    gpu_memory: Annotated[
        float, typer.Option("--gpu-memory", min=0.05, max=1.0, help="The share of it that is used.")
    ] = 0.9,
    lora: Annotated[
        list[str] | None,
        typer.Option(
            "--lora", metavar="NAME=FOLDER", help="An adapter, served as NAME; repeatable."
        ),
    ] = None,
    reasoning_parser: Annotated[
        str,
        typer.Option(
            "--reasoning-parser", metavar="NAME",
            help="How a reasoning model's thoughts are told from its answer: qwen3, deepseek_r1.",
        ),
    ] = "",
    chat_template: Annotated[
        str, typer.Option("--chat-template", metavar="FILE", help="For a model that has none.")
    ] = "",
    download: Annotated[
        bool, typer.Option("--download", help="Let vLLM fetch a model of the Hub.")
    ] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=1, metavar="S", help="Seconds until it must answer.")
    ] = 900,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Where it logs. Default: in KGMED_HOME/logs."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the command, and start nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Start vLLM with the flags that suit this machine, and say how to use it; Ctrl-C ends it.

    When it answers, one line with the --lm and --api-base to use goes to stdout. With
    KGMED_API_KEY set, it is the key that clients must send.
    """
    from kgmed.reasoning.lm import serve as serving
    from kgmed.settings import settings

    plan = serving.make_plan(
        model, python=python, installed=serving.vllm_of(python), gpu_count=serving.gpus(),
        memory_gib=_memory_gib(), port=port, host=host, name=name, max_model_len=max_model_len,
        tensor_parallel=tensor_parallel, gpu_memory=gpu_memory, loras=lora or (),
        reasoning_parser=reasoning_parser, chat_template=chat_template, download=download,
        more=more or (),
    )  # fmt: skip
    if dry_run:
        echo(_as_shell(plan))
        return
    tell = Progress(quiet=quiet)
    key = os.environ.get("KGMED_API_KEY", "")
    for note in (*plan.notes, *_exposed(host, key)):
        tell.note(note)
    path = log or settings().home / "logs" / f"vllm-{time.strftime('%Y%m%d-%H%M%S')}.log"
    tell.note(f"starting {plan.name} by vLLM on the {plan.device}; it logs to {path}")
    signal.signal(signal.SIGTERM, _interrupted)
    server = serving.Server(plan, path, api_key=key)
    try:
        took = server.wait_ready(
            wait_s=wait, api_key=key, tell=lambda s: tell.update(f"waiting for it, {s:.0f} s")
        )
        tell.done()
        tell.note(f"it answers, after {took:.0f} s. Ctrl-C ends it. Use it by:")
        echo(plan.options)
        sys.stdout.flush()
        status = server.wait()
        raise LanguageModelError(
            f"vLLM ended by itself (exit status {status}). The last lines of {path}:\n"
            + server.last_lines()
        )
    finally:
        tell.done()
        server.stop()


def _interrupted(_signal: int, _frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def _as_shell(plan: Plan) -> str:
    variables = [f"{name}={shlex.quote(value)}" for name, value in plan.environment.items()]
    return " ".join([*variables, shlex.join(plan.command)])


def _exposed(host: str, key: str) -> list[str]:
    if host in {"127.0.0.1", "localhost", "::1"} or key:
        return []
    return [f"Whoever reaches {host} may ask it; KGMED_API_KEY=... makes it ask for a key."]


def _memory_gib() -> float:
    """The memory of this machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    except (ValueError, OSError, AttributeError):
        return 8.0
