"""The facade: a graph that can be asked, linked against, walked and explained.

Importing kgmed opens no file and imports no heavy package; both happen when a graph is opened.
"""

from kgmed.facade.building import build, retract
from kgmed.facade.graph import MAX_HOPS, Graph
from kgmed.facade.opening import (
    ask,
    compare,
    diff,
    find_paths,
    link,
    load_graph,
    open_diff,
    open_graph,
    reward,
    server_address,
    verify,
)
from kgmed.facade.self_checking import self_check

__all__ = [
    "MAX_HOPS", "Graph", "ask", "build", "compare", "diff", "find_paths", "link", "load_graph",
    "open_diff", "open_graph", "retract", "reward", "self_check", "server_address", "verify",
]  # fmt: skip
