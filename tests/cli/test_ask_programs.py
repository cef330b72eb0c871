"""``kgmed ask --program``: programs on a language model, on the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kgmed.wire import adapter

pytest.importorskip("dspy", reason="needs dspy: pip install 'kgmed[llm]'")


def kgmed(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "kgmed.cli", *arguments], capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_chain_of_thought_prints_its_steps_verdicts_and_usage() -> None:
    code, out, err = kgmed("ask", "does warfarin interact with amiodarone?", "--program", "cot",
                           "--trace")  # fmt: skip
    assert code == 0
    assert "step: Warfarin interacts with Amiodarone (severity: critical) [1]." in out
    assert "  + Warfarin interacts with Amiodarone" in out
    assert "Verdicts: 1 SUPPORTED" in out
    assert "cot on embedded: 1 call; " in out
    assert "not medical advice" in out
    assert "no language model is configured" in err


def test_a_tree_of_thoughts_in_chinese_as_json() -> None:
    code, out, err = kgmed("ask", "哪种药物治疗痛风？", "--program", "tot", "--lm", "embedded",
                           "--options", "二甲双胍|别嘌醇", "--json")  # fmt: skip
    assert (code, err) == (0, "")
    adapter("kgmed.answer/1").validate_json(out)
    answer = json.loads(out)
    assert (answer["value"], answer["program"], answer["lang"]) == ("别嘌醇", "tot", "zh")
    assert [entry["kind"] for entry in answer["trace"]][-1] == "round"
    assert {entry["kind"] for entry in answer["trace"][:-1]} == {"thought"}
    assert answer["claims"][0]["verdict"] == "SUPPORTED"
    assert answer["usage"]["calls"] >= 2


def test_samples_and_their_agreement() -> None:
    asked = ("ask", "which drugs treat gout?", "--program", "self-consistency")
    code, out, _ = kgmed(*asked, "--samples", "3", "--budget", "200", "--trace", "--lm", "embedded")
    assert code == 0
    assert out.count("sample: ") == 3
    assert "3 calls" in out
    assert "agreement " in out


def test_nothing_known_is_exit_code_3() -> None:
    code, out, _ = kgmed("ask", "who was Napoleon?", "--lm", "embedded")
    assert code == 3
    assert "names no concept" in out
    assert "0 calls" in out
