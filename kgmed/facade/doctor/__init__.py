"""What stands in the way of using kgmed here: ``kgmed doctor``.

Nothing is built or mended, no heavy package is imported, and no server is asked but those that
settings name, each for at most 1.5 s; what takes time is done side by side.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import kgmed
from kgmed.facade.doctor.endpoints import language_model, neo4j
from kgmed.facade.doctor.graphs import graphs
from kgmed.facade.doctor.machine import environment, hardware, tools
from kgmed.facade.doctor.model import Doctor, Line
from kgmed.facade.doctor.packages import packages
from kgmed.facade.doctor.variables import variables
from kgmed.settings import settings

__all__ = ["Doctor", "Line", "examine"]


def examine(*, environ: Mapping[str, str] | None = None) -> Doctor:
    """Look at the environment, packages, graphs, servers, GPU and tools; ``environ`` is the
    environment, which misspelt names and JAVA_HOME are looked up in.

    >>> found = examine()
    >>> found.ok, {line.part for line in found.lines} >= {"environment", "packages", "graphs"}
    (True, True)
    """
    begun = time.perf_counter()
    given = settings()
    looks: tuple[Callable[[], list[Line]], ...] = (
        lambda: [*environment(given.home), *variables(environ or {})],
        packages,
        lambda: graphs(given.graph, given.home),
        lambda: [language_model(), *filter(None, [neo4j(given.graph)])],
        hardware,
        lambda: tools((environ or {}).get("JAVA_HOME", "")),
    )
    with ThreadPoolExecutor(len(looks)) as pool:
        lines = tuple(line for found in pool.map(lambda look: look(), looks) for line in found)
    ok = not any(line.needed and line.state != "ok" for line in lines)
    return Doctor(ok, kgmed.__version__, lines, (time.perf_counter() - begun) * 1e3)
