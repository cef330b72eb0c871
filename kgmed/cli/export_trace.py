"""``kgmed export --trace``: the statements behind a row of a dataset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.builders.datasets.report import Trace
    from kgmed.facade import Graph


def trace(
    context: typer.Context,
    row: Annotated[
        str | None,
        typer.Option("--trace", metavar="ROW_ID", help="Show the statements behind a row."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="The folder of the dataset that has the row."),
    ] = None,
    graph: GraphUri = None,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write the graph in another form, or as a dataset; with --trace, show what a row rests on."""
    from kgmed.kg.errors import UsageError

    if context.invoked_subcommand is not None:
        if row is not None:
            raise UsageError("--trace stands alone: kgmed export --trace ROW_ID --out DIR.")
        return
    if row is None:
        echo(context.get_help())
        raise typer.Exit(0)
    if out is None:
        raise UsageError("--trace needs --out DIR, the folder of the dataset that has the row.")
    with opened(graph, quiet=quiet) as chosen:
        found = chosen.trace_row(out, row)
        if as_json:
            from kgmed.wire import to_json

            echo(to_json(found))
            return
        _print(found, chosen)


def _print(found: Trace, graph: Graph) -> None:
    row = found.row
    echo(f"{found.file}: {row['id']}, {row['task']}, {row['lang']}, {row['split']}")
    for message in row.get("messages") or row.get("conversations") or ():
        who, said = message.values()
        echo(f"  {who}: {said}")
    if "text" in row:
        echo(f"  {row['text']}")
    ends = list(dict.fromkeys(e for s in found.statements for e in (s.subject, s.object) if e))
    names = {
        id: concept.name if concept else id
        for id, concept in zip(ends, graph.store.concepts(ends), strict=True)
    }
    for s in found.statements:
        told = s.value.text if s.value else f"{names[s.object]} ({s.object})"
        no = "not " if s.negated else ""
        echo("")
        echo(f"{s.id}: {names[s.subject]} ({s.subject}) {no}{s.predicate} {told}")
        said = json.dumps(dict(s.qualifiers), ensure_ascii=False) if s.qualifiers else ""
        source = f"{s.primary_knowledge_source} {s.release}".strip()
        for name, text in (
            ("qualifiers", said), ("source", source), ("licence", s.licence),
            ("records", ", ".join(s.source_record)), ("publications", ", ".join(s.publications)),
            ("text", s.text),
        ):  # fmt: skip
            if text:
                echo(f"  {name}: {text}")
    for id in found.missing:
        echo("")
        echo(f"{id}: not in this graph")
    if found.made_from != found.snapshot:
        echo("")
        echo(f"the row was made from the snapshot {found.made_from[:12]}, this graph is "
             f"{found.snapshot[:12]}")  # fmt: skip
