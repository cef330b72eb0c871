"""``kgmed export neo4j``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_leaving
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def neo4j(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", help="The folder to write: new, empty, or an earlier export."
        ),
    ],
    graph: GraphUri = None,
    *,
    format: Annotated[
        str, typer.Option("--format", metavar="csv|parquet", help="What the rows are written as.")
    ] = "csv",
    allow_restricted: AllowRestricted = None,
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="Memory for sorting, such as 3GB.")
    ] = "3GB",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a graph as files for neo4j-admin database import, with the script that runs it.

    What is of a licence that isn't open is left out, and counted, unless it is named.
    """
    from kgmed.wire import to_json

    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        try:
            made = chosen.export_neo4j(
                out,
                format=format,
                allow_restricted=allow_restricted or (),
                memory=memory,
                progress=tell,
            )
        finally:
            tell.done()
    if as_json:
        echo(to_json(made))
        return
    nodes, relationships = sum(made.nodes.values()), sum(made.relationships.values())
    echo(f"{made.out}: {nodes:,} nodes, {relationships:,} relationships, as {made.format}")
    if quiet:
        return
    tell_leaving(made.leaving, quiet=quiet)
    if made.removed:
        sys.stderr.write(
            f"removed: {made.removed:,} characters U+001F, which separates the items of a list\n"
        )
    sys.stderr.write(f"next: {made.out}/import.sh, then schema.cypher; docs/neo4j.md says how\n")
