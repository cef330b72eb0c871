"""Files broken at random: which mutations there are, and the same file again for the same seed.

A :class:`Subject` is a reader with valid files of a few rows (:mod:`subjects`). A mutation changes
bytes, lines, fields or markup of one of them; :mod:`mutation_checks` says what must hold then.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from kgmed.builders.rows import OnError
from kgmed.builders.source import Source

Edit = Callable[[bytes, random.Random], bytes]
Make = Callable[[Path, str, OnError, Path], Source]
"""A folder, the file of it that is mutated, on_error, quarantine -> the reader."""
Kind = Literal["table", "json", "xml", "text"]


@dataclass(frozen=True)
class Shape:
    """How a file is made of lines: which of them stand for themselves, and how rows are counted.

    ``subset`` gives the file without the lines that aren't among the original's, None where what
    is left is no file. ``lines_read`` says how many rows a reader should count; None: don't check.
    ``separator`` stands between fields; the first ``header`` lines say what the others mean.
    ``is_quarantined``: what is set aside is a whole line. ``once``: equal lines may give one row.
    """

    kind: Kind
    separator: bytes = b""
    subset: Callable[[bytes, bytes], bytes | None] = lambda _original, _mutated: None
    lines_read: Callable[[bytes], int | None] = lambda _mutated: None
    header: int = 0
    is_quarantined: bool = False
    once: bool = False

    def is_whole(self, lines: list[bytes], original: list[bytes]) -> bool:
        """Whether the header is as it was: only then can an untouched line not be wrong."""
        return lines[: self.header] == original[: self.header]


@dataclass(frozen=True)
class Subject:
    """A reader, valid files for it, and what it makes of them that other rows may change.

    ``loose``: the columns of a table that a changed row may change in another's rows (of several
    names, which is preferred). ``may_vanish``: whether touched lines of a file, when they are
    accepted, can take back what its other lines state (a newer version of the same id).
    ``first_wins``: the reason under which a row gives way to an earlier one of the same id.
    """

    name: str
    reader: str
    files: Mapping[str, bytes]
    make: Make
    shapes: Mapping[str, Shape]
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first_wins: str = ""
    may_vanish: Callable[[str, list[bytes], list[bytes]], bool] = lambda _name, _touched, _rest: (
        False
    )

    def shape(self, name: str) -> Shape:
        """The shape of one of the files."""
        return next(shape for ending, shape in self.shapes.items() if name.endswith(ending))


# What is done to a file ---------------------------------------------------------------------------

ODD = (
    b"\x00", b"\x1e", b"\x1f", b"\x0b", b"\x0c", b"\x1a", b"\x7f", b"\r", b"\n", b"\t", b"|", b",",
    b'"', b"'", b"\\", b"#", b"\xff", b"\xfe\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80",
    "\ufeff".encode(), "\u2028".encode(), "\x85".encode(), "\u200b".encode(), "💊".encode(),
    "é".encode(), "e\u0301".encode(), "华".encode("gb18030"), b"\x1f\x8b",
)  # fmt: skip
WORDS = (
    b"", b" ", b"null", b"NaN", b"-1", b"0", b"1e400", b"9" * 30, b"C0000000", b"umls:C1", b"a:b:c",
    b":", b"http://x.org/a", b"../../etc/passwd", b"<b>&amp;</b>", b"%s", b"{}", b"'; DROP TABLE x",
    b"true", b"2026-13-45", b"20269999", "１２３".encode(), "阿".encode() * 50, b"x" * 200_000,
)  # fmt: skip
MARKUP: dict[str, tuple[bytes, ...]] = {
    "xml": (b"<", b">", b"</drug>", b"<drug>", b"</name>", b"<name/>", b"&lol;", b"&#x1f;",
            b"&#xD800;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?php ?>", b' type="x"',
            b'<!DOCTYPE x [<!ENTITY a "b">]>', b'xmlns="y"', b"<a:b/>"),
    "json": (b"{", b"}", b"[", b"]", b",", b":", b'"', b"null", b"true", b"1e999", b"-", b"NaN",
             b'"\\ud800"', b'\\u0000', b"\\x", b'{"a": 1}', b"[1]", b"[" * 2000, b"//"),
    "table": (b"\t", b"|", b",", b'"', b'""', b"\\", b"\n", b"\r", b"#"),
    "text": (b"[Term]\n", b"id: ", b"\n\n", b": ", b'"', b" !", b"{", b"}", b"\\", b"<", b">",
             b".", b"@prefix", b"_:x", b"^^"),
}  # fmt: skip


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    at = chance.randrange(len(data) + 1)
    return at, min(len(data), at + chance.choice((1, 1, 1, 2, 3, 8, 40, 200)))


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return (
        data[:at]
        + bytes([byte ^ 1 << chance.randrange(8) for byte in data[at : at + 1]])
        + (data[at + 1 :])
    )


def _replace_byte(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + chance.randbytes(1) + data[at + 1 :]


def _delete(data: bytes, chance: random.Random) -> bytes:
    at, end = _span(data, chance)
    return data[:at] + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at, _ = _span(data, chance)
    return data[:at] + chance.choice(ODD) + data[at:]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at, end = _span(data, chance)
    return data[:end] + data[at:end] + data[end:]


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _lines(data: bytes) -> list[bytes]:
    """Lines with their ends."""
    return (
        data.splitlines(keepends=True)
        if b"\r" not in data
        else re.findall(rb"[^\n]*\n|[^\n]+$", data)
    )


def _one_line(
    data: bytes, chance: random.Random, edit: Callable[[list[bytes], int], None]
) -> bytes:
    lines = _lines(data)
    if lines:
        edit(lines, chance.randrange(len(lines)))
    return b"".join(lines)


def _repeat_line(data: bytes, chance: random.Random) -> bytes:
    return _one_line(data, chance, lambda lines, at: lines.insert(
        chance.randrange(len(lines) + 1), lines[at]))  # fmt: skip


def _swap_lines(data: bytes, chance: random.Random) -> bytes:
    def edit(lines: list[bytes], at: int) -> None:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]

    return _one_line(data, chance, edit)


def _drop_line(data: bytes, chance: random.Random) -> bytes:
    return _one_line(data, chance, lambda lines, at: lines.pop(at))


def _blank_line(data: bytes, chance: random.Random) -> bytes:
    return _one_line(data, chance, lambda lines, at: lines.insert(at, chance.choice(
        (b"\n", b"\r\n", b" \n", b"\t\n", b"\n\n\n"))))  # fmt: skip


def _cut_line(data: bytes, chance: random.Random) -> bytes:
    def edit(lines: list[bytes], at: int) -> None:
        lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]

    return _one_line(data, chance, edit)


def _line_ends(data: bytes, chance: random.Random) -> bytes:
    bare = data.replace(b"\r\n", b"\n")
    return chance.choice((
        bare.replace(b"\n", b"\r\n"), bare.replace(b"\n", b"\r\n", 1), bare.removesuffix(b"\n"),
        bare.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + data, data + b"\x1a",
    ))  # fmt: skip


def _encode(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "gb18030", "cp1252"))
    return text.encode(encoding, "replace")


def _field(
    data: bytes, chance: random.Random, separator: bytes, edit: Callable[[list[bytes], int], None]
) -> bytes:
    def line(lines: list[bytes], at: int) -> None:
        body = lines[at].rstrip(b"\r\n")
        cells = body.split(separator)
        edit(cells, chance.randrange(len(cells)))
        lines[at] = separator.join(cells) + lines[at][len(body) :]

    return _one_line(data, chance, line)


def _drop_field(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    return _field(data, chance, separator, lambda cells, at: cells.pop(at))


def _add_field(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    return _field(data, chance, separator, lambda cells, at: cells.insert(at, b""))


def _swap_fields(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    def edit(cells: list[bytes], at: int) -> None:
        other = chance.randrange(len(cells))
        cells[at], cells[other] = cells[other], cells[at]

    return _field(data, chance, separator, edit)


def _set_field(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    def edit(cells: list[bytes], at: int) -> None:
        word = chance.choice(WORDS)
        cells[at] = chance.choice((word, word, cells[at] + word, b'"' + cells[at]))

    return _field(data, chance, separator, edit)


def _digit(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    """One digit of a field made another: a check digit, among others."""

    def edit(cells: list[bytes], at: int) -> None:
        places = [m.start() for m in re.finditer(rb"\d", cells[at])]
        if places:
            place = chance.choice((places[-1], chance.choice(places)))
            cells[at] = cells[at][:place] + b"%d" % chance.randrange(10) + cells[at][place + 1 :]

    return _field(data, chance, separator, edit)


def _drop_column(separator: bytes, data: bytes, chance: random.Random) -> bytes:
    """A column out of every line."""
    lines = _lines(data)
    at = chance.randrange(max(1, max((line.count(separator) for line in lines), default=0)))
    return b"".join(
        separator.join(cells[:at] + cells[at + 1 :])
        for cells in (line.split(separator) for line in lines)
    )


def _mark_up(kind: str, data: bytes, chance: random.Random) -> bytes:
    at, end = _span(data, chance)
    piece = chance.choice(MARKUP[kind])
    return data[:at] + piece + data[chance.choice((at, at, end)) :]


def _drop_element(data: bytes, chance: random.Random) -> bytes:
    """A tag, or an element without others within, away."""
    tags = list(re.finditer(rb"<(\w[\w-]*)[^<>]*>[^<>]*</\1>|</?\w[^<>]*>", data))
    if not tags:
        return data
    tag = chance.choice(tags)
    return data[: tag.start()] + data[tag.end() :]


def _rename_tag(data: bytes, chance: random.Random) -> bytes:
    """A tag that closes what isn't open, or an element of another name."""
    names = list(re.finditer(rb"(?<=[</])\w[\w-]*(?=[\s/>])", data))
    if not names:
        return data
    name = chance.choice(names)
    other = chance.choice((b"x", chance.choice(names)[0], name[0].upper()))
    if chance.random() < 0.5:
        return data[: name.start()] + other + data[name.end() :]
    return data.replace(b"<" + name[0] + b">", b"<" + other + b">").replace(
        b"</" + name[0] + b">", b"</" + other + b">"
    )


def _json_value(data: bytes, chance: random.Random) -> bytes:
    """A value of a document made one of another type, or gone."""
    values = list(
        re.finditer(rb'"(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b|-?\d+(\.\d+)?', data)
    )
    if not values:
        return data
    value = chance.choice(values)
    other = chance.choice((b"null", b"1", b"[]", b"{}", b"true", b'""', b"", b"[[]]", b'{"a":[1]}',
                           b'"\\ud83d"', b'"\\u0000"', b"1e999", b"-0", value[0] * 2))  # fmt: skip
    return data[: value.start()] + other + data[value.end() :]


def edits(shape: Shape) -> list[Edit]:
    """The mutations that fit a file; those of its own kind come more often."""
    found: list[Edit] = [
        _flip, _replace_byte, _delete, _insert, _repeat, _truncate, _repeat_line, _swap_lines,
        _drop_line, _blank_line, _cut_line, _line_ends, _encode,
    ]  # fmt: skip
    found += [partial(_mark_up, shape.kind)] * 4
    if shape.separator:
        found += [
            partial(edit, shape.separator)
            for edit in (_drop_field, _add_field, _swap_fields, _set_field, _digit, _drop_column)
            for _ in range(2)
        ]
    if shape.kind == "xml":
        found += [_drop_element, _rename_tag] * 4
    if shape.kind == "json":
        found += [_json_value] * 6
    return found


def mutated(subject: Subject, seed: int) -> tuple[str, bytes]:
    """A file of a subject, and what became of it; the same for the same seed."""
    chance = random.Random(f"{subject.name} {seed}")
    name = chance.choice(sorted(subject.files))
    data = original = subject.files[name]
    possible = edits(subject.shape(name))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(possible)(data, chance)
    return name, data if data != original else _flip(data, chance)


# Files of lines -----------------------------------------------------------------------------------


def bare(data: bytes) -> list[bytes]:
    """Lines without their ends and a byte order mark."""
    lines = [line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def without_touched(
    original: bytes, mutated: bytes, *, header: int = 0, once: bool = False
) -> bytes | None:
    """The lines that the original has too; None where one of the first ``header`` is touched.

    ``once``: for a reader that makes one of equal rows, each line once and in the original's order.
    """
    before, after = bare(original), bare(mutated)
    if before[:header] != after[:header]:
        return None
    known = set(before[header:])
    kept = [line for line in after[header:] if line in known]
    if once:
        kept = [line for line in dict.fromkeys(before[header:]) if line in set(kept)]
    kept = after[:header] + kept
    return b"".join(line + b"\n" for line in kept)


def count_lines(data: bytes, *, header: int = 0) -> int:
    """Lines after the header, the last one with or without an end."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.count(b"\n") + (not data.endswith(b"\n") and bool(data)) - header


def table_shape(separator: bytes, *, header: int = 0, once: bool = False) -> Shape:
    """A table of unquoted lines."""
    return Shape(
        "table",
        separator,
        partial(without_touched, header=header, once=once),
        partial(count_lines, header=header),
        header=header,
        is_quarantined=True,
        once=once,
    )
