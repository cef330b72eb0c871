"""CMB-Exam: questions of Chinese medical exams, with one or several right options.

JSON, a list of ``exam_type, exam_class, exam_subject, question_type, question, option`` {"A":
text}, ``answer`` ("D", or "ABE" where several hold); https://github.com/FreedomIntelligence/CMB.
The test part has ``id`` and no answers: they are read from ``CMB-test-choice-answer.json`` beside
it (the repository's ``data``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kgmed.kg.errors import DataError
from kgmed.kg.qa import qa_items
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Pairs, Record, item_of
from kgmed.reasoning.evaluation.model import Item

ANSWERS = "CMB-test-choice-answer.json"
UNANSWERED = "without an answer"
_ABOUT = {"type": "exam_type", "class": "exam_class", "subject": "exam_subject",
          "answers": "question_type"}  # fmt: skip


def _read(given: Given) -> Iterator[Item]:
    for path in (p for p in given.files if p.name != ANSWERS):
        pairs = _answered(given, path, given.pairs(path))
        for (_id, record), qa in zip(pairs, qa_items(str(path), pairs), strict=True):
            about = {name: record.get(theirs) for name, theirs in _ABOUT.items()}
            yield item_of("cmb", qa, about=about)


def _answered(given: Given, path: Path, pairs: Pairs) -> Pairs:
    """The questions with answers: their own, or those of the file of answers beside."""
    if all(record.get("answer") for _id, record in pairs):
        return pairs
    beside = path.parent / ANSWERS
    if not beside.exists():
        raise DataError(
            f"{path}: found questions without answers, expected them in the file, or in {ANSWERS} "
            f"beside it. Get that from {FORMAT.url} (data/{ANSWERS})."
        )
    answers = {str(r.get("id")): r.get("answer") for _id, r in given.pairs(beside)}
    found: Pairs = []
    for id, record in pairs:
        answer = record.get("answer") or answers.get(str(record.get("id")))
        if answer:
            found.append((id, {**record, "answer": answer}))
        else:
            given.notes[UNANSWERED] += 1
    return found


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    return bool(sample) and "option" in sample[0][1] and "question" in sample[0][1]


FORMAT = Format(
    "cmb",
    "CMB-Exam",
    "https://github.com/FreedomIntelligence/CMB",
    "Apache-2.0",
    "CMB-Exam/CMB-val/CMB-val-merge.json, or CMB-test with the answers, in data/CMB.zip",
    tuple(
        f"{folder}{name}"
        for name in ("CMB-val-merge.json", "CMB-test-choice-question-merge.json")
        for folder in ("", "CMB-Exam/*/", "data/CMB-Exam/*/")
    ),
    _fits,
    _read,
    (ANSWERS,),
)
