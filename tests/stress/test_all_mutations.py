"""Thousands of broken files for each reader: no traceback, no hang, no wrong silent count.

    pytest -m stress tests/stress/test_all_mutations.py -n 2
    KGMED_MUTATIONS=500 pytest -m stress tests/stress/test_all_mutations.py -k snomed

5,000 inputs a reader unless the variable says otherwise, shared among its formats. The table of
outcomes stands at the end of pytest's output. What must hold is in ``tests/mutation_checks.py``; a
fault names its seed, and ``mutated(subject, seed)`` gives the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from mutation_checks import run
from subjects import SUBJECTS

pytestmark = pytest.mark.stress

INPUTS = int(os.environ.get("KGMED_MUTATIONS", "5000"))
SHARDS = 5
"""Parts that a reader's inputs are checked in, so that processes can share them."""


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("reader", dict.fromkeys(subject.reader for subject in SUBJECTS))
def test_broken_files_are_refused_or_counted_and_cost_no_other_row(
    tmp_path: Path, reader: str, shard: int, record_property: Callable[[str, object], None]
) -> None:
    if reader in {"obo", "rdf"}:
        pytest.importorskip("pyobo" if reader == "obo" else "rdflib")
    formats = [subject for subject in SUBJECTS if subject.reader == reader]
    for number, subject in enumerate(formats):
        seeds = range(INPUTS)[number :: len(formats)][shard::SHARDS]
        counts = run(subject, seeds, tmp_path / str(number))
        assert counts.total() == len(seeds)
        record_property("mutations", (reader, dict(counts)))
