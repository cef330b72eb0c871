"""The self-check of a build: builders know no verifier, so the facade hands them this one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kgmed.kg.predicates import registry

if TYPE_CHECKING:
    from kgmed.builders.self_check import SelfCheckReport
    from kgmed.kg.model import Statement
    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.kg.store.snapshot import Snapshot
    from kgmed.reasoning.claims.batch.own import OwnStatements


def self_check(snapshot: Snapshot) -> SelfCheckReport:
    """Verify a new graph's statements against each other: what a build does at its end.

    Raises nothing for a conflict: sources may contradict each other, and the report says where.
    """
    from kgmed.builders.self_check import SelfCheckReport
    from kgmed.kg.store.embedded import EmbeddedStore
    from kgmed.reasoning.claims.batch.arrays import Arrays
    from kgmed.reasoning.claims.batch.own import own_statements

    begin = time.perf_counter()
    store = EmbeddedStore(snapshot)
    try:
        found = own_statements(Arrays(snapshot), store, registry())
        rows = _rows(store, found)
    finally:
        store.close()
    spent = round(time.perf_counter() - begin, 1)
    return SelfCheckReport(True, found.statements, spent, found.refuted, rows)


def _rows(store: EmbeddedStore, found: OwnStatements) -> list[dict[str, str]]:
    """The conflicts as rows of texts."""
    from kgmed.reasoning import compose

    every = [s for c in found.conflicts for s in (c.statement, *c.against)]
    ends = list(dict.fromkeys(id for s in every for id in (s.subject, s.object) if id))
    concepts = {c.id: c for c in store.concepts(ends) if c is not None}
    names = {id: concept.name for id, concept in concepts.items()}

    def side(prefix: str, statements: tuple[Statement, ...]) -> dict[str, str]:
        said = (compose.sentence(registry(), s, names, "en") for s in statements)
        return {
            prefix: " ".join(s.id for s in statements),
            f"{prefix}_says": "; ".join(said),
            f"{prefix}_source": " ".join(dict.fromkeys(_source(s) for s in statements)),
        }

    rows = []
    for conflict in found.conflicts:
        row = {"rule": conflict.rule, **side("statement", (conflict.statement,))}
        row |= side("against", conflict.against)
        if conflict.rule == "ill_typed":
            kinds = [
                f"{names.get(id, id)} is {' and '.join(concepts[id].categories)}"
                for id in (conflict.statement.subject, conflict.statement.object)
                if id in concepts
            ]
            row["against_says"] = "; ".join(kinds)
        rows.append(row)
    return rows


def _source(statement: Statement) -> str:
    return " ".join(filter(None, (statement.primary_knowledge_source, statement.release)))
