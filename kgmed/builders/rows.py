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
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, cast

from kgmed.builders.source import Tally
from kgmed.kg.curies import normalize, normalize_prefix
from kgmed.kg.errors import CurieError, DataError, RowError

OnError = Literal["stop", "skip"]
"""``stop``: the first bad row is an error. ``skip``: bad rows are set aside, counted."""

BATCH_ROWS = 50_000
BLOCK_BYTES = 8 << 20
LINE_BYTES = 64 << 20
"""No line of a table is longer: what lacks line ends for that long is some other format."""

SEPARATORS = "\x00\x1e\x1f"
_NO_SEPARATORS = str.maketrans(dict.fromkeys(SEPARATORS, " "))

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

    ``lines`` are their texts without line ends, ``problems`` those that aren't UTF-8 by index,
    ``replaced`` how many separators became spaces.
    """

    __slots__ = ("_raw", "data", "first", "lines", "problems", "replaced")

    def __init__(self, first: int, data: bytes) -> None:
        self.first, self.data = first, data
        self.problems: dict[int, Problem] = {}
        self.replaced = 0
        self._raw: list[bytes] = []
        try:
            text = data.decode()
        except UnicodeDecodeError:
            self.lines = self._decode_each()
        else:
            self.replaced = count_separators(text)
            self.lines = without_separators(text).split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        if b"\r" in data:
            self.lines = [line.removesuffix("\r") for line in self.lines]

    def _decode_each(self) -> list[str]:
        lines = []
        for index, raw in enumerate(self.data.split(b"\n")):
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                text = "\ufffd"
                byte = raw[error.start]
                self.problems[index] = Problem(
                    "not UTF-8",
                    f"byte 0x{byte:02x} at position {error.start + 1}",
                    "UTF-8 text",
                    "Convert the file: iconv -f GB18030 -t UTF-8 (or -f LATIN1, -f UTF-16).",
                )
            self.replaced += count_separators(text)
            lines.append(without_separators(text))
        return lines

    def raw(self, index: int, span: int = 1) -> list[bytes]:
        """The bytes of a line, and of the ``span`` - 1 after it, as they stand in the file."""
        if not self._raw:
            self._raw = self.data.split(b"\n")
        return self._raw[index : index + span]


def count_separators(text: str) -> int:
    """How many characters of a text the store keeps for itself."""
    return sum(text.count(character) for character in SEPARATORS)


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
def _opened(path: Path) -> Iterator[IO[bytes]]:
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
    first, rest = 1, b""
    with _opened(path) as file:
        data = file.read(BLOCK_BYTES).removeprefix(b"\xef\xbb\xbf")
        while data:
            end = data.rfind(b"\n") + 1
            if end:
                block = Block(first, rest + data[:end])
                yield block
                first += len(block.lines)
                rest = data[end:]
            else:
                rest += data
            if len(rest) > LINE_BYTES:
                raise RowError(
                    path,
                    first,
                    found=f"more than {LINE_BYTES:,} bytes without a line end",
                    expected="one row a line",
                    hint="Is this a table, and not JSON or a binary file?",
                )
            data = file.read(BLOCK_BYTES)
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
    """Rows of one file as columns; ``index`` is each row's line in the block.

    ``problems`` are the lines between them that can't be cut into fields, by line in the block;
    ``spans`` how many lines a row has, where it isn't one.
    """

    block: Block
    index: Sequence[int]
    columns: dict[str, Sequence[Any]]
    problems: dict[int, Problem] = field(default_factory=dict)
    spans: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)

    def without(self, rows: Mapping[int, Problem]) -> Records:
        """The rows that aren't in ``rows``, by position."""
        keep = [row for row in range(len(self.index)) if row not in rows]
        return Records(
            self.block,
            [self.index[row] for row in keep],
            {name: [column[row] for row in keep] for name, column in self.columns.items()},
        )


class BadRows:
    """Stops at a bad row, or sets it aside: ``file``, ``line``, ``reason`` and the row, verbatim.

    The quarantine file is added to, because several sources may share one. A source reads a file
    once per table; a row is written the first time only.
    """

    def __init__(self, on_error: OnError, quarantine: Path | None) -> None:
        self._stop = on_error == "stop"
        self._quarantine = quarantine
        self._written: dict[Path, int] = {}

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
        last = self._written.get(path, 0)
        for index, problem in ordered:
            tally.skipped[problem.reason] += 1
            for offset, raw in enumerate(block.raw(index, records.spans.get(index, 1))):
                line = block.first + index + offset
                if line > last:
                    head = f"{path}\t{line}\t{problem.reason}\t"
                    lines.append(head.encode("utf-8", "surrogateescape") + raw + b"\n")
                    self._written[path] = line
        if self._quarantine is not None and lines:
            self._append(self._quarantine, lines)

    @staticmethod
    def _append(target: Path, lines: list[bytes]) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("ab") as file:
            if file.tell() == 0:
                file.write(b"file\tline\treason\trow\n")
            file.writelines(lines)


_PLAIN = re.compile(r"([^\s:]+):([^\s:/][^\s:]*)").fullmatch


class Curies:
    """Normalises CURIEs a column at a time; ``aliases`` are a file's own prefixes.

    >>> Curies().column(["MONDO:0005136", "fever", "SCTID:386661006"])
    (['mondo:0005136', '', 'snomedct:386661006'], [1])
    """

    def __init__(self, prefix: Callable[[str], str] = normalize_prefix) -> None:
        self._prefix = prefix
        self._known: dict[str, str] = {}

    def column(self, column: Sequence[str]) -> tuple[list[str], list[int]]:
        """The column normalised, with '' for what is no CURIE, and the rows of these."""
        known = self._known
        table: dict[str, str] = {}
        for curie in set(column):
            match = _PLAIN(curie)
            head = known.get(match[1]) if match else None
            table[curie] = self.one(curie) if head is None or match is None else head + match[2]
        out = [table[curie] for curie in column]
        if "" not in table.values():
            return out, []
        return out, [row for row, curie in enumerate(out) if not curie]

    def one(self, curie: str) -> str:
        """One CURIE normalised, or '' for what is none: no prefix, white space, an IRI."""
        curie = curie.strip()
        written, colon, local = curie.partition(":")
        if not colon or not written or not local or local.startswith("//"):
            return ""
        if len(curie.split()) > 1:
            return ""
        if len(self._known) > 10_000:
            self._known.clear()
        head = self._known.get(written)
        if head is None:
            head = self._known[written] = self._prefix(written) + ":"
        try:
            return normalize(head + local)
        except CurieError:
            return ""


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


_HANGUL_OR_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def language_of(text: str) -> str:
    """The language that a name's script speaks for: zh, ja, ko, else en.

    The formats carry no language. Latin script says nothing, so it counts as English.

    >>> language_of("fever"), language_of("COVID-19肺炎"), language_of("β-blocker")
    ('en', 'zh', 'en')
    """
    if text.isascii():
        return "en"
    other = _HANGUL_OR_KANA.search(text)
    if other:
        return "ko" if other[0] >= "\uac00" else "ja"
    return "zh" if _HAN.search(text) else "en"


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
