"""The ``[[source]]`` tables of ``kgmed.toml``: one model per type, each of which makes its source.

What the files themselves state (release, licence) is no option of a type; the others take it from
``infores``, ``name``, ``release`` and ``licence``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

from kgmed.builders.registry import BUILT_IN, make_source, source_types, unknown_type
from kgmed.builders.source import Source, SourceInfo
from kgmed.builders.tables.mapping import Edges, Nodes, Recipe, read_recipe
from kgmed.kg.errors import ConfigError

if TYPE_CHECKING:
    from kgmed.builders.rows import OnError


@dataclass(frozen=True, slots=True)
class Reading:
    """How a build reads its sources: what bad rows do, and what a reader may use meanwhile."""

    on_error: OnError = "stop"
    quarantine: Path | None = None
    work: Path | None = None
    """A folder for rows that must wait on disk; None is the system's."""
    memory: str = "2GB"


class Strict(BaseModel):
    """A table whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceConfig(Strict):
    """One source: its files, and how they are read."""

    def files(self) -> tuple[Path, ...]:
        """The files and folders that must be there before any work begins."""
        return ()

    def make(self, reading: Reading) -> Source:
        """The source."""
        raise NotImplementedError

    def make_all(self, reading: Reading) -> Sequence[Source]:
        """The source, or the several that the files hold."""
        return [self.make(reading)]


class UmlsConfig(SourceConfig):
    """A UMLS Metathesaurus release; see :class:`kgmed.builders.umls.UmlsSource`."""

    type: Literal["umls"]
    path: Path
    languages: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    semantic_types: tuple[str, ...] | None = None
    suppress: tuple[str, ...] | None = None

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.umls import UmlsSource

        suppress = {} if self.suppress is None else {"suppress": self.suppress}
        return UmlsSource(
            self.path,
            languages=self.languages,
            sources=self.sources,
            semantic_types=self.semantic_types,
            on_error=reading.on_error,
            quarantine=reading.quarantine,
            work=reading.work,
            memory=reading.memory,
            **suppress,
        )


class SnomedConfig(SourceConfig):
    """A SNOMED CT release; see :class:`kgmed.builders.snomed.SnomedSource`."""

    type: Literal["snomed"]
    path: Path
    date: str | None = None
    language_refsets: tuple[str, ...] = ()

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.snomed import SnomedSource

        return SnomedSource(
            self.path,
            date=self.date,
            language_refsets=self.language_refsets,
            on_error=reading.on_error,
            quarantine=reading.quarantine,
        )


class DrugBankConfig(SourceConfig):
    """DrugBank's full database or open vocabulary."""

    type: Literal["drugbank"]
    path: Path

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.drugbank import DrugBankSource

        return DrugBankSource(self.path, on_error=reading.on_error, quarantine=reading.quarantine)


class CMeKGConfig(SourceConfig):
    """CMeKG files of any shape, or folders of them."""

    type: Literal["cmekg"]
    paths: tuple[Path, ...]

    def files(self) -> tuple[Path, ...]:
        return self.paths

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.cmekg import CMeKGSource

        return CMeKGSource(self.paths, on_error=reading.on_error, quarantine=reading.quarantine)


class StatedConfig(SourceConfig):
    """A source of which the configuration may say what its files don't."""

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


class KgxConfig(StatedConfig):
    """A KGX graph: node and edge files, TSV or JSONL."""

    type: Literal["kgx"]
    nodes: tuple[Path, ...] = ()
    edges: tuple[Path, ...] = ()

    def files(self) -> tuple[Path, ...]:
        return (*self.nodes, *self.edges)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.kgx import KgxSource

        if not self.files():
            raise ConfigError("A source of type kgx names neither nodes nor edges.")
        info = self.info(_stem(self.files()[0]))
        return KgxSource(
            self.nodes,
            self.edges,
            info=info,
            on_error=reading.on_error,
            quarantine=reading.quarantine,
        )


class SssomConfig(StatedConfig):
    """SSSOM mapping sets."""

    type: Literal["sssom"]
    paths: tuple[Path, ...]

    def files(self) -> tuple[Path, ...]:
        return self.paths

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.sssom import SssomSource

        info = self.info(_stem(self.paths[0])) if self.paths else None
        return SssomSource(
            self.paths, info=info, on_error=reading.on_error, quarantine=reading.quarantine
        )


class TablesConfig(StatedConfig):
    """CSV, TSV or Parquet by a recipe, by a mapping of one's own, or by both."""

    type: Literal["tables"]
    folder: Path = Path()
    recipe: str = ""
    nodes: tuple[Nodes, ...] = ()
    edges: tuple[Edges, ...] = ()

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.tables import TablesSource

        known = read_recipe(self.recipe) if self.recipe else Recipe()
        mapping = known.model_copy(
            update={"nodes": known.nodes + self.nodes, "edges": known.edges + self.edges}
        )
        return TablesSource(
            mapping,
            self.folder,
            info=self.stated(),
            on_error=reading.on_error,
            quarantine=reading.quarantine,
        )


class OboConfig(StatedConfig):
    """An OBO file or OBO Graph JSON."""

    type: Literal["obo"]
    path: Path
    prefix: str | None = None
    category: str = ""

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.ontology import OboSource

        return OboSource(
            self.path,
            prefix=self.prefix,
            info=self.stated(),
            category=self.category,
            on_error=reading.on_error,
            quarantine=reading.quarantine,
        )


class RdfConfig(StatedConfig):
    """OWL, Turtle, RDF/XML or N-Triples."""

    type: Literal["rdf"]
    path: Path
    prefixes: dict[str, str] = Field(default_factory=dict)
    category: str = ""

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make(self, reading: Reading) -> Source:
        from kgmed.builders.ontology import RdfSource

        return RdfSource(
            self.path,
            prefixes=self.prefixes,
            info=self.stated(),
            category=self.category,
            on_error=reading.on_error,
            quarantine=reading.quarantine,
        )


class KgmedRdfConfig(SourceConfig):
    """A graph that ``kgmed export rdf`` wrote: all its sources, as they were."""

    type: Literal["kgmed-rdf"]
    path: Path

    def files(self) -> tuple[Path, ...]:
        return (self.path,)

    def make_all(self, reading: Reading) -> Sequence[Source]:
        from kgmed.builders.rdf_graph import sources_of

        return sources_of(self.path, work=reading.work)


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

    def make(self, reading: Reading) -> Source:
        """The source that the package's factory makes."""
        options = {
            **(self.model_extra or {}),
            "on_error": reading.on_error,
            "quarantine": reading.quarantine,
        }
        return make_source(self.type, options, folder=self.relative_to)

    def make_all(self, reading: Reading) -> Sequence[Source]:
        """The source, as a list of one."""
        return [self.make(reading)]


def _kind(given: Any) -> str:
    type = given.get("type") if isinstance(given, dict) else getattr(given, "type", None)
    return type if type in BUILT_IN else "package"


AnySource = Annotated[
    Annotated[UmlsConfig, Tag("umls")]
    | Annotated[SnomedConfig, Tag("snomed")]
    | Annotated[DrugBankConfig, Tag("drugbank")]
    | Annotated[CMeKGConfig, Tag("cmekg")]
    | Annotated[KgxConfig, Tag("kgx")]
    | Annotated[SssomConfig, Tag("sssom")]
    | Annotated[TablesConfig, Tag("tables")]
    | Annotated[OboConfig, Tag("obo")]
    | Annotated[RdfConfig, Tag("rdf")]
    | Annotated[KgmedRdfConfig, Tag("kgmed-rdf")]
    | Annotated[PackageConfig, Tag("package")],
    Discriminator(_kind),
]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]
