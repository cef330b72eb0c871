"""What running methods over a benchmark asks of a language model, and what came of it, as it is
printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kgmed.prompts.asks import Asks


@dataclass(frozen=True, slots=True)
class MethodForecast:
    """About what a method will ask of a model.

    Of ``items``, ``kept`` are answered already; the prompts of ``sampled`` others were made, and
    ``asks`` is what all of them come to, with what the method asks before its first item.
    ``sent_back`` is how many answers more a method may ask for at most, where it sends back what
    the verifier refutes. ``left_out`` counts items that aren't asked, by reason.
    """

    method: str
    items: int
    kept: int
    sampled: int
    asks: Asks
    sent_back: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodRun:
    """A run that came to its end: its folder, how many items there were, how many of them were
    answered ``before`` and how many have no answer; seconds and tokens of this run.
    ``left_out`` counts items that weren't asked, by reason."""

    folder: str
    method: str
    items: int
    before: int
    failed: int
    seconds: float
    tokens: int
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What ``kgmed evaluate run --json`` prints; with ``--dry-run`` there are no ``runs``."""

    benchmark: str
    forecast: tuple[MethodForecast, ...]
    runs: tuple[MethodRun, ...] = ()
    schema: str = "kgmed.evaluation/1"
