"""``kgmed export kgx``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_leaving
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def kgx(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder for the nodes and edges files.")
    ],
    graph: GraphUri = None,
    *,
    format: Annotated[
        str, typer.Option("--format", metavar="jsonl|tsv", help="JSON Lines, or TSV.")
    ] = "jsonl",
    compress: Annotated[bool, typer.Option("--gzip", help="Write .gz files.")] = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the graph as KGX node and edge files, whose columns are Biolink's.

    kgmed build --nodes kgx/nodes.tsv --edges kgx/edges.tsv reads them back without a loss. Rows of
    a licence that isn't open are left out, and counted, unless it is named.
    """
    from kgmed.kg.errors import UsageError
    from kgmed.kg.views.kgx import FORMATS
    from kgmed.wire import to_json

    if format not in FORMATS:
        raise UsageError(f"Found --format {format!r}, expected one of: {', '.join(FORMATS)}.")
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        made = chosen.write_kgx(
            out,
            format=format,
            compress=compress,
            allow_restricted=allow_restricted or (),
            progress=tell,
        )
    tell.done()
    if as_json:
        echo(to_json(made))
        return
    echo(f"{made.nodes}: {made.concepts:,} concepts, with {made.values:,} values")
    echo(f"{made.edges}: {made.statements:,} statements")
    if made.paths and not quiet:
        tell.note(f"KGX has no form for curated paths: {made.paths:,} aren't in the files")
    tell_leaving(made.leaving, quiet=quiet)
