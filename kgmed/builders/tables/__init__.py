"""Any CSV, TSV or Parquet as a source, by a mapping of its columns.

:mod:`.mapping` says what a mapping is, :mod:`.files` reads the rows through DuckDB, which streams
them, and :mod:`.convert` makes batches of them. A mapping is checked against the columns that the
files really have before any row is read. ``recipes`` are the mappings of BIOS, PrimeKG, Hetionet,
DDInter and SIDER in the layouts that their publishers give them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.quarantine import append
from kgmed.builders.rows import BATCH_ROWS, OnError, counted, digest, split_name
from kgmed.builders.source import SourceInfo, TableName, Tally
from kgmed.builders.tables.convert import (
    Concepts,
    Convert,
    Mappings,
    Names,
    Statements,
    selected,
)
from kgmed.builders.tables.files import (
    BadRows,
    Database,
    Reading,
    Section,
    columns_of,
    find_files,
)
from kgmed.builders.tables.mapping import (
    Edges,
    Nodes,
    Recipe,
    Table,
    check_columns,
    read_recipe,
)
from kgmed.kg.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "tables 2"
PACE = 6.0
"""Seconds to read a million rows."""


class TablesSource:
    """Tables of one publisher, read by a mapping or by the name of a recipe.

    ``folder`` is where the mapping's paths start. What ``info`` leaves empty is taken from the
    recipe. With ``on_error="skip"`` rows that break their format go to the file ``quarantine``.

    Raises :class:`~kgmed.kg.errors.ConfigError` for a mapping that doesn't fit the files,
    :class:`~kgmed.kg.errors.RowError` for a bad row.
    """

    def __init__(
        self,
        mapping: Recipe | str,
        folder: Path | str = ".",
        *,
        info: SourceInfo | None = None,
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        self.mapping = read_recipe(mapping) if isinstance(mapping, str) else mapping
        self.folder = Path(folder)
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = {}
        self._on_error: OnError = on_error
        self._quarantine = quarantine
        self._set_aside: set[str] = set()
        self._replaced: Counter[str] = Counter()
        self._database = Database()
        self._sections = self._find_files()
        self.info = _info(self.mapping, info, self._sections)

    def fingerprint(self) -> str:
        """SHA-256 over the files' bytes, the mapping and the reader's version."""
        said = f"{READER_VERSION} {self._on_error} {self.info} {self.mapping.model_dump_json()}"
        return digest(said, [(section.label, section.path) for section in self._sections])

    def survey(self) -> list[InputFile]:
        """The files, with their rows: Parquet says how many, others by their size."""
        from pyarrow.parquet import read_metadata

        found = []
        for path in dict.fromkeys(section.path for section in self._sections):
            if path.suffix == ".parquet":
                rows = read_metadata(path).num_rows
                found.append(InputFile(path.name, path.stat().st_size, rows, PACE))
            else:
                found += survey_files([path], pace=PACE)
        return found

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Stream one table's rows; node files are read once for each of their three tables."""
        if table == "concepts":
            concepts = Concepts()
            yield from self._read(Nodes, concepts)
            self._find("category that kgmed doesn't know", counted("category", concepts.unknown))
        elif table == "names":
            names = Names()
            yield from self._read(Nodes, names)
            self._find("kind of name that kgmed doesn't know", counted("kind", names.unknown))
        elif table == "mappings":
            mappings = Mappings()
            yield from self._read(Nodes, mappings)
            self._find("xref that isn't a CURIE", counted("xref", mappings.odd))
        elif table == "statements":
            from kgmed.kg.predicates import registry

            statements = Statements(registry())
            yield from self._read(Edges, statements)
            self._find(
                "predicate that predicates.toml lacks", counted("predicate", statements.unknown)
            )

    def _find(self, kind: str, rows: list[dict[str, str]]) -> None:
        self.findings.pop(kind, None)
        if rows:
            self.findings[kind] = rows

    def _find_files(self) -> list[Section]:
        tables: list[Table] = [*self.mapping.nodes, *self.mapping.edges]
        if not tables:
            raise ConfigError("A mapping of tables names neither nodes nor edges.")
        found = [(table, path) for table in tables for path in find_files(self.folder, table)]
        if not found:
            wanted = ", ".join(dict.fromkeys(table.path for table in tables))
            raise ConfigError(f"{self.folder}: found none of {wanted}.")
        present = {id(table) for table, _ in found}
        absent = dict.fromkeys(table.path for table in tables if id(table) not in present)
        self._find("optional file that isn't there", [{"file": path} for path in absent])
        uses = Counter(path for _, path in found)
        names = Counter(path.name for path in dict.fromkeys(path for _, path in found))
        seen: Counter[Path] = Counter()
        sections: list[Section] = []
        unread: dict[str, set[str]] = {}
        for table, path in found:
            columns = columns_of(path, table)
            check_columns(path, table, columns)
            seen[path] += 1
            label = path.name if names[path.name] == 1 else str(path)
            unread.setdefault(label, set(columns))
            unread[label] -= set(table.needs())
            if uses[path] > 1:
                label += f" (mapping {seen[path]})"
            sections.append(Section(label, path, table, columns))
        rows = [
            {"file": label, "columns": ", ".join(sorted(names))}
            for label, names in unread.items()
            if names
        ]
        self._find("columns that the mapping doesn't read", rows)
        return sections

    def _read(self, kind: type[Table], convert: Convert) -> Iterator[pa.RecordBatch]:
        for section in self._sections:
            if not isinstance(section.table, kind):
                continue
            tally = self.tallies[section.label] = Tally()
            self._replaced[section.label] = 0
            bad = BadRows(section, self._on_error)
            reading = Reading(self._database, section, skip=self._on_error == "skip")
            for read in reading.batches():
                tally.read += read.total
                self._replaced[section.label] += read.replaced
                rows = selected(section.table, read, tally)
                problems, batch = convert(section.table, rows)
                if problems:
                    bad.add(rows, problems, tally)
                    rows = rows.without(problems)
                    _, batch = convert(section.table, rows)
                tally.kept += len(rows)
                if repeated := rows.total - len(rows):
                    tally.skipped["repeated row"] += repeated
                if batch is not None:
                    yield from _cut(batch)
            self._replaced[section.label] += reading.replaced
            for aside in reading.rejected:
                tally.read += 1
                tally.skipped[aside.reason] += 1
            bad.rejected = reading.rejected
            if section.label not in self._set_aside:  # it is read once per table
                self._set_aside.add(section.label)
                append(self._quarantine, bad.rows())
        replaced = [{"file": file, "count": str(n)} for file, n in self._replaced.items() if n]
        self._find("control characters, now spaces", replaced)


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in parts of the size that every reader keeps to."""
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(start, BATCH_ROWS)


def _info(recipe: Recipe, given: SourceInfo | None, sections: Sequence[Section]) -> SourceInfo:
    stem = split_name(sections[0].path)[0].lower().replace(" ", "-")
    infores = (given.infores if given else "") or recipe.infores or f"infores:{stem}"
    name = (given.name if given else "") or recipe.name or infores.removeprefix("infores:")
    return SourceInfo(
        infores,
        name,
        (given.release if given else "") or recipe.release,
        (given.licence if given else "") or recipe.licence,
        (given.url if given else "") or recipe.url,
        (given.attribution if given else "") or recipe.attribution,
    )
