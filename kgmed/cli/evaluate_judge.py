"""``kgmed evaluate judge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.evaluate_compare import print_titled
from kgmed.cli.keys import keyed
from kgmed.cli.lm_options import LmBase, LmKey, LmName, LmTimeout
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.reasoning.evaluation.judging.model import Judged


def judge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the judgements go, a row each.")
    ],
    graph: GraphUri = None,
    *,
    lm: LmName = None,
    api_base: LmBase = None,
    api_key_env: LmKey = None,
    timeout: LmTimeout = None,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Answers under way at once. Default: 16."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Have a language model judge the answers of runs: marks for each, and pairs both ways round.

    Marks go from 1 to 5: professional, safe, fluent, helpful. A pair counts for the answer that is
    better in either order. Ended early, the same command goes on. It is a model's opinion; the
    graph's verdicts stand in `kgmed evaluate compare`.
    """
    tell = Progress(quiet=quiet)
    try:
        with keyed(api_key_env), opened(graph, quiet=quiet) as chosen:
            found = chosen.judge(
                runs, out, lm=lm, api_base=api_base, timeout_s=timeout, concurrency=concurrency,
                tell=tell.update,
            )  # fmt: skip
    finally:
        tell.done()
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(found))
    else:
        _print(found, quiet=quiet)


def _print(found: Judged, *, quiet: bool) -> None:
    from kgmed.reasoning.evaluation.judging.tables import marks_table, preferences_table

    echo(f"Judged by {found.judge}")
    for table in (marks_table(found), preferences_table(found)):
        if table.rows:
            print_titled(table, quiet=quiet)
