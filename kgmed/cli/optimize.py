"""``kgmed optimize``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.evaluate_run import in_words, steps
from kgmed.cli.keys import keyed
from kgmed.cli.lm_options import LmBase, LmKey, LmName, LmTimeout, LmTrusted, Prices, priced
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo
from kgmed.facade.optimizing import program_file

if TYPE_CHECKING:
    from kgmed.reasoning.optimize.compiled import Compiled
    from kgmed.reasoning.optimize.plan import OptimizeForecast
    from kgmed.reasoning.optimize.told import Optimized


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
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Where the program goes (JSON). Default: prompts/programs/PROGRAM-OPTIMIZER.json.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace a program of another model or graph at --out."),
    ] = False,
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
    api_key_env: LmKey = None,
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
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only tell what the model would be asked; ask nothing."),
    ] = False,
    prices: Prices = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make a program's instructions and examples better, against the verifier.

    Ended early, the same command goes on without asking again what was answered.
    """
    tell = Progress(quiet=quiet)
    asked: dict[str, Any] = {
        "lm": lm, "api_base": api_base, "trusted": trusted or None, "format": format,
        "limit": limit, "sample": sample, "seed": seed,
    }  # fmt: skip
    how: dict[str, Any] = {
        "program": program, "optimizer": optimizer, "dev": dev, "calls": calls, "shots": shots,
        "budget": budget, "prices": priced(prices),
    }  # fmt: skip
    reached: dict[str, Any] = {"timeout_s": timeout, "concurrency": concurrency}
    if score:
        with keyed(api_key_env):
            _score(graph, program, train, {**asked, **reached}, as_json=as_json, quiet=quiet)
        return
    where = out or program_file(program, optimizer)
    told: list[OptimizeForecast] = []

    def foreseen(found: OptimizeForecast) -> None:
        told.append(found)
        tell.done()
        for line in _lines(found, optimizer):
            tell.note(line)

    made = None
    try:
        with keyed(api_key_env), opened(graph, quiet=quiet) as chosen:
            if dry_run:
                told.append(chosen.forecast_optimization(train, **asked, **how))
            else:
                if out is None:
                    tell.note(f"the program goes to {where}")
                made = chosen.optimize(
                    train, where, force=force, tell=steps(tell),
                    forecast=None if quiet and not as_json else foreseen,
                    **asked, **how, **reached,
                )  # fmt: skip
    finally:
        tell.done()
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(_told(where, program, optimizer, told, made)))
    elif made is None:
        for line in _lines(told[0], optimizer):
            echo(line)
    else:
        parts = ", ".join(f"{name} {value:.3f}" for name, value in made.parts.items())
        echo(f"{where}: {made.program}, {made.before:.4f} before, {made.score:.4f} now ({parts})")


def _score(
    graph: str | None, program: str, items: Path, reached: dict[str, Any], *, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Tell the score of a program over a file."""
    with opened(graph, quiet=quiet) as chosen:
        found = chosen.score(program, items, **reached)
    if as_json:
        from kgmed.reasoning.optimize.told import Scored
        from kgmed.wire import to_json

        echo(to_json(Scored(program, str(items), found)))
    else:
        echo(f"{program}: {found:.4f}")


def _lines(found: OptimizeForecast, optimizer: str) -> Iterator[str]:
    """What the model will be asked, in lines."""
    yield (
        f"forecast: {found.train:,} items to learn from, {found.dev:,} to measure on; about "
        f"{in_words(found.all)}, of which"
    )
    yield f"  {optimizer} asks for answers: {in_words(found.optimize)}"
    yield f"  measuring before and after: {in_words(found.measure)}"
    if found.reflect.calls:
        yield f"  instructions and advice, at most: {in_words(found.reflect)}"


def _told(
    where: Path, program: str, optimizer: str, told: list[OptimizeForecast], made: Compiled | None
) -> Optimized:
    from kgmed.reasoning.optimize.told import Optimized

    forecast = told[0] if told else None
    if made is None:
        return Optimized(str(where), program, optimizer, forecast)
    return Optimized(
        str(where), made.program, made.optimizer, forecast, made.before, made.score,
        dict(made.parts), made.model, made.snapshot,
    )  # fmt: skip
