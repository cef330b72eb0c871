"""How builds, overlays and datasets show in a notebook; see :mod:`kgmed.kg.display`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kgmed.kg.display.html import (
    SHOWN,
    Html,
    counted,
    facts,
    few,
    folded,
    heading,
    note,
    table,
)
from kgmed.kg.display.values import statements_table

if TYPE_CHECKING:
    from kgmed.builders.datasets.report import Forecast, Trace, Written
    from kgmed.builders.overlay.make import Made
    from kgmed.builders.overlay.report import OverlayReport
    from kgmed.builders.pipeline import Build
    from kgmed.builders.report import Report
    from kgmed.builders.source import SourceReport

_TABLES = ("concepts", "names", "statements", "mappings")


def build_html(build: Build) -> Html:
    """A build: the snapshot that it made, and its report."""
    manifest = build.snapshot.manifest
    was = " (nothing had changed)" if build.was_there else ""
    title = heading(str(build.snapshot.folder.parent.parent), str(manifest["snapshot"])[:16])
    sizes = ", ".join(f"{n:,} {name}" for name, n in manifest["counts"].items())
    return Html(title + note(sizes + was) + report_html(build.report))


def report_html(report: Report) -> Html:
    """A build's report: what each source gave, every row accounted for, what a curator should look
    at."""
    sources = table(
        ("source", "release", "licence", *_TABLES),
        [
            (s.name, s.release, s.licence, *(s.rows.get(name, 0) for name in _TABLES))
            for s in report.sources
        ],
    )
    check = report.self_check
    verified = "left out"
    if check.ran:
        sign = "✗" if check.count else "✓"
        verified = f"{sign} {check.statements:,} statements, {check.count:,} refuted by others"
    identity = facts([
        ("identity", f"{report.identity.ids:,} ids in {report.identity.classes:,} classes"),
        ("mappings", counted(report.identity.mappings)),
        ("refused mappings", counted(report.identity.refused)),
        ("statements", counted(report.merge.statements)),
        ("unknown predicates", counted(report.merge.unknown_predicates)),
        ("unknown categories", counted(report.merge.unknown_categories)),
        ("self-check", verified),
    ])  # fmt: skip
    lists = {
        "Refuted by another source": check.conflicts,
        "An id contradicts the name beside it": report.identity.contradictions,
        "Cycles of subclass_of, now broader": report.merge.cycles,
        "A tie: names lead to several": report.alignment.tied,
        "A name alike, another code": report.alignment.another_code,
    }
    for source in report.sources:
        lists |= {f"{source.name}: {kind}": rows for kind, rows in source.findings.items()}
    found = "".join(_rows(title, rows) for title, rows in lists.items())
    return Html(sources + _files(report.sources) + identity + found)


def _files(sources: Sequence[SourceReport]) -> Html:
    """Rows read, kept and skipped, by file."""
    rows = [
        (s.infores.removeprefix("infores:"), _end_of(file), c["read"], c["kept"],
         counted(c["skipped"]))
        for s in sources for file, c in s.files.items()
    ]  # fmt: skip
    heads = ("source", "file", "read", "kept", "skipped, by reason")
    made = table(heads, rows, limit=3 * SHOWN, more="report.json") if rows else ""
    read, kept = sum(row[2] for row in rows), sum(row[3] for row in rows)
    skipped = f"{read:,} rows read = {kept:,} kept + {read - kept:,} skipped"
    return folded(skipped, made)


def _end_of(file: str) -> str:
    return "/".join(file.split("/")[-2:])


def _rows(title: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    if not rows:
        return Html("")
    heads = list(rows[0])
    cells = [[row.get(head, "") for head in heads] for row in rows]
    return folded(f"{title} ({len(rows):,})", table(heads, cells, limit=SHOWN, more="report.json"))


def made_html(made: Made) -> Html:
    """An overlay that was made: what it changes of the graph below it."""
    manifest = made.snapshot.manifest
    title = heading(str(made.snapshot.folder.parent.parent), str(manifest["snapshot"])[:16])
    if "overlay" not in manifest:
        return Html(title + note("As built: no overlay lies on it."))
    below = f"an overlay on the generation {manifest['overlay']['base']}"
    return Html(title + note(below) + overlay_html(made.report))


def overlay_html(report: OverlayReport) -> Html:
    """What an overlay read: errata and additions, every row accounted for."""
    files = [
        (_end_of(file), c["read"], c["kept"], counted(c["skipped"]))
        for file, c in report.errata.items()
    ]
    errata = table(("errata", "read", "used", "skipped, by reason"), files) if files else ""
    added = table(
        ("added", "release", "licence", *_TABLES),
        [
            (s.name, s.release, s.licence, *(s.rows.get(name, 0) for name in _TABLES))
            for s in report.sources
        ],
    ) if report.sources else ""  # fmt: skip
    done = facts([
        ("errata", counted(report.actions)),
        ("statements", counted(report.statements)),
        ("already there", counted(report.already_there)),
        ("added before", few(report.added_before)),
    ])  # fmt: skip
    found = "".join(_rows(title, rows) for title, rows in report.findings.items())
    cycles = _rows("subclass_of that would close a cycle, now broader", report.cycles)
    return Html(errata + added + done + found + cycles)


def forecast_html(forecast: Forecast) -> Html:
    """What a dataset would hold."""
    sure = "" if forecast.whole else "about "
    total = f"{sure}{forecast.total:,} rows, {forecast.tokens:,} tokens, {forecast.bytes:,} bytes"
    return Html(
        heading(f"{forecast.kind}: {total}", besides=f"{forecast.seconds:,.0f} s to write")
        + _by_language(forecast.rows) + _leaving(forecast.leaving.duties)
    )  # fmt: skip


def written_html(written: Written) -> Html:
    """What a dataset's folder holds."""
    done = "" if written.complete else f"{written.made:,} of {written.parts:,} parts made"
    splits = table(
        ("config", "split", "rows"),
        [(name, split, n) for name, of in written.rows.items() for split, n in of.items()],
        limit=3 * SHOWN,
    )
    filters = table(("filter", "rows"), list(written.filters.items())) if written.filters else ""
    return Html(
        heading(written.out, besides=done) + splits + _by_language(written.tasks)
        + facts([
            ("statements used", f"{written.statements:,}" if written.statements else ""),
            ("predicates", counted(written.predicates, 8)),
            ("bytes", f"{written.bytes:,}"),
        ])
        + folded("rows that filters took away", filters) + _leaving(written.leaving.duties)
    )  # fmt: skip


def _by_language(rows: Mapping[str, Mapping[str, int]]) -> Html:
    languages = sorted({language for of in rows.values() for language in of})
    cells = [(task, *(of.get(language, 0) for language in languages)) for task, of in rows.items()]
    return folded(f"rows by task ({len(cells)})", table(("task", *languages), cells))


def _leaving(duties: Sequence[str]) -> Html:
    return note(f"asked of whoever passes it on: {few(duties, SHOWN)}" if duties else "")


def trace_html(trace: Trace) -> Html:
    """A dataset's row, and the statements behind it."""
    row = trace.row
    said = [
        (message.get("role", ""), message.get("content", ""))
        for message in row.get("messages") or ()
        if isinstance(message, Mapping)
    ]
    texts = table(("", "said"), said) if said else note(str(row.get("text", "")))
    lacks = f"✗ this graph lacks {few(trace.missing)}" if trace.missing else ""
    return Html(
        heading(str(row.get("task", "row")), str(row.get("id", "")))
        + texts
        + statements_table(trace.statements, {}, more=".statements")
        + note(lacks)
    )
