"""``kgmed export corpus``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kgmed.cli import datasets
from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet


def corpus(
    out: datasets.Out,
    graph: GraphUri = None,
    *,
    tasks: Annotated[
        str,
        typer.Option(
            "--tasks",
            metavar="T,...",
            help="Of sentences, passages_one_hop, passages_two_hop, passages_balanced, "
            "paths_curated, paths_found. Default: all.",
        ),
    ] = "",
    languages: datasets.Languages = "",
    files: Annotated[
        str, typer.Option("--files", metavar="jsonl|parquet|txt", help="txt: a text a line.")
    ] = "jsonl",
    passage_tokens: Annotated[
        int, typer.Option("--passage-tokens", min=0, help="Tokens of a passage at most.")
    ] = 512,
    pack: Annotated[
        int,
        typer.Option("--pack", min=0, help="Pack texts to contexts of so many tokens."),
    ] = 0,
    tokenizer: Annotated[
        str,
        typer.Option("--tokenizer", metavar="NAME", help="The tokenizer that --pack counts by."),
    ] = "",
    max_rows: datasets.MaxRows = 0,
    cap_predicate: datasets.PerPredicate = 0,
    cap_hub: datasets.PerHub = 0,
    balance: datasets.Balanced = False,
    benchmarks: datasets.Benchmarks = None,
    seed: datasets.Seed = 0,
    partition: datasets.Partition = "",
    processes: datasets.Processes = 0,
    engine: datasets.Engine = "local",
    ray_address: datasets.RayAddress = "",
    dry_run: datasets.DryRun = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the graph as text for continued pretraining: sentences, passages about a concept, and
    paths as narratives, each a config.

    A run that was ended goes on when the same command is run again. README.md in the folder is the
    dataset's card: datasets.load_dataset reads the folder by it.
    """
    tell = Progress(quiet=quiet)
    given: dict[str, Any] = {
        "tasks": datasets.listed(tasks), "languages": datasets.listed(languages),
        "files": files, "passage_tokens": passage_tokens, "pack": pack,
        "tokenizer": tokenizer, "max_rows": max_rows,
        "per_predicate": cap_predicate, "per_hub": cap_hub, "balance": balance,
        "seed": seed, "processes": processes,
        "allow_restricted": allow_restricted or (), "benchmarks": benchmarks or (),
        "progress": datasets.steps(tell),
    }  # fmt: skip
    share = datasets.partition(partition)
    where = datasets.engine(engine, ray_address)
    with opened(graph, quiet=quiet) as chosen:
        datasets.run(
            lambda: chosen.forecast_corpus(**given),
            lambda told: chosen.write_corpus(out, forecast=told, partition=share, **where, **given),
            tell, dry_run=dry_run, as_json=as_json, quiet=quiet,
        )  # fmt: skip
