"""What a written set of mappings holds, and what its licences kept back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Mappings of one source that its licence keeps back."""

    source: str
    licence: str
    tier: str
    rows: int


@dataclass(frozen=True, slots=True)
class MappingsWritten:
    """What writing a graph's mappings wrote, and what it left out.

    ``statuses`` and ``sources``: rows written of each; ``licences``: those of the rows, whose
    duties hold for the file.
    """

    out: str
    rows: int
    statuses: dict[str, int]
    sources: dict[str, int]
    licences: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    snapshot: str
    schema: str = "kgmed.mappings/1"
