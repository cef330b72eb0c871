"""What a model wrote twice in nearly the same words is found; what is another fact isn't."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from kgmed.kg.errors import MissingExtra

pytest.importorskip("rensa")

from kgmed.builders.datasets.quality.near import NearDuplicates

SAID = {
    "en": [
        "Allopurinol is used to treat gout, as it inhibits xanthine oxidase and so lowers the "
        "concentration of uric acid in the blood of patients over weeks and months of treatment.",
        "Warfarin interacts with amiodarone: the effect of warfarin grows and bleeding is more "
        "likely, so that its dose is lowered and the INR is measured more often than before.",
    ],
    "zh": [
        "别嘌醇用于治疗痛风，它抑制黄嘌呤氧化酶，从而在数周至数月的治疗中降低患者血液中的尿酸浓度。",
        "华法林与胺碘酮有相互作用：华法林的作用增强，出血风险升高，因此需要减量并更频繁地监测凝血指标。",
    ],
}  # fmt: skip
OTHER = {"en": "usually", "zh": "常"}


def edited(text: str, lang: str, share: float, chance: random.Random) -> str:
    """A text of which this share of the words was left out, replaced or put in."""
    words = list(text) if lang == "zh" else text.split(" ")
    for _ in range(max(1, round(len(words) * share))):
        at = chance.randrange(len(words))
        words[at : at + chance.randrange(2)] = [OTHER[lang]] if chance.random() < 0.6 else []
    return ("" if lang == "zh" else " ").join(words)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_small_edits_are_found_and_other_wordings_kept(lang: str) -> None:
    chance = random.Random(3)
    for share, least, most in ((0.05, 0.95, 1.0), (0.5, 0.0, 0.1)):
        found = 0
        for _ in range(100):
            near = NearDuplicates()
            text = chance.choice(SAID[lang])
            assert near.add([text], about=["x"]) == [False]
            found += near.add([edited(text, lang, share, chance)], about=["x"])[0]
        assert least <= found / 100 <= most, share


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_another_drug_in_the_same_words_is_another_fact(lang: str) -> None:
    near = NearDuplicates()
    text = SAID[lang][0]
    drugs = ["febuxostat", "benzbromarone"] if lang == "en" else ["非布司他", "苯溴马隆"]
    name = "Allopurinol" if lang == "en" else "别嘌醇"
    others = [text.replace(name, drug) for drug in drugs]
    assert near.add([text, *others], about=["s1", "s2", "s3"]) == [False] * 3
    assert near.add(others, about=["s2", "s3"]) == [True, True]


def test_what_is_told_depends_on_the_texts_and_their_order_alone() -> None:
    chance = random.Random(1)
    texts = [edited(text, lang, 0.1, chance) for _ in range(300) for lang in SAID
             for text in SAID[lang]]  # fmt: skip
    about = [str(n % 40) for n in range(len(texts))]
    whole = NearDuplicates().add(texts, about=about)
    near, singly = NearDuplicates(), []
    for text, of in zip(texts, about, strict=True):
        singly += near.add([text], about=[of])
    assert singly == whole
    assert 0 < sum(whole) < len(whole)
    script = (
        "import sys, json; from kgmed.builders.datasets.quality.near import NearDuplicates; "
        "print(NearDuplicates().add(*(d := json.load(sys.stdin))[:1], about=d[1]))"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps([texts, about]), capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(whole)


def test_texts_of_a_word_or_none_are_told_apart() -> None:
    near = NearDuplicates()
    assert near.add(["Yes", "No", "Yes", "", ""], about=["a"] * 5) == [
        False, False, True, False, True,
    ]  # fmt: skip
    assert near.add([], about=[]) == []


def test_without_the_package_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(MissingExtra, match=r"kgmed\[dedup\]"):
        NearDuplicates()
