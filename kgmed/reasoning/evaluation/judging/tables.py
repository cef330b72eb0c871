"""What a judge made of runs, as tables of plain texts."""

from __future__ import annotations

from kgmed.reasoning.evaluation.judging.model import MARKS, Judged
from kgmed.reasoning.pages.formats import NONE, Table, decimal, p_value


def marks_table(found: Judged) -> Table:
    """The mean marks of each run's answers."""
    rows = [
        (
            one.run, f"{one.items:,}", f"{one.unread:,}",
            *(decimal(one.marks[mark], 2) if mark in one.marks else NONE for mark in MARKS),
        )
        for one in found.marked
    ]  # fmt: skip
    return Table(
        f"Marks by the judge {found.judge}",
        ("run", "answers", "unread", *MARKS),
        tuple(rows),
        "A model's opinion of the answers, from 1 to 5, with intervals. Unread: what the judge said"
        " couldn't be read.",
    )


def preferences_table(found: Judged) -> Table:
    """How often the answers of one run were preferred to another's."""
    rows = [
        (
            f"{one.first} → {one.second}",
            *(f"{n:,}" for n in (one.items, one.wins, one.losses, one.equal, one.swayed,
                                 one.unread)),
            p_value(one.p), p_value(one.p_adjusted),
        )
        for one in found.preferred
    ]  # fmt: skip
    return Table(
        f"Preferences of the judge {found.judge}",
        (
            "runs", "items", "first better", "second better", "equal", "swayed by place",
            "unread", "p", "p adjusted",
        ),
        tuple(rows),
        "Asked both ways round: an answer is better where it is in both. Swayed by place: the order"
        " decided, counted among equal. p: a sign test's, two-sided; adjusted by Holm.",
    )  # fmt: skip
