"""Rows of Rich Release Format tables, read in blocks of columns.

Each row is a line of UTF-8; each field ends with ``|``, the last one too; nothing is quoted or
escaped (UMLS Reference Manual, chapter 3, https://www.ncbi.nlm.nih.gov/books/NBK9685/). A block
that Arrow's parser takes as it is - the right number of fields in every line - costs no Python per
row; a block with anything odd in it is cut line by line, so that the odd line is named.
"""

from __future__ import annotations

import queue
import threading
import zlib
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from kgmed.builders.rows import (
    BLOCK_BYTES,
    LINE_BYTES,
    BadRows,
    Block,
    Problem,
    Records,
    shown,
)
from kgmed.builders.source import Tally
from kgmed.builders.umls.files import Part, Table
from kgmed.kg.errors import DataError, RowError

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = {
    "MRCONSO.RRF": "CUI LAT TS LUI STT SUI ISPREF AUI SAUI SCUI SDUI SAB TTY CODE STR SRL SUPPRESS"
    " CVF",
    "MRREL.RRF": "CUI1 AUI1 STYPE1 REL CUI2 AUI2 STYPE2 RELA RUI SRUI SAB SL RG DIR SUPPRESS CVF",
    "MRSTY.RRF": "CUI TUI STN STY ATUI CVF",
    "MRDEF.RRF": "CUI AUI ATUI SATUI SAB DEF SUPPRESS CVF",
    "MRSAT.RRF": "CUI LUI SUI METAUI STYPE CODE ATUI SATUI ATN SAB ATV SUPPRESS CVF",
    "MRSAB.RRF": "VCUI RCUI VSAB RSAB SON SF SVER VSTART VEND IMETA RMETA SLC SCC SRL TFR CFR CXTY"
    " TTYL ATNL LAT CENC CURVER SABIN SSN SCIT",
    "MRRANK.RRF": "RANK SAB TTY SUPPRESS",
    "MRDOC.RRF": "DOCKEY VALUE TYPE EXPL",
    "MRCUI.RRF": "CUI1 VER REL RELA MAPREASON CUI2 MAPIN",
    "MRFILES.RRF": "FIL DES FMT CLS RWS BTS",
}
COLUMNS: dict[str, tuple[str, ...]] = {
    name: tuple(columns.split()) for name, columns in _COLUMNS.items()
}
"""Table -> its columns, section 3.3 of the manual."""

CODED = frozenset(
    ("LAT", "TS", "STT", "ISPREF", "SAB", "TTY", "SUPPRESS", "REL", "RELA", "RG", "TUI", "ATN")
)
"""Columns of few distinct values, read as dictionaries."""

_END = "after the last |"
_CHUNK = 1 << 20
_AHEAD = 3
"""Blocks that are read and parsed ahead, in a thread of their own."""

CUI_LIMIT = 10_000_000
"""A CUI is C and seven digits, so its number is below this."""

Item = TypeVar("Item")


def read_rows(
    table: Table, columns: Sequence[str], *, bad: BadRows, tally: Tally, release: str = ""
) -> Iterator[Records]:
    """Stream a table's rows as :class:`Records` of the given columns; fills ``tally.read``.

    Lines with another number of fields, or that aren't UTF-8, go to ``bad``. ``release`` is named
    in the message. Raises :class:`DataError` for damaged compression,
    :class:`~kgmed.kg.errors.RowError` for a bad row where ``bad`` stops at them.
    """
    header = COLUMNS[table.name]
    expected = f"{len(header)} ({table.name}{f' of UMLS {release}' if release else ''})"
    parsed = (_parse(block, n, header, columns, expected) for block, n in _blocks(table))
    for records, lines in _ahead(parsed):
        tally.read += lines
        if records.problems:
            bad.reject(table.path, records, {}, tally)
        if blank := lines - len(records) - len(records.problems):
            tally.skipped["blank line"] += blank
        if len(records):
            yield records


def cui_numbers(
    records: Records, *columns: str
) -> tuple[list[npt.NDArray[np.int64]], dict[int, Problem]]:
    """The numbers of the CUIs of some columns, and the rows where one of them is no CUI."""
    numbers = []
    problems: dict[int, Problem] = {}
    for name in columns:
        column = records.columns[name]
        found, wrong = _numbers(column)
        numbers.append(found)
        for row in np.flatnonzero(wrong).tolist():
            text = column[row].as_py()
            hint = "Is a field missing before it?"
            problems[row] = Problem(
                f"{name} isn't a CUI", f"{name} {shown(text)}", "C and seven digits", hint
            )
    return numbers, problems


def _numbers(column: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    import pyarrow as pa

    rows = len(column)
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_)
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + rows + 1]
    first = int(offsets[0])
    if not np.array_equal(offsets, np.arange(first, first + 8 * rows + 1, 8, dtype=np.int32)):
        odd = np.diff(offsets) != 8
        texts = [
            "C0000000" if bad else text for text, bad in zip(column.to_pylist(), odd, strict=True)
        ]
        texts = [text if text.isascii() else "C0000000" for text in texts]
        odd |= np.array([not text.isascii() for text in column.to_pylist()], bool)
        found, wrong = _numbers(pa.array([t.ljust(8)[:8] for t in texts], pa.string()))
        return found, wrong | odd
    data = np.frombuffer(column.buffers()[2], np.uint8)
    letters = data[first : first + 8 * rows].reshape(rows, 8)
    numbers = np.zeros(rows, np.int64)
    wrong = letters[:, 0] != ord("C")
    for place in range(1, 8):
        digit = letters[:, place] - np.uint8(ord("0"))
        wrong |= digit > 9
        numbers = numbers * 10 + digit
    numbers[wrong] = 0
    return numbers, wrong


class Codes:
    """Numbers for the distinct texts of a column, from 0, kept across blocks."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.texts: list[str] = []
        self._number: dict[str, int] = {}
        for text in texts:
            self.number(text)

    def number(self, text: str) -> int:
        """The number of a text, new or known."""
        found = self._number.get(text)
        if found is None:
            found = self._number[text] = len(self.texts)
            self.texts.append(text)
        return found

    def column(self, column: pa.Array) -> npt.NDArray[np.int64]:
        """The numbers of the texts of one of the :data:`CODED` columns."""
        numbers = np.array([self.number(t) for t in column.dictionary.to_pylist()], np.int64)
        indices: npt.NDArray[np.int32] = column.indices.to_numpy(zero_copy_only=False)
        return numbers[indices] if len(numbers) else np.zeros(0, np.int64)


# Bytes into blocks --------------------------------------------------------------------------------


def _blocks(table: Table) -> Iterator[tuple[Block, int]]:
    """Whole lines of all parts, and how many: a line may begin in one part and end in the next."""
    first, held, size = 1, [b""], 0
    start = True
    for part in table.parts:
        for chunk in _chunks(part):
            data = chunk
            if start:
                data, start = data.removeprefix(b"\xef\xbb\xbf"), False
            held.append(data)
            size += len(data)
            if size < BLOCK_BYTES:
                continue
            whole = b"".join(held)
            end = whole.rfind(b"\n") + 1
            if end:
                block = Block(first, whole[:end])
                lines = len(block)
                first += lines
                yield block, lines
            elif size > LINE_BYTES:
                raise RowError(
                    table.path,
                    first,
                    found=f"more than {LINE_BYTES:,} bytes without a line end",
                    expected="one row a line",
                    hint="Is this a table of the Metathesaurus?",
                )
            held = [whole[end:]]
            size = len(held[0])
    whole = b"".join(held)
    if whole:
        block = Block(first, whole)
        yield block, len(block)


def _chunks(part: Part) -> Iterator[bytes]:
    try:
        with part.open() as stream:
            if part.compressed:
                yield from _gunzip(stream, part.label)
            else:
                while data := stream.read(_CHUNK):
                    yield data
    except OSError as error:
        raise DataError(f"{part.label}: can't be read ({error.strerror or error}).") from error


def _gunzip(stream: IO[bytes], label: str) -> Iterator[bytes]:
    """The content of a gzip file of one or more members; checksums are checked."""
    inflate = zlib.decompressobj(wbits=31)
    began = False
    try:
        while data := stream.read(_CHUNK):
            while data:
                if inflate.eof:
                    data = data.lstrip(b"\0")  # padding after the last member
                    if not data:
                        break
                    inflate = zlib.decompressobj(wbits=31)
                began = True
                out = inflate.decompress(data, 4 * _CHUNK)
                if out:
                    yield out
                data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
        while began and not inflate.eof:
            out = inflate.decompress(inflate.unconsumed_tail, 4 * _CHUNK)
            if not out:
                break
            yield out
    except zlib.error as error:
        raise _damaged(label, str(error)) from error
    if not inflate.eof:
        raise _damaged(label, "it ends before its end mark" if began else "it is empty")


def _damaged(label: str, why: str) -> DataError:
    return DataError(
        f"{label}: found damaged gzip data ({why}), expected a whole .gz file. "
        "Is the download complete?"
    )


# Blocks into columns ------------------------------------------------------------------------------


def _parse(
    block: Block, lines: int, header: Sequence[str], columns: Sequence[str], expected: str
) -> tuple[Records, int]:
    clean = _parse_clean(block, lines, header, columns)
    if clean is not None:
        return Records(block, range(lines), clean), lines
    return _parse_lines(block, header, columns, expected), lines


def _parse_clean(
    block: Block, lines: int, header: Sequence[str], columns: Sequence[str]
) -> dict[str, pa.Array] | None:
    """The columns as Arrow's parser reads them; None where some line needs a closer look."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    data = block.data
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b"\r" in data or b"\n\n" in data or data.startswith(b"\n"):
        return None
    names = [*header, _END]
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            parse_options=csv.ParseOptions(
                delimiter="|", quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            read_options=csv.ReadOptions(
                column_names=names, use_threads=False, block_size=len(data) + 1
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: _type(name) for name in names},
                include_columns=[*columns, _END],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != lines or pc.max(pc.binary_length(table.column(_END))).as_py():
        return None
    return {name: table.column(name).combine_chunks() for name in columns}


def _parse_lines(
    block: Block, header: Sequence[str], columns: Sequence[str], expected: str
) -> Records:
    import pyarrow as pa

    problems = dict(block.problems)
    width = len(header)
    index: list[int] = []
    rows: list[list[str]] = []
    for at, line in enumerate(block.lines):
        if not line or at in problems:
            continue
        row = line.split("|")
        if len(row) == width + 1 and not row[-1]:
            index.append(at)
            rows.append(row)
        else:
            problems[at] = _wrong_width(row, width, expected)
    picked = {
        name: pa.array([row[place] for row in rows], _type(name))
        for name, place in ((name, header.index(name)) for name in columns)
    }
    return Records(block, index, picked, problems)


def _type(column: str) -> pa.DataType:
    import pyarrow as pa

    return pa.dictionary(pa.int32(), pa.string()) if column in CODED else pa.string()


def _wrong_width(row: list[str], width: int, expected: str) -> Problem:
    ended = not row[-1]
    found = len(row) - ended
    if found == width:
        return Problem(
            "no | at the end", f"{width} fields, the last without |", "| after every field",
            "Was the row cut, or the file written by another program?",
        )  # fmt: skip
    return Problem(
        "wrong number of fields",
        f"{found} fields",
        expected,
        "Is the download complete, and does no field hold a | or a line end?",
    )


# A thread ahead -----------------------------------------------------------------------------------


def _ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Run an iterator in a thread of its own, a few items ahead; its errors are raised here."""
    waiting: queue.Queue[Item | _Done] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: Item | _Done) -> None:
        while not stop.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def run() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    break
        except BaseException as raised:
            error = raised
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        put(_Done(error))

    thread = threading.Thread(target=run, name="kgmed-rrf", daemon=True)
    thread.start()
    try:
        while True:
            item = waiting.get()
            if isinstance(item, _Done):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stop.set()
        thread.join()


class _Done:
    """The end of the items, and the error that ended them."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error
