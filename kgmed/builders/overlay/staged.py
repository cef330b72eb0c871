"""An added source's rows as they were read, kept in the overlay for the next one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kgmed.builders.source import TABLES, SourceInfo, TableName, Tally, schema

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "additions"


@dataclass
class StagedSource:
    """A source that an earlier overlay added, read back from that overlay's folder."""

    info: SourceInfo
    folder: Path
    number: int
    digest: str
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """The digest of the files that it was read from."""
        return self.digest

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """The rows of one table."""
        import pyarrow.parquet as pq

        tally = self.tallies[table] = Tally()
        with pq.ParquetFile(file_of(self.folder, self.number, table)) as file:
            for batch in file.iter_batches():
                tally.read += batch.num_rows
                tally.kept += batch.num_rows
                yield batch.cast(schema(table))


@dataclass
class Nothing:
    """A source without rows: what an overlay of errata alone adds."""

    info: SourceInfo = field(default_factory=lambda: SourceInfo("infores:nothing", "", "", ""))
    tallies: dict[str, Tally] = field(default_factory=dict)
    findings: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """The same for all."""
        return ""

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """None."""
        yield from ()


def file_of(folder: Path, number: int, table: TableName) -> Path:
    """Where an overlay's folder has a table of an added source."""
    return folder / FOLDER / f"{number:03d}-{table}.parquet"


def keep(work: Path, folder: Path, sources: int) -> None:
    """Copy the staged tables of the work folder into an overlay's folder."""
    (folder / FOLDER).mkdir()
    for number in range(sources):
        for table in TABLES:
            target = file_of(folder, number, table)
            shutil.copyfile(work / str(number) / f"{table}.parquet", target)
