"""What the graph says of a run's claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kgmed.reasoning.evaluation.measures.resampling import STANDARD, Interval, Resampling, share
from kgmed.reasoning.evaluation.runs import Record

VERDICTS = ("SUPPORTED", "REFUTED", "UNSUPPORTED", "NOT_COVERED")


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims of a run by verdict, as shares of all of them.

    ``faithful`` is the share that is supported of those that the graph covers (all but
    NOT_COVERED), None where it covers none. Intervals draw items, each with all its claims.
    """

    claims: int
    items: int
    citations: int
    shares: Mapping[str, Interval]
    faithful: Interval


def claims(records: Sequence[Record], *, how: Resampling = STANDARD) -> Claims:
    """What verdicts the claims of a run have.

    >>> found = claims([{"claims": {"SUPPORTED": 3, "NOT_COVERED": 1}, "citations": 2}])
    >>> found.claims, found.shares["SUPPORTED"].value, found.faithful.value
    (4, 0.75, 1.0)
    """
    counts = np.array(
        [[record["claims"].get(verdict, 0) for verdict in VERDICTS] for record in records],
        dtype=float,
    ).reshape(-1, len(VERDICTS))
    total = counts.sum(axis=1)
    return Claims(
        claims=int(total.sum()),
        items=int(np.count_nonzero(total)),
        citations=sum(record["citations"] for record in records),
        shares={
            verdict: share(counts[:, place], total, how) for place, verdict in enumerate(VERDICTS)
        },
        faithful=share(counts[:, 0], total - counts[:, VERDICTS.index("NOT_COVERED")], how),
    )
