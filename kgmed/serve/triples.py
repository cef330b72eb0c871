"""Verdicts for rows of claims, as they are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kgmed.kg.errors import UsageError
from kgmed.reasoning.claims.batch.singly import Row, Singly
from kgmed.reasoning.claims.batch.singly import told as told_of
from kgmed.serve.limits import ID_LENGTH, text_within
from kgmed.serve.shapes import Triples, TripleVerdict

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.model import Language
    from kgmed.reasoning.claims.model import Checked
    from kgmed.reasoning.plausibility.scorer import Scorer

FIELDS = ("subject", "predicate", "object")
MOST_QUALIFIERS = 20


def verify_triples(
    graph: Graph,
    rows: Sequence[Mapping[str, Any]],
    *,
    lang: Language | None = None,
    scorer: Scorer | None = None,
) -> Triples:
    """Each row with its verdict, in order; subject and object are ids or names. A ``scorer`` is
    asked about those that are UNSUPPORTED, and its words are in the language ``lang``, else in
    that of the row."""
    read = [_row(n, row) for n, row in enumerate(rows)]
    singly = Singly(graph.store, graph.registry, lang=lang)
    checked = singly.checked(read)
    if scorer is not None:
        from kgmed.reasoning.plausibility.uses.claims import with_plausibility

        written = [_written(c, row) for c, row in zip(checked, read, strict=True)]
        checked = with_plausibility(written, singly.verifier, scorer)
    told = list(map(told_of, checked))
    ids = list(dict.fromkeys(id for one in told for id in one.statements))
    cited = {s.id: s for s in graph.store.statements(ids) if s is not None}
    return Triples(
        tuple(
            TripleVerdict(
                dict(row), t.verdict, t.rule, t.statements, t.confidence, t.reason, c.plausibility
            )
            for row, t, c in zip(rows, told, checked, strict=True)
        ),
        cited,
        graph.info().snapshot,
    )


def _written(checked: Checked, row: Row) -> Checked:
    """A claim with the words that it was sent in, by which its language is known."""
    return replace(checked, claim=replace(checked.claim, text=f"{row.subject} {row.object}"))


def _row(number: int, row: Any) -> Row:
    where = f"triples[{number}]"
    if not isinstance(row, Mapping):
        kind = type(row).__name__
        raise UsageError(f"Found a {kind} at {where}, expected an object with subject, predicate "
                         "and object.")  # fmt: skip
    subject, predicate, object = (
        text_within(row.get(name), f"{where}.{name}", ID_LENGTH) for name in FIELDS
    )
    negated = row.get("negated", False)
    if not isinstance(negated, bool):
        raise UsageError(f"Found {where}.negated={negated!r:.40}, expected true or false.")
    qualifiers = row.get("qualifiers") or {}
    if not isinstance(qualifiers, Mapping) or len(qualifiers) > MOST_QUALIFIERS:
        raise UsageError(
            f"Found {where}.qualifiers that aren't an object of at most {MOST_QUALIFIERS} texts."
        )
    for name, value in qualifiers.items():
        text_within(value, f"{where}.qualifiers.{name[:40]}", ID_LENGTH)
    return Row(subject, predicate, object, negated, dict(qualifiers))
