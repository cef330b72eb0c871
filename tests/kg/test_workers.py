"""Workers leave Ctrl-C to their parent, at whatever moment it comes, and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
from kgmed.kg.workers import Workers

def ready(): pass
def work(seconds): time.sleep(seconds); return seconds

if __name__ == "__main__":
    pool = Workers(2, ready, ())
    try:
        waiting = [pool.submit(work, 0.02) for _ in range(3000)]
        print("started", flush=True)
        for one in waiting:
            one.result()
    except KeyboardInterrupt:
        sys.exit(7)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of a group are POSIX's")


def start(folder: Path) -> subprocess.Popen[bytes]:
    path = folder / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == b"started\n"
    return running


def ended(group: int, seconds: float = 30) -> bool:
    """Whether no process of a group is left, within a time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("after", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
def test_ctrl_c_while_workers_import_is_the_parents(tmp_path: Path, after: float) -> None:
    running = start(tmp_path)
    time.sleep(after)
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert err == b""
    assert running.returncode == 7
    assert ended(running.pid)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    running = start(tmp_path)
    time.sleep(1)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate(timeout=60)
    assert ended(running.pid)
