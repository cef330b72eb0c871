"""Which statements stand behind a row of a dataset."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kgmed.builders.datasets.folder import RUN, read_run
from kgmed.builders.datasets.job import NOTES
from kgmed.builders.datasets.report import Trace
from kgmed.kg.errors import OutputError, UnknownConcept, UsageError
from kgmed.kg.store.base import GraphStore

_ID = re.compile(r"[0-9a-f]{16}")


def trace(out: Path, id: str, store: GraphStore) -> Trace:
    """The statements behind a row of the dataset in a folder.

    Raises :class:`~kgmed.kg.errors.UsageError` for what can't be a row's id,
    :class:`~kgmed.kg.errors.OutputError` for a folder without a dataset, and
    :class:`~kgmed.kg.errors.UnknownConcept` where no row has the id.
    """
    if not _ID.fullmatch(id):
        raise UsageError(f"Found the row id {id!r}, expected 16 digits of 0-9 and a-f.")
    runs = [read_run(path) for path in sorted((out / NOTES).glob(f"*/{RUN}"))]
    if not runs:
        raise OutputError(f"{out}: holds no dataset that kgmed made.")
    for path in sorted(out.glob("*/*-of-*")):
        for row in _rows(path, id):
            if "statements" in row:
                found = store.statements(row["statements"])
                return Trace(
                    row,
                    str(path.relative_to(out)),
                    tuple(s for s in found if s is not None),
                    tuple(i for i, s in zip(row["statements"], found, strict=True) if s is None),
                    row["snapshot"],
                    store.info().snapshot,
                )
    kinds = {run["files"] for run in runs}
    hint = " Plain text carries no ids: write JSON lines or Parquet." if kinds == {"txt"} else ""
    raise UnknownConcept(f"{out}: no row has the id {id}.{hint}")


def _rows(path: Path, id: str) -> Iterator[dict[str, Any]]:
    if path.suffix == ".jsonl":
        start = f'{{"id":"{id}"'.encode()
        with path.open("rb") as file:
            yield from (json.loads(line) for line in file if line.startswith(start))
    elif path.suffix == ".parquet":
        import pyarrow.parquet as pq

        if "id" in pq.read_schema(path).names:
            yield from pq.read_table(path, filters=[("id", "=", id)]).to_pylist()
