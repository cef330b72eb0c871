"""``kgmed optimize``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from kgmed.cli.lm_options import LmBase, LmName, LmTimeout, LmTrusted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo
from kgmed.kg.errors import UsageError


def optimize(
    train: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Questions with answers, in a benchmark's format; of a folder that `kgmed export "
            "instructions` wrote the train split.",
        ),
    ],
    graph: GraphUri = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where the program goes (JSON).")
    ] = None,
    program: Annotated[
        str,
        typer.Option("--program", help="predict, cot, tot or constrained; with --score a file."),
    ] = "cot",
    optimizer: Annotated[
        str, typer.Option("--optimizer", help="bootstrap, mipro, gepa or simba.")
    ] = "bootstrap",
    dev: Annotated[
        Path | None,
        typer.Option(
            "--dev",
            metavar="FILE",
            help="Questions that the score is told over. Default: each third of FILE.",
        ),
    ] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Only tell the score of --program over FILE.")
    ] = False,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="The files' format. Default: by its fields."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Items of a file: the first so many.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            min=1,
            help="N of these by chance, as even over kinds and languages as they allow.",
        ),
    ] = None,
    lm: LmName = None,
    api_base: LmBase = None,
    timeout: LmTimeout = None,
    trusted: LmTrusted = False,
    calls: Annotated[
        int | None,
        typer.Option("--calls", min=1, help="About how many answers to ask for. Default: 200."),
    ] = None,
    shots: Annotated[
        int | None, typer.Option("--shots", min=1, help="Examples to show at most. Default: 3.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=50, help="Tokens of evidence to show.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses and orders.")] = 0,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Items under way at once. Default: 8."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a program's instructions and examples better, against the verifier.

    Ended early, the same command goes on without asking again what was answered.
    """
    tell = Progress(quiet=quiet)
    reached: dict[str, Any] = {
        "lm": lm, "api_base": api_base, "timeout_s": timeout, "trusted": trusted or None,
        "concurrency": concurrency, "format": format, "limit": limit,
        "sample": sample, "seed": seed,
    }  # fmt: skip
    try:
        with opened(graph, quiet=quiet) as chosen:
            if score:
                found = chosen.score(program, train, **reached)
                echo(json.dumps({"score": found}) if as_json else f"{program}: {found:.4f}")
                return
            if out is None:
                raise UsageError("optimize needs --out FILE: where the compiled program goes.")
            made = chosen.optimize(
                train, out, program=program, optimizer=optimizer, dev=dev, calls=calls,
                shots=shots, budget=budget, tell=tell.update, **reached,
            )  # fmt: skip
    finally:
        tell.done()
    if as_json:
        told = {"program": made.program, "optimizer": made.optimizer, "before": made.before,
                "score": made.score, "parts": dict(made.parts)}  # fmt: skip
        echo(json.dumps({"out": str(out), **told}))
    else:
        parts = ", ".join(f"{name} {value:.3f}" for name, value in made.parts.items())
        echo(f"{out}: {made.program}, {made.before:.4f} before, {made.score:.4f} now ({parts})")
