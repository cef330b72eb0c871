"""The parts that a report's page is made of, and the page around them.

No script, nothing loaded, light and dark by the reader's setting, every text escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path as FilePath

from kgmed.kg.display.shown import View
from kgmed.kg.errors import OutputError
from kgmed.kg.linking.html import plain
from kgmed.reasoning.pages.formats import Table
from kgmed.reasoning.pages.style import STYLE
from kgmed.reasoning.pages.svg import patterns

SHOWN = 300
"""Rows that a page lists of a folded table."""
_NUMBER = re.compile(r"^[<+-]?[\d.,]+%?( \[.*\])?$|^-$")


def whole(title: str, body: Iterable[str]) -> str:
    """A page of a title and parts that are HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        f" style-src 'unsafe-inline'\">\n<title>{plain(title)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n{patterns()}<h1>{plain(title)}</h1>\n"
        f"{''.join(body)}</body>\n</html>\n"
    )


def in_frame(page: str, title: str) -> View:
    """A whole page in a frame with its own styles, where nothing may run, for a notebook."""
    return View(
        f'<iframe title="{plain(title)}" sandbox srcdoc="{escape(page, quote=True)}"'
        ' style="width:100%;height:44em;border:1px solid #888"></iframe>'
    )


def save(page: str, path: str | FilePath) -> None:
    """Write a page to a file; raises :class:`~kgmed.kg.errors.OutputError` where that can't be
    done."""
    try:
        FilePath(path).write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path}: can't be written ({error.strerror or error}).") from error


def pictures(drawn: Iterable[tuple[str, str]]) -> str:
    """Plots, each a title and its HTML, beside each other; nothing where there is none."""
    figures = "".join(
        f"<figure><figcaption>{plain(name)}</figcaption>{picture}</figure>\n"
        for name, picture in drawn
    )
    return f'<h2>Plots</h2>\n<div class="plots">\n{figures}</div>\n' if figures else ""


def titled(table: Table) -> str:
    """A table below its title."""
    note = f'<p class="note">{plain(table.note)}</p>\n' if table.note else ""
    return f"<h2>{plain(table.title)}</h2>\n{_cells(table)}{note}"


def folded(table: Table) -> str:
    """A table that is opened by a click; its first :data:`SHOWN` rows."""
    rows = len(table.rows)
    cut = Table(table.title, table.heads, table.rows[:SHOWN])
    more = f"<p class='note'>{rows - SHOWN:,} more: --json has all.</p>" if rows > SHOWN else ""
    summary = f"<summary>{plain(table.title)}: {rows:,}</summary>"
    return f'<details class="items">{summary}{_cells(cut)}{more}</details>\n'


def _cells(table: Table) -> str:
    """A table; columns of numbers stand to the right."""
    numbers = [
        bool(table.rows) and all(_NUMBER.match(row[place]) for row in table.rows)
        for place in range(len(table.heads))
    ]
    kinds = [' class="n"' if number else "" for number in numbers]
    heads = "".join(
        f'<th scope="col"{kind}>{plain(head)}</th>'
        for head, kind in zip(table.heads, kinds, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{_number(cell) if kind else plain(cell)}</td>"
            for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>\n"
        for row in table.rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody>'
        "</table></div>\n"
    )


def _number(cell: str) -> str:
    """A number, whose interval may stand below it."""
    value, _, ends = cell.partition(" ")
    return f"<span>{plain(value)}</span>" + (f" <span>{plain(ends)}</span>" if ends else "")
