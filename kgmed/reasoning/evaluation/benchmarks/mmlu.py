"""MMLU's medical subjects: questions of exams, with four options.

CSV without a head, six columns: question, four options, letter; a file a subject
(``anatomy_test.csv``); https://github.com/hendrycks/test, ``data.tar``. Copies of the Hugging Face
hub (``cais/mmlu``) have ``question, subject, choices, answer`` (from 0). Of a folder or a file of
several subjects the six are read that MIRAGE and Med-PaLM evaluate on; the others are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kgmed.kg.errors import DataError
from kgmed.kg.qa import qa_items
from kgmed.kg.records import format_of, rows_of
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Pairs, Record, item_of
from kgmed.reasoning.evaluation.model import Item

SUBJECTS = (
    "anatomy", "clinical_knowledge", "college_biology", "college_medicine", "medical_genetics",
    "professional_medicine",
)  # fmt: skip
"""https://github.com/Teddy-XiongGZ/MIRAGE, README, "MMLU-Med"."""
LETTERS = "ABCD"
OTHER = "of a subject that isn't medical"
_SPLITS = ("_test", "_val", "_dev")


def is_headless(path: Path) -> bool:
    """Whether a CSV file has rows as MMLU's are, and no head."""
    if format_of(path) != ".csv":
        return False
    row = next(rows_of(path), [])
    return len(row) == 2 + len(LETTERS) and row[-1].strip() in LETTERS


def _read(given: Given) -> Iterator[Item]:
    pairs: Pairs = []
    for path in given.files:
        pairs += _rows(given, path) if is_headless(path) else _of_the_hub(given.pairs(path))
    subjects = {str(record["subject"]) for _id, record in pairs}
    medical = subjects & set(SUBJECTS)
    kept = []
    for id, record in pairs:
        if medical and len(subjects) > 1 and record["subject"] not in medical:
            given.notes[OTHER] += 1
        else:
            kept.append((id, record))
    for (_id, record), qa in zip(kept, qa_items(given.where, kept), strict=True):
        yield item_of("mmlu", qa, about={"subject": record["subject"], "split": record["split"]})


def _rows(given: Given, path: Path) -> Iterator[tuple[str, Record]]:
    given.used.append(path)
    stem = path.name.split(".")[0]
    split = next((end for end in _SPLITS if stem.endswith(end)), "")
    subject = stem.removesuffix(split)
    for number, row in enumerate(rows_of(path)):
        if len(row) != 2 + len(LETTERS) or row[-1].strip() not in LETTERS:
            raise DataError(
                f"{path} record {number + 1}: found {len(row)} columns, the last {row[-1:]}, "
                "expected a question, four options and a letter. Is the download complete?"
            )
        question, *options, letter = row
        yield f"{subject}-{number:03}", {
            "question": question, "choices": options, "answer": letter.strip(),
            "subject": subject, "split": split.removeprefix("_"),
        }  # fmt: skip


def _of_the_hub(pairs: Pairs) -> Iterator[tuple[str, Record]]:
    for number, (id, record) in enumerate(pairs):
        subject = str(record.get("subject") or "")
        answer = record.get("answer")
        whole = isinstance(answer, str) and answer.isdigit()
        yield id or f"{subject}-{number:03}".lstrip("-"), {
            **record, "subject": subject, "split": record.get("split"),
            "answer": int(str(answer)) if whole else answer,
        }  # fmt: skip


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    return bool(sample) and {"question", "choices", "answer"} <= set(sample[0][1])


FORMAT = Format(
    "mmlu",
    "MMLU, medical subjects",
    "https://github.com/hendrycks/test",
    "MIT",
    "the files test/*_test.csv in data.tar",
    ("*_test.csv", "test/*_test.csv", "data/test/*_test.csv"),
    _fits,
    _read,
)
