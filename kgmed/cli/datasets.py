"""What the commands that write datasets share: options, and what they print."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.leaving import tell_leaving
from kgmed.cli.opening import Progress
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.builders.datasets.report import Forecast, Written

Out = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="The folder of the dataset; a run goes on there."),
]
Languages = Annotated[
    str,
    typer.Option(
        "--languages",
        metavar="en,zh",
        help="Languages of the rows. Default: those the graph has names in.",
    ),
]
MaxRows = Annotated[int, typer.Option("--max-rows", min=0, help="At most so many rows.")]
PerPredicate = Annotated[
    int,
    typer.Option("--cap-predicate", min=0, help="About so many rows of a task per predicate."),
]
PerHub = Annotated[
    int, typer.Option("--cap-hub", min=0, help="About so many rows of a task per concept.")
]
Balanced = Annotated[
    bool,
    typer.Option(
        "--balance", help="Caps by what the graph holds: 5% per predicate, 50 per concept."
    ),
]
Benchmarks = Annotated[
    list[Path] | None,
    typer.Option(
        "--benchmarks",
        metavar="FILE|FOLDER",
        help="Leave out and list rows that share text with evaluation sets: .jsonl, .json, .csv, "
        ".tsv, .parquet, .txt; repeatable.",
    ),
]
Learned = Annotated[
    str,
    typer.Option(
        "--learned",
        metavar="NAME",
        help="Of false statements, take those that this trained model finds plausible, but not "
        "likely true ('kgmed learn train').",
    ),
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
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="local|ray", help="What makes the parts: processes here, or Ray."
    ),
]
RayAddress = Annotated[
    str,
    typer.Option(
        "--ray-address",
        metavar="ADDR",
        help="The Ray cluster: auto, HOST:PORT or ray://HOST:PORT. Default: what RAY_ADDRESS "
        "names, else a Ray is started here.",
    ),
]
Processes = Annotated[
    int,
    typer.Option(
        "--processes", min=0, help="Processes that make rows; 0 for one a core.", show_default=False
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Forecast rows, tokens, bytes and time; write nothing.")
]


def listed(text: str) -> list[str]:
    """The names in a text, between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


def partition(text: str) -> tuple[int, int] | None:
    """Read ``--partition``.

    >>> partition("2/8"), partition("")
    ((2, 8), None)
    """
    from kgmed.kg.errors import UsageError

    if not text:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None:
        raise UsageError(f"Found --partition {text!r}, expected I/N: 0/4 is the first of four.")
    return int(found[1]), int(found[2])


def engine(name: str, address: str) -> dict[str, Any]:
    """What the facade takes; the address of the environment is for Ray alone.

    >>> engine("ray", "auto")
    {'engine': 'ray', 'ray_address': 'auto'}
    """
    if name == "ray":
        address = address or os.environ.get("RAY_ADDRESS", "")
    return {"engine": name, "ray_address": address}


def refuse_learned(name: str) -> None:
    """Raise where rows that a language model writes are to have a trained model's distractors."""
    from kgmed.kg.errors import UsageError

    if name:
        raise UsageError(
            f"Found --learned {name} for rows that a language model writes, expected it for rows "
            "that are made of statements alone. Leave one of the two out."
        )


def run(
    forecast: Callable[[], Forecast],
    write: Callable[[Callable[[Forecast], None] | None], Written],
    tell: Progress,
    *,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Tell what will be written, write it, and tell what was; with ``dry_run`` only the first."""

    def told(found: Forecast) -> None:
        tell.done()
        tell.note(in_a_line(found))

    try:
        if dry_run:
            found = forecast()
        else:
            made = write(None if quiet else told)
    finally:
        tell.done()
    if dry_run:
        print_forecast(found, as_json=as_json, quiet=quiet)
    else:
        print_written(made, as_json=as_json, quiet=quiet)


def steps(tell: Progress) -> Callable[[str], None]:
    """Tells steps at once, and how far the parts are now and then."""
    return lambda text: (tell.update if text.startswith(("part ", "the model:")) else tell)(text)


def in_a_line(forecast: Forecast) -> str:
    """What a run will write, in a line."""
    about = "" if forecast.whole else "about "
    told = (
        f"forecast: {about}{forecast.total:,} rows, {forecast.tokens / 1e6:,.1f}M tokens, "
        f"{forecast.bytes / 1e6:,.0f} MB, {_time(forecast.seconds)}"
    )
    asks = forecast.asks
    if asks is None:
        return told
    cost = "" if asks.cost is None else f", at these prices {asks.cost:,.2f}"
    return (
        f"{told} at most; the model is asked {about}{asks.calls:,} times, with "
        f"{asks.prompt_tokens:,} tokens of prompts and {asks.completion_tokens:,} of answers{cost}"
    )


def _time(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds > 120 else f"{max(1, round(seconds))} s"


def print_forecast(forecast: Forecast, *, as_json: bool, quiet: bool) -> None:
    """Print what a run will write."""
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(forecast))
        return
    echo(in_a_line(forecast))
    rows = [(task, lang, f"{n:,}") for task, of in forecast.rows.items() for lang, n in of.items()]
    print_table(("task", "language", "rows"), rows)
    tell_leaving(forecast.leaving, quiet=quiet)


def print_written(made: Written, *, as_json: bool, quiet: bool) -> None:
    """Print what a run wrote."""
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(made))
        return
    for config, splits in made.rows.items():
        told = ", ".join(f"{n:,} {split}" for split, n in splits.items())
        echo(f"{made.out}/{config}: {told} rows")
    rows = [(task, lang, f"{n:,}") for task, of in made.tasks.items() for lang, n in of.items()]
    print_table(("task", "language", "rows"), rows)
    if made.usage:
        used = made.usage
        echo(
            f"the model's {used['answers'] + used['claim_requests']:,} answers took "
            f"{used['prompt_tokens']:,} tokens of prompts and {used['completion_tokens']:,} of "
            "answers"
        )
    if made.complete:
        echo(f"{made.out}/README.md: the card")
    else:
        echo("not complete: parts of other shares are missing, and so is the card")
    tell_leaving(made.leaving, quiet=quiet)
