"""What the direct program answers from the open graph, and what it refuses to say."""

from __future__ import annotations

import pytest

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.reasoning.answer import Answer
from kgmed.reasoning.compose import PHRASES

WARFARIN_WORDINGS = (
    "drug interactions of warfarin",
    "what interacts with Coumadin?",
    "WARFARIN interactions",
    "interactions with warfrin",
    "华法林的药物相互作用",
)


@pytest.fixture(scope="module")
def warfarin(graph: Graph) -> Answer:
    return graph.ask("drug interactions of warfarin", limit=None)


def test_all_ndfrt_partners_of_warfarin_are_listed(graph: Graph, warfarin: Answer) -> None:
    """NDF-RT 2014 has 140 rows; rows that name one concept by two names make one item."""
    rows = {record for s in warfarin.statements.values() for record in s.source_record}
    own = {
        s.id for s in warfarin.statements.values() if "drugbank:DB00682" in (s.subject, s.object)
    }
    assert len(own) == 140
    assert len(rows) >= 140
    assert {s.primary_knowledge_source for s in warfarin.statements.values()} == {"infores:ndfrt"}


def test_critical_interactions_come_before_significant_ones(warfarin: Answer) -> None:
    order = [item.qualifiers["severity"] for item in warfarin.items]
    assert order == sorted(order)
    assert set(order) == {"Critical", "Significant"}


def test_every_item_cites_statements_with_source_release_and_licence(warfarin: Answer) -> None:
    for item in warfarin.items:
        assert item.statements
        for id in item.statements:
            statement = warfarin.statements[id]
            assert statement.id == id
            assert statement.primary_knowledge_source
            assert statement.release
            assert statement.licence


@pytest.mark.parametrize("question", WARFARIN_WORDINGS)
def test_the_same_question_in_other_words_has_the_same_answer(
    graph: Graph, warfarin: Answer, question: str
) -> None:
    answer = graph.ask(question)
    assert {item.id for item in answer.items} == {item.id for item in warfarin.items}


def test_a_misspelt_name_is_answered_and_said(graph: Graph) -> None:
    assert 'Read "warfrin" as Warfarin' in graph.ask("interactions with warfrin").text


def test_yes_is_said_with_its_statement(graph: Graph) -> None:
    answer = graph.ask("does warfarin interact with amiodarone?")
    assert answer.value is True
    assert not answer.abstained
    assert answer.items[0].qualifiers == {"severity": "Critical"}


def test_what_no_source_lists_is_null_and_never_no(graph: Graph) -> None:
    answer = graph.ask("does warfarin interact with lisinopril?")
    assert answer.value is None
    assert (answer.abstained, answer.reason) == (True, "no_evidence")
    assert "2014-07-07" in answer.text
    assert "not evidence of safety" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "is it safe to take warfarin with lisinopril?",
        "is it safe to take warfarin with amiodarone?",
        "华法林和赖诺普利能一起吃吗",
    ],
)
def test_safety_is_never_judged(graph: Graph, question: str) -> None:
    assert graph.ask(question).value is None


def test_an_unknown_drug_is_not_linked(graph: Graph) -> None:
    answer = graph.ask("drug interactions of florbinol")
    assert (answer.abstained, answer.reason) == (True, "not_linked")
    assert "florbinol" in answer.text


def test_an_ambiguous_name_returns_its_meanings(graph: Graph) -> None:
    answer = graph.ask("what is MS?")
    assert answer.reason == "ambiguous"
    assert "Multiple Sclerosis".casefold() in answer.text.casefold()
    assert len(answer.links[0].alternatives) >= 2


def test_what_it_does_not_understand_it_says_and_offers_examples(graph: Graph) -> None:
    answer = graph.ask("what's the weather in Paris?")
    assert answer.reason == "not_understood"
    assert "drug interactions of warfarin" in answer.text


def test_a_predicate_that_no_source_covers_is_not_covered(graph: Graph) -> None:
    assert graph.ask("side effects of warfarin").reason == "not_covered"


def test_a_mechanism_is_a_curated_path(graph: Graph) -> None:
    answer = graph.ask("how does warfarin treat pulmonary embolism?")
    assert answer.paths
    assert all(path.curated.startswith("DB00682_MESH_D011655") for path in answer.paths)
    assert answer.paths[0].nodes[0] == "drugbank:DB00682"


def test_a_base_is_answered_by_what_is_stated_of_its_salt(graph: Graph) -> None:
    answer = graph.ask("what interacts with clopidogrel?")
    assert "omeprazole" in {item.name.casefold() for item in answer.items}
    assert all("bisulfate" in item.via for item in answer.items)


def test_digoxin_is_answered_by_its_class_and_says_so(graph: Graph) -> None:
    answer = graph.ask("drug interactions of digoxin")
    assert any("digitalis" in item.via.casefold() for item in answer.items)
    assert all(item.via for item in answer.items if "rabeprazole" in item.name.casefold())


def test_a_combination_product_is_answered_by_its_ingredients(graph: Graph) -> None:
    answer = graph.ask("drug interactions of Bactrim")
    assert any("by ingredient" in item.via for item in answer.items)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what does imatinib target?", "ABL1"),
        ("which drugs treat rheumatoid arthritis?", "Methotrexate"),
        ("what are the symptoms of chikungunya?", "joint pain"),
        ("what do aspirin and ibuprofen both target?", "PTGS2"),
    ],
)
def test_lists_hold_what_the_sources_state(graph: Graph, question: str, expected: str) -> None:
    names = {item.name.casefold() for item in graph.ask(question).items}
    assert expected.casefold() in names


def test_pairs_that_are_not_listed_are_named_as_such(graph: Graph) -> None:
    answer = graph.ask("patient on warfarin, amiodarone, lisinopril: which interact?")
    assert [item.name for item in answer.items] == ["Warfarin + Amiodarone"]
    assert "Warfarin + Lisinopril" in answer.text
    assert "no evidence of safety" in answer.text


def test_a_count_is_the_number_of_items(graph: Graph) -> None:
    answer = graph.ask("how many drugs interact with simvastatin?")
    assert answer.value == len(answer.items) > 30


def test_an_id_is_looked_up(graph: Graph) -> None:
    assert graph.ask("DrugBank id of tamoxifen").value == "DB00675"
    assert graph.ask("他莫昔芬的DrugBank编号").value == "DB00675"


def test_the_limit_bounds_the_text_and_not_the_items(graph: Graph) -> None:
    short, long = (graph.ask("warfarin interactions", limit=n) for n in (3, None))
    assert short.items == long.items
    assert len(short.text) < len(long.text)


def test_the_same_question_has_the_same_answer(graph: Graph) -> None:
    first, second = (graph.ask("compare aspirin and ibuprofen") for _ in range(2))
    assert first.text == second.text
    assert first.items == second.items


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("x" * 1_000_000, "at most 2,000"),
        ("what is \x00\x01?", "control character"),
        ("what is \ud800?", "U\\+D800"),
    ],
)
def test_what_cannot_be_a_question_is_refused(graph: Graph, question: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        graph.ask(question)


def test_both_languages_have_the_same_phrases() -> None:
    assert PHRASES["en"].keys() == PHRASES["zh"].keys()
    for key, text in PHRASES["en"].items():
        slots = {part.partition("}")[0] for part in text.split("{")[1:]}
        other = {part.partition("}")[0] for part in PHRASES["zh"][key].split("{")[1:]}
        assert slots == other, key
