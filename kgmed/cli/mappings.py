"""``kgmed mappings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_rows_left_out
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def mappings(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file to write: .tsv or .tsv.gz.")
    ],
    graph: GraphUri = None,
    *,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="merged|related|negative|refused",
            help="Only these; repeatable. Default: all but refused.",
        ),
    ] = None,
    prefix: Annotated[
        list[str] | None,
        typer.Option("--prefix", help="Only mappings of ids of this prefix; repeatable."),
    ] = None,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a graph's mappings as an SSSOM file, each with its source, licence and what came of it.

    Mappings of a licence that isn't open are left out, and counted, unless it is named.
    """
    from kgmed.wire import to_json

    with opened(graph, quiet=quiet) as chosen, Progress(quiet=quiet).during("writing mappings"):
        made = chosen.write_mappings(
            out,
            statuses=status or None,
            prefixes=prefix or (),
            allow_restricted=allow_restricted or (),
        )
    if as_json:
        echo(to_json(made))
        return
    counts = ", ".join(f"{n:,} {name}" for name, n in made.statuses.items())
    echo(f"{made.out}: {made.rows:,} mappings{f' ({counts})' if counts else ''}")
    tell_rows_left_out(made.left_out, quiet=quiet)
