"""What a reader of a published format is: how its files are told, where to get them, how to read
them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgmed.kg.errors import DataError
from kgmed.kg.linking.language import detect_language
from kgmed.kg.qa import YES_NO, QaItem
from kgmed.kg.records import records
from kgmed.reasoning.evaluation.model import Item, Kind

TEST = "test"
"""The split that is asked, unless said."""
Record = Mapping[str, Any]
Pairs = list[tuple[str, Record]]
"""(id, record); the id is "" where the file gives none."""


@dataclass(slots=True)
class Given:
    """The files of a benchmark that are being read. ``split`` is the one wanted where a file holds
    several; ``notes`` counts what a reader leaves out, by reason; ``used`` are the files that it
    read, companions too."""

    files: tuple[Path, ...]
    split: str = TEST
    notes: Counter[str] = field(default_factory=Counter)
    used: list[Path] = field(default_factory=list)

    def pairs(self, path: Path) -> Pairs:
        """The records of a file. Raises :class:`~kgmed.kg.errors.DataError` where one is no
        object."""
        found: Pairs = []
        self.used.append(path)
        for number, (id, record) in enumerate(records(path), 1):
            if not isinstance(record, Mapping):
                kind = type(record).__name__
                raise DataError(f"{path} record {number}: found a {kind}, expected an object.")
            found.append((id, record))
        return found

    def every(self) -> Pairs:
        """The records of all files, in order."""
        return [pair for path in self.files for pair in self.pairs(path)]

    @property
    def where(self) -> str:
        """The files, to be told in an error."""
        return str(self.files[0]) if len(self.files) == 1 else str(self.files[0].parent)


@dataclass(frozen=True, slots=True)
class Format:
    """A benchmark's published format.

    ``get`` says which file to download. ``files`` are globs that find its files in a folder as it
    was published (``{split}`` in one stands for the split), ``companions`` names of files that are
    read with them where they stand beside. ``fits`` says of a file's first records whether they are
    of this format; ``read`` yields the items.
    """

    name: str
    title: str
    url: str
    licence: str
    get: str
    files: tuple[str, ...]
    fits: Callable[[Sequence[tuple[str, Record]]], bool]
    read: Callable[[Given], Iterator[Item]]
    companions: tuple[str, ...] = ()

    @property
    def help(self) -> str:
        """Where to get it, in a line."""
        return f"{self.name} ({self.title}, {self.licence}): {self.get} of {self.url}"


def has(*fields: str) -> Callable[[Sequence[tuple[str, Record]]], bool]:
    """Whether the first record has all these fields.

    >>> has("question", "answer_idx")([("", {"question": "Why?", "answer_idx": "A", "x": 1})])
    True
    """
    return lambda sample: bool(sample) and all(name in sample[0][1] for name in fields)


def item_of(
    benchmark: str,
    qa: QaItem,
    *,
    id: str = "",
    kind: Kind | None = None,
    about: Record | None = None,
) -> Item:
    """The item of a question as :mod:`kgmed.kg.qa` reads it.

    Options that are "yes", "no" and "maybe" make it a yes_no item.
    """
    letters = {letter: text.strip().casefold() for letter, text in qa.options.items()}
    if letters and set(letters.values()) <= set(YES_NO):
        kind, right, options = "yes_no", tuple(letters[letter] for letter in qa.letters), {}
    elif qa.options:
        kind, right, options = kind or "choice", qa.letters, dict(qa.options)
    elif qa.answer.casefold() in YES_NO:
        kind, right, options = kind or "yes_no", (qa.answer.casefold(),), {}
    else:
        kind, right, options = kind or "open", (), {}
    return Item(
        id or qa.id,
        benchmark,
        kind,
        detect_language(qa.question),
        qa.question,
        options,
        right,
        qa.answer,
        qa.context,
        about=told(about or {}),
    )


def told(about: Record) -> dict[str, str]:
    """What a file says of an item, as texts; what is empty is left out.

    >>> told({"subject": "Anatomy", "topic": None, "year": 2013.0, "len": ""})
    {'subject': 'Anatomy', 'year': '2013'}
    """
    found = {}
    for name, value in about.items():
        if isinstance(value, float) and value.is_integer():
            text = str(int(value))
        else:
            text = "" if value is None else str(value).strip()
        if text and text.casefold() not in {"none", "nan"}:
            found[name] = text
    return found
