"""The options that ``kgmed learn train`` and ``kgmed learn evaluate`` share."""

from __future__ import annotations

from typing import Annotated

import typer

SplitBy = Annotated[
    str,
    typer.Option(
        "--split",
        metavar="random|entity|unseen|source|release",
        help="What is held out: pairs of concepts by chance, all statements of some subjects, "
        "these and whatever else is said of them, what --source alone states, or what is new "
        "since --since.",
    ),
]
End = Annotated[
    str,
    typer.Option(
        "--end",
        metavar="subject|object|either",
        help="Whose statements --split entity and unseen hold out.",
    ),
]
Predicates = Annotated[
    list[str] | None,
    typer.Option(
        "--predicate", help="Hold out of this predicate and those below it alone; repeatable."
    ),
]
Share = Annotated[
    float,
    typer.Option(
        "--share", help="Of pairs or subjects, how many validation and test hold out each."
    ),
]
Source = Annotated[
    str, typer.Option("--source", metavar="INFORES", help="The source that --split source needs.")
]
Since = Annotated[
    str, typer.Option("--since", metavar="DATE", help="The date that --split release needs.")
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without", metavar="INFORES", help="Leave a source out; repeatable."),
]
Device = Annotated[str, typer.Option("--device", metavar="cpu|cuda", help="Where it trains.")]
Dimension = Annotated[
    int | None, typer.Option("--dimension", min=1, help="Numbers of a concept. Default: 64.")
]
Epochs = Annotated[
    int | None, typer.Option("--epochs", min=1, help="Epochs at most. Default: 100.")
]
