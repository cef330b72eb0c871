"""How an answer shows in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kgmed.kg.html import path_html, table

if TYPE_CHECKING:
    from kgmed.reasoning.answer import Answer

SHOWN = 20
"""Items and paths shown; the answer itself holds them all."""


def answer_html(answer: Answer) -> str:
    """An answer: its first line, its items with their statements and sources, its paths."""
    lines = answer.text.splitlines() or [""]
    if answer.abstained:
        body = f"<p><i>{escape(answer.reason or '')}</i>: {escape(answer.text)}</p>"
    elif answer.items and answer.form in {"list", "reverse", "count", "shared", "pairwise"}:
        rows = []
        for item in answer.items[:SHOWN]:
            first = answer.statements[item.statements[0]]
            rows.append(
                (
                    item.name,
                    item.qualifiers.get("severity", ""),
                    item.via,
                    " ".join(id[:8] for id in item.statements),
                    f"{first.primary_knowledge_source} {first.release}",
                    first.licence,
                )
            )
        heads = ("name", "severity", "via", "statement", "source", "licence")
        body = f"<p><b>{escape(lines[0])}</b></p>" + table(heads, rows)
        if len(answer.items) > SHOWN:
            body += f"<p>... {len(answer.items) - SHOWN} more in <code>.items</code></p>"
    else:
        body = "".join(f"<p>{escape(line)}</p>" for line in lines)
        body += "".join(path_html(path) for path in answer.paths[:3])
    return body + f"<p><small>{escape(answer.notice)}</small></p>"
