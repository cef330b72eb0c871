"""kill -9 at random moments of an export of datasets, then the same command again: it finishes with
the bytes of an undisturbed run, and leaves nothing behind.

Run with ``pytest -m stress tests/stress/test_dataset_kills.py``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dataset_runs import content

pytestmark = pytest.mark.stress

KILLS = 30


def command(out: Path) -> list[str]:
    return [sys.executable, "-m", "kgmed.cli", "export", "corpus", "--out", str(out),
            "--graph", "kgmed:open", "--tasks", "sentences,paths_curated", "--quiet",
            "--processes", "2"]  # fmt: skip


def test_the_same_command_finishes_what_kills_interrupted(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    subprocess.run(command(whole), check=True, capture_output=True)  # the open graph is built here
    begin = time.perf_counter()
    subprocess.run(command(tmp_path / "timed"), check=True, capture_output=True)
    duration = time.perf_counter() - begin
    wanted = content(whole)
    chance = random.Random(7)
    out, killed, finished = tmp_path / "out-0", 0, 0
    for number in range(KILLS):
        process = subprocess.Popen(
            command(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        time.sleep(chance.uniform(0.2, 1.05 * duration))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        if chance.random() < 0.4:  # else the next kill meets the ruins of this one
            subprocess.run(command(out), check=True, capture_output=True)
            assert content(out) == wanted
            left = [path for path in out.rglob("*")
                    if "work-" in path.name or "unfinished" in path.name]  # fmt: skip
            assert left == []
            finished += 1
            out = tmp_path / f"out-{number + 1}"
    assert killed > KILLS // 2
    assert finished > KILLS // 4
