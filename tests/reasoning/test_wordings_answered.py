"""The table of wordings, end to end on the open graph."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from kgmed.facade import Graph

TABLE = Path(__file__).parent / "wordings.tsv"


def _rows() -> list[dict[str, str]]:
    text = TABLE.read_text(encoding="utf-8").removeprefix("# ")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def outcomes(graph: Graph) -> list[tuple[dict[str, str], str, str]]:
    """(row, form, 'answered' or the reason) of every wording."""
    found = []
    for row in _rows():
        answer = graph.ask(row["question"], limit=3)
        assert answer.text
        assert answer.abstained == (answer.reason is not None)
        if answer.value is False:
            assert answer.statements, "a no needs a statement"
        found.append((row, answer.form or "", answer.reason or "answered"))
    return found


def test_the_table_has_at_least_200_wordings_in_both_languages() -> None:
    counts = Counter(row["lang"] for row in _rows())
    assert counts.total() >= 200
    assert min(counts["en"], counts["zh"]) >= 80
    assert len({row["form"] for row in _rows()} - {""}) == 10


def test_every_wording_is_answered_in_its_form(
    outcomes: list[tuple[dict[str, str], str, str]],
) -> None:
    wrong = [(row["question"], form) for row, form, _ in outcomes if form != row["form"]]
    assert wrong == []


def test_what_is_no_question_for_the_graph_is_not_understood(
    outcomes: list[tuple[dict[str, str], str, str]],
) -> None:
    for row, _form, outcome in outcomes:
        assert (outcome == "not_understood") == (not row["form"]), row["question"]


def test_nearly_all_wordings_that_the_graph_covers_link(
    outcomes: list[tuple[dict[str, str], str, str]],
) -> None:
    readable = [(row, outcome) for row, _, outcome in outcomes if row["form"]]
    unlinked = [row["question"] for row, outcome in readable if outcome == "not_linked"]
    assert len(unlinked) <= len(readable) * 0.03, unlinked
    answered = sum(outcome == "answered" for _, outcome in readable)
    assert answered >= len(readable) * 0.8
