"""MedQA: questions of licensing exams of the USA, Mainland China and Taiwan, with 4 or 5 options.

JSON Lines: ``question``, ``options`` {"A": text}, ``answer`` (text), ``answer_idx`` (letter),
``meta_info`` (the exam's part); https://github.com/jind11/MedQA (``data_clean.zip``,
questions/US/4_options/phrases_no_exclude_test.jsonl).
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.kg.qa import qa_items
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, has, item_of
from kgmed.reasoning.evaluation.model import Item


def _read(given: Given) -> Iterator[Item]:
    pairs = given.every()
    for (_id, record), qa in zip(pairs, qa_items(given.where, pairs), strict=True):
        yield item_of("medqa", qa, about={"exam": record.get("meta_info")})


FORMAT = Format(
    "medqa",
    "MedQA",
    "https://github.com/jind11/MedQA",
    "MIT",
    "questions/US/4_options/phrases_no_exclude_test.jsonl in data_clean.zip",
    (
        "phrases_no_exclude_test.jsonl",
        "questions/US/4_options/phrases_no_exclude_test.jsonl",
        "data_clean/questions/US/4_options/phrases_no_exclude_test.jsonl",
    ),
    has("question", "options", "answer_idx"),
    _read,
)
