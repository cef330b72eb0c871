"""How an answer shows in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kgmed.kg.display.drawn import statements_picture
from kgmed.kg.display.html import SHOWN, Html, folded, note, shown, source_of, table
from kgmed.kg.display.values import path_html, paths_html, statements_table
from kgmed.kg.linking.html import plain
from kgmed.kg.model import Language

if TYPE_CHECKING:
    from kgmed.reasoning.answer import Answer

LISTS = frozenset({"list", "reverse", "count", "shared", "pairwise"})
"""Forms whose items are a table."""
_VALUES: Mapping[bool | None, str] = {True: "✓ yes", False: "✗ no", None: "? not known"}


def answer_html(answer: Answer) -> Html:
    """An answer: its first line, its items with their statements and sources, or its text, marked
    by verdict where it makes claims; its evidence as a picture."""
    lang: Language = "zh" if answer.lang == "zh" else "en"
    lines = answer.text.splitlines() or [""]
    if answer.abstained:
        body = f"<p><i>{plain(answer.reason or '')}</i>: {plain(answer.text)}</p>"
    elif answer.items and answer.form in LISTS and not answer.claims:
        body = f"<p><b>{shown(lines[0])}</b></p>" + _items(answer)
        body += folded("as a picture", _picture(answer, lang))
    else:
        body = _text(answer)
        if answer.paths:
            body += path_html(answer.paths[0], answer.names, lang=lang)
            more = paths_html(answer.paths[1:], lang=lang) if len(answer.paths) > 1 else ""
            body += folded(f"more paths ({len(answer.paths) - 1:,})", more)
        elif any(statement.object for statement in answer.statements.values()):
            drawn = _picture(answer, lang)
            body += drawn if answer.form == "yes_no" else folded("as a picture", drawn)
        cites = list(answer.statements.values())
        told = statements_table(cites, answer.names, lang=lang) if cites else ""
        body += folded(f"statements ({len(cites):,})", told)
    body += _claims(answer) + _withheld(answer) + _trace(answer)
    return Html(body + note(answer.notice))


def answer_text(answer: Answer) -> str:
    """An answer as text, for a shell: what it says, then its claims' verdicts."""
    from kgmed.reasoning.display.verdicts import SIGNS, said

    lines = [f"{answer.reason}: {answer.text}" if answer.abstained else answer.text]
    lines += [f"{SIGNS.get(c.verdict, '·')} {c.verdict}: {said(c)}" for c in answer.claims[:SHOWN]]
    return "\n".join([*lines, answer.notice]).rstrip()


def _items(answer: Answer) -> Html:
    rows = []
    for item in answer.items[:SHOWN]:
        first = answer.statements[item.statements[0]]
        rows.append(
            (
                item.name,
                item.qualifiers.get("severity", ""),
                item.via,
                " ".join(id[:8] for id in item.statements[:4])
                + (f" … {len(item.statements) - 4} more" if len(item.statements) > 4 else ""),
                source_of(first.primary_knowledge_source, first.release),
                first.licence,
            )
        )
    heads = ("name", "severity", "via", "statement", "source", "licence")
    kept = [
        place for place, head in enumerate(heads)
        if head not in {"severity", "via"} or any(row[place] for row in rows)
    ]  # fmt: skip
    left = len(answer.items) - len(rows)
    return Html(
        table([heads[n] for n in kept], [[row[n] for n in kept] for row in rows])
        + (f"<p><small>… {left:,} more in <code>.items</code></small></p>" if left else "")
    )


def _text(answer: Answer) -> str:
    """The text, marked by verdict, or line by line; before it the value of a yes or no."""
    from kgmed.reasoning.display.verdicts import legend, marked

    value = ""
    if answer.form == "yes_no" and (answer.value is None or isinstance(answer.value, bool)):
        value = f"<p><b>{_VALUES[answer.value]}</b></p>"
    spans = [(c.start, c.end, c.verdict) for c in answer.claims]
    if not spans:
        return value + "".join(f"<p>{plain(line)}</p>" for line in answer.text.splitlines())
    verdicts = list(dict.fromkeys(verdict for _start, _end, verdict in spans))
    text = f'<div dir="auto" style="line-height:1.8">{marked(answer.text, spans)}</div>'
    return f"{value}{text}<p><small>{legend(verdicts)}</small></p>"


def _picture(answer: Answer, lang: Language) -> Html:
    starts = list(dict.fromkeys(link.id for link in answer.links))
    ends = {end for s in answer.statements.values() for end in (s.subject, s.object)}
    return statements_picture(
        list(answer.statements.values()), answer.names, lang=lang,
        starts=[id for id in starts if id in ends], kinds={i.id: i.category for i in answer.items}
        | {link.id: link.category for link in answer.links},
    )  # fmt: skip


def _claims(answer: Answer) -> str:
    """The claims of what a model wrote, a verdict each."""
    from kgmed.reasoning.display.verdicts import claims_html

    return claims_html(answer.claims) if answer.claims else ""


def _withheld(answer: Answer) -> str:
    rows = [(one.source, one.licence, one.statements) for one in answer.withheld]
    told = table(("source", "licence", "statements"), rows) if rows else ""
    return folded("withheld from this language model", told)


def _trace(answer: Answer) -> str:
    """How a program came to its answer, folded; thoughts stand under the one they follow."""
    entries = [entry for entry in answer.trace if not isinstance(entry, str)]
    lines = []
    for entry in entries[: 5 * SHOWN]:
        verdicts = ", ".join(claim["verdict"] for claim in entry.get("claims", ()))
        told = [verdicts, str(entry.get("pruned", "")), str(entry.get("problem", ""))]
        told += entry.get("objections", ())
        tail = "; ".join(filter(None, told))
        indent = f' style="margin-left: {2 * max(0, entry.get("depth", 1) - 1)}em"'
        text = f"{entry['kind']}: {entry['text']}" + (f" ({tail})" if tail else "")
        lines.append(f"<div{indent}>{plain(text)}</div>")
    return folded(f"{answer.program} on {answer.model or ''}".strip(), "".join(lines))
