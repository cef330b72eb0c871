"""Files of documents in, files of links out: ``kgmed link --file``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.linking.batch import Batch
from kgmed.kg.linking.documents import read_documents
from kgmed.kg.linking.links import LinkedDocument, LinkedFiles
from kgmed.kg.linking.sinks import HTML, format_of, open_sink
from kgmed.kg.linking.written import RENDER

ON_ERROR = ("stop", "skip")
PROBLEMS_KEPT = 20


@dataclass(slots=True)
class _Problems:
    """Counts documents that are passed over."""

    tell: Callable[[str], None]
    count: int = 0
    kept: tuple[str, ...] = ()

    def __call__(self, error: DataError) -> None:
        self.count += 1
        if self.count <= PROBLEMS_KEPT:
            self.kept += (str(error),)
            self.tell(f"skipped: {error}")


def link_files(
    batch: Batch,
    files: Path | Sequence[Path],
    out: Path | None,
    *,
    format: str = "",
    html: Path | None = None,
    input_format: str = "",
    lines: bool = False,
    on_error: str = "stop",
    progress: Callable[[str], None] = lambda _text: None,
    note: Callable[[str], None] = lambda _text: None,
) -> LinkedFiles:
    """Link the documents of files and write their links.

    ``out`` is a file, a folder for standoff, or None for standard output; ``format`` is told by its
    name where it isn't given. ``html`` is a page to write, besides or alone. Documents are read as
    :func:`~kgmed.kg.linking.documents.read_documents` says; with ``on_error="skip"`` those that
    can't be used are counted and told to ``note``. Nothing is left of files that weren't finished.
    """
    if on_error not in ON_ERROR:
        raise UsageError(f"Found on_error {on_error!r}, expected one of: {', '.join(ON_ERROR)}.")
    outputs = _outputs(out, format, html)
    problems = _Problems(note)
    documents = read_documents(
        files, format=input_format, lines=lines, bad=problems if on_error == "skip" else None
    )
    made = batch.run(documents, partial(_render, tuple(outputs)))
    done, links = _write(made, outputs, progress)
    return LinkedFiles(
        str(out or ""), next(iter(outputs)), str(html or ""), done, links, problems.count,
        problems.kept, batch.store.info().snapshot,
    )  # fmt: skip


def write_linked(
    linked: Iterable[LinkedDocument],
    out: Path | None,
    *,
    format: str = "",
    html: Path | None = None,
) -> None:
    """Write documents that are linked already, as :func:`link_files` does."""
    outputs = _outputs(out, format, html)
    formats = tuple(outputs)
    _write((_render(formats, document) for document in linked), outputs, lambda _text: None)


def _outputs(out: Path | None, format: str, html: Path | None) -> dict[str, Path | None]:
    """What is written where: format -> place. A page that is asked for alone is all."""
    outputs: dict[str, Path | None] = {}
    if out or format or not html:
        outputs[format_of(out, format)] = out
    if html:
        outputs[HTML] = html
    return outputs


def _write(
    documents: Iterable[_Made],
    outputs: dict[str, Path | None],
    progress: Callable[[str], None],
) -> tuple[int, int]:
    """Write documents; how many there were, and links."""
    done = links = 0
    started = told = time.monotonic()
    with ExitStack() as stack:
        sinks = [stack.enter_context(open_sink(out, format)) for format, out in outputs.items()]
        for made in documents:
            done += 1
            links += made.links
            for sink, rendered in zip(sinks, made.rendered, strict=True):
                sink.write(made.id, made.text, rendered)
            now = time.monotonic()
            if now > told + 0.1:
                told = now
                rate = done / (now - started)
                progress(f"{done:,} documents, {links:,} links, {rate:,.0f} documents/s")
    return done, links


@dataclass(frozen=True, slots=True)
class _Made:
    """A document in the formats that are written, made where it was linked."""

    id: str
    text: str
    links: int
    rendered: tuple[str, ...]


def _render(formats: Sequence[str], linked: LinkedDocument) -> _Made:
    text = linked.text if "standoff" in formats else ""
    rendered = tuple(RENDER[format](linked) for format in formats)
    return _Made(linked.id, text, len(linked.links), rendered)
