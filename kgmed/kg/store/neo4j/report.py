"""What a load and a query say when they are done, and how a load tells of itself meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from kgmed.kg.views.licensing import Leaving


class Tell(Protocol):
    """Where a load tells how it goes: of steps, of the numbers of one, and of what happened."""

    def __call__(self, text: str) -> None: ...

    def update(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: rows merged and removed, by kind.

    ``mode`` is ``new``, ``prune``, ``diff``, or ``same`` where the database held the snapshot
    already; ``continued`` says that an earlier call had begun. ``leaving`` says on which terms rows
    went to a server that isn't one's own, and what stayed behind; None where all could go.
    ``snapshot`` is the hash of what went.
    """

    uri: str
    snapshot: str
    mode: str
    continued: bool
    merged: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    elapsed_ms: float = 0.0
    leaving: Leaving | None = None
    schema: str = "kgmed.load/1"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: ``rows`` hold a value per column; ``more`` says that there are others.

    A node is ``{labels, properties}``, a relationship ``{type, start, end, properties}`` with the
    ids of the nodes at its ends where these come with it, as on a path, which is
    ``{nodes, relationships}``. Times are ISO 8601 texts.
    """

    graph: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    elapsed_ms: float
    schema: str = "kgmed.cypher/1"
