"""``kgmed ask``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli import asking
from kgmed.cli.options import AsJson, GraphUri, Lang, Quiet


def ask(
    question: Annotated[
        str, typer.Argument(help="A question, in English or Chinese; - for stdin.")
    ],
    graph: GraphUri = None,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Items to print; 0 for all.")
    ] = asking.DEFAULT_LIMIT,
    program: Annotated[
        str, typer.Option("--program", help="How to answer: direct (from the graph alone).")
    ] = "direct",
    as_json: AsJson = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Answer a question from the graph, each line with its statement and source.

    Examples: kgmed ask "drug interactions of warfarin"; kgmed ask "华法林的药物相互作用" --limit 0;
    kgmed ask "does warfarin interact with lisinopril?" --json. Exit code 3 means that it abstained.
    """
    code = asking.run(
        question,
        graph=graph,
        limit=limit,
        program=program,
        as_json=as_json,
        quiet=quiet,
        lang=lang,
    )
    if code:
        raise typer.Exit(code)
