"""Documents to link: read from plain text, JSON Lines and PubTator files, one at a time.

PubTator (https://www.ncbi.nlm.nih.gov/research/pubtator/, BioCreative V CDR): the lines of
a document are ``ID|t|TITLE``, ``ID|a|ABSTRACT`` and, for each annotation, six fields between tabs:
ID, start, end, text, type and concept. An empty line ends it. Offsets count over the title, one
character, and the abstract. Lines of relations (``ID<tab>CID<tab>...``) are passed over.

All offsets are Unicode code points. A text is taken as it stands, line ends included; only a
byte order mark before it is none of its characters.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from kgmed.kg.errors import DataError, RowError, UsageError
from kgmed.kg.linking.links import MAX_TEXT
from kgmed.kg.model import Language

FORMATS = {
    "jsonl": (".jsonl", ".ndjson"),
    "pubtator": (".pubtator", ".pubtator.txt"),
    "txt": (".txt",),
}
"""Format -> the endings of its files; each may be followed by ``.gz``."""

STDIN = "-"
LINE_BYTES = 256 << 20
GROUP_LINES = 100_000
"""Lines that a PubTator document may have."""

Bad = Callable[[DataError], None]
"""Takes the error of a document that is passed over."""

_UNREADABLE = re.compile("[\ud800-\udfff\x00-\x08\x0e-\x1f\x7f]")
_BOM = b"\xef\xbb\xbf"
_NUMBER = re.compile("-?[0-9]{1,12}")
_TITLE = re.compile(r"[^|\t]*\|t\|")


@dataclass(frozen=True, slots=True)
class Mention:
    """An annotation that a file holds: a span and the concept it names, as its authors say."""

    start: int
    end: int
    text: str
    id: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with an id. ``title_end`` is the offset at which a PubTator title ends, else None;
    ``mentions`` are the annotations that came with it; ``lang`` is None where nothing says."""

    id: str
    text: str
    title_end: int | None = None
    mentions: tuple[Mention, ...] = ()
    lang: Language | None = None


def numbered(texts: Iterable[Document | str]) -> Iterator[Document]:
    """Documents; those given as a text alone get their number, from 1, as id.

    >>> [document.id for document in numbered(["gout", Document("b", "fever")])]
    ['1', 'b']
    """
    for number, given in enumerate(texts, 1):
        yield given if isinstance(given, Document) else Document(str(number), given)


def format_of(path: Path | str) -> str:
    """The format that a file's name says. Raises :class:`~kgmed.kg.errors.UsageError`.

    >>> format_of("CDR_DevelopmentSet.PubTator.txt"), format_of("notes.jsonl.gz")
    ('pubtator', 'jsonl')
    """
    name = Path(path).name.lower().removesuffix(".gz")
    for format in ("pubtator", "jsonl", "txt"):
        if name.endswith(FORMATS[format]):
            return format
    endings = ", ".join(ending for its in FORMATS.values() for ending in its)
    raise UsageError(
        f"Found the file {str(path)!r}, expected one ending in {endings}, with or without .gz;"
        f" or say what it is: {', '.join(FORMATS)}."
    )


def files_in(path: Path) -> list[Path]:
    """The files that a path means: itself, or the documents of a folder, by name."""
    if not path.is_dir():
        return [path]
    endings = tuple(e + z for its in FORMATS.values() for e in its for z in ("", ".gz"))
    found = sorted(p for p in path.iterdir() if p.is_file() and p.name.lower().endswith(endings))
    if not found:
        raise UsageError(f"{path}: found no documents in the folder, expected {', '.join(endings)}")
    return found


def read_documents(
    paths: Path | str | Iterable[Path | str],
    *,
    format: str = "",
    lines: bool = False,
    bad: Bad | None = None,
) -> Iterator[Document]:
    """Read documents, from files or the files of folders, one after the other.

    ``format`` is ``txt``, ``jsonl`` or ``pubtator``, told by each file's name where it isn't given;
    ``-`` is standard input. A .txt file is one document, or with ``lines`` each of its lines that
    isn't empty. A document that can't be used goes to ``bad`` as an error that names file and
    line; without ``bad`` it is raised. What keeps a whole file from being read is always raised.
    """
    if format and format not in FORMATS:
        raise UsageError(f"Found format {format!r}, expected one of: {', '.join(FORMATS)}.")
    given = [paths] if isinstance(paths, (str, Path)) else list(paths)
    files = [file for path in given for file in files_in(Path(path))]
    chosen = [(file, format or format_of(file)) for file in files]
    seen: set[int] = set()  # 64-bit hashes: some 70 bytes a document
    for file, its in chosen:
        for found in _READERS[its if its != "txt" or not lines else "lines"](file):
            problem: DataError | None
            if isinstance(found, DataError):
                problem = found
            else:
                line, document = found
                number = hash(document.id)
                problem = _unusable(file, line, document)
                if problem is None and number not in seen:
                    seen.add(number)
                    yield document
                    continue
                if problem is None:
                    problem = RowError(
                        file, line, found=f"the id {document.id!r} a second time",
                        expected="one document an id",
                    )  # fmt: skip
            if bad is None:
                raise problem
            bad(problem)


def _unusable(file: Path, line: int, document: Document) -> RowError | None:
    """Why a document can't be linked, if so."""
    text = document.text
    if len(text) > MAX_TEXT:
        return RowError(
            file, line, found=f"a text of {len(text):,} characters",
            expected=f"at most {MAX_TEXT:,}",
            hint="Cut it into documents; of a .txt file, --lines makes each line one.",
        )  # fmt: skip
    match = _UNREADABLE.search(text) or _UNREADABLE.search(document.id)
    if match:
        code = ord(match.group())
        what = "the lone surrogate" if code >= 0xD800 else "the control character"
        where = f"at offset {match.start()}" if match.string is text else "in the id"
        return RowError(file, line, found=f"{what} U+{code:04X} {where}", expected="text")
    for mention in document.mentions:
        problem = _misplaced(file, line, text, mention)
        if problem:
            return problem
    return None


def _misplaced(file: Path, line: int, text: str, mention: Mention) -> RowError | None:
    start, end = mention.start, mention.end
    if not 0 <= start < end <= len(text):
        found = f"an annotation at {start}-{end}"
        expected = f"offsets within the text, 0-{len(text)}"
    elif mention.text != text[start:end]:
        found = f"the annotation {mention.text!r} at {start}-{end}"
        expected = f"what stands there, {text[start:end]!r}"
    else:
        return None
    hint = "Offsets count Unicode code points."
    return RowError(file, line, found=found, expected=expected, hint=hint)


# Files

_Found = tuple[int, Document] | DataError
"""A document with the number of its first line, or why there is none."""


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) == STDIN:
        yield sys.stdin.buffer
        return
    try:
        zipped = path.suffix.lower() == ".gz"
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            yield cast("IO[bytes]", file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path}: found damaged gzip data ({error}), expected a whole .gz file."
        ) from error
    except OSError as error:
        raise DataError(f"{path}: can't be read ({error.strerror or error}).") from error


def _decoded(path: Path, line: int, raw: bytes) -> str | RowError:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        return RowError(
            path, line + raw.count(b"\n", 0, error.start),
            found=f"the byte 0x{raw[error.start]:02x}", expected="UTF-8 text",
            hint="Convert the file: iconv -f GB18030 -t UTF-8 (or -f LATIN1, -f UTF-16).",
        )  # fmt: skip


def _lines(path: Path) -> Iterator[tuple[int, str | RowError]]:
    """Each line with its number, without its end."""
    with _opened(path) as file:
        number = 0
        while raw := file.readline(LINE_BYTES):
            number += 1
            if len(raw) == LINE_BYTES:
                raise RowError(
                    path, number, found=f"more than {LINE_BYTES:,} bytes without a line end",
                    expected="lines of text",
                )  # fmt: skip
            if number == 1:
                raw = raw.removeprefix(_BOM)
            yield number, _decoded(path, number, raw.rstrip(b"\r\n"))


def _name(path: Path) -> str:
    """A file's name without its endings."""
    if str(path) == STDIN:
        return "stdin"
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return Path(name).stem


def _read_whole(path: Path) -> Iterator[_Found]:
    """A .txt file as one document, whose id is the file's name."""
    with _opened(path) as file:
        raw = file.read(4 * MAX_TEXT + 4).removeprefix(_BOM)
        over = file.read(1)
    if over:
        yield RowError(
            path, 1, found=f"a text of more than {MAX_TEXT:,} characters",
            expected=f"at most {MAX_TEXT:,}",
            hint="Cut it into documents; --lines makes each line one.",
        )  # fmt: skip
        return
    text = _decoded(path, 1, raw)
    yield text if isinstance(text, RowError) else (1, Document(_name(path), text))


def _read_lines(path: Path) -> Iterator[_Found]:
    """A .txt file with a document a line, whose ids are name-line."""
    name = _name(path)
    for number, text in _lines(path):
        if isinstance(text, RowError):
            yield text
        elif text.strip():
            yield number, Document(f"{name}-{number}", text)


def _read_jsonl(path: Path) -> Iterator[_Found]:
    """JSON Lines: objects with ``text``, and ``id``, ``lang``, ``title_end``, ``mentions``."""
    for number, line in _lines(path):
        if isinstance(line, RowError):
            yield line
        elif line.strip():
            yield _of_json(path, number, line)


def _of_json(path: Path, number: int, line: str) -> _Found:
    def wrong(found: str, expected: str, hint: str = "") -> RowError:
        return RowError(path, number, found=found, expected=expected, hint=hint)

    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return wrong(f"no JSON ({why})", 'an object a line, {"id": ..., "text": ...}')
    if not isinstance(row, dict):
        return wrong(f"a JSON {type(row).__name__}", 'an object, {"id": ..., "text": ...}')
    text, id, lang = row.get("text"), row.get("id"), row.get("lang")
    title_end = row.get("title_end")
    if not isinstance(text, str):
        keys = ", ".join(map(repr, list(row)[:6])) or "nothing"
        return wrong(f"no text among {keys}", 'a "text" that is a string')
    if id is None:
        id = str(number)
    elif isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    elif not isinstance(id, str) or not id:
        return wrong(f"the id {id!r}", "a string or a whole number")
    if lang not in {None, "", "en", "zh"}:
        return wrong(f"the lang {lang!r}", "en or zh")
    if title_end is not None and not (_is_offset(title_end) and title_end <= len(text)):
        return wrong(f"the title_end {title_end!r}", f"an offset within the text, 0-{len(text)}")
    mentions = row.get("mentions") or []
    if not isinstance(mentions, list) or not all(map(_is_mention, mentions)):
        return wrong("other mentions", '"mentions" that are objects with "start" and "end"')
    return number, Document(
        id, text, title_end,
        tuple(
            Mention(
                m["start"], m["end"], m.get("text", text[max(0, m["start"]) : m["end"]]),
                m.get("id", ""), m.get("category", ""),
            )
            for m in mentions
        ),
        lang or None,
    )  # fmt: skip


def _is_offset(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_mention(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(n), int) for n in ("start", "end"))
        and all(isinstance(value.get(n, ""), str) for n in ("text", "id", "category"))
    )


def _read_pubtator(path: Path) -> Iterator[_Found]:
    group: list[tuple[int, str | RowError]] = []
    for number, line in _lines(path):
        empty = isinstance(line, str) and not line.strip()
        title = isinstance(line, str) and _TITLE.match(line)
        if group and (empty or title):
            yield _of_pubtator(path, group)
            group = []
        if not empty:
            group.append((number, line))
        if len(group) > GROUP_LINES:
            raise RowError(
                path, number, found=f"more than {GROUP_LINES:,} lines of one document",
                expected="an empty line between documents", hint="Is this a PubTator file?",
            )  # fmt: skip
    if group:
        yield _of_pubtator(path, group)


def _of_pubtator(path: Path, group: list[tuple[int, str | RowError]]) -> _Found:
    """One document of its lines."""
    id = title = ""
    abstract: str | None = None
    spans: list[tuple[int, Mention]] = []
    for place, (number, line) in enumerate(group):
        if isinstance(line, RowError):
            return line
        its, mark, rest = (*line.split("|", 2), "", "")[:3]
        fields = line.split("\t")
        if place == 0 and mark == "t" and its.strip() and "\t" not in its:
            id, title = its, rest
        elif place == 0:
            return _expected(path, number, line, "ID|t|TITLE")
        elif place == 1 and mark == "a" and its == id:
            abstract = rest
        elif fields[0] != id or len(fields) < 4:
            return _expected(path, number, line, f"an annotation of {id}, six fields with tabs")
        elif fields[1][:1] in "-0123456789":  # else a relation
            if not (_NUMBER.fullmatch(fields[1]) and _NUMBER.fullmatch(fields[2])):
                return _expected(path, number, line, "whole numbers as offsets")
            category, concept = (*fields[4:6], "", "")[:2]
            mention = Mention(int(fields[1]), int(fields[2]), fields[3], concept, category)
            spans.append((number, mention))
    text = title if abstract is None else f"{title}\n{abstract}"
    for number, mention in spans:
        problem = _misplaced(path, number, text, mention)
        if problem:
            return problem
    return group[0][0], Document(id, text, len(title), tuple(mention for _, mention in spans))


def _expected(path: Path, number: int, line: str, expected: str) -> RowError:
    shown = line if len(line) <= 60 else line[:57] + "..."
    return RowError(path, number, found=repr(shown), expected=expected)


_READERS: dict[str, Callable[[Path], Iterator[_Found]]] = {
    "txt": _read_whole,
    "lines": _read_lines,
    "jsonl": _read_jsonl,
    "pubtator": _read_pubtator,
}
