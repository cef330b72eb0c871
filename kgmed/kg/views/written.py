"""What an export wrote: its files, its rows, and on which terms."""

from __future__ import annotations

from dataclasses import dataclass

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
