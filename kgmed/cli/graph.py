"""``kgmed show | paths | why | info | coverage | check``: the graph itself."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli.opening import ABSTAINED, Progress, language, opened
from kgmed.cli.options import AsJson, GraphUri, Lang, Quiet
from kgmed.cli.output import echo, print_concept, print_statement, print_table, print_why


def show(
    id: Annotated[str, typer.Argument(help="A concept's id or name, or a statement's id.")],
    graph: GraphUri = None,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Statements to print; 0 for all.")
    ] = 20,
    as_json: AsJson = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Show a concept with its names, ids and statements, or one statement in full."""
    from kgmed.kg.curies import candidates
    from kgmed.wire import Shown, to_json

    chosen_language = language(lang) or "en"
    with opened(graph, quiet=quiet) as chosen:
        snapshot = chosen.info().snapshot
        found = None if candidates(id) else chosen.store.statements([id])[0]
        if found is not None:
            if as_json:
                echo(to_json(Shown(statement=found, snapshot=snapshot)))
            else:
                print_statement(found, chosen, chosen_language)
            return
        concept = chosen.concept(id if candidates(id) else chosen.named(id))
        if as_json:
            names = tuple(chosen.store.lexicon.names([concept.id])[0])
            echo(to_json(Shown(concept, names, snapshot=snapshot)))
        else:
            print_concept(concept, chosen, chosen_language, limit=limit or None)


def paths(
    start: Annotated[str, typer.Argument(help="A concept, by id or name.")],
    end: Annotated[str, typer.Argument(help="Another concept.")],
    graph: GraphUri = None,
    *,
    hops: Annotated[int, typer.Option("--hops", min=1, max=6, help="Statements at most.")] = 4,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Paths to print.")] = 5,
    predicate: Annotated[
        list[str] | None, typer.Option("--predicate", help="Only these predicates; repeatable.")
    ] = None,
    rank: Annotated[
        str,
        typer.Option(
            "--rank",
            metavar="default|learned",
            help="By what predicates explain and how specific concepts are, or by how well a "
            "trained model ties the concepts on the way to both ends.",
        ),
    ] = "default",
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="The model of --rank learned. Default: default."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Find the best of the shortest paths between two concepts. Exit code 3 where there is none."""
    from kgmed.kg.errors import UsageError
    from kgmed.reasoning.programs.forms import path_line
    from kgmed.wire import Paths, to_json

    if model is not None and rank != "learned":
        raise UsageError("Found --model without --rank learned, which it is for.")
    chosen_language = language(lang) or "en"
    with opened(graph, quiet=quiet) as chosen:
        known = chosen.info().predicates
        for name in predicate or ():
            if name not in known:
                raise UsageError(
                    f"Found predicate {name!r}, expected one of: {', '.join(sorted(known))}."
                )
        with Progress(quiet=quiet).during("looking for paths"):
            found = chosen.find_paths(
                start, end, hops=hops, limit=limit, predicates=predicate, rank=rank,
                model=model or "default",
            )  # fmt: skip
        ids = list(dict.fromkeys(node for path in found for node in path.nodes))
        concepts = {c.id: c for c in chosen.store.concepts(ids) if c is not None}
        if as_json:
            shape = Paths(
                chosen.named(start), chosen.named(end), hops, tuple(found), concepts,
                chosen.info().snapshot,
            )  # fmt: skip
            echo(to_json(shape))
        else:
            for path in found:
                echo(path_line(path, concepts, chosen.registry, chosen_language))
            if not found:
                echo(f"No path of {hops} statements or fewer joins them in this graph.")
    if not found:
        raise typer.Exit(ABSTAINED)


def why(
    left: Annotated[str, typer.Argument(help="An id.")],
    right: Annotated[str, typer.Argument(help="Another id.")],
    graph: GraphUri = None,
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Explain why two ids are one concept, or which mapping was refused and for what reason."""
    from kgmed.wire import to_json

    with opened(graph, quiet=quiet) as chosen:
        found = chosen.why(left, right)
        echo(to_json(found)) if as_json else print_why(found, chosen)
    if not (found.chain or found.against or found.left == found.right):
        raise typer.Exit(ABSTAINED)


def info(graph: GraphUri = None, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Print what a graph is: hash, sizes, sources with releases and licences, counts."""
    from kgmed.wire import Info, to_json

    with opened(graph, quiet=quiet) as chosen:
        found = chosen.info()
    if as_json:
        echo(to_json(Info(found)))
        return
    echo(f"{found.uri}  snapshot {found.snapshot[:16]}  format {found.format}  {found.created}")
    echo(
        f"{found.concepts:,} concepts, {found.names:,} names, {found.statements:,} statements, "
        f"{found.values:,} values, {found.mappings:,} mappings, {found.paths:,} curated paths"
    )
    if found.overlay is not None:
        echo(
            f"an overlay on {found.overlay.base[:16]}: {found.overlay.retracted:,} statements "
            f"retracted, {found.overlay.statements + found.overlay.values:,} added "
            f"(kgmed overlay {found.uri} --list)"
        )
    rows = [
        (s.name, s.infores, s.release, s.licence, f"{s.concepts:,}", f"{s.statements:,}")
        for s in found.sources
    ]
    echo("")
    print_table(("source", "id", "release", "licence", "concepts", "statements"), rows)
    for title, counts in (
        ("licence", found.licences),
        ("predicate", found.predicates),
        ("category", found.categories),
    ):
        echo("")
        print_table((title, "count"), [(name, f"{n:,}") for name, n in counts.items()])
    for source in found.sources:
        if source.attribution and not quiet:
            echo(f"\n{source.attribution}")


def coverage(
    graph: GraphUri = None,
    *,
    predicate: Annotated[
        list[str] | None, typer.Option("--predicate", help="Only these predicates; repeatable.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print what each source states: predicate, categories of both ends, counts, release."""
    from kgmed.kg.errors import UsageError
    from kgmed.wire import Coverage, to_json

    with opened(graph, quiet=quiet) as chosen:
        rows = chosen.coverage()
        snapshot = chosen.info().snapshot
    known = sorted({row.predicate for row in rows})
    for name in predicate or ():
        if name not in known:
            raise UsageError(f"Found predicate {name!r}, expected one of: {', '.join(known)}.")
    rows = [row for row in rows if not predicate or row.predicate in predicate]
    if as_json:
        echo(to_json(Coverage(tuple(rows), snapshot)))
        return
    heads = (
        "predicate",
        "subject",
        "object",
        "source",
        "release",
        "statements",
        "subjects",
        "objects",
    )
    print_table(
        heads,
        [
            (
                r.predicate, r.subject_category, r.object_category or "(value)", r.source,
                r.release, f"{r.statements:,}", f"{r.subjects:,}", f"{r.objects:,}",
            )
            for r in rows
        ],
    )  # fmt: skip


def check(graph: GraphUri = None, *, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Read every byte of a graph and compare it with what the build wrote. Exit code 1 if not."""
    from kgmed.kg.errors import CorruptSnapshot
    from kgmed.wire import Check, to_json

    try:
        with opened(graph, quiet=quiet) as chosen:
            uri = chosen.info().uri
            with Progress(quiet=quiet).during("reading every byte"):
                problems = chosen.check()
    except CorruptSnapshot as error:
        uri, problems = graph or "", str(error).splitlines()
    if as_json:
        echo(to_json(Check(uri, not problems, tuple(problems))))
    else:
        for line in problems or [f"{uri}: every byte is what the build wrote."]:
            echo(line)
    if problems:
        raise typer.Exit(1)
