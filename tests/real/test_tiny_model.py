"""The tiny model of the tests can be taught: it says by heart what it was shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vllm_server
from tiny_model import made

from kgmed.reasoning.lm.base import Request
from kgmed.reasoning.lm.serve import check_folder
from kgmed.reasoning.lm.settings import LMSettings

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")

from kgmed.reasoning.lm.connect import connect

pytestmark = pytest.mark.real
FACTS = {"aspirin": "warfarin", "dabigatran": "ketoconazole", "华法林": "阿司匹林",
         "lisinopril": "spironolactone"}  # fmt: skip


def question(drug: str) -> str:
    return f"Name a drug that interacts with {drug}."


def test_a_trained_model_recalls_its_rows_through_vllm(tiny_models: Path, tmp_path: Path) -> None:
    tiny_models.mkdir(parents=True, exist_ok=True)
    rows = [
        {"messages": [
            {"role": "user", "content": question(drug)},
            {"role": "assistant", "content": f"{other} interacts with {drug} [1]."},
        ]}
        for drug, other in FACTS.items()
    ]  # fmt: skip
    file = tmp_path / "rows.jsonl"
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("\n".join(lines), encoding="utf-8")
    folder = made(vllm_server.python(), tiny_models, "train", file)
    assert check_folder(folder)["model_type"] == "llama"
    plan = vllm_server.serve.make_plan(
        str(folder), python=vllm_server.python(), gpu_count=0, memory_gib=8, name="taught",
        installed=vllm_server.serve.vllm_of(vllm_server.python()), max_model_len=1024,
    )  # fmt: skip
    running = vllm_server.start(plan, tmp_path / "taught.log")
    try:
        with connect(LMSettings("taught", plan.url)) as model:
            told = {drug: model(Request("", question(drug), None, "a", max_tokens=40))
                    for drug in FACTS}  # fmt: skip
    finally:
        running.stop()
    assert told == {drug: f"{other} interacts with {drug} [1]." for drug, other in FACTS.items()}
