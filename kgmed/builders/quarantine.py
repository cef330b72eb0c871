"""Where rows that break their format are set aside by readers that don't read line by line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class SetAside(NamedTuple):
    """A row that a reader couldn't use: its file, line (from 1), why, and its text."""

    path: Path
    line: int
    reason: str
    text: str


def append(target: Path | None, rows: Iterable[SetAside]) -> None:
    """Add rows to the quarantine file that all sources of a build share; None: nowhere."""
    lines = [f"{row.path}\t{row.line}\t{row.reason}\t{row.text}\n" for row in rows]
    if target is None or not lines:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # A row that isn't UTF-8 is decoded with surrogateescape, so that its bytes are written here.
    with target.open("a", encoding="utf-8", errors="surrogateescape") as file:
        if file.tell() == 0:
            file.write("file\tline\treason\trow\n")
        file.writelines(lines)
