"""kgmed: one medical knowledge graph that teaches, grounds and checks.

>>> import kgmed
>>> kgmed.ask("how many drugs interact with simvastatin?").value > 10
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kgmed.kg.version import VERSION

if TYPE_CHECKING:
    from kgmed.facade import (
        Graph,
        ask,
        build,
        compare,
        diff,
        find_paths,
        link,
        open_diff,
        open_graph,
        retract,
        reward,
        verify,
    )

__version__ = VERSION
__all__ = [
    "Graph", "__version__", "ask", "build", "compare", "diff", "find_paths", "link", "open_diff",
    "open_graph", "retract", "reward", "verify",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in __all__:
        from kgmed import facade

        return getattr(facade, name)
    raise AttributeError(f"module 'kgmed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
