"""Changed forms of names, as the robustness benchmark makes them."""

from __future__ import annotations

from random import Random

import pytest
from linking_changes import CHANGES, case, hyphens, plural, typo, word_order

from kgmed.kg.linking.normalize import key
from kgmed.kg.store.names import edits

NAMES = ["Acute myeloid leukemia", "ibuprofen", "Crohn's disease", "non-Hodgkin lymphoma", "HIV"]


@pytest.mark.parametrize("name", NAMES)
def test_a_typo_is_one_edit_and_never_of_the_first_letter(name: str) -> None:
    for seed in range(200):
        changed = typo(name, Random(seed))
        if changed is not None:
            assert edits(name, changed, limit=1) == 1
            assert changed[0] == name[0]
        else:
            assert name == "HIV"


@pytest.mark.parametrize("name", NAMES)
def test_case_changes_nothing_else(name: str) -> None:
    changed = case(name, Random(1))
    assert changed is not None
    assert changed != name
    assert changed.casefold() == name.casefold()


def test_a_possessive_gets_no_capital_of_its_own() -> None:
    assert "Crohn'S Disease" not in {case("Crohn's disease", Random(n)) for n in range(50)}


@pytest.mark.parametrize(
    "name", ["breast cancer", "acute renal failure", "Infections, Pasteurella"]
)
def test_another_word_order_has_the_same_words(name: str) -> None:
    changed = word_order(name, Random(1))
    assert changed is not None
    small = {"of", "the"}
    assert sorted(set(key(changed).split()) - small) == sorted(set(key(name).split()) - small)
    assert key(changed) != key(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("stenosis", "stenoses"), ("food allergy", "food allergies"), ("statins", "statin"),
     ("polyp", "polyps"), ("gout", None), ("diabetes", None)],
)  # fmt: skip
def test_only_counted_nouns_have_a_plural(name: str, expected: str | None) -> None:
    assert plural(name, Random(1)) == expected


def test_hyphens_change_nothing_but_hyphens() -> None:
    for name in NAMES:
        for seed in range(20):
            changed = hyphens(name, Random(seed))
            if changed is not None:
                assert changed.replace("-", "").replace(" ", "") == name.replace("-", "").replace(
                    " ", ""
                )


@pytest.mark.parametrize("what", CHANGES)
def test_the_same_seed_makes_the_same_change(what: str) -> None:
    for name in NAMES:
        assert CHANGES[what](name, Random("7")) == CHANGES[what](name, Random("7"))
