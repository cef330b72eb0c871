"""``kgmed export rationales``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli import datasets
from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet


def rationales(
    file: Annotated[
        Path,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Questions with answers: MedQA, MedMCQA, MMLU, CMB or your own; .jsonl, .json, "
            ".csv, .tsv or .parquet.",
        ),
    ],
    out: datasets.Out,
    graph: GraphUri = None,
    *,
    hops: Annotated[int, typer.Option("--hops", help="Statements of a path at most.")] = 2,
    paths: Annotated[int, typer.Option("--paths", help="Paths of a rationale at most.")] = 3,
    files: Annotated[
        str, typer.Option("--files", metavar="jsonl|parquet", help="The type of the files.")
    ] = "jsonl",
    max_rows: datasets.MaxRows = 0,
    benchmarks: datasets.Benchmarks = None,
    seed: datasets.Seed = 0,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write chains of thought for your own questions: the graph's paths from what a question names
    to what its answer names.

    Where no path explains the answer there is no row; README.md counts such questions by reason.
    """
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        try:
            made = chosen.write_rationales(
                file, out, hops=hops, paths=paths, files=files, max_rows=max_rows, seed=seed,
                allow_restricted=allow_restricted or (), benchmarks=benchmarks or (),
                progress=tell,
            )  # fmt: skip
        finally:
            tell.done()
    datasets.print_written(made, as_json=as_json, quiet=quiet)
