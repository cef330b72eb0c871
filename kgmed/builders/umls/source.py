"""The Metathesaurus as a source: :class:`UmlsSource`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.forecast import InputFile, estimated_rows
from kgmed.builders.rows import BadRows, OnError, digest
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.umls.atoms import Atoms
from kgmed.builders.umls.attributes import Attributes
from kgmed.builders.umls.files import find_files
from kgmed.builders.umls.history import History
from kgmed.builders.umls.reading import SUPPRESSED, Reading, Selection
from kgmed.builders.umls.relations import Relations
from kgmed.builders.umls.release import read_release
from kgmed.builders.umls.semantic_types import as_tuis
from kgmed.builders.umls.vocabularies import iso_languages
from kgmed.builders.umls.work import Workspace
from kgmed.kg.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "umls 2"
PACE = 0.95
"""Seconds to read a million rows."""
REQUIRED = ("MRSAB.RRF", "MRSTY.RRF", "MRCONSO.RRF")
OPTIONAL = (
    "MRREL.RRF", "MRDEF.RRF", "MRSAT.RRF", "MRCUI.RRF", "MRRANK.RRF", "MRDOC.RRF", "MRFILES.RRF",
)  # fmt: skip

_WITHOUT = {
    "MRREL.RRF": "no statements between concepts",
    "MRDEF.RRF": "no definitions",
    "MRSAT.RRF": "no attributes",
    "MRCUI.RRF": "retired CUIs don't lead to what they are now",
    "MRRANK.RRF": "preferred names by TS, STT and ISPREF only",
    "MRDOC.RRF": "inverse RELAs that predicates.toml lacks aren't paired",
    "MRFILES.RRF": "row counts can't be checked",
}


class UmlsSource:
    """A release of the UMLS Metathesaurus in Rich Release Format.

    ``path`` is a folder with the tables (``META/*.RRF``, plain, ``.gz``, or in parts), or with the
    ``.zip`` and ``.nlm`` files as NLM distributes them, or one of these files. ``languages`` are
    ISO codes or LATs, ``sources`` SABs, ``semantic_types`` TUIs or names; None keeps all.
    ``suppress`` are the values of SUPPRESS that leave a row out.

    A concept is kept when a name of it is; a statement when both its ends are. Bad rows stop the
    reading or, with ``on_error="skip"``, go to ``quarantine``. Rows that must wait for the rest of
    their table lie in a folder under ``work`` (default: the system's), of about half the tables'
    size, until :meth:`close`; DuckDB takes at most ``memory``.

    Raises :class:`~kgmed.kg.errors.DataError` for tables that are missing, damaged or of two
    releases, :class:`~kgmed.kg.errors.RowError` for a bad row, and
    :class:`~kgmed.kg.errors.ConfigError` for an unknown vocabulary or semantic type.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        languages: Iterable[str] | None = None,
        sources: Iterable[str] | None = None,
        semantic_types: Iterable[str] | None = None,
        suppress: Iterable[str] = tuple(SUPPRESSED),
        on_error: OnError = "stop",
        quarantine: Path | None = None,
        work: Path | None = None,
        memory: str = "2GB",
    ) -> None:
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        selection = Selection(
            None if languages is None else iso_languages(languages),
            None if sources is None else frozenset(sources),
            None if semantic_types is None else as_tuis(semantic_types),
            _as_suppress(suppress),
        )
        self._work = Workspace(work, memory)
        files = find_files(Path(path), self._work.folder / "archives")
        for name in REQUIRED:
            files.require(name)
        bad = BadRows(on_error, quarantine)
        release = read_release(files, bad, self.tallies)
        if unknown := sorted((selection.sources or frozenset()) - set(release.vocabularies)):
            raise ConfigError(
                f"Found the vocabulary {unknown[0]!r}, expected some of UMLS {release.name}'s: "
                f"{', '.join(sorted(release.vocabularies))}."
            )
        self.info = SourceInfo(
            "infores:umls",
            "UMLS Metathesaurus",
            release.name,
            "UMLS",
            "https://www.nlm.nih.gov/research/umls/",
            f"UMLS Metathesaurus {release.name}, U.S. National Library of Medicine",
        )
        self._options = f"{READER_VERSION} {on_error} {_text(selection)}"
        self._reading = Reading(
            files, release, selection, self._work, bad, on_error, self.tallies, self.findings
        )
        lacks = [name for name in OPTIONAL if name not in files.tables]
        rows = [{"table": name, "so": _WITHOUT[name]} for name in lacks]
        self._reading.find("table that isn't there", rows)
        self._atoms = Atoms(self._reading)
        self._relations = Relations(self._reading)
        self._attributes = Attributes(self._reading)
        self._history = History(self._reading)

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes, the reader's version and the choice of rows."""
        tables = self._reading.files.tables
        paths = {
            part.path.name: part.path
            for name in (*REQUIRED, *OPTIONAL)
            if name in tables
            for part in tables[name].parts
        }
        return digest(f"{self._options} {self.info.release}", sorted(paths.items()))

    def survey(self) -> list[InputFile]:
        """The tables, with the rows that MRFILES says, else by their size."""
        tables, said = self._reading.files.tables, self._reading.release.rows
        files = []
        for name in (*REQUIRED, *OPTIONAL):
            parts = tables[name].parts if name in tables else ()
            sizes = [part.path.stat().st_size for part in parts]
            rows = said.get(name) or sum(
                estimated_rows(part.open, size, compressed=part.compressed)
                for part, size in zip(parts, sizes, strict=True)
            )
            if parts:
                files.append(InputFile(name, sum(sizes), rows, PACE))
        return files

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows. Each file is read once; MRREL, MRDEF and MRCUI once per call."""
        if table == "paths":
            return
        self._atoms.prepare()
        if table == "concepts":
            yield from self._atoms.concepts()
        elif table == "names":
            yield from self._atoms.names()
        elif table == "mappings":
            yield from self._atoms.mappings()
            yield from self._attributes.mappings()
            yield from self._history.mappings()
        else:
            yield from self._relations.batches()
            yield from self._attributes.definitions()
            yield from self._attributes.values()

    def close(self) -> None:
        """Remove the rows that wait on disk; also done when the source is forgotten."""
        self._work.close()


def _as_suppress(given: Iterable[str]) -> frozenset[str]:
    flags = frozenset(given)
    if unknown := sorted(flags - set(SUPPRESSED)):
        raise ConfigError(
            f"Found the SUPPRESS value {unknown[0]!r}, expected some of {', '.join(SUPPRESSED)}."
        )
    return flags


def _text(selection: Selection) -> str:
    choices = (
        selection.languages, selection.sources, selection.semantic_types, selection.suppress,
    )  # fmt: skip
    return " ".join("all" if c is None else ",".join(sorted(c)) or "none" for c in choices)
