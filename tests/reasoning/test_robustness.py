"""The same items said otherwise: something changes, and neither meaning nor right answer."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.facade import Graph
from kgmed.kg.errors import UsageError
from kgmed.kg.linking.linker import Linker
from kgmed.reasoning.evaluation.benchmarks import read_benchmark
from kgmed.reasoning.evaluation.model import Item
from kgmed.reasoning.evaluation.robustness import CHANGES, Change, Perturber
from kgmed.reasoning.evaluation.robustness.naming import Namer
from kgmed.reasoning.evaluation.robustness.spelling import capitals, misspelt, words

EVAL = Path(__file__).parents[2] / "../shared/data/eval_dev"
at_hand = pytest.mark.skipif(not EVAL.is_dir(), reason="the evaluation files aren't at hand")

ITEM = Item(
    "1", "b", "choice", "en",
    "A woman on acetaminophen 500 mg has diabetes and a pH of 7.1. Which drug caused it?",
    {"A": "Warfarin", "B": "Aspirin"}, ("B",), "Aspirin", "She also had acetaminophen at home.",
    about={"topic": "drugs"},
)  # fmt: skip


@pytest.fixture(scope="module")
def perturber(graph: Graph) -> Perturber:
    return Perturber(graph.store, seed=1)


def edits(one: str, other: str) -> int:
    """The edits between two words; a swap of neighbours is one."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            least = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                least = min(least, rows[-2][j - 2] + 1)
            row.append(least)
        rows.append(row)
    return rows[-1][-1]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_touches_the_question_alone(perturber: Perturber, change: Change) -> None:
    found = perturber.change(ITEM, change)
    assert found is not None
    assert found.question != ITEM.question
    assert found.about == {"topic": "drugs", "changed": change}
    assert replace(found, question=ITEM.question, about=ITEM.about) == ITEM


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("case", "A WOMAN on ACETAMINOPHEN 500 mg has DIABETES and a pH of 7.1. WHICH "
                 "DRUG CAUSED it?"),
        ("synonym", "A woman on paracetamol 500 mg has diabetes and a pH of 7.1. Which drug caused "
                    "it?"),
        ("language", "A woman on 对乙酰氨基酚 500 mg has 糖尿病 and a pH of 7.1. Which drug "
                     "caused it?"),
    ],
)  # fmt: skip
def test_what_a_change_makes_of_a_question(
    perturber: Perturber, change: Change, expected: str
) -> None:
    found = perturber.change(ITEM, change)
    assert found is not None
    assert found.question == expected


def test_a_drug_is_called_by_a_brand_of_its_own(graph: Graph, perturber: Perturber) -> None:
    found = perturber.change(ITEM, "brand")
    assert found is not None
    (brand,) = set(re.findall(r"\w+", found.question)) - set(re.findall(r"\w+", ITEM.question))
    (names,) = graph.store.lexicon.names([graph.named("acetaminophen")])
    assert brand in {name.text for name in names if name.kind == "brand"}


def test_the_same_seed_makes_the_same_and_another_something_else(graph: Graph) -> None:
    made = [Perturber(graph.store, seed=seed).change(ITEM, "typo") for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_a_substance_that_was_measured_is_no_medicine(perturber: Perturber) -> None:
    item = replace(ITEM, question="His serum cortisol is low. Which drug is it?")
    assert perturber.change(item, "brand") is None
    assert perturber.change(item, "synonym") is None


def test_a_name_that_is_an_option_or_is_asked_for_stays(perturber: Perturber) -> None:
    question = "A woman takes acetaminophen. Which drug is that?"
    for options in ({"A": "Paracetamol", "B": "Aspirin"}, {"A": "Tylenol", "B": "Aspirin"}):
        assert (
            perturber.change(replace(ITEM, question=question, options=options), "synonym") is None
        )
        assert perturber.change(replace(ITEM, question=question, options=options), "brand") is None
    asked = replace(ITEM, question="What is a brand of acetaminophen?", options={})
    assert perturber.changed([asked], "brand").left_out == {"asks about a name": 1}


def test_an_abbreviation_and_a_part_of_a_longer_word_keep_their_names(perturber: Perturber) -> None:
    for text in ("Came to the ED by night.", "An aspirin-free tablet."):
        for change in ("synonym", "brand", "language"):
            found = perturber.change(replace(ITEM, question=text, options={}), change)
            assert found is None


def test_what_is_judged_changes_with_the_question_that_holds_it(perturber: Perturber) -> None:
    claim = "Acetaminophen interacts with warfarin."
    item = Item("1", "b", "judgement", "en", f"Fact-check: {claim}", right=("supported",),
                candidate=claim)  # fmt: skip
    for change in CHANGES:
        found = perturber.change(item, change)
        assert found is not None
        assert found.candidate != claim
        assert found.candidate in found.question
    other = replace(item, question="What is known of acetaminophen?")
    found = perturber.change(other, "synonym")
    assert found is not None
    assert found.question == "What is known of paracetamol?"
    assert found.candidate == "Paracetamol interacts with warfarin."


def test_a_chinese_item_is_renamed_and_never_misspelt(perturber: Perturber) -> None:
    item = Item("1", "b", "open", "zh", "华法林和阿司匹林有相互作用吗？", answer="有。")
    assert perturber.change(item, "case") is perturber.change(item, "typo") is None
    found = perturber.change(item, "language")
    assert found is not None
    assert found.question.casefold() == "warfarin和acetylsalicylic acid有相互作用吗？"


def test_an_item_that_cant_be_changed_is_counted_by_reason(perturber: Perturber) -> None:
    plain = replace(ITEM, id="2", question="Who was the king?", options={})
    found = perturber.changed([ITEM, plain], "brand")
    assert [item.id for item in found.items] == ["1"]
    assert found.left_out == {"no drug with a sure brand": 1}
    with pytest.raises(UsageError, match="Found the change 'accent', expected one of case, typo"):
        perturber.changed([ITEM], "accent")  # type: ignore[arg-type]


@given(st.text(alphabet="aBcdefgh 5/-.,µ"))
def test_words_are_plain_and_stand_where_they_say(text: str) -> None:
    for found in words(text, least=4):
        assert re.fullmatch(r"[A-Za-z][a-z]{3,}", found[0])
        assert text[found.start() : found.end()] == found[0]


@at_hand
@pytest.mark.parametrize("path", ["medqa", "medmcqa", "pubmedqa"])
def test_capitals_change_nothing_but_letters_and_typos_one_place_of_few_words(
    graph: Graph, path: str
) -> None:
    lexicon = graph.store.lexicon
    for item in read_benchmark(EVAL / path).items[:60]:
        text = item.question
        assert capitals(text, lexicon).casefold() == text.casefold()
        made = misspelt(text, lexicon, Random(item.id))
        old, new = re.split(r"(\W+)", text), re.split(r"(\W+)", made)
        changed = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
        may = list(words(text, least=5))
        assert len(changed) <= max(1, len(may) // 8)
        for before, after in changed:
            assert len(before) >= 5
            assert before[0] == after[0]
            assert edits(before, after) == 1
            assert not lexicon.tokens([after.casefold()], limit=1)


@at_hand
@pytest.mark.parametrize("change", ["synonym", "brand", "language"])
def test_a_renamed_question_names_the_concepts_that_it_named(
    graph: Graph, perturber: Perturber, change: Change
) -> None:
    """Of a few the reading of another, ambiguous name hangs on the words around it."""
    linker = Linker(graph.store)
    items = {item.id: item for item in read_benchmark(EVAL / "medqa").items}
    found = perturber.changed(items.values(), change)
    assert len(found.items) + sum(found.left_out.values()) == len(items)
    assert len(found.items) > 20
    same = 0
    for item in found.items:
        before, after = (
            Counter(link.id for link in linker.text(text))
            for text in (items[item.id].question, item.question)
        )
        same += before == after
        assert item.right == items[item.id].right
    assert same >= 0.85 * len(found.items)


def test_a_new_name_read_alone_is_its_concept(graph: Graph) -> None:
    namer = Namer(graph.store)
    linker = Linker(graph.store)
    for text in ("warfarin", "asthma", "gout", "hypertension", "metformin", "atorvastatin"):
        (made,) = namer.renamed([text], "language", Random(0))
        (before,), (after,) = linker.text(text), linker.text(made)
        assert before.id == after.id
