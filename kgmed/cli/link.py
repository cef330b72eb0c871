"""``kgmed link``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli.opening import ABSTAINED, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import print_table


def link(
    text: Annotated[str, typer.Argument(help="A text or a name, in English or Chinese.")],
    graph: GraphUri = None,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the concepts that a text names, with offsets, scores, reasons and alternatives.

    Where the text holds no name as it stands, it is tried as one misspelt or reordered name.
    Exit code 3 means that nothing was found.
    """
    from kgmed.kg.linking.link import Link
    from kgmed.kg.linking.linker import Linker
    from kgmed.reasoning.question import detect_language
    from kgmed.wire import Links, to_json

    with opened(graph, quiet=quiet) as chosen:
        linker = Linker(chosen.store)
        found = linker.text(text)
        if not found and text.strip():
            candidates = linker.mention(text)
            if candidates:
                best, *others = candidates
                found = [
                    Link(
                        text,
                        0,
                        len(text),
                        best.id,
                        best.name,
                        best.category,
                        best.score,
                        best.why,
                        alternatives=tuple(others),
                    )
                ]
    if as_json:
        typer.echo(to_json(Links(text, detect_language(text), tuple(found))))
    else:
        rows = [
            (
                f"{x.start}-{x.end}", x.text, x.id, x.name, x.category, f"{x.score:.2f}",
                x.why + ("; negated" if x.negated else ""),
                ", ".join(f"{c.name} ({c.id}, {c.score:.2f})" for c in x.alternatives[:3]),
            )
            for x in found
        ]  # fmt: skip
        heads = ("offsets", "text", "id", "name", "category", "score", "why", "alternatives")
        print_table(heads, rows)
    if not found:
        raise typer.Exit(ABSTAINED)
