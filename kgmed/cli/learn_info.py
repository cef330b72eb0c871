"""``kgmed learn info``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli.learn_train import print_methods
from kgmed.cli.opening import ABSTAINED, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def info(
    graph: GraphUri = None,
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="The model of this name alone. Default: all.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell what models lie beside a graph, what they were trained on, and how they measured.

    Exit code 3 where there is none.
    """
    from kgmed.wire import to_json

    with opened(graph, quiet=quiet) as chosen:
        found = chosen.learn_info(name)
    if as_json:
        echo(to_json(found))
    else:
        for one in found.models:
            echo(
                f"{one.name}: {one.method}, {one.parts.train:,} triples of {one.concepts:,} "
                f"concepts, snapshot {one.snapshot[:16]}, {one.created}"
            )
            print_methods(one.figures)
            echo(one.verdict)
            if one.name in found.unusable:
                echo(f"NOT USABLE: {found.unusable[one.name]}")
        for name_, problem in found.unusable.items():
            if name_ not in {one.name for one in found.models}:
                echo(f"{name_}: NOT USABLE: {problem}")
        if not found.models and not found.unusable:
            echo("No model lies beside this graph. 'kgmed learn train' makes one.")
    if not found.models:
        raise typer.Exit(ABSTAINED)
