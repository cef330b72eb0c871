"""Scores of links, on cases counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from linking_score import Gold, Mention, Score, read_pubtator, score

GOLD = Gold(
    "1",
    "Naloxone reverses hypertension and lung or breast cancer and fits",
    (
        Mention(0, 8, "Naloxone", ("D009270",), "Chemical"),
        Mention(18, 30, "hypertension", ("D006973",), "Disease"),
        Mention(35, 56, "lung or breast cancer", ("D008175", "D001943"), "Disease"),
        Mention(61, 65, "fits", (), "Disease"),
    ),
)


def test_the_gold_itself_is_right_but_for_mentions_without_an_id() -> None:
    found = [(m.start, m.end, m.ids[0] if m.ids else "D0") for m in GOLD.mentions]
    scores = score([GOLD], {"1": found})
    assert scores.mention == Score(4, 4, 4)
    assert scores.link == Score(3, 4, 3)
    assert scores.document == Score(3, 4, 4)


def test_a_span_counts_as_a_mention_whatever_its_id() -> None:
    scores = score([GOLD], {"1": [(0, 8, "D000000")]})
    assert scores.mention == Score(1, 1, 4)
    assert scores.link == Score(0, 1, 3)
    assert scores.document == Score(0, 1, 4)


@pytest.mark.parametrize("id", ["D008175", "D001943"])
def test_one_id_of_a_composite_mention_is_enough(id: str) -> None:
    scores = score([GOLD], {"1": [(35, 56, id)]})
    assert scores.link == Score(1, 1, 3)
    assert scores.document == Score(1, 1, 4)


def test_a_span_that_is_off_by_one_is_wrong_but_its_document_may_be_right() -> None:
    scores = score([GOLD], {"1": [(17, 30, "D006973")]})
    assert (scores.mention, scores.link) == (Score(0, 1, 4), Score(0, 1, 3))
    assert scores.document == Score(1, 1, 4)


def test_a_span_found_twice_counts_once_with_its_first_id() -> None:
    scores = score([GOLD], {"1": [(0, 8, "D009270"), (0, 8, "D000000")]})
    assert (scores.mention, scores.link) == (Score(1, 1, 4), Score(1, 1, 3))


def test_an_id_found_often_counts_once_for_its_document() -> None:
    found = [(0, 8, "D009270"), (18, 30, "D009270"), (61, 65, "D009270")]
    scores = score([GOLD], {"1": found})
    assert scores.document == Score(1, 1, 4)
    assert scores.link == Score(1, 3, 3)


def test_totals_are_summed_over_documents_and_nothing_found_is_nothing_right() -> None:
    other = Gold("2", "gout", (Mention(0, 4, "gout", ("D006073",)),))
    scores = score([GOLD, other], {"2": [(0, 4, "D006073")]})
    assert scores.mention == Score(1, 1, 5)
    assert (scores.mention.precision, scores.mention.recall) == (1.0, 0.2)
    assert str(score([GOLD], {}).mention) == "0.000/0.000/0.000"


def test_what_was_missed_and_what_was_wrong_are_told() -> None:
    scores = score([GOLD], {"1": [(0, 8, "D009270"), (18, 30, "D0")]})
    assert [m.text for _, m in scores.missed] == ["hypertension", "lung or breast cancer"]
    assert [link for _, link in scores.wrong] == [(18, 30, "D0")]


PUBTATOR = """\
7|t|Fits after a|b.
7|a|Lung or breast cancer.
7\t0\t4\tFits\tDisease\t-1
7\t16\t37\tLung or breast cancer\tDisease\tD008175|D001943\tLung cancer|breast cancer
7\tCID\tD000001\tD008175

8|t|None.
8|a|
"""


def test_pubtator_offsets_run_over_title_and_abstract(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(PUBTATOR, encoding="utf-8")
    first, second = read_pubtator(tmp_path / "x.txt")
    assert first.text == "Fits after a|b.\nLung or breast cancer."
    assert [(m.text, m.ids) for m in first.mentions] == [
        ("Fits", ()),
        ("Lung or breast cancer", ("D008175", "D001943")),
    ]
    assert (second.id, second.text, second.mentions) == ("8", "None.\n", ())


def test_an_offset_that_holds_another_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(PUBTATOR.replace("\t0\t4\t", "\t1\t5\t"), encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.txt, 7: found 'its '.* expected 'Fits'"):
        list(read_pubtator(tmp_path / "x.txt"))
