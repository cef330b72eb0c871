"""A comparison as one HTML file: tables, plots and items, for a browser that is offline.

No script, nothing loaded, light and dark by the reader's setting, every text escaped. Items are
folded; of each group the first :data:`SHOWN` are listed, ``--json`` has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgmed.kg.linking.html import plain
from kgmed.reasoning.evaluation.comparison.drop_tables import drop_item_tables
from kgmed.reasoning.evaluation.comparison.formats import Table
from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
from kgmed.reasoning.evaluation.comparison.model import Comparison
from kgmed.reasoning.evaluation.comparison.plots import plots
from kgmed.reasoning.evaluation.comparison.style import STYLE
from kgmed.reasoning.evaluation.comparison.svg import patterns
from kgmed.reasoning.evaluation.comparison.tables import headline, tables

SHOWN = 300
"""Items that the page lists of a group."""
_NUMBER = re.compile(r"^[<+-]?[\d.,]+%?( \[.*\])?$|^-$")


def page(found: Comparison, *, title: str = "Runs compared") -> str:
    """The whole page."""
    return "".join(_page(found, title))


def _page(found: Comparison, title: str) -> Iterator[str]:
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        f" style-src 'unsafe-inline'\">\n<title>{plain(title)}</title>\n"
        f"<style>{STYLE}</style>\n</head>\n<body>\n{patterns()}<h1>{plain(title)}</h1>\n"
    )
    yield f"<p>{plain(headline(found))}</p>\n"
    if found.notes:
        notes = "".join(f"<li>{plain(note)}</li>" for note in found.notes)
        yield f'<div class="warn"><b>Mind when comparing:</b><ul>{notes}</ul></div>\n'
    made = tables(found)
    for table in made[:2]:
        yield _table(table)
    drawn = list(plots(found))
    if drawn:
        yield '<h2>Plots</h2>\n<div class="plots">\n'
        for name, picture in drawn:
            yield f"<figure><figcaption>{plain(name)}</figcaption>{picture}</figure>\n"
        yield "</div>\n"
    for table in made[2:]:
        yield _table(table)
    yield "<h2>Items</h2>\n"
    for table in (*item_tables(found), *drop_item_tables(found)):
        yield _folded(table)
    yield "</body>\n</html>\n"


def _folded(table: Table) -> str:
    """Items of one group, folded."""
    rows = len(table.rows)
    cut = Table(table.title, table.heads, table.rows[:SHOWN])
    more = f"<p class='note'>{rows - SHOWN:,} more: --json has all.</p>" if rows > SHOWN else ""
    summary = f"<summary>{plain(table.title)}: {rows:,}</summary>"
    return f'<details class="items">{summary}{_cells(cut)}{more}</details>\n'


def _table(table: Table) -> str:
    note = f'<p class="note">{plain(table.note)}</p>\n' if table.note else ""
    return f"<h2>{plain(table.title)}</h2>\n{_cells(table)}{note}"


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
