"""The questions of a file: a line each, or records with options and what else they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.qa import options_of, question_of
from kgmed.kg.records import records


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the options it offers by letter, and its record's other fields, carried along.

    ``id`` is the record's own, else its number from 1.
    """

    id: str
    text: str
    options: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def read_questions(path: Path) -> list[Question]:
    """The questions of a file of :mod:`kgmed.kg.records`, in order; answers aren't needed.

    Options are read in the forms of :mod:`kgmed.kg.qa`. Raises
    :class:`~kgmed.kg.errors.UsageError` for another kind of file and
    :class:`~kgmed.kg.errors.DataError` for a record without a question, an id that comes twice, and
    a file without questions; the message names the record.
    """
    found: list[Question] = []
    seen: set[str] = set()
    for number, (id, record) in enumerate(records(path), 1):
        where = f"{path} record {number}"
        question = _question(where, id or str(number), record)
        if question.id in seen:
            raise DataError(f"{where}: found the id {question.id!r} again, expected each id once.")
        seen.add(question.id)
        found.append(question)
    if not found:
        raise DataError(f"{path}: found no question, expected at least one.")
    return found


def digest(questions: Sequence[Question], settings: Mapping[str, Any]) -> str:
    """What tells one run from another: its questions and its settings."""
    told = sha256(json.dumps(dict(settings), sort_keys=True, default=str).encode())
    for question in questions:
        told.update(json.dumps([question.id, question.text, dict(question.options)]).encode())
    return told.hexdigest()[:32]


def _question(where: str, id: str, record: Any) -> Question:
    if isinstance(record, str):
        return Question(id, record)
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: found a {type(record).__name__}, expected a question.")
    text = question_of(record)
    if not text:
        known = ", ".join(sorted(map(str, record)))[:200]
        raise DataError(f"{where}: found no question (fields: {known}), expected 'question'.")
    own = record.get("id")
    more = {key: value for key, value in record.items() if key not in {"id", "question"}}
    return Question(str(own if own not in {None, ""} else id), text, options_of(record), more)
