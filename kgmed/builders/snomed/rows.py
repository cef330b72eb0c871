"""Rows of an RF2 file: cut into the published columns, checked, and made numbers where they are.

Every SCTID is checked for its Verhoeff digit and for the kind of component that it names. Columns
of few different values are checked once per value, the others as numbers, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from kgmed.builders.rows import Block, Problem, Records, read_clean, shown
from kgmed.builders.snomed import sctid
from kgmed.builders.snomed.layout import LAYOUTS, Column, Kind, Layout, ReleaseFile
from kgmed.builders.snomed.package import is_date, read_blocks
from kgmed.builders.source import Tally
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, "pa.Array"]
Problems = dict[int, Problem]

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_UUID_LENGTH = 36

_PATTERNS: dict[Kind, re.Pattern[str]] = {
    "flag": re.compile("[01]"),
    "number": re.compile(r"[0-9]{1,9}"),
    "language": re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8})*"),
    "value": re.compile(r'#-?[0-9]{1,30}(\.[0-9]{1,30})?|".+"|true|false'),
}

_EXPECTED: dict[Kind, str] = {
    "uuid": "a UUID",
    "time": "a date such as 20260101",
    "flag": "0 or 1",
    "number": "a whole number",
    "language": "a language code such as en",
    "text": "a text",
    "value": 'a value such as #2.5, "text" or true',
}


def records_of(file: ReleaseFile, layout: Layout, tally: Tally) -> Iterator[tuple[Records, int]]:
    """A file's rows as text columns, a block of lines at a time, and how many control characters
    became spaces. Raises :class:`DataError` for another header than the published one."""
    header = layout.header
    start = 1
    for block in read_blocks(file):
        if start:
            _check_header(file, block, header)
        rows = len(block) - start
        tally.read += rows
        if rows:
            clean = read_clean(block, start, header)
            if clean is not None:
                columns = {name: clean.column(name).combine_chunks() for name in header}
                yield Records(block, range(start, len(block)), columns), block.replaced
            else:
                yield _line_by_line(block, start, header, tally), block.replaced
        start = 0
    if start:
        raise DataError(f"{file.path}: found an empty file, expected a header line.")


def _check_header(file: ReleaseFile, block: Block, header: list[str]) -> None:
    if 0 in block.problems:
        why = block.problems[0]
        raise DataError(
            f"{file.path} line 1: found {why.found}, expected {why.expected}. {why.hint}"
        )
    found = block.lines[0].split("\t")
    if found != header:
        raise DataError(
            f"{file.path} line 1: found the columns {shown(' '.join(found), 300)}, expected "
            f"{' '.join(header)}. Is this the release's own file, separated by tabs?"
        )


def _line_by_line(block: Block, start: int, header: list[str], tally: Tally) -> Records:
    import pyarrow as pa

    lines, width = block.lines, len(header)
    problems = {at: why for at, why in block.problems.items() if at >= start}
    index, rows = [], []
    for at in range(start, len(lines)):
        if at in problems:
            continue
        if not lines[at]:
            tally.skipped["blank line"] += 1
            continue
        fields = lines[at].split("\t")
        if len(fields) == width:
            index.append(at)
            rows.append(fields)
        else:
            problems[at] = Problem(
                "wrong number of fields",
                f"{len(fields)} fields",
                f"{width}",
                "Is the download complete? Does a term hold a tab?",
            )
    columns = zip(*rows, strict=True) if rows else ((),) * width
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Records(block, index, dict(zip(header, arrays, strict=True)), problems)


class Checks:
    """Turns one file's text columns into what they hold."""

    def __init__(self, file: ReleaseFile) -> None:
        assert file.content is not None  # noqa: S101  # only such files are read
        self._columns = LAYOUTS[file.content].columns
        self._date = file.date
        self._vectors: dict[str, Callable[[pa.Array, Column, Problems], pa.Array]] = {
            "sctid": _sctids,
            "uuid": _uuids,
            "text": _texts,
            "optional": lambda values, _column, _problems: values,
        }

    def __call__(self, records: Records) -> tuple[Problems, Columns]:
        """The rows that break the format, by position, and the stored columns."""
        problems: Problems = {}
        found: Columns = {}
        for column in reversed(
            self._columns
        ):  # so that a row's first problem is its first column's
            check = self._vectors.get(column.kind, self._few)
            values = check(records.columns[column.name], column, problems)
            if column.stored:
                found[column.name] = values
        return problems, found

    def _few(self, values: pa.Array, column: Column, problems: Problems) -> pa.Array:
        """A column of few different values: each is looked at once."""
        import pyarrow as pa
        import pyarrow.compute as pc

        encoded = values.dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        wrong = {}
        for code, text in enumerate(texts):
            problem = self._problem(text, column)
            if problem is not None:
                wrong[code] = problem
        if wrong:
            for row, code in enumerate(encoded.indices.to_pylist()):
                if code in wrong:
                    problems[row] = wrong[code]
            texts = ["" if code in wrong else text for code, text in enumerate(texts)]
        if column.kind in {"language", "value"}:
            lower = column.kind == "language"
            meant = pa.array([text.lower() if lower else text for text in texts], pa.string())
        elif column.kind == "flag":
            meant = pa.array([text == "1" for text in texts], pa.bool_())
        else:
            meant = pa.array([int(text or 0) for text in texts], pa.int64())
        return pc.take(meant, encoded.indices)

    def _problem(self, text: str, column: Column) -> Problem | None:
        kind = column.kind
        if kind == "code":
            return _sctid_problem(text, column)
        if kind == "time" and is_date(text):
            if int(text) <= self._date:
                return None
            return Problem(
                "effectiveTime after the release",
                f"effectiveTime {text} in a file of {self._date}",
                f"{self._date} or before",
                "Are rows of another release mixed in?",
            )
        pattern = _PATTERNS.get(kind)
        fine = pattern is not None and pattern.fullmatch(text) is not None
        return None if fine else _not(column, text)


def _not(column: Column, text: str) -> Problem:
    expected = _EXPECTED[column.kind]
    return Problem(
        f"{column.name} isn't {expected.partition(' such')[0]}",
        f"{column.name} {shown(text)}",
        expected,
    )


def _sctid_problem(text: str, column: Column) -> Problem | None:
    """What is wrong with one SCTID; None where nothing is."""
    digits = text.isascii() and text.isdigit() and text[0] != "0"
    if not digits or not sctid.MIN_DIGITS <= len(text) <= sctid.MAX_DIGITS:
        return Problem(
            f"{column.name} isn't an SCTID",
            f"{column.name} {shown(text)}",
            "an SCTID: 6-18 digits",
            "Did a spreadsheet write it as a rounded number?",
        )
    if not sctid.is_sctid(text):
        right = sctid.check_digit(text[:-1])
        return Problem(
            f"{column.name} with a wrong check digit",
            f"{column.name} {text}",
            f"the check digit {right} after {text[:-1]} (Verhoeff)",
            "Was the id typed, or rounded by a spreadsheet?",
        )
    if column.names and not sctid.is_kind(np.array([int(text)]), column.names)[0]:
        return Problem(
            f"{column.name} of another kind of component",
            f"{column.name} {text}",
            f"the SCTID of a {' or a '.join(column.names)}",
            "Are columns swapped, or files?",
        )
    return None


def _sctids(values: pa.Array, column: Column, problems: Problems) -> pa.Array:
    import pyarrow as pa

    numbers, fine = sctid.parse(values)
    fine = fine & sctid.have_check_digit(numbers)
    if column.names:
        fine &= sctid.is_kind(numbers, column.names)
    if not fine.all():
        for row in np.flatnonzero(~fine).tolist():
            problem = _sctid_problem(values[row].as_py(), column)
            if problem is not None:
                problems[row] = problem
    return pa.array(numbers)


def _uuids(values: pa.Array, column: Column, problems: Problems) -> pa.Array:
    import pyarrow.compute as pc

    if _all_uuids(values):
        return values
    wrong = []
    for row, text in enumerate(values.to_pylist()):
        if not _UUID.fullmatch(text):
            problems[row] = _not(column, text)
            wrong.append(row)
    if not wrong:
        return values
    bad = np.zeros(len(values), np.bool_)
    bad[wrong] = True
    return pc.if_else(bad, "00000000-0000-0000-0000-000000000000", values)


_HEXADECIMAL = np.zeros(256, np.bool_)
_HEXADECIMAL[[*b"0123456789abcdefABCDEF"]] = True
_HYPHENS = (8, 13, 18, 23)


def _all_uuids(values: pa.Array) -> bool:
    rows = len(values)
    _, offset_buffer, data_buffer = values.buffers()
    if not rows or data_buffer is None:
        return not rows
    offsets = np.frombuffer(offset_buffer, np.int32)[values.offset : values.offset + rows + 1]
    if (np.diff(offsets) != _UUID_LENGTH).any():
        return False
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]].reshape(-1, _UUID_LENGTH)
    right = _HEXADECIMAL[data]
    right[:, _HYPHENS] = data[:, _HYPHENS] == ord("-")
    return bool(right.all())


def _texts(values: pa.Array, column: Column, problems: Problems) -> pa.Array:
    import pyarrow.compute as pc

    empty = pc.equal(pc.utf8_trim_whitespace(values), "")
    if pc.any(empty).as_py():
        for row in pc.indices_nonzero(empty).to_pylist():
            problems[row] = Problem(f"{column.name} is empty", f"an empty {column.name}", "a text")
    return values
