"""``kgmed.toml``: what a build reads and how it decides, checked before any work begins.

    out = "my-graph"              # the folder of the graph
    open = true                   # join the open graph
    drugcentral = true            # its DrugCentral part (CC BY-SA 4.0)
    on_error = "stop"             # or "skip": set bad rows aside, counted
    overrides = "mine.sssom.tsv"  # mappings that win over every rule

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

Any other ``type`` is one that an installed package offers (:mod:`kgmed.builders.registry`). Paths
are relative to the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
)

from kgmed.builders.identity import OVERRIDES, IdentityRules
from kgmed.builders.registry import BUILT_IN, make_source, source_types, unknown_type
from kgmed.builders.resolve import CLASSIFICATIONS, LEADERS, STRICT_AUTHORITIES
from kgmed.builders.source import Source, SourceInfo
from kgmed.builders.tables.mapping import Edges, Nodes, Recipe, read_recipe
from kgmed.kg.errors import ConfigError

if TYPE_CHECKING:
    from kgmed.builders.rows import OnError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _SourceConfig(_Strict):
    """What every type of source takes; a type adds its files and how they are read."""

    infores: str = ""
    name: str = ""
    release: str = ""
    licence: str = ""

    def stated(self) -> SourceInfo:
        """What the configuration says of the source; the reader fills in what is empty."""
        return SourceInfo(self.infores, self.name, self.release, self.licence)

    def info(self, default: str) -> SourceInfo | None:
        """What the configuration says of the source; None where it says nothing."""
        if not (self.infores or self.name or self.release or self.licence):
            return None
        infores = self.infores or f"infores:{default}"
        return SourceInfo(
            infores, self.name or infores.removeprefix("infores:"), self.release, self.licence
        )

    def files(self) -> tuple[Path, ...]:
        """The files that must be there before any work begins."""
        return ()

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        """The source."""
        raise NotImplementedError


class KgxConfig(_SourceConfig):
    """A KGX graph: node and edge files, TSV or JSONL."""

    type: Literal["kgx"]
    nodes: tuple[Path, ...] = ()
    edges: tuple[Path, ...] = ()

    def files(self) -> tuple[Path, ...]:
        return (*self.nodes, *self.edges)

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        from kgmed.builders.kgx import KgxSource

        if not self.files():
            raise ConfigError("A source of type kgx names neither nodes nor edges.")
        info = self.info(_stem(self.files()[0]))
        return KgxSource(
            self.nodes, self.edges, info=info, on_error=on_error, quarantine=quarantine
        )


class SssomConfig(_SourceConfig):
    """SSSOM mapping sets."""

    type: Literal["sssom"]
    paths: tuple[Path, ...]

    def files(self) -> tuple[Path, ...]:
        return self.paths

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        from kgmed.builders.sssom import SssomSource

        info = self.info(_stem(self.paths[0])) if self.paths else None
        return SssomSource(self.paths, info=info, on_error=on_error, quarantine=quarantine)


class TablesConfig(_SourceConfig):
    """CSV, TSV or Parquet by a recipe, by a mapping of one's own, or by both."""

    type: Literal["tables"]
    folder: Path = Path()
    recipe: str = ""
    nodes: tuple[Nodes, ...] = ()
    edges: tuple[Edges, ...] = ()

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        from kgmed.builders.tables import TablesSource

        known = read_recipe(self.recipe) if self.recipe else Recipe()
        mapping = known.model_copy(
            update={"nodes": known.nodes + self.nodes, "edges": known.edges + self.edges}
        )
        return TablesSource(
            mapping, self.folder, info=self.stated(), on_error=on_error, quarantine=quarantine
        )


class OboConfig(_SourceConfig):
    """An OBO file or OBO Graph JSON."""

    type: Literal["obo"]
    path: Path
    prefix: str | None = None
    category: str = ""

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        from kgmed.builders.ontology import OboSource

        return OboSource(
            self.path,
            prefix=self.prefix,
            info=self.stated(),
            category=self.category,
            on_error=on_error,
            quarantine=quarantine,
        )


class RdfConfig(_SourceConfig):
    """OWL, Turtle, RDF/XML or N-Triples."""

    type: Literal["rdf"]
    path: Path
    prefixes: dict[str, str] = Field(default_factory=dict)
    category: str = ""

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        from kgmed.builders.ontology import RdfSource

        return RdfSource(
            self.path,
            prefixes=self.prefixes,
            info=self.stated(),
            category=self.category,
            on_error=on_error,
            quarantine=quarantine,
        )


class PackageConfig(BaseModel):
    """A source of a type that an installed package offers; its options are the package's."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    relative_to: Path = Path()

    @field_validator("type")
    @classmethod
    def _is_offered(cls, given: str) -> str:
        if given not in source_types():
            raise ValueError(unknown_type(given))
        return given

    def files(self) -> tuple[Path, ...]:
        """None that kgmed knows of."""
        return ()

    def make(self, on_error: OnError, quarantine: Path | None) -> Source:
        """The source that the package's factory makes."""
        options = {**(self.model_extra or {}), "on_error": on_error, "quarantine": quarantine}
        return make_source(self.type, options, folder=self.relative_to)


def _kind(given: Any) -> str:
    type = given.get("type") if isinstance(given, dict) else getattr(given, "type", None)
    return type if type in BUILT_IN else "package"


AnySource = Annotated[
    Annotated[KgxConfig, Tag("kgx")]
    | Annotated[SssomConfig, Tag("sssom")]
    | Annotated[TablesConfig, Tag("tables")]
    | Annotated[OboConfig, Tag("obo")]
    | Annotated[RdfConfig, Tag("rdf")]
    | Annotated[PackageConfig, Tag("package")],
    Discriminator(_kind),
]


class IdentityConfig(_Strict):
    """How identity is decided; see :mod:`kgmed.builders.resolve`."""

    strict: tuple[str, ...] = STRICT_AUTHORITIES
    classifications: tuple[str, ...] = CLASSIFICATIONS
    leaders: tuple[str, ...] = LEADERS
    align: tuple[str, ...] = ("cmekg",)


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
    needed = [path for entry in config.source for path in entry.files()]
    needed += [config.overrides] if config.overrides is not None else []
    missing = [path for path in needed if not path.is_file()]
    if missing:
        raise ConfigError("\n".join(f"{path}: there is no such file." for path in missing))
    sources = [entry.make(config.on_error, quarantine) for entry in config.source]
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
