"""Links many documents, in order, in one process or several.

Each worker process opens the graph for itself: what is mapped is shared by the system. Documents
go out in chunks, of which a few for each worker are under way, so that memory doesn't grow with
the number of documents (:mod:`kgmed.kg.workers`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kgmed.kg.errors import StoreError, UsageError
from kgmed.kg.linking.documents import Document
from kgmed.kg.linking.linker import Linker
from kgmed.kg.linking.links import LinkedDocument, link_document
from kgmed.kg.linking.quality import quality
from kgmed.kg.model import Language
from kgmed.kg.store.base import GraphStore
from kgmed.kg.workers import Workers

if TYPE_CHECKING:
    from kgmed.kg.linking.rerank import Reranker

T = TypeVar("T")

CHUNK_DOCUMENTS = 64
CHUNK_CHARACTERS = 200_000
UNDER_WAY = 3
"""Chunks under way for each worker."""


@dataclass(frozen=True, slots=True)
class How:
    """How documents are linked.

    ``lang`` is that of documents that don't state theirs, None to tell it by their characters;
    ``reranker`` is one, or the folder of an encoder, or None. With ``fuzzy`` misspelt words are
    read, too; ``learnt`` is a table of what other texts taught (:meth:`.quality.Quality.learnt`).
    """

    lang: Language | None = None
    categories: tuple[str, ...] = ()
    reranker: Reranker | Path | None = None
    fuzzy: bool = False
    learnt: Path | None = None

    def linker(self, store: GraphStore) -> Linker:
        """A linker of a graph."""
        chosen = self.reranker
        if isinstance(chosen, Path):
            from kgmed.kg.linking.rerank import EncoderReranker

            chosen = EncoderReranker(chosen)
        table = None if self.learnt is None else quality().learnt(self.learnt)
        return Linker(store, quality=table, reranker=chosen)

    def link(self, linker: Linker, document: Document) -> LinkedDocument:
        """Link a document."""
        return link_document(
            linker, document, lang=self.lang, categories=self.categories, fuzzy=self.fuzzy
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A graph to link documents against: ``store`` in this process; ``reopen``, which must be a
    function that can be pickled, in others, where ``processes`` (0 for one a core) is more than
    one."""

    store: GraphStore
    reopen: Callable[[], GraphStore]
    how: How = How()
    processes: int = 1

    def run(
        self, documents: Iterable[Document], make: Callable[[LinkedDocument], T]
    ) -> Iterator[T]:
        """Link documents; yields what ``make`` makes of each, in their order.

        ``make`` runs where the linking does, so that little goes between processes. Raises what
        opening, reading and linking raise, and :class:`~kgmed.kg.errors.StoreError` where a worker
        process dies.
        """
        if self.processes < 0:
            raise UsageError(
                f"Found {self.processes} processes, expected 1 or more, or 0 for one a core."
            )
        processes = self.processes or os.cpu_count() or 1
        if processes > 1:
            yield from _in_workers(self.reopen, documents, make, self.how, processes)
            return
        linker = self.how.linker(self.store)
        for document in documents:
            yield make(self.how.link(linker, document))


def _in_workers(
    open_store: Callable[[], GraphStore],
    documents: Iterable[Document],
    make: Callable[[LinkedDocument], T],
    how: How,
    processes: int,
) -> Iterator[T]:
    pool = Workers(processes, _start, (open_store, how, make))
    waiting: deque[Future[list[T]]] = deque()
    try:
        for chunk in chunks(documents):
            waiting.append(pool.submit(_link, chunk))
            if len(waiting) >= UNDER_WAY * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    except BrokenProcessPool as error:
        raise StoreError(
            "A worker process ended before its documents were linked. Was there too little memory?"
            " Take fewer processes. Of a script, what starts them must stand below"
            ' if __name__ == "__main__":'
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in groups that are worth a message between processes.

    >>> [len(chunk) for chunk in chunks(Document(str(n), "gout") for n in range(130))]
    [64, 64, 2]
    """
    chunk: list[Document] = []
    size = 0
    for document in documents:
        chunk.append(document)
        size += len(document.text)
        if len(chunk) >= CHUNK_DOCUMENTS or size >= CHUNK_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def itself(linked: LinkedDocument) -> LinkedDocument:
    """What :meth:`Batch.run` makes of documents where they are wanted as they are."""
    return linked


class _Worker:
    """What a worker process holds: its linker, once its first documents come."""

    open_store: Callable[[], GraphStore]
    how: How
    make: Callable[[LinkedDocument], object]
    linker: Linker | None = None


def _start(
    open_store: Callable[[], GraphStore], how: How, make: Callable[[LinkedDocument], object]
) -> None:
    _Worker.open_store, _Worker.how, _Worker.make = (
        staticmethod(open_store), how, staticmethod(make),
    )  # fmt: skip


def _link(chunk: Sequence[Document]) -> list[Any]:
    """Runs in a worker. The graph is opened here, so that its errors reach the parent."""
    if _Worker.linker is None:
        _Worker.linker = _Worker.how.linker(_Worker.open_store())
    how, linker, make = _Worker.how, _Worker.linker, _Worker.make
    return [make(how.link(linker, document)) for document in chunk]
