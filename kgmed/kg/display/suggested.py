"""Suggestions of a trained model as a display: what it finds probable, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgmed.kg.display.html import SHOWN, Html, few, heading, note, table
from kgmed.kg.display.words import relation

if TYPE_CHECKING:
    from kgmed.kg.suggestion import Suggestions


def suggestions_html(found: Suggestions) -> Html:
    """Suggestions, the most probable first, with the statements of the nearest path."""
    seen = found.looked_at
    rows = [
        (
            f"{one.probability:.3f}", one.subject_name, relation(one.predicate, "en"),
            one.object_name, few([id[:8] for id in one.paths[0]]) if one.paths else "",
            one.verdict,
        )
        for one in found.suggestions
    ]  # fmt: skip
    heads = ("probability", "subject", "", "object", "nearest path", "the graph")
    left = "; ".join(f"{n:,} {reason}" for reason, n in found.left_out.items())
    told = f"Left out: {left}. " if left else ""
    return Html(
        heading(
            found.predicate,
            besides=f"suggested by the model {found.model} ({found.method}), which looked at "
            f"{seen.concepts:,} of {seen.among:,} concepts, each with {seen.candidates:,}",
        )
        + table(heads, rows, limit=SHOWN, more=".suggestions")
        + note(f"{told}None of them is a statement, nor evidence, before a curator accepts it.")
    )
