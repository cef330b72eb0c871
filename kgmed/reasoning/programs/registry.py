"""The programs on a language model by their names."""

from __future__ import annotations

from typing import Any

from kgmed.kg.errors import UsageError
from kgmed.reasoning.programs.constrained import Constrained
from kgmed.reasoning.programs.predict import ChainOfThought, Predict
from kgmed.reasoning.programs.self_consistency import SelfConsistency
from kgmed.reasoning.programs.tree_of_thoughts import TreeOfThoughts

PROGRAMS = {
    made.name: made
    for made in (Predict, ChainOfThought, TreeOfThoughts, SelfConsistency, Constrained)
}


def program(name: str) -> Any:
    """The class of a program; raises :class:`~kgmed.kg.errors.UsageError` for an unknown name."""
    if name not in PROGRAMS:
        raise UsageError(f"Found program {name!r}, expected one of: {', '.join(PROGRAMS)}.")
    return PROGRAMS[name]
