"""``kgmed proof``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo


def proof(
    file: Annotated[Path, typer.Argument(help="What kgmed verify --json printed.")],
    graph: GraphUri = None,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check stored verdicts again: every statement of their proofs, and every verdict.

    Where the graph is another snapshot, what changed is told. Exit code 1 where something did.
    """
    from kgmed.kg.errors import DataError, UsageError
    from kgmed.reasoning.claims.recheck import recheck
    from kgmed.reasoning.claims.verify import Verifier

    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: can't be read ({error.strerror}).") from error
    except ValueError as error:
        raise DataError(f"{file}: found text that is no JSON ({error}), expected a stored verdict"
                        " (kgmed verify --json).") from error  # fmt: skip
    waiting = Progress(quiet=quiet).during("checking verdicts again")
    with opened(graph, quiet=quiet) as chosen, waiting:
        found = recheck(stored, chosen.store, Verifier(chosen.store, chosen.registry))
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(found))
    else:
        same = found.snapshot == found.snapshot_was
        echo(
            f"{found.claims} claims, {found.statements} statements; made with snapshot "
            f"{found.snapshot_was[:16]}, {'this one' if same else 'this is ' + found.snapshot[:16]}"
        )
        for change in found.changes:
            where = f"claim {change.claim}" + (
                f", statement {change.statement[:8]}" if change.statement else ""
            )
            echo(f"{where}: {change.what}: was {change.was}, now {change.found}")
        if not found.changes:
            echo("Every statement and every verdict is as it was.")
    if found.changes:
        raise typer.Exit(1)
