"""The command line: ``kgmed``. One short module per group of commands.

Exit codes: 0 answered, 1 failure, 2 usage, 3 abstained. Data goes to stdout, all else to stderr.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; errors that kgmed raises on purpose print without a traceback."""
    from kgmed.kg.errors import KgmedError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        from kgmed.cli.app import app

        app()
    except KgmedError as error:
        print(f"kgmed: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `kgmed ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
