"""What optimizing and scoring programs comes to, as it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kgmed.reasoning.optimize.plan import OptimizeForecast


@dataclass(frozen=True, slots=True)
class Optimized:
    """What ``kgmed optimize --json`` prints: where the program is, its score over the items to
    measure on before and now (0-1), and its parts. With ``--dry-run`` there are no scores, and
    nothing was written; ``forecast`` is None where it wasn't asked for."""

    out: str
    program: str
    optimizer: str
    forecast: OptimizeForecast | None = None
    before: float | None = None
    score: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    snapshot: str = ""
    schema: str = "kgmed.optimized/1"


@dataclass(frozen=True, slots=True)
class Scored:
    """What ``kgmed optimize --score --json`` prints: the mean score of a program over items."""

    program: str
    items: str
    score: float
    schema: str = "kgmed.score/1"
