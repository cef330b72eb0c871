"""A graph's verdicts of many claims, for those that make hard negatives."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        if self._tables is None:
            from kgmed.kg.predicates import registry
            from kgmed.reasoning.claims.batch import TableVerifier

            self._tables = TableVerifier(self._store, registry())
        rows = {
            "subject": [claim.subject for claim in claims],
            "predicate": [claim.predicate for claim in claims],
            "object": [claim.object for claim in claims],
            "qualifiers": [json.dumps(dict(claim.qualifiers)) for claim in claims],
        }
        verdicts: list[str] = self._tables.verify(pa.table(rows), proof=False)[
            "verdict"
        ].to_pylist()
        return verdicts
