"""``kgmed.toml``: what a build reads and how it decides, checked before any work begins.

    out = "my-graph"              # the folder of the graph
    open = true                   # join the open graph
    drugcentral = true            # its DrugCentral part (CC BY-SA 4.0)
    on_error = "stop"             # or "skip": set bad rows aside, counted
    overrides = "mine.sssom.tsv"  # mappings that win over every rule
    self_check = true             # verify the new graph's statements against each other

    [identity]
    strict = ["umls", "mondo", "doid", "drugbank"]
    leaders = ["umls", "mondo", "doid", "hp", "drugbank"]
    align = ["cmekg"]             # prefixes whose ids are names: aligned by codes and names

    [[source]]
    type = "kgx"
    nodes = ["nodes.tsv"]
    edges = ["edges.tsv"]
    infores = "infores:my-graph"
    release = "2026-11"
    licence = "CC-BY-4.0"

    [[source]]
    type = "tables"               # a mapping of columns (kgmed.builders.tables.mapping) or a recipe
    recipe = "hetionet"
    folder = "hetionet"

    [[source]]
    type = "obo"                  # or "rdf": OWL, Turtle, N-Triples
    path = "doid.obo"

    [lm]                          # a language model: kgmed.settings reads it, a build doesn't

Any other ``type`` is one that an installed package offers (:mod:`kgmed.builders.registry`). Paths
are relative to the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from kgmed.builders.identity import OVERRIDES, IdentityRules
from kgmed.builders.resolve import CLASSIFICATIONS, LEADERS, STRICT_AUTHORITIES
from kgmed.builders.source import Source, SourceInfo
from kgmed.builders.source_configs import AnySource, Reading, Strict
from kgmed.builders.staging import DEFAULT_MEMORY
from kgmed.kg.errors import ConfigError


class IdentityConfig(Strict):
    """How identity is decided; see :mod:`kgmed.builders.resolve`."""

    strict: tuple[str, ...] = STRICT_AUTHORITIES
    classifications: tuple[str, ...] = CLASSIFICATIONS
    leaders: tuple[str, ...] = LEADERS
    align: tuple[str, ...] = ("cmekg",)


class BuildConfig(Strict):
    """A whole ``kgmed.toml``."""

    out: Path | None = None
    open: bool = True
    drugcentral: bool = True
    on_error: Literal["stop", "skip"] = "stop"
    overrides: Path | None = None
    memory: str = DEFAULT_MEMORY
    self_check: bool = True
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
    raw.pop("lm", None)
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


def make_sources(
    config: BuildConfig, quarantine: Path | None, work: Path | None = None
) -> list[Source]:
    """The sources that a configuration names, the user's own before the open graph's.

    Bad rows that are set aside go to ``quarantine``, rows that must wait on disk to a folder under
    ``work`` (default: the system's). Missing files are reported here, before any work.
    """
    needed = [path for entry in config.source for path in entry.files()]
    needed += [config.overrides] if config.overrides is not None else []
    missing = [path for path in needed if not path.exists()]
    if missing:
        raise ConfigError("\n".join(f"{path}: there is no such file." for path in missing))
    reading = Reading(config.on_error, quarantine, work)
    sources = [source for entry in config.source for source in entry.make_all(reading)]
    if config.overrides is not None:
        from kgmed.builders.sssom import SssomSource

        info = SourceInfo(OVERRIDES, "Your overrides", "", "")
        sources.insert(0, SssomSource(config.overrides, info=info))
    if config.open:
        from kgmed.builders.open_data.sources import open_sources

        sources += open_sources(drugcentral=config.drugcentral)
    return sources
