"""``kgmed evaluate compare``: runs side by side."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo, print_table, width, writable

if TYPE_CHECKING:
    from kgmed.reasoning.evaluation.comparison.model import Comparison
    from kgmed.reasoning.pages.formats import Table

_LONG = 60
"""Characters of a question that the terminal shows."""


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    *,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots.")
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option("--markdown", metavar="FILE", help="Write tables as Markdown."),
    ] = None,
    items: Annotated[
        bool, typer.Option("--items", help="List the items: what each run said of them.")
    ] = False,
    judged: Annotated[
        Path | None,
        typer.Option(
            "--judged",
            metavar="DIR",
            help="Show a judge's marks and preferences: the folder of `kgmed evaluate judge`.",
        ),
    ] = None,
    all_pairs: Annotated[
        bool, typer.Option("--all-pairs", help="Test each run against each, not the first alone.")
    ] = False,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="Allow runs over other files of questions.")
    ] = False,
    penalty: Annotated[
        float, typer.Option("--penalty", min=0, help="What a wrong answer costs in points.")
    ] = 1.0,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, help="Draws of the bootstrap.")
    ] = 10_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare runs over the same questions: accuracy with intervals, paired tests, claims, cost.

    Others are held against the first run. One that asked the items otherwise (--change) is held
    against the plain run of its method.
    """
    from kgmed.reasoning.evaluation.comparison.compare import compare as compared
    from kgmed.reasoning.evaluation.comparison.drop_tables import drop_item_tables
    from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
    from kgmed.reasoning.evaluation.comparison.page import page
    from kgmed.reasoning.evaluation.comparison.tables import headline, tables
    from kgmed.reasoning.evaluation.judging.files import read_judged
    from kgmed.reasoning.evaluation.measures.resampling import Resampling
    from kgmed.reasoning.evaluation.runs import read_runs
    from kgmed.reasoning.pages.formats import markdown as in_markdown
    from kgmed.wire import to_json

    for option, file in (("--html", html), ("--markdown", markdown)):
        writable(option, file)
    how = Resampling(resamples, seed)
    with Progress(quiet=quiet).during("comparing"):
        read = read_runs(runs)
        opinion = None if judged is None else read_judged(judged, read, how)
        found = compared(
            read, mixed=mixed, all_pairs=all_pairs, penalty=penalty, how=how, judged=opinion
        )
    if html is not None:
        html.write_text(page(found), encoding="utf-8", errors="backslashreplace")
    if markdown is not None:
        listed = [*item_tables(found), *drop_item_tables(found)] if items else []
        text = in_markdown([*tables(found), *listed], found.notes, head=headline(found))
        markdown.write_text(text, encoding="utf-8", errors="backslashreplace")
    if as_json:
        echo(to_json(found))
        return
    print_comparison(found, items=items, quiet=quiet)
    if not quiet:
        for file in filter(None, (html, markdown)):
            typer.echo(f"written: {file}", err=True)


def print_comparison(found: Comparison, *, items: bool, quiet: bool) -> None:
    """The tables of a comparison, and of its items; notes go to stderr."""
    from kgmed.reasoning.evaluation.comparison.drop_tables import drop_item_tables
    from kgmed.reasoning.evaluation.comparison.item_tables import item_tables
    from kgmed.reasoning.evaluation.comparison.tables import headline, tables

    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    echo(headline(found))
    for table in tables(found):
        print_titled(table, quiet=quiet)
    for table in (*item_tables(found), *drop_item_tables(found)) if items else ():
        print_titled(_short(table), quiet=quiet)


def print_titled(table: Table, *, quiet: bool) -> None:
    """A table under its title; on its side where a terminal is too narrow for it."""
    echo(f"\n{table.title}")
    heads, rows = table.heads, table.rows
    terminal, columns = sys.stdout.isatty(), shutil.get_terminal_size().columns
    if terminal and _wide(heads, rows) > columns:
        turned = list(zip(heads, *rows, strict=True))
        if _wide(turned[0], turned[1:]) < _wide(heads, rows):
            heads, rows = turned[0], tuple(turned[1:])
    print_table(heads, rows)
    if table.note and not quiet:
        echo(fill(table.note, columns) if terminal else table.note)


def _wide(heads: tuple[str, ...], rows: tuple[tuple[str, ...], ...] | list[tuple[str, ...]]) -> int:
    """Columns of a terminal that a table takes."""
    return sum(max(map(width, column)) + 2 for column in zip(heads, *rows, strict=True))


def _short(table: Table) -> Table:
    """Items with their questions and answers cut to a line."""
    from dataclasses import replace

    def cut(text: str) -> str:
        text = " ".join(text.split())
        return text if len(text) <= _LONG else text[: _LONG - 3] + "..."

    return replace(table, rows=tuple(tuple(map(cut, row)) for row in table.rows))
