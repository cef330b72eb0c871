"""Med-HALT's reasoning tests: is a student's answer right, none of the above, fake questions.

A CSV file a test, ``id, dataset, subject_name, topic_name, split_type, question, options`` (a
Python dict as text: {'0': text, ...}), ``correct_index``, ``correct_answer``;
https://github.com/medhalt/medhalt, medhalt/datasets, and
https://huggingface.co/datasets/openlifescienceai/Med-HALT.

    reasoning_FCT    the student's answer stands in the options under 'correct answer', or in
                     ``student_answer``: a judgement, supported where it is the right one
    reasoning_nota   the right option was replaced by "None of the above": a choice
    reasoning_fake   nothing is right but the option that says so ("I do not know"): a choice; of
                     several such options the last is kept, as the published score takes any. As
                     published it stands last: a model that always says the last one is right

The memory tests (IR_*.csv: titles and links of PubMed by heart) are left out and counted: a graph
of medicine has no part in them.
"""

from __future__ import annotations

import ast
import json
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.qa import QaItem
from kgmed.reasoning.evaluation.benchmarks.format import Format, Given, Record, item_of
from kgmed.reasoning.evaluation.benchmarks.judged import HALLUCINATED, SUPPORTED
from kgmed.reasoning.evaluation.model import Item

MEMORY = "memory test"
UNANSWERED = "without an answer"
CONTRADICTED = "answer and index disagree"
NO_CHOICE = "fewer than two options"
STUDENT = "correct answer"
_DECLINES = re.compile(
    r"\b(?:i (?:do not|don't) know|none of the above|admit\w*|conced\w*|acknowledg\w*|confess\w*)",
    re.I,
)
_ABOUT = {"dataset": "dataset", "subject": "subject_name", "topic": "topic_name",
          "split": "split_type"}  # fmt: skip


def _read(given: Given) -> Iterator[Item]:
    for path in given.files:
        for number, (_id, record) in enumerate(given.pairs(path), 1):
            if "question" not in record:
                given.notes[MEMORY] += 1
                continue
            found = _item(f"{path} record {number}", path, number, record)
            if isinstance(found, Item):
                yield found
            else:
                given.notes[found] += 1


def _item(where: str, path: Path, number: int, record: Record) -> Item | str:
    """The item of a record, or why there is none."""
    options, student = _options(where, record)
    student = student or str(record.get("student_answer") or "").strip()
    test = _test(path, record, student=student)
    about = {"test": test, **{name: record.get(theirs) for name, theirs in _ABOUT.items()}}
    right = _right(record, options)
    if test == "fake":
        options, right = _one_that_declines(options)
    if right is None:
        return CONTRADICTED
    if not right:
        return UNANSWERED
    if len(options) < 2:
        return NO_CHOICE
    question = str(record["question"] or "").strip()
    if not question:
        raise DataError(f"{where}: found no question, expected one. Is the download complete?")
    qa = QaItem(str(record.get("id") or number), question, options[right], options, (right,))
    item = item_of("medhalt", qa, id=f"{test}/{qa.id}", about=about)
    if test != "FCT" or not student:
        return item
    verdict = SUPPORTED if _same(student, options[right]) else HALLUCINATED
    return replace(item, kind="judgement", right=(verdict,), candidate=student)


def _options(where: str, record: Record) -> tuple[dict[str, str], str]:
    """The options by letter, and the student's answer."""
    given: Any = record.get("options")
    if isinstance(given, str):
        try:
            given = ast.literal_eval(given)
        except (ValueError, SyntaxError):
            try:
                given = json.loads(given)
            except ValueError:
                given = None
    if not isinstance(given, dict) or not given:
        raise DataError(
            f"{where}: found the options {str(record.get('options'))[:60]!r}, expected a dict of"
            " options, {'0': text, ...}. Is the download complete?"
        )
    student = str(given.pop(STUDENT, "") or "").strip()
    texts = [str(text).strip() for text in given.values()]
    return dict(zip(string.ascii_uppercase, texts, strict=False)), student


def _test(path: Path, record: Record, *, student: str) -> str:
    """Which test a record is of: by the file's name, else by what it has."""
    for name in ("FCT", "nota", "fake"):
        if name.casefold() in path.name.casefold():
            return name
    if not (record.get("correct_index") or record.get("correct_answer")):
        return "fake"
    return "FCT" if student else "nota"


def _right(record: Record, options: dict[str, str]) -> str | None:
    """The right option's letter; "" where the file gives none, None where it contradicts itself."""
    text = str(record.get("correct_answer") or "").strip()
    by_text = next((letter for letter, each in options.items() if text and _same(each, text)), "")
    index = str(record.get("correct_index") if record.get("correct_index") is not None else "")
    place = int(float(index)) if re.fullmatch(r"\d+(?:\.0)?", index.strip()) else -1
    by_index = list(options)[place] if 0 <= place < len(options) else ""
    if by_index and text and not _same(options[by_index], text):
        return None
    return by_index or by_text


def _one_that_declines(options: dict[str, str]) -> tuple[dict[str, str], str]:
    """The options with one that declines, the last, and its letter; "" where none does."""
    declining = [letter for letter, text in options.items() if _DECLINES.search(text)]
    kept = [text for letter, text in options.items() if letter not in declining[:-1]]
    lettered = dict(zip(string.ascii_uppercase, kept, strict=False))
    last = options[declining[-1]] if declining else None
    return lettered, next((letter for letter, text in lettered.items() if text == last), "")


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _fits(sample: Sequence[tuple[str, Record]]) -> bool:
    if not sample:
        return False
    fields = set(sample[0][1])
    if "question" not in fields:
        return bool({"PMID", "Title", "url"} & fields) and bool(
            {"Abstract", "url", "PMID"} & fields
        )
    return {"options", "split_type"} <= fields or {"options", "correct_index"} <= fields


FORMAT = Format(
    "medhalt",
    "Med-HALT, reasoning tests",
    "https://github.com/medhalt/medhalt",
    "Apache-2.0",
    "medhalt/datasets/reasoning_FCT.csv, reasoning_nota.csv and reasoning_fake.csv",
    tuple(
        f"{folder}{name}"
        for name in ("reasoning_*.csv", "IR_*.csv")
        for folder in ("", "*/", "medhalt/datasets/")
    ),
    _fits,
    _read,
)
