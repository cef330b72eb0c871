"""Printing: tables on a terminal, plain text in a pipe."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.kg.model import Concept, Language, Mapping, Statement
from kgmed.reasoning import compose
from kgmed.reasoning.answer import Answer, Item

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.why import Why


def echo(text: str) -> None:
    """Print a line to stdout."""
    sys.stdout.write(text + "\n")


def writable(option: str, file: Path | None) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` where a file's folder isn't there, before work
    whose result it is to hold."""
    from kgmed.kg.errors import UsageError

    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(f"Found {option} {file}, but there is no folder {file.parent}.")


def width(text: str) -> int:
    """Columns that a text takes on a terminal; a Chinese character takes two.

    >>> width("warfarin"), width("华法林")
    (8, 6)
    """
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A rich table on a terminal; in a pipe, tab-separated lines under their heads."""
    if not rows:
        return
    if sys.stdout.isatty():
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, header_style="bold")
        for head in heads:
            table.add_column(head, overflow="fold")  # an id cut short is no id
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console().print(table)
        return
    for row in (heads, *rows):
        echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))


def print_answer(answer: Answer, *, limit: int | None, quiet: bool) -> None:
    """An answer: its text, and for lists a line per item with statement, source and licence."""
    lines = answer.text.splitlines()
    if answer.abstained or answer.form not in {"list", "reverse", "pairwise"}:
        for line in lines:
            echo(line)
        _print_citations(answer, limit=limit)
        if answer.model is not None:
            from kgmed.cli.tracing import print_claims, print_usage

            print_claims(answer, limit=limit)
            if not quiet:
                print_usage(answer)
    else:
        echo(lines[0])
        echo("")
        _print_items(answer, limit=limit)
        tail = [line for line in lines[1:] if _is_tail(line, answer)]
        if tail:
            echo("")
        for line in tail:
            echo(line)
    if not quiet:
        echo("")
        echo(answer.notice)


def _is_tail(line: str, answer: Answer) -> bool:
    """Whether a line of the text stands after the items: sources, unlisted pairs, readings."""
    starts = ("sources", "pairs_unlisted", "read_as")
    lang: Language = "zh" if answer.lang == "zh" else "en"
    return any(line.startswith(compose.PHRASES[lang][s].partition("{")[0]) for s in starts)


def _row(item: Item, answer: Answer) -> tuple[str, ...]:
    statements = [answer.statements[id] for id in item.statements]
    sources = dict.fromkeys(
        f"{s.primary_knowledge_source.removeprefix('infores:')} {s.release}" for s in statements
    )
    licences = dict.fromkeys(s.licence for s in statements)
    shared = " ".join(id[: compose.SHORT_ID] for id in item.statements[:3])
    if len(item.statements) > 3:
        shared += f" +{len(item.statements) - 3}"
    predicates = sorted({answer.statements[id].predicate for id in item.statements})
    qualifiers = (value for name, value in item.qualifiers.items() if name != "severity")
    detail = "; ".join(filter(None, [item.via, *qualifiers]))
    return (
        item.name,
        ", ".join(predicates),
        detail,
        shared,
        ", ".join(sources),
        ", ".join(licences),
    )


def _print_items(answer: Answer, *, limit: int | None) -> None:
    shown = answer.items if limit is None else answer.items[:limit]
    lang: Language = "zh" if answer.lang == "zh" else "en"

    def severity(item: Item) -> str:
        return item.qualifiers.get("severity", "")

    totals = {s: sum(severity(i) == s for i in answer.items) for s in map(severity, answer.items)}
    rows = [_row(item, answer) for item in shown]
    if len({row[1] for row in rows}) == 1:  # one predicate for all: the headline says it
        rows = [(row[0], "", *row[2:]) for row in rows]
    widths = [max((width(row[c]) for row in rows), default=0) for c in range(6)]
    place = 0
    for value, group in groupby(shown, key=severity):
        if value:
            echo(f"{compose.severity(lang, value)} ({totals[value]})")
        for _item in group:
            cells = rows[place]
            place += 1
            padded = (c + " " * (widths[i] - width(c)) for i, c in enumerate(cells) if widths[i])
            echo(("  " + "  ".join(padded)).rstrip())
    if len(shown) < len(answer.items):
        more = compose.phrase(lang, "more", n=len(answer.items) - len(shown))
        echo(f"  ... {more} (--limit 0)")


def _print_citations(answer: Answer, *, limit: int | None) -> None:
    """The statements behind an answer in prose, one a line."""
    if not answer.statements:
        return
    echo("")
    statements = list(answer.statements.values())
    for statement in statements[:limit]:
        source = statement.primary_knowledge_source.removeprefix("infores:")
        target = statement.object or (statement.value.text if statement.value else "")
        echo(
            f"  [{statement.id[: compose.SHORT_ID]}] {statement.subject} {statement.predicate} "
            f"{target}  {source} {statement.release}  {statement.licence}"
        )
    if limit is not None and len(statements) > limit:
        echo(f"  ... and {len(statements) - limit} more (--limit 0)")


def print_statement(statement: Statement, graph: Graph, lang: Language) -> None:
    """One statement, field by field."""
    concepts = {
        c.id: c.name_in(lang)
        for c in graph.store.concepts([statement.subject, statement.object])
        if c is not None
    }
    echo(compose.sentence(graph.registry, statement, concepts, lang) + ".")
    taken = statement.retracted
    if taken is not None:
        echo(f"RETRACTED by {taken.who}, {taken.date}: {taken.reason}. It is evidence for nothing.")
    for name in statement.__dataclass_fields__:
        value = getattr(statement, name)
        if value in ("", (), {}, None, False) or name == "retracted":
            continue
        if isinstance(value, tuple):
            value = "; ".join(value)
        elif isinstance(value, dict):
            value = "; ".join(f"{key}: {item}" for key, item in value.items())
        echo(f"  {name:26}{value}")


def print_concept(concept: Concept, graph: Graph, lang: Language, *, limit: int | None) -> None:
    """A concept: names, ids, and its statements by predicate."""
    echo(f"{concept.name_in(lang)}  {concept.id}  {', '.join(concept.categories)}")
    names = graph.store.lexicon.names([concept.id])[0]
    print_table(
        ("name", "language", "kind", "source"),
        [(n.text, n.language, n.kind, n.source) for n in names[:limit]],
    )
    echo(f"ids: {', '.join(concept.equivalent_ids)}")
    edges = graph.store.neighbors([concept.id])[0]
    if not edges:
        return
    shown = edges if limit is None else edges[:limit]
    ids = [end for edge in shown for end in (edge.subject, edge.object)]
    found = graph.store.concepts(list(dict.fromkeys(ids)))
    titles = {c.id: c.name_in(lang) for c in found if c is not None}
    statements = graph.store.statements([edge.statement for edge in shown])
    rows = [
        (
            titles[edge.subject],
            ("not " if edge.negated else "") + edge.predicate,
            titles[edge.object],
            edge.statement[: compose.SHORT_ID],
            f"{s.primary_knowledge_source.removeprefix('infores:')} {s.release}" if s else "",
        )
        for edge, s in zip(shown, statements, strict=True)
    ]
    echo("")
    print_table(("subject", "predicate", "object", "statement", "source"), rows)
    if len(shown) < len(edges):
        echo(f"... and {len(edges) - len(shown)} more (--limit 0)")


def print_why(found: Why, graph: Graph) -> None:
    """A chain of mappings, or what stands between two ids."""
    names = [c.name if c else "" for c in graph.store.concepts(found.concepts)]
    if found.left == found.right:
        echo(f"{found.left} is one id, of the concept {found.concepts[0]} ({names[0]}).")
    elif found.same:
        concept = f"{found.concepts[0]} ({names[0]})"
        echo(f"{found.left} and {found.right} are one concept, {concept}, because:")
        for mapping in found.chain:
            echo("  " + _mapping_line(mapping))
        if not found.chain:
            echo("  a source states both ids for it without a mapping row.")
    elif found.against:
        echo(f"{_named(found.left, names[0])} and {_named(found.right, names[1])} are not one.")
        echo("Between them:")
        for mapping in found.against:
            echo("  " + _mapping_line(mapping))
            echo(f"    {mapping.status}: {mapping.reason}")
    else:
        echo(f"{_named(found.left, names[0])} and {_named(found.right, names[1])} are not one.")
        echo("No mapping of any source joins them.")


def _named(id: str, name: str) -> str:
    return f"{id} ({name or 'no concept here: only mappings name it'})"


def _mapping_line(mapping: Mapping) -> str:
    def end(id: str, label: str) -> str:
        return f"{id} ({label})" if label else id

    negation = "not " if mapping.modifier else ""
    return (
        f"{end(mapping.subject, mapping.subject_label)} {negation}{mapping.predicate} "
        f"{end(mapping.object, mapping.object_label)}  {mapping.source}  "
        f"{mapping.justification or 'no justification stated'}  {mapping.confidence:.2f}"
    )
