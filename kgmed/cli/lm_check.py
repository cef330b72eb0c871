"""``kgmed lm check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kgmed.cli.lm_options import LmBase, LmKey, LmName, LmTimeout, LmTrusted, chosen_lm
from kgmed.cli.opening import Progress
from kgmed.cli.options import AsJson, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.reasoning.lm.checked import Finding, LMCheck


def check(
    *,
    lm: LmName = None,
    api_base: LmBase = None,
    api_key_env: LmKey = None,
    trusted: LmTrusted = False,
    timeout: LmTimeout = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask a language model what it really supports, and say how to fix what fails.

    It also says whether restricted evidence may be sent there, and why. Exit code 1 means that
    something is missing that kgmed needs.
    """
    from kgmed.reasoning.lm.check import check as ask
    from kgmed.wire import to_json

    settings = chosen_lm(lm, api_base, api_key_env=api_key_env, trusted=trusted, timeout_s=timeout)
    tell = Progress(quiet=quiet or as_json)
    try:
        found = ask(settings, tell=lambda name: tell.update(f"asking {settings.name}: {name}"))
    finally:
        tell.done()
    if as_json:
        echo(to_json(found))
    else:
        _print(found)
    if not found.ok:
        raise typer.Exit(1)


def _print(found: LMCheck) -> None:
    where = f" at {found.api_base}" if found.api_base else ""
    echo(f"{found.name}{where}")
    wide = max(len(one.name) for one in found.findings)
    for one in found.findings:
        echo(f"  {_word(one):8} {one.name:{wide}}  {one.found}")
        if one.fix and one.ok is not True:
            echo(f"  {'':8} {'':{wide}}  -> {one.fix}")
    trust = "may" if found.trusted else "may not"
    echo(f"Restricted evidence {trust} be sent there: {found.why_trusted}.")
    if not found.trusted:
        echo("  -> If it may see it, say so: --trusted, or trusted = true in [lm] of kgmed.toml.")
    echo("It can be used." if found.ok else "It can't be used as it is.")


def _word(one: Finding) -> str:
    if one.ok is None:
        return "unknown"
    if one.ok:
        return "ok"
    return "FAILS" if one.needed else "no"
