"""What every export says of licences: the option that lets rows out, and what stayed behind."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kgmed.kg.mapping_set import LeftOut
    from kgmed.kg.views.licensing import Held, Leaving

AllowRestricted = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-restricted",
        metavar="LICENCE",
        help="Let a licence, or a source, out that isn't open; repeatable.",
    ),
]


def tell_leaving(leaving: Leaving, *, quiet: bool) -> None:
    """Say on standard error on which terms rows leave, and what stays behind."""
    if quiet:
        return
    lines = [f"licences: {', '.join(leaving.licences) or 'none'}"]
    if leaving.duties:
        lines.append(f"what they ask: {', '.join(leaving.duties)}")
    for held in leaving.left_out:
        counts = {"statements": held.statements, "names": held.names, "mappings": held.mappings}
        rows = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n)
        lines.append(_left_out(rows, held))
    if leaving.concepts_left_out:
        lines.append(
            f"left out with them: {leaving.concepts_left_out:,} concepts,"
            f" {leaving.ids_left_out:,} ids, {leaving.paths_left_out:,} curated paths"
        )
    sys.stderr.writelines(f"{line}\n" for line in lines)


def tell_rows_left_out(left_out: Sequence[LeftOut], *, quiet: bool) -> None:
    """The same, of rows that aren't told apart."""
    for held in () if quiet else left_out:
        sys.stderr.write(_left_out(f"{held.rows:,}", held) + "\n")


def _left_out(rows: str, held: Held | LeftOut) -> str:
    under = f"licence {held.licence}" if held.licence else "no licence stated"
    return (
        f"left out: {rows} of {held.source}, {under} ({held.tier});"
        f" let out by --allow-restricted {held.source}"
    )
