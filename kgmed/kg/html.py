"""How values show in a notebook: small tables, all text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
