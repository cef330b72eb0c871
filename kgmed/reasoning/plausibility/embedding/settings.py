"""How a model is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kgmed.kg.errors import UsageError
from kgmed.reasoning.plausibility.embedding.score import Kind

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is trained; docs/learn-measured.md says what the defaults were chosen by.

    ``dimension`` counts a concept's numbers, complex ones where the model has these. ``members``
    and ``drawn`` are how many concepts a batch is compared with: of those at an end, the likelier
    the more often they stand there (all, where there are no more), and of its categories, all
    alike. With ``spare_known`` a right answer isn't compared with the others that training triples
    give; without, it is, which is better for small, dense graphs. ``rate`` is Adagrad's. ``decay``
    weighs the N3 penalty of distmult and complex, ``scale`` multiplies the distances of transe and
    rotate. Each ``validate_every`` epochs the MRR of at most ``validated`` validation triples is
    taken; after ``patience`` of these without a better one the training ends, and the numbers of
    the best are kept. ``precision`` ``auto`` is bfloat16 for products on a GPU, and float32 else.
    """

    kind: Kind = "complex"
    dimension: int = 64
    epochs: int = 100
    batch: int = 512
    members: int = 256
    drawn: int = 128
    spare_known: bool = True
    rate: float = 0.05
    decay: float = 0.05
    scale: float = 10.0
    validate_every: int = 4
    validated: int = 2000
    patience: int = 2
    seed: int = 0
    precision: Precision = "auto"


def check(settings: Settings) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` for settings that make no sense."""
    for name in ("dimension", "epochs", "batch", "validate_every", "validated", "patience"):
        if getattr(settings, name) < 1:
            raise UsageError(f"Found {name}={getattr(settings, name)}, expected at least 1.")
    if settings.members < 0 or settings.drawn < 0 or not settings.members + settings.drawn:
        raise UsageError(
            f"Found members={settings.members} and drawn={settings.drawn}, expected candidates to "
            "compare with: neither below 0, and one above."
        )
    if settings.rate <= 0 or settings.decay < 0 or settings.scale <= 0:
        raise UsageError(
            f"Found rate={settings.rate}, decay={settings.decay} and scale={settings.scale}, "
            "expected positive numbers; decay may be 0."
        )
