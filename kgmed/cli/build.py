"""``kgmed build``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo


def build(
    config: Annotated[
        Path | None, typer.Argument(help="A kgmed.toml. Default: the one in this folder, if any.")
    ] = None,
    *,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the graph.")] = None,
    nodes: Annotated[
        list[Path] | None, typer.Option("--nodes", help="KGX nodes, TSV or JSONL; repeatable.")
    ] = None,
    edges: Annotated[
        list[Path] | None, typer.Option("--edges", help="KGX edges, TSV or JSONL; repeatable.")
    ] = None,
    sssom: Annotated[
        list[Path] | None, typer.Option("--sssom", help="SSSOM mappings, TSV; repeatable.")
    ] = None,
    overrides: Annotated[
        Path | None, typer.Option("--overrides", help="Your SSSOM mappings, which win.")
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Leave the open graph out.")] = False,
    no_drugcentral: Annotated[
        bool, typer.Option("--no-drugcentral", help="Leave DrugCentral (CC BY-SA) out.")
    ] = False,
    on_error: Annotated[
        str | None, typer.Option("--on-error", metavar="stop|skip", help="What a bad row does.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build a graph from KGX graphs, SSSOM mappings and the open graph.

    Example: kgmed build --nodes nodes.tsv --edges edges.tsv --out my-graph. The report lies in the
    graph's folder; a build that is stopped leaves the graph as it was.
    """
    from kgmed.builders.config import BuildConfig, KgxConfig, SssomConfig, make_sources, read_config
    from kgmed.builders.pipeline import build as run
    from kgmed.kg.errors import UsageError

    if config is None and Path("kgmed.toml").is_file() and not (nodes or edges or sssom):
        config = Path("kgmed.toml")
    settings = read_config(config) if config else BuildConfig()
    entries = list(settings.source)
    if nodes or edges:
        entries.append(KgxConfig(type="kgx", nodes=tuple(nodes or ()), edges=tuple(edges or ())))
    if sssom:
        entries.append(SssomConfig(type="sssom", paths=tuple(sssom)))
    if on_error not in {None, "stop", "skip"}:
        raise UsageError(f"Found --on-error {on_error!r}, expected one of: stop, skip.")
    settings = settings.model_copy(
        update={
            "source": tuple(entries),
            "out": out or settings.out,
            "overrides": overrides or settings.overrides,
            "open": settings.open and not no_open,
            "drugcentral": settings.drugcentral and not no_drugcentral,
            "on_error": on_error or settings.on_error,
        }
    )
    if settings.out is None:
        raise UsageError("The build needs a folder for the graph: --out GRAPH.")
    if not settings.source and not settings.open:
        raise UsageError("There is nothing to build: name --nodes, --edges or --sssom files.")

    settings.out.mkdir(parents=True, exist_ok=True)
    quarantine = settings.out.parent / f"{settings.out.name}.quarantine.tsv"
    quarantine.unlink(missing_ok=True)
    tell = Progress(quiet=quiet)
    made = run(
        make_sources(settings, quarantine),
        settings.out,
        rules=settings.rules(),
        memory=settings.memory,
        progress=tell,
    )
    tell.done()
    if as_json:
        echo(made.report.to_json())
        return
    counts = made.snapshot.manifest["counts"]
    echo(f"{settings.out}: snapshot {made.snapshot.manifest['snapshot'][:16]}")
    echo(", ".join(f"{n:,} {name}" for name, n in counts.items()))
    echo(f"report: {made.snapshot.folder / 'report.md'}")
    if quarantine.exists():
        echo(f"rows set aside: {quarantine}")
