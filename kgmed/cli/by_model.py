"""What the commands share that have rows written by a language model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli import datasets
from kgmed.cli.opening import Progress
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.facade import Graph

Lm = Annotated[
    str,
    typer.Option(
        "--lm",
        metavar="NAME|FOLDER",
        help="A folder with a model of transformers, run in this process; the name of what "
        "--api-base serves; or DSPy's provider/model.",
    ),
]
ApiBase = Annotated[
    str, typer.Option("--api-base", metavar="URL", help="An OpenAI-compatible endpoint.")
]
Trusted = Annotated[
    bool,
    typer.Option("--trusted", help="The endpoint may see what --allow-restricted lets out."),
]
Temperature = Annotated[float, typer.Option("--temperature", min=0.0)]
Samples = Annotated[
    int,
    typer.Option(
        "--samples", min=0, help="Answers to each prompt. Default: 1; 4 with --from-model.",
        show_default=False,
    ),
]  # fmt: skip
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Of one answer, at most.")]
Concurrency = Annotated[
    int, typer.Option("--concurrency", min=1, help="Requests that are sent at a time.")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="The file that keeps answers. Default: in the dataset's folder.",
        show_default=False,
    ),
]  # fmt: skip
Prices = Annotated[
    str,
    typer.Option(
        "--prices",
        metavar="IN,OUT",
        help="Of a million tokens of prompts and of answers, for the forecast.",
    ),
]
Decompose = Annotated[
    bool,
    typer.Option(
        "--decompose", help="--lm also takes the claims from what it wrote, beside the rules."
    ),
]


@dataclass(frozen=True)
class Options:
    """How a model is reached and asked."""

    lm: str
    api_base: str
    temperature: float
    samples: int
    max_tokens: int
    concurrency: int
    cache: Path | None
    prices: str
    trusted: bool
    decompose: bool


def instructions_way(*, paraphrase: bool, generate: bool) -> str:
    """What ``export instructions`` has a model write, if anything."""
    if paraphrase and generate:
        raise UsageError("Found --paraphrase and --generate, expected one of them at a time.")
    return "paraphrases" if paraphrase else "generated" if generate else ""


def check(way: str, asked: Options, *, restricted: bool) -> None:
    """Raise :class:`~kgmed.kg.errors.UsageError` for options that don't go together."""
    flag = {"paraphrases": "--paraphrase", "generated": "--generate"}.get(way, "--from-model")
    if not way and (asked.lm or asked.api_base):
        raise UsageError(
            f"Found --lm {asked.lm}, but nothing for it to write. Add --paraphrase or --generate "
            "(export instructions), or --from-model (export preferences)."
        )
    if way and not asked.lm:
        raise UsageError(
            f"Found {flag} without --lm. Name the folder of a model, or what --api-base serves."
        )
    if way and restricted and not asked.trusted and not _is_local(asked):
        raise UsageError(
            f"Found --allow-restricted with a model that isn't on this machine ({asked.lm}): its "
            "prompts would hold restricted statements. Add --trusted if it may see them."
        )


def _is_local(asked: Options) -> bool:
    from kgmed.reasoning.lm.naming import is_loopback

    return is_loopback(asked.api_base) if asked.api_base else Path(asked.lm).expanduser().is_dir()


def run(
    graph: Graph,
    way: Any,
    out: Path,
    *,
    asked: Options,
    rows: dict[str, Any],
    tell: Progress,
    partition: tuple[int, int] | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Have rows written by a model, or forecast what it would be asked."""
    from kgmed.reasoning.lm.naming import named_model

    shared: dict[str, Any] = {
        **rows, "temperature": asked.temperature, "samples": asked.samples,
        "max_tokens": asked.max_tokens, "prices": priced(asked.prices),
    }  # fmt: skip

    def write(told: Any) -> Any:
        model = named_model(asked.lm, api_base=asked.api_base)
        return graph.write_by_model(
            way, out, model.complete, lm_name=model.name, concurrency=asked.concurrency,
            cache=asked.cache or "", decompose=asked.decompose, forecast=told, partition=partition,
            **shared,
        )  # fmt: skip

    datasets.run(
        lambda: graph.forecast_by_model(way, lm_name=asked.lm, **shared), write, tell,
        dry_run=dry_run, as_json=as_json, quiet=quiet,
    )  # fmt: skip


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
