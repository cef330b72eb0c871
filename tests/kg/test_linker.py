"""Linking on the open graph: how a mention is found, and when it isn't."""

from __future__ import annotations

import pytest

from kgmed.facade import Graph
from kgmed.kg.linking.linker import Linker


@pytest.fixture(scope="module")
def linker(graph: Graph) -> Linker:
    return Linker(graph.store)


@pytest.mark.parametrize(
    ("mention", "id", "why"),
    [
        ("warfarin", "drugbank:DB00682", "exact"),
        ("WARFARIN", "drugbank:DB00682", "exact"),
        ("Coumadin", "drugbank:DB00682", "(brand)"),
        ("华法林", "drugbank:DB00682", "exact"),
        ("DB00682", "drugbank:DB00682", "id"),
        ("RXCUI:11289", "drugbank:DB00682", "id"),
        ("warfrin", "drugbank:DB00682", "1 edit"),
        ("simvastatn", "drugbank:DB00641", "1 edit"),
        ("warfarin tablets", "drugbank:DB00682", "part"),
        ("embolism, pulmonary", "umls:C0034065", "word order"),
        ("cancer of the breast", "umls:C0006142", "word order"),
        ("heart attack", "umls:C0027051", "(synonym)"),
        ("T2DM", "umls:C0011860", "(abbreviation)"),
    ],
)
def test_a_mention_finds_its_concept_and_says_how(
    linker: Linker, mention: str, id: str, why: str
) -> None:
    best = linker.mention(mention)[0]
    assert best.id == id
    assert why in best.why


@pytest.mark.parametrize("mention", ["florbinol", "zzz", "", "   ", "?!", "the", "🧪"])
def test_what_names_nothing_links_to_nothing(linker: Linker, mention: str) -> None:
    assert linker.mention(mention) == []


def test_ambiguity_is_returned(linker: Linker) -> None:
    found = linker.mention("MS")
    assert len({c.id for c in found}) >= 3
    assert found[0].score == found[1].score


def test_an_expected_category_decides(linker: Linker) -> None:
    drugs = linker.mention("MS", categories=["Drug"])
    assert drugs[0].category == "Drug"
    assert "unexpected category" in drugs[-1].why


def test_offsets_count_code_points(linker: Linker) -> None:
    text = "🧪 café: warfarin、华法林和aspirin."
    links = linker.text(text)
    assert [text[link.start : link.end] for link in links] == ["warfarin", "华法林", "aspirin"]
    assert [link.text for link in links] == ["warfarin", "华法林", "aspirin"]


def test_the_longest_name_wins(linker: Linker) -> None:
    (link,) = linker.text("treated for type 2 diabetes mellitus")
    assert link.text == "type 2 diabetes mellitus"


def test_denied_mentions_are_marked(linker: Linker) -> None:
    links = {link.text: link.negated for link in linker.text("No fever; has gout. 没有头痛。")}
    assert links == {"fever": True, "gout": False, "头痛": True}


def test_short_symbols_are_taken_in_their_own_case_only(linker: Linker) -> None:
    assert linker.text("he was here and it kit") == []
    assert [link.name for link in linker.text("KIT inhibitors")] == ["KIT"]


@pytest.mark.parametrize(
    "text",
    ["\x00\x01\x02", "\ud800 warfarin", "\u202ewarfarin", "a" * 5000, "(" * 3000, "华" * 3000],
)
def test_odd_texts_are_read_without_failing(linker: Linker, text: str) -> None:
    for link in linker.text(text):
        assert text[link.start : link.end] == link.text
