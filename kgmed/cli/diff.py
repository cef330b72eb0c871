"""``kgmed diff``: what changed between two snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import ABSTAINED, Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo, print_table, writable

if TYPE_CHECKING:
    from kgmed.kg.diff.model import ConceptChange, Diff, StatementChange

_SIGNS = {
    "added": "+", "removed": "-", "retracted": "x", "restored": "o", "changed": "~", "moved": ">",
}  # fmt: skip
_LONG = 60
"""Characters of a value that an example shows."""


def diff(
    old: Annotated[str, typer.Argument(help="A graph, GRAPH@GENERATION or GRAPH@previous.")],
    new: Annotated[str, typer.Argument(help="Another one.")],
    *,
    source: Annotated[
        str | None, typer.Option("--source", metavar="INFORES", help="Only this source.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write every row: a .jsonl, .tsv or .parquet file."
        ),
    ] = None,
    show: Annotated[
        int,
        typer.Option("--show", metavar="N", min=0, help="Examples of each kind; 0 for none."),
    ] = 3,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two snapshots: statements added, removed, changed, moved; concepts; per source.

    Exit code 0 where something differs, 3 where nothing does.
    """
    from kgmed.facade import open_diff
    from kgmed.kg.diff.files import format_of
    from kgmed.wire import to_json

    if out is not None:
        format_of(out)
        writable("--out", out)
    tell = Progress(quiet=quiet)
    try:
        comparison = open_diff(old, new, source=source, progress=tell)
    finally:
        tell.done()
    with comparison as changes:
        found = changes.with_examples(show)
        if out is not None:
            tell("writing rows")
            changes.write(out)
            tell.done()
    if as_json:
        echo(to_json(found))
    else:
        for line in _lines(found):
            echo(line)
        _print_tables(found)
        _print_examples(found)
        if out is not None:
            echo(f"\nrows: {out}")
    if found.same:
        raise typer.Exit(ABSTAINED)


def _lines(found: Diff) -> Iterator[str]:
    for word, side in (("old", found.old), ("new", found.new)):
        yield f"{word}  {side.graph}  generation {side.generation}  {side.created}"
    about = f" of {found.source}" if found.source else ""
    if found.same:
        equal = found.old.snapshot == found.new.snapshot
        yield f"Nothing differs{about}." + ("" if equal else " (The snapshots' hashes do.)")
        return
    s = found.statements
    aside = {
        "added": (s.parted, "both ends were one concept"),
        "removed": (s.joined, "both ends are one concept now"),
        "retracted": (0, ""),
        "restored": (0, ""),
        "changed": (s.release_only, "the release alone"),
        "moved": (0, ""),
    }
    parts = [
        f"{getattr(s, kind):,} {kind}" + (f" ({n:,}: {why})" if n else "")
        for kind, (n, why) in aside.items()
        if kind in s.shown
    ]
    yield f"Statements{about}: {', '.join(parts)}, {s.unchanged:,} as they were."


def _print_tables(found: Diff) -> None:
    from kgmed.kg.display.diffs import change

    if found.same:
        return
    kinds = found.statements.shown
    touched = [e for e in found.sources if any(getattr(e.statements, kind) for kind in kinds)]
    _table(
        ("source", "release", "licence", *(kind.replace("_", " ") for kind in kinds)),
        [
            (
                _short(e.source),
                change(e.old_releases, e.new_releases),
                change(e.old_licences, e.new_licences),
                *(f"{getattr(e.statements, kind):,}" for kind in kinds),
            )
            for e in touched
        ],
    )
    differs = found.statements.fields
    _table(("what differs", "statements"), [(name, f"{n:,}") for name, n in differs.items()])
    counts = [(f.name, getattr(found.concepts, f.name)) for f in fields(found.concepts)]
    _table(("concepts", "count"), [(_plain(name), f"{n:,}") for name, n in counts if n])
    _table(
        ("source", "names", "added", "removed"),
        [
            (_short(e.source), row.language, f"{row.added:,}", f"{row.removed:,}")
            for e in found.sources
            for row in e.names
        ],
    )
    _table(
        ("source", "mappings added", "removed", "restated"),
        [
            (_short(e.source), f"{m.added:,}", f"{m.removed:,}", f"{m.restated:,}")
            for e in found.sources
            if (m := e.mappings).added or m.removed or m.restated
        ],
    )
    statuses = found.mappings.statuses
    _table(("mappings' status", "count"), [(name, f"{n:,}") for name, n in statuses.items()])
    if found.paths_added or found.paths_removed:
        echo(f"\nCurated paths: {found.paths_added:,} added, {found.paths_removed:,} removed.")


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if rows:
        echo("")
        print_table(heads, rows)


def _short(source: str) -> str:
    return source.removeprefix("infores:")


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _print_examples(found: Diff) -> None:
    if found.concept_examples:
        echo("\nConcepts, for example:")
        for concept in found.concept_examples:
            echo("  " + _concept_line(concept))
    if found.statement_examples:
        echo("\nStatements, for example:")
        order = list(_SIGNS)
        for statement in sorted(
            found.statement_examples, key=lambda change: order.index(change.kind)
        ):
            echo("  " + _statement_line(statement, found))


def _concept_line(change: ConceptChange) -> str:
    head = f"{_plain(change.kind)}  {change.name} ({change.id})"
    before, after = ", ".join(change.before), ", ".join(change.after)
    detail = {
        "added": after,
        "retired": before,
        "members_changed": "; ".join(
            f"{word} {ids}" for word, ids in (("lost", before), ("gained", after)) if ids
        ),
        "member_moved": f"{', '.join(change.ids)}: {before} > {after}",
    }.get(change.kind, f"{before} > {after}")
    return f"{head}  {detail}" + (f"  [{change.language}]" if change.language else "")


def _statement_line(change: StatementChange, found: Diff) -> str:
    s = change.statement

    def end(id: str) -> str:
        return f"{found.names_of[id]} ({id})" if id in found.names_of else id

    target = end(s.object) if s.object else (s.value.text if s.value else "")
    predicate = ("not " if s.negated else "") + s.predicate
    line = f"{_SIGNS[change.kind]} {s.id[:8]}  {end(s.subject)} {predicate} {_cut(target)}"
    line += f"  {_short(s.primary_knowledge_source)} {s.release}".rstrip()
    for name, value in change.before.items():
        line += f"; {_plain(name)}: {_cut(_text(value))} > {_cut(_text(getattr(s, name)))}"
    if s.retracted:
        line += f"; {s.retracted.who}, {s.retracted.date}: {_cut(s.retracted.reason)}"
    return line + ("; both ends are one concept in the other" if change.reason else "")


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."
