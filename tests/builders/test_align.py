"""Alignment of a source without identifiers: evidence, ties, categories, codes, label sets."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support import RowSource, exact, source

from kgmed.builders.align import RULES, SOURCE
from kgmed.builders.cmekg import CMeKGSource
from kgmed.builders.config import make_sources, read_config
from kgmed.builders.identity import IdentityRules
from kgmed.builders.pipeline import Build, build
from kgmed.builders.source import SourceInfo
from kgmed.kg.errors import KgmedError
from kgmed.kg.linking.traditional import SIMPLIFIED, TRADITIONAL
from kgmed.kg.model import Mapping
from kgmed.kg.store.embedded import EmbeddedStore
from kgmed.kg.why import why

Row = dict[str, Any]
SHARED = Path(__file__).parents[2] / "../shared/data/open"


class Made:
    """A built graph, and what is asked of it here."""

    def __init__(self, made: Build, store: EmbeddedStore) -> None:
        self.report, self.store, self.snapshot = made.report, store, made.snapshot

    def leader(self, id: str) -> str | None:
        return self.store.resolve([id])[0]

    def same(self, *ids: str) -> bool:
        return len(set(self.store.resolve(ids))) == 1

    def of(self, id: str) -> dict[tuple[str, str], Mapping]:
        """kgmed's own mappings of a concept: (predicate, object) -> mapping."""
        return {
            (m.predicate, m.object): m
            for m in self.store.mappings([id])[0]
            if m.source == SOURCE and m.subject == id
        }


Maker = Callable[..., Made]


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    count = 0

    def run(*sources: RowSource, rules: IdentityRules | None = None) -> Made:
        nonlocal count
        count += 1
        made = build(list(sources), tmp_path / str(count), rules=rules)
        return Made(made, EmbeddedStore(tmp_path / str(count)))

    return run


def names(id: str, *texts: str, kind: str = "preferred") -> list[Row]:
    kinds = [kind, *["synonym"] * len(texts)]
    zh = re.compile("[\u4e00-\u9fff]")
    return [
        {"id": id, "text": text, "language": "zh" if zh.search(text) else "en", "kind": kind}
        for text, kind in zip(texts, kinds, strict=False)
    ]


def cmekg(*concepts: tuple[str, str] | tuple[str, str, str], **tables: list[Row]) -> RowSource:
    """CMeKG rows: (name, category), or (name, category, ICD-10 code)."""
    ids = [f"cmekg:{name.lower()}" for name, *_ in concepts]
    mappings = [
        exact(id, f"icd10:{entry[2]}", subject_label=entry[0])
        for id, entry in zip(ids, concepts, strict=True)
        if len(entry) == 3
    ]
    rows: dict[str, list[Row]] = {
        "concepts": [
            {"id": id, "categories": [c[1]] if c[1] else []}
            for id, c in zip(ids, concepts, strict=True)
        ],
        "names": [row for id, c in zip(ids, concepts, strict=True) for row in names(id, c[0])],
        "mappings": mappings,
    }
    info = SourceInfo("infores:cmekg", "CMeKG", "1", "CMeKG")
    return RowSource(info, {k: rows[k] + tables.get(k, []) for k in rows})  # type: ignore[arg-type, misc]


def hub(*concepts: tuple[str, ...], mappings: list[Row] | None = None) -> RowSource:
    """Concepts of other sources: (id, category, name, synonym ...)."""
    return source(
        "infores:hub",
        concepts=[{"id": id, "categories": [category]} for id, category, *_ in concepts],
        names=[row for id, _, *texts in concepts for row in names(id, *texts)],
        mappings=mappings or [],
    )


def test_an_equal_name_makes_one_concept(make: Maker) -> None:
    made = make(cmekg(("偏头痛", "Disease")), hub(("mondo:1", "Disease", "migraine", "偏头痛")))
    assert made.leader("cmekg:偏头痛") == "mondo:1"
    mapping = made.of("cmekg:偏头痛")["skos:exactMatch", "mondo:1"]
    assert (mapping.confidence, mapping.status) == (RULES["name"].confidence, "merged")
    assert mapping.justification == "semapv:LexicalMatching"
    assert (mapping.subject_label, mapping.object_label) == ("偏头痛", "偏头痛")
    assert [m.source for m in why(made.store, "cmekg:偏头痛", "mondo:1").chain] == [SOURCE]


WRITTEN_OTHERWISE = {
    "Ⅱ型糖尿病": "2型糖尿病",
    "三型糖尿病": "III型糖尿病",
    "唐氏综合症": "唐氏综合征",
    "雷诺氏病": "雷诺病",
    "骨质疏松症": "骨質疏鬆症",
    "癲癇": "癫痫",
    "Ｂ型　肝炎": "B型肝炎",
    "血小板减少": "血小板减少症",
    "麻疹(Measles)": "麻疹",
    "哮喘（Asthma）": "asthma",
}
ALIKE = {
    "卵巢纤维瘤病": "卵巢纤维瘤",
    "恐惧": "恐惧症",
    "结节": "结节病",
    "前列腺标记物(PSA)": "PsA",
    "TNF-α抑制剂": "TNF-α",
    "12": "12",
    "a": "A",
}


def pairs(given: dict[str, str]) -> tuple[RowSource, RowSource]:
    others = enumerate(given.values(), 1)
    return (
        cmekg(*((name, "Disease") for name in given)),
        hub(*((f"mondo:{number}", "Disease", name) for number, name in others)),
    )


def test_what_is_only_written_otherwise_is_the_same(make: Maker) -> None:
    made = make(*pairs(WRITTEN_OTHERWISE))
    found = {name: made.leader(f"cmekg:{name.lower()}") for name in WRITTEN_OTHERWISE}
    assert found == {name: f"mondo:{n}" for n, name in enumerate(WRITTEN_OTHERWISE, 1)}


def test_what_is_only_alike_is_not(make: Maker) -> None:
    made = make(*pairs(ALIKE))
    assert [made.of(f"cmekg:{name.lower()}") for name in ALIKE] == [{} for _ in ALIKE]
    assert made.report.alignment.unaligned == len(ALIKE)


def test_a_synonym_counts_less_than_the_name(make: Maker) -> None:
    made = make(
        cmekg(("老年痴呆", "Disease"), names=names("cmekg:老年痴呆", "脑萎缩", kind="synonym")),
        hub(("mondo:1", "Disease", "老年痴呆"), ("mondo:2", "Disease", "脑萎缩")),
    )
    assert made.leader("cmekg:老年痴呆") == "mondo:1"
    assert list(made.of("cmekg:老年痴呆")) == [("skos:exactMatch", "mondo:1")]
    only = make(
        cmekg(("老年痴呆", "Disease"), names=names("cmekg:老年痴呆", "脑萎缩", kind="synonym")),
        hub(("mondo:2", "Disease", "脑萎缩")),
    )
    found = only.of("cmekg:老年痴呆")["skos:exactMatch", "mondo:2"]
    assert found.confidence == RULES["synonym"].confidence < RULES["name"].confidence


def test_the_same_code_decides_between_two_of_one_name(make: Maker) -> None:
    made = make(
        cmekg(("感冒", "Disease", "J00")),
        hub(
            ("mondo:1", "Disease", "common cold", "感冒"),
            ("mondo:2", "Disease", "influenza", "感冒"),
            mappings=[
                {**exact("mondo:1", "icd10cm:J00"), "predicate": "skos:broadMatch"},
                {**exact("mondo:2", "icd10cm:J11"), "predicate": "skos:broadMatch"},
            ],
        ),
    )
    assert made.leader("cmekg:感冒") == "mondo:1"
    mapping = made.of("cmekg:感冒")["skos:exactMatch", "mondo:1"]
    assert mapping.confidence == RULES["code and name"].confidence
    assert mapping.justification == "semapv:CompositeMatching"
    assert made.report.alignment.rules == {"code and name": 1}


def test_another_code_refutes_a_name_alike_but_not_an_equal_one(make: Maker) -> None:
    def built(name: str) -> Made:
        row = {**exact("mondo:1", "icd10:E14"), "predicate": "skos:broadMatch"}
        hubs = hub(("mondo:1", "Disease", "多食症"), mappings=[row])
        return make(cmekg((name, "PhenotypicFeature", "R63.2")), hubs)

    alike = make(
        cmekg(("肌肉萎缩", "Disease", "M62.5")),
        hub(
            ("mondo:1", "Disease", "肌肉萎缩症"),
            mappings=[{**exact("mondo:1", "icd10:G71"), "predicate": "skos:broadMatch"}],
        ),
    )
    assert alike.of("cmekg:肌肉萎缩") == {}
    assert [row["id"] for row in alike.report.alignment.another_code] == ["cmekg:肌肉萎缩"]
    assert built("多食症").leader("cmekg:多食症") == "mondo:1"


def test_two_ids_of_a_unique_authority_are_a_tie_that_identity_refuses(make: Maker) -> None:
    made = make(
        cmekg(("白化病", "Disease")),
        hub(("mondo:1", "Disease", "a", "白化病"), ("mondo:2", "Disease", "b", "白化病")),
    )
    assert made.leader("cmekg:白化病") == "cmekg:白化病"
    found = made.of("cmekg:白化病").values()
    assert [m.status for m in found] == ["refused", "refused"]
    assert all("tie" in m.reason for m in found)
    alignment = made.report.alignment
    assert (alignment.ties, alignment.outcome) == (1, {"refused": 2})
    assert alignment.tied == [
        {"id": "cmekg:白化病", "name": "白化病", "rule": "name",
         "candidates": "mondo:1 (白化病); mondo:2 (白化病)"}
    ]  # fmt: skip


def test_two_ids_of_another_authority_are_close_and_nothing_is_joined(make: Maker) -> None:
    made = make(
        cmekg(("便秘", "PhenotypicFeature")),
        hub(
            ("hp:1", "PhenotypicFeature", "Constipation", "便秘"),
            ("hp:2", "PhenotypicFeature", "Obstipation", "便秘"),
        ),
    )
    assert {made.leader(id) for id in ("cmekg:便秘", "hp:1", "hp:2")} == {
        "cmekg:便秘", "hp:1", "hp:2",
    }  # fmt: skip
    assert set(made.of("cmekg:便秘")) == {("skos:closeMatch", "hp:1"), ("skos:closeMatch", "hp:2")}
    assert made.report.alignment.ties == 1


def test_two_ids_of_one_concept_are_no_tie(make: Maker) -> None:
    ids = ("snomedct:1", "Disease", "a", "高血压"), ("snomedct:2", "Disease", "b", "高血压")
    chain = [exact("snomedct:1", "umls:C0000001"), exact("umls:C0000001", "mesh:D1"),
             exact("mesh:D1", "snomedct:2")]  # fmt: skip
    apart = make(cmekg(("高血压", "Disease")), hub(*ids))
    assert apart.report.alignment.ties == 1
    made = make(cmekg(("高血压", "Disease")), hub(*ids, mappings=chain))
    assert made.leader("cmekg:高血压") == "umls:C0000001"
    assert made.report.alignment.ties == 0


def test_an_equal_name_of_another_kind_of_thing_is_not_the_same(make: Maker) -> None:
    made = make(cmekg(("胰岛素", "Procedure")), hub(("drugbank:DB1", "Drug", "insulin", "胰岛素")))
    assert made.leader("cmekg:胰岛素") == "cmekg:胰岛素"
    assert made.report.alignment.refused == {"another category": 1}
    told_by_prefix = make(
        cmekg(("胰岛素", "Disease")), source(names=names("ncbigene:3630", "胰岛素"))
    )
    assert told_by_prefix.of("cmekg:胰岛素") == {}


def test_disease_and_symptom_may_be_one_but_the_same_kind_comes_first(make: Maker) -> None:
    disease = ("mesh:D1", "Disease", "edema", "水肿")
    symptom = ("symp:1", "PhenotypicFeature", "edema", "水肿")
    made = make(cmekg(("水肿", "PhenotypicFeature")), hub(disease, symptom))
    assert made.same("cmekg:水肿", "symp:1")
    assert not made.same("cmekg:水肿", "mesh:D1")
    alone = make(cmekg(("水肿", "PhenotypicFeature")), hub(disease))
    assert alone.leader("cmekg:水肿") == "mesh:D1"


def test_of_two_authorities_the_leading_one_is_taken_and_the_other_stays_apart(
    make: Maker,
) -> None:
    rows = [
        ("hp:1", "PhenotypicFeature", "Cough", "咳嗽"),
        ("symp:1", "PhenotypicFeature", "cough", "咳嗽"),
    ]
    made = make(cmekg(("咳嗽", "PhenotypicFeature")), hub(*rows))
    assert made.leader("cmekg:咳嗽") == "hp:1"
    assert not made.same("cmekg:咳嗽", "symp:1")
    assert set(made.of("cmekg:咳嗽")) == {
        ("skos:exactMatch", "hp:1"),
        ("skos:closeMatch", "symp:1"),
    }
    turned = make(
        cmekg(("咳嗽", "PhenotypicFeature")),
        hub(*rows),
        rules=IdentityRules(leaders=("symp", "hp")),
    )
    assert turned.leader("cmekg:咳嗽") == "symp:1"


PRODUCTS = {
    "阿司匹林片": "form",
    "阿司匹林肠溶片": "form",
    "注射用阿司匹林": "form",
    "阿司匹林钾注射液": "salt",
    "盐酸阿司匹林": "salt",
}


def test_a_product_or_salt_has_a_broader_match_and_no_identity(make: Maker) -> None:
    made = make(
        cmekg(*((name, "Drug") for name in PRODUCTS)),
        hub(("drugbank:DB1", "Drug", "aspirin", "阿司匹林")),
    )
    for product, rule in PRODUCTS.items():
        assert made.leader(f"cmekg:{product}") == f"cmekg:{product}"
        mapping = made.of(f"cmekg:{product}")["skos:broadMatch", "drugbank:DB1"]
        assert (mapping.status, mapping.confidence) == ("related", RULES[rule].confidence)
    alignment = made.report.alignment
    assert (alignment.exact, alignment.broad, alignment.unaligned) == (0, len(PRODUCTS), 0)


def test_a_combination_and_a_disease_have_none(make: Maker) -> None:
    products = ("复方阿司匹林片", "阿司匹林和咖啡因片", "咽炎片")
    made = make(
        cmekg(*((name, "Drug") for name in products)),
        hub(("drugbank:DB1", "Drug", "阿司匹林"), ("mondo:1", "Disease", "咽炎")),
    )
    assert [made.of(f"cmekg:{product}") for product in products] == [{}, {}, {}]


def test_a_brand_is_narrower_than_what_it_is_a_brand_of(make: Maker) -> None:
    hubs = hub(("drugbank:DB1", "Drug", "ibuprofen"))
    hubs.rows["names"] += names("drugbank:DB1", "芬必得", kind="brand")
    made = make(cmekg(("芬必得", "Drug")), hubs)
    assert list(made.of("cmekg:芬必得")) == [("skos:broadMatch", "drugbank:DB1")]


def test_a_label_set_of_codes_leads_to_what_the_code_is_exactly(make: Maker) -> None:
    labels = source("infores:icd10-zh", names=names("icd10:J45", "支气管哮喘"))
    mondo = hub(("mondo:1", "Disease", "asthma"), mappings=[exact("mondo:1", "icd10cm:J45")])
    made = make(cmekg(("支气管哮喘", "Disease")), labels, mondo)
    assert made.leader("cmekg:支气管哮喘") == "mondo:1"
    found = made.of("cmekg:支气管哮喘")
    chained = found["skos:exactMatch", "mondo:1"]
    assert chained.justification == "semapv:MappingChaining"
    assert chained.confidence == RULES["code by label"].confidence
    assert found["skos:broadMatch", "icd10:J45"].status == "related"


def test_a_code_that_several_share_leads_nowhere(make: Maker) -> None:
    labels = source("infores:icd10-zh", names=names("icd10:J45", "支气管哮喘"))
    mondo = hub(
        ("mondo:1", "Disease", "a"),
        ("mondo:2", "Disease", "b"),
        mappings=[exact("mondo:1", "icd10cm:J45"), exact("mondo:2", "icd10:J45")],
    )
    made = make(cmekg(("支气管哮喘", "Disease", "J45")), labels, mondo)
    assert made.leader("cmekg:支气管哮喘") not in {"mondo:1", "mondo:2"}
    assert "mondo:1" not in {object for _, object in made.of("cmekg:支气管哮喘")}


def test_a_code_without_an_agreeing_name_is_broader_at_most(make: Maker) -> None:
    def built(code: str) -> Made:
        mondo = hub(
            ("mondo:1", "Disease", "pulpitis"), mappings=[exact("mondo:1", f"icd10:{code}")]
        )
        return make(cmekg(("慢性牙髓炎", "Disease", code)), mondo)

    made = built("K04.0")
    assert made.leader("cmekg:慢性牙髓炎") == "cmekg:慢性牙髓炎"
    assert list(made.of("cmekg:慢性牙髓炎")) == [("skos:broadMatch", "mondo:1")]
    assert built("K04.8").of("cmekg:慢性牙髓炎") == {}


def test_a_label_set_as_sssom_is_enough(make: Maker, tmp_path: Path) -> None:
    path = tmp_path / "hpo-zh.sssom.tsv"
    path.write_text(
        "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tmapping_justification\n"
        "HP:0001945\t发热\tskos:exactMatch\tSNOMEDCT:386661006\tFever\tsemapv:ManualMappingCuration\n",
        encoding="utf-8",
    )
    from kgmed.builders.sssom import SssomSource

    made = build([cmekg(("发热", "PhenotypicFeature")), SssomSource(path)], tmp_path / "g")
    assert made.report.alignment.rules == {"name": 1}
    store = EmbeddedStore(tmp_path / "g")
    assert store.resolve(["cmekg:发热"]) == store.resolve(["hp:0001945"])


def test_a_users_mapping_wins_and_a_negative_one_bars(make: Maker) -> None:
    hubs = hub(("mondo:1", "Disease", "a", "感冒"), ("mondo:2", "Disease", "b"))
    yes = make(source("override", mappings=[exact("cmekg:感冒", "mondo:2")]),
               cmekg(("感冒", "Disease")), hubs)  # fmt: skip
    assert yes.leader("cmekg:感冒") == "mondo:2"
    assert yes.of("cmekg:感冒") == {}
    assert (yes.report.alignment.mapped_already, yes.report.alignment.unaligned) == (1, 0)
    no = make(source("override", mappings=[exact("cmekg:感冒", "mondo:1", modifier="Not")]),
              cmekg(("感冒", "Disease")), hubs)  # fmt: skip
    assert no.leader("cmekg:感冒") == "cmekg:感冒"
    assert no.report.alignment.refused == {"a negative mapping": 1}


def test_two_concepts_of_one_meaning_join_through_the_hub(make: Maker) -> None:
    made = make(
        cmekg(("阿司匹林", "Drug"), ("乙酰水杨酸", "Drug")),
        hub(("drugbank:DB1", "Drug", "aspirin", "阿司匹林", "乙酰水杨酸")),
    )
    assert made.leader("cmekg:乙酰水杨酸") == made.leader("cmekg:阿司匹林") == "drugbank:DB1"


def test_which_prefixes_are_aligned_can_be_said(make: Maker, tmp_path: Path) -> None:
    mine = source(concepts=[{"id": "ward:咳嗽"}], names=names("ward:咳嗽", "咳嗽"))
    hubs = hub(("hp:1", "PhenotypicFeature", "咳嗽"))
    assert make(mine, hubs).leader("ward:咳嗽") == "ward:咳嗽"
    made = make(mine, hubs, rules=IdentityRules(align=("ward",)))
    assert made.leader("ward:咳嗽") == "hp:1"
    path = tmp_path / "kgmed.toml"
    path.write_text('[identity]\nalign = ["ward"]\n', encoding="utf-8")
    assert read_config(path).rules().align == ("ward",)
    none = make(cmekg(("咳嗽", "Disease")), hubs, rules=IdentityRules(align=()))
    assert none.leader("cmekg:咳嗽") == "cmekg:咳嗽"


def test_without_such_a_source_nothing_changes(make: Maker) -> None:
    hubs = hub(("hp:1", "PhenotypicFeature", "咳嗽"))
    made = make(hubs)
    assert made.report.alignment.concepts == 0
    assert "## Alignment" not in made.report.to_markdown()
    assert SOURCE not in {row.infores for row in made.store.info().sources}


def test_the_report_counts_every_concept_once(make: Maker) -> None:
    made = make(
        cmekg(("咳嗽", "PhenotypicFeature"), ("阿司匹林片", "Drug"), ("某病", "Disease"),
              ("便秘", "PhenotypicFeature")),
        hub(("hp:1", "PhenotypicFeature", "咳嗽"), ("drugbank:DB1", "Drug", "阿司匹林"),
            ("hp:2", "PhenotypicFeature", "便秘"), ("hp:3", "PhenotypicFeature", "便秘")),
    )  # fmt: skip
    alignment = made.report.alignment
    assert (alignment.concepts, alignment.exact, alignment.broad) == (4, 1, 1)
    assert (alignment.unaligned, alignment.ties) == (2, 1)
    assert alignment.categories["PhenotypicFeature"] == {
        "concepts": 2, "exact": 1, "broad": 0, "none": 1,
    }  # fmt: skip
    page = made.report.to_markdown()
    assert "2 (50.0%) unaligned, 1 of them for a tie" in page
    assert "| name | skos:exactMatch | 0.96 | 1 |" in page
    assert "### A tie: names lead to several (1)" in page


def test_the_alignment_has_the_licences_of_the_names_it_comes_from(make: Maker) -> None:
    made = make(cmekg(("咳嗽", "PhenotypicFeature")), hub(("hp:1", "PhenotypicFeature", "咳嗽")))
    rows = {row.infores: row for row in made.store.info().sources}
    assert rows[SOURCE].licence == "CC0-1.0 AND CMeKG"


def test_the_same_sources_in_another_order_are_aligned_alike(make: Maker) -> None:
    own = cmekg(*((name, "Disease") for name in ("感冒", "白化病", "哮喘")))
    one = hub(("mondo:1", "Disease", "感冒", "白化病"), ("mondo:3", "Disease", "哮喘"))
    two = source(concepts=[{"id": "mondo:2"}], names=names("mondo:2", "白化病"))
    rows = [
        sorted((m.subject, m.predicate, m.object, m.status)
               for id in ("cmekg:感冒", "cmekg:白化病", "cmekg:哮喘") for m in made.of(id).values())
        for made in (make(own, one, two), make(two, one, own))
    ]  # fmt: skip
    assert rows[0] == rows[1] != []
    again = [make(own, one, two).snapshot.manifest["snapshot"] for _ in range(2)]
    assert again[0] == again[1]


def test_every_rule_is_an_exact_or_a_broad_match() -> None:
    assert {rule.predicate for rule in RULES.values()} == {"skos:exactMatch", "skos:broadMatch"}
    assert all(0.5 <= rule.confidence < 1 for rule in RULES.values())


def test_traditional_characters_pair_with_simplified_ones() -> None:
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL))
    assert not set(TRADITIONAL) & set(SIMPLIFIED)


# Real label sets: HPO's Chinese labels, and the codes of ICD-10's Chinese clinical edition ------

_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def _xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(archive.read(name))  # noqa: S314  a file of our own choice


def clinical_codes(path: Path) -> list[tuple[str, str]]:
    """(code, name) of the sheet. A12.300 is WHO's A12.3 and A12.x00 its A12; others divide it."""
    with zipfile.ZipFile(path) as archive:
        strings = [
            "".join(text.text or "" for text in item.iter(f"{_SHEET}t"))
            for item in _xml(archive, "xl/sharedStrings.xml")
        ]
        sheet = _xml(archive, "xl/worksheets/sheet1.xml")
    found = []
    for row in sheet.iter(f"{_SHEET}row"):
        cells = [cell.findtext(f"{_SHEET}v") for cell in row]
        if len(cells) < 2 or cells[0] is None or cells[1] is None:
            continue
        code = re.fullmatch(r"([A-Z]\d\d)\.(?:(\d)00|x00)", strings[int(cells[0])])
        if code:
            whole = code[1] + (f".{code[2]}" if code[2] else "")
            found.append((whole, strings[int(cells[1])]))
    return found


CONFIG = """
open = false

[[source]]
type = "tables"
infores = "infores:hpo-zh"
folder = "{shared}/hpo_zh"

[[source.nodes]]
path = "hp-zh.babelon.tsv"
id = "subject_id"
name = "translation_value"
language = {{ constant = "zh" }}
category = {{ constant = "PhenotypicFeature" }}

[[source]]
type = "tables"
infores = "infores:icd10-zh"

[[source.nodes]]
path = "icd10-zh.tsv"
id = {{ column = "code", prefix = "icd10" }}
name = "name"
names_only = true

[[source]]
type = "sssom"
paths = ["{shared}/mondo_sssom/mondo_exactmatch_icd10cm.sssom.tsv",
         "{shared}/mondo_sssom/mondo_exactmatch_doid.sssom.tsv"]
"""


@pytest.mark.skipif(
    not (SHARED / "hpo_zh").is_dir(),
    reason="the label sets lie beside a maintainer's checkout only",
)
def test_real_label_sets_lead_from_names_to_hpo_and_through_icd10_to_mondo(tmp_path: Path) -> None:
    codes = clinical_codes(SHARED / "icd10_zh" / "icd10_clinical_2.0.xlsx")
    lines = ["code\tname", *(f"{code}\t{name}" for code, name in codes)]
    (tmp_path / "icd10-zh.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    config = tmp_path / "kgmed.toml"
    config.write_text(CONFIG.format(shared=SHARED.resolve()), encoding="utf-8")
    try:
        sources = make_sources(read_config(config), None)
    except KgmedError as error:
        pytest.fail(str(error))
    example = CMeKGSource(SHARED / "cmekg_format" / "train_example.json")
    own = cmekg(("军团病", "Disease"), ("脚气病", "Disease"), ("急性胆囊炎", "Disease", "K81.0"))
    made = build([example, own, *sources], tmp_path / "graph")
    store = EmbeddedStore(tmp_path / "graph")
    leaders = {
        "cmekg:血尿": "hp:0000790",
        "cmekg:尿潴留": "hp:0000016",
        "cmekg:恶心": "hp:0002018",
        "cmekg:军团病": "mondo:0005824",
        "cmekg:脚气病": "mondo:0006676",
    }
    assert dict(zip(leaders, store.resolve(list(leaders)), strict=True)) == leaders
    assert made.report.alignment.rules["code by label"] >= 3
    assert made.report.alignment.exact > 20
