"""The plots of a comparison; each shows numbers that stand in a table, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kgmed.kg.linking.html import plain
from kgmed.reasoning.evaluation.comparison.model import Compared, Comparison
from kgmed.reasoning.evaluation.measures.claims import VERDICTS
from kgmed.reasoning.pages.formats import number, percent, spread
from kgmed.reasoning.pages.reliability import Bin, reliability_drawing
from kgmed.reasoning.pages.svg import FILLS, Axes, Drawing, key

_ROW = 30
_NAMES = 190
_LONGEST = 26
"""Characters of a run's name beside a plot."""
_SEEN = 34
"""Pixels that a percentage takes."""


def plots(found: Comparison) -> Iterator[tuple[str, str]]:
    """(title, HTML) of every plot that a comparison has something for."""
    runs = found.runs
    makers = (
        ("Accuracy", accuracy_plot),
        ("Claims against the graph", claims_plot),
        ("Why items aren't right", errors_plot),
        ("Tokens and accuracy", cost_plot),
        ("Risk by coverage", risk_plot),
        ("Confidence and outcome", reliability_plot),
    )
    for title, maker in makers:
        made = maker(runs)
        if made:
            yield title, made


def accuracy_plot(runs: Sequence[Compared]) -> str:
    """Accuracy of each run with its interval; of answered items below it, unfilled."""
    shown = [
        (n, run) for n, run in enumerate(runs) if run.measures.accuracy.accuracy.value is not None
    ]
    if not shown:
        return ""
    drawing = Drawing("Accuracy with intervals", 56 + _ROW * len(shown))
    axes = Axes(drawing, (0, 0), (1, 1), left=_NAMES)
    axes.across("accuracy over all items, with its interval")
    for row, (series, run) in enumerate(shown):
        found = run.measures.accuracy.accuracy
        y = axes.top + _ROW * (row + 0.5)
        name(drawing, series, run, y)
        value = found.value or 0.0
        if found.low is not None and found.high is not None:
            axes.interval(found.low, found.high, y, series)
        drawing.mark(axes.place(value, 0)[0], y, series, told=f"{run.name}: {spread(found)}")
    return drawing.svg()


def claims_plot(runs: Sequence[Compared]) -> str:
    """Claims by verdict, a bar a run."""
    rows = [
        (n, run, {verdict: one.value or 0.0 for verdict, one in run.measures.claims.shares.items()})
        for n, run in enumerate(runs)
        if run.measures.claims.claims
    ]
    words = {verdict: verdict.lower().replace("_", " ") for verdict in VERDICTS}
    return _bars("Claims by verdict", "share of claims", rows, words)


def errors_plot(runs: Sequence[Compared]) -> str:
    """Items that aren't right by why, as shares of all, a bar a run: the four most frequent."""
    totals: dict[str, int] = {}
    for run in runs:
        for kind, count in run.measures.errors.items():
            totals[kind] = totals.get(kind, 0) + count
    kinds = list(totals)
    if len(kinds) > FILLS:
        most = sorted(kinds, key=lambda kind: -totals[kind])[: FILLS - 1]
        kinds = [kind for kind in kinds if kind in most]
    rows = []
    for n, run in enumerate(runs):
        items = run.measures.accuracy.items
        if not items or not kinds:
            continue
        shares = {kind: run.measures.errors.get(kind, 0) / items for kind in kinds}
        if len(totals) > len(kinds):
            shares["others"] = sum(run.measures.errors.values()) / items - sum(shares.values())
        rows.append((n, run, shares))
    words = {kind: kind.replace("_", " ") for kind in [*kinds, "others"]}
    return _bars(
        "Items that aren't right, by why", "share of all items", rows, words, first_fill=FILLS
    )


def cost_plot(runs: Sequence[Compared]) -> str:
    """Tokens an item beside accuracy, a mark a run with its interval."""
    shown = [
        (n, run, run.measures.cost.tokens_each, run.measures.accuracy.accuracy)
        for n, run in enumerate(runs)
        if run.measures.cost.tokens_each and run.measures.accuracy.accuracy.value is not None
    ]
    if not shown:
        return ""
    drawing = Drawing("Tokens and accuracy", 300)
    most = max(tokens or 0.0 for _, _, tokens, _ in shown)
    axes = Axes(drawing, (0, 0), (1.15 * most, 1))
    axes.draw("tokens an item", "accuracy", percents=(False, True))
    labels = []
    for series, run, tokens, found in shown:
        x, y = axes.place(tokens or 0.0, found.value or 0.0)
        if found.low is not None and found.high is not None:
            low, high = axes.place(0, found.low)[1], axes.place(0, found.high)[1]
            drawing.line(x, low, x, high, of=f"line s{series % 8}")
        told = f"{run.name}: {number(tokens)} tokens, {spread(found)}"
        drawing.mark(x, y, series, told=told)
        labels.append((x, y, str(series + 1)))
    drawing.labels(labels)
    return drawing.svg() + key([run.name for run in runs])


def risk_plot(runs: Sequence[Compared]) -> str:
    """The share not right among the surest answers; a run without confidence is one mark."""
    drawing = Drawing("Risk by coverage", 300)
    axes = Axes(drawing, (0, 0), (1, 1))
    axes.draw("share of items answered, the surest first", "not right", percents=(True, True))
    curves = 0
    labels = []
    for series, run in enumerate(runs):
        a, curve = run.measures.accuracy, run.measures.confidence.curve
        if curve:
            curves += 1
            points = [axes.place(one.coverage, one.risk) for one in curve]
            drawing.path(points, series)
        elif a.answered and a.of_answered.value is not None:
            points = [axes.place(a.answered, 1 - a.of_answered.value)]
        else:
            continue
        x, y = points[-1]
        drawing.mark(x, y, series, told=f"{run.name}: all that it answered")
        labels.append((x, y, str(series + 1)))
    drawing.labels(labels)
    return drawing.svg() + key([run.name for run in runs]) if curves else ""


def reliability_plot(runs: Sequence[Compared]) -> str:
    """Share right by confidence; on the diagonal it is what was said."""
    rows = {
        n: [
            Bin(bin.confidence, bin.right, f"{run.name}: said {percent(bin.confidence)}, right "
                f"{percent(bin.right)} of {bin.answers:,}")
            for bin in run.measures.confidence.bins
        ]
        for n, run in enumerate(runs)
    }  # fmt: skip
    names = [run.name for run in runs]
    return reliability_drawing("Confidence and outcome", ("confidence", "right"), names, rows)


def name(drawing: Drawing, series: int, run: Compared, y: float) -> None:
    """A run's number and name to the left of its row."""
    text = run.name if len(run.name) <= _LONGEST else "…" + run.name[1 - _LONGEST :]
    drawing.text(_NAMES - 10, y + 4, f"{series + 1} {text}", anchor="end")


def _bars(
    title: str,
    across: str,
    rows: Sequence[tuple[int, Compared, Mapping[str, float]]],
    words: Mapping[str, str],
    *,
    first_fill: int = 0,
) -> str:
    """Bars of shares, a part a fill, with the percentage in it where there is room."""
    if not any(sum(shares.values()) > 0 for _, _, shares in rows):
        return ""
    drawing = Drawing(title, 56 + _ROW * len(rows))
    axes = Axes(drawing, (0, 0), (1, 1), left=_NAMES)
    axes.across(across)
    for row, (series, run, shares) in enumerate(rows):
        y = axes.top + _ROW * (row + 0.5)
        name(drawing, series, run, y)
        start = 0.0
        for fill, (part, share) in enumerate(shares.items(), first_fill):
            x, end = axes.place(start, 0)[0], axes.place(start + share, 0)[0]
            told = f"{run.name}: {words[part]} {percent(share)}"
            drawing.bar(x, y - 10, end - x, fill=fill, told=told)
            if end - x > _SEEN:
                drawing.text((x + end) / 2, y + 4, f"{100 * share:.0f}%", anchor="middle", of="in")
            start += share
    parts = list(rows[0][2])
    items = "".join(
        f'<li><svg width="22" height="14" aria-hidden="true">'
        f'<rect class="f{fill}" width="22" height="14"/>'
        f'<rect class="pattern" fill="url(#p{fill % FILLS})" width="22" height="14"/></svg>'
        f" {plain(words[part])}</li>"
        for fill, part in enumerate(parts, first_fill)
    )
    return drawing.svg() + f"<ul class='key'>{items}</ul>"
