"""``kgmed overlay``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.builders.overlay.report import OverlayReport
    from kgmed.builders.rows import OnError
    from kgmed.builders.source import Source
    from kgmed.facade import Graph
    from kgmed.kg.model import Statement
    from kgmed.wire import Overlay

Files = list[Path] | None


def overlay(
    graph: Annotated[Path, typer.Argument(metavar="GRAPH", help="Folder of a built graph.")],
    *,
    errata: Annotated[
        Files, typer.Option("--errata", help="Statements to retract or restore, TSV; repeatable.")
    ] = None,
    nodes: Annotated[
        Files, typer.Option("--nodes", help="KGX nodes to add, TSV or JSONL; repeatable.")
    ] = None,
    edges: Annotated[
        Files, typer.Option("--edges", help="KGX edges to add, TSV or JSONL; repeatable.")
    ] = None,
    infores: Annotated[
        str, typer.Option("--infores", help="Id of what is added, infores:... Default: the file's.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="Its name, shown in answers.")] = "",
    release: Annotated[str, typer.Option("--release", help="Its version.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="Its licence, an SPDX id.")] = "",
    who: Annotated[str, typer.Option("--who", help="Who adds it; --list prints that.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why it is added.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Instead of the overlay that is there, not on top.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--list", help="Print what is retracted and added: who, when, why.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Go back to the graph as built.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Statements that --list prints; 0 for all.")
    ] = 20,
    on_error: Annotated[
        str, typer.Option("--on-error", metavar="stop|skip", help="What a bad row does.")
    ] = "stop",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Retract and add statements of a built graph in seconds, without building it again.

    Errata are columns statement_id, reason, who, date and, optionally, action (retract or restore).
    Retracted statements can still be shown, and are evidence for nothing.
    """
    from kgmed.builders.config import BuildConfig, make_sources
    from kgmed.builders.overlay import drop_overlay, make_overlay
    from kgmed.builders.source_configs import KgxConfig
    from kgmed.kg.errors import UsageError
    from kgmed.kg.store.neo4j.address import SCHEMES

    if str(graph).partition(":")[0] in SCHEMES:
        raise UsageError(
            "Found a graph on a server, expected the folder of a built graph. Lay the overlay on "
            "the folder, and load it with 'kgmed load'."
        )
    if str(graph).startswith("kgmed:"):
        raise UsageError(
            f"Found graph {str(graph)!r}, expected a folder. The open graph is shared, and is made "
            "anew with each kgmed: make one of your own with 'kgmed build --out GRAPH'."
        )
    if on_error not in {"stop", "skip"}:
        raise UsageError(f"Found --on-error {on_error!r}, expected one of: stop, skip.")
    bad: OnError = "skip" if on_error == "skip" else "stop"
    files = bool(errata or nodes or edges)
    if files + show + drop != 1:
        raise UsageError("Expected --errata, --nodes or --edges files, or --list, or --drop.")
    report: OverlayReport | None = None
    if drop:
        drop_overlay(graph)
    elif files:
        sources: list[Source] = []
        quarantine = graph.parent / f"{graph.name}.quarantine.tsv"
        quarantine.unlink(missing_ok=True)
        if nodes or edges:
            config = KgxConfig(
                type="kgx", nodes=tuple(nodes or ()), edges=tuple(edges or ()), infores=infores,
                name=name, release=release, licence=licence,
            )  # fmt: skip
            settings = BuildConfig(source=(config,), open=False, on_error=bad)
            sources = make_sources(settings, quarantine)
        tell = Progress(quiet=quiet)
        made = make_overlay(
            graph,
            errata=errata or (),
            sources=sources,
            who=who,
            reason=reason,
            replace=replace,
            on_error=bad,
            quarantine=quarantine,
            progress=tell,
        )
        tell.done()
        report = made.report
    with opened(str(graph), quiet=quiet) as chosen:
        shape = _shape(chosen, report, whole=show)
        if (nodes or edges) and not licence and not quiet:
            typer.echo("kgmed: no licence is stated for what is added: --licence", err=True)
        if as_json:
            from kgmed.wire import to_json

            echo(to_json(shape))
            return
        _print(shape)
        if show:
            _print_lists(shape, chosen, limit or None)
        if report is not None:
            _print_report(report, chosen)
            if quarantine.exists():
                echo(f"rows set aside: {quarantine}")


def _shape(graph: Graph, report: OverlayReport | None, *, whole: bool) -> Overlay:
    from dataclasses import asdict

    from kgmed.wire import Addition, Overlay

    info, store = graph.info(), graph.local_store()
    manifest = store.snapshot.manifest
    additions = tuple(
        Addition(
            entry["info"]["infores"], entry["info"]["name"], entry["info"]["release"],
            entry["info"]["licence"], entry["who"], entry["reason"], entry["date"],
            **entry["counts"],
        )
        for entry in manifest.get("overlay", {}).get("sources", ())
    )  # fmt: skip
    return Overlay(
        graph=info.uri,
        snapshot=info.snapshot,
        overlay=info.overlay,
        additions=additions,
        retracted=tuple(store.retracted()) if whole else (),
        added=tuple(store.added()) if whole else (),
        report=asdict(report) if report is not None else None,
    )


def _print(shape: Overlay) -> None:
    info = shape.overlay
    if info is None:
        echo(f"{shape.graph}: snapshot {shape.snapshot[:16]}, as built: no overlay lies on it.")
        return
    echo(f"{shape.graph}: snapshot {shape.snapshot[:16]}, an overlay on {info.base[:16]}")
    echo(
        f"{info.retracted:,} statements retracted; added: {info.concepts:,} concepts, "
        f"{info.names:,} names, {info.statements:,} statements, {info.values:,} values, "
        f"{info.mappings:,} mappings"
    )


def _print_lists(shape: Overlay, graph: Graph, limit: int | None) -> None:
    """What is retracted and added, as tables."""
    if shape.retracted:
        echo("")
        heads = ("retracted", "subject", "predicate", "object", "who", "date", "reason")
        rows = [
            (*_said(statement, titles), taken.who, taken.date, taken.reason)
            for statement, titles in _titled(shape.retracted[:limit], graph)
            if (taken := statement.retracted) is not None
        ]
        print_table(heads, rows)
        _print_more(len(shape.retracted), limit)
    if shape.additions:
        echo("")
        brought = [
            (
                a.name, a.infores, a.release, a.licence, f"{a.concepts:,}",
                f"{a.statements + a.values:,}", a.who, a.date, a.reason,
            )
            for a in shape.additions
        ]  # fmt: skip
        print_table(
            ("source", "id", "release", "licence", "concepts", "statements", "who", "date",
             "reason"),
            brought,
        )  # fmt: skip
    if shape.added:
        echo("")
        new = [
            (*_said(statement, titles), statement.primary_knowledge_source)
            for statement, titles in _titled(shape.added[:limit], graph)
        ]
        print_table(("added", "subject", "predicate", "object", "source"), new)
        _print_more(len(shape.added), limit)


def _print_more(count: int, limit: int | None) -> None:
    if limit is not None and count > limit:
        echo(f"... and {count - limit:,} more (--limit 0)")


def _titled(
    statements: tuple[Statement, ...], graph: Graph
) -> list[tuple[Statement, dict[str, str]]]:
    ids = dict.fromkeys(id for s in statements for id in (s.subject, s.object) if id)
    titles = {c.id: c.name for c in graph.store.concepts(list(ids)) if c is not None}
    return [(statement, titles) for statement in statements]


def _said(statement: Statement, titles: dict[str, str]) -> tuple[str, ...]:
    value = statement.value
    return (
        statement.id[:8],
        titles[statement.subject],
        ("not " if statement.negated else "") + statement.predicate,
        titles[statement.object] if value is None else f"{value.text} {value.unit}".strip(),
    )


def _print_report(report: OverlayReport, graph: Graph) -> None:
    """What this run read, and where all of it stands."""
    for file, rows in report.errata.items():
        skipped = "".join(f", {n:,} skipped: {why}" for why, n in rows["skipped"].items())
        echo(f"{file}: {rows['read']:,} rows, {rows['kept']:,} used{skipped}")
    done = {**report.actions, **report.already_there}
    done |= {name: n for name, n in report.statements.items() if name not in {"read", "added"}}
    for name, n in done.items():
        if n:
            echo(f"{name}: {n:,}")
    for infores in report.added_before:
        echo(f"{infores}: these files were added before, and are added once.")
    if report.cycles:
        echo(f"subclass_of that would close a cycle, now broader: {len(report.cycles):,}")
    for kind, found in report.findings.items():
        echo(f"{kind}: {len(found):,}")
    echo(f"report: {graph.local_store().snapshot.folder / 'report.json'}")
