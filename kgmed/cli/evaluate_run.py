"""``kgmed evaluate run``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kgmed.cli.keys import keyed
from kgmed.cli.lm_options import LmBase, LmKey, LmName, LmTimeout, LmTrusted, Prices, priced
from kgmed.cli.opening import Progress, opened
from kgmed.cli.options import AsJson, GraphUri, Quiet
from kgmed.cli.output import echo, print_table

if TYPE_CHECKING:
    from kgmed.prompts.asks import Asks
    from kgmed.reasoning.evaluation.run import Ran
    from kgmed.reasoning.evaluation.told import Evaluated, MethodForecast


def run(
    benchmark: Annotated[
        Path, typer.Argument(metavar="FILE", help="A benchmark's file, in its published format.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where each method gets its folder.")
    ],
    graph: GraphUri = None,
    *,
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            metavar="A,B",
            help="What to compare: closed, closed-few, closed-cot, auto-cot, closed-sc, rag, "
            "rag-cot, graph, graph-few, graph-cot, graph-sc, graph-tot, constrained, verified; "
            "over answers to judge: verifier, judge, evidence-judge, chain-of-verification, "
            "sample-agreement. Default: closed-cot, rag-cot, graph-cot, verified; all detectors "
            "but evidence-judge.",
        ),
    ] = "",
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="The file's format. Default: by its fields."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Items to ask: the first so many.")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample",
            metavar="N",
            min=1,
            help="Ask N items drawn by chance, as even over kinds and languages as they allow.",
        ),
    ] = None,
    change: Annotated[
        str | None,
        typer.Option(
            "--change",
            metavar="HOW",
            help="Ask the items otherwise: case, typo, synonym, brand or language.",
        ),
    ] = None,
    solved: Annotated[
        Path | None,
        typer.Option(
            "--solved",
            metavar="FILE",
            help="Questions with answers for closed-few, auto-cot and graph-few.",
        ),
    ] = None,
    passages: Annotated[
        list[Path] | None,
        typer.Option(
            "--passages",
            metavar="FILE|FOLDER",
            help="Texts for rag: a file, or a folder such as `kgmed export corpus` writes; "
            "repeatable. Default: what the graph states, in sentences.",
        ),
    ] = None,
    lm: LmName = None,
    api_base: LmBase = None,
    api_key_env: LmKey = None,
    timeout: LmTimeout = None,
    trusted: LmTrusted = False,
    shots: Annotated[
        int | None, typer.Option("--shots", min=1, help="Examples of few-shot methods. Default: 3.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Samples of a vote. Default: 5.")
    ] = None,
    revise: Annotated[
        int | None, typer.Option("--revise", min=0, help="Rounds of revision. Default: 1.")
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=50, help="Tokens of evidence. Default: 600.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Chooses examples and sample.")] = 0,
    concurrency: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Items under way at once. Default: 16."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only tell what the model would be asked; ask nothing."),
    ] = False,
    prices: Prices = "",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Ask a language model the items of a benchmark, with the graph and without it.

    Ended early, the same command goes on. `kgmed evaluate compare runs/*` shows what came of it.
    """
    tell = Progress(quiet=quiet)
    what: dict[str, Any] = {
        "methods": [name.strip() for name in methods.split(",") if name.strip()],
        "format": format, "limit": limit, "sample": sample, "change": change, "solved": solved,
        "passages": passages or (), "shots": shots, "samples": samples, "revise": revise,
        "budget": budget, "seed": seed, "lm": lm, "api_base": api_base, "trusted": trusted or None,
        "prices": priced(prices),
    }  # fmt: skip
    foreseen: list[MethodForecast] = []

    def told(found: Sequence[MethodForecast]) -> None:
        foreseen.extend(found)
        tell.done()
        for line in forecast_lines(found):
            tell.note(line)

    ran: list[Ran] = []
    try:
        with keyed(api_key_env), opened(graph, quiet=quiet) as chosen:
            if dry_run:
                foreseen += chosen.forecast_evaluation(benchmark, out, **what)
            else:
                ran = chosen.evaluate(
                    benchmark, out, timeout_s=timeout, concurrency=concurrency,
                    forecast=None if quiet and not as_json else told, tell=steps(tell), **what,
                )  # fmt: skip
    finally:
        tell.done()
    if as_json:
        from kgmed.wire import to_json

        echo(to_json(_evaluated(benchmark, foreseen, ran)))
    elif dry_run:
        print_table(*forecast_table(foreseen))
    for one in () if as_json else ran:
        echo(_line(one))
    failed = sum(one.done.failed for one in ran)
    if failed:
        last = next((f" The last: {one.done.error}" for one in reversed(ran) if one.done.error), "")
        sys.stderr.write(
            f"kgmed: {failed:,} items have no answer; 'error' in their records says why.{last}\n"
        )
        raise typer.Exit(1)


def steps(tell: Progress) -> Callable[[str], None]:
    """Tells steps at once, and how far one is now and then."""
    far = re.compile(r"\d of (?:about )?\d")
    return lambda text: (tell.update if far.search(text) else tell)(text)


def forecast_lines(found: Sequence[MethodForecast]) -> Iterator[str]:
    """What a model will be asked, a line a method."""
    for one in found:
        if one.kept == one.items:
            yield f"forecast: {one.method}: all {one.items:,} items are answered already"
            continue
        before = f", {one.kept:,} more answered already" if one.kept else ""
        back = f"; up to {one.sent_back:,} answers sent back" if one.sent_back else ""
        yield (
            f"forecast: {one.method}: {one.items - one.kept:,} items{before}: "
            f"about {in_words(one.asks)}{back}"
        )


def in_words(asks: Asks) -> str:
    """Calls and tokens.

    >>> from kgmed.prompts.asks import Asks
    >>> in_words(Asks(20, 9000, 800, 0.0061))
    '20 calls, 9,000 tokens of prompts and 800 of answers, at these prices 0.01'
    """
    cost = "" if asks.cost is None else f", at these prices {asks.cost:,.2f}"
    return (
        f"{asks.calls:,} calls, {asks.prompt_tokens:,} tokens of prompts and "
        f"{asks.completion_tokens:,} of answers{cost}"
    )


def forecast_table(
    found: Sequence[MethodForecast],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of what a model would be asked, and the sum of all methods."""
    heads: tuple[str, ...] = (
        "method",
        "items",
        "answered",
        "calls",
        "prompt tokens",
        "answer tokens",
        "sent back",
    )
    asks = [one.asks for one in found]
    costs = [one.cost for one in asks if one.cost is not None]
    rows: list[tuple[str, ...]] = [
        (one.method, *map(_number, (one.items, one.kept, one.asks.calls, one.asks.prompt_tokens,
                                    one.asks.completion_tokens, one.sent_back)))
        for one in found
    ]  # fmt: skip
    if len(found) > 1:
        sums = (sum(one.items for one in found), sum(one.kept for one in found),
                sum(one.calls for one in asks), sum(one.prompt_tokens for one in asks),
                sum(one.completion_tokens for one in asks),
                sum(one.sent_back for one in found))  # fmt: skip
        rows.append(("all", *map(_number, sums)))
        costs.append(sum(costs))
    if any(one.cost is not None for one in asks):
        heads = (*heads, "cost")
        rows = [(*row, f"{cost:,.2f}") for row, cost in zip(rows, costs, strict=True)]
    return heads, rows


def _number(value: int) -> str:
    return f"{value:,}"


def _line(ran: Ran) -> str:
    done = ran.done
    left = "".join(f"; left out: {n:,} {why}" for why, n in ran.left_out.items())
    if done.kept == done.questions:
        return (
            f"{ran.folder}: {done.questions:,} items, {done.failed:,} failed; all answered "
            f"before{left}"
        )
    before = f" ({done.kept:,} before)" if done.kept else ""
    return (
        f"{ran.folder}: {done.questions:,} items{before}, {done.failed:,} failed; "
        f"{done.rate:,.1f} items/s, {done.tokens:,} tokens{left}"
    )


def _evaluated(
    benchmark: Path, foreseen: Sequence[MethodForecast], ran: Sequence[Ran]
) -> Evaluated:
    from kgmed.reasoning.evaluation.told import Evaluated, MethodRun

    runs = (
        MethodRun(str(one.folder), one.method, one.done.questions, one.done.kept, one.done.failed,
                  round(one.done.seconds, 2), one.done.tokens, dict(one.left_out))
        for one in ran
    )  # fmt: skip
    return Evaluated(str(benchmark), tuple(foreseen), tuple(runs))
