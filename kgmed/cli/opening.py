"""Opening the graph that a command names, and checking its language; without Typer."""

from __future__ import annotations

import sys
from typing import cast

from kgmed.facade import Graph, open_graph
from kgmed.kg.errors import UsageError
from kgmed.kg.model import Language

ABSTAINED = 3
"""Exit code of a command that found no answer."""


def language(value: str | None) -> Language | None:
    """Check ``--lang``."""
    if value is not None and value not in {"en", "zh"}:
        raise UsageError(f"Found --lang {value!r}, expected one of: en, zh.")
    return cast(Language | None, value)


def opened(uri: str | None, *, quiet: bool) -> Graph:
    """Open the graph; progress of a first build goes to stderr."""

    def tell(text: str) -> None:
        if not quiet:
            sys.stderr.write(f"kgmed: {text}\n")
            sys.stderr.flush()

    return open_graph(uri, progress=tell)
