"""Statements that a graph lacks and a trained model finds probable, for a curator to look at.

A suggestion is no statement. In a file it has a column ``review``, which is empty until a curator
writes :data:`ACCEPTED` or :data:`REJECTED` there; readers set aside what isn't accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = "infores:kgmed-suggestions"
"""Whose suggestions these are: not ``infores:kgmed``, which states what it has written by hand."""
SET = "urn:kgmed:suggestions:"
"""What the id of an SSSOM set of suggestions begins with; the graph's hash follows."""
ACCEPTED, REJECTED = "accepted", "rejected"
VALIDATED = "manual_validation_of_automated_agent"
"""Biolink's agent type of a suggestion that a curator accepted."""
REVIEW = ("review", "reviewer", "review_date")
"""The columns that a curator fills: accepted or rejected, who, and when (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A statement that the graph lacks, and how probable a model finds it (0-1).

    ``id`` is the one that the statement gets if it is accepted. ``verdict`` is UNSUPPORTED or
    NOT_COVERED, and ``coverage`` says in a sentence what the graph covers. ``paths`` are the
    nearest ways between the two concepts, each the ids of its statements: what the graph does say.
    """

    id: str
    subject: str
    predicate: str
    object: str
    subject_name: str
    object_name: str
    probability: float
    verdict: str
    coverage: str = ""
    paths: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What a search for suggestions looked at: so many ``concepts`` of ``among`` that stand at the
    other end of the predicate, each with every one of ``candidates``."""

    concepts: int
    among: int
    candidates: int


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What ``kgmed learn suggest --json`` prints: suggestions, the most probable first.

    ``left_out`` counts probable statements that are none, by reason. ``end`` is the end that was
    looked for, ``model`` and ``method`` say who finds them probable.
    """

    snapshot: str
    model: str
    method: str
    predicate: str
    end: str
    looked_at: LookedAt
    suggestions: tuple[Suggestion, ...]
    left_out: Mapping[str, int]
    version: str
    schema: str = "kgmed.suggestions/1"
