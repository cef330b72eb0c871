"""Where linked documents go: files that are there whole or not at all.

What is written grows beside its place under a name with ``.partial``, and takes its place once all
of it is written; what breaks off before leaves nothing.
"""

from __future__ import annotations

import gzip
import io
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.html import PAGE_END, page_start
from kgmed.kg.linking.written import file_name

FORMATS = {
    "jsonl": (".jsonl", ".ndjson"),
    "pubtator": (".pubtator", ".pubtator.txt"),
    "standoff": (".ann",),
}
"""Format -> the endings of its files; ``standoff`` also writes a folder of them."""


HTML = "html"
"""A page of documents, which is written besides."""


class Sink(Protocol):
    """Takes documents: what :data:`~kgmed.kg.linking.written.RENDER` made of each."""

    def write(self, id: str, text: str, rendered: str) -> None: ...


def format_of(out: Path | None, format: str = "") -> str:
    """The format to write: the one given, else what the name of the file says, else JSON Lines.
    Raises :class:`~kgmed.kg.errors.UsageError`.

    >>> format_of(Path("links.pubtator.gz")), format_of(Path("x"), "standoff"), format_of(None)
    ('pubtator', 'standoff', 'jsonl')
    """
    if not format:
        if out is None:
            return "jsonl"
        name = out.name.lower().removesuffix(".gz")
        found = [its for its, endings in FORMATS.items() if name.endswith(endings)]
        if not found:
            endings = ", ".join(ending for its in FORMATS.values() for ending in its)
            raise UsageError(
                f"Found the file {str(out)!r} to write, expected one ending in {endings}; or give"
                f" a format: {', '.join(FORMATS)}."
            )
        return found[0]
    if format not in FORMATS:
        raise UsageError(f"Found format {format!r}, expected one of: {', '.join(FORMATS)}.")
    if out is None and format == "standoff":
        raise UsageError("Standoff is files: give a folder or an .ann file to write.")
    return format


@contextmanager
def open_sink(out: Path | None, format: str) -> Iterator[Sink]:
    """A place to write to: a file, a folder for ``standoff``, or standard output. What was written
    stands in its place at the end of the ``with`` block, and nowhere if that raises."""
    if out is None:
        yield _Stream(sys.stdout)
    elif format == HTML:
        with _file(out) as stream:
            stream.write(page_start(out.name))
            yield _Stream(stream)
            stream.write(PAGE_END)
    elif format == "standoff":
        with _folder(out) if not out.name.lower().endswith(".ann") else _one(out) as sink:
            yield sink
    else:
        with _file(out) as stream:
            yield _Stream(stream)


class _Stream:
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, id: str, text: str, rendered: str) -> None:
        self._stream.write(rendered)


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, id: str, text: str, rendered: str) -> None:
        name = file_name(id)
        for ending, content in ((".txt", text), (".ann", rendered)):
            path = self._folder / f"{name}{ending}"
            with path.open("x", encoding="utf-8", newline="") as file:
                file.write(content)


class _One:
    """The ``.ann`` file of one document; its text stands in a ``.txt`` file beside it."""

    def __init__(self, out: Path, ann: IO[str]) -> None:
        self._out, self._ann = out, ann
        self.beside = out.with_suffix(".txt")
        self.text: str | None = None

    def write(self, id: str, text: str, rendered: str) -> None:
        if self.text is not None:
            raise UsageError(
                f"{self._out}: an .ann file is of one document, and there are more. Give a folder,"
                " with the format standoff."
            )
        if self.beside.exists() and self.beside.read_bytes() != text.encode():
            raise UsageError(
                f"{self.beside}: found another text beside the .ann file to write. Give a name"
                " beside which none stands."
            )
        self.text = text
        self._ann.write(rendered)


@contextmanager
def _one(out: Path) -> Iterator[Sink]:
    with _file(out) as ann:
        sink = _One(out, ann)
        yield sink
        if sink.text is not None and not sink.beside.exists():
            with _file(sink.beside) as txt:
                txt.write(sink.text)


@contextmanager
def _file(out: Path) -> Iterator[IO[str]]:
    """A text file to write, compressed where its name ends in .gz."""
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}.")
    if out.is_dir():
        raise UsageError(f"{out}: found a folder, expected a file to write.")
    partial = out.with_name(f".{out.name}.partial")
    try:
        with ExitStack() as stack:
            stream: IO[str]
            if out.name.lower().endswith(".gz"):
                raw = stack.enter_context(partial.open("wb"))
                zipped = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
                stream = stack.enter_context(
                    io.TextIOWrapper(cast("IO[bytes]", zipped), encoding="utf-8", newline="")
                )
            else:
                stream = stack.enter_context(partial.open("w", encoding="utf-8", newline=""))
            yield stream
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: can't be written ({error.strerror or error}).") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _folder(out: Path) -> Iterator[Sink]:
    """A folder of files to write; it mustn't hold any."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: expected a new or empty folder to write standoff files into.")
    if not out.parent.is_dir():
        raise UsageError(f"{out}: there is no folder {out.parent}.")
    partial = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        yield _Folder(partial)
        if out.exists():
            out.rmdir()
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"{out}: can't be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
