"""A few files broken at random for each reader; ``tests/stress`` has thousands."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutation_checks import run
from mutations import Subject, mutated
from subjects import SUBJECTS

INPUTS = 8


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_a_broken_file_is_refused_or_counted_and_costs_no_other_row(
    tmp_path: Path, subject: Subject
) -> None:
    if subject.reader in {"obo", "rdf"}:
        pytest.importorskip("pyobo" if subject.reader == "obo" else "rdflib")
    assert run(subject, range(INPUTS), tmp_path / "files").total() == INPUTS


def test_a_seed_breaks_a_file_one_way() -> None:
    for subject in SUBJECTS:
        for seed in range(50):
            name, data = mutated(subject, seed)
            assert (name, data) == mutated(subject, seed)
            assert data != subject.files[name]
