"""``kgmed doctor``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.facade.doctor import Line


def doctor(*, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Look at what kgmed runs on, and say how to mend what is missing or broken.

    Python, memory and disk, packages and extras, graphs, the language model and the Neo4j server
    that settings name, the GPU, and Java. Nothing is changed, and no other server is asked. Exit
    code 1 means that something that is needed, or that settings name, can't be used.
    """
    from kgmed.facade.doctor import examine

    found = examine(environ=os.environ)
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(found))
    else:
        _print(found.lines, quiet=quiet)
        bad = [line.name for line in found.lines if line.needed and line.state != "ok"]
        if not quiet:
            echo("")
            echo(
                f"kgmed {found.version} can't be used as it is: {', '.join(bad)}."
                if bad
                else f"kgmed {found.version} can be used."
            )
    if not found.ok:
        raise typer.Exit(1)


def _print(lines: tuple[Line, ...], *, quiet: bool) -> None:
    shown = [line for line in lines if not quiet or line.state != "ok"]
    wide = max((len(line.name) for line in shown), default=0)
    part = ""
    for line in shown:
        if line.part != part:
            echo(("\n" if part else "") + line.part)
            part = line.part
        echo(f"  {line.state:7}  {line.name:{wide}}  {line.found}")
        if line.fix:
            echo(f"  {'':7}  {'':{wide}}  -> {line.fix}")
