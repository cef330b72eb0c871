"""The options that commands share."""

from __future__ import annotations

from typing import Annotated

import typer

GraphUri = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="URI",
        help="Graph to use: a folder, kgmed:open, or a Neo4j server, bolt://HOST. Default: "
        "KGMED_GRAPH, else the open graph.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON in the published shape.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no notice.")]
Lang = Annotated[
    str | None,
    typer.Option("--lang", metavar="en|zh", help="Language. Default: the question's own."),
]
