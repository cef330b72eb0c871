"""Files broken at random, and what must hold of a reader that is given them.

A :class:`Subject` is a reader with valid files of a few rows. One file at a time is mutated -
bytes, lines, fields, markup - and read twice, with ``on_error="stop"`` and ``"skip"``. Either the
file is refused, in our own words, or

- every tally adds up, and a table's tally has read as many rows as the file has lines;
- the rows that come out keep to the contract of all sources;
- what was set aside is in the quarantine file under its line and its text, is counted under its
  reason, and was touched by the mutation; ``stop`` refuses the file if and only if there is any;
- no other row suffers: the lines that weren't touched, in a file of their own, give rows that are
  all there, and no others if each touched line was set aside.
"""

from __future__ import annotations

import json
import random
import re
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from small import put

from kgmed.builders import contract
from kgmed.builders.rows import OnError
from kgmed.builders.source import TABLES, Source, Tally, schema
from kgmed.kg.errors import KgmedError, RowError

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Edit = Callable[[bytes, random.Random], bytes]
Make = Callable[[Path, str, OnError, Path], Source]
"""A folder, the file of it that is mutated, on_error, quarantine -> the reader."""
Kind = Literal["table", "json", "xml", "text"]
Outcome = Literal["refused", "read", "read in part"]


@dataclass(frozen=True)
class Shape:
    """How a file is made of lines: which of them stand for themselves, and how rows are counted.

    ``subset`` gives the file without the lines that aren't among the original's, None where what
    is left is no file. ``lines_read`` says how many rows a reader should count; None: don't check.
    ``separator`` stands between fields; the first ``header`` lines say what the others mean.
    ``is_quarantined``: what is set aside is a whole line.
    """

    kind: Kind
    separator: bytes = b""
    subset: Callable[[bytes, bytes], bytes | None] = lambda _original, _mutated: None
    lines_read: Callable[[bytes], int | None] = lambda _mutated: None
    header: int = 0
    is_quarantined: bool = False

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


# What must hold -----------------------------------------------------------------------------------


@dataclass
class Reading:
    """What one reading gave: rows, tallies, and what was set aside: line from 1, reason, text."""

    rows: Rows
    tallies: dict[str, Tally]
    aside: list[tuple[int, str, bytes]]


class Fault(AssertionError):
    """Something that must hold doesn't."""


def must(holds: bool, what: str) -> None:
    if not holds:
        raise Fault(what)


def read(subject: Subject, folder: Path, name: str, on_error: OnError) -> Reading | KgmedError:
    """Read all tables of the files in a folder; a refusal is returned, any other error raised."""
    quarantine = folder.with_name(f"{folder.name}.quarantine.tsv")
    quarantine.unlink(missing_ok=True)
    rows: Rows = {}
    source = None
    try:
        source = subject.make(folder, name, on_error, quarantine)
        for table in TABLES:
            found = pa.Table.from_batches(source.batches(table), schema(table))
            wrong = list(contract._rows(table, found))
            must(not wrong, "; ".join(wrong))
            rows[table] = found.to_pylist()
        wrong = list(contract._tallies(source))
        must(not wrong, "; ".join(wrong))
        return Reading(rows, source.tallies, _set_aside(quarantine))
    except KgmedError as refused:
        return refused
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


def _set_aside(path: Path) -> list[tuple[int, str, bytes]]:
    if not path.is_file():
        return []
    found = []
    for line in path.read_bytes().split(b"\n")[1:-1]:
        cells = line.split(b"\t", 3)
        if len(cells) == 4 and cells[1].isdigit():
            found.append((int(cells[1]), cells[2].decode(), cells[3]))
    return found


def bare(data: bytes) -> list[bytes]:
    """Lines without their ends and a byte order mark."""
    lines = [line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def check(subject: Subject, seed: int, folder: Path, memory: dict[bytes, Any]) -> Outcome:
    """Read one mutated file both ways; raises :class:`Fault`. ``memory`` is shared by a run."""
    name, data = mutated(subject, seed)
    path = folder / name
    path.write_bytes(data)
    try:
        return _check(subject, name, data, folder, memory)
    finally:
        path.write_bytes(subject.files[name])


class Hang(BaseException):
    """A reader took longer than it may."""


def run(
    subject: Subject, seeds: Iterable[int], folder: Path, *, limit_s: int = 20
) -> Counter[Outcome]:
    """Check many mutated files, each for ``limit_s`` seconds at most; how many were refused, read,
    and read in part. Raises :class:`Fault` that names every seed that something was wrong with."""
    put(subject.files, folder)
    for name in subject.files:  # what a library loads the first time is no hang
        must(isinstance(read(subject, folder, name, "stop"), Reading), f"{name} isn't valid")
    memory: dict[bytes, Any] = {}
    counts: Counter[Outcome] = Counter()
    faults: list[str] = []
    before = signal.signal(signal.SIGALRM, _too_long)
    try:
        for seed in seeds:
            signal.alarm(limit_s)
            try:
                counts[check(subject, seed, folder, memory)] += 1
            except Hang:
                faults.append(f"{subject.name} {seed}: more than {limit_s} s")
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(where.filename).name}:{where.lineno}"
                faults.append(
                    f"{subject.name} {seed}: {type(error).__name__} {place}: {error}"[:400]
                )
            finally:
                signal.alarm(0)
    finally:
        signal.signal(signal.SIGALRM, before)
    must(not faults, f"{len(faults)} faults:\n" + "\n".join(faults[:20]))
    return counts


def _too_long(_signal: int, _frame: object) -> None:
    raise Hang


def _check(
    subject: Subject, name: str, data: bytes, folder: Path, memory: dict[bytes, Any]
) -> Outcome:
    shape = subject.shape(name)
    lines, before = bare(data), bare(subject.files[name])
    original = Counter(before) if shape.is_whole(lines, before) else Counter[bytes]()
    stopped = read(subject, folder, name, "stop")
    if isinstance(stopped, KgmedError):
        _check_message(stopped, folder / name, lines, original, shape)
        skipped = read(subject, folder, name, "skip")
        if isinstance(skipped, KgmedError):
            return "refused"
        if isinstance(stopped, RowError) and shape.is_quarantined:
            must(bool(skipped.aside), f"stop refused it, skip set nothing aside: {stopped}")
    else:
        skipped = stopped  # without a bad row both go the same way
    _check_aside(skipped, lines, original, shape, name)
    if original:
        _check_count(skipped, data, shape, name)
    rest = shape.subset(subject.files[name], data)
    if rest is not None:
        alone = _alone(subject, name, rest, folder, memory)
        if isinstance(alone, Reading):
            _check_others(subject, name, data, skipped, alone)
    return "read in part" if skipped is not stopped else "read"


def _check_message(
    error: KgmedError, path: Path, lines: list[bytes], original: Counter[bytes], shape: Shape
) -> None:
    text = str(error)
    text.encode()
    must(path.name in text or path.parent.name in text, f"the message names no file: {text}")
    must("expected" in text or "read" in text, f"the message says not what was expected: {text}")
    must(len(text) < 2000, f"a message of {len(text)} characters")
    if isinstance(error, RowError) and shape.is_quarantined:
        at = error.line
        must(1 <= at <= len(lines) + 1, f"line {at} of {len(lines)}: {text}")
        line = lines[at - 1] if at <= len(lines) else b""
        must(_is_touched(line, lines, original), f"line {at} wasn't touched: {text}")


def _is_touched(line: bytes, lines: list[bytes], original: Counter[bytes]) -> bool:
    """A line that the original hasn't, or not so often."""
    return not original[line] or lines.count(line) > original[line]


def _check_aside(
    reading: Reading, lines: list[bytes], original: Counter[bytes], shape: Shape, name: str
) -> None:
    counts = Counter[str]()
    for tally in reading.tallies.values():
        counts.update(tally.skipped)
    for reason, found in Counter(reason for _, reason, _ in reading.aside).items():
        if shape.is_quarantined:
            must(counts[reason] == found, f"{found} set aside, {counts[reason]} counted: {reason}")
        else:
            must(bool(counts[reason]), f"{found} set aside, none counted: {reason}")
    if not shape.is_quarantined:
        return
    for at, reason, text in reading.aside:
        must(1 <= at <= len(lines), f"line {at} of {len(lines)} was set aside")
        must(lines[at - 1] == text.removesuffix(b"\r"), f"line {at} is another: {text[:200]!r}")
        must(
            _is_touched(lines[at - 1], lines, original),
            f"{name} line {at} wasn't touched, and was set aside: {reason}: {text[:200]!r}",
        )


def _check_count(reading: Reading, data: bytes, shape: Shape, name: str) -> None:
    expected = shape.lines_read(data)
    if expected is None:
        return
    label = Path(name).name
    tally = next((t for key, t in reading.tallies.items() if key == label), None)
    must(tally is not None, f"no tally of {label}")
    assert tally is not None
    must(tally.read == expected, f"{label}: {tally.read} rows read of {expected}")


def _alone(
    subject: Subject, name: str, rest: bytes, folder: Path, memory: dict[bytes, Any]
) -> Reading | KgmedError:
    """What the untouched lines give in a file of their own."""
    key = name.encode() + b"\0" + rest
    if key not in memory:
        (folder / name).write_bytes(rest)
        memory[key] = read(subject, folder, name, "skip")
    found: Reading | KgmedError = memory[key]
    return found


def _check_others(
    subject: Subject, name: str, data: bytes, reading: Reading, alone: Reading
) -> None:
    shape, original = subject.shape(name), subject.files[name]
    known, lines = set(bare(original)), bare(data)
    touched = {at for at, line in enumerate(lines, 1) if line not in known and line}
    if shape.is_quarantined and touched <= {at for at, _, _ in reading.aside}:
        for table in TABLES:
            _same(table, reading.rows[table], alone.rows[table])
        return
    if any(tally.skipped[subject.first_wins] for tally in reading.tallies.values()):
        return
    others = [line for line in lines if line in known]
    if subject.may_vanish(name, [lines[at - 1] for at in touched], others):
        return
    for table in TABLES:
        loose = subject.loose.get(table, ())
        lost = _bag(alone.rows[table], loose) - _bag(reading.rows[table], loose)
        must(not lost, f"{table}: untouched rows are gone: {list(lost)[:3]}")


def _same(table: str, found: list[Row], expected: list[Row]) -> None:
    one, other = _bag(found, ()), _bag(expected, ())
    must(one == other, f"{table}: {list((one - other) + (other - one))[:3]} differ")


def _bag(rows: list[Row], loose: tuple[str, ...]) -> Counter[str]:
    return Counter(
        json.dumps({k: v for k, v in row.items() if k not in loose}, ensure_ascii=False)
        for row in rows
    )


# Files of lines -----------------------------------------------------------------------------------


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
    )
