"""The Chinese sentences that linking is measured on are what tests/data/README.md says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kgmed.facade import Graph

FILE = Path(__file__).parents[1] / "data" / "linking_zh.jsonl"


@pytest.fixture(scope="module")
def sentences() -> list[dict[str, Any]]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_enough_and_each_is_told_once(sentences: list[dict[str, Any]]) -> None:
    assert len(sentences) >= 320
    assert len({one["id"] for one in sentences}) == len(sentences)
    assert len({one["text"] for one in sentences}) == len(sentences)
    assert {one["id"].rsplit("-", 1)[0] for one in sentences} == {
        "note", "label", "question", "textbook", "traditional", "mixed", "width",
    }  # fmt: skip


def test_mentions_are_where_they_say_and_do_not_overlap(sentences: list[dict[str, Any]]) -> None:
    for one in sentences:
        assert set(one) == {"id", "text", "mentions"}
        place = 0
        for mention in one["mentions"]:
            assert mention["start"] >= place, one["id"]
            place = mention["end"]
            found = one["text"][mention["start"] : place]
            assert found == mention["text"], one["id"]
            assert found == found.strip()
            assert found


def test_mentions_say_nothing_else(sentences: list[dict[str, Any]]) -> None:
    for mention in (mention for one in sentences for mention in one["mentions"]):
        assert set(mention) >= {"start", "end", "text", "id"}
        assert mention.get("negated", True) is True
        assert mention.get("uncertain", True) is True
        assert mention.get("experiencer", "family") in {"family", "other"}
        others = set(mention) - {"start", "end", "text", "id", "also"}
        assert others <= {"negated", "uncertain", "experiencer"}


def test_every_id_is_one_of_the_open_graph(sentences: list[dict[str, Any]], graph: Graph) -> None:
    mentions = [mention for one in sentences for mention in one["mentions"]]
    ids = sorted({id for m in mentions for id in (m["id"], *m.get("also", [])) if id})
    assert graph.store.resolve(ids) == ids
    assert len(ids) > 300
    assert any(not mention["id"] for mention in mentions)


def test_flags_occur_often_enough_to_be_measured(sentences: list[dict[str, Any]]) -> None:
    mentions = [mention for one in sentences for mention in one["mentions"]]
    for flag in ("negated", "uncertain", "experiencer"):
        assert sum(flag in mention for mention in mentions) >= 20
