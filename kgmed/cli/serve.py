"""``kgmed serve``."""

from __future__ import annotations

import sys
from typing import Annotated

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


def serve(
    graph: GraphUri = None,
    *,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS",
            help="The address to listen at. Beyond this machine's own, a token is needed, and only "
            "what is openly licensed is told.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The port; 0 for any that is free.")
    ] = 8321,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that answer.")
    ] = 1,
    threads: Annotated[
        int, typer.Option("--threads", min=1, max=64, help="Queries at once in each of them.")
    ] = 4,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, metavar="S", help="Seconds a query may take.")
    ] = 10.0,
    lm_timeout: LmSeconds = 120.0,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", min=0, metavar="N",
            help="Requests a second from one client; 0 for no bound. Default: 20, and no bound "
            "where only this machine is served.",
        ),
    ] = None,
    token_file: TokenFile = None,
    allow_host: AllowHost = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", metavar="URL",
            help="A site whose pages may read answers (CORS), https://HOST; repeatable.",
        ),
    ] = None,
    behind_proxy: BehindProxy = None,
    allow_restricted: AllowRestricted = None,
    lm: ServedLm = None,
    api_base: ServedLmBase = None,
    api_key_env: LmKey = None,
    trusted: LmTrusted = False,
    program: ServedProgram = None,
    model: ServedModel = None,
    diff: Annotated[
        str | None,
        typer.Option(
            "--diff", metavar="OLD", help="A graph, or GRAPH@GENERATION, for /v1/diff to tell of."
        ),
    ] = None,
    access_log: Annotated[
        str,
        typer.Option(
            "--access-log", metavar="FILE",
            help="Where a line of JSON goes for each request: - for standard error, none for none.",
        ),
    ] = "-",
    log_questions: Annotated[
        bool, typer.Option("--log-questions", help="Log what was asked, too.")
    ] = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Serve a graph to browsers and programs: the explorer page, and REST under /v1.

    Ctrl-C ends it.
    """
    from kgmed.serve.limits import Limits
    from kgmed.serve.options import Options, checked
    from kgmed.serve.run import bound, url
    from kgmed.serve.run import serve as run

    tell = Progress(quiet=quiet)
    asked = chosen_model(lm, api_base, api_key_env, trusted=trusted)
    with opened(graph, quiet=quiet) as chosen:
        info = chosen.info()
        options = checked(
            Options(
                graph or info.uri, info.snapshot, host=host, port=port, workers=workers,
                threads=threads, limits=Limits(timeout_s=timeout, lm_timeout_s=lm_timeout),
                token=token_of(token_file), hosts=tuple(allow_host or ()),
                origins=tuple(allow_origin or ()), proxies=tuple(behind_proxy or ()),
                allow=tuple(allow_restricted or ()), lm=asked, program=program, model=model,
                access_log="" if access_log == "none" else access_log,
                log_questions=log_questions,
            ),
            chosen.store, rate=rate,
        )  # fmt: skip
        check_model(chosen, options)
    listening = bound(options)
    options = options.with_changes(changes_since(diff, options.graph, tell))
    for note in options.notes:
        tell.note(note)
    tell.note(f"serving {info.uri}; Ctrl-C ends it")
    echo(url(options, listening))
    sys.stdout.flush()
    run(options, listening)
