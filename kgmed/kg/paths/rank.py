"""How well a path explains: pure functions over statements, degrees and the predicate registry."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from kgmed.kg.model import Path, Statement
from kgmed.kg.predicates import Registry

UNKNOWN_WEIGHT = 0.3
"""What a predicate explains that the registry doesn't know."""

_ASSERTED = {"knowledge_assertion": 0.02, "logical_entailment": 0.01}


def statement_score(statement: Statement, registry: Registry) -> float:
    """How much one statement explains, 0-1 and a little more for asserted knowledge."""
    predicate = registry.get(statement.predicate)
    weight = predicate.weight if predicate else UNKNOWN_WEIGHT
    return weight + _ASSERTED.get(statement.knowledge_level, 0.0)


def path_score(path: Path, degrees: Sequence[int], registry: Registry) -> float:
    """Score a path: predicates that explain, through concepts that are specific.

    The mean statement score, less a share for each concept on the way that grows with the
    logarithm of its degree: a way through "inflammatory response" says less than one through
    "vitamin K epoxide reductase". ``degrees`` are those of the concepts between the ends.
    """
    if not path.steps:
        return 0.0
    mean = sum(statement_score(step.statement, registry) for step in path.steps) / len(path.steps)
    return mean - sum(0.03 * log2(degree + 1) for degree in degrees) / len(path.steps)
