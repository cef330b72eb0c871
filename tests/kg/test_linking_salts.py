"""The base of a salt's name, and names that have none."""

from __future__ import annotations

import pytest

from kgmed.facade import Graph
from kgmed.kg.linking.normalize import key
from kgmed.kg.linking.salts import CATIONS, NO_BASE, PREFIXES, SALTS, base_of


@pytest.mark.parametrize(
    ("name", "base", "salt"),
    [
        ("warfarin sodium", "warfarin", "sodium"),
        ("Metoprolol succinate", "metoprolol", "succinate"),
        ("AMLODIPINE BESYLATE", "amlodipine", "besylate"),
        ("rabeprazole Na", "rabeprazole", "na"),
        ("amoxicillin trihydrate", "amoxicillin", "trihydrate"),
        ("codeine phosphate hemihydrate", "codeine", "phosphate hemihydrate"),
        ("olmesartan medoxomil", "olmesartan", "medoxomil"),
        ("ceftriaxone disodium", "ceftriaxone", "disodium"),
        ("sodium valproate", "valproate", "sodium"),
        ("mycophenolate mofetil hydrochloride", "mycophenolate", "mofetil hydrochloride"),
        ("盐酸二甲双胍", "二甲双胍", "盐酸"),
        ("硫酸氢氯吡格雷", "氯吡格雷", "硫酸氢"),
        ("华法林钠", "华法林", "钠"),
        ("氯沙坦钾", "氯沙坦", "钾"),
        ("阿托伐他汀钙", "阿托伐他汀", "钙"),
        ("枸橼酸西地那非", "西地那非", "枸橼酸"),
        ("苯磺酸氨氯地平", "氨氯地平", "苯磺酸"),
    ],
)
def test_a_salt_has_its_base(name: str, base: str, salt: str) -> None:
    assert base_of(key(name)) == (base, salt)


@pytest.mark.parametrize(
    "name",
    [
        "potassium chloride", "sodium bicarbonate", "lithium carbonate", "calcium carbonate",
        "magnesium sulfate", "ferrous sulfate", "ferric citrate", "zinc acetate",
        "sodium fluoride", "ammonium lactate", "aluminum phosphate", "silver nitrate", "iron",
        "sodium", "calcium", "serum sodium", "blood calcium", "dietary potassium", "low sodium",
        "vitamin k", "creatine phosphate", "pyridoxal phosphate", "vinyl chloride",
        "ethyl acetate", "warfarin", "sodium potassium", "hydrochloride", "breast cancer", "",
        "dextran sulfate",
        "potassium ion transport", "calcium channel blockers", "sodium intake",
        "氯化钾", "碳酸氢钠", "碳酸锂", "碳酸钙", "硫酸镁", "硫酸亚铁",
        "枸橼酸钾", "葡萄糖酸钙", "乳酸钠", "氯化钠", "血钾", "血清钾", "低钾", "缺钙",
        "硝酸甘油", "硝普钠", "磷酸二酯酶", "乳酸脱氢酶", "磷酸肌酸", "乳酸菌", "草酸铂", "钠",
        "糖尿病", "华法林",
    ],
)  # fmt: skip
def test_where_the_ion_is_the_drug_or_nothing_is_a_salt_there_is_no_base(name: str) -> None:
    assert base_of(key(name)) is None


def test_the_lists_agree() -> None:
    assert CATIONS <= SALTS
    for place, prefix in enumerate(PREFIXES):
        assert not any(prefix.startswith(other) for other in PREFIXES[:place])
    assert all(word == word.lower() for word in SALTS | NO_BASE)


@pytest.mark.parametrize(
    "salt",
    [
        "metoprolol tartrate", "metformin hydrochloride", "codeine phosphate", "naproxen sodium",
        "华法林钠", "盐酸普萘洛尔", "阿托伐他汀钙", "富马酸喹硫平", "氯沙坦钾", "依诺肝素钠",
        "磷酸可待因",
    ],
)  # fmt: skip
def test_the_base_is_a_name_of_the_open_graph(graph: Graph, salt: str) -> None:
    found = base_of(key(salt))
    assert found is not None
    assert graph.store.lexicon.exact([found[0]])[0]
