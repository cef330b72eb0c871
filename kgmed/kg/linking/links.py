"""What linking gives: the links of one text, as a sequence that shows in a notebook.

:class:`Links` is what ``Graph.link`` returns and ``kgmed link --json`` prints,
:class:`LinkedDocument` the same of a document of a file: what ``kgmed link --file`` writes as one
line of JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from kgmed.kg.errors import UsageError
from kgmed.kg.linking.language import detect_language
from kgmed.kg.linking.link import Link
from kgmed.kg.model import Language

if TYPE_CHECKING:
    from kgmed.kg.linking.documents import Document
    from kgmed.kg.linking.linker import Linker

MAX_TEXT = 20_000_000
"""Code points of a text that is linked."""


class _Links(Sequence[Link]):
    """A sequence of links over the text that they are of."""

    __slots__ = ()

    text: str
    links: tuple[Link, ...]

    def __len__(self) -> int:
        return len(self.links)

    @overload
    def __getitem__(self, index: int) -> Link: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Link, ...]: ...

    def __getitem__(self, index: int | slice) -> Link | tuple[Link, ...]:
        return self.links[index]

    def _repr_html_(self) -> str:
        from kgmed.kg.linking.html import notebook_html

        return notebook_html(self.text, self.links)


@dataclass(frozen=True, slots=True)
class Links(_Links):
    """The links of a text, left to right; ``lang`` is the text's language.

    It is a sequence of them, and shows in a notebook as the text with its mentions marked.

    >>> links = Links("gout", "en", (Link("gout", 0, 4, "DOID:13189", "gout", "Disease", 1, ""),))
    >>> len(links), links[0].name, [link.start for link in links]
    (1, 'gout', [0])
    """

    text: str
    lang: Language
    links: tuple[Link, ...]
    schema: str = "kgmed.links/1"


@dataclass(frozen=True, slots=True)
class LinkedDocument(_Links):
    """The links of a document, left to right; ``lang`` is its language.

    ``title_end`` is the offset at which its title ends, where the document's format has titles: one
    character stands between title and abstract.
    """

    id: str
    text: str
    lang: Language
    links: tuple[Link, ...]
    title_end: int | None = None
    schema: str = "kgmed.linked/1"


@dataclass(frozen=True, slots=True)
class LinkedFiles:
    """What linking files wrote: ``out`` is '' for standard output, ``html`` where no page was asked
    for. ``skipped`` counts the documents that were passed over, ``problems`` says why of the first.
    """

    out: str
    format: str
    html: str
    documents: int
    links: int
    skipped: int
    problems: tuple[str, ...]
    snapshot: str
    schema: str = "kgmed.linked_files/1"


def link_text(
    linker: Linker,
    text: str,
    *,
    lang: Language | None = None,
    categories: Sequence[str] = (),
    fuzzy: bool = False,
) -> Links:
    """Link a text of at most :data:`MAX_TEXT` code points.

    Its language is told by its characters where ``lang`` doesn't say. With ``fuzzy`` misspelt words
    are read, too. Raises :class:`~kgmed.kg.errors.UsageError` for a longer one.
    """
    if len(text) > MAX_TEXT:
        raise UsageError(
            f"The text has {len(text):,} characters, expected at most {MAX_TEXT:,}. Cut it into"
            " documents, say at its paragraphs."
        )
    found = linker.text(text, categories=categories, fuzzy=fuzzy)
    return Links(text, lang or detect_language(text), tuple(found))


def link_document(
    linker: Linker,
    document: Document,
    *,
    lang: Language | None = None,
    categories: Sequence[str] = (),
    fuzzy: bool = False,
) -> LinkedDocument:
    """Link a document. The language that it states itself comes before ``lang``."""
    lang = document.lang or lang
    found = link_text(linker, document.text, lang=lang, categories=categories, fuzzy=fuzzy)
    return LinkedDocument(
        document.id, document.text, found.lang, found.links, title_end=document.title_end
    )
