"""Abbreviations that a text defines."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.linking.abbreviations import definitions

BC5CDR = (
    Path(__file__).parents[2] / "../shared/data/eval_dev/bc5cdr/CDR_DevelopmentSet.PubTator.txt"
)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.short(text), one.long(text)) for one in definitions(text)]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("with acute renal failure (ARF) and", "ARF", "acute renal failure"),
        ("ASA (acetylsalicylic acid) 100 mg", "ASA", "acetylsalicylic acid"),
        ("two NSAIDs [nonsteroidal anti-inflammatory drugs]", "NSAIDs", "nonsteroidal anti-inflammatory drugs"),  # noqa: E501
        ("combined oral contraceptives (COCs)", "COCs", "combined oral contraceptives"),
        ("newly found multiple myeloma (MM)", "MM", "multiple myeloma"),
        ("lesions by 6-hydroxydopamine (6-OHDA)", "6-OHDA", "6-hydroxydopamine"),
        ("given 1,2-dimethylhydrazine (1,2-DMH)", "1,2-DMH", "1,2-dimethylhydrazine"),
        ("type 2 diabetes mellitus (T2DM)", "T2DM", "type 2 diabetes mellitus"),
        ("heart failure (HF; NYHA class III)", "HF", "heart failure"),
        ("interferon alpha (IFN-α)", "IFN-α", "interferon alpha"),
        ("(insulin-dependent) diabetes mellitus (IDDM)", "IDDM", "(insulin-dependent) diabetes mellitus"),  # noqa: E501
        ("puromycin aminonucleoside, (PAN)", "PAN", "puromycin aminonucleoside"),
        ("high dose dexamethasone (dex)", "dex", "dexamethasone"),
        ("restless legs syndrome (abbreviated as RLS)", "RLS", "restless legs syndrome"),
    ],
)  # fmt: skip
def test_the_letters_of_a_short_form_bound_its_long_form(text: str, short: str, long: str) -> None:
    assert found(text) == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "in 12 rats (n = 12)",
        "aspirin (100 mg) and",
        "the liver (see below)",
        "N(6)-cyclopentyl adenosine",
        "zidovudine (AZT)",  # no letters in common: a synonym, not an abbreviation
        "the ARF group (ARF)",
        "He had it. After that (HT)",
        "()",
        "(",
        "(((((",
        "吸烟史20年（20支/日）",
        "患者（男，45岁）",
        "头孢曲松（2g，每日一次）",
        "糖尿病（糖尿病）",
    ],
)
def test_a_bracket_that_defines_nothing_is_left_alone(text: str) -> None:
    assert definitions(text) == []


def test_two_definitions_in_one_sentence_keep_apart() -> None:
    text = "Tardive dyskinesia (TD) and neuroleptic malignant syndrome (NMS)."
    assert found(text) == [
        ("TD", "Tardive dyskinesia"),
        ("NMS", "neuroleptic malignant syndrome"),
    ]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("予维生素K拮抗剂（VKA）治疗", "VKA", "予维生素K拮抗剂"),
        ("诊断：急性心肌梗死(AMI，下壁)", "AMI", "急性心肌梗死"),
        ("2型糖尿病(T2DM)", "T2DM", "2型糖尿病"),
    ],
)
def test_a_latin_short_form_of_chinese_words_gets_the_clause(
    text: str, short: str, long: str
) -> None:
    assert found(text) == [(short, long)]
    assert not definitions(text)[0].bounded


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("患慢性阻塞性肺疾病（慢阻肺）", "慢阻肺", "慢性阻塞性肺疾病"),
        ("甲状腺功能亢进症（简称甲亢）", "甲亢", "甲状腺功能亢进症"),
        ("慢性阻塞性肺疾病（以下简称“慢阻肺”）", "慢阻肺", "慢性阻塞性肺疾病"),
        ("冠狀動脈粥樣硬化性心臟病（冠心病）", "冠心病", "冠狀動脈粥樣硬化性心臟病"),
        ("有甲亢（甲状腺功能亢进症）的人", "甲亢", "甲状腺功能亢进症"),
        ("COPD（慢性阻塞性肺疾病）", "COPD", "慢性阻塞性肺疾病"),
        ("給予 acetylsalicylic acid（ASA）", "ASA", "acetylsalicylic acid"),
    ],
)
def test_a_chinese_long_form_is_bounded_where_characters_or_the_bracket_bound_it(
    text: str, short: str, long: str
) -> None:
    assert found(text) == [(short, long)]
    assert definitions(text)[0].bounded


def test_a_bracket_with_english_words_and_letters_defines_by_both_languages() -> None:
    text = "慢性阻塞性肺疾病（chronic obstructive pulmonary disease，COPD）"
    assert found(text) == [
        ("COPD", "chronic obstructive pulmonary disease"),
        ("COPD", "慢性阻塞性肺疾病"),
    ]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_offsets_count_code_points(form: str) -> None:
    def write(text: str) -> str:
        return unicodedata.normalize(form, text)  # type: ignore[arg-type]

    text = write("🧪 İstanbul: café-au-lait éruption cutanée (CÉC) 𠀀")
    assert found(text) == [(write("CÉC"), write("café-au-lait éruption cutanée"))]


@given(st.text(alphabet="aAbB1-（(）)[], 。病心\u0301🧪", max_size=200))
def test_any_text_is_read_and_spans_lie_in_it(text: str) -> None:
    for one in definitions(text):
        assert 0 <= one.long_start < one.long_end <= len(text)
        assert 0 <= one.short_start < one.short_end <= len(text)
        assert one.long_end <= one.short_start or one.short_end <= one.long_start


@pytest.mark.skipif(not BC5CDR.is_file(), reason="BC5CDR lies beside a maintainer's checkout only")
def test_most_abbreviations_that_bc5cdr_annotates_are_found() -> None:
    """Pairs of annotated mentions of one id, the second in a bracket: initials of the first."""
    told = missed = 0
    for block in BC5CDR.read_text(encoding="utf-8").strip().split("\n\n"):
        lines = block.split("\n")
        text = lines[0].split("|t|", 1)[1] + " " + lines[1].split("|a|", 1)[1]
        rows = [line.split("\t") for line in lines[2:]]
        spans = {(int(r[1]), int(r[2])): r[5] for r in rows if len(r) > 5}
        ends = {end: start for start, end in spans}
        shorts = {(one.short_start, one.short_end) for one in definitions(text)}
        for (start, end), id in spans.items():
            before = ends.get(start - 2)
            if before is None or text[start - 1] != "(" or spans[before, start - 2] != id:
                continue
            initials = "".join(w[0] for w in text[before : start - 2].split())
            if end - start > 1 and initials.upper() == text[start:end]:
                told += 1
                missed += (start, end) not in shorts
    assert told > 40
    assert missed == 0
