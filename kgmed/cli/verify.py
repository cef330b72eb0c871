"""``kgmed verify``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmed.cli.opening import ABSTAINED, Progress, language, opened
from kgmed.cli.options import AsJson, GraphUri, Lang, Quiet
from kgmed.cli.output import echo

if TYPE_CHECKING:
    from kgmed.reasoning.claims.model import Verification

FAILED = 1


def verify(
    text: Annotated[
        str | None, typer.Argument(help="A text, in English or Chinese; - for standard input.")
    ] = None,
    graph: GraphUri = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Verify the text of a file.")
    ] = None,
    triples: Annotated[
        Path | None,
        typer.Option(
            "--triples",
            metavar="FILE",
            help="Verify a table of claims: columns subject, predicate, object (CSV, TSV, JSON "
            "lines, Parquet, Arrow); with --out.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where --triples writes its rows.")
    ] = None,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Read standard input as it comes; verdicts sentence by "
            "sentence, with --json a line each.",
        ),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with the text marked."),
    ] = None,
    refchecker: Annotated[
        bool, typer.Option("--refchecker", help="Print RefChecker's labels as JSON.")
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="VERDICTS",
            help="Exit code 1 where a claim got one of these: refuted,unsupported,not_covered.",
        ),
    ] = "",
    plausibility: Annotated[
        bool,
        typer.Option(
            "--plausibility",
            help="Tell how plausible a trained model finds what is UNSUPPORTED, and the nearest "
            "paths; no evidence, and no verdict changes. 'kgmed learn train' makes a model.",
        ),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="NAME", help="The model of --plausibility. Default: default."
        ),
    ] = None,
    prior: Annotated[
        float | None,
        typer.Option(
            "--prior",
            metavar="SHARE",
            help="How much of what is asked is true, for --plausibility. Default: 0.5.",
        ),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", min=1, help="Processes for --triples.")
    ] = 1,
    as_json: AsJson = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> None:
    """Compare the claims of a text, or a table of claims, with the graph; each verdict is proved.

    SUPPORTED and REFUTED follow from statements, which are listed; UNSUPPORTED is covered by a
    source that doesn't state it; NOT_COVERED is covered by none. Exit code 3 means that nothing
    was claimed.
    """
    from kgmed.kg.errors import UsageError

    given = [name for name, value in (("TEXT", text), ("--file", file), ("--triples", triples),
                                      ("--stream", stream)) if value]  # fmt: skip
    if len(given) != 1:
        raise UsageError(
            f"Found {' and '.join(given) or 'nothing to verify'}, expected one of TEXT, --file, "
            "--triples, --stream."
        )
    name, share = _model(model, prior, plausibility=plausibility, refchecker=refchecker)
    failing = _verdicts(fail_on)
    if triples is not None:
        counted = _table(
            triples, out, graph, processes=processes, quiet=quiet, as_json=as_json, model=name,
            prior=share,
        )  # fmt: skip
        raise typer.Exit(FAILED if failing & {v for v, n in counted.items() if n} else 0)
    chosen_language = language(lang)
    seen: set[str] = set()
    with opened(graph, quiet=quiet) as chosen:
        if stream:
            for found in chosen.verify_stream(
                _arriving(), lang=chosen_language, plausibility=name, prior=share
            ):
                _print(found, as_json=as_json, refchecker=refchecker, indent=None)
                seen |= {checked.verdict for checked in found.claims}
        else:
            with Progress(quiet=quiet).during("verifying"):
                scorer = chosen.scorer(name) if name else None  # before a text is read
                found = chosen.verify(
                    _given(text, file), lang=chosen_language, plausibility=scorer, prior=share
                )
            if html is not None:
                from kgmed.reasoning.claims.report import page

                html.write_text(page(found), encoding="utf-8")
            _print(found, as_json=as_json, refchecker=refchecker, indent=1)
            seen = {checked.verdict for checked in found.claims}
    if failing & seen:
        raise typer.Exit(FAILED)
    if not seen:
        raise typer.Exit(ABSTAINED)


def _model(
    model: str | None, prior: float | None, *, plausibility: bool, refchecker: bool
) -> tuple[str | None, float]:
    """The model that is asked, None without --plausibility, and the share of true statements."""
    from kgmed.kg.errors import UsageError

    for name, value in (("--model", model), ("--prior", prior)):
        if value is not None and not plausibility:
            raise UsageError(f"Found {name} without --plausibility, which it is for.")
    if not plausibility:
        return None, 0.5
    if refchecker:
        raise UsageError(
            "Found --plausibility with --refchecker, expected one of them: RefChecker's labels "
            "have no place for it."
        )
    from kgmed.reasoning.plausibility.uses.claims import EVEN, checked_prior

    return model or "default", checked_prior(EVEN if prior is None else prior)


def _verdicts(given: str) -> set[str]:
    from kgmed.kg.errors import UsageError
    from kgmed.reasoning.claims.model import VERDICTS

    names = {name.strip().upper() for name in given.split(",") if name.strip()}
    unknown = sorted(names - set(VERDICTS))
    if unknown:
        raise UsageError(
            f"Found --fail-on {unknown[0].lower()!r}, expected of: "
            f"{', '.join(verdict.lower() for verdict in VERDICTS)}."
        )
    return names


def _given(text: str | None, file: Path | None) -> str:
    from kgmed.kg.errors import UsageError

    try:
        if file is not None:
            return file.read_text(encoding="utf-8")
        return sys.stdin.buffer.read().decode() if text == "-" else text or ""
    except OSError as error:
        raise UsageError(f"{file}: can't be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file or 'standard input'}: isn't UTF-8 text (byte {error.start})."
        ) from error


def _arriving() -> Iterator[str]:
    """Standard input, line by line, as it comes."""
    yield from sys.stdin


def _print(found: Verification, *, as_json: bool, refchecker: bool, indent: int | None) -> None:
    from kgmed.reasoning.claims import report

    if refchecker:
        echo(json.dumps(report.refchecker(found), ensure_ascii=False, indent=indent))
    elif as_json:
        from kgmed.wire import to_json, verified

        echo(to_json(verified(found), indent=indent))
    else:
        echo("\n".join(report.lines(found)))


def _table(
    source: Path,
    out: Path | None,
    graph: str | None,
    *,
    processes: int,
    quiet: bool,
    as_json: bool,
    model: str | None,
    prior: float,
) -> dict[str, int]:
    from kgmed.kg.errors import UsageError
    from kgmed.reasoning.claims.batch import verify_file

    if out is None:
        raise UsageError("--triples needs --out FILE: the same rows with their verdicts.")
    tell = Progress(quiet=quiet)
    with opened(graph, quiet=quiet) as chosen:
        root = chosen.local_store().snapshot.root
    done = verify_file(
        root, source, out, processes=processes, model=model, prior=prior,
        progress=lambda rows: tell.update(f"verified {rows:,} rows"),
    )  # fmt: skip
    tell.done()
    counted = dict(done.verdicts)
    if as_json:
        from kgmed.wire import to_plain

        echo(json.dumps({"out": str(out), **to_plain(done)}, ensure_ascii=False, indent=1))
    else:
        told = ", ".join(f"{n:,} {verdict}" for verdict, n in sorted(counted.items()))
        echo(f"{out}: {done.rows:,} rows; {told}")
    return counted
