"""SNOMED CT as a source: the public class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date as Date  # noqa: N812
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.forecast import InputFile, estimated_rows
from kgmed.builders.rows import BadRows, OnError
from kgmed.builders.snomed import domain
from kgmed.builders.snomed.package import Release, as_date, choose, find_files, opened, sizes_of
from kgmed.builders.snomed.sctid import is_sctid
from kgmed.builders.snomed.state import State
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.kg.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "snomed 1"
PACE = 3.3
"""Seconds to read a million rows."""

INFORES = "infores:snomedct"
ATTRIBUTION = (
    "This material includes SNOMED Clinical Terms (SNOMED CT), used by permission of SNOMED "
    "International. SNOMED CT was originally created by the College of American Pathologists."
)


class SnomedSource:
    """A SNOMED CT release: its folder or zip, of one edition and date.

    ``date`` (YYYYMMDD) asks for the state at an earlier date, which takes the Full release.
    ``language_refsets`` are ids of language reference sets, the first that prefers a term decides;
    those not named follow, US English and GB English first. Bad rows are treated as in
    :class:`kgmed.builders.kgx.KgxSource`.

    The files are read at the first call of :meth:`batches`, into a database of at most 1 GB in
    memory; what is beyond goes to the folder for temporary files (``TMPDIR``). Raises
    :class:`~kgmed.kg.errors.DataError` for files that don't make a release,
    :class:`~kgmed.kg.errors.RowError` for a bad row, :class:`~kgmed.kg.errors.UsageError` for an
    argument that is no date or SCTID.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        date: str | int | Date | None = None,
        language_refsets: Sequence[str | int] | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.path = Path(path)
        self._refsets = _refsets(language_refsets or ())
        self.release: Release = choose(self.path, find_files(self.path), as_date(date))
        edition = self.release.edition
        self.info = SourceInfo(
            INFORES,
            "SNOMED CT International Edition" if edition == "INT" else f"SNOMED CT {edition}",
            self.release.name,
            "SNOMEDCT",
            "https://www.snomed.org",
            ATTRIBUTION,
        )
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._state: State | None = None

    def fingerprint(self) -> str:
        """SHA-256 over the files that are read and the reader's version and options."""
        options = (READER_VERSION, self._on_error, self._refsets, self.release.as_of, self.info)
        total = sha256(repr(options).encode())
        for file in sorted(self.release.files, key=lambda file: file.name):
            its = sha256()
            with opened(file) as stream:
                while data := stream.read(1 << 20):
                    its.update(data)
            total.update(f"\n{file.name} {its.hexdigest()}".encode())
        return total.hexdigest()

    def survey(self) -> list[InputFile]:
        """The files that are read, with rows by their size."""
        sizes = sizes_of(self.path, self.release.files)
        return [
            InputFile(file.name, size, estimated_rows(partial(opened, file), size), PACE)
            for file, size in zip(self.release.files, sizes, strict=True)
        ]

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; there are no curated paths.

        The database goes once each table was streamed to its end; the next call reads anew.
        """
        if table not in domain.TABLES:
            return
        if self._state is None:
            self._state = self._read()
        state = self._state
        yield from domain.batches(state, table)
        state.streamed.add(table)
        if state is self._state and state.streamed >= domain.TABLES:
            self.close()

    def close(self) -> None:
        """Remove the database. Nothing may be streaming."""
        if self._state is not None:
            self._state.close()
            self._state = None

    def _read(self) -> State:
        self.tallies.clear()
        self.findings.clear()
        replaced: Counter[str] = Counter()
        state = State(self.release, self._bad, self.tallies, replaced)
        try:
            self.findings |= domain.derive(state, self._refsets)
        except BaseException:
            state.close()
            raise
        if replaced:
            self.findings["control characters, now spaces"] = [
                {"file": name, "count": str(count)} for name, count in sorted(replaced.items())
            ]
        if self.release.unread:
            self.findings["RF2 files that aren't read"] = [
                {"file": file.name} for file in self.release.unread
            ]
        return state


def _refsets(given: Sequence[str | int]) -> tuple[int, ...]:
    for id in given:
        if not is_sctid(str(id)):
            raise UsageError(
                f"language_refsets: found {str(id)[:40]!r}, expected ids of language reference "
                "sets such as 900000000000509007 (US English)."
            )
    return tuple(int(id) for id in given)
