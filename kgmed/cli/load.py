"""``kgmed load``: a graph into a Neo4j database."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_leaving
from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo


def load(
    target: Annotated[str, typer.Argument(metavar="URI", help="The server, bolt://HOST:7687.")],
    *,
    graph: Annotated[
        str | None,
        typer.Option(
            "--graph",
            metavar="GRAPH",
            help="What to load: a folder, kgmed:open, or GRAPH@GENERATION. Default: KGMED_GRAPH, "
            "else the open graph.",
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what the database has and the graph lacks.")
    ] = False,
    diff: Annotated[
        str | None,
        typer.Option(
            "--diff",
            metavar="OLD",
            help="Send only what differs from OLD, the graph that the database holds, such as "
            "GRAPH@previous; remove what is gone.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Send all anew, and prune, even if the database holds the snapshot."
        ),
    ] = False,
    trusted: Annotated[
        bool,
        typer.Option(
            "--trusted", help="The server, on another machine, is your own: licences let it."
        ),
    ] = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Load a graph into a Neo4j database, or bring the one that it holds up to date.

    A load that was stopped goes on where it was when it is called again. User and password:
    KGMED_NEO4J_USER, KGMED_NEO4J_PASSWORD; KGMED_NEO4J_DATABASE names the database. On another
    machine what isn't under an open licence is left out, and counted, unless it is named or the
    server is --trusted.
    """
    from kgmed.facade import load_graph
    from kgmed.kg.errors import UsageError
    from kgmed.wire import to_json

    if prune and diff is not None:
        raise UsageError("Found --prune and --diff, expected one of them: both remove what's gone.")
    tell = Progress(quiet=quiet)
    try:
        made = load_graph(
            target,
            graph,
            prune=prune,
            old=diff,
            again=again,
            trusted=trusted,
            allow_restricted=allow_restricted or (),
            tell=tell,
        )
    finally:
        tell.done()
    if as_json:
        echo(to_json(made))
        return
    if made.mode == "same":
        echo(f"{made.uri} holds snapshot {made.snapshot[:16]} already. (--again sends it again.)")
        return
    merged, removed = sum(made.merged.values()), sum(made.removed.values())
    echo(f"{made.uri}: snapshot {made.snapshot[:16]}" + (", continued" if made.continued else ""))
    echo(
        f"{merged:,} rows merged" + (f", {removed:,} removed" if made.mode != "new" else "")
        + f" in {made.elapsed_ms / 1e3:.1f} s"
    )  # fmt: skip
    for word, counts in (("merged", made.merged), ("removed", made.removed)):
        shown = [f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items() if n]
        if shown:
            echo(f"{word}: {', '.join(shown)}")
    if made.leaving is not None:
        tell_leaving(made.leaving, quiet=quiet)
