"""A KGX graph as a source: its node and edge files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.kgx import edges, graphs, nodes
from kgmed.builders.kgx.columns import Converted
from kgmed.builders.kgx.graphs import Either, nothing
from kgmed.builders.kgx.read import read_header, read_jsonl, read_tsv
from kgmed.builders.rows import (
    BATCH_ROWS,
    BadRows,
    OnError,
    Records,
    as_paths,
    counted,
    digest,
    labels_of,
    read_blocks,
    read_clean,
    split_name,
)
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.suggestions.review import only_accepted, only_others
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "kgx 3"
PACE = 2.0
"""Seconds to read a million rows."""
FORMATS = (".tsv", ".jsonl")

NODE_COLUMNS = frozenset(
    ("id", "category", "name", "synonym", "xref", "equivalent_identifiers", "same_as",
     "provided_by")
)  # fmt: skip
"""Node columns that are read (``provided_by`` only known); others are listed as a finding."""
OF_GRAPHS = frozenset(("has_attribute", "description"))
"""Node columns that are read, or told twice, where kgmed wrote the file."""

NODE_LISTS = frozenset(
    ("category", "synonym", "xref", "equivalent_identifiers", "same_as", "provided_by",
     "has_attribute")
)  # fmt: skip
EDGE_LISTS = frozenset(("publications", "has_attribute", "supporting_text"))
"""Columns that hold lists."""


class KgxSource:
    """A KGX graph of any number of node and edge files; either may be absent.

    ``info`` names the source; without it the first file's name does, and the licence is unknown.
    With ``on_error="skip"`` rows that break the format go to the file ``quarantine``, or are only
    counted where there is none. Raises :class:`~kgmed.kg.errors.DataError` for a file of another
    format, :class:`~kgmed.kg.errors.RowError` for a bad row.
    """

    def __init__(
        self,
        nodes: Path | str | Sequence[Path | str] | None,
        edges: Path | str | Sequence[Path | str] | None,
        *,
        info: SourceInfo | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.nodes, self.edges = as_paths(nodes), as_paths(edges)
        files = (*self.nodes, *self.edges)
        if not files:
            raise DataError("A KGX graph needs a nodes file, an edges file, or both; found none.")
        for path in files:
            if split_name(path)[1] not in FORMATS:
                raise DataError(
                    f"{path}: found a file of format {split_name(path)[1] or 'unknown'!r}, expected"
                    " .tsv, .tsv.gz, .jsonl or .jsonl.gz. Convert it with kgx transform."
                )
        self.info = info or _info(files[0])
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._labels = labels_of(files)
        self._on_error: OnError = on_error
        self._bad = BadRows(on_error, quarantine)
        self._replaced: dict[str, int] = {}
        self._unread: dict[str, set[str]] = {}

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes and the reader's version."""
        files = [(f"nodes{split_name(path)[1]}", path) for path in self.nodes]
        files += [(f"edges{split_name(path)[1]}", path) for path in self.edges]
        return digest(f"{READER_VERSION} {self._on_error} {self.info}", files)

    def survey(self) -> list[InputFile]:
        """The files, with their rows by their size."""
        return survey_files((*self.nodes, *self.edges), pace=PACE)

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; node files are read once for each of their three tables."""
        if table == "concepts":
            concepts = nodes.Concepts()
            yield from self._read(self.nodes, Either(concepts, graphs.Concepts()))
            self._find("category that kgmed doesn't know", counted("category", concepts.unknown))
        elif table == "names":
            yield from self._read(self.nodes, Either(nodes.Names(), graphs.Names()))
        elif table == "mappings":
            mappings = nodes.Mappings()
            yield from self._read(self.nodes, Either(mappings, nothing))
            self._find("xref that isn't a CURIE", counted("xref", mappings.odd))
        elif table == "statements":
            from kgmed.kg.predicates import registry

            statements = edges.Statements(registry())
            valued = [path for path in self.nodes if graphs.is_graph(path)]
            yield from self._read(valued, Either(nothing, graphs.Values()))
            exact = graphs.Statements(lambda slot: statements.predicate(slot)[0])
            yield from self._read(self.edges, Either(statements, exact))
            self._find(
                "predicate that predicates.toml lacks", counted("predicate", statements.unknown)
            )

    def _find(self, kind: str, rows: list[dict[str, str]]) -> None:
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def _read(
        self, paths: Iterable[Path], convert: Callable[[Records], Converted]
    ) -> Iterator[pa.RecordBatch]:
        for path in paths:
            label = self._labels[path]
            tally = self.tallies[label] = Tally()
            review = only_accepted if path in self.edges else only_others
            for rows in self._records(path, tally):
                records, aside = review(rows)
                tally.skipped.update(aside)
                problems, batch = convert(records)
                self._bad.reject(path, records, problems, tally)
                kept = len(records) - len(problems)
                if problems:
                    _, batch = convert(records.without(problems))
                tally.kept += kept
                if batch is not None and batch.num_rows:
                    yield batch
            self._report_replaced()

    def _report_replaced(self) -> None:
        rows = [{"file": file, "count": str(n)} for file, n in self._replaced.items() if n]
        self._find("control characters, now spaces", rows)
        unread = [
            {"file": file, "columns": ", ".join(sorted(names))}
            for file, names in self._unread.items()
            if names
        ]
        self._find("node columns that aren't read", unread)

    def _records(self, path: Path, tally: Tally) -> Iterator[Records]:
        label = self._labels[path]
        lists = NODE_LISTS if path in self.nodes else EDGE_LISTS
        self._replaced[label] = 0
        is_tsv = split_name(path)[1] == ".tsv"
        header: list[str] = []
        for block in read_blocks(path):
            self._replaced[label] += block.replaced
            start = 0
            if is_tsv and not header:
                required = ("id",) if path in self.nodes else ("subject", "predicate", "object")
                header, start = read_header(path, block, required), 1
                self._note_columns(path, header)
            clean = read_clean(block, start, header) if is_tsv else None
            for first in range(start, len(block), BATCH_ROWS):
                stop = min(first + BATCH_ROWS, len(block))
                tally.read += stop - first
                if clean is not None:
                    rows = clean.slice(first - start, stop - first).combine_chunks()
                    columns = {name: rows.column(name).combine_chunks() for name in header}
                    yield Records(block, range(first, stop), columns)
                    continue
                problems = {at: why for at, why in block.problems.items() if first <= at < stop}
                index = [at for at in range(first, stop) if block.lines[at] and at not in problems]
                if blank := stop - first - len(index) - len(problems):
                    tally.skipped["blank line"] += blank
                if is_tsv:
                    yield read_tsv(block, index, header, problems)
                else:
                    records, replaced = read_jsonl(block, index, problems, lists)
                    self._replaced[label] += replaced
                    self._note_columns(path, records.columns)
                    yield records
        if is_tsv and not header:
            raise DataError(f"{path}: found an empty file, expected a header line.")

    def _note_columns(self, path: Path, columns: Iterable[str]) -> None:
        if path in self.nodes:
            unread = set(columns) - NODE_COLUMNS
            if unread & OF_GRAPHS and graphs.is_graph(path):
                unread -= OF_GRAPHS
            self._unread.setdefault(self._labels[path], set()).update(unread)


def _info(path: Path) -> SourceInfo:
    name = split_name(path)[0]
    for ending in ("_nodes", "_edges", "-nodes", "-edges", ".nodes", ".edges"):
        name = name.removesuffix(ending)
    return SourceInfo(f"infores:{'-'.join(name.lower().split())}", name, "", "")
