"""``kgmed.toml``: what a build reads and how it decides, checked before any work begins.

    out = "my-graph"              # the folder of the graph
    open = true                   # join the open graph
    drugcentral = true            # its DrugCentral part (CC BY-SA 4.0)
    on_error = "stop"             # or "skip": set bad rows aside, counted
    overrides = "mine.sssom.tsv"  # mappings that win over every rule

    [identity]
    strict = ["umls", "mondo", "doid", "drugbank"]
    leaders = ["umls", "mondo", "doid", "hp", "drugbank"]

    [[source]]
    type = "kgx"
    nodes = ["nodes.tsv"]
    edges = ["edges.tsv"]
    infores = "infores:my-graph"
    release = "2026-11"
    licence = "CC-BY-4.0"

Paths are relative to the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kgmed.builders.identity import OVERRIDES, IdentityRules
from kgmed.builders.resolve import CLASSIFICATIONS, LEADERS, STRICT_AUTHORITIES
from kgmed.builders.source import Source, SourceInfo
from kgmed.kg.errors import ConfigError

if TYPE_CHECKING:
    from kgmed.builders.rows import OnError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SourceConfig(_Strict):
    infores: str = ""
    name: str = ""
    release: str = ""
    licence: str = ""

    def info(self, default: str) -> SourceInfo | None:
        """What the configuration says of the source; None where it says nothing."""
        if not (self.infores or self.name or self.release or self.licence):
            return None
        infores = self.infores or f"infores:{default}"
        return SourceInfo(
            infores, self.name or infores.removeprefix("infores:"), self.release, self.licence
        )


class KgxConfig(_SourceConfig):
    """A KGX graph: node and edge files, TSV or JSONL."""

    type: Literal["kgx"]
    nodes: tuple[Path, ...] = ()
    edges: tuple[Path, ...] = ()


class SssomConfig(_SourceConfig):
    """SSSOM mapping sets."""

    type: Literal["sssom"]
    paths: tuple[Path, ...]


AnySource = Annotated[KgxConfig | SssomConfig, Field(discriminator="type")]


class IdentityConfig(_Strict):
    """How identity is decided; see :mod:`kgmed.builders.resolve`."""

    strict: tuple[str, ...] = STRICT_AUTHORITIES
    classifications: tuple[str, ...] = CLASSIFICATIONS
    leaders: tuple[str, ...] = LEADERS


class BuildConfig(_Strict):
    """A whole ``kgmed.toml``."""

    out: Path | None = None
    open: bool = True
    drugcentral: bool = True
    on_error: Literal["stop", "skip"] = "stop"
    overrides: Path | None = None
    memory: str = "4GB"
    identity: IdentityConfig = IdentityConfig()
    source: tuple[AnySource, ...] = ()

    def rules(self) -> IdentityRules:
        """The identity rules as the build takes them."""
        return IdentityRules(**self.identity.model_dump())


def read_config(path: Path) -> BuildConfig:
    """Read and check a configuration; paths in it become relative to its folder."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: isn't valid TOML: {error}.") from error
    try:
        config = BuildConfig.model_validate(raw)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            where = ".".join(str(part) for part in problem["loc"])
            lines.append(f"{path}: {where}: {problem['msg']} (found {problem.get('input')!r}).")
        raise ConfigError("\n".join(lines)) from error
    return _rebased(config, path.parent)


def _rebased(config: BuildConfig, folder: Path) -> BuildConfig:
    def rebase(value: Any) -> Any:
        if isinstance(value, Path):
            return folder / value.expanduser()
        if isinstance(value, tuple):
            return tuple(rebase(item) for item in value)
        if isinstance(value, BaseModel):
            names = type(value).model_fields
            return value.model_copy(update={n: rebase(getattr(value, n)) for n in names})
        return value

    rebased: BuildConfig = rebase(config)
    return rebased


def make_sources(config: BuildConfig, quarantine: Path | None) -> list[Source]:
    """The sources that a configuration names, the user's own before the open graph's.

    Missing files are reported here, before any work.
    """
    missing = [path for path in _files(config) if not path.is_file()]
    if missing:
        raise ConfigError("\n".join(f"{path}: there is no such file." for path in missing))
    on_error: OnError = config.on_error
    sources: list[Source] = []
    makers: dict[str, Callable[[Any], Source]] = {
        "kgx": lambda c: _kgx(c, on_error, quarantine),
        "sssom": lambda c: _sssom(c, on_error, quarantine),
    }
    sources += [makers[entry.type](entry) for entry in config.source]
    if config.overrides is not None:
        from kgmed.builders.sssom import SssomSource

        info = SourceInfo(OVERRIDES, "Your overrides", "", "")
        sources.insert(0, SssomSource(config.overrides, info=info))
    if config.open:
        from kgmed.builders.open_data.sources import open_sources

        sources += open_sources(drugcentral=config.drugcentral)
    return sources


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _files(config: BuildConfig) -> list[Path]:
    files: list[Path] = [] if config.overrides is None else [config.overrides]
    for entry in config.source:
        if isinstance(entry, KgxConfig):
            files += [*entry.nodes, *entry.edges]
        else:
            files += entry.paths
    return files


def _kgx(entry: KgxConfig, on_error: OnError, quarantine: Path | None) -> Source:
    from kgmed.builders.kgx import KgxSource

    if not (entry.nodes or entry.edges):
        raise ConfigError("A source of type kgx names neither nodes nor edges.")
    return KgxSource(
        entry.nodes,
        entry.edges,
        info=entry.info(_stem((entry.nodes or entry.edges)[0])),
        on_error=on_error,
        quarantine=quarantine,
    )


def _sssom(entry: SssomConfig, on_error: OnError, quarantine: Path | None) -> Source:
    from kgmed.builders.sssom import SssomSource

    return SssomSource(
        entry.paths,
        info=entry.info(_stem(entry.paths[0])),
        on_error=on_error,
        quarantine=quarantine,
    )
