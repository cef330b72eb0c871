"""``kgmed export instructions`` and ``corpus``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.leaving import AllowRestricted, tell_leaving
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.builders.datasets.report import Forecast, Written

Out = Annotated[Path, typer.Option("--out", help="The folder of the dataset; a run goes on there.")]
Languages = Annotated[
    str, typer.Option("--languages", metavar="en,zh", help="Default: those the graph has names in.")
]
MaxRows = Annotated[int, typer.Option("--max-rows", min=0, help="At most so many rows.")]
PerPredicate = Annotated[
    int,
    typer.Option("--cap-predicate", min=0, help="About so many rows of a task per predicate."),
]
PerHub = Annotated[
    int, typer.Option("--cap-hub", min=0, help="About so many rows of a task per concept.")
]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, other splits and choices.")]
Partition = Annotated[
    str,
    typer.Option(
        "--partition",
        metavar="I/N",
        help="Make a share: each Nth part from the Ith, 0/N to N-1/N. All shares in one folder "
        "are the whole; a run without this then writes the card.",
    ),
]
Processes = Annotated[
    int, typer.Option("--processes", min=0, help="Default: one a core.", show_default=False)
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Forecast rows, tokens, bytes and time; write nothing.")
]


def instructions(
    out: Out,
    graph: GraphUri = None,
    *,
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="T,...", help="Default: all. ? lists them.")
    ] = "",
    languages: Languages = "",
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
    max_rows: MaxRows = 0,
    cap_predicate: PerPredicate = 0,
    cap_hub: PerHub = 0,
    seed: Seed = 0,
    partition: Partition = "",
    processes: Processes = 0,
    dry_run: DryRun = False,
    allow_restricted: AllowRestricted = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write questions and answers for fine-tuning, each with the statements that it rests on.

    Example: kgmed export instructions --out dataset --languages en,zh --format messages,alpaca.
    A run that was ended goes on when the same command is run again. README.md in the folder is the
    dataset's card: datasets.load_dataset reads the folder by it.
    """
    if tasks == "?":
        from kgmed.builders.datasets.instructions import known_tasks

        print_table(("task", "asks for"), [(t.name, t.description) for t in known_tasks().values()])
        return
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        try:
            forecast = chosen.forecast_instructions(
                tasks=_listed(tasks), languages=_listed(languages), formats=_listed(format),
                max_rows=max_rows, per_predicate=cap_predicate, per_hub=cap_hub, seed=seed,
                processes=processes, allow_restricted=allow_restricted or (), progress=tell,
            ) if dry_run or not quiet else None  # fmt: skip
            if dry_run and forecast is not None:
                tell.done()
                _print_forecast(forecast, as_json=as_json, quiet=quiet)
                return
            if forecast is not None:
                tell.note(_in_a_line(forecast))
            made = chosen.write_instructions(
                out, tasks=_listed(tasks), languages=_listed(languages), formats=_listed(format),
                files=files, max_rows=max_rows, per_predicate=cap_predicate, per_hub=cap_hub,
                seed=seed, processes=processes, partition=_partition(partition),
                allow_restricted=allow_restricted or (), progress=tell,
            )  # fmt: skip
        finally:
            tell.done()
    _print_written(made, as_json=as_json, quiet=quiet)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _partition(text: str) -> tuple[int, int] | None:
    """Read ``--partition``.

    >>> _partition("2/8"), _partition("")
    ((2, 8), None)
    """
    from kgmed.kg.errors import UsageError

    if not text:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None:
        raise UsageError(f"Found --partition {text!r}, expected I/N: 0/4 is the first of four.")
    return int(found[1]), int(found[2])


def _in_a_line(forecast: Forecast) -> str:
    about = "" if forecast.whole else "about "
    return (
        f"forecast: {about}{forecast.total:,} rows, {forecast.tokens / 1e6:,.1f}M tokens, "
        f"{forecast.bytes / 1e6:,.0f} MB, {_time(forecast.seconds)}"
    )


def _time(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds > 120 else f"{max(1, round(seconds))} s"


def _print_forecast(forecast: Forecast, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(forecast))
        return
    echo(_in_a_line(forecast))
    rows = [(task, lang, f"{n:,}") for task, of in forecast.rows.items() for lang, n in of.items()]
    print_table(("task", "language", "rows"), rows)
    tell_leaving(forecast.leaving, quiet=quiet)


def _print_written(made: Written, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(made))
        return
    for config, splits in made.rows.items():
        told = ", ".join(f"{n:,} {split}" for split, n in splits.items())
        echo(f"{made.out}/{config}: {told} rows")
    rows = [(task, lang, f"{n:,}") for task, of in made.tasks.items() for lang, n in of.items()]
    print_table(("task", "language", "rows"), rows)
    if made.complete:
        echo(f"{made.out}/README.md: the card")
    else:
        echo("not complete: parts of other shares are missing, and so is the card")
    tell_leaving(made.leaving, quiet=quiet)
