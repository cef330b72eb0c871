"""The records of several runs on the same items: whether they can be held against each other, and
the items with what each run made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import or_

from kgmed.kg.errors import UsageError
from kgmed.reasoning.evaluation.comparison.model import ItemRow, Said
from kgmed.reasoning.evaluation.runs import Key, Record, Run


def same_answers(runs: Sequence[Run], aligned: Sequence[Sequence[Record]]) -> None:
    """Raises :class:`~kgmed.kg.errors.UsageError` where an item has other right answers in two of
    the runs; ``aligned`` are their records in the same order of items."""
    for run, records in zip(runs[1:], aligned[1:], strict=True):
        for mine, other in zip(aligned[0], records, strict=True):
            if (mine["kind"], list(mine["right"])) != (other["kind"], list(other["right"])):
                raise UsageError(
                    f"Found the item {mine['id']!r} with {right_of(mine)!r} as right in"
                    f" {runs[0].name} and {right_of(other)!r} in {run.name}, expected runs over the"
                    " same questions."
                )


def with_grading(aligned: Sequence[Sequence[Record]]) -> list[list[Record]]:
    """The records, with ``graded`` for open items, the same in every run.

    An open item that some run left unanswered counts where the other runs' answers were judged, or
    where all are silent in runs whose answers are judged: else a run could do better by silence.
    """
    judging = any(r["kind"] == "open" and r["correct"] is not None for one in aligned for r in one)
    told = []
    for own in zip(*aligned, strict=True):
        silent = [r["abstained"] or bool(r["error"]) for r in own]
        judged = [r["correct"] is not None for r in own]
        told.append(judging and all(map(or_, silent, judged)))
    return [
        [
            {**r, "graded": one} if r["kind"] == "open" else r
            for r, one in zip(run, told, strict=True)
        ]
        for run in aligned
    ]


def item_rows(common: Sequence[Key], aligned: Sequence[Sequence[Record]]) -> Iterator[ItemRow]:
    """The items, and what each run made of them."""
    for place, (benchmark, id) in enumerate(common):
        own = [records[place] for records in aligned]
        first = own[0]
        yield ItemRow(
            benchmark=benchmark,
            id=id,
            kind=first["kind"],
            lang=first["lang"],
            question=next((r["question"] for r in own if r["question"]), ""),
            right=right_of(first),
            said=tuple(
                Said(
                    r["said"] or ("" if r["abstained"] else r["text"]),
                    r["correct"],
                    r["error"] or r["reason"],
                    r["error_kind"],
                )
                for r in own
            ),
        )


def right_of(record: Record) -> str:
    """The right answer of an item: its letters, and what they stand for."""
    letters = ", ".join(record["right"])
    answer = record["answer"]
    return f"{letters}: {answer}" if letters and answer and answer != letters else letters or answer
