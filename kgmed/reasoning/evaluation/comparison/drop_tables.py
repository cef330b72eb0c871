"""Items asked otherwise beside the plain ones, as tables of plain texts."""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.reasoning.evaluation.comparison.item_tables import item_table
from kgmed.reasoning.evaluation.comparison.model import Comparison
from kgmed.reasoning.pages.formats import Table, decimal, p_value, spread


def drops_table(found: Comparison) -> Table:
    """What asking the items otherwise costs each method, change by change."""
    rows = []
    for drop in found.drops:
        r = drop.found
        rows.append((
            f"{drop.plain} → {drop.changed}", drop.change, f"{r.items:,}",
            f"{sum(drop.unchanged.values()):,}", spread(drop.accuracy),
            spread(drop.accuracy_changed), f"{r.only_first:,}", f"{r.only_second:,}",
            spread(r.difference, signed=True), decimal(r.points_difference, signed=True),
            p_value(r.p), p_value(drop.p_adjusted),
        ))  # fmt: skip
    reasons = {drop.change: drop.unchanged for drop in found.drops if drop.unchanged}
    why = "; ".join(
        f"{change}: " + ", ".join(f"{n:,} {reason}" for reason, n in counts.items())
        for change, counts in reasons.items()
    )
    return Table(
        "The same items asked otherwise",
        (
            "runs", "change", "items", "can't be changed", "plain", "changed", "lost", "won",
            "difference", "points difference", "p", "p adjusted",
        ),
        tuple(rows),
        "Each run beside the plain run of the same method, on the items that both were asked: the"
        " difference is the changed run's accuracy less the plain one's, with a paired bootstrap"
        " interval. Lost: only the plain run is right. p: McNemar's exact test, two-sided; adjusted"
        " for the number of these tests by Holm." + (f" Can't be changed: {why}." if why else ""),
    )  # fmt: skip


def drop_item_tables(found: Comparison) -> Iterator[Table]:
    """The items that a method has right in one wording alone, worded as they were changed."""
    for drop in found.drops:
        names = (drop.plain, drop.changed)
        for rows, where in ((drop.lost, drop.plain), (drop.won, drop.changed)):
            if rows:
                title = f"{drop.plain} and {drop.changed} ({drop.change}): right only in {where}"
                yield item_table(title, rows, names, (0, 1))
