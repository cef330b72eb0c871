"""The command line: ``kgmed``. One short module per group of commands.

Exit codes: 0 done, 1 failed, 2 usage, 3 nothing found or answered, 130 Ctrl-C. Data goes to
stdout, all else to stderr.
"""

from __future__ import annotations

import gc
import os
import sys
import warnings
from functools import partial
from typing import Any

STOPPED = 130
"""Exit code of a command that Ctrl-C ended, as shells have it."""


def _warn(own: type[Warning], shown: Any, message: Any, category: Any, *where: Any) -> None:
    """Show a warning of kgmed's as its errors are, another as Python does."""
    if issubclass(category, own):
        print(f"kgmed: {message}", file=sys.stderr)  # noqa: T201
    else:
        shown(message, category, *where)


def main() -> None:
    """Run the command line; errors that kgmed raises on purpose print without a traceback."""
    gc.set_threshold(50_000, 20, 20)  # a command makes few cycles, and collecting costs 10 ms
    from kgmed.kg.errors import KgmedError, ProgramWarning

    warnings.showwarning = partial(_warn, ProgramWarning, warnings.showwarning)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        if sys.argv[1:2] == ["ask"]:
            from kgmed.cli import asking

            plain = asking.read_plain(sys.argv[2:])
            if plain is not None:
                code = asking.run(**plain)
                sys.stdout.flush()  # a closed pipe is told here, not when Python ends
                sys.exit(code)
        sys.exit(_by_typer())
    except KgmedError as error:
        _trace()
        print(f"kgmed: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `kgmed ... | head`
        sys.exit(_closed())
    except OSError as error:
        _trace()
        where = f"{error.filename}: " if error.filename else ""
        print(f"kgmed: {where}{error.strerror or error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(STOPPED)


def _by_typer() -> int:
    """Run any other command line; the exit code."""
    from kgmed.cli.app import COMMANDS, EVALUATE, EXPORT, LM, make_app
    from kgmed.cli.spelling import mend_spelling

    mend_spelling()
    named = _completed() or (sys.argv[1] if len(sys.argv) > 1 else None)
    app = make_app(named if named in {*COMMANDS, EVALUATE, EXPORT, LM} else None)
    stdout = sys.stdout
    try:
        code = app(standalone_mode=False)
        stdout.flush()
    except SystemExit as stop:
        if sys.stdout is stdout:
            raise
        raise BrokenPipeError from stop  # Typer puts another stdout there, and exits with 1
    except Exception as error:
        show = getattr(error, "show", None)
        if type(error).__name__ == "Abort":  # Ctrl-C, of older versions of Typer
            raise KeyboardInterrupt from error
        if show is None:
            raise
        show()  # a command line that is wrong, in Typer's words
        return int(getattr(error, "exit_code", 2))
    return code if isinstance(code, int) else 0


def _completed() -> str | None:
    """The command whose words a shell wants completed; Typer hands them over so."""
    if "_KGMED_COMPLETE" not in os.environ:
        return None
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    words = line.split()
    return words[1] if len(words) > 2 or (len(words) == 2 and line[-1].isspace()) else None


def _closed() -> int:
    """Nobody reads on: what is left to print goes nowhere, and that is no failure."""
    sys.stdout = sys.__stdout__ or sys.stdout
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


def _trace() -> None:
    """Where an error arose, with ``--verbose``."""
    opening = sys.modules.get("kgmed.cli.opening")
    if opening is not None and opening.is_verbose():
        import traceback

        traceback.print_exc()
