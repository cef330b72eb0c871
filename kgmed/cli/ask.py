"""``kgmed ask``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kgmed.cli.options import ABSTAINED, AsJson, GraphUri, Lang, Quiet, language, opened
from kgmed.cli.output import print_answer


def ask(
    question: Annotated[
        str, typer.Argument(help="A question, in English or Chinese; - for stdin.")
    ],
    graph: GraphUri = None,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Items to print; 0 for all.")
    ] = 20,
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
    from kgmed.kg.errors import UsageError

    text = question
    if question == "-":
        try:
            text = sys.stdin.buffer.read(1 << 21).decode()
        except UnicodeDecodeError as error:
            raise UsageError(
                f"The question on standard input isn't UTF-8 text (byte {error.start})."
            ) from error
    with opened(graph, quiet=quiet) as chosen:
        answer = chosen.ask(text, language=language(lang), limit=limit or None, program=program)
        if as_json:
            from kgmed.wire import to_json

            typer.echo(to_json(answer))
        else:
            print_answer(answer, chosen, limit=limit or None, quiet=quiet)
    if answer.abstained:
        raise typer.Exit(ABSTAINED)
