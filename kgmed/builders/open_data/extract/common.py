"""What the extraction of every publisher shares: the tables being made, names, CSV reading."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from kgmed.builders.open_data.files import LIST_SEPARATOR
from kgmed.builders.source import TABLES, SourceInfo, TableName, Tally
from kgmed.kg.errors import RowError

AMBIGUOUS = "the name is more than one concept's"


@dataclass(slots=True)
class Extract:
    """One source's tables while they are made.

    ``tallies`` counts the rows of the publisher's files, ``findings`` lists what a curator should
    look at. Statement rows that agree in subject, predicate, object and qualifiers are one row,
    whose records, publications and original predicates are joined.
    """

    key: str
    info: SourceInfo
    tables: dict[TableName, list[dict[str, str]]] = field(
        default_factory=lambda: {table: [] for table in TABLES}
    )
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def tally(self, file: str) -> Tally:
        """The counts of one of the publisher's files."""
        return self.tallies.setdefault(file, Tally())

    def find(self, kind: str, **columns: str) -> None:
        """Note something for a curator."""
        self.findings.setdefault(kind, []).append(columns)

    def concept(self, id: str, *categories: str) -> None:
        """Add a concept."""
        self.tables["concepts"].append({"id": id, "categories": LIST_SEPARATOR.join(categories)})

    def name(self, id: str, text: str, *, kind: str = "synonym", language: str = "en") -> None:
        """Add a name."""
        self.tables["names"].append({"id": id, "text": text, "language": language, "kind": kind})

    def statement(self, subject: str, predicate: str, object: str, **columns: str) -> None:
        """Add a statement; columns that aren't given are empty."""
        self.tables["statements"].append(
            {"subject": subject, "predicate": predicate, "object": object, **columns}
        )

    def mapping(self, subject: str, predicate: str, object: str, **columns: str) -> None:
        """Add a mapping."""
        self.tables["mappings"].append(
            {"subject": subject, "predicate": predicate, "object": object, **columns}
        )

    def finish(self) -> None:
        """Join rows that say the same, and drop those that are equal."""
        self.tables["concepts"] = _merged_concepts(self.tables["concepts"])
        self.tables["statements"] = _merged_statements(self.tables["statements"])
        self.tables["names"] = _distinct_names(self.tables["names"])
        for table in ("mappings", "paths"):
            rows = self.tables[table]
            self.tables[table] = list({tuple(row.items()): row for row in rows}.values())


def _merged_concepts(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    categories: dict[str, dict[str, None]] = {}
    for row in rows:
        categories.setdefault(row["id"], {}).update(
            dict.fromkeys(row["categories"].split(LIST_SEPARATOR))
        )
    return [
        {"id": id, "categories": LIST_SEPARATOR.join(found)} for id, found in categories.items()
    ]


def _merged_statements(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    joined = ("source_record", "publications", "original_predicate")
    merged: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        key = tuple(row.get(c, "") for c in ("subject", "predicate", "object", "qualifiers"))
        first = merged.setdefault(key, row)
        if first is not row:
            for column in joined:
                values = {*first.get(column, "").split("|"), *row.get(column, "").split("|")}
                first[column] = LIST_SEPARATOR.join(sorted(values - {""}))
    return list(merged.values())


def _distinct_names(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    seen: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: row["kind"] != "preferred"):
        seen.setdefault((row["id"], row["language"], row["text"].casefold()), row)
    return list(seen.values())


def read_rows(
    path: Path, *, delimiter: str = "\t", comment: str = "", quoted: bool = True
) -> Iterator[dict[str, str]]:
    """Read a table with a header as rows of its published columns.

    Raises :class:`~kgmed.kg.errors.RowError` on a row with more or fewer fields than the header.
    """
    text = path.read_text(encoding="utf-8-sig")
    lines = text.split("\n")
    skip = 0
    while comment and lines[skip].startswith(comment):
        skip += 1
    body = StringIO("\n".join(lines[skip:]))
    if quoted:
        reader = csv.reader(body, delimiter=delimiter)
    else:
        reader = csv.reader(body, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    header = next(reader)
    for fields in reader:
        if len(fields) != len(header):
            raise RowError(
                path.name,
                skip + reader.line_num,
                found=f"{len(fields)} fields",
                expected=str(len(header)),
            )
        yield dict(zip(header, fields, strict=True))


def clean(text: str) -> str:
    """A name without stray spaces and byte order marks.

    >>> clean("methionine\\xa0synthase ")
    'methionine synthase'
    """
    return " ".join(text.replace("\ufeff", "").split())


_NOT_WORD = re.compile(r"[^\w]+")


def plain(text: str) -> str:
    """A name in the form in which two are compared: folded, words and digits only.

    >>> plain("Behçet's disease") == plain("Behcet's  Disease")
    True
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    folded = "".join(c for c in folded if not unicodedata.combining(c)).replace("'", "")
    return _NOT_WORD.sub(" ", folded).strip()


def tokens(text: str) -> set[str]:
    """The words of a name, short ones left out.

    >>> sorted(tokens("Pneumonia due to Mycoplasma pneumoniae"))
    ['mycoplasma', 'pneumonia', 'pneumoniae']
    """
    return {word for word in plain(text).split() if len(word) > 2 and word not in _STOP}


_EMPTY_WORDS = "and the due with from for not other type disease disorder syndrome acid"
_STOP = frozenset(_EMPTY_WORDS.split())


def shares_a_word(one: str, other: str) -> bool:
    """Whether two names have a word in common, or the beginning of one (six letters).

    >>> shares_a_word("oseltamivir", "Oseltamivir phosphate"), shares_a_word("aspirin", "warfarin")
    (True, False)
    """
    left, right = tokens(one) or {plain(one)}, tokens(other) or {plain(other)}
    return bool(left & right) or bool({w[:6] for w in left} & {w[:6] for w in right})


def count_names(names: Counter[str]) -> list[tuple[str, int]]:
    """Fold spellings that differ in case only: (most frequent spelling, uses), most used first.

    >>> count_names(Counter({"Fever": 2, "fever": 1, "Pyrexia": 2}))
    [('Fever', 3), ('Pyrexia', 2)]
    """
    groups: dict[str, Counter[str]] = {}
    for text, uses in names.items():
        groups.setdefault(text.casefold(), Counter())[text] += uses
    folded = [
        (min(group, key=lambda text: (-group[text], text)), group.total())
        for group in groups.values()
    ]
    return sorted(folded, key=lambda item: (-item[1], item[0]))
