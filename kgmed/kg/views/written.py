"""What an export wrote."""

from __future__ import annotations

from dataclasses import dataclass

from kgmed.kg.mapping_set import LeftOut


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
