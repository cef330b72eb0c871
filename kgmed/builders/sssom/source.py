"""One or several SSSOM TSV files of one publisher as a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.quoted import quoted_records
from kgmed.builders.rows import (
    BadRows,
    Block,
    OnError,
    Records,
    as_paths,
    counted,
    digest,
    labels_of,
    read_blocks,
    split_name,
)
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.sssom.check import READ, Check, Checked
from kgmed.builders.sssom.convert import mappings, names, stated_mappings
from kgmed.builders.sssom.files import MappingFile, open_file
from kgmed.builders.sssom.metadata import licence_of, release_of, text_of
from kgmed.builders.sssom.prefixes import Prefixes
from kgmed.builders.sssom.suggested import only_accepted, statements
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "sssom 4"
PACE = 20.0
"""Seconds to read a million rows."""


class SssomSource:
    """One or several SSSOM TSV files of one publisher.

    ``metadata`` is an external metadata file (``.sssom.yml``); without it one of the mapping
    file's own name is taken where the file has no embedded metadata. What ``info`` leaves empty,
    release and licence above all, comes from the metadata. Bad rows are treated as in
    :class:`kgmed.builders.kgx.KgxSource`. Raises :class:`~kgmed.kg.errors.DataError` for a file
    that lacks a required column.
    """

    def __init__(
        self,
        paths: Path | str | Sequence[Path | str],
        *,
        metadata: Path | str | None = None,
        info: SourceInfo | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.paths = as_paths(paths)
        if not self.paths:
            raise DataError("A source of mappings needs an SSSOM file; found none.")
        external = Path(metadata) if metadata is not None else None
        self._files = [open_file(path, external) for path in self.paths]
        self.info = _info(self._files, info)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._labels = labels_of(self.paths)
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._replaced: dict[str, int] = {}
        self._find(
            "metadata lines that weren't understood",
            [
                {"file": self._labels[f.path], "line": line}
                for f in self._files
                for line in f.ignored
            ],
        )

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes, their metadata files' and the reader's version."""
        files = [("mappings", path) for path in self.paths]
        files += [("metadata", f.metadata_path) for f in self._files if f.metadata_path]
        return digest(f"{READER_VERSION} {self._on_error} {self.info}", files)

    def survey(self) -> list[InputFile]:
        """The files, with their rows by their size."""
        return survey_files(self.paths, pace=PACE)

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream mappings, names, or accepted suggestions; the files are read once for each."""
        if table in ("mappings", "names") or (
            table == "statements" and any(file.suggested for file in self._files)
        ):
            yield from self._read(table)

    def _find(self, kind: str, rows: list[dict[str, str]]) -> None:
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def _read(self, table: TableName) -> Iterator[pa.RecordBatch]:
        unknown: Counter[str] = Counter()
        contradictions: dict[str, dict[str, str]] = {}
        for file in self._files:
            label = self._labels[file.path]
            tally = self.tallies[label] = Tally()
            prefixes = Prefixes(file.metadata)
            make = _makes(file).get(table)
            check = Check(prefixes, decode=file.of_kgmed)
            for records in self._records(file, tally):
                problems, checked = check(records)
                self._bad.reject(file.path, records, problems, tally)
                if problems:
                    _, checked = check(records.without(problems))
                if file.suggested:
                    checked = only_accepted(checked)
                skipped = checked.skipped
                tally.skipped.update(skipped)
                tally.kept += len(records) - len(problems) - sum(skipped.values())
                if make is not None and (batch := make(checked)).num_rows:
                    yield batch
            unknown.update(prefixes.unknown)
            for row in prefixes.contradictions:
                contradictions.setdefault(row["prefix"] + row["uri"], row)
        self._find("prefix that neither kgmed nor the curie_map knows", counted("prefix", unknown))
        self._find("curie_map gives a prefix another's URI", list(contradictions.values()))
        replaced = [{"file": file, "count": str(n)} for file, n in self._replaced.items() if n]
        self._find("control characters, now spaces", replaced)

    def _records(self, file: MappingFile, tally: Tally) -> Iterator[Records]:
        label = self._labels[file.path]
        self._replaced[label] = 0

        def blocks() -> Iterator[Block]:
            for block in read_blocks(file.path):
                self._replaced[label] += block.replaced
                yield block

        for records, blank in quoted_records(blocks(), file.header, READ, start=file.start):
            tally.read += len(records) + len(records.problems) + blank
            if blank:
                tally.skipped["blank line"] += blank
            yield records


def _makes(file: MappingFile) -> dict[TableName, Callable[[Checked], pa.RecordBatch]]:
    """What makes which tables of a file's rows; labels that kgmed wrote are no names."""
    if file.suggested:
        return {"statements": statements}
    if file.of_kgmed:
        return {"mappings": stated_mappings}
    return {"mappings": mappings, "names": names}


def _info(files: Sequence[MappingFile], given: SourceInfo | None) -> SourceInfo:
    """What is said of the source; the metadata fill what ``given`` leaves empty."""
    releases = _distinct(release_of(text_of(f.metadata, "mapping_set_version")) for f in files)
    licences = _distinct(licence_of(text_of(f.metadata, "license")) for f in files)
    sets = _distinct(f.set_id for f in files)
    titles = _distinct(text_of(f.metadata, "mapping_set_title") for f in files)
    name = split_name(files[0].path)[0].removesuffix(".sssom")
    if given is None:
        title = titles[0] if len(titles) == 1 else name
        given = SourceInfo(f"infores:{'-'.join(name.lower().split())}", title, "", "")
    if not given.licence and len(licences) > 1:
        raise DataError(
            f"{', '.join(str(f.path) for f in files)}: found the licences {', '.join(licences)},"
            " expected one for all files of a source. Make each licence's files a source of their"
            " own, or say which licence holds."
        )
    return replace(
        given,
        release=given.release or "; ".join(releases),
        licence=given.licence or "".join(licences),
        url=given.url or (sets[0] if len(sets) == 1 else ""),
    )


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
