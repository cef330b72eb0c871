"""What the parts of the reader share: files, release, the user's choice, the kept concepts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kgmed.builders.rows import BadRows, OnError, Records
from kgmed.builders.source import Tally
from kgmed.builders.umls.files import Files
from kgmed.builders.umls.release import Release
from kgmed.builders.umls.rrf import CUI_LIMIT, Codes, cui_numbers, read_rows
from kgmed.builders.umls.work import Workspace
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SUPPRESSED: dict[str, str] = {
    "O": "suppressed: obsolete (SUPPRESS=O)",
    "Y": "suppressed by an editor (SUPPRESS=Y)",
    "E": "suppressed for its vocabulary and type (SUPPRESS=E)",
}
"""SUPPRESS -> the reason under which such rows are counted."""

NOT_ASKED = "a vocabulary that wasn't asked for"
NO_CONCEPT = "a concept that isn't kept"
NO_VOCABULARY = "vocabulary that MRSAB.RRF lacks"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user wants: ISO languages, SABs, TUIs (None: all), and what SUPPRESS leaves out."""

    languages: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    semantic_types: frozenset[str] | None = None
    suppress: frozenset[str] = frozenset(SUPPRESSED)


def _flags() -> Mask:
    return np.zeros(CUI_LIMIT, np.bool_)


@dataclass(slots=True)
class Concepts:
    """Concepts by the number of their CUI: those that are kept, those of a semantic type that was
    asked for, and their categories, a bit for each of :data:`.semantic_types.CATEGORIES`."""

    kept: Mask = field(default_factory=_flags)
    asked: Mask = field(default_factory=_flags)
    categories: npt.NDArray[np.uint64] = field(
        default_factory=lambda: np.zeros(CUI_LIMIT, np.uint64)
    )


@dataclass(slots=True)
class Reading:
    """One reading of a release."""

    files: Files
    release: Release
    selection: Selection
    work: Workspace
    bad: BadRows
    on_error: OnError
    tallies: dict[str, Tally]
    findings: dict[str, list[dict[str, str]]]
    concepts: Concepts = field(default_factory=Concepts)
    _strangers: dict[str, Counter[str]] = field(default_factory=dict)

    def rows(
        self, name: str, columns: Sequence[str], *cuis: str
    ) -> Iterator[tuple[Records, list[Ints], Tally]]:
        """A table's rows, the numbers of the CUIs in its columns ``cuis``, and its tally, begun
        anew. A release without that table yields nothing."""
        table = self.files.tables.get(name)
        if table is None:
            return
        tally = self.tallies[name] = Tally()
        wanted = (*cuis, *columns)
        for whole in read_rows(table, wanted, bad=self.bad, tally=tally, release=self.release.name):
            records = whole
            numbers, problems = cui_numbers(records, *cuis)
            if problems:
                records.problems.clear()  # reported when they were read
                self.bad.reject(table.path, records, problems, tally)
                records = records.without(problems)
                numbers, _ = cui_numbers(records, *cuis)
            yield records, numbers, tally
        self._check_count(name, tally)

    def _check_count(self, name: str, tally: Tally) -> None:
        expected = self.release.rows.get(name, tally.read)
        if expected == tally.read:
            return
        if self.on_error == "stop":
            raise DataError(
                f"{self.files.tables[name].path}: found {tally.read:,} rows, expected {expected:,} "
                f"(MRFILES.RRF of UMLS {self.release.name}). Is the download complete, and of one "
                "release? Where you cut the tables yourself, remove MRFILES.RRF."
            )
        kind = "table with another number of rows than MRFILES.RRF says"
        row = {"table": name, "rows": str(tally.read), "MRFILES": str(expected)}
        others = [old for old in self.findings.get(kind, []) if old["table"] != name]
        self.findings[kind] = [*others, row]

    def find(self, kind: str, rows: list[dict[str, str]]) -> None:
        """Set the rows of a finding; without rows there is none."""
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def strangers(self, name: str, vocabularies: Codes, counts: Ints) -> None:
        """Report the vocabularies of a table that MRSAB lacks; ``counts`` of rows, by number."""
        self._strangers[name] = Counter(
            {
                sab: int(count)
                for sab, count in zip(vocabularies.texts, counts.tolist(), strict=False)
                if count and sab not in self.release.vocabularies
            }
        )
        self.find(
            NO_VOCABULARY,
            [
                {"vocabulary": sab, "table": table, "count": str(count)}
                for table, found in sorted(self._strangers.items())
                for sab, count in sorted(found.items())
            ],
        )

    def suppressed(self, column: pa.Array) -> dict[str, Mask]:
        """The reasons of a SUPPRESS column, each with its rows."""
        flags = self.selection.suppress
        return {why: is_in(column, {flag}) for flag, why in SUPPRESSED.items() if flag in flags}

    def not_asked(self, column: pa.Array) -> dict[str, Mask]:
        """The reason of a SAB column."""
        wanted = self.selection.sources
        return {} if wanted is None else {NOT_ASKED: ~is_in(column, wanted)}


def sift(tally: Tally, rows: int, reasons: Mapping[str, Mask]) -> Mask:
    """The rows that no reason takes out; each of the others is counted under its first reason."""
    left = np.ones(rows, np.bool_)
    for reason, mask in reasons.items():
        if count := int((left & mask).sum()):
            tally.skipped[reason] += count
            left &= ~mask
    return left


def is_in(column: pa.Array, texts: frozenset[str] | set[str]) -> Mask:
    """Which texts of one of the :data:`~.rrf.CODED` columns are among ``texts``."""
    found = np.array([text in texts for text in column.dictionary.to_pylist()], np.bool_)
    indices: npt.NDArray[np.int32] = column.indices.to_numpy(zero_copy_only=False)
    return found[indices] if len(found) else np.zeros(0, np.bool_)


def is_empty(column: pa.Array) -> Mask:
    """Which texts are only white space."""
    import pyarrow.compute as pc

    mask: Mask = pc.equal(pc.utf8_trim_whitespace(column), "").to_numpy(zero_copy_only=False)
    return mask


def picked(column: pa.Array, mask: Mask) -> pa.Array:
    """A column's values where ``mask`` is true."""
    import pyarrow as pa

    return column.filter(pa.array(mask))


def curated() -> dict[str, pa.Scalar]:
    """The columns that all statements of the Metathesaurus share: curators' assertions."""
    import pyarrow as pa

    return {
        "knowledge_level": pa.scalar("knowledge_assertion"),
        "agent_type": pa.scalar("manual_agent"),
    }


def cui_curies(cuis: Ints) -> pa.Array:
    """CURIEs of the numbers of CUIs.

    >>> cui_curies(np.array([4057])).to_pylist()
    ['umls:C0004057']
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(cuis).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise("umls:C", digits, "")
