"""Starting and stopping a server: one process, or several workers over the same files."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from kgmed.kg.errors import MissingExtra, UsageError
from kgmed.serve.options import Options

if TYPE_CHECKING:
    import uvicorn

    from kgmed.serve.api.gate import Gate
    from kgmed.serve.rates import Rates

Make: TypeAlias = "Callable[[Options, Rates | None], Gate]"
"""What makes the application of one worker; ``rates`` are shared by all. It crosses to workers, so
it is a function of a module."""
SILENT_S = 60
"""Seconds after which a worker that says nothing is replaced: on a busy machine its threads may
keep it from answering for some."""


def bound(options: Options) -> socket.socket:
    """The socket that requests come in by; raises :class:`~kgmed.kg.errors.UsageError` where it
    can't be had."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((options.host, options.port))
    except OSError as error:
        listening.close()
        raise UsageError(
            f"Found --host {options.host} --port {options.port}, which can't be had "
            f"({error.strerror or error}); expected an address of this machine and a free port, or "
            "--port 0 for any."
        ) from error
    listening.set_inheritable(True)
    return listening


def url(options: Options, listening: socket.socket) -> str:
    """Where the server is reached."""
    host, port = listening.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/"


def serve(
    options: Options, listening: socket.socket, make: Make | None = None, *, extra: str = "serve"
) -> None:
    """Serve until SIGINT or SIGTERM; requests that run then are let end.

    ``make`` makes the application, REST with its page unless given; ``extra`` is what installs it.
    """
    try:
        import uvicorn
        from uvicorn.supervisors import Multiprocess
    except ImportError as error:
        raise MissingExtra("uvicorn", extra) from error
    settings = config(options, make)
    listening.listen(settings.backlog)
    if options.workers == 1:
        uvicorn.Server(settings).run(sockets=[listening])
    else:
        Multiprocess(settings, sockets=[listening]).run()


def config(options: Options, make: Make | None = None) -> uvicorn.Config:
    """What uvicorn is told; it crosses to workers."""
    import uvicorn

    from kgmed.serve.api import app
    from kgmed.serve.protocol import Impatient
    from kgmed.serve.rates import Rates

    rates = Rates(options.rate, options.burst) if options.rate else None
    return uvicorn.Config(
        partial(make or app.make, options, rates), factory=True, interface="asgi3",
        lifespan="on", ws="none", http=Impatient, loop="asyncio", access_log=False,
        server_header=False, log_level="warning", workers=options.workers, proxy_headers=False,
        timeout_keep_alive=options.keep_alive_s,
        timeout_graceful_shutdown=options.stop_within_s, timeout_worker_healthcheck=SILENT_S,
    )  # fmt: skip
