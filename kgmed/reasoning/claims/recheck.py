"""Stored verdicts against a graph: each statement of a proof looked up again, each claim decided
again.

A stored verdict is what ``kgmed verify --json`` prints. The graph may be another snapshot: then
what changed is told, statement by statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.model import Statement
from kgmed.kg.store.base import GraphStore
from kgmed.reasoning.claims.model import Claim
from kgmed.reasoning.claims.verify import Verifier

COMPARED = (
    "subject", "predicate", "object", "negated", "qualifiers", "primary_knowledge_source",
    "release", "licence",
)  # fmt: skip
"""Fields of a statement that are compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs: of a claim's statement, by its id, or of its verdict (``statement`` is "")."""

    claim: int
    statement: str
    what: str
    was: str
    found: str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What ``kgmed proof --json`` prints: how much was looked at, and what differs."""

    claims: int
    statements: int
    snapshot_was: str
    snapshot: str
    changes: tuple[Change, ...]
    schema: str = "kgmed.rechecked/1"


def recheck(stored: Mapping[str, Any], store: GraphStore, verifier: Verifier) -> Rechecked:
    """Look a stored verification up again. Raises :class:`~kgmed.kg.errors.DataError` for JSON of
    another shape."""
    try:
        rows = list(stored["claims"])
        claims = [_claim(row) for row in rows]
        named = [list(_statements(row)) for row in rows]
        was = str(stored["snapshot"])
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"Found JSON without {error}, expected what 'kgmed verify --json' prints."
        ) from error
    changes: list[Change] = []
    for number, (row, some) in enumerate(zip(rows, named, strict=True), 1):
        found = store.statements([one["id"] for one in some])
        for one, statement in zip(some, found, strict=True):
            changes += _differences(number, one, statement)
        checked = verifier.claim(claims[number - 1])
        rule = (row.get("proof") or {}).get("rule", "")
        now = checked.proof.rule if checked.proof else ""
        for what, old, new in (("verdict", row["verdict"], checked.verdict), ("rule", rule, now)):
            if old != new:
                changes.append(Change(number, "", what, str(old), str(new)))
    return Rechecked(len(rows), sum(map(len, named)), was, store.info().snapshot, tuple(changes))


def _claim(row: Mapping[str, Any]) -> Claim:
    def end(value: Any) -> str:
        return str(value["id"]) if isinstance(value, Mapping) else str(value)

    return Claim(
        end(row["subject"]), row["predicate"], end(row["object"]), bool(row["negated"]),
        dict(row["qualifiers"]), text=row["text"],
    )  # fmt: skip


def _statements(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    proofs: Sequence[Mapping[str, Any]] = [row["proof"], *row["against"]]
    for proof in proofs:
        if proof:
            yield from proof["statements"]


def _differences(
    number: int, stored: Mapping[str, Any], found: Statement | None
) -> Iterator[Change]:
    id = str(stored["id"])
    if found is None:
        yield Change(number, id, "gone", "there", "not in this graph")
        return
    if found.retracted is not None:
        yield Change(number, id, "retracted", "stands", found.retracted.reason)
    for field in COMPARED:
        was, now = stored.get(field), getattr(found, field)
        now = dict(now) if isinstance(now, Mapping) else now
        if was != now:
            yield Change(number, id, field, str(was), str(now))
