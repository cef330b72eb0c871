"""How a graph is served: what the command line says, as one value that crosses to workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kgmed.kg.errors import UsageError
from kgmed.serve.limits import Limits

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff
    from kgmed.kg.store.base import GraphStore
    from kgmed.reasoning.lm.settings import LMSettings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HOST, PORT = "127.0.0.1", 8321
LEAST_TOKEN = 16
"""Characters of a token."""
RATE, BURST_S = 20.0, 3
"""Requests a second from a client beyond this machine, and the seconds' worth at once."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is served and how.

    ``snapshot`` is the hash of the graph at ``graph``, so that all workers serve one. ``hosts`` are
    the names that requests may be addressed to besides this machine's, ``origins`` the sites whose
    pages may read answers. ``token`` is what clients must send, "" for none. ``rate`` is how many
    requests a second a client may send in the long run, and ``burst`` at once; 0 for no bound.
    ``leaves`` says that answers leave this machine, so that only what may leave is told, and what
    ``allow`` names. ``threads`` answer at once in each worker, and ``waiting`` queries may wait for
    one. ``model`` is the name of a trained model beside the graph, None for none. ``access_log`` is
    a file, ``-`` for standard error, "" for none. ``proxies`` are the addresses of proxies that
    tell whom a request is from.
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
    model: str | None = None
    access_log: str = "-"
    log_questions: bool = False
    body_bytes: int = 1 << 20
    header_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    send_timeout_s: float = 30.0
    keep_alive_s: int = 15
    connections: int = 1_000
    stop_within_s: int = 15

    def with_changes(self, changes: Diff | None) -> Options:
        """These, with a diff to tell of; rows of it that may not leave are taken out."""
        if changes is None:
            return self
        if self.leaves:
            changes = replace(changes, statement_examples=(), concept_examples=(), names_of={})
        return replace(self, changes=changes)

    @property
    def notes(self) -> list[str]:
        """What who starts the server should know."""
        if not self.leaves:
            return []
        told = ["answers leave this machine: what isn't openly licensed is left out"]
        if self.allow:
            told[0] += f", but for {', '.join(self.allow)}"
        told.append("the token goes over the network as it is: put a proxy with TLS in front")
        return told


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone.

    >>> is_loopback("localhost"), is_loopback("127.8.8.8"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host in LOOPBACK:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def checked(options: Options, store: GraphStore, *, rate: float | None) -> Options:
    """The options with what follows from them: whether answers leave this machine, and how many
    requests are taken.

    Raises :class:`~kgmed.kg.errors.UsageError` for what doesn't go together: above all, answers
    that leave without a token.
    """
    names = [name for name in options.hosts if not is_loopback(name)]
    leaves = not is_loopback(options.host) or bool(options.proxies or names)
    if leaves and not options.token:
        raise UsageError(
            f"Found --host {options.host}{' behind a proxy' if options.proxies or names else ''}, "
            "which others reach, and no token; expected one by --token-file FILE, or in "
            "KGMED_SERVE_TOKEN. `openssl rand -hex 32 > FILE` makes one."
        )
    if options.token and (
        len(options.token) < LEAST_TOKEN
        or not (options.token.isascii() and options.token.isprintable())
        or " " in options.token
    ):
        raise UsageError(
            f"Found a token of {len(options.token)} characters; expected at least {LEAST_TOKEN} of "
            "ASCII without blanks. `openssl rand -hex 32` makes one."
        )
    check_program(options.program, asks_a_model=options.lm is not None)
    for origin in options.origins:
        _check_origin(origin)
    for proxy in options.proxies:
        _check_address(proxy)
    if options.allow and not leaves:
        raise UsageError(
            "Found --allow-restricted where only this machine is served; nothing is left out there."
        )
    chosen = (RATE if leaves else 0.0) if rate is None else rate
    found = replace(options, leaves=leaves, rate=chosen, burst=max(1, int(chosen * BURST_S)))
    if leaves:
        from kgmed.serve.leaving import check

        check(store, options.allow)
    return found


def check_program(program: str | None, *, asks_a_model: bool) -> None:
    """Refuse a program that there isn't, or that asks a model where there is none."""
    from kgmed.facade.how import DIRECT, PROGRAMS
    from kgmed.serve.limits import one_of

    if program is None:
        return
    one_of(program, "--program", PROGRAMS)
    if program != DIRECT and not asks_a_model:
        raise UsageError(
            f"Found --program {program} without --lm; expected --lm NAME --api-base URL beside it, "
            f"the model that {program} asks, or --program {DIRECT}, by the graph alone."
        )


def _check_origin(origin: str) -> None:
    parts = urlsplit(origin)
    if parts.scheme not in {"http", "https"} or not parts.netloc or origin.count("/") != 2:
        raise UsageError(
            f"Found --allow-origin {origin!r}, expected a site as browsers name it: "
            "https://HOST or https://HOST:PORT."
        )


def _check_address(proxy: str) -> None:
    try:
        ip_address(proxy)
    except ValueError as error:
        raise UsageError(f"Found --behind-proxy {proxy!r}, expected an IP address.") from error
