"""``kgmed export instructions``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kgmed.cli import datasets
from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet


def instructions(
    out: datasets.Out,
    graph: GraphUri = None,
    *,
    tasks: Annotated[str, typer.Option("--tasks", metavar="T,...", help="Default: all.")] = "",
    languages: datasets.Languages = "",
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="F,...",
            help="messages, alpaca, sharegpt, chatml, openai; each is a config of its own.",
        ),
    ] = "messages",
    files: Annotated[
        str, typer.Option("--files", metavar="jsonl|parquet", help="The type of the files.")
    ] = "jsonl",
    max_rows: datasets.MaxRows = 0,
    cap_predicate: datasets.PerPredicate = 0,
    cap_hub: datasets.PerHub = 0,
    balance: datasets.Balanced = False,
    benchmarks: datasets.Benchmarks = None,
    seed: datasets.Seed = 0,
    partition: datasets.Partition = "",
    processes: datasets.Processes = 0,
    dry_run: datasets.DryRun = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write questions and answers for fine-tuning, each with the statements that it rests on.

    Example: kgmed export instructions --out dataset --languages en,zh --format messages,alpaca.
    A run that was ended goes on when the same command is run again. README.md in the folder is the
    dataset's card: datasets.load_dataset reads the folder by it.
    """
    tell = Progress(quiet=quiet)
    given: dict[str, Any] = {
        "tasks": datasets.listed(tasks), "languages": datasets.listed(languages),
        "formats": datasets.listed(format), "max_rows": max_rows, "per_predicate": cap_predicate,
        "per_hub": cap_hub, "balance": balance, "seed": seed, "processes": processes,
        "allow_restricted": allow_restricted or (), "benchmarks": benchmarks or (),
        "progress": datasets.steps(tell),
    }  # fmt: skip
    share = datasets.partition(partition)
    with opened(graph, quiet=quiet) as chosen:
        datasets.run(
            lambda: chosen.forecast_instructions(**given),
            lambda told: chosen.write_instructions(
                out, forecast=told, files=files, partition=share, **given
            ),
            tell, dry_run=dry_run, as_json=as_json, quiet=quiet,
        )  # fmt: skip
