"""What a source is: a licence, a release, and four Arrow tables (five with curated paths).

A source reads its files' rows as plain records with the published column names, and yields domain
rows as Arrow record batches of the schemas below, so that memory is bounded by the batch. Ids are
CURIEs in Bioregistry's lower-case spelling (:mod:`kgmed.kg.curies`); predicates and categories are
the names of ``predicates.toml`` and :mod:`kgmed.kg.categories`. A predicate or category that isn't
known keeps the source's own name and is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypedDict, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

TableName = Literal["concepts", "names", "statements", "mappings", "paths"]
TABLES: tuple[TableName, ...] = ("concepts", "names", "statements", "mappings", "paths")

COLUMNS: dict[TableName, dict[str, str]] = {
    "concepts": {"id": "string", "categories": "list<string>"},
    "names": {"id": "string", "text": "string", "language": "string", "kind": "string"},
    "statements": {
        "subject": "string",
        "predicate": "string",
        "object": "string",  # '' where the statement has a value
        "value": "string",  # '' where it has an object
        "value_type": "string",  # text | number | date, '' with an object
        "unit": "string",
        "value_language": "string",
        "qualifiers": "string",  # canonical_qualifiers(): sorted JSON, '' for none
        "negated": "bool",
        "source_record": "string",
        "publications": "list<string>",
        "text": "string",  # the source's own sentence, only where the licence allows
        "original_predicate": "string",
        "knowledge_level": "string",  # Biolink: knowledge_assertion, prediction ...
        "agent_type": "string",  # Biolink: manual_agent, automated_agent ...
        "primary_knowledge_source": "string",  # infores:...; '' for the source's own
        "release": "string",  # '' for the source's own
        "licence": "string",  # '' for the source's own
    },
    "mappings": {
        "subject": "string",
        "predicate": "string",  # skos:exactMatch, skos:broadMatch, oboInOwl:hasDbXref ...
        "object": "string",
        "modifier": "string",  # 'Not' or ''
        "justification": "string",  # semapv:...
        "confidence": "double",  # 0-1, null where the source gives none
        "subject_label": "string",
        "object_label": "string",
    },
    "paths": {
        "path": "string",  # the source's id of the whole path
        "start": "string",
        "end": "string",
        "position": "int32",  # of the link in the record, from 0
        "subject": "string",  # together the key of one of the source's own statements
        "predicate": "string",
        "object": "string",
        "qualifiers": "string",
    },
}
"""Table -> column -> Arrow type. Text columns hold '' rather than null."""


SETTLED = ("status", "reason")
"""Text columns that a :class:`Settled` source's mappings have besides."""

REPLACED_BY = "IAO:0100001"
"""Mapping predicate from a retired id to the one that its authority uses instead (term replaced
by, http://purl.obolibrary.org/obo/IAO_0100001). A retired id counts under no rule of uniqueness
and leads no concept; one with several successors joins none."""


def schema(table: TableName) -> pa.Schema:
    """The Arrow schema of one of a source's tables."""
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "bool": pa.bool_(),
        "double": pa.float64(),
        "int32": pa.int32(),
        "list<string>": pa.list_(pa.string()),
    }
    return pa.schema([(name, types[kind]) for name, kind in COLUMNS[table].items()])


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Where a source's statements come from. ``infores`` is an information resource id
    (``infores:ndfrt``), ``licence`` an id of :mod:`kgmed.kg.licences`, ``release`` the source's
    own word for its version, read from its files."""

    infores: str
    name: str
    release: str
    licence: str
    url: str = ""
    attribution: str = ""


@runtime_checkable
class Settled(Protocol):
    """A source of a graph that was built before, if ``settled``.

    Its mappings say what identity made of them (``status`` and ``reason``, the last two columns),
    and identity lets them: what was merged stays so, whatever other sources say.
    """

    settled: bool


def schema_of(source: object, table: TableName) -> pa.Schema:
    """The Arrow schema of a source's table."""
    import pyarrow as pa

    fields = list(schema(table))
    if table == "mappings" and isinstance(source, Settled) and source.settled:
        fields += [pa.field(name, pa.string()) for name in SETTLED]
    return pa.schema(fields)


@dataclass(slots=True)
class Tally:
    """How many rows of one file were read, kept, and skipped for which reason."""

    read: int = 0
    kept: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """Whether read = kept + skipped, as every report must."""
        return self.read == self.kept + sum(self.skipped.values())


@runtime_checkable
class Source(Protocol):
    """A source of concepts, names, statements, mappings and paths.

    ``tallies`` is filled while ``batches`` run: file or table -> :class:`Tally`.
    ``findings`` are things a curator should look at: kind -> rows of columns
    (``{"id contradicts name": [{"id": ..., "name": ..., "elsewhere": ...}]}``).
    """

    info: SourceInfo
    tallies: dict[str, Tally]
    findings: dict[str, list[dict[str, str]]]

    def fingerprint(self) -> str:
        """A digest of the input files' bytes and the reader's version: same digest, same rows."""
        ...

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows. A table that the source lacks yields nothing."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A source that holds files of its own, and lets them go once its rows are staged."""

    def close(self) -> None:
        """Remove them. A later call of ``batches`` may read anew."""
        ...


class FileCounts(TypedDict):
    """Rows of one file: read = kept + skipped, by reason."""

    read: int
    kept: int
    skipped: dict[str, int]


@dataclass(slots=True)
class SourceReport:
    """What one source read, kept and set aside; ``rows`` are what its tables gave."""

    infores: str
    name: str
    release: str
    licence: str
    rows: dict[str, int]
    files: dict[str, FileCounts]
    findings: dict[str, list[dict[str, str]]]

    @classmethod
    def of(cls, source: Source, rows: dict[str, int]) -> SourceReport:
        """Take a source's counts after all its batches ran."""
        info = source.info
        files: dict[str, FileCounts] = {
            name: {"read": t.read, "kept": t.kept, "skipped": dict(sorted(t.skipped.items()))}
            for name, t in source.tallies.items()
        }
        return cls(
            info.infores, info.name, info.release, info.licence, rows, files, source.findings
        )
