"""A diff as a display: both sides, what changed in each source, and the first rows of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from kgmed.kg.display.html import Html, few, folded, source_of, table
from kgmed.kg.display.words import relation

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff, StatementChange

SIGNS = {"added": "+", "restored": "+", "removed": "−", "retracted": "✗", "changed": "~"}
"""What stands before a row of a kind; another kind has a dot."""


def diff_html(diff: Diff) -> Html:
    """A diff: both sides, statements per source, what became of concepts, and examples."""
    sides = table(
        ("", "graph", "generation", "created"),
        [
            (word, side.graph, side.generation, side.created)
            for word, side in (("old", diff.old), ("new", diff.new))
        ],
    )
    if diff.same:
        return Html(sides + "<p>✓ Nothing differs.</p>")
    kinds = diff.statements.shown
    rows = [
        (
            entry.source.removeprefix("infores:"),
            change(entry.old_releases, entry.new_releases),
            *(getattr(entry.statements, kind) for kind in kinds),
        )
        for entry in diff.sources
    ]
    statements = table(("statements", "release", *(k.replace("_", " ") for k in kinds)), rows)
    counts = [
        (field.name.replace("_", " "), getattr(diff.concepts, field.name))
        for field in fields(diff.concepts)
        if getattr(diff.concepts, field.name)
    ]
    concepts = table(("concepts", ""), counts) if counts else ""
    return Html(sides + statements + concepts + _examples(diff))


def _examples(diff: Diff) -> str:
    """The first rows of each kind, as far as the diff holds them."""
    names = diff.names_of
    said = [
        (
            _sign(row.kind), names.get(row.statement.subject, row.statement.subject),
            relation(row.statement.predicate),
            names.get(row.statement.object, row.statement.object) if row.statement.value is None
            else row.statement.value.text,
            row.id[:8],
            source_of(row.statement.primary_knowledge_source, row.statement.release),
            _why(row),
        )
        for row in diff.statement_examples
    ]  # fmt: skip
    heads = ("", "subject", "predicate", "object", "statement", "source", "what changed")
    became = [
        (_sign(row.kind), row.name, row.id, change(row.before, row.after), few(row.ids))
        for row in diff.concept_examples
    ]
    return folded("some of the statements", table(heads, said) if said else "") + folded(
        "some of the concepts",
        table(("", "concept", "id", "before → after", "ids"), became) if became else "",
    )


def _sign(kind: str) -> str:
    return f"{SIGNS.get(kind, '·')} {kind.replace('_', ' ')}"


def _why(row: StatementChange) -> str:
    gone = row.statement.retracted
    if gone is not None and row.kind == "retracted":
        return f"{gone.reason} ({gone.who}, {gone.date})"
    changed = [
        f"{name} was {few(old) if isinstance(old, tuple) else old}"
        for name, old in row.before.items()
    ]
    return "; ".join([*changed, *([row.reason.replace("_", " ")] if row.reason else [])])


def change(old: Sequence[str], new: Sequence[str]) -> str:
    """Two lists of words as one text, with an arrow where they differ.

    >>> change(["2025AA"], ["2025AB"]), change(["2025AA"], ["2025AA"]), change([], ["1"])
    ('2025AA → 2025AB', '2025AA', '(none) → 1')
    """
    left, right = few(old, 20) or "(none)", few(new, 20) or "(none)"
    return (left if old else "") if left == right else f"{left} → {right}"
