"""Options that were called otherwise before: still taken, with a note that names the new one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

OLD: dict[tuple[str, ...], dict[str, str]] = {
    ("build",): {"--sources": "--vocabularies"},
    ("diff",): {"--limit": "--show", "-n": "--show"},
    ("evaluate", "items"): {"--name": "--format"},
}
"""Command -> old option -> new option."""


def respelt(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line with today's options, and what was changed in it.

    >>> respelt(["diff", "a", "b", "--limit=0"])
    (['diff', 'a', 'b', '--show=0'], ['--limit is now called --show'])
    >>> respelt(["ask", "gout", "--limit", "0"])
    (['ask', 'gout', '--limit', '0'], [])
    """
    found = list(arguments)
    notes = []
    for command, names in OLD.items():
        if tuple(found[: len(command)]) != command:
            continue
        for place, word in enumerate(found):
            if word == "--":
                break
            option, equals, value = word.partition("=")
            if place >= len(command) and option in names:
                found[place] = names[option] + equals + value
                notes.append(f"{option} is now called {names[option]}")
    return found, notes


def mend_spelling() -> None:
    """Bring the command line of this process up to date, and say so on stderr."""
    found, notes = respelt(sys.argv[1:])
    sys.argv[1:] = found
    if not {"--quiet", "-q"} & set(found):
        for note in notes:
            sys.stderr.write(f"kgmed: {note}\n")
