"""``kgmed link``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.opening import ABSTAINED, Progress, language, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.linking.links import LinkedFiles, Links


def link(
    text: Annotated[
        str | None, typer.Argument(help="A text or a name, in English or Chinese.")
    ] = None,
    graph: GraphUri = None,
    *,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Link the documents of a .txt, .jsonl or .pubtator file (also .gz), of a folder "
            "of them, or of standard input (-); repeatable.",
        ),
    ] = None,
    input_format: Annotated[
        str,
        typer.Option(
            "--from", metavar="txt|jsonl|pubtator", help="What --file is, if its name doesn't say."
        ),
    ] = "",
    lines: Annotated[
        bool, typer.Option("--lines", help="Of a .txt file, take each line as a document.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write links to a .jsonl, .pubtator or .ann file, or a folder (--format standoff)."
            " Default: standard output.",
        ),
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="jsonl|pubtator|standoff",
            help="What to write, if --out's name doesn't say. Default: jsonl.",
        ),
    ] = "",
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with the mentions marked."),
    ] = None,
    categories: Annotated[
        list[str] | None,
        typer.Option(
            "--categories",
            metavar="CATEGORY",
            help="Link only concepts of these categories (Drug,Disease); repeatable.",
        ),
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", metavar="en|zh", help="Language. Default: each text's own."),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", help="Processes that link files; 0 for one a core.")
    ] = 1,
    on_error: Annotated[
        str,
        typer.Option(
            "--on-error",
            metavar="stop|skip",
            help="At a document that can't be used: stop, or go on and count it.",
        ),
    ] = "stop",
    fuzzy: Annotated[bool, typer.Option("--fuzzy", help="Read misspelt words, too.")] = False,
    learnt: Annotated[
        Path | None,
        typer.Option(
            "--learnt",
            metavar="TSV",
            help="What annotated texts taught of names (benchmarks/linking_train.py).",
        ),
    ] = None,
    reranker: Annotated[
        Path | None,
        typer.Option(
            "--reranker",
            metavar="FOLDER",
            help="An encoder (transformers, sentence-transformers) that orders candidates.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the concepts that a text names, with offsets, scores, reasons and alternatives.

    Where TEXT holds no name as it stands, it is tried as one misspelt or reordered name. Exit code
    3 means that nothing was found in TEXT.

    A line of .jsonl is {"id": ..., "text": ...}; a .txt file is one document. With --out, --json
    prints counts.
    """
    from kgmed.kg.errors import UsageError

    if (text is None) == (not file):
        raise UsageError("Found " + ("neither" if text is None else "both") + " TEXT and --file: "
                         "expected one of them.")  # fmt: skip
    how: dict[str, Any] = {
        "lang": language(lang),
        "categories": [name for given in categories or () for name in given.split(",") if name],
        "fuzzy": fuzzy,
        "learnt": learnt,
        "reranker": reranker,
    }
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        if text is not None:
            _one(chosen, text, how, out=out, format=format, html=html, as_json=as_json)
            return
        from kgmed.kg.workers import collect_rarely

        collect_rarely()
        try:
            made = chosen.link_files(
                file or [],
                out,
                format=format,
                html=html,
                input_format=input_format,
                lines=lines,
                processes=processes,
                on_error=on_error,
                progress=tell.update,
                note=partial(_note, tell),
                **how,
            )
        finally:
            tell.done()
    _tell(made, tell, as_json=as_json and bool(made.out or made.html))


def _note(tell: Progress, line: str) -> None:
    tell.done()
    tell.note(line)


def _one(
    graph: Graph,
    text: str,
    how: dict[str, Any],
    *,
    out: Path | None,
    format: str,
    html: Path | None,
    as_json: bool,
) -> None:
    """Link a text of the command line, and print or write its links."""
    found = graph.link(text, **_in_process(how))
    if not found and text.strip():
        found = _as_a_name(graph, found, how["categories"])
    if out or html or format:
        from kgmed.kg.linking.files import write_linked
        from kgmed.kg.linking.links import LinkedDocument

        document = LinkedDocument("text", found.text, found.lang, found.links)
        write_linked([document], out, format=format, html=html)
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(found))
    elif not (out or format):
        _print(found)
    if not found:
        raise typer.Exit(ABSTAINED)


def _in_process(how: dict[str, Any]) -> dict[str, Any]:
    if how["reranker"] is None:
        return how
    from kgmed.kg.linking.rerank import EncoderReranker

    return {**how, "reranker": EncoderReranker(how["reranker"])}


def _as_a_name(graph: Graph, found: Links, categories: list[str]) -> Links:
    """A text that holds no name, as one misspelt or reordered name."""
    from dataclasses import replace

    from kgmed.kg.categories import is_a
    from kgmed.kg.linking.link import Link
    from kgmed.kg.linking.linker import Linker

    candidates = [
        candidate
        for candidate in Linker(graph.store).mention(found.text, categories=categories)
        if not categories or any(is_a(candidate.category, name) for name in categories)
    ]
    if not candidates:
        return found
    best, *others = candidates
    link = Link(
        found.text, 0, len(found.text), best.id, best.name, best.category, best.score, best.why,
        alternatives=tuple(others),
    )  # fmt: skip
    return replace(found, links=(link,))


def _print(found: Links) -> None:
    from kgmed.kg.linking.html import qualities

    rows = [
        (
            f"{x.start}-{x.end}", x.text, x.id, x.name, x.category, f"{x.score:.2f}",
            "; ".join((x.why, *qualities(x))),
            ", ".join(f"{c.name} ({c.id}, {c.score:.2f})" for c in x.alternatives[:3]),
        )
        for x in found
    ]  # fmt: skip
    heads = ("offsets", "text", "id", "name", "category", "score", "why", "alternatives")
    print_table(heads, rows)


def _tell(made: LinkedFiles, tell: Progress, *, as_json: bool) -> None:
    """Say what was written: to standard output, unless that holds the links."""
    counts = f"{made.documents:,} documents, {made.links:,} links"
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(made))
    elif made.out or made.html:
        echo(f"{made.out or made.html}: {counts}")
    else:
        tell.note(counts)
    if made.skipped:
        tell.note(f"skipped {made.skipped:,} documents that can't be used")
