"""``kgmed mcp``."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.lm_options import LmKey, LmTrusted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import GraphUri, Quiet
from kgmed.cli.output import echo
from kgmed.cli.serving import (
    AllowHost,
    BehindProxy,
    LmSeconds,
    ServedLm,
    ServedLmBase,
    ServedModel,
    ServedProgram,
    TokenFile,
    changes_since,
    check_model,
    chosen_model,
    token_of,
)
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphStore
    from kgmed.serve.options import Options


def mcp(
    graph: GraphUri = None,
    *,
    http: Annotated[
        bool,
        typer.Option(
            "--http", help="Serve streamable HTTP at /mcp instead of standard input and output."
        ),
    ] = False,
    host: Annotated[
        str | None,
        typer.Option(
            "--host", metavar="ADDRESS",
            help="The address to listen at, with --http. Beyond this machine's own, a token is "
            "needed, and only what is openly licensed is told. Default: 127.0.0.1.",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535,
            help="The port, with --http; 0 for any that is free. Default: 8322.",
        ),
    ] = None,
    open_only: Annotated[
        bool,
        typer.Option(
            "--open-only",
            help="Tell only what is openly licensed, on this machine too: for an agent whose "
            "model runs elsewhere.",
        ),
    ] = False,
    allow_restricted: AllowRestricted = None,
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=64, help="Calls answered at once.")
    ] = 4,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="S", help="Seconds a call may take.")
    ] = 10.0,
    lm_timeout: LmSeconds = 120.0,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", min=0, metavar="N",
            help="Requests a second from one client, with --http; 0 for no bound. Default: 20, "
            "and no bound where only this machine is served.",
        ),
    ] = None,
    token_file: TokenFile = None,
    allow_host: AllowHost = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", metavar="URL",
            help="A site whose pages may call tools, https://HOST; repeatable.",
        ),
    ] = None,
    behind_proxy: BehindProxy = None,
    lm: ServedLm = None,
    api_base: ServedLmBase = None,
    api_key_env: LmKey = None,
    trusted: LmTrusted = False,
    program: ServedProgram = None,
    model: ServedModel = None,
    diff: Annotated[
        str | None,
        typer.Option(
            "--diff", metavar="OLD", help="A graph, or GRAPH@GENERATION, for the tool diff."
        ),
    ] = None,
    access_log: Annotated[
        str,
        typer.Option(
            "--access-log", metavar="FILE",
            help="Where a line of JSON goes for each HTTP request: - for standard error, none for "
            "none.",
        ),
    ] = "-",
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Offer a graph to agents as tools, by the Model Context Protocol.

    An agent starts it itself and talks over standard input and output; with --http, agents reach
    it at /mcp.
    """
    from kgmed.serve.limits import Limits
    from kgmed.serve.options import HOST, Options, checked

    _check_http(http, {"--host": host, "--port": port, "--rate": rate, "--token-file": token_file,
                       "--allow-host": allow_host, "--allow-origin": allow_origin,
                       "--behind-proxy": behind_proxy})  # fmt: skip
    tell = Progress(quiet=quiet)
    asked = chosen_model(lm, api_base, api_key_env, trusted=trusted)
    with opened(graph, quiet=quiet) as chosen:
        info = chosen.info()
        allow = tuple(allow_restricted or ())
        options = checked(
            Options(
                graph or info.uri, info.snapshot, host=host or HOST, port=_port(port),
                threads=threads, limits=Limits(timeout_s=timeout, lm_timeout_s=lm_timeout),
                token=token_of(token_file) if http else "", hosts=tuple(allow_host or ()),
                origins=tuple(allow_origin or ()), proxies=tuple(behind_proxy or ()),
                allow=() if open_only else allow, lm=asked, program=program, model=model,
                access_log="" if access_log == "none" else access_log,
            ),
            chosen.store, rate=rate,
        )  # fmt: skip
        if open_only:
            from kgmed.serve.leaving import check

            check(chosen.store, allow)
            options = replace(options, leaves=True, allow=allow)
        elif not options.leaves:
            _note_restricted(tell, chosen.store)
        check_model(chosen, options)
    options = options.with_changes(changes_since(diff, options.graph, tell))
    if http:
        _serve_http(options, tell, info.uri)
        return
    from kgmed.serve.mcp.stdio import serve

    tell.note(f"serving {info.uri} over standard input and output")
    serve(options)


def _check_http(http: bool, given: dict[str, object]) -> None:
    for name, value in given.items():
        if not http and value not in (None, []):
            raise UsageError(f"Found {name} without --http, which it is for.")


def _port(port: int | None) -> int:
    from kgmed.serve.mcp.http import PORT

    return PORT if port is None else port


def _note_restricted(tell: Progress, store: GraphStore) -> None:
    """Say what the agent's model will be shown that isn't open."""
    from kgmed.serve.leaving import held, terms_of

    found = held(store, terms_of(store, ()))
    if found:
        tell.note(
            f"this graph holds what isn't openly licensed ({', '.join(found)}); where the agent "
            "sends what it reads to a model elsewhere, start with --open-only"
        )


def _serve_http(options: Options, tell: Progress, uri: str) -> None:
    from kgmed.serve.mcp.http import PATH, make
    from kgmed.serve.run import bound, serve, url

    listening = bound(options)
    for note in options.notes:
        tell.note(note)
    tell.note(f"serving {uri}; Ctrl-C ends it")
    echo(url(options, listening).rstrip("/") + PATH)
    sys.stdout.flush()
    serve(options, listening, make, extra="mcp")
