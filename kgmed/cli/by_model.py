"""What the commands share that have rows written by a language model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli import datasets
from kgmed.cli.lm_options import chosen_lm, priced
from kgmed.cli.opening import Progress
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.facade import Graph
    from kgmed.reasoning.lm.settings import LMSettings
    from kgmed.reasoning.lm.usage import Usage

CACHE = "completions.sqlite"
"""The file of answers in the folder that the settings name."""
Temperature = Annotated[
    float, typer.Option("--temperature", min=0.0, help="How freely the model writes.")
]
Samples = Annotated[
    int,
    typer.Option(
        "--samples", min=0, help="Answers to each prompt. Default: 1; 4 with --from-model.",
        show_default=False,
    ),
]  # fmt: skip
MaxTokens = Annotated[int, typer.Option("--max-tokens", min=1, help="Of one answer, at most.")]
Concurrency = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        min=1,
        help="Requests that are sent at a time. Default: that of [lm] in kgmed.toml, else 16.",
        show_default=False,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FILE",
        help="The file that keeps answers. Default: in the folder that [lm] in kgmed.toml names, "
        "else in the dataset's.",
        show_default=False,
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
    """How a model is reached and asked, as the command line says."""

    lm: str | None
    api_base: str | None
    api_key_env: str | None
    timeout_s: float | None
    temperature: float
    samples: int
    max_tokens: int
    concurrency: int | None
    cache: Path | None
    prices: str
    trusted: bool
    decompose: bool


def instructions_way(*, paraphrase: bool, generate: bool) -> str:
    """What ``export instructions`` has a model write, if anything."""
    if paraphrase and generate:
        raise UsageError("Found --paraphrase and --generate, expected one of them at a time.")
    return "paraphrases" if paraphrase else "generated" if generate else ""


def check(way: str, asked: Options, *, restricted: bool) -> LMSettings | None:
    """The model that is to write; None where nothing is for one to write.

    Raises :class:`~kgmed.kg.errors.UsageError` for options that don't go together, and for a model
    that can't write, or may not see what it would be sent.
    """
    if not way:
        if asked.lm or asked.api_base:
            raise UsageError(
                f"Found --lm {asked.lm}, but nothing for it to write. Add --paraphrase or "
                "--generate (export instructions), or --from-model (export preferences)."
            )
        return None
    lm = chosen_lm(
        asked.lm, asked.api_base, api_key_env=asked.api_key_env, trusted=asked.trusted,
        timeout_s=asked.timeout_s, concurrency=asked.concurrency,
    )  # fmt: skip
    if lm.is_embedded:
        raise UsageError(
            "Found the language model embedded, which quotes evidence and can't write rows. Name "
            "one that writes: --lm NAME --api-base URL, or the folder of a model."
        )
    trusted, why = lm.trust
    if restricted and not trusted:
        raise UsageError(
            f"Found --allow-restricted with the language model {lm.name}: its prompts would hold "
            f"restricted statements, and {why}. Add --trusted if it may see them."
        )
    return lm


def run(
    graph: Graph,
    way: Any,
    out: Path,
    *,
    asked: Options,
    lm: LMSettings,
    rows: dict[str, Any],
    tell: Progress,
    partition: tuple[int, int] | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Have rows written by a model, or forecast what it would be asked."""
    shared: dict[str, Any] = {
        **rows, "temperature": asked.temperature, "samples": asked.samples,
        "max_tokens": asked.max_tokens, "prices": priced(asked.prices),
    }  # fmt: skip

    def write(told: Any) -> Any:
        from kgmed.reasoning.lm.connect import connect

        kept = asked.cache or (lm.cache and lm.cache / CACHE)
        with connect(replace(lm, cache=None)) as model:
            try:
                return graph.write_by_model(
                    way, out, model, concurrency=1 if lm.folder else lm.concurrency,
                    cache=kept or "", decompose=asked.decompose, forecast=told,
                    partition=partition, **shared,
                )  # fmt: skip
            finally:
                tell.done()
                tell.note(in_a_line(model.usage))

    datasets.run(
        lambda: graph.forecast_by_model(way, lm_name=lm.name, **shared), write, tell,
        dry_run=dry_run, as_json=as_json, quiet=quiet,
    )  # fmt: skip


def in_a_line(usage: Usage) -> str:
    """What a run asked of a model.

    >>> from kgmed.reasoning.lm.usage import Usage
    >>> in_a_line(Usage(calls=3, prompt_tokens=1200, completion_tokens=90, retries=1))
    'the model gave 3 answers in this run: 1,200 tokens of prompts, 90 of answers; 1 sent again'
    """
    again = f"; {usage.retries:,} sent again" if usage.retries else ""
    return (
        f"the model gave {usage.calls:,} answers in this run: {usage.prompt_tokens:,} tokens of "
        f"prompts, {usage.completion_tokens:,} of answers{again}"
    )
