"""``kgmed export preferences``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kgmed.cli import datasets
from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet


def preferences(
    out: datasets.Out,
    graph: GraphUri = None,
    *,
    tasks: Annotated[
        str,
        typer.Option("--tasks", metavar="T,...", help="Of statement, overclaim. Default: both."),
    ] = "",
    languages: datasets.Languages = "",
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="F,...",
            help="messages (TRL), alpaca (LLaMA-Factory); each is a config of its own.",
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
    """Write pairs of a chosen and a rejected answer, for DPO and its kin.

    Example: kgmed export preferences --out pairs --languages en. The chosen answer is what the
    graph states; the rejected one differs in one thing, and the verifier finds it refuted or
    unsupported: the columns say which, and what was changed.
    """
    tell = Progress(quiet=quiet)
    given: dict[str, Any] = {
        "tasks": datasets.listed(tasks), "languages": datasets.listed(languages),
        "formats": datasets.listed(format),
        "max_rows": max_rows, "per_predicate": cap_predicate, "per_hub": cap_hub,
        "balance": balance, "seed": seed, "processes": processes,
        "allow_restricted": allow_restricted or (), "benchmarks": benchmarks or (),
        "progress": tell,
    }  # fmt: skip
    share = datasets.partition(partition)
    with opened(graph, quiet=quiet) as chosen:
        datasets.run(
            lambda: chosen.forecast_preferences(**given),
            lambda told: chosen.write_preferences(
                out, forecast=told, files=files, partition=share, **given
            ),
            tell, dry_run=dry_run, as_json=as_json, quiet=quiet,
        )  # fmt: skip
