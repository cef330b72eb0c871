"""What a graph's facade links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from kgmed.facade.base import Opened
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    from kgmed.kg.linking.batch import Batch, How
    from kgmed.kg.linking.documents import Document
    from kgmed.kg.linking.links import LinkedDocument, LinkedFiles, Links
    from kgmed.kg.linking.rerank import Reranker
    from kgmed.kg.model import Language


class Linking(Opened):
    """The methods of a graph that read texts and documents."""

    def link(
        self,
        text: str,
        *,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        reranker: Reranker | None = None,
    ) -> Links:
        """The concepts that a text names, left to right, with offsets in code points.

        The result is a sequence of :class:`~kgmed.kg.linking.link.Link`, and shows in a notebook as
        the text with its mentions marked. ``categories`` keeps concepts of these alone; ``lang`` is
        the text's language, told by its characters where it isn't given. With ``fuzzy`` misspelt
        words are read, too; ``learnt`` is a file of what annotated texts taught of names.

        >>> [link.name for link in open_graph().link("Warfarin or ibuprofen for acute gout")]
        ['Warfarin', 'Ibuprofen', 'gout']
        """
        from kgmed.kg.linking.links import link_text

        how = self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt)
        return link_text(
            how.linker(self.store), text, lang=how.lang, categories=how.categories, fuzzy=fuzzy
        )

    def link_documents(
        self,
        documents: Iterable[Document | str],
        *,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        processes: int = 1,
        reranker: Reranker | str | FilePath | None = None,
    ) -> Iterator[LinkedDocument]:
        """Link many texts, in order; ``processes`` at a time, 0 for one a core.

        A text that isn't a :class:`~kgmed.kg.linking.documents.Document` gets its number, from 1,
        as its id. Several processes open the graph each for itself; a script starts them below
        ``if __name__ == "__main__":``. ``reranker`` is one, or the folder of an encoder.

        >>> [len(found) for found in open_graph().link_documents(["gout or fever", "no idea"])]
        [2, 0]
        """
        from kgmed.kg.linking.batch import itself
        from kgmed.kg.linking.documents import numbered

        how = self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt)
        batch = self._batch(how, processes)
        return batch.run(numbered(documents), itself)

    def link_files(
        self,
        files: str | FilePath | Sequence[str | FilePath],
        out: str | FilePath | None = None,
        *,
        format: str = "",
        html: str | FilePath | None = None,
        input_format: str = "",
        lines: bool = False,
        lang: Language | None = None,
        categories: Sequence[str] = (),
        fuzzy: bool = False,
        learnt: str | FilePath | None = None,
        processes: int = 1,
        on_error: str = "stop",
        reranker: Reranker | str | FilePath | None = None,
        progress: Callable[[str], None] = lambda _text: None,
        note: Callable[[str], None] = lambda _text: None,
    ) -> LinkedFiles:
        """Link the documents of files: ``.txt``, ``.jsonl`` or ``.pubtator``, also ``.gz``.

        ``out`` is a ``.jsonl`` or ``.pubtator`` file, an ``.ann`` file, with ``format="standoff"``
        a new folder, or None for standard output; ``html`` is a page with the mentions marked. See
        :func:`kgmed.kg.linking.files.link_files`.
        """
        from kgmed.kg.linking.files import link_files

        named = [files] if isinstance(files, (str, FilePath)) else list(files)
        return link_files(
            self._batch(
                self._how(lang, categories, reranker, fuzzy=fuzzy, learnt=learnt), processes
            ),
            [FilePath(name).expanduser() for name in named],
            None if out is None else FilePath(out).expanduser(),
            format=format,
            html=None if html is None else FilePath(html).expanduser(),
            input_format=input_format,
            lines=lines,
            on_error=on_error,
            progress=progress,
            note=note,
        )

    def _how(
        self,
        lang: Language | None,
        categories: Sequence[str],
        reranker: Reranker | str | FilePath | None,
        *,
        fuzzy: bool,
        learnt: str | FilePath | None,
    ) -> How:
        """How to link, checked."""
        from kgmed.kg.categories import PARENTS
        from kgmed.kg.linking.batch import How

        if lang not in {None, "en", "zh"}:
            raise UsageError(f"Found lang {lang!r}, expected one of: en, zh.")
        unknown = [name for name in categories if name not in PARENTS]
        known = {*PARENTS, *self.info().categories} if unknown else PARENTS
        for name in unknown:
            if name not in known:
                raise UsageError(
                    f"Found the category {name!r}, expected one of: {', '.join(sorted(known))}."
                )
        if isinstance(reranker, str):
            reranker = FilePath(reranker)
        table = None if learnt is None else FilePath(learnt).expanduser()
        if table is not None and not table.is_file():
            raise UsageError(f"{table}: there is no such file.")
        return How(lang, tuple(categories), reranker, fuzzy, table)

    def _batch(self, how: How, processes: int) -> Batch:
        from kgmed.facade.opening import open_again
        from kgmed.kg.linking.batch import Batch

        info = self.info()
        again = partial(open_again, self._uri or info.uri, info.snapshot)
        return Batch(self.store, again, how, processes)
