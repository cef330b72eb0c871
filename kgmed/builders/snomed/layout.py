"""RF2 files: how they are named, which are read, and the columns they have.

Follows the SNOMED CT Release File Specification
(https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification), section 3.3
(file naming convention), 4 (component files) and 5 (reference set files). A name is
``<type>_<content>_<summary><release type>[-<language>]_<edition>_<date>.txt``:
``sct2_Description_Snapshot-en_INT_20260101.txt``. Files are UTF-8, tab-separated, unquoted, with a
header line; lines end in CRLF, or LF where someone converted them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

ReleaseType = Literal["Full", "Snapshot", "Delta"]
"""``Full``: every state that a component ever had. ``Snapshot``: each one's newest state.
``Delta``: what changed since the release before."""

Content = Literal[
    "concept",
    "description",
    "text_definition",
    "relationship",
    "concrete_value",
    "language",
    "association",
    "simple_map",
    "extended_map",
]

Kind = Literal[
    "sctid", "code", "uuid", "time", "flag", "number", "language", "value", "text", "optional"
]
"""What a column holds. ``code`` is a concept's SCTID of which a file has few different ones,
``time`` a date YYYYMMDD, ``flag`` 0 or 1, ``value`` a concrete value, ``optional`` a text that may
be empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A published column: what it holds, of an SCTID also what it names ('' for anything), and
    whether it is only checked (``stored`` false) or kept."""

    name: str
    kind: Kind
    names: tuple[str, ...] = ()
    stored: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """One content: how its files' names begin, and its columns."""

    content: Content
    type: str
    label: str
    columns: tuple[Column, ...]
    required: bool = False

    @property
    def header(self) -> list[str]:
        """The published column names."""
        return [column.name for column in self.columns]

    def file_name(self, release_type: str, language: str, edition: str, date: int) -> str:
        """The name that a release's file of this content has.

        >>> LAYOUTS["description"].file_name("Snapshot", "es", "INT", 20260101)
        'sct2_Description_Snapshot-es_INT_20260101.txt'
        >>> LAYOUTS["language"].file_name("Full", "", "INT", 20260101)
        'der2_cRefset_LanguageFull_INT_20260101.txt'
        """
        tail = f"{release_type}{'-' * bool(language)}{language}_{edition}_{date}.txt"
        between = "_" if self.type.startswith("sct2") else ""
        return f"{self.type}_{self.label}{between}{tail}"


def _component(kind: str) -> tuple[Column, ...]:
    return (Column("id", "sctid", (kind,)), *_VERSION)


_VERSION = (
    Column("effectiveTime", "time"),
    Column("active", "flag"),
    Column("moduleId", "code", ("concept",), stored=False),
)
_MEMBER = (
    Column("id", "uuid"),
    *_VERSION,
    Column("refsetId", "code", ("concept",)),
    Column("referencedComponentId", "sctid"),
)
_DESCRIPTION = (
    *_component("description"),
    Column("conceptId", "sctid", ("concept",)),
    Column("languageCode", "language"),
    Column("typeId", "code", ("concept",)),
    Column("term", "text"),
    Column("caseSignificanceId", "code", ("concept",), stored=False),
)
_GROUPED = (
    Column("relationshipGroup", "number"),
    Column("typeId", "code", ("concept",)),
    Column("characteristicTypeId", "code", ("concept",)),
    Column("modifierId", "code", ("concept",)),
)

LAYOUTS: dict[Content, Layout] = {
    layout.content: layout
    for layout in (
        Layout(
            "concept",
            "sct2",
            "Concept",
            (
                *_component("concept"),
                Column("definitionStatusId", "code", ("concept",), stored=False),
            ),
            required=True,
        ),
        Layout("description", "sct2", "Description", _DESCRIPTION, required=True),
        Layout("text_definition", "sct2", "TextDefinition", _DESCRIPTION),
        Layout(
            "relationship",
            "sct2",
            "Relationship",
            (
                *_component("relationship"),
                Column("sourceId", "sctid", ("concept",)),
                Column("destinationId", "sctid", ("concept",)),
                *_GROUPED,
            ),
            required=True,
        ),
        Layout(
            "concrete_value",
            "sct2",
            "RelationshipConcreteValues",
            (
                *_component("relationship"),
                Column("sourceId", "sctid", ("concept",)),
                Column("value", "value"),
                *_GROUPED,
            ),
        ),
        Layout(
            "language",
            "der2_cRefset",
            "Language",
            (*_MEMBER, Column("acceptabilityId", "code", ("concept",))),
            required=True,
        ),
        Layout(
            "association",
            "der2_cRefset",
            "Association",
            (*_MEMBER, Column("targetComponentId", "sctid")),
        ),
        Layout("simple_map", "der2_sRefset", "SimpleMap", (*_MEMBER, Column("mapTarget", "text"))),
        Layout(
            "extended_map",
            "der2_iisssccRefset",
            "ExtendedMap",
            (
                *_MEMBER,
                Column("mapGroup", "number"),
                Column("mapPriority", "number"),
                Column("mapRule", "optional"),
                Column("mapAdvice", "optional"),
                Column("mapTarget", "optional"),
                Column("correlationId", "code", ("concept",)),
                Column("mapCategoryId", "code", ("concept",)),
            ),
        ),
    )
}
"""Content -> layout. A release without one that is ``required`` is refused. The stated view
(StatedRelationship, OWLExpression) isn't read: the inferred one holds what follows from it."""


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """A file of a release: what its name says, and how its bytes are opened.

    ``path`` is what messages call it; for a member of an archive, the archive's path and its own.
    ``content`` is None for a file that isn't read.
    """

    path: Path
    content: Content | None
    release_type: ReleaseType
    language: str
    edition: str
    date: int
    open: Callable[[], IO[bytes]] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name


_NAME = re.compile(
    r"x?(?P<type>sct2|der2)_(?P<content>[A-Za-z]+)_(?P<summary>[A-Za-z0-9]*?)"
    r"(?P<release_type>Full|Snapshot|Delta)(?:-(?P<language>[A-Za-z-]+))?"
    r"_(?P<edition>[A-Z]{0,3}\d{0,10})_(?P<date>\d{8})\.txt"
)


def release_file(path: Path, opener: Callable[[], IO[bytes]]) -> ReleaseFile | None:
    """What a file's name says of it; None for a file that isn't RF2's.

    >>> found = release_file(Path("der2_cRefset_LanguageSnapshot-en_US1000124_20260301.txt"), open)
    >>> found.content, found.release_type, found.language, found.edition, found.date
    ('language', 'Snapshot', 'en', 'US1000124', 20260301)
    """
    match = _NAME.fullmatch(path.name)
    if match is None or not match["edition"]:
        return None
    release_type: ReleaseType = match["release_type"]  # type: ignore[assignment]
    return ReleaseFile(
        path,
        _content(match),
        release_type,
        (match["language"] or "").lower(),
        match["edition"],
        int(match["date"]),
        opener,
    )


def _content(match: re.Match[str]) -> Content | None:
    """A refset's own name may follow a word of its publisher's (``MONOLanguage``)."""
    for layout in LAYOUTS.values():
        if match["type"] == "sct2" == layout.type and match["content"] == layout.label:
            return layout.content
        refset = f"{match['type']}_{match['content']}"
        if refset == layout.type and layout.label in match["summary"]:
            return layout.content
    return None
