"""``kgmed build``."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.builders.config import BuildConfig


def build(
    config: Annotated[
        Path | None, typer.Argument(help="A kgmed.toml. Default: the one in this folder, if any.")
    ] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the graph.")
    ] = None,
    umls: Annotated[
        Path | None, typer.Option("--umls", help="UMLS: a folder of RRF tables, or a .zip.")
    ] = None,
    snomed: Annotated[
        Path | None, typer.Option("--snomed", help="SNOMED CT: an RF2 release, folder or .zip.")
    ] = None,
    drugbank: Annotated[
        Path | None, typer.Option("--drugbank", help="DrugBank: full database .xml, or .csv.")
    ] = None,
    cmekg: Annotated[
        list[Path] | None, typer.Option("--cmekg", help="CMeKG: a file or folder; repeatable.")
    ] = None,
    languages: Annotated[
        str | None, typer.Option("--languages", help="Of UMLS, such as en,zh. Default: all.")
    ] = None,
    vocabularies: Annotated[
        str | None, typer.Option("--vocabularies", help="Of UMLS: SABs, such as MSH,SNOMEDCT_US.")
    ] = None,
    semantic_types: Annotated[
        str | None, typer.Option("--semantic-types", help="Of UMLS: TUIs or names.")
    ] = None,
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
    no_self_check: Annotated[
        bool,
        typer.Option("--no-self-check", help="Don't verify the statements against each other."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Build even where nothing has changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and what it takes; stop.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Read everything and say what is wrong with it; build nothing. Exit code 1 where "
            "a row breaks its format.",
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build a graph from UMLS, SNOMED CT, DrugBank, CMeKG, KGX, SSSOM and the open graph.

    The report lies in the graph's folder; a build that is stopped leaves the graph as it was.
    """
    from kgmed.builders import source_configs as types
    from kgmed.builders.config import BuildConfig, make_sources, read_config
    from kgmed.builders.forecast import forecast
    from kgmed.builders.pipeline import build as run
    from kgmed.builders.staged_cache import StagedCache
    from kgmed.cli.watching import Watch
    from kgmed.facade import self_check
    from kgmed.kg.errors import UsageError

    given: list[types.SourceConfig] = []
    chosen = {
        "languages": _items(languages),
        "sources": _items(vocabularies),
        "semantic_types": _items(semantic_types),
    }
    if umls:
        given.append(types.UmlsConfig(type="umls", path=umls, **chosen))
    elif any(chosen.values()):
        raise UsageError("--languages, --vocabularies and --semantic-types choose rows of --umls.")
    if snomed:
        given.append(types.SnomedConfig(type="snomed", path=snomed))
    if drugbank:
        given.append(types.DrugBankConfig(type="drugbank", path=drugbank))
    if cmekg:
        given.append(types.CMeKGConfig(type="cmekg", paths=tuple(cmekg)))
    if nodes or edges:
        kgx = types.KgxConfig(type="kgx", nodes=tuple(nodes or ()), edges=tuple(edges or ()))
        given.append(kgx)
    if sssom:
        given.append(types.SssomConfig(type="sssom", paths=tuple(sssom)))
    if config is None and not given and Path("kgmed.toml").is_file():
        config = Path("kgmed.toml")
    settings = read_config(config) if config else BuildConfig()
    if on_error not in {None, "stop", "skip"}:
        raise UsageError(f"Found --on-error {on_error!r}, expected one of: stop, skip.")
    settings = settings.model_copy(
        update={
            "source": (*settings.source, *given),
            "out": out or settings.out,
            "overrides": overrides or settings.overrides,
            "open": settings.open and not no_open,
            "drugcentral": settings.drugcentral and not no_drugcentral,
            "on_error": on_error or settings.on_error,
            "self_check": settings.self_check and not no_self_check,
        }
    )
    if not settings.source and not settings.open:
        raise UsageError("There is nothing to build: name a source, such as --umls DIR.")
    if check:
        _check(settings, as_json=as_json, quiet=quiet)
        return
    if settings.out is None:
        raise UsageError("The build needs a folder for the graph: --out GRAPH.")

    if dry_run:
        with tempfile.TemporaryDirectory() as folder:
            found = forecast(make_sources(settings, None, Path(folder)), settings.out)
        echo("\n".join(found.lines()))
        return
    settings.out.mkdir(parents=True, exist_ok=True)
    quarantine = settings.out.parent / f"{settings.out.name}.quarantine.tsv"
    quarantine.unlink(missing_ok=True)
    staged = settings.out / "staged"
    work = staged / f".work-{os.getpid()}"
    work.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(work)  # what readers put aside goes with the build, however it ends
    tell = Progress(quiet=quiet)
    try:
        sources = make_sources(settings, quarantine, work)
        ahead = forecast(sources, settings.out)
        if any(one.files for one in ahead.sources):
            tell.note("\n  ".join(["found", *ahead.lines()]))
        watch = Watch(
            sources,
            tell,
            tell.update,
            rows=sum(one.rows for one in ahead.sources),
            reading_s=sum(one.seconds for one in ahead.sources),
            seconds=ahead.seconds,
        )
        with watch.running():
            made = run(
                sources,
                settings.out,
                rules=settings.rules(),
                memory=settings.memory,
                cache=StagedCache(staged, quarantine=quarantine),
                force=force,
                self_check=self_check if settings.self_check else None,
                progress=watch,
            )
    finally:
        tempfile.tempdir = None
        shutil.rmtree(work, ignore_errors=True)
    tell.done()
    if as_json:
        echo(made.report.to_json())
        return
    if made.was_there:
        echo(f"Nothing has changed since {settings.out} was built; --force builds it again.")
    counts = made.snapshot.manifest["counts"]
    echo(f"{settings.out}: snapshot {made.snapshot.manifest['snapshot'][:16]}")
    echo(", ".join(f"{n:,} {name}" for name, n in counts.items()))
    echo(made.report.self_check.line())
    echo(f"report: {made.snapshot.folder / 'report.md'}")
    if quarantine.exists():
        echo(f"rows set aside: {quarantine}")


def _check(settings: BuildConfig, *, as_json: bool, quiet: bool) -> None:
    """Read the sources that the user names, bad rows set aside, and tell."""
    from kgmed.builders.check import check_sources
    from kgmed.builders.config import make_sources

    named = settings.model_copy(
        update={"on_error": "skip", "open": settings.open and not settings.source}
    )
    tell = Progress(quiet=quiet)
    with tempfile.TemporaryDirectory(prefix="kgmed-check-") as folder:
        quarantine = Path(folder) / "quarantine.tsv"
        sources = make_sources(named, quarantine, Path(folder))
        found = check_sources(sources, Path(folder), quarantine=quarantine, progress=tell)
    tell.done()
    if as_json:
        echo(json.dumps(found.to_dict(), ensure_ascii=False))
    else:
        echo("\n".join(found.lines()))
    if found.bad_rows:
        raise typer.Exit(1)


def _items(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(item.strip() for item in text.split(",") if item.strip())
