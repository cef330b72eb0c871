"""How methods measured as one HTML file: what was held out, figures, plots of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kgmed.kg.linking.html import plain
from kgmed.reasoning.pages.formats import Table, decimal
from kgmed.reasoning.pages.reliability import Bin, reliability_drawing
from kgmed.reasoning.pages.svg import Axes, Drawing
from kgmed.reasoning.pages.whole import folded, pictures, titled, whole
from kgmed.reasoning.plausibility.told import Learned, LearnEvaluation, MethodFigures

COLUMNS = (
    ("mrr", "MRR"), ("hits_1", "Hits@1"), ("hits_10", "Hits@10"), ("auc", "AUC"),
    ("average_precision", "average precision"),
)  # fmt: skip
PLOTTED = (("AUC against hard negatives", "auc"), ("Mean reciprocal rank", "mrr"))
_ROW, _NAMES = 30, 170


def page(found: Learned | LearnEvaluation, *, title: str = "") -> str:
    """The page of an evaluation, or of a model and how it measured."""
    if isinstance(found, Learned):
        return whole(title or f"The model {found.name}", _of_model(found))
    return whole(title or "Methods compared", _of_evaluation(found))


def _of_evaluation(found: LearnEvaluation) -> Iterator[str]:
    counts = " + ".join(f"{one.test:,}" for one in found.parts)
    seeds = ", ".join(map(str, found.seeds))
    yield f"<p>{plain(found.verdict)}</p>\n"
    yield (
        f"<p>Held out to test: {counts} statements (seed {seeds}) of snapshot "
        f"{plain(found.snapshot[:16])}; {plain(_split(found.split))}.</p>\n"
    )
    yield from _figures(found.methods)
    yield titled(_settings({**found.split, **found.settings}))


def _of_model(found: Learned) -> Iterator[str]:
    yield f"<p>{plain(found.verdict)}</p>\n"
    yield (
        f"<p>{plain(found.method)}, trained on {found.parts.train:,} triples of "
        f"{found.concepts:,} concepts of snapshot {plain(found.snapshot[:16])}; measured on "
        f"{found.parts.test:,} that were held out: {plain(_split(found.split))}.</p>\n"
    )
    yield from _figures(found.figures)
    if found.unseen is not None:
        yield (
            f"<p>Of concepts that nothing was trained on, {found.unseen.parts.test:,} triples by a "
            f"training without these; {plain(found.unseen.method)} is what is used:</p>\n"
        )
        yield from _figures(found.unseen.figures)
    rows = sorted(found.predicates.items(), key=lambda pair: -pair[1].triples)
    yield folded(Table(
        "Predicates", ("predicate", "triples", "subjects", "objects"),
        tuple(
            (name, f"{one.triples:,}", ", ".join(one.subject), ", ".join(one.object))
            for name, one in rows
        ),
    ))  # fmt: skip
    yield titled(_settings({**found.split, **found.settings}))


def _split(split: Mapping[str, Any]) -> str:
    names = split.get("predicates")
    of = f" of {', '.join(names)}" if names else ""
    return f"split {split.get('how', '')}{of}"


def _figures(methods: Mapping[str, MethodFigures]) -> Iterator[str]:
    yield titled(figures_table(methods))
    yield pictures(plots(methods))
    for name, one in methods.items():
        if len(one.by_predicate) > 1:
            yield folded(by_predicate_table(name, one))


def figures_table(methods: Mapping[str, MethodFigures]) -> Table:
    """A row a method: figures with intervals, and the calibration error."""
    return Table(
        "Figures", ("method", *(head for _name, head in COLUMNS), "ECE"),
        tuple(
            (name, *(decimal(one.figures[key]) for key, _head in COLUMNS), f"{one.ece:.3f}")
            for name, one in methods.items()
        ),
        "Ranks are filtered, a tie counts half. AUC and average precision are against negatives of "
        "the same category that are about as common: 0.5 is chance. In brackets 95% intervals.",
    )  # fmt: skip


def by_predicate_table(name: str, one: MethodFigures) -> Table:
    """A row a predicate, the most frequent first."""
    predicates = sorted(one.by_predicate, key=lambda predicate: -one.held_out[predicate])
    return Table(
        f"{name}, by predicate", ("predicate", "held out", "MRR", "Hits@10", "AUC"),
        tuple(
            (predicate, f"{one.held_out[predicate]:,}",
             *(decimal(one.by_predicate[predicate][key]) for key in ("mrr", "hits_10", "auc")))
            for predicate in predicates
        ),
    )  # fmt: skip


def _settings(found: Mapping[str, Any]) -> Table:
    rows = tuple((name, _shown(value)) for name, value in found.items() if value not in ("", None))
    return Table("Settings", ("setting", "value"), rows)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, list | tuple) else str(value)


def plots(methods: Mapping[str, MethodFigures]) -> Iterator[tuple[str, str]]:
    """(title, HTML): figures with their intervals, and what was told beside what was true."""
    for title, key in PLOTTED:
        drawing = Drawing(title, 56 + _ROW * len(methods))
        axes = Axes(drawing, (0, 0), (1, 1), left=_NAMES)
        axes.across(title, percents=False)
        for row, (name, one) in enumerate(methods.items()):
            y, figure = axes.top + _ROW * (row + 0.5), one.figures[key]
            drawing.text(_NAMES - 10, y + 4, f"{row + 1} {name}", anchor="end")
            axes.interval(figure.low, figure.high, y, row)
            told = f"{name}: {decimal(figure)}"
            drawing.mark(axes.place(figure.value, 0)[0], y, row, told=told)
        yield title, drawing.svg()
    made = reliability_plot(methods)
    if made:
        yield "Probability told and share that was true", made


def reliability_plot(methods: Mapping[str, MethodFigures]) -> str:
    """The share of true statements by the probability told; on the diagonal it is what was told."""
    rows = {
        row: [
            Bin(one.told, one.true, f"{name}: told {one.told:.3f}, true {one.true:.3f} of a weight "
                f"of {one.weight:,.0f}")
            for one in found.reliability
        ]
        for row, (name, found) in enumerate(methods.items())
    }  # fmt: skip
    axes = ("probability told", "share that was true")
    return reliability_drawing("Reliability", axes, list(methods), rows)
