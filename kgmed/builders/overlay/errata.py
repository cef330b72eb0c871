"""``errata.tsv``: which statements are taken back, by whom, when and why.

    statement_id    reason                       who         date        action
    4db0062d        withdrawn by the publisher   Dr. Li      2026-11-20
    8d9f8c44        was right after all          Dr. Li      2026-11-21  restore

A row without an action retracts; ``restore`` takes an earlier retraction back, of this file or of
the overlay that lies on the graph. Rows count from top to bottom. An id may be cut to 8 digits or
more where only one statement begins with them. ``date`` is an ISO 8601 date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kgmed.builders.rows import BadRows, Block, OnError, Problem, Records, read_blocks, shown
from kgmed.builders.source import Tally
from kgmed.kg.errors import DataError
from kgmed.kg.model import Retraction

COLUMNS = ("statement_id", "reason", "who", "date")
ACTIONS = ("retract", "restore")
OUTCOMES = ("retracted", "retracted again", "restored")
SHORTEST = 8

Find = Callable[[str], Sequence[str]]
"""The ids of the statements that begin with some digits, two at most."""


@dataclass(slots=True)
class Errata:
    """What is retracted after the rows read so far, and how many rows did what."""

    retractions: dict[str, Retraction]
    tally: Tally = field(default_factory=Tally)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))

    def apply(self, action: str, id: str, retraction: Retraction) -> Problem | None:
        """Retract or restore one statement; a later retraction's words replace an earlier's."""
        if action == "restore":
            if self.retractions.pop(id, None) is None:
                return Problem(
                    "restores what isn't retracted",
                    f"statement {id}, which isn't retracted",
                    "one that is",
                    "'kgmed overlay GRAPH --list' lists them.",
                )
            self.counts["restored"] += 1
            return None
        again = id in self.retractions
        self.counts["retracted again" if again else "retracted"] += 1
        self.retractions[id] = retraction
        return None


def read_errata(
    path: Path,
    find: Find,
    before: Mapping[str, Retraction],
    *,
    on_error: OnError = "stop",
    quarantine: Path | None = None,
) -> Errata:
    """Apply a file to the retractions ``before`` it.

    Raises :class:`~kgmed.kg.errors.RowError` for a row that can't be used, or sets it aside with
    ``on_error="skip"``; :class:`~kgmed.kg.errors.DataError` for a file without the columns.
    """
    bad, found = BadRows(on_error, quarantine), Errata(dict(before))
    header: list[str] = []
    for block in read_blocks(path):
        start = 0
        if not header:
            header, start = _header(path, block), 1
        for at in range(start, len(block)):
            if at not in block.problems and not block.lines[at].strip():
                continue
            found.tally.read += 1
            problem = block.problems.get(at) or _apply(block.lines[at], header, find, found)
            if problem is None:
                found.tally.kept += 1
            else:
                bad.reject(path, Records(block, [at], {}), {0: problem}, found.tally)
    if not header:
        raise DataError(f"{path}: found an empty file, expected a header: {', '.join(COLUMNS)}.")
    return found


def _header(path: Path, block: Block) -> list[str]:
    header = [name.strip() for name in block.lines[0].split("\t")]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise DataError(
            f"{path} line 1: found the columns {', '.join(n[:40] for n in header[:20])}, expected "
            f"also {', '.join(missing)}. Tabs separate columns; 'action' is optional."
        )
    return header


def _apply(line: str, header: list[str], find: Find, found: Errata) -> Problem | None:
    """Apply one row; the problem of one that can't be."""
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) > len(header):
        return Problem("too many fields", f"{len(cells)} fields", f"{len(header)}", "A stray tab?")
    row = dict(zip(header, cells, strict=False))
    action = row.get("action", "") or "retract"
    if action not in ACTIONS:
        return Problem("unknown action", f"action {shown(action)}", "retract or restore")
    wanted = ("statement_id",) if action == "restore" else COLUMNS
    for name in wanted:
        if not row.get(name):
            return Problem(f"{name} is empty", f"an empty {name}", "who retracts it, when and why")
    problem = _date_problem(row.get("date", ""))
    if problem is not None:
        return problem
    given = row["statement_id"].lower()
    if len(given) < SHORTEST or any(c not in "0123456789abcdef" for c in given):
        return Problem(
            "not a statement id",
            f"statement_id {shown(given)}",
            f"{SHORTEST} to 32 hexadecimal digits",
            "'kgmed ask' and 'kgmed show' print them.",
        )
    ids = find(given)
    if len(ids) != 1:
        return Problem(
            "ambiguous statement id" if ids else "no such statement",
            f"statement_id {shown(given)}, "
            + ("which several statements begin with" if ids else "which the graph doesn't hold"),
            "the id of a statement of this graph",
            "Give more of its digits." if ids else "Is it of another graph or build?",
        )
    return found.apply(action, ids[0], Retraction(row["reason"], row["who"], row["date"]))


def _date_problem(text: str) -> Problem | None:
    try:
        if text:
            date.fromisoformat(text)
    except ValueError:
        return Problem("not a date", f"date {shown(text)}", "a date such as 2026-11-20")
    return None
