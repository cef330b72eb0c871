"""kill -9 at random moments of a build from the four sources' files, then the same command again:
it finishes, with the hash of an undisturbed build, and leaves nothing behind.

Run with ``pytest -m stress tests/stress/test_build_kills.py``.
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

from kgmed.builders.synthetic import write
from kgmed.kg.store.snapshot import corrupt_files, open_snapshot

pytestmark = pytest.mark.stress

KILLS = 30
SCALE = 0.005
SOURCES = ("umls", "snomed", "drugbank", "cmekg")


def command(files: Path, root: Path) -> list[str]:
    given = [item for name in SOURCES for item in (f"--{name}", str(files / name))]
    return [sys.executable, "-m", "kgmed.cli", "build", *given, "--out", str(root), "--quiet"]


def test_the_same_command_finishes_what_kills_interrupted(tmp_path: Path) -> None:
    files = tmp_path / "files"
    for name in SOURCES:
        write(name, files / name, scale=SCALE, seed=1)
    begin = time.perf_counter()
    subprocess.run(command(files, tmp_path / "undisturbed"), check=True, capture_output=True)
    duration = time.perf_counter() - begin
    wanted = open_snapshot(tmp_path / "undisturbed").manifest["snapshot"]
    chance = random.Random(5)
    killed = 0
    for number in range(KILLS):
        root = tmp_path / f"graph-{number % 3}"  # a third of the kills meet an earlier generation
        process = subprocess.Popen(
            command(files, root),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.3, duration))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        if (root / "CURRENT").exists():
            assert open_snapshot(root).manifest["snapshot"] == wanted
        if chance.random() < 0.5:  # else the next kill meets the ruins of this one
            subprocess.run(command(files, root), check=True, capture_output=True)
            snapshot = open_snapshot(root)
            assert snapshot.manifest["snapshot"] == wanted
            assert list(corrupt_files(snapshot)) == []
            left = [p.name for p in (root / "generations").iterdir() if p.name.startswith(".")]
            left += [p.name for p in (root / "staged").iterdir() if p.name.startswith(".")]
            assert left == []
    print(f"{killed} of {KILLS} builds killed, each finished by the same command, same hash")
