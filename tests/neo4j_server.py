"""A real Neo4j server for tests: started in a folder of the test's, stopped at its end.

The start script is ``shared/neo4j/neo4j`` in the checkout or beside it, or what ``KGMED_NEO4J``
names: ``SCRIPT start HOME PORT | stop HOME | admin HOME
ARGS...``, which prints the server's URI. Where there is none, tests that ask for one are skipped.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
START_S, STOP_S, ADMIN_S = 180, 90, 900


def script() -> Path:
    """The start script; skips the test, with the reason, where there is none."""
    named = os.environ.get("KGMED_NEO4J")
    candidates = (
        [Path(named)] if named else [base / "shared/neo4j/neo4j" for base in (ROOT, ROOT.parent)]
    )
    for path in candidates:
        if path.is_file():
            if shutil.which("java") is None:
                pytest.fail(f"{path} is there, but no Java 17 on the PATH to start it with")
            return path
    pytest.skip(f"no Neo4j server at {candidates[-1]}; KGMED_NEO4J names a start script")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def run(*arguments: str | Path, timeout_s: float) -> str:
    """Run the script and return what it printed; a failure shows all of it."""
    command = [str(script()), *map(str, arguments)]
    done = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
    return done.stdout


def admin(home: Path, *arguments: str | Path) -> str:
    """Run neo4j-admin on the home of a server that isn't running; returns what it printed."""
    return run("admin", home, *arguments, timeout_s=ADMIN_S)


def imported(folder: Path, home: Path, *, heap: str = "2g") -> str:
    """Run the script of an export as a user does, on the home of a server that isn't running;
    returns what neo4j-admin printed, which is no warning."""
    home.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(folder / "import.sh"), "neo4j", "--overwrite-destination=true"],
        env={**os.environ, "NEO4J_ADMIN": f"{script()} admin {home}", "NEO4J_HEAP": heap},
        cwd=home, capture_output=True, text=True, check=False, timeout=ADMIN_S,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "IMPORT DONE" in said
    assert "WARN" not in said, said
    assert (home / "import.report").read_text() == ""
    return said


def run_cypher(uri: str, file: Path) -> None:
    """Run a file of Cypher as cypher-shell does: each statement up to its semicolon."""
    import neo4j

    with neo4j.GraphDatabase.driver(uri, notifications_min_severity="OFF") as driver:
        for text in file.read_text(encoding="utf-8").split(";\n"):
            query = "\n".join(line for line in text.splitlines() if not line.startswith("//"))
            if query.strip():
                driver.execute_query(query)


def start(home: Path) -> str:
    """Start a server in a folder, and return its bolt URI."""
    return run("start", home, str(free_port()), timeout_s=START_S).strip().splitlines()[-1]


def stop(home: Path) -> None:
    """Stop the server of a folder; nothing happens where none runs."""
    run("stop", home, timeout_s=STOP_S)


@contextmanager
def server(tmp: Path) -> Iterator[tuple[str, Path]]:
    """A running server in ``tmp``: its bolt URI, and its home; authentication is off."""
    home = tmp / "neo4j"
    try:
        yield start(home), home
    finally:
        stop(home)
