"""``kgmed serve``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import GraphUri, Quiet
from kgmed.cli.output import echo


def serve(
    graph: GraphUri = None,
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="The address to listen at.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any that is free.")
    ] = 8321,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that answer.")
    ] = 1,
    quiet: Quiet = False,
) -> None:
    """Serve a graph to browsers and programs: the explorer page, and REST under /v1.

    Examples: kgmed serve; kgmed serve --port 0 --workers 2. Ctrl-C ends it.
    """
    from kgmed.serve.options import Options
    from kgmed.serve.run import bound, url
    from kgmed.serve.run import serve as run

    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        info = chosen.info()
    options = Options(info.uri, info.snapshot, host=host, port=port, workers=workers)
    listening = bound(options)
    tell.note(f"serving {info.uri}; Ctrl-C ends it")
    echo(url(options, listening))
    sys.stdout.flush()
    run(options, listening)
