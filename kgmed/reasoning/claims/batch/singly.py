"""Rows of a table verified claim by claim: where the arrays don't have what a claim needs.

Those are claims about values (half-lives, dosages), and every claim of a graph with an overlay or
on a server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kgmed.kg.curies import candidates
from kgmed.kg.linking.link import Link
from kgmed.reasoning.claims.batch.columns import Qualifiers
from kgmed.reasoning.claims.batch.ends import is_curie
from kgmed.reasoning.claims.model import Checked, Claim
from kgmed.reasoning.claims.verify import Verifier

if TYPE_CHECKING:
    from kgmed.kg.linking.linker import Linker
    from kgmed.kg.model import Language
    from kgmed.kg.predicates import Registry
    from kgmed.kg.store.base import GraphStore


@dataclass(frozen=True, slots=True)
class Row:
    """A claim of a table as it stands there."""

    subject: str
    predicate: str
    object: str
    negated: bool
    qualifiers: Qualifiers


@dataclass(frozen=True, slots=True)
class Told:
    """What is added to a row, and the claim as it was read."""

    verdict: str
    rule: str
    statements: tuple[str, ...]
    confidence: float
    reason: str
    claim: Claim


def told(checked: Checked) -> Told:
    """What is added to the row of a claim that was checked."""
    proof = checked.proof
    return Told(
        checked.verdict,
        proof.rule if proof else "",
        tuple(s.id for s in proof.statements) if proof else (),
        checked.confidence,
        checked.reason,
        checked.claim,
    )


class Singly:
    """Verifies rows one by one; a name is linked once for all rows that have it. ``lang`` is the
    language that proofs and plausibilities are told in, None for that of each claim's text."""

    def __init__(
        self, store: GraphStore, registry: Registry, *, lang: Language | None = None
    ) -> None:
        self.store = store
        self._registry = registry
        self.verifier = Verifier(store, registry, lang=lang)
        self._ends: dict[str, str | Link] = {}

    @cached_property
    def linker(self) -> Linker:
        """What names are linked with."""
        from kgmed.kg.linking.linker import Linker

        return Linker(self.store)

    def verify(self, rows: Sequence[Row]) -> list[Told]:
        """The verdicts of rows, in order."""
        return [told(one) for one in self.checked(rows)]

    def checked(self, rows: Sequence[Row]) -> list[Checked]:
        """The same with all that was found."""
        return self.verifier.claims([self._claim(row) for row in rows])

    def _claim(self, row: Row) -> Claim:
        read = self.verifier.predicate(row.predicate)
        entry = self._registry.get(read[0]) if read else None
        ends: list[str | Link] = [row.subject, row.object]
        value = None
        if read and entry is not None and entry.takes_value:
            value = 0 if read[1] else 1  # an inverse has its value in front
        for place, end in enumerate((row.subject, row.object)):
            if place != value:
                ends[place] = self._end(end)
        return Claim(
            ends[0], row.predicate, ends[1], negated=row.negated, qualifiers=row.qualifiers
        )

    def _end(self, text: str) -> str | Link:
        found = self._ends.get(text)
        if found is None:
            found = self._ends[text] = self._looked_up(text)
        return found

    def _looked_up(self, text: str) -> str | Link:
        known = self.store.resolve([text, *candidates(text)])
        if any(known) or is_curie(text) or not text.strip():
            return text
        meant = self.linker.mention(text)
        if not meant:
            return text
        best = meant[0]
        return Link(
            text,
            0,
            len(text),
            best.id,
            best.name,
            best.category,
            best.score,
            best.why,
            alternatives=tuple(meant[1:]),
        )
