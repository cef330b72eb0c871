"""How a mention is meant: cues before and after it, their scopes, and what only looks like one."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.kg.errors import InputError, RegistryError
from kgmed.kg.linking import context
from kgmed.kg.linking.context import KINDS, PLAIN, ROLES, Context, Contexts, read_cues

CUES = Path(context.__file__).with_name("cues.toml").read_text(encoding="utf-8")


def contexts(marked: str) -> dict[str, str]:
    """Each [mention]'s flags: N negated, U uncertain, H historical, F family, O other."""
    plain, spans = "", []
    for part in re.split(r"(\[[^\]]*\])", marked):
        if part.startswith("["):
            spans.append((len(plain), len(plain) + len(part) - 2))
        plain += part.strip("[]")
    found = Contexts(plain)
    return {plain[a:b]: flags(found.of(a, b)) for a, b in spans}


def flags(one: Context) -> str:
    who = {"patient": "", "family": "F", "other": "O"}[one.experiencer]
    return "N" * one.negated + "U" * one.uncertain + "H" * one.historical + who


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("The patient denies [chest pain], [fever] or [cough].", "N N N"),
        ("No evidence of [pneumonia]; [pleural effusion] present.", "N -"),
        ("[PE] was ruled out. [Cough] persists.", "N -"),
        ("He has no [asthma], but has [COPD].", "N -"),
        ("Without [fever].\nHowever [cough]", "N -"),
        ("no [fever] and he has a [cough]", "N -"),
        ("Fever: denied. [HIV] negative.", "N"),
        ("[seizure]-free for two years", "N"),
        ("Could be. Rule out [PE].", "U"),
        ("Cannot exclude [malignancy]; suspected [sepsis].", "U U"),
        ("[Pneumonia] is unlikely ([tuberculosis]?)", "U U"),
        ("Stop if [rash] develops.", "U"),
        ("Family history of [breast cancer]. She has [asthma].", "F -"),
        ("His mother had [diabetes] and he has [hypertension].", "F -"),
        ("[breast cancer] in her sister", "F"),
        ("no family history of [colon cancer]", "NF"),
        ("his wife has [influenza]", "O"),
        ("history of [stroke], presents with [headache]", "H -"),
        ("s/p [myocardial infarction]", "H"),
        ("(no [fever]) [cough]", "N -"),
    ],
)  # fmt: skip
def test_english_cues_reach_as_far_as_they_should(marked: str, expected: str) -> None:
    assert " ".join(value or "-" for value in contexts(marked).values()) == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("患者否认[高血压]、[糖尿病]病史，有[青霉素]过敏史", "NH NH H"),
        ("患者否认[高血压]，[糖尿病]，[冠心病]，有[哮喘]", "N N N -"),
        ("无[发热]、[咳嗽]，有[胸痛]", "N N -"),
        ("未见[胸腔积液]及[腹水]。[肝大]", "N N -"),
        ("否認[高血壓]、無[糖尿病]", "N N"),
        ("不伴[恶心]，但有[呕吐]", "N -"),
        ("[乙肝]：阴性，[梅毒]（-）", "N N"),
        ("考虑[肺炎]，不除外[肺结核]", "U U"),
        ("[肺栓塞]待排，[肺癌]可能性大", "U U"),
        ("如出现[皮疹]应立即停药", "U"),
        ("父亲患有[2型糖尿病]，母亲体健，患者本人有[哮喘]", "F -"),
        ("家族史：祖父[胃癌]，母親[乳腺癌]。患者[乏力]", "F F -"),
        ("否认[高血压]家族史", "NF"),
        ("我妈妈有[高血压]，我没有[糖尿病]", "F N"),
        ("[高血压病]病史10年，现[头晕]", "H -"),
        ("既往有[脑梗死]，现[头痛]", "H -"),
        ("同事有[流感]", "O"),
        ("denies [fever]，无[咳嗽]", "N N"),
    ],
)  # fmt: skip
def test_chinese_cues_reach_as_far_as_they_should(marked: str, expected: str) -> None:
    assert " ".join(value or "-" for value in contexts(marked).values()) == expected


@pytest.mark.parametrize(
    "marked",
    [
        "no increase in [nausea]",
        "No significant difference in [nausea] between groups",
        "not only [warfarin] but also [aspirin]",
        "warfarin does not interact with [aspirin]",
        "with or without [aura]",
        "gram-negative [sepsis]",
        "[NO] synthase raised [nitrite]",
        "the parent drug, [etodolac]",
        "the natural history of [asthma]",
        "prior to [dialysis]",
        "These data suggest that [lithium] helps.",
        "患者不仅有[高血压]，还有[痛风]",
        "无明显诱因出现[胸闷]、[气促]",
        "[无力]3天，[未分化癌]",
        "家族性[高胆固醇血症]",
        "血压未控制的[高血压]",
        "尽可能使用[华法林]",
        "现病史：[发热]",
    ],
)
def test_what_only_looks_like_a_cue_is_none(marked: str) -> None:
    assert set(contexts(marked).values()) == {""}


def test_a_cue_inside_the_mention_says_nothing_about_it() -> None:
    text = "母亲无力，NO FEVER"
    found = Contexts(text)
    assert found.of(0, 4).negated is False
    assert found.of(text.index("FEVER"), len(text)).negated
    assert Contexts("History of falls").of(0, 16) == PLAIN


def test_offsets_count_code_points() -> None:
    for lead in ("🧪𠀀 ", "e\u0301 İ ", "\u200f\n"):
        text = lead + "no fever, 无咳嗽"
        found = Contexts(text)
        assert found.of(len(lead) + 3, len(lead) + 8).negated
        assert found.of(len(text) - 2, len(text)).negated
        assert not found.of(0, 1).negated


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (2, 1), (0, 9)])
def test_offsets_beyond_the_text_are_refused(start: int, end: int) -> None:
    with pytest.raises(InputError, match="8 code points"):
        Contexts("no fever").of(start, end)


@given(st.text(alphabet="no widthe.,;无未否认患者母亲，。()（）?\n 🧪\ud800", max_size=150))
def test_any_text_is_read(text: str) -> None:
    found = Contexts(text)
    for start in range(len(text)):
        assert isinstance(found.of(start, len(text)), Context)


def test_time_grows_with_the_text_alone() -> None:
    """Counted in scanned characters' stead: the spans of a long text are those of its parts."""
    for part in ("no no no no ", "否认否认否认", "no" * 500 + " ", "(((no fever "):
        spans = Contexts(part * 2000)._spans
        assert sum(len(found) for found in spans.values()) <= 2000 * 12


def test_importing_opens_no_file() -> None:
    code = (
        "import sys; sys.addaudithook(lambda event, args: print(args[0])"
        " if event == 'open' and str(args[0]).endswith('.toml') else None);"
        "import kgmed.kg.linking.context"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


# The table


def test_every_entry_of_the_table_is_found_as_it_stands() -> None:
    table = read_cues(CUES)
    for phrase in table.cues:
        low = f" {phrase} "
        found = [m.group().strip() for m in table.marks.finditer(low)]
        found += [m.group(1) for m in table.english.finditer(low)]
        found += [m.group() for m in table.chinese.finditer(low)]
        assert phrase in found or phrase.strip() in found, phrase


def test_the_table_is_lower_case_and_holds_no_entry_twice() -> None:
    for table in tomllib.loads(CUES).values():
        for kind in KINDS:
            for role in ROLES:
                entries = table[kind].get(role, [])
                assert sorted(set(entries)) == sorted(entries), (kind, role)
                assert all(one == one.lower() for one in entries)
        assert not set(table["pseudo"]) & {
            one for kind in KINDS for role in ROLES for one in table[kind].get(role, [])
        }


@pytest.mark.parametrize(
    "text",
    [
        "[en]\n[zh]\n[fr]\n",
        "[en.negated]\nscope = 3\nbefore = ['no']\n[zh]\n",
        "[en.negated]\npre = ['no']\n[zh]\n",
        "[en.denied]\nscope = 3\n[zh]\n",
    ],
)
def test_a_table_that_says_something_else_is_refused(text: str) -> None:
    with pytest.raises(RegistryError, match=r"cues\.toml"):
        read_cues(text)
