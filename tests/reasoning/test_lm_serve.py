"""The command by which vLLM is started: its flags for a machine, and what is wrong told before."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from kgmed.cli import main
from kgmed.kg.errors import DataError, LanguageModelError, UsageError
from kgmed.reasoning.lm import serve
from kgmed.reasoning.lm.serve import Installed, Plan, Server, make_plan

ON_GPU, ON_CPU = Installed("0.32.0", is_cpu=False), Installed("0.32.0", is_cpu=True)


def model(folder: Path, **config: Any) -> Path:
    """The files of a model, as far as they are looked at before it is started."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(
        {"max_position_embeddings": 32768, "num_attention_heads": 32, **config}
    ))  # fmt: skip
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


def planned(folder: Path | str, **given: Any) -> Plan:
    usual: dict[str, Any] = {"python": "python", "installed": ON_GPU, "gpu_count": 1}
    return make_plan(str(folder), **{**usual, "memory_gib": 64, **given})


def flag(plan: Plan, name: str) -> str:
    return plan.command[plan.command.index(name) + 1]


def test_a_gpu_and_a_cpu_get_their_own_flags(tmp_path: Path) -> None:
    folder = model(tmp_path / "Medic-8B")
    gpu = planned(folder)
    assert flag(gpu, "--gpu-memory-utilization") == "0.9"
    assert "--tensor-parallel-size" not in gpu.command
    assert "--enforce-eager" not in gpu.command
    assert (gpu.device, gpu.name) == ("1 GPU", "Medic-8B")
    cpu = planned(folder, gpu_count=0)
    assert "--enforce-eager" in cpu.command
    assert "--gpu-memory-utilization" not in cpu.command
    assert cpu.environment["VLLM_CPU_KVCACHE_SPACE"] == "8"
    assert cpu.device == "CPU"
    for plan in (gpu, cpu):
        assert "--enable-prefix-caching" in plan.command
        assert json.loads(flag(plan, "--structured-outputs-config")) == serve.STRUCTURED
        assert flag(plan, "--host") == "127.0.0.1"
        assert plan.environment["HF_HUB_OFFLINE"] == "1", "nothing is fetched"


def test_a_vllm_of_the_cpu_does_not_see_a_gpu_and_says_so(tmp_path: Path) -> None:
    plan = planned(model(tmp_path / "m"), installed=ON_CPU)
    assert plan.device == "CPU"
    assert "built for the CPU" in plan.notes[0]


@pytest.mark.parametrize(
    ("gpus", "heads", "over"), [(2, 32, "2"), (4, 32, "4"), (6, 32, "4"), (8, 28, "4"), (3, 7, "")]
)
def test_a_model_is_split_over_gpus_as_its_heads_allow(
    gpus: int, heads: int, over: str, tmp_path: Path
) -> None:
    plan = planned(model(tmp_path / "m", num_attention_heads=heads), gpu_count=gpus)
    size = flag(plan, "--tensor-parallel-size") if over else ""
    assert size == over
    assert plan.device == f"{over or 1} GPU{'s' if over else ''}"
    assert flag(planned(tmp_path / "m", tensor_parallel=2), "--tensor-parallel-size") == "2"


def test_the_context_is_enough_and_not_more_than_the_model_has(tmp_path: Path) -> None:
    assert flag(planned(model(tmp_path / "long")), "--max-model-len") == "8192"
    short = model(tmp_path / "short", max_position_embeddings=2048)
    assert flag(planned(short), "--max-model-len") == "2048"
    assert flag(planned(short, max_model_len=1024), "--max-model-len") == "1024"


def test_adapters_are_served_with_the_largest_rank_of_them(tmp_path: Path) -> None:
    for name, rank in (("a", 8), ("b", 24)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "adapter_config.json").write_text(json.dumps({"r": rank}))
    plan = planned(
        model(tmp_path / "m"), loras=(f"one={tmp_path}/a", f"two={tmp_path}/b"),
        reasoning_parser="qwen3", more=("--max-num-seqs", "8"),
    )  # fmt: skip
    assert flag(plan, "--max-lora-rank") == "32"
    assert f"two={tmp_path.resolve()}/b" in plan.command
    assert flag(plan, "--reasoning-parser") == "qwen3"
    assert plan.command[-2:] == ("--max-num-seqs", "8")
    with pytest.raises(UsageError, match=r"expected NAME=FOLDER"):
        planned(tmp_path / "m", loras=("one",))


def test_a_name_of_the_hub_is_fetched_only_where_the_user_says() -> None:
    plan = planned("Org/Model-8B")
    assert flag(plan, "--model") == plan.name == "Org/Model-8B"
    assert plan.environment["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in planned("Org/Model-8B", download=True).environment


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("config.json", "no config.json"),
        ("tokenizer.json", "no tokenizer"),
        ("model.safetensors", "no weights"),
        ("chat_template.jinja", "no chat template"),
    ],
)
def test_a_folder_without_what_a_model_needs_is_told(
    missing: str, words: str, tmp_path: Path
) -> None:
    folder = model(tmp_path / "m")
    (folder / missing).unlink()
    with pytest.raises(DataError, match=words):
        planned(folder)


def test_a_template_in_the_tokenizers_settings_or_given_will_do(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    planned(folder)
    (folder / "tokenizer_config.json").write_text("{}")
    template = tmp_path / "mine.jinja"
    template.write_text("{{ messages }}")
    assert flag(planned(folder, chat_template=str(template)), "--chat-template") == str(template)
    with pytest.raises(UsageError, match="no such file"):
        planned(folder, chat_template=str(tmp_path / "none.jinja"))


def test_a_folder_that_is_not_there_and_a_config_that_is_no_json_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        planned(tmp_path / "none")
    folder = model(tmp_path / "m")
    (folder / "config.json").write_text("{")
    with pytest.raises(DataError, match="isn't JSON"):
        planned(folder)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="choose another by --port"):
            planned(model(tmp_path / "m"), port=taken.getsockname()[1])


def test_an_environment_without_vllm_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such program"):
        serve.vllm_of(str(tmp_path / "python"))
    program = tmp_path / "no-python"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    with pytest.raises(UsageError, match="isn't a Python"):
        serve.vllm_of(str(program))


def test_what_dies_at_its_start_shows_its_last_words(tmp_path: Path) -> None:
    says = "import sys; print('ValueError: no memory'); print('bye'); sys.exit(3)"
    plan = Plan((sys.executable, "-c", says), {}, "m", "http://127.0.0.1:9/v1")
    with pytest.raises(LanguageModelError) as caught:
        Server(plan, tmp_path / "log").wait_ready(wait_s=30)
    assert "exit status 3" in str(caught.value)
    assert "ValueError: no memory" in str(caught.value)


def test_what_does_not_answer_in_time_is_ended(tmp_path: Path) -> None:
    sleeps = "import time; time.sleep(60)"
    plan = Plan((sys.executable, "-c", sleeps), {}, "m", "http://127.0.0.1:9/v1")
    server = Server(plan, tmp_path / "log")
    with pytest.raises(LanguageModelError, match="--wait S"):
        server.wait_ready(wait_s=0.1)
    assert server.process.poll() is not None


def test_a_key_is_in_the_servers_environment_and_not_on_its_command_line(tmp_path: Path) -> None:
    says = "import os; print(os.environ.get('VLLM_API_KEY'), os.environ.get('PYTHONPATH'))"
    plan = Plan((sys.executable, "-c", says), {}, "m", "http://127.0.0.1:9/v1")
    server = Server(plan, tmp_path / "log", api_key="s3cret")
    server.wait()
    assert (tmp_path / "log").read_text().split() == ["s3cret", "None"]


def test_a_dry_run_prints_the_command_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = model(tmp_path / "my model")
    monkeypatch.setattr(serve, "vllm_of", lambda _python: ON_CPU)
    words = ["kgmed", "lm", "serve", str(folder), "--dry-run", "--", "--max-num-seqs", "1"]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    printed = capsys.readouterr().out
    assert f"'{folder}'" in printed, "as a shell takes it"
    assert printed.startswith("VLLM_NO_USAGE_STATS=1 ")
    assert printed.rstrip().endswith("--max-num-seqs 1")
