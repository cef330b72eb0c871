"""Which packages are there, held against the lower bounds that kgmed's own metadata states."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path
from shlex import quote
from urllib.parse import unquote, urlsplit

from kgmed.facade.doctor.model import Line, Part

_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?\s*(?:\(?>=\s*([\w.]+))?")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w-]+)["']""")
GATHERED = {"all", "dev", "docs"}
"""Extras that are made of others, or for those who work on kgmed."""


def requirements() -> dict[str, dict[str, str]]:
    """What kgmed asks for: extra ('' for what it can't do without) -> package -> lower bound.

    >>> "duckdb" in requirements()[""], "neo4j" in requirements()["neo4j"]
    (True, True)
    """
    found: dict[str, dict[str, str]] = {}
    for line in metadata.requires("kgmed") or ():
        wanted = _REQUIREMENT.match(line)
        extra = _EXTRA.search(line)
        if wanted is None or wanted[1] == "kgmed":
            continue
        found.setdefault(extra[1] if extra else "", {})[wanted[1]] = wanted[2] or ""
    return found


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, up to what isn't one.

    >>> numbers("2.13.0+cpu") >= numbers("2.6"), numbers("1.9") >= numbers("1.10")
    (True, False)
    """
    whole = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in whole[0].split(".")) if whole else ()


def packages() -> list[Line]:
    """A line for what kgmed needs, and one for each extra."""
    try:
        asked = requirements()
    except metadata.PackageNotFoundError:
        return [
            Line(
                "packages", "kgmed", "broken", "isn't installed: Python finds its files alone",
                f"{python()} -m pip install .", needed=True,
            )
        ]  # fmt: skip
    lines = [_line("packages", "core", asked.pop("", {}), needed=True)]
    return lines + [
        _line("extras", name, wanted, needed=False)
        for name, wanted in sorted(asked.items())
        if name not in GATHERED
    ]


def _line(part: Part, name: str, wanted: dict[str, str], *, needed: bool) -> Line:
    there, absent, old = [], [], []
    for package, bound in wanted.items():
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            absent.append(package)
            continue
        if numbers(version) < numbers(bound):
            old.append(f"{package} {version}, at least {bound} is needed")
        else:
            there.append(f"{package} {version}")
    told = "; ".join([*old, *(f"{package} isn't installed" for package in absent)])
    fix = install("" if needed else name)
    if old:
        return Line(part, name, "broken", told, f"{fix} --upgrade", needed=needed)
    if absent:
        return Line(part, name, "missing", told, fix, needed=needed)
    return Line(part, name, "ok", ", ".join(there), needed=needed)


def python() -> str:
    """The Python at work, as a shell takes it."""
    return quote(sys.executable or "python3")


def install(extra: str) -> str:
    """The command that installs an extra where kgmed was installed from."""
    wanted = f"[{extra}]" if extra else ""
    origin = _origin()
    if origin is None:
        return f"{python()} -m pip install {quote('kgmed' + wanted)}"
    folder, editable = origin
    flag = "-e " if editable else ""
    return f"{python()} -m pip install {flag}{quote(str(folder) + wanted)}"


def _origin() -> tuple[Path, bool] | None:
    """The folder that kgmed was installed from, and whether it is used in place (PEP 610)."""
    try:
        text = metadata.distribution("kgmed").read_text("direct_url.json")
        stated = json.loads(text or "{}")
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return None
    url = urlsplit(str(stated.get("url", "")))
    if url.scheme != "file":
        return None
    folder = Path(unquote(url.path))
    return (folder, bool(stated.get("dir_info", {}).get("editable"))) if folder.is_dir() else None
