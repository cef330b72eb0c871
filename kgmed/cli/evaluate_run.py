"""``kgmed evaluate run``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.lm_options import LmBase, LmName, LmTimeout, LmTrusted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.reasoning.evaluation.run import Ran


def run(
    benchmark: Annotated[
        Path, typer.Argument(metavar="FILE", help="A benchmark's file, in its published format.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where each method gets its folder.")
    ],
    graph: GraphUri = None,
    *,
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            metavar="A,B",
            help="What to compare: closed, closed-few, closed-cot, auto-cot, closed-sc, rag, "
            "rag-cot, graph, graph-few, graph-cot, graph-sc, graph-tot, constrained, verified; "
            "over answers to judge: verifier, judge, evidence-judge, chain-of-verification, "
            "sample-agreement. Default: closed-cot, rag-cot, graph-cot, verified; all detectors "
            "but evidence-judge.",
        ),
    ] = "",
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="The file's format. Default: by its fields."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Items to ask: the first so many.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            min=1,
            help="Ask N items drawn by chance, as even over kinds and languages as they allow.",
        ),
    ] = None,
    change: Annotated[
        str | None,
        typer.Option(
            "--change",
            metavar="HOW",
            help="Ask the items otherwise: case, typo, synonym, brand or language.",
        ),
    ] = None,
    solved: Annotated[
        Path | None,
        typer.Option(
            "--solved",
            metavar="FILE",
            help="Questions with answers for closed-few, auto-cot and graph-few.",
        ),
    ] = None,
    passages: Annotated[
        list[Path] | None,
        typer.Option(
            "--passages",
            metavar="FILE|FOLDER",
            help="Texts for rag: a file, or a folder such as `kgmed export corpus` writes; "
            "repeatable. Default: what the graph states, in sentences.",
        ),
    ] = None,
    lm: LmName = None,
    api_base: LmBase = None,
    timeout: LmTimeout = None,
    trusted: LmTrusted = False,
    shots: Annotated[
        int | None, typer.Option("--shots", min=1, help="Examples of few-shot methods. Default: 3.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Samples of a vote. Default: 5.")
    ] = None,
    revise: Annotated[
        int | None, typer.Option("--revise", min=0, help="Rounds of revision. Default: 1.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=50, help="Tokens of evidence. Default: 600.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses examples and sample.")] = 0,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Items under way at once. Default: 16."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask a language model the items of a benchmark, with the graph and without it.

    Ended early, the same command goes on. `kgmed evaluate compare runs/*` shows what came of it.
    """
    tell = Progress(quiet=quiet)
    named = [name.strip() for name in methods.split(",") if name.strip()]
    try:
        with opened(graph, quiet=quiet) as chosen:
            ran = chosen.evaluate(
                benchmark, out, methods=named, format=format, limit=limit, sample=sample,
                change=change, solved=solved, passages=passages or (), lm=lm, api_base=api_base,
                timeout_s=timeout, trusted=trusted or None, shots=shots, samples=samples,
                revise=revise, budget=budget, seed=seed, concurrency=concurrency,
                tell=tell.update,
            )  # fmt: skip
    finally:
        tell.done()
    if as_json:
        echo(json.dumps([_as_dict(one) for one in ran], ensure_ascii=False, indent=1))
    else:
        for one in ran:
            echo(_line(one))
    failed = sum(one.done.failed for one in ran)
    if failed:
        sys.stderr.write(
            f"kgmed: {failed:,} items have no answer; 'error' in their records says why\n"
        )
        raise typer.Exit(1)


def _line(ran: Ran) -> str:
    before = f" ({ran.done.kept:,} before)" if ran.done.kept else ""
    left = "".join(f"; left out: {n:,} {why}" for why, n in ran.left_out.items())
    return (
        f"{ran.folder}: {ran.done.questions:,} items{before}, {ran.done.failed:,} failed; "
        f"{ran.done.rate:,.1f} items/s, {ran.done.tokens:,} tokens{left}"
    )


def _as_dict(ran: Ran) -> dict[str, object]:
    return {
        "folder": str(ran.folder), "method": ran.method, "items": ran.done.questions,
        "before": ran.done.kept, "failed": ran.done.failed, "seconds": round(ran.done.seconds, 2),
        "tokens": ran.done.tokens, "left_out": dict(ran.left_out),
    }  # fmt: skip
