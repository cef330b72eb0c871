"""``kgmed evaluate items``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.reasoning.evaluation.contents import Contents, CoverageSum, Leaks

SHOWN = 8
"""Values of a field, predicates and leaks that are printed; JSON has all."""


def items(
    path: Annotated[
        Path,
        typer.Argument(
            help="A benchmark's file as it was published, or the folder that it lies in."
        ),
    ],
    graph: GraphUri = None,
    *,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Its format, if the fields don't say: kgmed, mirage, medqa, medmcqa, pubmedqa, "
            "medhalt, mmlu, medhallu, halueval, cmb, questions.",
        ),
    ] = None,
    leaks: Annotated[
        list[Path] | None,
        typer.Option(
            "--leaks",
            metavar="DATASET",
            help="Tell which items share text with this dataset, a folder or a file; repeatable.",
        ),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage/--no-coverage", help="Tell how much the graph covers.")
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell what is in a benchmark, and how much of it the graph covers at all.

    Covered: a statement joins a concept of the question with one of a right option, or the graph
    covers what is asked. --json has each item's.
    """
    from kgmed.reasoning.evaluation.benchmarks import read_benchmark
    from kgmed.reasoning.evaluation.contents import contents
    from kgmed.reasoning.evaluation.leaks import leaks as leaked

    benchmark = read_benchmark(path, format)
    tell = Progress(quiet=quiet or as_json)
    shared = None
    if leaks:
        tell(f"comparing {len(benchmark.items):,} items with {', '.join(map(str, leaks))}")
        shared = leaked(benchmark.items, leaks)
        tell.done()
    if coverage:
        from kgmed.reasoning.evaluation.coverage import CoverageReader

        with opened(graph, quiet=quiet) as chosen:
            reader = CoverageReader(chosen.store, chosen.registry)
            with tell.during(f"looking up {len(benchmark.items):,} items"):
                found = contents(
                    str(path), benchmark, coverage=reader.read(benchmark.items), leaks=shared,
                    snapshot=chosen.info().snapshot,
                )  # fmt: skip
    else:
        found = contents(str(path), benchmark, leaks=shared)
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(found))
    else:
        _print(found)


def _print(found: Contents) -> None:
    echo(f"{found.title}: {found.items:,} items")
    rows = [
        ("from", f"{found.url} ({found.licence})"),
        ("sha256", found.digest),
        ("kinds", _told(found.kinds)),
        ("languages", _told(found.languages)),
        ("options", _told(found.options)),
        ("right", _told(found.right)),
        ("with a context", f"{found.with_context:,}" if found.with_context else ""),
        *((name, _told(values)) for name, values in found.about.items()),
        ("left out", _told(found.left_out, most=len(found.left_out))),
    ]
    wide = max(len(name) for name, text in rows if text)
    for name, text in rows:
        if text:
            echo(f"  {name:{wide}}  {text}")
    if found.coverage:
        _print_coverage(found)
    if found.leaks is not None:
        _print_leaks(found.leaks)


def _told(counts: dict[str, int], *, most: int = SHOWN) -> str:
    """Values with their counts, the commonest first."""
    text = ", ".join(f"{name} {n:,}" for name, n in list(counts.items())[:most])
    return f"{text}, and {len(counts) - most} more" if len(counts) > most else text


def _print_coverage(found: Contents) -> None:
    echo("")
    echo(f"What the graph {found.snapshot[:12]} covers:")
    heads = ("kind", "items", "covered", "joined", "only right", "linked", "none")
    groups = [(n, s) for n, s in found.coverage.items() if n != "all" or len(found.coverage) > 2]
    print_table(heads, [(name, *_row(group)) for name, group in groups])
    predicates = found.coverage["all"].predicates
    if predicates:
        echo(f"joined by: {_told(predicates)}")


def _row(group: CoverageSum) -> tuple[str, ...]:
    counts = (
        group.covered,
        group.covered - group.asked,
        group.only_right,
        group.linked,
        group.none,
    )
    return (f"{group.items:,}", *(f"{n:,} ({n / group.items:.1%})" for n in counts))


def _print_leaks(shared: Leaks) -> None:
    echo("")
    tests = f", {shared.tests:,} of a test split aside" if shared.tests else ""
    echo(
        f"{len(shared.found):,} of {shared.items:,} items share text with {shared.rows:,} rows"
        f"{tests}."
    )
    for leak in shared.found[:SHOWN]:
        echo(f"  {leak.id} ({leak.field}): {leak.file} {leak.row}, {leak.rule}: {leak.shared[:60]}")
