"""What a run cost: calls, tokens, time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.reasoning.evaluation.measures.accuracy import graded, outcomes
from kgmed.reasoning.evaluation.runs import Record


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run cost: sums over items, and milliseconds an item.

    ``tokens_each`` and ``calls_each`` are means over items; ``tokens_per_right`` is None where
    nothing is right. ``ms_p50`` and ``ms_p90`` are over items that have a time and didn't fail.
    """

    items: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    calls_each: float | None
    tokens_each: float | None
    tokens_per_right: float | None
    ms_p50: float | None
    ms_p90: float | None


def cost(records: Sequence[Record]) -> Cost:
    """What a run cost."""
    prompt = sum(record["prompt_tokens"] for record in records)
    completion = sum(record["completion_tokens"] for record in records)
    calls = sum(record["calls"] for record in records)
    right = int(outcomes(graded(records))[0].sum())
    times = [record["ms"] for record in records if record["ms"] is not None and not record["error"]]
    p50, p90 = np.percentile(times, [50, 90]).tolist() if times else (None, None)
    n = len(records)
    return Cost(
        items=n,
        calls=calls,
        prompt_tokens=prompt,
        completion_tokens=completion,
        calls_each=calls / n if n else None,
        tokens_each=(prompt + completion) / n if n else None,
        tokens_per_right=(prompt + completion) / right if right else None,
        ms_p50=p50,
        ms_p90=p90,
    )
