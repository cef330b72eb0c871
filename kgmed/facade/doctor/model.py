"""What ``kgmed doctor`` found: a line a thing, with the command that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "broken"]
Part = Literal["environment", "packages", "extras", "graphs", "endpoints", "hardware", "tools"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    ``missing`` is what isn't there, ``broken`` what is there and can't be used. ``needed`` says
    that kgmed can't do without it, or that settings name it. ``fix`` is a command, or what else to
    do; '' where nothing has to be done.
    """

    part: Part
    name: str
    state: State
    found: str
    fix: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Doctor:
    """What ``kgmed doctor --json`` prints. ``ok``: nothing that is needed is missing or broken."""

    ok: bool
    version: str
    lines: tuple[Line, ...]
    elapsed_ms: float
    schema: str = "kgmed.doctor/1"
