"""What must hold of a reader that is given a file broken at random (:mod:`mutations`).

One file at a time is mutated and read twice, with ``on_error="stop"`` and ``"skip"``. Either it is
refused, in our own words, or

- every tally adds up, and a table's tally has read as many rows as the file has lines;
- the rows that come out keep to the contract of all sources;
- what was set aside is in the quarantine file under its line and its text, is counted under its
  reason, and was touched by the mutation; ``stop`` refuses the file if and only if there is any;
- no other row suffers: the lines that weren't touched, in a file of their own, give rows that are
  all there, and no others if each touched line was set aside.
"""

from __future__ import annotations

import json
import signal
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from mutations import Shape, Subject, bare, mutated
from small import put

from kgmed.builders import contract
from kgmed.builders.rows import OnError
from kgmed.builders.source import TABLES, Tally, schema
from kgmed.kg.errors import KgmedError, RowError

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Outcome = Literal["refused", "read", "read in part"]


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
    """Check many mutated files, each for ``limit_s`` seconds of the processor at most, and twenty
    times that on the clock; how many were refused, read, and read in part. Raises :class:`Fault`
    that names every seed that something was wrong with."""
    put(subject.files, folder)
    for name in subject.files:  # what a library loads the first time is no hang
        must(isinstance(read(subject, folder, name, "stop"), Reading), f"{name} isn't valid")
    memory: dict[bytes, Any] = {}
    counts: Counter[Outcome] = Counter()
    faults: list[str] = []
    kinds = (signal.SIGALRM, signal.SIGPROF)
    before = [signal.signal(kind, _too_long) for kind in kinds]
    try:
        for seed in seeds:
            signal.alarm(20 * limit_s)
            signal.setitimer(signal.ITIMER_PROF, limit_s)
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
                signal.setitimer(signal.ITIMER_PROF, 0)
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)
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
            one, other = _bag(reading.rows[table], ()), _bag(alone.rows[table], ())
            differ = one.keys() ^ other.keys() if shape.once else (one - other) + (other - one)
            must(not differ, f"{table}: {list(differ)[:3]} differ")
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


def _bag(rows: list[Row], loose: tuple[str, ...]) -> Counter[str]:
    return Counter(
        json.dumps({k: v for k, v in row.items() if k not in loose}, ensure_ascii=False)
        for row in rows
    )
