"""The page of all wordings, each with an example: docs/wordings.md.

The example is a statement of the open graph whose ends have English and Chinese names, the
shortest; where the open graph states nothing of a predicate, it is one of :data:`EXAMPLES`,
well-known facts that only show the wording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kgmed.facade import open_graph
from kgmed.kg.model import Language, Value
from kgmed.kg.predicates import registry
from kgmed.kg.verbalize import Verbalizer
from kgmed.kg.verbalize.names import display_names


class Example(NamedTuple):
    """Two ends by their names per language; the object may be a value per language."""

    subject: dict[Language, str]
    object: dict[Language, str] | dict[Language, Value]


def _named(subject: str, subject_zh: str, object: str, object_zh: str) -> Example:
    return Example({"en": subject, "zh": subject_zh}, {"en": object, "zh": object_zh})


def _text(subject: str, subject_zh: str, text: str, text_zh: str) -> Example:
    return Example(
        {"en": subject, "zh": subject_zh},
        {"en": Value(text, language="en"), "zh": Value(text_zh, language="zh")},
    )


def _amount(subject: str, subject_zh: str, number: str, unit: str) -> Example:
    value = Value(number, "number", unit)
    return Example({"en": subject, "zh": subject_zh}, {"en": value, "zh": value})


EXAMPLES = {
    "related_to": _named("asthma", "哮喘", "allergy", "过敏"),
    "broader": _named("type 2 diabetes mellitus", "2型糖尿病", "metabolic disease", "代谢病"),
    "associated_with": _named("obesity", "肥胖", "sleep apnea", "睡眠呼吸暂停"),
    "has_adverse_effect": _named("metformin", "二甲双胍", "diarrhea", "腹泻"),
    "food_interaction": _text(
        "levothyroxine", "左甲状腺素", "take on an empty stomach", "空腹服用"
    ),
    "has_target": _named("imatinib", "伊马替尼", "KIT", "KIT"),
    "has_ingredient": _named("co-trimoxazole", "复方磺胺甲噁唑", "trimethoprim", "甲氧苄啶"),
    "has_dose_form": _named("salbutamol", "沙丁胺醇", "inhalation solution", "吸入溶液"),
    "administered_by_route": _named("heparin", "肝素", "subcutaneous", "皮下"),
    "has_enzyme": _named("codeine", "可待因", "CYP2D6", "CYP2D6"),
    "metabolized_by": _named("simvastatin", "辛伐他汀", "CYP3A4", "CYP3A4"),
    "carried_by": _named("warfarin", "华法林", "albumin", "白蛋白"),
    "has_transporter": _named("digoxin", "地高辛", "ABCB1", "ABCB1"),
    "transported_by": _named("metformin", "二甲双胍", "SLC22A1", "SLC22A1"),
    "has_causative_agent": _named(
        "tuberculosis", "结核病", "Mycobacterium tuberculosis", "结核分枝杆菌"
    ),
    "has_complication": _named("diabetes mellitus", "糖尿病", "retinopathy", "视网膜病变"),
    "diagnosed_by": _named("pneumonia", "肺炎", "chest X-ray", "胸部X线检查"),
    "measures": _named("serum creatinine test", "血清肌酐测定", "creatinine", "肌酐"),
    "has_procedure_site": _named("appendectomy", "阑尾切除术", "appendix", "阑尾"),
    "has_method": _named("appendectomy", "阑尾切除术", "excision", "切除"),
    "in_department": _named("asthma", "哮喘", "respiratory medicine", "呼吸内科"),
    "has_finding_site": _named("pneumonia", "肺炎", "lung", "肺"),
    "has_associated_morphology": _named("appendicitis", "阑尾炎", "inflammation", "炎症"),
    "gene_associated_with_disease": _named("CFTR", "CFTR", "cystic fibrosis", "囊性纤维化"),
    "has_definition": _text(
        "fever", "发热", "a body temperature above the normal range", "体温高于正常范围"
    ),
    "has_classification_code": _text("gout", "痛风", "M10", "M10"),
    "has_dosage": _text(
        "metformin", "二甲双胍", "500 mg twice daily with meals", "每次0.5 g，每日2次，随餐服用"
    ),
    "has_half_life": _amount("warfarin", "华法林", "40", "h"),
    "has_regulatory_status": _text("aspirin", "阿司匹林", "approved", "已批准"),
    "mechanism_text": _text(
        "warfarin", "华法林", "it inhibits the reduction of vitamin K", "抑制维生素K的还原"
    ),
    "pharmacodynamics_text": _text(
        "warfarin", "华法林", "it prolongs the prothrombin time", "延长凝血酶原时间"
    ),
    "toxicity_text": _text("warfarin", "华法林", "overdose causes bleeding", "过量可引起出血"),
    "metabolism_text": _text("warfarin", "华法林", "mainly in the liver", "主要在肝脏"),
    "absorption_text": _text("warfarin", "华法林", "rapid and complete", "迅速而完全"),
    "elimination_text": _text("metformin", "二甲双胍", "unchanged in urine", "以原形经尿排出"),
    "has_protein_binding": _amount("warfarin", "华法林", "99", "%"),
    "has_volume_of_distribution": _amount("warfarin", "华法林", "0.14", "L/kg"),
    "has_clearance": _amount("metformin", "二甲双胍", "510", "mL/min"),
    "storage": _text("insulin", "胰岛素", "refrigerated, protected from light", "避光冷藏"),
    "appearance": _text("aspirin", "阿司匹林", "white crystals", "白色结晶"),
    "specification": _text("aspirin", "阿司匹林", "100 mg tablets", "100 mg片剂"),
    "shelf_life": _amount("aspirin", "阿司匹林", "24", "mo"),
    "precautions": _text("warfarin", "华法林", "monitor the INR", "监测INR"),
    "indication_text": _text("aspirin", "阿司匹林", "pain and fever", "疼痛和发热"),
    "medicinal_part": _text("ginseng", "人参", "root", "根"),
    "tcm_effect": _text("ginseng", "人参", "replenishing qi", "大补元气"),
    "nature_and_flavour": _text("ginseng", "人参", "sweet and slightly warm", "甘，微温"),
}


def examples() -> dict[str, Example]:
    """One example of each predicate, in the order of the registry."""
    with open_graph() as graph:
        stated: dict[str, list[tuple[str, str]]] = {}
        for statement in graph.store.scan():
            if not statement.negated and statement.value is None:
                stated.setdefault(statement.predicate, []).append(
                    (statement.subject, statement.object)
                )
        ids = [id for pairs in stated.values() for pair in pairs for id in pair]
        names = {
            "en": display_names(graph.store, ids, lang="en"),
            "zh": display_names(graph.store, ids, lang="zh"),
        }

    def rank(pair: tuple[str, str]) -> tuple[int, int, tuple[str, str]]:
        english = sum(names["zh"][id] == names["en"][id] for id in pair)
        return english, sum(len(names["en"][id]) for id in pair), pair

    found = {}
    for predicate in registry():
        if predicate in stated:
            subject, object = min(stated[predicate], key=rank)
            found[predicate] = Example(
                {lang: names[lang][subject] for lang in ("en", "zh")},
                {lang: names[lang][object] for lang in ("en", "zh")},
            )
        else:
            found[predicate] = EXAMPLES[predicate]
    return found


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Wordings",
        "",
        "How kgmed writes each predicate, English and Chinese: from the subject, from the object,",
        "and denied. Generated by `python docs/generate.py` from `kgmed/kg/predicates.toml` and",
        "[verbalize.md](verbalize.md)'s grammar; don't edit. Examples are statements of the open",
        "graph, or, where it states nothing of a predicate, well-known facts that only show the",
        "wording. A reader who finds a wording that says more or less than the predicate changes",
        "the table, and no code.",
        "",
    ]
    for predicate, example in examples().items():
        lines += [f"## {predicate}", "", *_rows(predicate, example), ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(predicate: str, example: Example) -> Iterator[str]:
    say = Verbalizer(registry())
    names: dict[Language, dict[str, str]] = {}
    yield "| from | wording | English | 中文 |"
    yield "|---|---|---|---|"
    for lang in ("en", "zh"):
        object = example.object[lang]
        names[lang] = {"s": example.subject[lang]}
        if isinstance(object, str):
            names[lang]["o"] = object

    def told(lang: Language, wording: int, *, inverse: bool, negated: bool = False) -> str:
        if wording >= say.wordings(predicate, lang, inverse=inverse):
            return ""
        object = example.object[lang]
        text = say.claim(
            "s", predicate, "o" if isinstance(object, str) else object, names[lang], lang=lang,
            wording=wording, inverse=inverse, negated=negated,
        )  # fmt: skip
        return text.replace("|", "\\|")

    for title, inverse in (("subject", False), ("object", True)):
        most = max(say.wordings(predicate, lang, inverse=inverse) for lang in ("en", "zh"))
        for wording in range(most):
            cells = [told(lang, wording, inverse=inverse) for lang in ("en", "zh")]
            yield f"| {title} | {wording} | {' | '.join(cells)} |"
    cells = [told(lang, 0, inverse=False, negated=True) for lang in ("en", "zh")]
    yield f"| denied | 0 | {' | '.join(cells)} |"
