"""Names that share a word are written out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.linking.coordination import coordinated


def full_texts(text: str) -> list[list[str]]:
    return [[full for _, _, full in found.texts] for found in coordinated(text)]


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("lung and breast cancer", ["lung cancer", "breast cancer"]),
        ("of hepatic or renal failure.", ["hepatic failure", "renal failure"]),
        ("type 1 and type 2 diabetes", ["type 1 diabetes", "type 2 diabetes"]),
        ("type 1 or 2 diabetes", ["type 1 diabetes", "type 2 diabetes"]),
        ("types 1 and 2 diabetes", ["type 1 diabetes", "type 2 diabetes"]),
        ("breast, lung and colon cancer", ["breast cancer", "lung cancer", "colon cancer"]),
        ("breast, lung, and/or colon cancer", ["breast cancer", "lung cancer", "colon cancer"]),
        ("acute and chronic myeloid leukemia", ["acute myeloid leukemia", "chronic myeloid leukemia"]),  # noqa: E501
        ("deep vein and pulmonary thrombosis", ["deep vein thrombosis", "pulmonary thrombosis"]),
        ("lung/breast cancer", ["lung cancer", "breast cancer"]),
        ("hepatitis B and C", ["hepatitis B", "hepatitis C"]),
        ("vitamin B6/B12", ["vitamin B6", "vitamin B12"]),
        ("vitamins A, D and E", ["vitamin A", "vitamin D", "vitamin E"]),
        ("factor VIII and IX deficiency", ["factor VIII deficiency", "factor IX deficiency"]),
        ("interleukin-1 and -6", ["interleukin-1", "interleukin-6"]),
        ("HIV-1/2", ["HIV-1", "HIV-2"]),
        ("hypo- and hyperthyroidism", ["hypothyroidism", "hyperthyroidism"]),
        ("alpha- or beta-blockers", ["alpha-blockers", "beta-blockers"]),
        ("left- and right-sided heart failure", ["left-sided heart failure", "right-sided heart failure"]),  # noqa: E501
        ("1型和2型糖尿病", ["1型糖尿病", "2型糖尿病"]),
        ("甲型、乙型和丙型肝炎", ["甲型肝炎", "乙型肝炎", "丙型肝炎"]),
        ("甲、乙、丙型肝炎", ["甲型肝炎", "乙型肝炎", "丙型肝炎"]),
        ("急、慢性胃炎", ["急性胃炎", "慢性胃炎"]),
        ("原发性或继发性高血压", ["原发性高血压", "继发性高血压"]),
        ("肝、肾功能不全", ["肝功能不全", "肾功能不全"]),
        ("肺和乳腺癌", ["肺癌", "乳腺癌"]),
        ("维生素B6和B12", ["维生素B6", "维生素B12"]),
        ("缺乏维生素A、D和E", ["维生素A", "维生素D", "维生素E"]),
        ("凝血因子Ⅷ、Ⅸ", ["凝血因子Ⅷ", "凝血因子Ⅸ"]),
        ("白介素-1和-6", ["白介素-1", "白介素-6"]),
    ],
)  # fmt: skip
def test_conjuncts_are_written_out(text: str, full: list[str]) -> None:
    assert full in full_texts(text)


@pytest.mark.parametrize(
    "text",
    [
        "nausea and vomiting.",
        "10 mg/kg/day",
        "140/90 mmHg",
        "in men and in women",
        "it was seen and then he left",
        "恶心、呕吐和腹泻",
        "糖尿病和高血压",
        "1型糖尿病和2型糖尿病",
        "and and",
        "/",
        "、、和",
        " and ",
    ],
)
def test_what_shares_nothing_is_left_alone(text: str) -> None:
    assert coordinated(text) == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_spans_are_those_of_the_conjuncts_in_code_points(form: str) -> None:
    text = unicodedata.normalize(form, "🧪 Ménière's and naïve-cell disease, 患1型和2型糖尿病")  # type: ignore[arg-type]
    for found in coordinated(text):
        first, *_, last = found.texts
        assert found.start == first[0]
        assert found.end == last[1]
        assert last[2] == text[last[0] : last[1]]
        for start, end, full in found.texts:
            assert full.startswith(text[start:end])
    assert next(text[a:b] for a, b, _ in coordinated(text)[0].texts).startswith("M")
    assert "1型" in [text[a:b] for found in coordinated(text) for a, b, _ in found.texts]


def test_the_longest_shared_name_comes_first() -> None:
    assert full_texts("type 1 and type 2 diabetes mellitus")[0][0] == "type 1 diabetes mellitus"
    assert full_texts("原发性和继发性高血压")[0][0] == "原发性高血压"


def test_candidates_are_bounded_for_each_conjunction() -> None:
    for part in ("lung and breast cancer cells ", "甲、乙、丙型肝炎和", "vitamin A, B, C and D "):
        once, often = len(coordinated(part * 10)), len(coordinated(part * 100))
        assert once <= 10 * 4 * 8
        assert often <= 12 * once


@given(st.text(alphabet="aA1B-/, 和、型肝甲and病or.\u0301🧪", max_size=120))
def test_any_text_is_read_and_spans_lie_in_it(text: str) -> None:
    for found in coordinated(text):
        assert 0 <= found.start < found.end <= len(text)
        for start, end, full in found.texts:
            assert found.start <= start < end <= found.end
            assert full
