"""The command line: ``kgmed``. One short module per group of commands.

Exit codes: 0 answered, 1 failure, 2 usage, 3 abstained. Data goes to stdout, all else to stderr.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; errors that kgmed raises on purpose print without a traceback."""
    gc.set_threshold(50_000, 20, 20)  # a command makes few cycles, and collecting costs 10 ms
    from kgmed.kg.errors import KgmedError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        if sys.argv[1:2] == ["ask"]:
            from kgmed.cli import asking

            plain = asking.read_plain(sys.argv[2:])
            if plain is not None:
                sys.exit(asking.run(**plain))
        from kgmed.cli.app import COMMANDS, EVALUATE, EXPORT, LM, make_app

        named = sys.argv[1] if len(sys.argv) > 1 else None
        make_app(named if named in {*COMMANDS, EVALUATE, EXPORT, LM} else None)()
    except KgmedError as error:
        print(f"kgmed: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `kgmed ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"kgmed: {where}{error.strerror or error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
