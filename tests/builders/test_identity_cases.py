"""One thing or two: the cases of ``identity_cases.txt``, rows as sources give them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from identity_rows import Case, cases, in_memory, resolved

CASES = list(cases(Path(__file__).with_name("identity_cases.txt")))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as connection:
        yield connection


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(connection: duckdb.DuckDBPyConnection, tmp_path: Path, case: Case) -> None:
    found = resolved(connection, tmp_path, *case.sources())
    assert found.classes == case.classes
    for subject, object, status, words in case.fates:
        assert any(
            known == status and words in reason for known, reason in found.fates[subject, object]
        ), found.fates[subject, object]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_case_says_what_becomes_of_every_id(case: Case) -> None:
    expected = Counter(id for _, members in case.classes for id in members)
    assert set(expected) == case.ids
    assert set(expected.values()) == {1}


def test_no_title_is_there_twice() -> None:
    assert len({case.title for case in CASES}) == len(CASES) >= 80
