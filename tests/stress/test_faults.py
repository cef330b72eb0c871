"""Faults at random moments: kills in the middle of builds, flipped bytes in the open graph.

Run with ``pytest -m stress tests/stress``; the counts are those of the project's targets.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import StoreError
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.store.snapshot import corrupt_files, open_snapshot

pytestmark = pytest.mark.stress

KILLS = 50
FLIPS = 200
BUILD = [sys.executable, "-m", "kgmed.cli", "build", "--out"]


def test_a_build_killed_at_any_moment_leaves_the_old_graph_in_use(tmp_path: Path) -> None:
    """kill -9 at 50 random moments of a build of the open graph over an existing generation."""
    root = tmp_path / "graph"
    begin = time.perf_counter()
    subprocess.run([*BUILD, str(root)], check=True, capture_output=True)
    duration = time.perf_counter() - begin
    before = open_snapshot(root).manifest["snapshot"]
    pointer = (root / "CURRENT").read_bytes()
    chance = random.Random(3)
    finished = 0
    for _ in range(KILLS):
        process = subprocess.Popen(
            [*BUILD, str(root), "--no-drugcentral"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(chance.uniform(0.05, duration * 0.95))
        done = process.poll() is not None
        if not done:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        store = EmbeddedStore(root)
        assert store.snapshot.verified
        if (root / "CURRENT").read_bytes() == pointer:
            assert store.info().snapshot == before
        else:
            finished += 1
            pointer, before = (root / "CURRENT").read_bytes(), store.info().snapshot
        assert len(store.neighbors(["drugbank:DB00682"], predicates=["interacts_with"])[0]) == 140
        store.close()
    print(f"{KILLS} kills, {finished} of them after the new generation was published")
    subprocess.run([*BUILD, str(root)], check=True, capture_output=True)
    assert not [p for p in (root / "generations").iterdir() if p.name.startswith(".building")]


def test_an_overlay_killed_at_any_moment_leaves_the_graph_as_it_was(tmp_path: Path) -> None:
    """kill -9 at 25 random moments of laying an overlay on the open graph."""
    root = tmp_path / "graph"
    subprocess.run([*BUILD, str(root)], check=True, capture_output=True)
    (tmp_path / "edges.tsv").write_text(
        "subject\tpredicate\tobject\nDRUGBANK:DB00682\tbiolink:treats\tward:1\n"
    )
    overlay = [*BUILD[:-2], "overlay", str(root), "--edges", str(tmp_path / "edges.tsv"), "-q"]
    begin = time.perf_counter()
    subprocess.run(overlay, check=True, capture_output=True)
    duration = time.perf_counter() - begin
    subprocess.run([*overlay[:-3], "--drop"], check=True, capture_output=True)
    before, chance = (root / "CURRENT").read_bytes(), random.Random(4)
    finished = 0
    for _ in range(KILLS // 2):
        process = subprocess.Popen(
            overlay, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(0.05, duration))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with open_graph(root) as graph:
            is_new = (root / "CURRENT").read_bytes() != before
            assert len(graph.store.added()) == is_new
            assert graph.check() == []
        finished += is_new
        subprocess.run([*overlay[:-3], "--drop"], check=True, capture_output=True)
        assert (root / "CURRENT").read_bytes() == before
    print(f"{KILLS // 2} kills, {finished} of them after the overlay was published")


def test_every_flipped_byte_of_the_open_graph_is_found(graph: Graph, tmp_path: Path) -> None:
    """200 random single-byte flips over all files: found at open and by check, none silent."""
    original = graph.store.snapshot.root
    root = tmp_path / "graph"
    shutil.copytree(original, root)
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and p.stat().st_size]
    sizes = [p.stat().st_size for p in files]
    chance = random.Random(11)
    for number in range(FLIPS):
        # half of the flips by size, half by file, so that small files get their share
        path = chance.choices(files, sizes)[0] if number % 2 else chance.choice(files)
        offset = chance.randrange(path.stat().st_size)
        with path.open("r+b") as file:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ (1 << chance.randrange(8))]))
        with pytest.raises(StoreError):
            EmbeddedStore(root)
        with suppress(StoreError):
            assert list(corrupt_files(open_snapshot(root)))
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(bytes([byte]))
    EmbeddedStore(root).close()
    print(f"{FLIPS} flips over {len(files)} files, all found")
