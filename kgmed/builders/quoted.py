"""Rows of text tables whose values may stand in quotes, cut so that a bad row costs no other.

Follows RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180): a value that begins with a quote ends at
the next one that isn't doubled, and may hold delimiters and line ends; what comes after must be a
delimiter or the row's end. A quote anywhere else is data. A row that breaks this, or has another
number of fields than the header, is bad with its first line only: the lines after it are read as
rows of their own, for a quote too many would else swallow good rows up to the next.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from kgmed.builders.rows import BATCH_ROWS, Block, Problem, Records, read_clean

QUOTED_LINES = 1000
"""No quoted value spans more lines: its closing quote is missing."""

_HINT = 'Write a quote inside a value twice and the value in quotes: """mild"" pain".'
UNCLOSED = Problem(
    "a quote that is never closed",
    "a value that begins with a quote and has no closing one",
    "a quoted value, or none",
    _HINT,
)
AFTER_QUOTE = Problem(
    "text after a closing quote",
    "text between a closing quote and the next delimiter",
    "a delimiter or the end of the row",
    _HINT,
)


def wrong_number(found: int, expected: int) -> Problem:
    """The problem of a row of another number of fields."""
    return Problem(
        "wrong number of fields",
        f"{found} fields",
        f"{expected}",
        "Is a delimiter missing, or a value that holds one not quoted?",
    )


def unquoted_fields(
    lines: Sequence[str], at: int, *, delimiter: str = "\t", quote: str = '"'
) -> tuple[list[str] | Problem, int]:
    """A row's fields with the quotes taken off, and how many lines it has.

    The span is 0 where the lines end within a quoted value.

    >>> unquoted_fields(['a\\t"5 ""ml""\\tdose"\\tb"c'], 0)
    (['a', '5 "ml"\\tdose', 'b"c'], 1)
    >>> unquoted_fields(['a,"two', 'lines"'], 0, delimiter=",")
    (['a', 'two\\nlines'], 2)
    """
    fields: list[str] = []
    line, place, span = lines[at], 0, 1
    while True:
        if not line.startswith(quote, place):
            end = line.find(delimiter, place)
            fields.append(line[place:] if end < 0 else line[place:end])
        else:
            parts: list[str] = []
            place += 1
            while True:
                end = line.find(quote, place)
                if end < 0:
                    parts += (line[place:], "\n")
                    if at + span >= len(lines) or span >= QUOTED_LINES:
                        return UNCLOSED, 1 if span >= QUOTED_LINES else 0
                    line, place = lines[at + span], 0
                    span += 1
                    continue
                parts.append(line[place:end])
                place = end + 1
                if not line.startswith(quote, place):
                    break
                parts.append(quote)
                place += 1
            fields.append("".join(parts))
            end = place if line.startswith(delimiter, place) else -1
            if end < 0 and place < len(line):
                return AFTER_QUOTE, 1
        if end < 0:
            return fields, span
        place = end + len(delimiter)


def quoted_rows(
    lines: Iterable[str], *, delimiter: str, quote: str = '"'
) -> Iterator[tuple[int, list[str] | Problem, str]]:
    """The rows of a stream of lines without their ends: the first line's number from 1, the fields,
    and the first line itself. The first row that isn't blank says how many fields each has.

    >>> list(quoted_rows(["a,b", '"1,2', "3,4"], delimiter=","))[2]
    (3, ['3', '4'], '3,4')
    """
    stream = iter(lines)
    held: list[str] = []
    first, at, ended, width = 1, 0, False, 0
    while True:
        if not ended and len(held) - at <= QUOTED_LINES:
            more = list(islice(stream, 10 * QUOTED_LINES))
            ended = not more
            held, first, at = held[at:] + more, first + at, 0
            continue
        if at == len(held):
            return
        fields, span = unquoted_fields(held, at, delimiter=delimiter, quote=quote)
        if not span:
            fields = UNCLOSED
        if isinstance(fields, list) and any(field.strip() for field in fields):
            width = width or len(fields)
            if len(fields) != width:
                fields = wrong_number(len(fields), width)
        yield first + at, fields, held[at]
        at += 1 if isinstance(fields, Problem) else span


def quoted_records(
    blocks: Iterable[Block],
    header: Sequence[str],
    wanted: Collection[str],
    *,
    start: int = 0,
    delimiter: str = "\t",
    quote: str = '"',
) -> Iterator[tuple[Records, int]]:
    """The rows of a table as columns of texts, those that are wanted; and how many lines between
    them were blank.

    ``start``: the line of the first block to begin at. ``quote`` may be ''. What can't be cut into
    fields is among the records' ``problems``.
    """
    rest, first = b"", 1
    for block, last in _with_last(blocks):
        whole = Block(first, rest + block.read) if rest else block
        rest = b""
        plain = delimiter == "\t" and not (quote and quote.encode() in whole.data)
        clean = read_clean(whole, start, header) if plain else None
        if clean is not None:
            for at in range(0, clean.num_rows, BATCH_ROWS):
                part = clean.slice(at, BATCH_ROWS).combine_chunks()
                columns = {
                    name: part.column(name).combine_chunks() for name in header if name in wanted
                }
                index = range(start + at, start + at + part.num_rows)
                yield Records(whole, index, columns), 0
        else:
            at = start
            while at < len(whole):
                records, blank, end = _cut(
                    whole, at, header, wanted, last=last, delimiter=delimiter, quote=quote
                )
                yield records, blank
                if end == at:  # a quoted value goes on in the next block
                    rest = b"\n".join(whole.raw(at, len(whole) + 1))  # with the last line end
                    first = whole.first + at
                    break
                at = end
        start = 0


def _with_last(blocks: Iterable[Block]) -> Iterator[tuple[Block, bool]]:
    """Each block, and whether it is the last."""
    held: Block | None = None
    for block in blocks:
        if held is not None:
            yield held, False
        held = block
    if held is not None:
        yield held, True


def _cut(
    block: Block,
    at: int,
    header: Sequence[str],
    wanted: Collection[str],
    *,
    last: bool,
    delimiter: str,
    quote: str,
) -> tuple[Records, int, int]:
    """Cut a batch of lines into fields: rows, how many lines were blank, and the line to go on at;
    that is ``at`` where a quoted value isn't closed before the block's end."""
    import pyarrow as pa

    lines = block.lines
    width = len(header)
    index: list[int] = []
    rows: list[list[str]] = []
    spans: dict[int, int] = {}
    problems: dict[int, Problem] = {}
    blank = 0
    while at < len(lines) and len(rows) < BATCH_ROWS:
        line, span = lines[at], 1
        if not line:
            blank += 1
        elif at in block.problems:
            problems[at] = block.problems[at]
        else:
            fields: list[str] | Problem = UNCLOSED
            if not quote or quote not in line:
                fields = line.split(delimiter)
            else:
                fields, span = unquoted_fields(lines, at, delimiter=delimiter, quote=quote)
                if span == 0 and not last and len(lines) - at <= QUOTED_LINES:
                    break
                span = span or 1
                if odd := block.problems.keys() & range(at, at + span):
                    fields = block.problems[min(odd)]
            if isinstance(fields, Problem):
                problems[at], span = fields, 1
            elif len(fields) != width:
                problems[at], span = wrong_number(len(fields), width), 1
            else:
                index.append(at)
                rows.append(fields)
                if span > 1:
                    spans[at] = span
        at += span
    columns = zip(*rows, strict=True) if rows else ((),) * width
    named = {
        name: pa.array(column, pa.string())
        for name, column in zip(header, columns, strict=True)
        if name in wanted
    }
    return Records(block, index, named, problems, spans), blank, at
