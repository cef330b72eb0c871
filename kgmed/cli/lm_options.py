"""The options that name a language model, and reading them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.kg.errors import UsageError
from kgmed.settings import lm_settings

if TYPE_CHECKING:
    from kgmed.reasoning.lm.settings import LMSettings

LmName = Annotated[
    str | None,
    typer.Option(
        "--lm",
        metavar="NAME",
        help="The language model: what --api-base serves, the folder of a model, embedded, or "
        "DSPy's provider/model. Default: KGMED_LM, else [lm] of kgmed.toml.",
    ),
]
LmBase = Annotated[
    str | None,
    typer.Option(
        "--api-base",
        metavar="URL",
        help="An OpenAI-compatible endpoint. Default: KGMED_API_BASE, else [lm] of kgmed.toml.",
    ),
]
LmKey = Annotated[
    str | None,
    typer.Option(
        "--api-key-env",
        metavar="VARIABLE",
        help="The variable of the environment that holds the endpoint's key. Default: "
        "KGMED_API_KEY.",
    ),
]
LmTrusted = Annotated[
    bool,
    typer.Option("--trusted", help="The endpoint, on another machine, may see restricted content."),
]
LmTimeout = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="S", help="Seconds that the endpoint may send nothing. Default: 120."
    ),
]

Prices = Annotated[
    str,
    typer.Option(
        "--prices",
        metavar="IN,OUT",
        help="Of a million tokens of prompts and of answers, for the forecast.",
    ),
]


def chosen_lm(
    name: str | None = None,
    api_base: str | None = None,
    *,
    api_key_env: str | None = None,
    trusted: bool = False,
    timeout_s: float | None = None,
    cache: Path | None = None,
    **more: Any,
) -> LMSettings:
    """The language model that options, the environment or kgmed.toml name; raises
    :class:`~kgmed.kg.errors.UsageError` where none does."""
    found = lm_settings(
        name=name, api_base=api_base, api_key_env=api_key_env, trusted=trusted or None,
        timeout_s=timeout_s, cache=cache, **more,
    )  # fmt: skip
    if found is None:
        raise UsageError(
            "Found no language model. Name one: --lm NAME --api-base URL, KGMED_LM and "
            "KGMED_API_BASE, or [lm] in kgmed.toml. `kgmed lm serve MODEL` starts one."
        )
    return found


def priced(text: str) -> tuple[float, float] | None:
    """Read ``--prices``.

    >>> priced("0.5,1.5"), priced("")
    ((0.5, 1.5), None)
    """
    if not text:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*,\s*(\d+(?:\.\d+)?)\s*", text)
    if found is None:
        raise UsageError(
            f"Found --prices {text!r}, expected IN,OUT: two prices of a million tokens, as 0.5,1.5."
        )
    return float(found[1]), float(found[2])
