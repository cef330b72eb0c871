"""``kgmed learn suggest``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import ABSTAINED, Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.kg.suggestion import Suggestions

SHOWN = 20
"""Suggestions that are printed; a file and JSON have all."""


def suggest(
    concepts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CONCEPT]...",
            help="Ids or names at the other end. Default: those with the most statements there.",
        ),
    ] = None,
    graph: GraphUri = None,
    *,
    predicate: Annotated[str, typer.Option("--predicate", help="What is suggested.")],
    end: Annotated[
        str, typer.Option("--find", metavar="object|subject", help="The end that is looked for.")
    ] = "object",
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Suggestions at most.")] = 100,
    min_probability: Annotated[
        float, typer.Option("--min-probability", min=0, max=1, help="None that is less probable.")
    ] = 0.5,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write them as candidates, for review."),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="kgx|sssom",
            help="NAME_edges.tsv or .jsonl with the nodes beside it, or NAME.sssom.tsv.",
        ),
    ] = "kgx",
    reviewed: Annotated[
        list[Path] | None,
        typer.Option(
            "--reviewed",
            metavar="FILE",
            help="A file of suggestions that a curator filled: what was decided there isn't "
            "suggested again; repeatable.",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help="The trained model, as it was kept by learn train --name.")
    ] = "default",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Suggest statements that a graph lacks and a trained model finds probable, to a curator.

    Nothing is added: kgmed build and kgmed overlay take in those alone that a curator marked as
    accepted in the column review. What the graph states or refutes isn't suggested. Exit code 3
    where nothing is.
    """
    from kgmed.wire import to_json

    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        found = chosen.learn_suggest(
            predicate, concepts or (), end=end, limit=limit,  # type: ignore[arg-type]  # checked
            min_probability=min_probability, name=name, reviewed=reviewed or (),
        )  # fmt: skip
        written = chosen.write_suggestions(found, out, format=format) if out else ()
    if as_json:
        echo(to_json(found))
    else:
        _print(found)
    if not quiet:
        for path in written:
            tell.note(f"{path}: open until a curator writes accepted or rejected under review")
    if not found.suggestions:
        raise typer.Exit(ABSTAINED)


def _print(found: Suggestions) -> None:
    seen = found.looked_at
    echo(
        f"{found.predicate}: {len(found.suggestions):,} suggestions of {found.model} "
        f"({found.method}); looked at {seen.concepts:,} of {seen.among:,} concepts, each with "
        f"{seen.candidates:,}"
    )
    print_table(
        ("probability", "subject", "predicate", "object", "nearest path", "the graph"),
        [
            (
                f"{one.probability:.3f}", one.subject_name, one.predicate, one.object_name,
                " ".join(id[:8] for id in one.paths[0]) if one.paths else "", one.verdict,
            )
            for one in found.suggestions[:SHOWN]
        ],
    )  # fmt: skip
    if len(found.suggestions) > SHOWN:
        echo(f"... and {len(found.suggestions) - SHOWN:,} more (--out FILE, --json)")
    for reason, n in found.left_out.items():
        echo(f"left out: {n:,} {reason}")
