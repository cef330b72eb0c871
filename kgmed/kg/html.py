"""How values show in a notebook: small tables, all text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.model import Concept, Path


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table of plain texts.

    >>> table(["name"], [["<b>"]])
    '<table><thead><tr><th>name</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def concept_html(concept: Concept) -> str:
    """A concept: its names by language, categories and ids."""
    rows = [("name", name) for name in concept.names.values()]
    rows += [
        ("category", ", ".join(concept.categories)),
        ("ids", ", ".join(concept.equivalent_ids)),
        ("sources", ", ".join(concept.sources)),
    ]
    return f"<b>{escape(concept.name)}</b> <code>{escape(concept.id)}</code>" + table(
        ("", ""), rows
    )


def path_html(path: Path) -> str:
    """A path: one line per statement, with the direction in which it is walked."""
    rows = [
        (
            step.start,
            ("" if step.direction == "out" else "← ") + step.statement.predicate,
            step.end,
            step.statement.id[:8],
            f"{step.statement.primary_knowledge_source} {step.statement.release}",
        )
        for step in path.steps
    ]
    title = f"<b>curated path</b> <code>{escape(path.curated)}</code>" if path.curated else ""
    return title + table(("from", "predicate", "to", "statement", "source"), rows)


def diff_html(diff: Diff) -> str:
    """A diff: both sides, statements per source, and what became of concepts."""
    sides = table(
        ("", "graph", "generation", "created"),
        [
            (word, side.graph, side.generation, side.created)
            for word, side in (("old", diff.old), ("new", diff.new))
        ],
    )
    if diff.same:
        return sides + "<p>Nothing differs.</p>"
    kinds = diff.statements.shown
    rows = [
        (
            entry.source.removeprefix("infores:"),
            change(entry.old_releases, entry.new_releases),
            *(f"{getattr(entry.statements, kind):,}" for kind in kinds),
        )
        for entry in diff.sources
    ]
    statements = table(("statements", "release", *(k.replace("_", " ") for k in kinds)), rows)
    concepts = [
        (field.name.replace("_", " "), f"{getattr(diff.concepts, field.name):,}")
        for field in fields(diff.concepts)
        if getattr(diff.concepts, field.name)
    ]
    return sides + statements + (table(("concepts", ""), concepts) if concepts else "")


def change(old: Sequence[str], new: Sequence[str]) -> str:
    """Two lists of words as one text, with an arrow where they differ.

    >>> change(["2025AA"], ["2025AB"]), change(["2025AA"], ["2025AA"]), change([], ["1"])
    ('2025AA → 2025AB', '2025AA', '(none) → 1')
    """
    left, right = ", ".join(old) or "(none)", ", ".join(new) or "(none)"
    return (left if old else "") if left == right else f"{left} → {right}"
