"""What every export says of licences: the option that lets rows out, and what stayed behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kgmed.kg.views.licensing import Leaving

AllowRestricted = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-restricted",
        metavar="LICENCE",
        help="Let a licence, or a source, out that isn't open; repeatable.",
    ),
]


def tell_left_out(leaving: Leaving, *, quiet: bool) -> None:
    """Say on standard error what was left out, and how it could be let out."""
    for held in () if quiet else leaving.left_out:
        counts = {"statements": held.statements, "names": held.names, "mappings": held.mappings}
        rows = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n)
        under = f"licence {held.licence}" if held.licence else "no licence stated"
        sys.stderr.write(
            f"left out: {rows} of {held.source}, {under} ({held.tier});"
            f" let out by --allow-restricted {held.source}\n"
        )
