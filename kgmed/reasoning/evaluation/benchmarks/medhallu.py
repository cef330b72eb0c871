"""MedHallu: questions of PubMedQA, each with its right and a hallucinated answer.

Parquet of ``Question``, ``Knowledge`` (list), ``Ground Truth``, ``Difficulty Level``,
``Hallucinated Answer``, ``Category of Hallucination``;
https://huggingface.co/datasets/UTAustin-AIHealth/MedHallu, configurations pqa_labeled (1,000) and
pqa_artificial (9,000). Both answers of a record are items: a judge that says the same of every text
is right half the time.
"""

from __future__ import annotations

from collections.abc import Iterator

from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, has
from kgmed.reasoning.evaluation.benchmarks.judged import judged
from kgmed.reasoning.evaluation.model import Item

FIELDS = ("Question", "Ground Truth", "Hallucinated Answer")


def _read(given: Given) -> Iterator[Item]:
    for number, (id, record) in enumerate(given.every(), 1):
        about = {"difficulty": record.get("Difficulty Level"),
                 "category": record.get("Category of Hallucination")}  # fmt: skip
        yield from judged(
            record,
            FIELDS,
            where=f"{given.where} record {number}",
            benchmark="medhallu",
            id=id or str(number),
            context="Knowledge",
            about=about,
        )


FORMAT = Format(
    "medhallu",
    "MedHallu",
    "https://huggingface.co/datasets/UTAustin-AIHealth/MedHallu",
    "MIT",
    "pqa_labeled/train-00000-of-00001.parquet",
    ("train-*.parquet", "pqa_labeled/train-*.parquet"),
    has(*FIELDS),
    _read,
)
