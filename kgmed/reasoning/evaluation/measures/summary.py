"""Every measure of a run's records in one value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgmed.reasoning.evaluation.measures.accuracy import PENALTY, Accuracy, accuracy
from kgmed.reasoning.evaluation.measures.claims import Claims, claims
from kgmed.reasoning.evaluation.measures.confidence import BINS, Confidence, confidence
from kgmed.reasoning.evaluation.measures.cost import Cost, cost
from kgmed.reasoning.evaluation.measures.detection import Detection, detection
from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Resampling
from kgmed.reasoning.evaluation.measures.texts import Texts, texts
from kgmed.reasoning.evaluation.runs import Record

COVERAGES = ("covered", "linked", "none")
"""What the graph holds of an item: a statement that joins question and answer, its concepts alone,
nothing."""
ERROR_KINDS = (
    "not_linked", "not_covered", "evidence_missed", "evidence_ignored", "refuted", "unread",
    "wrong",
)  # fmt: skip
"""Why an item isn't right, in the order of the steps that go wrong."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a run's records say; ``coverage`` and ``errors`` count items."""

    accuracy: Accuracy
    claims: Claims
    cost: Cost
    confidence: Confidence
    detection: Detection | None
    texts: tuple[Texts, ...]
    coverage: Mapping[str, int]
    errors: Mapping[str, int]


def measure(
    records: Sequence[Record],
    *,
    penalty: float = PENALTY,
    bins: int = BINS,
    how: Resampling = STANDARD,
) -> Measures:
    """Everything that records say; ``detection`` is None without judgements."""
    judged = any(record["kind"] == "judgement" for record in records)
    return Measures(
        accuracy=accuracy(records, penalty=penalty, how=how),
        claims=claims(records, how=how),
        cost=cost(records),
        confidence=confidence(records, bins=bins),
        detection=detection(records, how=how) if judged else None,
        texts=texts(records, how=how),
        coverage=_counted(COVERAGES, [record["coverage"] for record in records]),
        errors=_counted(ERROR_KINDS, [record["error_kind"] for record in records]),
    )


def _counted(known: Sequence[str], values: Sequence[str]) -> dict[str, int]:
    """Values that occur, the known ones first, others in order of name; "" isn't counted."""
    found = Counter(value for value in values if value)
    others = sorted(set(found) - set(known))
    return {name: found[name] for name in (*known, *others) if found[name]}
