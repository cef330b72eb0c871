"""Tables of plain texts, numbers as they are read, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

NONE = "-"


class Spread(Protocol):
    """A number with its interval; None for what couldn't be measured."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its title, heads, rows of as many texts, and what to know when reading it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def markdown(found: Sequence[Table], notes: Sequence[str] = (), *, head: str = "") -> str:
    """Tables in Markdown, with their notes, below ``head``; cells can't break out of their table.

    >>> print(markdown([Table("T", ("a", "b"), (("x|y", "1"),))]))
    ## T
    <BLANKLINE>
    | a | b |
    |---|---|
    | x\\|y | 1 |
    <BLANKLINE>
    """
    lines = [_cell(head), ""] if head else []
    lines += [line for note in notes for line in (f"> {_cell(note)}", "")]
    for table in found:
        lines += [f"## {_cell(table.title)}", ""]
        lines += [_line(table.heads), "|" + "---|" * len(table.heads)]
        lines += [_line(row) for row in table.rows]
        lines.append("")
        if table.note:
            lines += [_cell(table.note), ""]
    return "\n".join(lines)


def percent(value: float | None, *, signed: bool = False) -> str:
    """A share as a percentage.

    >>> percent(0.6154), percent(-0.021, signed=True), percent(None)
    ('61.5%', '-2.1%', '-')
    """
    if value is None:
        return NONE
    return f"{100 * value:+.1f}%" if signed else f"{100 * value:.1f}%"


def spread(found: Spread, *, signed: bool = False) -> str:
    """A share with its interval, in percent.

    >>> from kgmed.reasoning.evaluation.measures.resampling import Interval
    >>> spread(Interval(0.615, 0.55, 0.68))
    '61.5% [55.0, 68.0]'
    """
    if found.low is None or found.high is None:
        return percent(found.value, signed=signed)
    sign = "+" if signed else ""
    ends = f"{100 * found.low:{sign}.1f}, {100 * found.high:{sign}.1f}"
    return f"{percent(found.value, signed=signed)} [{ends}]"


def decimal(found: Spread, digits: int = 3, *, signed: bool = False) -> str:
    """A number with its interval.

    >>> from kgmed.reasoning.evaluation.measures.resampling import Interval
    >>> decimal(Interval(0.5, -0.25, 1), 2)
    '0.50 [-0.25, 1.00]'
    """
    form = f"{'+' if signed else ''}.{digits}f"
    if found.value is None:
        return NONE
    if found.low is None or found.high is None:
        return f"{found.value:{form}}"
    return f"{found.value:{form}} [{found.low:{form}}, {found.high:{form}}]"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart."""
    return NONE if value is None else f"{value:,.{digits}f}"


def p_value(p: float) -> str:
    """A p, never as 0.

    >>> p_value(0.04321), p_value(0.00002)
    ('0.043', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    """A text as a cell of Markdown: one line, nothing in it that acts."""
    text = " ".join(text.split())
    for sign in "\\|*`<":
        text = text.replace(sign, "\\" + sign)
    return text.replace("](", "]\\(")
