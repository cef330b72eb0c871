"""Lines of source files: read in blocks, and what becomes of a line that breaks its format.

A block is whole lines of at most :data:`BLOCK_BYTES`; readers cut it into batches of at most
:data:`BATCH_ROWS` rows and work column by column. Only ``\\n`` ends a line: ``\\r`` before it is
dropped, any other character that Python calls a line break (U+2028, U+0085 ...) is data. Text is
UTF-8, a byte order mark is tolerated, and NUL, U+001E and U+001F - the store's own separators -
become a space.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple, cast

from kgmed.builders.source import Tally
from kgmed.kg.errors import DataError, RowError

if TYPE_CHECKING:
    import pyarrow as pa

OnError = Literal["stop", "skip"]
"""``stop``: the first bad row is an error. ``skip``: bad rows are set aside, counted."""

BATCH_ROWS = 50_000
BLOCK_BYTES = 8 << 20
LINE_BYTES = 64 << 20
"""No line of a table is longer: what lacks line ends for that long is some other format."""

SEPARATORS = "\x00\x1e\x1f"
_NO_SEPARATORS = str.maketrans(dict.fromkeys(SEPARATORS, " "))
_SEPARATOR_BYTES = tuple(character.encode() for character in SEPARATORS)
_NO_SEPARATOR_BYTES = bytes.maketrans(SEPARATORS.encode(), b" " * len(SEPARATORS))

LISTED = 1000
"""Distinct values listed of one kind of finding; how many more there were is the last row."""


class Problem(NamedTuple):
    """Why a row can't be used. ``reason`` is what the report counts it under."""

    reason: str
    found: str
    expected: str
    hint: str = ""


def shown(text: str, limit: int = 80) -> str:
    """A value as an error message shows it.

    >>> shown("MONDO 5"), shown("x" * 100, 5)
    ("'MONDO 5'", "'xxxxx...'")
    """
    return repr(text if len(text) <= limit else text[:limit] + "...")


class Block:
    """Whole lines of a file, ``first`` the number of the first of them.

    ``read`` are their bytes, ``data`` the same with separators replaced: ``replaced`` of them.
    """

    __slots__ = ("_bad", "_lines", "_raw", "data", "first", "read", "replaced")

    def __init__(self, first: int, data: bytes) -> None:
        self.first, self.read = first, data
        self.replaced = sum(map(data.count, _SEPARATOR_BYTES))
        self.data = data.translate(_NO_SEPARATOR_BYTES) if self.replaced else data
        self._lines: list[str] | None = None
        self._raw: list[bytes] = []
        self._bad: dict[int, Problem] = {}

    def __len__(self) -> int:
        return self.data.count(b"\n") + (not self.data.endswith(b"\n"))

    @property
    def lines(self) -> list[str]:
        """The texts of the lines, without line ends."""
        if self._lines is None:
            try:
                self._lines = self.data.decode().split("\n")
            except UnicodeDecodeError:
                self._lines = self._decode_each()
            del self._lines[len(self) :]
            if b"\r" in self.data:
                self._lines = [line.removesuffix("\r") for line in self._lines]
        return self._lines

    @property
    def problems(self) -> dict[int, Problem]:
        """The lines that aren't UTF-8, by index."""
        _ = self.lines
        return self._bad

    def _decode_each(self) -> list[str]:
        lines = []
        for index, raw in enumerate(self.data.split(b"\n")):
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                text = "\ufffd"
                self._bad[index] = Problem(
                    "not UTF-8",
                    f"byte 0x{raw[error.start]:02x} at position {error.start + 1}",
                    "UTF-8 text",
                    "Convert the file: iconv -f GB18030 -t UTF-8 (or -f LATIN1, -f UTF-16).",
                )
            lines.append(text)
        return lines

    def raw(self, index: int, span: int = 1) -> list[bytes]:
        """The bytes of a line, and of the ``span`` - 1 after it, as they stand in the file."""
        if not self._raw:
            self._raw = self.read.split(b"\n")
        return self._raw[index : index + span]


def count_separators(text: str) -> int:
    """How many characters of a text the store keeps for itself.

    >>> count_separators("a\\x1eb\\x00")
    2
    """
    return sum(map(text.count, SEPARATORS))


def without_separators(text: str) -> str:
    """A text with the store's own separators replaced by spaces.

    >>> without_separators("a\\x1eb\\x00")
    'a b '
    """
    if "\x00" in text or "\x1e" in text or "\x1f" in text:
        return text.translate(_NO_SEPARATORS)
    return text


def is_gzip(path: Path) -> bool:
    """Whether a file's name says that it is compressed."""
    return path.suffix.lower() == ".gz"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a plain or .gz file. Raises :class:`DataError` where they can't be read, also
    from within the ``with`` block."""
    try:
        with gzip.open(path, "rb") if is_gzip(path) else path.open("rb") as file:
            yield cast("IO[bytes]", file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path}: found damaged gzip data ({error}), expected a whole .gz file. "
            "Is the download complete?"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error


def read_blocks(path: Path) -> Iterator[Block]:
    """Stream a file's lines. Raises :class:`DataError` where it can't be read to its end."""
    with opened(path) as file:
        yield from blocks_of(file, path, hint="Is this a table, and not JSON or a binary file?")


def blocks_of(stream: IO[bytes], path: Path, *, hint: str) -> Iterator[Block]:
    """Stream the lines of an open file. Raises :class:`RowError`, of ``path`` and with ``hint``,
    for a line of more than :data:`LINE_BYTES`."""
    first, rest = 1, b""
    data = stream.read(BLOCK_BYTES).removeprefix(b"\xef\xbb\xbf")
    while data:
        end = data.rfind(b"\n") + 1
        if end:
            block = Block(first, rest + data[:end])
            yield block
            first += len(block)
            rest = data[end:]
        else:
            rest += data
        if len(rest) > LINE_BYTES:
            raise RowError(
                path,
                first,
                found=f"more than {LINE_BYTES:,} bytes without a line end",
                expected="one row a line",
                hint=hint,
            )
        data = stream.read(BLOCK_BYTES)
    if rest:
        yield Block(first, rest)


def digest(version: str, files: Iterable[tuple[str, Path]]) -> str:
    """SHA-256 over a reader's version and files, each with the part it plays; streamed."""
    total = hashlib.sha256(version.encode())
    for role, path in files:
        its = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while data := file.read(1 << 20):
                    its.update(data)
        except OSError as error:
            raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error
        total.update(f"\n{role} {its.hexdigest()}".encode())
    return total.hexdigest()


def as_paths(given: Path | str | Sequence[Path | str] | None) -> tuple[Path, ...]:
    """One path, several or none, as a tuple.

    >>> as_paths(None), len(as_paths(["a.tsv", "b.tsv"])), as_paths("a.tsv")[0].name
    ((), 2, 'a.tsv')
    """
    if given is None:
        return ()
    if isinstance(given, (str, Path)):
        return (Path(given),)
    return tuple(Path(path) for path in given)


def labels_of(paths: Iterable[Path]) -> dict[Path, str]:
    """What each file is called in tallies: its name, or its path where two share a name."""
    paths = tuple(paths)
    names = Counter(path.name for path in dict.fromkeys(paths))
    return {path: path.name if names[path.name] == 1 else str(path) for path in paths}


def split_name(path: Path) -> tuple[str, str]:
    """A file's name without its endings, and its format's ending in lower case.

    >>> split_name(Path("graph_edges.tsv.gz")), split_name(Path("mondo.sssom.tsv"))
    (('graph_edges', '.tsv'), ('mondo.sssom', '.tsv'))
    """
    inner = path.with_suffix("") if is_gzip(path) else path
    return inner.stem, inner.suffix.lower()


@dataclass(slots=True)
class Records:
    """Rows of one file as columns of texts or lists of texts.

    ``index`` is each row's line in the block,
    ``problems`` are the lines between them that can't be cut into fields, by line in the block;
    ``spans`` how many lines a row has, where it isn't one.
    """

    block: Block
    index: Sequence[int]
    columns: dict[str, pa.Array]
    problems: dict[int, Problem] = field(default_factory=dict)
    spans: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: Sequence[int]) -> Records:
        """The rows of these positions."""
        import pyarrow as pa

        places = pa.array(rows, pa.int64())
        return Records(
            self.block,
            [self.index[row] for row in rows],
            {name: column.take(places) for name, column in self.columns.items()},
        )

    def without(self, rows: Mapping[int, Problem]) -> Records:
        """The rows that aren't in ``rows``, by position."""
        return self.take([row for row in range(len(self.index)) if row not in rows])


class BadRows:
    """Stops at a bad row, or sets it aside: ``file``, ``line``, ``reason`` and the row, verbatim.

    The quarantine file is added to, because several sources may share one. A source reads a file
    once per table; a row is written the first time only.
    """

    def __init__(self, on_error: OnError, quarantine: Path | None) -> None:
        self._stop = on_error == "stop"
        self._quarantine = quarantine
        self._written: dict[Path, set[int]] = {}

    def reject(
        self, path: Path, records: Records, problems: Mapping[int, Problem], tally: Tally
    ) -> None:
        """Take out what couldn't be cut into fields, and rows by their position in ``records``."""
        wrong = records.problems | {records.index[row]: why for row, why in problems.items()}
        if not wrong:
            return
        block = records.block
        ordered = sorted(wrong.items())
        if self._stop:
            index, problem = ordered[0]
            raise RowError(
                path,
                block.first + index,
                found=problem.found,
                expected=problem.expected,
                hint=f"{problem.hint} Or set such rows aside with --on-error skip.".lstrip(),
            )
        lines = []
        written = self._written.setdefault(path, set())
        for index, problem in ordered:
            tally.skipped[problem.reason] += 1
            for offset, raw in enumerate(block.raw(index, records.spans.get(index, 1))):
                line = block.first + index + offset
                if line not in written:
                    head = f"{path}\t{line}\t{problem.reason}\t"
                    lines.append(head.encode("utf-8", "surrogateescape") + raw + b"\n")
                    written.add(line)
        if self._quarantine is not None and lines:
            self._append(self._quarantine, lines)

    @staticmethod
    def _append(target: Path, lines: list[bytes]) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as file:
            if file.tell() == 0:
                file.write(b"file\tline\treason\trow\n")
            file.writelines(lines)


def read_clean(block: Block, start: int, header: Sequence[str]) -> pa.Table | None:
    """A block of unquoted tab-separated lines from line ``start``, read by Arrow's own parser.

    None where some line needs a closer look: a wrong number of fields, a blank line, bytes that
    aren't UTF-8, a lone carriage return. What it does read is what splitting each line gives.
    """
    import pyarrow as pa
    from pyarrow import csv

    data = block.data
    for _ in range(start):
        data = data[data.find(b"\n") + 1 :]
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\r")
    odd = b"\r" in data or b"\n\n" in data or data.startswith((b"\n", b"\xef\xbb\xbf"))
    if not data or odd:
        return None
    try:
        table = csv.read_csv(
            pa.BufferReader(data),
            parse_options=csv.ParseOptions(
                delimiter="\t", quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            read_options=csv.ReadOptions(
                column_names=list(header), use_threads=False, block_size=len(data) + 1
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table.combine_chunks() if table.num_rows == len(block) - start else None


def not_a_curie(column: str, value: str) -> Problem:
    """The problem of an empty or malformed id.

    >>> not_a_curie("subject", "").reason
    'subject is empty'
    """
    expected = "a CURIE such as drugbank:DB00682"
    if not value.strip():
        return Problem(
            f"{column} is empty", f"an empty {column}", expected, "Fill the cell or drop the row."
        )
    iri = "://" in value
    return Problem(
        f"{column} isn't a CURIE",
        f"{column} {shown(value)}",
        expected,
        "Write the IRI as prefix:id." if iri else "Write it as prefix:id, without spaces.",
    )


def counted(column: str, counts: Mapping[str, int]) -> list[dict[str, str]]:
    """Counts as rows of a finding, most frequent first.

    >>> counted("category", {"Foo": 2, "Bar": 7})
    [{'category': 'Bar', 'count': '7'}, {'category': 'Foo', 'count': '2'}]
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [{column: value, "count": str(count)} for value, count in ordered[:LISTED]]
    if len(ordered) > LISTED:
        left = ordered[LISTED:]
        rows.append({column: f"{len(left):,} more values", "count": str(sum(n for _, n in left))})
    return rows
