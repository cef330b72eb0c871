"""``kgmed export rdf``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_rows_left_out
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def rdf(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE", help="The file: .nq, .trig, .nt or .ttl, each also with .gz."
        ),
    ],
    graph: GraphUri = None,
    *,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="nquads|trig|ntriples|turtle",
            help="Default: told by the file's ending.",
        ),
    ] = "",
    plain: Annotated[
        bool,
        typer.Option("--plain", help="The triples alone, without statements' details."),
    ] = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the graph as RDF with Biolink predicates, a named graph per source and release.

    N-Quads and TriG hold everything, and a build reads them back (source type kgmed-rdf). What a
    licence doesn't let pass on is left out, and counted, unless it is named.
    """
    from kgmed.wire import to_json

    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        try:
            made = chosen.write_rdf(
                out,
                format=format,
                plain=plain,
                allow_restricted=allow_restricted or (),
                progress=tell,
            )
        finally:
            tell.done()
    if as_json:
        echo(to_json(made))
        return
    counts = ", ".join(f"{n:,} {name}" for name, n in made.rows.items() if n)
    what = "quads" if made.format in {"nquads", "trig"} else "triples"
    echo(f"{made.out}: {made.quads:,} {what} ({counts or 'nothing'})")
    tell_rows_left_out(made.left_out, quiet=quiet)
