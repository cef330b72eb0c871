"""The machine: Python, memory, disk, the GPU, and the Java that neo4j-admin runs on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from kgmed.facade.doctor.model import Line
from kgmed.facade.doctor.packages import python

TIMEOUT_S = 1.5
"""Seconds that a program asked for its version may take."""
LOW_MEMORY, LOW_DISK = 1 << 30, 1 << 30
"""Bytes: with less memory or disk than this not even the open graph can be built for sure."""
OLDEST_JAVA = 17
"""Neo4j 5 runs on Java 17 or 21, later releases on 21 (https://neo4j.com/docs/operations-manual/
current/installation/requirements/)."""


def environment(home: Path) -> list[Line]:
    """Python, the platform, memory, and the folder for graphs."""
    return [
        Line(
            "environment", "python", "ok",
            f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}",
            needed=True,
        ),
        Line("environment", "platform", "ok", f"{platform.platform()}, {os.cpu_count()} cores"),
        _memory(),
        _home(home),
    ]  # fmt: skip


def _memory() -> Line:
    total, free = _memory_bytes()
    if total is None:
        return Line("environment", "memory", "ok", "this platform doesn't say")
    told = f"{total / 2**30:.1f} GiB"
    if free is None:
        return Line("environment", "memory", "ok", told)
    told += f", {free / 2**30:.1f} GiB free"
    if free < LOW_MEMORY:
        return Line("environment", "memory", "broken", told, "End other programs before a build.")
    return Line("environment", "memory", "ok", told)


def _memory_bytes() -> tuple[int | None, int | None]:
    """Bytes of memory, and of what is free; None where the platform doesn't say."""
    try:
        rows = dict(
            line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines()
        )
        return tuple(int(rows[key].split()[0]) * 1024 for key in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]
    except (OSError, ValueError, KeyError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), None
    except (AttributeError, ValueError, OSError):
        return None, None


def _home(home: Path) -> Line:
    """Whether graphs can be kept where they are kept."""
    there = home
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return Line(
            "environment", "KGMED_HOME", "broken", f"{home}: {there} is a file",
            "export KGMED_HOME=FOLDER", needed=True,
        )  # fmt: skip
    if not os.access(there, os.W_OK | os.X_OK):
        return Line(
            "environment", "KGMED_HOME", "broken", f"{home}: {there} can't be written to",
            "export KGMED_HOME=FOLDER", needed=True,
        )  # fmt: skip
    free = shutil.disk_usage(there).free
    told = f"{home}, {free / 2**30:.1f} GiB free"
    if free < LOW_DISK:
        return Line(
            "environment", "KGMED_HOME", "broken", told,
            "Make room, or name a folder on another disk: export KGMED_HOME=FOLDER", needed=True,
        )  # fmt: skip
    return Line("environment", "KGMED_HOME", "ok", told, needed=True)


def hardware() -> list[Line]:
    """The GPU, and whether the PyTorch that is installed can use it; PyTorch isn't imported."""
    program = shutil.which("nvidia-smi")
    cards = (
        _said([program, "--query-gpu=name,memory.total", "--format=csv,noheader"])
        if program
        else ""
    )
    build = _torch_build()
    if not program or cards is None or not cards.strip():
        why = "no nvidia-smi" if not program else "nvidia-smi names no GPU"
        return [Line("hardware", "gpu", "missing", f"{why}; only models served here want one")]
    told = "; ".join(" ".join(line.split()) for line in cards.strip().splitlines())
    lines = [Line("hardware", "gpu", "ok", told)]
    if build == "":
        lines.append(
            Line(
                "hardware", "torch", "broken", "PyTorch is a build for the CPU alone",
                f"{python()} -m pip install --force-reinstall torch",
            )
        )  # fmt: skip
    elif build is not None:
        lines.append(Line("hardware", "torch", "ok", f"PyTorch for CUDA {build}"))
    return lines


def _torch_build() -> str | None:
    """The CUDA that PyTorch was built for, '' for none, None where PyTorch isn't."""
    spec = find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return None
    try:
        text = (Path(spec.submodule_search_locations[0]) / "version.py").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"^cuda[^=\n]*=\s*(?:'([^']*)'|\"([^\"]*)\"|None)", text, re.MULTILINE)
    return (found[1] or found[2] or "") if found else None


def tools(java_home: str) -> list[Line]:
    """neo4j-admin, which ``kgmed export neo4j`` writes files for, and its Java: that of
    ``java_home``, neo4j-admin's own rule, else the PATH's."""
    admin = shutil.which("neo4j-admin")
    if admin is None:
        return [
            Line(
                "tools", "neo4j-admin", "missing",
                "isn't on the PATH; only the import.sh of kgmed export neo4j calls it",
            )
        ]  # fmt: skip
    return [Line("tools", "neo4j-admin", "ok", admin), _java(java_home)]


def _java(home: str) -> Line:
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    said = _said([program, "-version"]) if program else None
    found = re.search(r'version "(\d+)', said or "")
    if found is None:
        return Line(
            "tools", "java", "missing", "neo4j-admin needs one, and none answers",
            "Install Java 21, and let JAVA_HOME name it.",
        )  # fmt: skip
    told = f"{said.strip().splitlines()[0] if said else ''}, {quote(program or '')}"
    if int(found[1]) < OLDEST_JAVA:
        return Line("tools", "java", "broken", f"{told}; at least {OLDEST_JAVA} is needed",
                    "Install Java 21, and let JAVA_HOME name it.")  # fmt: skip
    return Line("tools", "java", "ok", told)


def _said(command: list[str | None]) -> str | None:
    """What a program prints to both its outputs; None where it fails or takes too long."""
    words = [word for word in command if word]
    try:
        done = subprocess.run(  # noqa: S603  a program of the PATH, with our own words
            words, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout + done.stderr if done.returncode == 0 else None
