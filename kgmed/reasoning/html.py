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
    body += _claims(answer) + _trace(answer)
    return body + f"<p><small>{escape(answer.notice)}</small></p>"


def _claims(answer: Answer) -> str:
    """The claims of what a model wrote, a verdict each."""
    rows = [
        (c.verdict, c.text, c.proof.words if c.proof else c.reason) for c in answer.claims[:SHOWN]
    ]
    return table(("verdict", "claim", "why"), rows) if rows else ""


def _trace(answer: Answer) -> str:
    """How a program came to its answer, folded; thoughts stand under the one they follow."""
    entries = [entry for entry in answer.trace if not isinstance(entry, str)]
    if not entries:
        return ""
    lines = []
    for entry in entries:
        verdicts = ", ".join(claim["verdict"] for claim in entry.get("claims", ()))
        told = [verdicts, str(entry.get("pruned", "")), str(entry.get("problem", ""))]
        told += entry.get("objections", ())
        tail = "; ".join(filter(None, told))
        indent = f' style="margin-left: {2 * max(0, entry.get("depth", 1) - 1)}em"'
        text = f"{entry['kind']}: {entry['text']}" + (f" ({tail})" if tail else "")
        lines.append(f"<div{indent}>{escape(text)}</div>")
    summary = f"{escape(answer.program)} on {escape(answer.model or '')}"
    return f"<details><summary>{summary}</summary>{''.join(lines)}</details>"
