"""``kgmed learn evaluate``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
from kgmed.cli.learn_train import print_methods
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table, writable
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.reasoning.plausibility.told import Figure, LearnEvaluation

PREDICATES = 12
"""Predicates that are printed one by one; JSON has all."""


def evaluate(
    graph: GraphUri = None,
    *,
    methods: Annotated[
        str | None,
        typer.Option(
            "--methods",
            metavar="A,B",
            help="degree, dwpc, paths, complex, distmult, transe, rotate, or a model with paths "
            "(complex+paths); standins after the model: a concept has the numbers of others where "
            "it never stands; nearest, names or peers: whose it has that is unseen in training "
            "(complex+peers+paths). Default: the first four, complex+paths and "
            "complex+standins+paths.",
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="N,N", help="What is drawn anew for each.")
    ] = "0,1,2",
    split: SplitBy = "random",
    predicate: Predicates = None,
    share: Share = 0.1,
    end: End = "subject",
    source: Source = "",
    since: Since = "",
    without: Without = None,
    device: Device = "cpu",
    dimension: Dimension = None,
    epochs: Epochs = None,
    reliability: Annotated[
        bool, typer.Option("--reliability", help="Print what was told beside what was true.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with figures and plots."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure how methods find statements that are held out, against degree and path counts.

    Each is trained anew for each seed, and nothing is kept. MRR and Hits@k are filtered and take
    the mean rank of ties; AUC is against negatives of the same category that are about as common.
    """
    from kgmed.wire import to_json

    writable("--html", html)
    numbers = []
    for text in seeds.split(","):
        if not text.strip().isdecimal():
            raise UsageError(f"Found --seeds {seeds!r}, expected numbers with commas: 0,1,2.")
        numbers.append(int(text))
    names = None if methods is None else [one.strip() for one in methods.split(",")]
    settings: dict[str, Any] = {"dimension": dimension, "epochs": epochs}
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        found = chosen.learn_evaluate(
            methods=names, seeds=numbers, split=split, predicates=predicate, share=share,  # type: ignore[arg-type]
            end=end, source=source, since=since, without=without or (), device=device,  # type: ignore[arg-type]
            tell=tell.update, **settings,
        )  # fmt: skip
        tell.done()
    if html is not None:
        found.save(html)
    if as_json:
        echo(to_json(found))
        return
    _print(found, reliability=reliability)


def _short(figures: Mapping[str, Figure]) -> list[str]:
    return [f"{figures[key].value:.3f}" for key in ("mrr", "hits_10", "auc")]


def _print(found: LearnEvaluation, *, reliability: bool) -> None:
    counts = [str(one.test) for one in found.parts]
    leaks = sum(sum(one.leaks.values()) for one in found.parts)
    unseen = sum(one.unseen for one in found.parts)
    echo(
        f"held out to test: {' + '.join(counts)} statements (a number a seed), {unseen} of them at "
        f"a concept without a training triple; {leaks} triples left out of training, as they give "
        "held-out ones away"
    )
    print_methods(found.methods)
    best = found.methods[found.best]
    if len(best.by_predicate) > 1:
        names = sorted(best.by_predicate, key=lambda name: -best.held_out[name])[:PREDICATES]
        echo(f"\nby predicate, {found.best}")
        print_table(
            ("predicate", "held out", "MRR", "Hits@10", "AUC"),
            [(name, str(best.held_out[name]), *_short(best.by_predicate[name])) for name in names],
        )
    if reliability:
        for name, one in found.methods.items():
            echo(f"\nreliability, {name}")
            rows = [(f"{b.told:.3f}", f"{b.true:.3f}", f"{b.weight:.0f}") for b in one.reliability]
            print_table(("told", "true", "weight"), rows)
    echo(found.verdict)
