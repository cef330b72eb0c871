"""What `kgmed serve` and `kgmed mcp` share: options, the token, the model, an older graph."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import Progress
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.kg.diff.model import Diff
    from kgmed.reasoning.lm.settings import LMSettings
    from kgmed.serve.options import Options

TOKEN = "KGMED_SERVE_TOKEN"  # noqa: S105  the variable's name

LmSeconds = Annotated[
    float,
    typer.Option(
        "--lm-timeout", min=1, metavar="S", help="Seconds that a question to a model may take."
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="The token that clients must send is in this file. Default: in KGMED_SERVE_TOKEN.",
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="A name that this server goes by, as behind a proxy; repeatable.",
    ),
]
BehindProxy = Annotated[
    list[str] | None,
    typer.Option(
        "--behind-proxy",
        metavar="ADDRESS",
        help="A proxy's address: whom a request is from is read from its X-Forwarded-For; "
        "repeatable.",
    ),
]
ServedLm = Annotated[
    str | None,
    typer.Option(
        "--lm",
        metavar="NAME",
        help="Put questions to this language model; no client can name one.",
    ),
]
ServedLmBase = Annotated[
    str | None,
    typer.Option("--api-base", metavar="URL", help="The endpoint that serves the model."),
]
ServedProgram = Annotated[
    str | None,
    typer.Option(
        "--program", help="How questions are answered unless they say. Default: cot with --lm."
    ),
]  # fmt: skip


ServedModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A model that 'kgmed learn train --name NAME' made of this graph: who verifies may "
        "ask how plausible it finds what is UNSUPPORTED, who looks for paths, to have them ranked.",
    ),
]


def chosen_model(
    name: str | None, api_base: str | None, api_key_env: str | None, *, trusted: bool
) -> LMSettings | None:
    """The language model, where one is named here; the environment's isn't taken unasked."""
    if name is None and api_base is None:
        if api_key_env or trusted:
            raise UsageError("Found --api-key-env or --trusted without --lm, which they are for.")
        return None
    from kgmed.cli.lm_options import chosen_lm

    return chosen_lm(name, api_base, api_key_env=api_key_env, trusted=trusted)


def check_model(graph: Graph, options: Options) -> None:
    """Refuse a trained model that isn't there, or that may not be told of, before anything is
    served."""
    if options.model is not None:
        from kgmed.serve.leaving import scorer

        scorer(graph, options.model, options.allow if options.leaves else None)


def token_of(path: Path | None) -> str:
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


def changes_since(old: str | None, graph: str, tell: Progress) -> Diff | None:
    """What a graph has that an older one hasn't, and the other way; None where none is named."""
    if old is None:
        return None
    from kgmed.facade import open_diff

    tell(f"comparing with {old}")
    with open_diff(old, graph, progress=lambda _text: None) as changes:
        found = changes.with_examples(5)
    tell.done()
    return found
