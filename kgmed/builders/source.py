"""What a source is: a licence, a release, and four Arrow tables (five with curated paths).

A source reads its files' rows as plain records with the published column names, and yields domain
rows as Arrow record batches of the schemas below, so that memory is bounded by the batch. Ids are
CURIEs in Bioregistry's lower-case spelling (:mod:`kgmed.kg.curies`); predicates and categories are
the names of ``predicates.toml`` and :mod:`kgmed.kg.categories`. A predicate or category that isn't
known keeps the source's own name and is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

TableName = Literal["concepts", "names", "statements", "mappings", "paths"]
TABLES: tuple[TableName, ...] = ("concepts", "names", "statements", "mappings", "paths")

COLUMNS: dict[TableName, dict[str, str]] = {
    "concepts": {
        "id": "string",
        "categories": "list<string>",
        "equivalent_ids": "list<string>",  # other ids of it, decided elsewhere: no rule cuts them
        "sources": "list<string>",  # infores:... that speak of it; empty for the source's own
    },
    "names": {
        "id": "string",
        "text": "string",
        "language": "string",
        "kind": "string",  # preferred | synonym | abbreviation | brand
        "source": "string",  # infores:...; '' for the source's own
        "position": "int32",  # among the source's names of one kind; 0 where none is meant
    },
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
        "source": "string",  # infores:...; '' for the source's own
        "status": "string",  # merged | related | negative | refused; '' to be decided
        "reason": "string",  # of that status
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
"""Table -> column -> Arrow type. Text columns hold '' rather than null.

``equivalent_ids``, ``sources``, ``source``, ``position``, ``status`` and ``reason`` are for what
was a graph before: files that say what each of several sources gave, and what was decided."""


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


def record_batch(table: TableName, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """Rows of one of a source's tables as a batch; a column that a row leaves out is empty.

    Raises ValueError for a column that the table hasn't.

    >>> record_batch("names", [{"id": "mondo:1", "text": "gout", "language": "en"}]).num_columns
    6
    """
    import pyarrow as pa

    empty: dict[str, Any] = {"string": "", "bool": False, "double": None, "int32": 0}
    blank = {name: empty.get(kind, []) for name, kind in COLUMNS[table].items()}
    if unknown := {name for row in rows for name in row} - set(blank):
        raise ValueError(f"{table}: found the column {min(unknown)!r}, expected {', '.join(blank)}")
    return pa.RecordBatch.from_pylist([blank | dict(row) for row in rows], schema=schema(table))


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
