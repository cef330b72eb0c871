"""The open graph's sources: they read the committed tables and yield Arrow batches.

Each reads the files ``<key>.<table>.tsv.gz`` of one publisher (:mod:`.files` has the format), made
by :mod:`.extract` from the publisher's own files. DrugCentral is under CC BY-SA 4.0 and can be left
out: nothing in another source's tables is taken from it.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kgmed.builders.open_data.files import (
    conform,
    extraction,
    file_name,
    read_tsv,
    tables_folder,
)
from kgmed.builders.source import TABLES, SourceInfo, TableName, Tally
from kgmed.kg.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

READER_VERSION = "1"
BATCH_ROWS = 65_536

KEYS: tuple[str, ...] = (
    "drugcentral",
    "pharmacotherapydb",
    "doid",
    "doid2016",
    "mondo",
    "drugmechdb",
    "ndfrt",
    "biomappings",
    "ncbi_gene",
    "kgmed",
)
"""The sources in the order in which their names are preferred: NDF-RT writes in capitals, and
DrugMechDB as its curators typed."""

NEEDED_BY_DRUGCENTRAL = ("drugcentral", "ncbi_gene")
"""What goes with DrugCentral: only its statements speak of genes by NCBI Gene id."""


class OpenSource:
    """One publisher's part of the open graph."""

    def __init__(self, key: str) -> None:
        entry = extraction()["sources"].get(key)
        if entry is None:
            raise DataError(
                f"extraction.json: found no source {key!r}, expected one of {', '.join(KEYS)}. "
                "Run python -m kgmed.builders.open_data.extract."
            )
        self.key = key
        self.info = SourceInfo(**entry["info"])
        self.tallies: dict[str, Tally] = {}
        self.findings: dict[str, list[dict[str, str]]] = entry["findings"]
        self._constants: dict[TableName, dict[str, str]] = entry["constants"]

    def _bytes(self, table: TableName) -> bytes | None:
        path = tables_folder().joinpath(file_name(self.key, table))
        return path.read_bytes() if path.is_file() else None

    def fingerprint(self) -> str:
        """SHA-256 over the reader's version and the source's committed files."""
        digest = hashlib.sha256(f"{READER_VERSION} {self.key} {self.info}".encode())
        for table in TABLES:
            digest.update(f" {table} {self._constants.get(table)} ".encode())
            digest.update(self._bytes(table) or b"")
        return digest.hexdigest()

    def batches(self, table: TableName) -> Iterator[pa.RecordBatch]:
        """Yield one table's rows, all kept: what was left out, the extraction left out."""
        data = self._bytes(table)
        if data is None:
            return
        read = read_tsv(gzip.decompress(data))
        self.tallies[file_name(self.key, table)] = Tally(read=read.num_rows, kept=read.num_rows)
        rows = conform(read, table, self._constants.get(table, {}))
        yield from rows.to_batches(max_chunksize=BATCH_ROWS)


def open_sources(*, drugcentral: bool = True) -> list[OpenSource]:
    """Every source of the open graph, or all but DrugCentral's share-alike part."""
    from kgmed.builders.open_data.own import OwnSource

    left_out = () if drugcentral else NEEDED_BY_DRUGCENTRAL
    return [
        OwnSource() if key == "kgmed" else OpenSource(key) for key in KEYS if key not in left_out
    ]
