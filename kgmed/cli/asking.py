"""The work of ``kgmed ask``, and the short way to it.

Typer and what it imports take longer to load than an answer takes to find. A plain command line
(one question and known options) is therefore read here; anything else, help and mistakes included,
goes through Typer. A test compares the two lists of options.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from kgmed.cli.keys import keyed
from kgmed.cli.opening import ABSTAINED, Progress, language, opened
from kgmed.cli.output import echo, print_answer
from kgmed.kg.errors import UsageError

DEFAULT_LIMIT = 20
FLAGS = {
    "--json": "as_json",
    "--quiet": "quiet",
    "-q": "quiet",
    "--trusted": "trusted",
    "--trace": "trace",
    "--stream": "stream",
}
VALUES = {
    "--graph": "graph",
    "--limit": "limit",
    "-n": "limit",
    "--program": "program",
    "--lm": "lm",
    "--api-base": "api_base",
    "--api-key-env": "api_key_env",
    "--timeout": "timeout",
    "--options": "options",
    "--examples": "examples",
    "--budget": "budget",
    "--samples": "samples",
    "--file": "file",
    "--out": "out",
    "--concurrency": "concurrency",
    "--revise": "revise",
    "--unsupported": "unsupported",
    "--lang": "lang",
}
NUMBERS = {"limit": 0, "budget": 50, "samples": 1, "revise": 0, "concurrency": 1}
"""Options that are numbers, and the least of each."""
NO_MODEL = (
    "no language model is configured (--lm, KGMED_LM or [lm] in kgmed.toml); the embedded engine "
    "answers, which quotes the graph's evidence"
)
_STDIN_BYTES = 1 << 21


def read_plain(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The arguments of :func:`run` from a plain command line; None where Typer is needed.

    >>> read_plain(["drug interactions of warfarin", "--limit", "3", "--json"])
    {'question': 'drug interactions of warfarin', 'limit': 3, 'as_json': True}
    >>> read_plain(["--help"]) is None, read_plain(["a", "b"]) is None
    (True, True)
    """
    found: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        if argument in FLAGS:
            found[FLAGS[argument]] = True
        elif argument in VALUES:
            value = next(rest, None)
            if value is None:
                return None
            found[VALUES[argument]] = value
        elif (argument.startswith("-") and argument != "-") or "question" in found:
            return None
        else:
            found = {"question": argument, **found}
    if "timeout" in found and not _is_number(found["timeout"]):
        return None
    found |= {name: float(found[name]) for name in ("timeout",) if name in found}
    for name in NUMBERS.keys() & found.keys():
        if not found[name].isdecimal() or int(found[name]) < NUMBERS[name]:
            return None
        found[name] = int(found[name])
    return found if "question" in found else None


def run(
    question: str | None = None,
    *,
    file: str | None = None,
    out: str | None = None,
    concurrency: int | None = None,
    graph: str | None = None,
    limit: int = DEFAULT_LIMIT,
    program: str | None = None,
    lm: str | None = None,
    api_base: str | None = None,
    api_key_env: str | None = None,
    timeout: float | None = None,
    options: str | None = None,
    examples: str | None = None,
    budget: int | None = None,
    samples: int | None = None,
    revise: int | None = None,
    unsupported: str | None = None,
    trusted: bool = False,
    trace: bool = False,
    stream: bool = False,
    as_json: bool = False,
    quiet: bool = False,
    lang: str | None = None,
) -> int:
    """Answer and print; returns the exit code."""
    if api_key_env is not None and lm is None and api_base is None and program in {None, "direct"}:
        raise UsageError("Found --api-key-env without --lm or a --program that asks a model.")
    if file is not None:
        from kgmed.cli.ask_file import run_file

        besides = {"QUESTION": question, "--options": options, "--trace": trace,
                   "--stream": stream}  # fmt: skip
        with keyed(api_key_env):
            return run_file(
            file, out, besides=[name for name, value in besides.items() if value],
            graph=graph, quiet=quiet, as_json=as_json, concurrency=concurrency,
            language=language(lang), limit=limit or None, program=program, lm=lm,
            api_base=api_base, timeout_s=timeout, examples=examples, budget=budget,
            samples=samples, trusted=trusted or None, revise=revise,
            unsupported=doubtful(unsupported),
        )  # fmt: skip
    if question is None or out is not None or concurrency is not None:
        found = "nothing to ask" if question is None else "--out or --concurrency without --file"
        raise UsageError(f"Found {found}, expected QUESTION, or --file FILE --out FILE.")
    text = _from_stdin() if question == "-" else question
    offered = [part.strip() for part in (options or "").split("|") if part.strip()]
    with keyed(api_key_env), opened(graph, quiet=quiet) as chosen:
        asked: Any = chosen.ask
        if stream:
            from kgmed.cli.tracing import streamed

            asked = streamed(chosen, as_json=as_json)
        by_model = not stream and (lm is not None or program not in {None, "direct"})
        with Progress(quiet=quiet).during("asking the model") if by_model else nullcontext():
            answer = asked(
                text, language=language(lang), limit=limit or None, program=program, lm=lm,
                api_base=api_base, timeout_s=timeout, options=offered, examples=examples,
                budget=budget, samples=samples, trusted=trusted or None, revise=revise,
                unsupported=doubtful(unsupported),
            )  # fmt: skip
        if answer.model == "embedded" and lm is None and not quiet:
            sys.stderr.write(f"kgmed: {NO_MODEL}\n")
        if examples is not None and not quiet:
            told = next(entry for entry in answer.trace if entry["kind"] == "examples")
            sys.stderr.write(f"kgmed: {told['text']}\n")
        if as_json:
            from kgmed.wire import to_json

            echo(to_json(answer))
        else:
            if trace:
                from kgmed.cli.tracing import print_trace

                print_trace(answer)
            print_answer(answer, limit=limit or None, quiet=quiet)
    return ABSTAINED if answer.abstained else 0


def _is_number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def doubtful(value: str | None) -> Any:
    """Check ``--unsupported``."""
    if value is not None and value not in {"mark", "remove", "keep"}:
        raise UsageError(f"Found --unsupported {value!r}, expected one of: mark, remove, keep.")
    return value


def _from_stdin() -> str:
    try:
        return sys.stdin.buffer.read(_STDIN_BYTES).decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The question on standard input isn't UTF-8 text (byte {error.start})."
        ) from error
