"""How a graph is served: what the command line says, as one value that crosses to workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgmed.serve.limits import Limits

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff
    from kgmed.reasoning.lm.settings import LMSettings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST, PORT = "127.0.0.1", 8321


@dataclass(frozen=True, slots=True)
class Options:
    """What is served and how.

    ``snapshot`` is the hash of the graph at ``graph``, so that all workers serve one. ``hosts`` are
    the names that requests may be addressed to besides this machine's, ``origins`` the sites whose
    pages may read answers. ``token`` is what clients must send, "" for none. ``rate`` is how many
    requests a second a client may send in the long run, and ``burst`` at once; 0 for no bound.
    ``leaves`` says that answers leave this machine, so that only what may leave is told, and what
    ``allow`` names. ``threads`` answer at once in each worker; ``waiting`` queries may wait for one.
    """

    graph: str
    snapshot: str = ""
    host: str = HOST
    port: int = PORT
    workers: int = 1
    threads: int = 4
    waiting: int = 1_000
    limits: Limits = field(default_factory=Limits)
    token: str = field(default="", repr=False)
    hosts: Sequence[str] = ()
    origins: Sequence[str] = ()
    proxies: Sequence[str] = ()
    rate: float = 0.0
    burst: int = 0
    leaves: bool = False
    allow: Sequence[str] = ()
    lm: LMSettings | None = None
    lm_threads: int = 8
    program: str | None = None
    changes: Diff | None = None
    access_log: bool = True
    log_questions: bool = False
    body_bytes: int = 1 << 20
    header_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    send_timeout_s: float = 30.0
    keep_alive_s: int = 15
    connections: int = 1_000
    stop_within_s: int = 15
