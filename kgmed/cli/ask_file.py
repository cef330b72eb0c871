"""The work of ``kgmed ask --file``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kgmed.cli.opening import Progress, opened
from kgmed.cli.output import echo
from kgmed.kg.errors import UsageError
from kgmed.reasoning.bulk.journal import SUFFIX

FAILED, STOPPED = 1, 130


def run_file(
    file: str, out: str | None, *, besides: Sequence[str], graph: str | None, quiet: bool,
    as_json: bool, **given: Any,
) -> int:  # fmt: skip
    """Answer the questions of a file; returns the exit code."""
    if out is None:
        raise UsageError("--file needs --out FILE: where the answers go, a JSON line each.")
    if besides:
        raise UsageError(f"Found {', '.join(besides)} with --file, expected neither.")
    tell = Progress(quiet=quiet)
    try:
        with opened(graph, quiet=quiet) as chosen:
            done = chosen.ask_file(file, out, tell=tell.update, **given)
    except KeyboardInterrupt:
        tell.done()
        kept = Path(out + SUFFIX)
        if kept.exists():
            sys.stderr.write(
                f"kgmed: stopped. What is answered is kept in {kept}; the same command goes on.\n"
            )
        return STOPPED
    finally:
        tell.done()
    if as_json:
        import json
        from dataclasses import asdict

        echo(json.dumps({"out": out, **asdict(done), "rate": done.rate}, indent=1))
    else:
        kept_before = f" ({done.kept:,} before)" if done.kept else ""
        echo(
            f"{out}: {done.questions:,} questions{kept_before}, {done.failed:,} failed; "
            f"{done.rate:,.1f} questions/s, {done.tokens:,} tokens, {done.seconds:,.1f} s"
        )
    if done.failed:
        sys.stderr.write(
            f"kgmed: {done.failed:,} of {done.questions:,} questions have no answer; 'error' in "
            f"their rows says why. The last: {done.error}\n"
        )
    return FAILED if done.failed else 0
