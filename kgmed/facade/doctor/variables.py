"""Variables of the environment that look like kgmed's and aren't read."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from kgmed.facade.doctor.model import Line

KNOWN = (
    "KGMED_GRAPH", "KGMED_HOME", "KGMED_NEO4J_USER", "KGMED_NEO4J_PASSWORD",
    "KGMED_NEO4J_DATABASE", "KGMED_NEO4J_TIMEOUT", "KGMED_LM", "KGMED_API_BASE", "KGMED_API_KEY",
    "KGMED_LM_TIMEOUT",
)  # fmt: skip


def variables(names: Iterable[str]) -> list[Line]:
    """A line for each name that is nearly one of kgmed's.

    >>> [line.fix for line in variables(["KGMED_APIBASE", "PATH", "KGMED_HOME"])]
    ['unset KGMED_APIBASE; export KGMED_API_BASE=...']
    """
    lines = []
    for name in sorted(set(names) - set(KNOWN)):
        near = get_close_matches(name, KNOWN, n=1, cutoff=0.85)
        if near and name.startswith("KG"):
            told = f"isn't read; {near[0]} is"
            fix = f"unset {name}; export {near[0]}=..."
            lines.append(Line("environment", name, "broken", told, fix))
    return lines
