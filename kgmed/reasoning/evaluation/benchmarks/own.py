"""A user's own questions: any form that :mod:`kgmed.kg.qa` reads, published or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgmed.kg.qa import qa_items, question_of
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Record, item_of
from kgmed.reasoning.evaluation.model import Item

_ABOUT = ("subject", "topic", "split", "difficulty")


def _read(given: Given) -> Iterator[Item]:
    pairs = given.every()
    for (_id, record), qa in zip(pairs, qa_items(given.where, pairs), strict=True):
        yield item_of("questions", qa, about={name: record.get(name) for name in _ABOUT})


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    return bool(sample) and bool(question_of(sample[0][1])) and "answer" in sample[0][1]


FORMAT = Format(
    "questions",
    "a file of your own",
    "your own",
    "your own",
    "records with question and answer, with or without options,",
    (),
    _fits,
    _read,
)
