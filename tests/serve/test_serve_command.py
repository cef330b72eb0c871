"""``kgmed serve`` as it is called: workers, signals, and where the token may stand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from serving import TOKEN

from kgmed.facade import Graph

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")


@contextmanager
def running(*options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and where it is reached."""
    command = [sys.executable, "-m", "kgmed.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if url:
                _wait_ready(url)
            yield process, url
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    process.kill()


def _wait_ready(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{url}readyz", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the server isn't ready")


def workers_of(process: int) -> list[int]:
    """The workers of a server, by the command lines of its children."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    lines = {int(n): Path(f"/proc/{n}/cmdline").read_bytes() for n in children}
    return [n for n, line in lines.items() if b"spawn_main" in line]


def test_two_workers_answer_and_one_that_dies_is_replaced(graph: Graph) -> None:
    with running("--workers", "2", "--quiet") as (process, url):
        asked = {"question": "does warfarin interact with amiodarone?"}
        assert httpx.post(f"{url}v1/ask", json=asked, timeout=60).json()["value"] is True
        if not Path(f"/proc/{process.pid}/task").exists():
            pytest.skip("this system doesn't tell which processes a server has")
        first = workers_of(process.pid)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        for _ in range(300):
            now = workers_of(process.pid)
            if len(now) == 2 and first[0] not in now:
                break
            time.sleep(0.1)
        assert len(workers_of(process.pid)) == 2
        assert httpx.post(f"{url}v1/ask", json=asked, timeout=60).json()["value"] is True
        process.send_signal(signal.SIGTERM)
        _out, told = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "Traceback" not in told


def test_a_request_that_runs_is_answered_before_the_server_ends(graph: Graph) -> None:
    with running("--quiet") as (process, url), httpx.Client(timeout=120) as client:
        with client.stream("GET", f"{url}v1/samples", params={"task": "yes_no"}) as found:
            process.send_signal(signal.SIGTERM) if found.status_code == 200 else None
            assert found.status_code == 200
            found.read()
            assert found.json()["rows"]
        assert process.wait(60) in {0, -signal.SIGTERM}


def test_it_refuses_to_start_where_others_reach_it_without_a_token(graph: Graph) -> None:
    with running("--host", "0.0.0.0", KGMED_SERVE_TOKEN="") as (process, url):
        assert url == ""
        _out, told = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "no token" in told


def test_a_token_comes_from_a_file_or_the_environment(graph: Graph, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    for options, more in ((["--token-file", str(path)], {}), ([], {"KGMED_SERVE_TOKEN": TOKEN})):
        with running("--host", "0.0.0.0", *options, **more) as (process, url):
            address = url.replace("0.0.0.0", "127.0.0.1") + "v1/info"
            assert httpx.get(address).status_code == 401
            held = {"authorization": f"Bearer {TOKEN}"}
            assert httpx.get(address, headers=held).status_code == 200
            if Path(f"/proc/{process.pid}/cmdline").exists():
                assert TOKEN not in Path(f"/proc/{process.pid}/cmdline").read_text()
    empty = tmp_path / "empty"
    empty.touch()
    with running("--token-file", str(empty)) as (process, _url):
        process.communicate(timeout=60)
        assert process.returncode == 2


@pytest.mark.parametrize(("program", "told"), [
    ("cot", "Found --program cot without --lm; expected --lm NAME"),
    ("cott", "expected one of: constrained, cot, direct, predict, self-consistency, tot"),
])  # fmt: skip
def test_a_program_that_cant_answer_is_told_at_the_start(
    graph: Graph, program: str, told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kgmed.cli", "serve", "--port", "0", "--program", program],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_taken_is_told(graph: Graph) -> None:
    with running("--quiet") as (_process, url):
        port = url.rstrip("/").rpartition(":")[2]
        done = subprocess.run(
            [sys.executable, "-m", "kgmed.cli", "serve", "--port", port],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert f"--port {port}" in done.stderr
