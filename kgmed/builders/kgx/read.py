"""Rows of node and edge files: TSV and JSON Lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.columns import clean_lists
from kgmed.builders.rows import Block, Problem, Records, count_separators, without_separators
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # undocumented
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def read_header(path: Path, block: Block, required: Sequence[str]) -> list[str]:
    """A TSV file's columns. Raises :class:`~kgmed.kg.errors.DataError` where ``required`` ones are
    missing, or one is there twice."""
    if 0 in block.problems:
        why = block.problems[0]
        raise DataError(f"{path} line 1: found {why.found}, expected {why.expected}. {why.hint}")
    header = [name.strip() for name in block.lines[0].split("\t")]
    found = ", ".join(name[:40] for name in header[:40])
    missing = [name for name in required if name not in header]
    if missing:
        hint = "Are the nodes and edges files swapped, or the columns not separated by tabs?"
        raise DataError(
            f"{path} line 1: found the columns {found}, expected also {', '.join(missing)}. {hint}"
        )
    twice = sorted(name for name, n in Counter(header).items() if n > 1 and name)
    if twice or "" in header:
        what = f"{twice[0]!r} twice" if twice else f"no name for column {header.index('') + 1}"
        raise DataError(
            f"{path} line 1: found {what}, expected a name of its own for each column."
            " Rename or drop it."
        )
    return header


def read_tsv(
    block: Block, index: list[int], header: list[str], problems: dict[int, Problem]
) -> Records:
    """The lines ``index`` of a block of TSV; those of a wrong length join ``problems``."""
    import pyarrow as pa

    lines = block.lines
    rows = [lines[at].split("\t") for at in index]
    width = len(header)
    if set(map(len, rows)) - {width}:
        for at, row in zip(index, rows, strict=True):
            if len(row) != width:
                problems[at] = Problem(
                    "wrong number of fields",
                    f"{len(row)} fields",
                    f"{width}",
                    "Does a value hold a tab or a line break, or is a tab missing?",
                )
        index = [at for at in index if at not in problems]
        rows = [row for row in rows if len(row) == width]
    columns = zip(*rows, strict=True) if rows else ((),) * width
    arrays = [pa.array(column, pa.string()) for column in columns]
    return Records(block, index, dict(zip(header, arrays, strict=True)), problems)


def read_jsonl(
    block: Block, index: list[int], problems: dict[int, Problem], lists: frozenset[str]
) -> tuple[Records, int]:
    """The lines ``index`` of a block of JSON Lines, with columns of texts and of ``lists``, and how
    many separators in them were replaced; those that are no objects join ``problems``."""
    parsed: list[dict[str, Any]] = []
    kept: list[int] = []
    replaced = 0
    for at in index:
        line = block.lines[at]
        try:
            record = _load(line)
        except (ValueError, RecursionError) as error:
            why = str(error)[:120]
            hint = "Is it one object a line (JSONL), and not one JSON document?"
            problems[at] = Problem("not JSON", f"text that doesn't parse ({why})", "JSON", hint)
            continue
        if not isinstance(record, dict):
            found = f"a JSON {type(record).__name__}"
            problems[at] = Problem("not a JSON object", found, "an object", "One record a line.")
            continue
        if "\\u" in line:
            try:
                text = _plain(record)
                text.encode()
            except UnicodeEncodeError:
                problems[at] = Problem(
                    "half a surrogate pair",
                    "an escape that is half of a surrogate pair",
                    "whole characters",
                    "The file was cut or written by a faulty program; write it again.",
                )
                continue
            record, n = _without_separators(record)
            replaced += n
        parsed.append(record)
        kept.append(at)
    columns: dict[str, pa.Array] = {}
    for name in dict.fromkeys(chain.from_iterable(parsed)):
        values = [record.get(name) for record in parsed]
        columns[name] = _lists(values) if name in lists else _cells(values)
    return Records(block, kept, columns, problems), replaced


def _cells(values: list[Any]) -> pa.Array:
    """JSON values as a column of texts: what TSV would say."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.fill_null(pa.array(values, pa.string()), "")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([_cell(value) for value in values], pa.string())


def _lists(values: list[Any]) -> pa.Array:
    """JSON values as a column of lists."""
    import pyarrow as pa

    kind = pa.list_(pa.string())
    plain = all(value is None or isinstance(value, list) for value in values)
    try:  # Arrow would take a text for the list of its characters
        if plain:
            return clean_lists(pa.array(values, kind))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    return clean_lists(pa.array([_items(value) for value in values], kind))


def _load(line: str) -> Any:
    """``json.loads``; less its overhead, which is half the time of a short line."""
    try:
        value, end = _scan(line, 0)
    except StopIteration:
        return json.loads(line)
    return value if end == len(line) else json.loads(line)


def _without_separators(value: Any) -> tuple[Any, int]:
    """A JSON value with separators that stood in it as escapes replaced; and how many."""
    if isinstance(value, str):
        n = count_separators(value)
        return (without_separators(value), n) if n else (value, 0)
    if isinstance(value, list):
        items = [_without_separators(item) for item in value]
        return [item for item, _ in items], sum(n for _, n in items)
    if isinstance(value, dict):
        pairs = [(_without_separators(key), _without_separators(v)) for key, v in value.items()]
        return {key: v for (key, _), (v, _) in pairs}, sum(a + b for (_, a), (_, b) in pairs)
    return value, 0


def _cell(value: Any) -> str:
    """A JSON value as a cell of a table: what TSV would say."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(map(_cell, value))
    return _canonical(value)


def _items(value: Any) -> list[str]:
    """A JSON value as a list of texts."""
    return [_cell(item) for item in value] if isinstance(value, list) else [_cell(value)]
