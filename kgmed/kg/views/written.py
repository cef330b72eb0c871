"""What an export wrote: its files, its rows, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass

from kgmed.kg.mapping_set import LeftOut
from kgmed.kg.views.licensing import Leaving


@dataclass(frozen=True, slots=True)
class KgxWritten:
    """The files that were written, and their rows; ``values`` are statements within nodes.

    ``leaving`` says on which terms, and what the licences kept back; ``paths`` are curated paths,
    which KGX has no form for.
    """

    nodes: str
    edges: str
    leaving: Leaving
    concepts: int
    statements: int
    values: int
    paths: int
    schema: str = "kgmed.kgx/1"


@dataclass(frozen=True, slots=True)
class RdfWritten:
    """What an RDF export wrote, and what its licences kept back.

    ``rows``: concepts, names, statements, values, mappings and paths written; ``quads``: their
    quads or triples; ``licences``: those of what was written, whose duties hold for the file.
    """

    out: str
    format: str
    rows: dict[str, int]
    quads: int
    bytes: int
    licences: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    snapshot: str
    schema: str = "kgmed.rdf/1"
