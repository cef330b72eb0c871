"""A graph's verdicts of many claims, for those that make hard negatives."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmed.builders.datasets.negatives import Claimed
    from kgmed.kg.store.base import GraphStore
    from kgmed.reasoning.claims.batch import TableVerifier


class Verdicts:
    """The verdict of each of many claims, in order; what datasets call ``verdicts``. The verifier
    is opened at the first question.

    >>> from kgmed.builders.datasets.negatives import Claimed
    >>> verdicts = Verdicts(open_graph().store)
    >>> verdicts([Claimed("drugbank:DB00682", "interacts_with", "drugbank:DB01118")])
    ['SUPPORTED']
    """

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._tables: TableVerifier | None = None

    def __call__(self, claims: Sequence[Claimed]) -> list[str]:
        import pyarrow as pa

        if not claims:
            return []
        rows = {
            "subject": [claim.subject for claim in claims],
            "predicate": [claim.predicate for claim in claims],
            "object": [claim.object for claim in claims],
            "qualifiers": [json.dumps(dict(claim.qualifiers)) for claim in claims],
        }
        verdicts: list[str] = (
            self._opened().verify(pa.table(rows), proof=False)["verdict"].to_pylist()
        )
        return verdicts

    def numbered(self, number: Callable[[str], int]) -> Callable[[Sequence[Claimed]], list[str]]:
        """The same verdicts, faster where ``number`` gives a concept's number in the snapshot by
        its id, -1 for one that the graph doesn't hold."""

        def judged(claims: Sequence[Claimed]) -> list[str]:
            import numpy as np

            tables = self._opened()
            if tables.arrays is None or any(_of_values(c.predicate) for c in claims):
                return self(claims)
            count = len(claims)
            return tables.verdicts(
                np.fromiter((number(claim.subject) for claim in claims), np.int32, count),
                [claim.predicate for claim in claims],
                np.fromiter((number(claim.object) for claim in claims), np.int32, count),
                [claim.qualifiers for claim in claims],
            )

        return judged

    def _opened(self) -> TableVerifier:
        if self._tables is None:
            from kgmed.kg.predicates import registry
            from kgmed.reasoning.claims.batch import TableVerifier

            self._tables = TableVerifier(self._store, registry())
        return self._tables


@cache
def _of_values(predicate: str) -> bool:
    """Whether a predicate takes values, of which tables are verified claim by claim."""
    from kgmed.kg.predicates import registry

    entry = registry().get(predicate)
    return entry is not None and entry.takes_value
