"""``kgmed serve``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.leaving import AllowRestricted
from kgmed.cli.lm_options import LmKey, LmTrusted
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import GraphUri, Quiet
from kgmed.cli.output import echo
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.diff.model import Diff
    from kgmed.reasoning.lm.settings import LMSettings

TOKEN = "KGMED_SERVE_TOKEN"  # noqa: S105  the variable's name


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
    lm_timeout: Annotated[
        float,
        typer.Option(
            "--lm-timeout", min=1, metavar="S", help="Seconds that a question to a model may take."
        ),
    ] = 120.0,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate", min=0, metavar="N",
            help="Requests a second from one client; 0 for no bound. Default: 20, and no bound "
            "where only this machine is served.",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE",
            help="The token that clients must send is in this file. Default: in KGMED_SERVE_TOKEN.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME",
            help="A name that this server goes by, as behind a proxy; repeatable.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", metavar="URL",
            help="A site whose pages may read answers (CORS), https://HOST; repeatable.",
        ),
    ] = None,
    behind_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--behind-proxy", metavar="ADDRESS",
            help="A proxy's address: whom a request is from is read from its X-Forwarded-For; "
            "repeatable.",
        ),
    ] = None,
    allow_restricted: AllowRestricted = None,
    lm: Annotated[
        str | None,
        typer.Option(
            "--lm", metavar="NAME",
            help="Put questions to this language model; no request can name one.",
        ),
    ] = None,
    api_base: Annotated[
        str | None,
        typer.Option("--api-base", metavar="URL", help="The endpoint that serves the model."),
    ] = None,
    api_key_env: LmKey = None,
    trusted: LmTrusted = False,
    program: Annotated[
        str | None,
        typer.Option(
            "--program", help="How questions are answered unless they say. Default: cot with --lm."
        ),
    ] = None,
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
    model = _model(lm, api_base, api_key_env, trusted=trusted)
    with opened(graph, quiet=quiet) as chosen:
        info = chosen.info()
        options = checked(
            Options(
                graph or info.uri, info.snapshot, host=host, port=port, workers=workers,
                threads=threads, limits=Limits(timeout_s=timeout, lm_timeout_s=lm_timeout),
                token=_token(token_file), hosts=tuple(allow_host or ()),
                origins=tuple(allow_origin or ()), proxies=tuple(behind_proxy or ()),
                allow=tuple(allow_restricted or ()), lm=model, program=program,
                access_log="" if access_log == "none" else access_log,
                log_questions=log_questions,
            ),
            chosen.store, rate=rate,
        )  # fmt: skip
    listening = bound(options)
    options = options.with_changes(_changes(diff, options.graph, tell))
    for note in options.notes:
        tell.note(note)
    tell.note(f"serving {info.uri}; Ctrl-C ends it")
    echo(url(options, listening))
    sys.stdout.flush()
    run(options, listening)


def _model(
    name: str | None, api_base: str | None, api_key_env: str | None, *, trusted: bool
) -> LMSettings | None:
    """The language model, where one is named here; the environment's isn't taken unasked."""
    if name is None and api_base is None:
        if api_key_env or trusted:
            raise UsageError("Found --api-key-env or --trusted without --lm, which they are for.")
        return None
    from kgmed.cli.lm_options import chosen_lm

    return chosen_lm(name, api_base, api_key_env=api_key_env, trusted=trusted)


def _token(path: Path | None) -> str:
    """The token of a file, or of the environment; "" where there is none."""
    if path is None:
        return os.environ.get(TOKEN, "").strip()
    try:
        found = path.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't text"
        raise UsageError(f"{path}: the token can't be read ({reason}).") from error
    if not found:
        raise UsageError(f"{path}: is empty, expected a token in it.")
    return found


def _changes(old: str | None, graph: str, tell: Any) -> Diff | None:
    if old is None:
        return None
    from kgmed.facade import open_diff

    tell(f"comparing with {old}")
    with open_diff(old, graph, progress=lambda _text: None) as changes:
        found = changes.with_examples(5)
    tell.done()
    return found
