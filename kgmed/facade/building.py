"""Building and curating graphs from Python, in one call each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kgmed.facade.self_checking import self_check
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.builders.overlay.make import Made
    from kgmed.builders.pipeline import Build
    from kgmed.kg.model import Statement


def build(
    out: str | FilePath,
    *,
    umls: str | FilePath | None = None,
    snomed: str | FilePath | None = None,
    drugbank: str | FilePath | None = None,
    cmekg: str | FilePath | Sequence[str | FilePath] = (),
    nodes: str | FilePath | Sequence[str | FilePath] = (),
    edges: str | FilePath | Sequence[str | FilePath] = (),
    sssom: str | FilePath | Sequence[str | FilePath] = (),
    config: str | FilePath | None = None,
    open: bool = True,
    force: bool = False,
    progress: Callable[[str], None] = lambda _text: None,
    **more: Any,
) -> Build:
    """Build a graph into the folder ``out``: ``kgmed build`` in one call.

    ``umls``, ``snomed`` and ``drugbank`` are a release each (a folder, .zip or file), ``cmekg``,
    KGX ``nodes`` and ``edges``, and ``sssom`` one file or several. ``config`` is a kgmed.toml, to
    whose sources these are added; ``more`` are its own keys: ``overrides``, ``on_error``,
    ``drugcentral``, ``self_check``, ``memory``. The ``open`` graph is part of it unless that is
    False. Where nothing has changed since ``out`` was built it isn't built again, unless ``force``
    says so. What comes back shows in a notebook as the build's report.

    Raises :class:`~kgmed.kg.errors.ConfigError` for files that aren't there and unknown keys,
    :class:`~kgmed.kg.errors.DataError` for rows that break their format.
    """
    from pydantic import ValidationError

    from kgmed.builders import source_configs as types
    from kgmed.builders.config import BuildConfig, make_sources, read_config
    from kgmed.builders.pipeline import build as run
    from kgmed.builders.staged_cache import StagedCache

    given: list[types.SourceConfig] = []
    if umls is not None:
        given.append(types.UmlsConfig(type="umls", path=FilePath(umls)))
    if snomed is not None:
        given.append(types.SnomedConfig(type="snomed", path=FilePath(snomed)))
    if drugbank is not None:
        given.append(types.DrugBankConfig(type="drugbank", path=FilePath(drugbank)))
    if cmekg:
        given.append(types.CMeKGConfig(type="cmekg", paths=_paths(cmekg)))
    if nodes or edges:
        given.append(types.KgxConfig(type="kgx", nodes=_paths(nodes), edges=_paths(edges)))
    if sssom:
        given.append(types.SssomConfig(type="sssom", paths=_paths(sssom)))
    read = read_config(FilePath(config)) if config is not None else BuildConfig()
    settings = read.model_copy(
        update={"source": (*read.source, *given), "open": read.open and open}
    )
    try:
        # once more, since copies aren't checked
        settings = BuildConfig.model_validate({**dict(settings), **more})
    except ValidationError as error:
        told = "; ".join(f"{p['loc'][0]}: {p['msg']}" for p in error.errors() if p["loc"])
        raise UsageError(
            f"Found {', '.join(more) or 'values'} that a build doesn't take ({told}), expected "
            f"keys of kgmed.toml: {', '.join(sorted(set(BuildConfig.model_fields) - {'source'}))}."
        ) from error
    if not settings.source and not settings.open:
        raise UsageError("There is nothing to build: name a source, such as umls=FOLDER.")
    root = FilePath(out).expanduser()
    root.mkdir(parents=True, exist_ok=True)
    quarantine = root.parent / f"{root.name}.quarantine.tsv"
    quarantine.unlink(missing_ok=True)
    staged = root / "staged"
    work = staged / f".work-{os.getpid()}"
    work.mkdir(parents=True, exist_ok=True)
    try:
        return run(
            make_sources(settings, quarantine, work),
            root,
            rules=settings.rules(),
            memory=settings.memory,
            cache=StagedCache(staged, quarantine=quarantine),
            force=force,
            self_check=self_check if settings.self_check else None,
            progress=progress,
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def retract(
    graph: str | FilePath,
    statements: str | Statement | Sequence[str | Statement],
    *,
    reason: str,
    who: str,
    date: str = "",
) -> Made:
    """Retract statements of the graph in a folder by an overlay: ``kgmed overlay --errata``.

    ``statements`` are ids, or at least 8 of their digits, or statements; ``date`` is ISO 8601, by
    default today. Open the graph again to see it without them. Raises
    :class:`~kgmed.kg.errors.DataError` for an id that the graph doesn't hold.
    """
    from kgmed.builders.overlay import make_overlay

    several = [statements] if not isinstance(statements, Sequence) else statements
    several = [statements] if isinstance(statements, str) else list(several)
    ids = [one if isinstance(one, str) else one.id for one in several]
    day = date or datetime.now(UTC).date().isoformat()
    rows = [["statement_id", "reason", "who", "date"], *([id, reason, who, day] for id in ids)]
    for cell in (reason, who, day):
        if not cell.strip() or "\t" in cell or "\n" in cell:
            raise UsageError(f"Found {cell!r}, expected a reason, who, and a date, a line each.")
    with TemporaryDirectory(prefix="kgmed-errata-") as folder:
        errata = FilePath(folder) / "errata.tsv"
        errata.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
        return make_overlay(FilePath(graph).expanduser(), errata=[errata])


def _paths(given: str | FilePath | Sequence[str | FilePath]) -> tuple[FilePath, ...]:
    several = [given] if isinstance(given, str | FilePath) else given
    return tuple(FilePath(one).expanduser() for one in several)
