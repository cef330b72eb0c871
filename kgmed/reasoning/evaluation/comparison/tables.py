"""A comparison as tables of plain texts: the terminal, Markdown and HTML show the same."""

from __future__ import annotations

from kgmed.reasoning.evaluation.comparison.drop_tables import drops_table
from kgmed.reasoning.evaluation.comparison.model import Compared, Comparison
from kgmed.reasoning.evaluation.judging.tables import marks_table, preferences_table
from kgmed.reasoning.evaluation.measures.claims import VERDICTS
from kgmed.reasoning.evaluation.measures.summary import COVERAGES
from kgmed.reasoning.pages.formats import (
    NONE,
    Table,
    decimal,
    number,
    p_value,
    percent,
    spread,
)

_WORDS = {"coverage": "what the graph holds of the item", "lang": "language"}
"""Fields by which items are told apart, in words."""


def headline(found: Comparison) -> str:
    """What is compared, and how much of it the graph covers: a score misleads without it."""
    items = len(found.items)
    runs = len(found.runs)
    benchmarks = ", ".join(dict.fromkeys(run.benchmark for run in found.runs if run.benchmark))
    models = ", ".join(dict.fromkeys(run.model or "no model" for run in found.runs))
    line = f"{runs} run{'s' * (runs != 1)}, {items:,} item{'s' * (items != 1)}"
    line += f" of {benchmarks}; {models}." if benchmarks else f"; {models}."
    # a run without a graph may not know what one covers
    covers = max((run.measures.coverage for run in found.runs), key=lambda held: sum(held.values()))
    if not covers:
        return line
    covered, linked, none = (covers.get(name, 0) for name in COVERAGES)
    share = percent(covered / items)
    return (
        f"{line} The graph covers {covered:,} of them ({share}), has the concepts of {linked:,} and"
        f" nothing that joins them, and lacks concepts of {none:,}."
    )


def tables(found: Comparison) -> list[Table]:
    """Every table that a comparison has something for, items aside."""
    fields = dict.fromkeys(part.by for part in found.parts)
    made = [
        _accuracy(found),
        _pairs(found),
        drops_table(found),
        _part(found, "coverage"),  # first, as a score misleads without it
        _errors(found),
        *(_part(found, by) for by in fields if by != "coverage"),
        _claims(found),
        *(
            []
            if found.judged is None
            else [marks_table(found.judged), preferences_table(found.judged)]
        ),
        _detection(found),
        _texts(found),
        _confidence(found),
        _cost(found),
        _made_with(found),
    ]
    return [table for table in made if table.rows]


def _accuracy(found: Comparison) -> Table:
    heads: tuple[str, ...] = (
        "run", "method", "items", "right", "wrong", "abstained", "failed", "accuracy", "answered",
        "accuracy of answered", "points", "macro-F1",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for run in found.runs:
        a = run.measures.accuracy
        if not a.items:
            continue
        counts = (a.items, a.right, a.wrong, a.abstained, a.failed + a.unread)
        rows.append((
            run.name, run.method, *(f"{count:,}" for count in counts), spread(a.accuracy),
            percent(a.answered), spread(a.of_answered), decimal(a.points), decimal(a.macro_f1),
        ))  # fmt: skip
    level = f"{100 * found.resampling.get('level', 0.95):.0f}%"
    note = (
        f"Accuracy is over all items, answered or not. Brackets hold {level} bootstrap intervals"
        f" over items. Points: 1 where right, 0 where not answered, -{found.penalty:g} where wrong,"
        " per item. Failed: an error, or nothing that could be read as an answer."
    )
    if all(run.name == run.method for run in found.runs):
        heads, rows = (heads[0], *heads[2:]), [(row[0], *row[2:]) for row in rows]
    return Table("Answers", heads, tuple(rows), note)


def _pairs(found: Comparison) -> Table:
    heads = (
        "runs", "items", "both right", "only first", "only second", "neither", "difference",
        "points difference", "p", "p adjusted",
    )  # fmt: skip
    rows = []
    for pair in found.pairs:
        r = pair.found
        counts = (r.items, r.both, r.only_first, r.only_second, r.neither)
        rows.append((
            f"{pair.first} → {pair.second}", *(f"{count:,}" for count in counts),
            spread(r.difference, signed=True), decimal(r.points_difference, signed=True),
            p_value(r.p), p_value(pair.p_adjusted),
        ))  # fmt: skip
    note = (
        "Differences are the second run's less the first's, on the same items, with paired"
        " bootstrap intervals. p: McNemar's exact test, two-sided; adjusted for the number of pairs"
        " by Holm."
    )
    return Table("Differences between runs", heads, tuple(rows), note)


def _errors(found: Comparison) -> Table:
    kinds = list(dict.fromkeys(kind for run in found.runs for kind in run.measures.errors))
    rest = [_no_kind(run) for run in found.runs]
    heads = ("run", *(kind.replace("_", " ") for kind in kinds))
    rows = [
        (run.name, *(f"{run.measures.errors.get(kind, 0):,}" for kind in kinds))
        for run in found.runs
    ]
    if any(rest):
        heads = (*heads, "only unanswered")
        rows = [(*row, f"{n:,}") for row, n in zip(rows, rest, strict=True)]
    return Table(
        "Why items aren't right",
        heads,
        tuple(rows) if kinds else (),
        "Not linked: the graph lacks the concepts of the question, or of a right answer. Not"
        " covered: it has them, and no statement joins them. Evidence missed: one does, and the run"
        " didn't find it. Evidence ignored: it was given, and the answer differs. Refuted: the"
        " graph refutes the answer. Unread: no answer could be read. Only unanswered: by a run that"
        " was to rest on no evidence.",
    )


def _no_kind(run: Compared) -> int:
    """Items that aren't right and for which no kind of error is told."""
    a = run.measures.accuracy
    return max(0, a.items - a.right - sum(run.measures.errors.values()))


def _part(found: Comparison, by: str) -> Table:
    """Accuracy by a field of the items."""
    rows = [
        (part.value, f"{part.items:,}", *(spread(one) for one in part.accuracy))
        for part in found.parts
        if part.by == by
    ]
    note = (
        "Covered: a statement joins the question and a right answer. Linked: the graph has concepts"
        " of both, and nothing joins them. None: it lacks those of one."
        if by == "coverage"
        else ""
    )
    title = f"Accuracy by {_WORDS.get(by, by.replace('_', ' '))}"
    return Table(title, ("", "items", *(run.name for run in found.runs)), tuple(rows), note)


def _claims(found: Comparison) -> Table:
    words = [verdict.lower().replace("_", " ") for verdict in VERDICTS]
    rows = []
    for run in found.runs:
        c = run.measures.claims
        if c.claims:
            rows.append((
                run.name, f"{c.claims:,}", f"{c.items:,}",
                *(spread(c.shares[verdict]) for verdict in VERDICTS), spread(c.faithful),
                f"{c.citations:,}",
            ))  # fmt: skip
    return Table(
        "Claims against the graph",
        ("run", "claims", "items with claims", *words, "faithful", "citations"),
        tuple(rows),
        "Shares of all claims; faithful is the share supported of those that the graph covers.",
    )


def _detection(found: Comparison) -> Table:
    rows = []
    for run in found.runs:
        d = run.measures.detection
        if d is not None:
            counts = (d.texts, d.caught, d.missed, d.false_alarms, d.passed, d.silent)
            cost = run.measures.cost
            rows.append((
                run.name, *(f"{count:,}" for count in counts), spread(d.precision),
                spread(d.recall), decimal(d.f1), spread(d.balanced), decimal(d.auc),
                number(cost.calls_each, 1), number(cost.tokens_each), number(cost.ms_p50),
            ))  # fmt: skip
    return Table(
        "Hallucinated texts found",
        (
            "run",
            "texts",
            "caught",
            "missed",
            "false alarms",
            "passed",
            "not judged",
            "precision",
            "recall",
            "F1",
            "balanced accuracy",
            "AUC",
            "calls each",
            "tokens each",
            "ms p50",
        ),
        tuple(rows),
        "A text that wasn't judged isn't flagged. AUC: the probability that a hallucinated text"
        " gets the higher confidence of being one, over judged texts.",
    )


def _texts(found: Comparison) -> Table:
    rows = [
        (
            run.name, t.lang, f"{t.answers:,}", number(t.bleu, 1), decimal(t.rouge_l),
            number(t.distinct_1, 3), number(t.distinct_2, 3), number(t.words, 1),
        )
        for run in found.runs
        for t in run.measures.texts
    ]  # fmt: skip
    signatures = sorted({t.signature for r in found.runs for t in r.measures.texts if t.signature})
    return Table(
        "Open answers beside their reference",
        ("run", "language", "answers", "BLEU", "ROUGE-L", "distinct-1", "distinct-2", "tokens"),
        tuple(rows),
        "Chinese by characters. " + "; ".join(f"BLEU {signature}" for signature in signatures),
    )


def _confidence(found: Comparison) -> Table:
    rows = []
    for run in found.runs:
        c = run.measures.confidence
        if c.answers:
            rows.append((
                run.name, f"{c.answers:,}", f"{c.unscored:,}", number(c.ece, 3),
                number(c.brier, 3), number(c.aurc, 3),
            ))  # fmt: skip
    return Table(
        "What a run's confidence is worth",
        ("run", "answers with one", "without", "ECE", "Brier", "area of risk"),
        tuple(rows),
        "0 is best in each. ECE over bins of equal mass; area of risk: the mean share not right"
        " over all coverages, the surest answers first, items not answered last.",
    )


def _cost(found: Comparison) -> Table:
    rows = []
    for run in found.runs:
        c = run.measures.cost
        rows.append((
            run.name, f"{c.calls:,}", f"{c.prompt_tokens:,}", f"{c.completion_tokens:,}",
            number(c.calls_each, 1), number(c.tokens_each), number(c.tokens_per_right),
            number(c.ms_p50), number(c.ms_p90),
        ))  # fmt: skip
    return Table(
        "What the runs cost",
        (
            "run",
            "calls",
            "prompt tokens",
            "completion tokens",
            "calls each",
            "tokens each",
            "tokens per right answer",
            "ms p50",
            "ms p90",
        ),
        tuple(rows),
        "ms: from the question to the answer read, while other items were under way.",
    )


def _made_with(found: Comparison) -> Table:
    fields = ("method", "model", "benchmark", "digest", "snapshot", "version", "seed", "prompts",
              "started", "finished")  # fmt: skip
    rows = [(name, [_short(name, getattr(run, name)) for run in found.runs]) for name in fields]
    settings = list(dict.fromkeys(name for run in found.runs for name in run.settings))
    rows += [(name, [_setting(run, name) for run in found.runs]) for name in settings]
    return Table(
        "What the runs were made with",
        ("", *(run.name for run in found.runs), "same"),
        tuple(
            (name, *values, "yes" if len(set(values)) == 1 else "no")
            for name, values in rows
            if any(value != NONE for value in values)
        ),
    )


def _short(name: str, value: object) -> str:
    text = str(value)
    return (text[:16] if name in {"digest", "snapshot", "prompts"} else text) or NONE


def _setting(run: Compared, name: str) -> str:
    value = run.settings.get(name)
    return NONE if value in (None, "", [], {}) else str(value)
