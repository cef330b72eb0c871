"""``kgmed ask``."""

from __future__ import annotations

from typing import Annotated

import typer

from kgmed.cli import asking
from kgmed.cli.lm_options import LmKey, LmTimeout
from kgmed.cli.options import AsJson, GraphUri, Lang, Quiet


def ask(
    question: Annotated[
        str | None, typer.Argument(help="A question, in English or Chinese; - for stdin.")
    ] = None,
    graph: GraphUri = None,
    *,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Items to print; 0 for all.")
    ] = asking.DEFAULT_LIMIT,
    program: Annotated[
        str | None,
        typer.Option(
            "--program",
            help="How to answer: direct (from the graph alone), or on a language model predict, "
            "cot, tot, self-consistency or constrained. Default: direct; cot with --lm.",
        ),
    ] = None,
    lm: Annotated[
        str | None,
        typer.Option(
            "--lm",
            metavar="NAME",
            help="Language model: what the endpoint serves, a folder, or embedded. Default: "
            "KGMED_LM, else [lm] in kgmed.toml, else embedded.",
        ),
    ] = None,
    api_base: Annotated[
        str | None,
        typer.Option("--api-base", metavar="URL", help="The endpoint that serves the model."),
    ] = None,
    api_key_env: LmKey = None,
    timeout: LmTimeout = None,
    options: Annotated[
        str | None,
        typer.Option("--options", metavar="A|B|C", help="Answers to choose from."),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(
            "--examples",
            metavar="FILE",
            help="Solved questions to show a model first, with the graph's evidence for their "
            "answers (few-shot): JSON lines, JSON, CSV or Parquet with question, answer, options.",
        ),
    ] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", min=50, help="Tokens of evidence to show a model.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", min=1, help="Answers that self-consistency takes.")
    ] = None,
    revise: Annotated[
        int | None,
        typer.Option(
            "--revise",
            min=0,
            metavar="N",
            help="Times that a model's answer is sent back where the graph refutes a claim of it; "
            "0 leaves it as it is. Default: 1.",
        ),
    ] = None,
    unsupported: Annotated[
        str | None,
        typer.Option(
            "--unsupported",
            metavar="WHAT",
            help="What becomes of a model's sentences that the graph doesn't bear out: mark, "
            "remove or keep. Default: mark.",
        ),
    ] = None,
    trusted: Annotated[
        bool, typer.Option("--trusted", help="The model may see what isn't openly licensed.")
    ] = False,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            metavar="FILE",
            help="Answer the questions of a file: a line each (.txt), or records with question and "
            "options (JSON, JSON lines, CSV, TSV, Parquet); with --out.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help="Where --file writes its answers, as JSON lines."
        ),
    ] = None,
    concurrency: Annotated[
        int | None,
        typer.Option(
            "--concurrency", min=1, help="Questions of --file under way at once. Default: 16."
        ),
    ] = None,
    trace: Annotated[
        bool, typer.Option("--trace", help="Print how a program came to its answer.")
    ] = False,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Print a model's sentences as it writes them, each with its verdicts, then the "
            "answer; with --json a line each.",
        ),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Answer a question from the graph, each line with its statement and source.

    Ended early, --file goes on where it was when the same command is called again. Exit code 3
    means that it abstained.
    """
    code = asking.run(
        question,
        file=file,
        out=out,
        concurrency=concurrency,
        graph=graph,
        limit=limit,
        program=program,
        lm=lm,
        api_base=api_base,
        api_key_env=api_key_env,
        timeout=timeout,
        options=options,
        examples=examples,
        budget=budget,
        samples=samples,
        revise=revise,
        unsupported=unsupported,
        trusted=trusted,
        trace=trace,
        stream=stream,
        as_json=as_json,
        quiet=quiet,
        lang=lang,
    )
    if code:
        raise typer.Exit(code)
