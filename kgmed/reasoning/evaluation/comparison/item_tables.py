"""The items of a comparison as tables: which run has which right, and what each said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.reasoning.evaluation.comparison.model import (
    GROUPS,
    Comparison,
    Group,
    ItemRow,
    Pair,
    Said,
)
from kgmed.reasoning.pages.formats import Table


def item_tables(found: Comparison) -> Iterator[Table]:
    """The items of each pair by which run has them right; of a single run, all of them."""
    names = [run.name for run in found.runs]
    for pair in found.pairs:
        shown = [names.index(pair.first), names.index(pair.second)]
        for group in GROUPS:
            places = pair.items[group]
            if places:
                title = f"{pair.first} and {pair.second}: {group_words(pair, group)}"
                rows = [found.items[place] for place in places]
                yield item_table(title, rows, names, shown)
    if not found.pairs:
        yield item_table("Items", found.items, names, range(len(names)))


def group_words(pair: Pair, group: Group) -> str:
    """Which of two runs has items right, in words."""
    return {
        "both": "right in both",
        "neither": "right in neither",
        "only_first": f"right only in {pair.first}",
        "only_second": f"right only in {pair.second}",
    }[group]


def mark(said: Said) -> str:
    """Whether an answer is right, and what was said: by a sign, so that no colour is needed.

    >>> mark(Said("B", False, "", "wrong")), mark(Said("", None, "no_evidence", ""))
    ('✗ B (wrong)', '– (no_evidence)')
    """
    sign = {True: "✓", False: "✗", None: "–"}[said.correct]
    why = said.error_kind or said.reason
    parts = [sign, said.said] if said.said else [sign]
    return " ".join([*parts, f"({why})"] if why and said.correct is not True else parts)


def item_table(
    title: str, rows: Sequence[ItemRow], names: Sequence[str], shown: Sequence[int]
) -> Table:
    """Items, and what some of the runs made of them: ``shown`` are places in ``names``."""
    heads = ("item", "question", "right", *(names[run] for run in shown))
    return Table(
        title,
        heads,
        tuple(
            (row.id, row.question, row.right, *(mark(row.said[run]) for run in shown))
            for row in rows
        ),
    )
