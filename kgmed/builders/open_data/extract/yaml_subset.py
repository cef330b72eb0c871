"""The part of YAML 1.1 that PyYAML's block style writes, which is all that DrugMechDB's files use.

Mappings, sequences, and plain, single- and double-quoted scalars, folded over lines; every scalar
stays text. kgmed has no YAML dependency and needs none for this.
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias

from kgmed.kg.errors import RowError

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

_KEY = re.compile(r"([A-Za-z_]\w*):(?: (.*)|$)")


def load(text: str, *, where: str) -> Node:
    """Read one document.

    Raises :class:`~kgmed.kg.errors.RowError` on a line that isn't of the subset.

    >>> load("links:\\n  - key: treats\\n    source: 'a'\\nnote: one\\n  two\\n", where="x.yaml")
    {'links': [{'key': 'treats', 'source': 'a'}], 'note': 'one two'}
    """
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        body = line.lstrip(" ")
        if body:
            lines.append((number, len(line) - len(body), body))
    node, rest = _block(lines, 0, where)
    if rest != len(lines):
        number, _, body = lines[rest]
        raise RowError(where, number, found=repr(body), expected="the end of the document")
    return node


_Lines = list[tuple[int, int, str]]


def _block(lines: _Lines, at: int, where: str) -> tuple[Node, int]:
    _, indent, body = lines[at]
    return (_sequence if body.startswith("- ") else _mapping)(lines, at, indent, where)


def _sequence(lines: _Lines, at: int, indent: int, where: str) -> tuple[Node, int]:
    items: list[Node] = []
    while at < len(lines) and lines[at][1] == indent and lines[at][2].startswith("- "):
        number, _, body = lines[at]
        if _KEY.match(body[2:]):
            lines[at] = (number, indent + 2, body[2:])
            node, at = _mapping(lines, at, indent + 2, where)
        else:
            node, at = _scalar(lines, at, indent, body[2:], where)
        items.append(node)
    return items, at


def _mapping(lines: _Lines, at: int, indent: int, where: str) -> tuple[Node, int]:
    entries: dict[str, Node] = {}
    while at < len(lines) and lines[at][1] == indent:
        number, _, body = lines[at]
        match = _KEY.match(body)
        if not match:
            if body.startswith("- "):
                break
            raise RowError(where, number, found=repr(body), expected="'key: value'")
        key, value = match[1], match[2] or ""
        if value:
            entries[key], at = _scalar(lines, at, indent, value, where)
        elif at + 1 < len(lines) and (
            lines[at + 1][1] > indent
            or (lines[at + 1][1] == indent and lines[at + 1][2].startswith("- "))
        ):
            entries[key], at = _block(lines, at + 1, where)
        else:
            entries[key], at = "", at + 1
    return entries, at


def _scalar(lines: _Lines, at: int, indent: int, first: str, where: str) -> tuple[Node, int]:
    number = lines[at][0]
    parts = [first]
    at += 1
    while at < len(lines) and lines[at][1] > indent:
        parts.append(lines[at][2])
        at += 1
    text = " ".join(parts)
    if text[0] == "'":
        return text[1:-1].replace("''", "'"), at
    if text[0] == '"':
        return str(json.loads(re.sub(r"\\x(..)", r"\\u00\1", text.replace("\\_", "\\u00a0")))), at
    if text[0] in "[{&*!|>%@`":
        raise RowError(where, number, found=repr(text[:40]), expected="a plain or quoted value")
    return text, at
