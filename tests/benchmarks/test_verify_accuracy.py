"""What the benchmarks say of the open graph and the rules that refute: no true statement falls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import verify_accuracy
import verify_excludes

from kgmed.facade import Graph

PAGE = Path(__file__).parents[2] / "docs" / "verify.md"


@pytest.fixture(scope="module")
def pairs(graph: Graph) -> list[verify_excludes.Pair]:
    return verify_excludes.pairs(graph.local_store())


def test_no_statement_of_a_path_that_is_held_out_is_refuted(graph: Graph) -> None:
    (figure,) = verify_accuracy.held_out(graph.local_store())
    asked = re.match(r"n=([\d,]+)", figure.note)
    assert asked is not None
    assert int(asked[1].replace(",", "")) > 1500
    assert figure.value == 0, figure.note


def test_no_pair_that_refutes_is_stated_both_ways(pairs: list[verify_excludes.Pair]) -> None:
    excluding = [pair for pair in pairs if pair.kind == "excludes"]
    assert all(min(pair.counts[:2]) > 0 for pair in excluding)  # there is something to go by
    assert not any(pair.is_unsound or pair.inherited for pair in excluding)


def test_the_page_on_verifying_tells_what_is_stated_both_ways(
    pairs: list[verify_excludes.Pair],
) -> None:
    told = [
        tuple(int(cell.replace(",", "")) for cell in row.groups())
        for row in re.finditer(
            r"^\| [^|]+ \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$",
            PAGE.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    counted = {frozenset(pair.counts[:2]): pair.counts[2] for pair in pairs}
    assert len(told) == 7
    for one, other, both in told:
        if (one, other) != (2, 2):  # two pairs in one row
            assert counted[frozenset((one, other))] == both
    assert sum(pair.counts[2] for pair in pairs if "treats" not in (pair.first, pair.second)) == 19
