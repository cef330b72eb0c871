"""The four shapes of CMeKG, each as the same items: subject, predicate or field, text.

1. ``{"text": ..., "spo_list": [[s, p, o], ...]}`` (training data of CMeKG's tools; what they find
   comes as ``triples``);
2. ``{"中心词": "偏头痛", "相关疾病": [...], "所属科室": [...]}`` (a record of the site);
3. ``{"疾病": [{"名称": ..., "并发症": [...]}, ...], "药物": [...]}`` (a crawler's dump);
4. a CSV of triples, with or without a header.

JSON is one array, one object, or one object a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

from kgmed.builders.cmekg.text import JsonText, opened_text
from kgmed.builders.cmekg.vocabularies import (
    OBJECT_COLUMNS,
    PREDICATE_COLUMNS,
    SECTIONS,
    SUBJECT_COLUMNS,
    SUBJECT_FIELDS,
    TYPE_FIELDS,
)
from kgmed.builders.quoted import quoted_rows
from kgmed.builders.rows import Problem, shown
from kgmed.kg.errors import DataError, RowError

_TRIPLES = ("spo_list", "triples")
_TRIPLE_KEYS = (("subject", "predicate", "object"), ("head", "relation", "tail"), ("s", "p", "o"))
_DUMP = re.compile(r'\s*\{\s*"([^"\\]*)"\s*:\s*\[\s*([{\]])')


class Item(NamedTuple):
    """One string that a record states of its subject under a predicate or field.

    ``section`` is the key of the dump's part that it comes from, '' elsewhere.
    """

    subject: str
    label: str
    text: str
    section: str = ""


class BadRecord(NamedTuple):
    """A record or line that can't be used."""

    line: int
    problem: Problem
    text: str


Read = Generator[Item | BadRecord, None, None]


def read_file(path: Path, encoding: str) -> Read:
    """All items of a file, whatever its shape."""
    with opened_text(path, encoding) as text:
        document = JsonText(path, text)
        first = document.peek()
        is_table = not first or first not in "[{"
        if first == "[":
            yield from _array(document, "")
            _ends(document)
        elif first == "{":
            dump = _DUMP.match(document.buffer)
            if dump and dump[1] not in _TRIPLES and (dump[2] == "{" or dump[1] in SECTIONS):
                yield from _dump(document)
                _ends(document)
            elif _is_lines(document.buffer):
                yield from _lines(path, encoding)
            else:
                while document.peek():
                    line = document.line
                    yield from _record(document.value(), "", line)
    if is_table:
        yield from _table(path, encoding)


# JSON -------------------------------------------------------------------------------------------


def _array(document: JsonText, section: str) -> Read:
    document.take("[")
    if document.peek() == "]":
        document.take("]")
        return
    while True:
        document.peek()
        line = document.line
        yield from _record(document.value(), section, line)
        if document.take(",", "]") == "]":
            return


def _dump(document: JsonText) -> Read:
    document.take("{")
    while True:
        document.peek()
        line = document.line
        section = document.value()
        document.take(":")
        if document.peek() == "[":
            yield from _array(document, _whole(str(section)))
        else:
            yield _bad(line, document.value(), "a list of records", {"疾病": "[...]"})
        if document.take(",", "}") == "}":
            return


def _ends(document: JsonText) -> None:
    if document.peek():
        document.take("the end of the file")


def _is_lines(buffer: str) -> bool:
    first, newline, _ = buffer.lstrip().partition("\n")
    if not newline:
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _lines(path: Path, encoding: str) -> Read:
    with opened_text(path, encoding) as text:
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                why = str(error)[:120]
                problem = Problem(
                    "not JSON",
                    f"a line that isn't JSON ({why})",
                    "one object a line",
                    "Is the download complete?",
                )
                yield BadRecord(number, problem, line)
                continue
            yield from _record(record, "", number)


def _record(record: Any, section: str, line: int) -> Read:
    """The items of one record of any of the three JSON shapes."""
    if not isinstance(record, dict):
        yield _bad(line, record, "an object", {"中心词": "偏头痛", "相关疾病": []})
        return
    triples = next((record[key] for key in _TRIPLES if isinstance(record.get(key), list)), None)
    if triples is not None:
        for triple in triples:
            parts = _parts(triple)
            if parts is None:
                yield _bad(line, triple, "a triple of three texts", ["偏头痛", "相关疾病", "癫痫"])
            else:
                yield Item(*parts, section)
        return
    field = next((name for name in SUBJECT_FIELDS if isinstance(record.get(name), str)), None)
    if field is None:
        yield _bad(line, record, "text and spo_list, 中心词, or 名称", {"中心词": "偏头痛"})
        return
    subject = record[field]
    for label, value in record.items():
        if label in TYPE_FIELDS or label == field:
            continue
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, dict):
                names = (text[name] for name in SUBJECT_FIELDS if isinstance(text.get(name), str))
                text = next(names, text)  # noqa: PLW2901
            if text is None:
                yield Item(subject, label, "", section)
            elif isinstance(text, (str, int, float)) and not isinstance(text, bool):
                yield Item(subject, label, str(text), section)
            else:
                yield _bad(line, text, f"a text under {_whole(label)}", "癫痫")


def _parts(triple: Any) -> tuple[str, str, str] | None:
    if isinstance(triple, dict):
        for keys in _TRIPLE_KEYS:
            if all(key in triple for key in keys):
                value = triple[keys[2]]
                if isinstance(value, dict):  # {"@value": ...}, as in shared tasks on CMeKG's texts
                    value = value.get("@value")
                triple = [triple[keys[0]], triple[keys[1]], value]
                break
    if not isinstance(triple, list) or len(triple) != 3:
        return None
    if not all(isinstance(part, str) for part in triple):
        return None
    return triple[0], triple[1], triple[2]


def _bad(line: int, value: Any, expected: str, example: Any) -> BadRecord:
    kind = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    found = kind.get(type(value), "null" if value is None else "a number")
    if isinstance(value, dict):
        keys = _whole(", ".join(map(str, list(value)[:5])))[:80]
        found = f"an object with {keys or 'nothing in it'}"
    elif isinstance(value, list):
        found = f"a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=True)
    problem = Problem(
        f"not {expected}", found, expected, f"Such as {json.dumps(example, ensure_ascii=False)}."
    )
    return BadRecord(line, problem, text)


def _whole(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can hold and no file."""
    return text.encode("utf-8", "replace").decode()


# CSV --------------------------------------------------------------------------------------------


def _table(path: Path, encoding: str) -> Read:
    with opened_text(path, encoding) as text:
        head = text.readline()
        delimiter = max("\t,;|", key=head.count)
    with opened_text(path, encoding) as text:
        lines = (line.rstrip("\r\n").replace("\0", " ") for line in text)
        columns, is_begun = (0, 1, 2), False
        for number, cells, line in quoted_rows(lines, delimiter=delimiter):
            if isinstance(cells, Problem):
                if not is_begun:  # it may name the columns
                    raise RowError(path, number, found=cells.found, expected=cells.expected,
                                   hint=cells.hint)  # fmt: skip
                yield BadRecord(number, cells, line)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if not is_begun:
                is_begun = True
                found = _header(cells)
                if found is not None:
                    columns = found
                    continue
                if len(cells) != 3:
                    raise DataError(
                        f"{path} line {number}: found {shown(head.strip())}, expected JSON"
                        " or a CSV of triples. Name the columns subject, predicate and object."
                    )
            yield Item(*(cells[column] for column in columns))
        if not is_begun:
            raise DataError(f"{path}: found an empty file, expected JSON or a CSV of triples.")


def _header(cells: list[str]) -> tuple[int, int, int] | None:
    """The places of subject, predicate and object, None where the first line isn't a header."""
    names = [cell.strip().strip("\ufeff:").lower() for cell in cells]
    places = []
    for known in (SUBJECT_COLUMNS, PREDICATE_COLUMNS, OBJECT_COLUMNS):
        found = [at for at, name in enumerate(names) if name in known]
        if len(found) != 1:
            return None
        places.append(found[0])
    return places[0], places[1], places[2]
