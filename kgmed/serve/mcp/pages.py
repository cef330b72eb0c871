"""Results in bounded pages: how much of a shape is told at once, and where to go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.model import Statement
    from kgmed.reasoning.answer import Answer

SHORT = 12
"""Digits of the snapshot's hash in a cursor."""
SHORT_ID = 8
"""Digits of a statement's id in a text."""


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a shape. ``left`` is how much comes after it, None where that isn't known; ``cursor``
    asks for it, "" where it can't be asked for or nothing is left; ``hint`` says how else."""

    shape: Any
    start: int = 0
    left: int | None = 0
    cursor: str = ""
    hint: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing comes before it or after."""
        return not (self.start or self.left or self.cursor)

    @property
    def more(self) -> dict[str, Any]:
        """What the result says of the rest; {} where there is none."""
        told: dict[str, Any] = {"left": self.left} if self.left else {}
        return {**told, "cursor": self.cursor} if self.cursor else told


def place(cursor: str | None, snapshot: str) -> int:
    """Where a cursor goes on.

    Raises :class:`~kgmed.kg.errors.UsageError` for one of another snapshot, or that is none.

    >>> place("146eb4951a63-20", "146eb4951a63231d"), place(None, "146eb4951a63231d")
    (20, 0)
    """
    if cursor is None:
        return 0
    of, _dash, digits = cursor.partition("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise UsageError(
            f"cursor: found {cursor[:40]!r}, expected the more.cursor of a result of this tool."
        )
    if of != snapshot[:SHORT]:
        raise UsageError(
            f"cursor: found one of the snapshot {of[:SHORT]}, and this graph is "
            f"{snapshot[:SHORT]}. Begin without a cursor."
        )
    return int(digits)


def cut(shape: Any, parts: Sequence[str], start: int, count: int, snapshot: str) -> Page:
    """``count`` of a shape's ``parts`` from ``start`` on, with the statements that they cite."""
    most = max(len(getattr(shape, part)) for part in parts)
    if start and start >= most:
        raise UsageError(f"cursor: found the place {start}, past the last of {most}.")
    end = start + count
    left = max(0, most - end)
    if not start and not left:
        return Page(shape)
    taken = replace(shape, **{part: getattr(shape, part)[start:end] for part in parts})
    cursor = f"{snapshot[:SHORT]}-{end}" if left else ""
    return Page(_citing(taken), start, left, cursor)


def cut_answer(answer: Answer, start: int, count: int) -> Page:
    """``count`` items of an answer; only what the graph alone answered can be gone on with."""
    found = cut(answer, ["items"], start, count, answer.snapshot)
    left = (found.left or 0) + answer.items_left_out
    if found.shape is answer:
        return Page(answer, 0, left)
    kept = replace(found.shape, items_left_out=left)
    return Page(kept, start, left, found.cursor if answer.program == "direct" else "")


def _citing(shape: Any) -> Any:
    """A shape whose statements are only those that what is left of it cites."""
    if not hasattr(shape, "statements") or not hasattr(shape.statements, "items"):
        return shape
    cited = set(_cited(shape))
    held: dict[str, Statement] = {id: s for id, s in shape.statements.items() if id in cited}
    return replace(shape, statements=held)


def _cited(shape: Any) -> Iterable[str]:
    for item in getattr(shape, "items", ()):
        yield from item.statements
    for row in getattr(shape, "rows", ()):
        yield from row.statements
    for pair in getattr(shape, "pairs", ()):
        yield from pair.item.statements if pair.item else ()
    for path in getattr(shape, "paths", ()):
        yield from (step.statement.id for step in path.steps)
    if getattr(shape, "program", "direct") != "direct":  # a model's text cites what it likes
        yield from (id for id in shape.statements if f"[{id[:SHORT_ID]}]" in shape.text)
