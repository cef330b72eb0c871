"""``kgmed learn train``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.learn_options import (
    Device,
    Dimension,
    End,
    Epochs,
    Predicates,
    Share,
    Since,
    Source,
    SplitBy,
    Without,
)
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.reasoning.plausibility.told import Figure, MethodFigures

COLUMNS = (
    ("mrr", "MRR"), ("hits_1", "Hits@1"), ("hits_10", "Hits@10"), ("auc", "AUC"),
    ("average_precision", "average precision"),
)  # fmt: skip
"""Figures that are printed -> their heads."""


def train(
    graph: GraphUri = None,
    *,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="complex|distmult|transe|rotate|paths",
            help="The kind of model; each is weighed with path counts. paths: these alone, no "
            "torch.",
        ),
    ] = "complex",
    name: Annotated[
        str,
        typer.Option(
            "--name",
            help="What it is kept as: the NAME of --model in verify, paths, serve and mcp.",
        ),
    ] = "default",
    split: SplitBy = "random",
    predicate: Predicates = None,
    share: Share = 0.05,
    end: End = "subject",
    source: Source = "",
    since: Since = "",
    without: Without = None,
    unseen: Annotated[
        bool,
        typer.Option(
            "--unseen/--no-unseen",
            help="Know concepts without a statement by their names: complex and distmult, which "
            "are then trained twice.",
        ),
    ] = True,
    device: Device = "cpu",
    dimension: Dimension = None,
    epochs: Epochs = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of all that is drawn.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on a graph's statements, measure it on some held out, and keep it beside the
    graph.

    It tells how plausible is what the graph doesn't say. That supports nothing: no verdict, proof
    or answer changes by it. A training that was ended goes on.
    """
    from kgmed.wire import to_json

    settings: dict[str, Any] = {"dimension": dimension, "epochs": epochs, "seed": seed}
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        found = chosen.learn_train(
            model=model, name=name, split=split, predicates=predicate, share=share,  # type: ignore[arg-type]
            end=end, source=source, since=since, without=without or (), device=device,  # type: ignore[arg-type]
            unseen=unseen, tell=tell.update, **settings,
        )  # fmt: skip
        tell.done()
        where = chosen.local_store().snapshot.root / "learned" / name
    if as_json:
        echo(to_json(found))
        return
    print_methods(found.figures)
    echo(found.verdict)
    if found.unseen is not None:
        echo("\nconcepts that it wasn't trained on")
        print_methods(found.unseen.figures)
    if not quiet:
        tell.note(f"kept in {where}; a plausibility ranks what to look at, and supports nothing")


def print_methods(methods: dict[str, MethodFigures] | Any) -> None:
    """A line for each method: figures with intervals, and the calibration error."""
    print_table(
        ("method", *(head for _name, head in COLUMNS), "ECE"),
        [
            (name, *(_told(one.figures[key]) for key, _head in COLUMNS), f"{one.ece:.3f}")
            for name, one in methods.items()
        ],
    )


def _told(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})"
