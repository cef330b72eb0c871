"""Questions with answers, as files hold them: exams, sets of abstracts, a user's own.

Recognised by their fields, whatever the file is called:

    MedQA      question, options {"A": text}, answer (text), answer_idx
               https://github.com/jind11/MedQA
    MedMCQA    question, opa, opb, opc, opd, cop (from 1 in the published files, from 0 in
               copies whose lowest is 0), exp    https://github.com/medmcqa/medmcqa
    PubMedQA   id -> QUESTION, CONTEXTS, LONG_ANSWER, final_decision
               https://github.com/pubmedqa/pubmedqa
    MMLU       question, choices [text], answer (from 0)    https://github.com/hendrycks/test
    CMB        question, option {"A": text}, answer ("A", or "ABD" where several hold)
               https://github.com/FreedomIntelligence/CMB
    others     question and answer, with or without options (a list, or letters with texts)

Files are JSON Lines, JSON (a list, or records by id), CSV, TSV or Parquet, also as .gz.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.records import records

FORMATS = (".jsonl", ".json", ".csv", ".tsv", ".parquet")
YES_NO = ("yes", "no", "maybe")


@dataclass(frozen=True, slots=True)
class QaItem:
    """A question and its right answer.

    ``options`` are the choices by letter, {} where the question is open; ``answer`` is the right
    one's text (several are joined by "; ") or what the file gives, ``letters`` the right options.
    ``context`` is text that the question comes with, ``explanation`` the file's own.
    """

    id: str
    question: str
    answer: str
    options: Mapping[str, str] = field(default_factory=dict)
    letters: tuple[str, ...] = ()
    context: str = ""
    explanation: str = ""


def read_qa(path: Path) -> Iterator[QaItem]:
    """The questions of a file, in order.

    Raises :class:`~kgmed.kg.errors.UsageError` for another kind of file,
    :class:`~kgmed.kg.errors.DataError` for one that can't be read and for a record that is no
    question with an answer; the message names the record.
    """
    return qa_items(str(path), records(path, formats=FORMATS))


def qa_items(where: str, found: Iterable[tuple[str, Any] | Mapping[str, Any]]) -> Iterator[QaItem]:
    """The questions of records, or of (id, record), in order; errors name ``where`` they are from.

    >>> [item.letters for item in qa_items("mine", [
    ...     {"question": "Which treats gout?", "options": ["aspirin", "allopurinol"], "answer": "B"}
    ... ])]
    [('B',)]
    """
    pairs = [one if isinstance(one, tuple) else ("", one) for one in found]
    for number, (_id, record) in enumerate(pairs, 1):
        if not isinstance(record, Mapping):
            kind = type(record).__name__
            raise DataError(f"{where} record {number}: found a {kind}, expected an object.")
    lowest = min((r["cop"] for _, r in pairs if isinstance(r.get("cop"), int)), default=1)
    seen: set[str] = set()
    for number, (id, record) in enumerate(pairs, 1):
        here = f"{where} record {number}"
        item = _item(here, id or str(number), record, first=lowest)
        if item.id in seen:
            raise DataError(f"{here}: found the id {item.id!r} again, expected each id once.")
        seen.add(item.id)
        yield item


def _item(where: str, id: str, record: Mapping[str, Any], *, first: int) -> QaItem:
    question = question_of(record)
    if not question:
        known = ", ".join(sorted(map(str, record)))[:200]
        raise DataError(
            f"{where}: found no question (fields: {known}), expected 'question' with 'answer',"
            " or the fields of MedQA, MedMCQA, PubMedQA, MMLU or CMB."
        )
    options = options_of(record)
    answer, letters = _answer(where, record, options, first=first)
    return QaItem(
        str(record.get("id") or id),
        question,
        answer,
        options,
        letters,
        _joined(record.get("CONTEXTS") or record.get("context")),
        _text(record, "exp", "explanation", "LONG_ANSWER", "rationale"),
    )


def question_of(record: Mapping[str, Any]) -> str:
    """The question of a record; "" where it has none."""
    return _text(record, "question", "QUESTION")


def options_of(record: Mapping[str, Any]) -> dict[str, str]:
    """The options of a record by letter; {} where it has none."""
    if "opa" in record:
        found = [record.get(f"op{letter}") for letter in "abcd"]
        return {letter: str(text) for letter, text in zip("ABCD", found, strict=True) if text}
    given = record.get("options") or record.get("option") or record.get("choices") or {}
    if isinstance(given, list):
        return {
            letter: _text(one, "text", "value") if isinstance(one, dict) else str(one)
            for letter, one in zip(string.ascii_uppercase, given, strict=False)
        }
    if isinstance(given, dict):
        return {str(letter).strip(): str(text) for letter, text in given.items() if text}
    return {}


def _answer(
    where: str, record: Mapping[str, Any], options: Mapping[str, str], *, first: int
) -> tuple[str, tuple[str, ...]]:
    if "cop" in record:
        given: Any = record["cop"]
        given = given - min(first, 1) if isinstance(given, int) else given
    else:
        given = record.get("answer_idx", record.get("final_decision", record.get("answer")))
    letters = _letters(given, options)
    if letters:
        return "; ".join(options[letter] for letter in letters), letters
    if isinstance(given, str) and given.strip() and not options:
        return given.strip(), ()
    raise DataError(
        f"{where}: found the answer {given!r}, expected "
        + (f"one of the options ({', '.join(options)}) or its text." if options else "a text.")
    )


def _letters(given: Any, options: Mapping[str, str]) -> tuple[str, ...]:
    """The options that an answer means: a place from 0, letters, or a text."""
    keys = list(options)
    if isinstance(given, int) and not isinstance(given, bool):
        return (keys[given],) if 0 <= given < len(keys) else ()
    if not isinstance(given, str):
        return ()
    given = given.strip()
    if given in options:
        return (given,)
    if given and all(letter in options for letter in given):
        return tuple(dict.fromkeys(given))
    return tuple(key for key, text in options.items() if text.strip() == given)[:1]


def _text(record: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return value if isinstance(value, str) else ""
