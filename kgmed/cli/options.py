"""The options that commands share, and opening the graph that they name."""

from __future__ import annotations

import sys
from typing import Annotated, cast

import typer

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

GraphUri = Annotated[
    str | None,
    typer.Option(
        "--graph",
        metavar="URI",
        help="Graph to use: a folder, or kgmed:open. Default: KGMED_GRAPH, else the open graph.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON in the published shape.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print no progress and no notice.")]
Lang = Annotated[
    str | None,
    typer.Option("--lang", metavar="en|zh", help="Language. Default: the question's own."),
]

ABSTAINED = 3


def language(value: str | None) -> Language | None:
    """Check ``--lang``."""
    if value is not None and value not in {"en", "zh"}:
        raise UsageError(f"Found --lang {value!r}, expected one of: en, zh.")
    return cast(Language | None, value)


def opened(uri: str | None, *, quiet: bool) -> Graph:
    """Open the graph; progress of a first build goes to stderr."""

    def tell(text: str) -> None:
        if not quiet:
            print(f"kgmed: {text}", file=sys.stderr, flush=True)  # noqa: T201

    return open_graph(uri, progress=tell)
