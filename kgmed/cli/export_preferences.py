"""``kgmed export preferences``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kgmed.cli import by_model, datasets
from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.lm_options import LmBase, LmKey, LmName, LmTimeout, LmTrusted, Prices
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
    learned: datasets.Learned = "",
    seed: datasets.Seed = 0,
    partition: datasets.Partition = "",
    processes: datasets.Processes = 0,
    engine: datasets.Engine = "local",
    ray_address: datasets.RayAddress = "",
    from_model: Annotated[
        bool,
        typer.Option(
            "--from-model",
            help="Pairs of --lm's own answers: the supported before the refuted.",
        ),
    ] = False,
    lm: LmName = None,
    api_base: LmBase = None,
    api_key_env: LmKey = None,
    trusted: LmTrusted = False,
    timeout: LmTimeout = None,
    temperature: by_model.Temperature = 0.7,
    samples: by_model.Samples = 0,
    max_tokens: by_model.MaxTokens = 1024,
    concurrency: by_model.Concurrency = None,
    cache: by_model.Cache = None,
    prices: Prices = "",
    decompose: by_model.Decompose = False,
    dry_run: datasets.DryRun = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write pairs of a chosen and a rejected answer, for DPO and its kin.

    The chosen answer is what the graph states; the rejected one differs in one thing, and the
    verifier finds it refuted or unsupported: the columns say which, and what was changed.
    """
    tell = Progress(quiet=quiet)
    given: dict[str, Any] = {
        "tasks": datasets.listed(tasks), "languages": datasets.listed(languages),
        "formats": datasets.listed(format),
        "max_rows": max_rows, "per_predicate": cap_predicate, "per_hub": cap_hub,
        "balance": balance, "seed": seed, "processes": processes,
        "allow_restricted": allow_restricted or (), "benchmarks": benchmarks or (),
        "learned": learned, "progress": tell,
    }  # fmt: skip
    way = "model_preferences" if from_model else ""
    asked = by_model.Options(
        lm, api_base, api_key_env, timeout, temperature, samples, max_tokens, concurrency, cache,
        prices, trusted=trusted, decompose=decompose,
    )  # fmt: skip
    writes = by_model.check(way, asked, restricted=bool(allow_restricted))
    share = datasets.partition(partition)
    where = datasets.engine(engine, ray_address)
    with opened(graph, quiet=quiet) as chosen:
        if writes is not None:
            given.pop("processes")
            datasets.refuse_learned(given.pop("learned"))
            by_model.run(
                chosen, way, out, asked=asked, lm=writes, rows={**given, "files": files}, tell=tell,
                partition=share, dry_run=dry_run, as_json=as_json, quiet=quiet,
            )  # fmt: skip
            return
        datasets.run(
            lambda: chosen.forecast_preferences(**given),
            lambda told: chosen.write_preferences(
                out, forecast=told, files=files, partition=share, **where, **given
            ),
            tell, dry_run=dry_run, as_json=as_json, quiet=quiet,
        )  # fmt: skip
