"""Qualifiers in words: what a statement says beyond its two ends, in brackets behind it.

Severities are NDF-RT's, aspects DrugBank's; a value that has no Chinese here stays as its source
writes it. ``role_group`` only groups a concept's statements, so it isn't told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kgmed.kg.model import Language

SEVERITIES = ("Contraindicated", "Critical", "Major", "Significant", "Moderate", "Minor")
"""From the worst to the mildest."""

SEVERITY_ZH = {
    "Contraindicated": "禁忌",
    "Critical": "严重",
    "Major": "重大",
    "Significant": "显著",
    "Moderate": "中度",
    "Minor": "轻度",
}
_KINDS = {
    "disease-modifying": ("disease-modifying", "针对疾病本身"),
    "symptomatic": ("symptomatic", "对症"),
}
_COUNTRIES = {
    "US": ("the United States", "美国"),
    "CN": ("China", "中国"),
    "GB": ("the United Kingdom", "英国"),
    "CA": ("Canada", "加拿大"),
    "EU": ("the European Union", "欧盟"),
    "JP": ("Japan", "日本"),
    "DE": ("Germany", "德国"),
    "FR": ("France", "法国"),
}
_LABELS = {
    "severity": ("severity", "严重程度"),
    "dose": ("dose", "剂量"),
    "route": ("route", "途径"),
    "frequency": ("frequency", "频率"),
    "strength": ("strength", "强度"),
    "action": ("action", "作用"),
    "onset": ("onset", "起病"),
    "context": ("context", "背景"),
    "population": ("population", "人群"),
    "actor": ("acting", "作用方"),
    "affected": ("affected", "受影响方"),
    "aspect": ("aspect", "方面"),
    "direction": ("direction", "方向"),
}
_ROUTES_ZH = {
    "oral": "口服",
    "intravenous": "静脉注射",
    "intramuscular": "肌内注射",
    "subcutaneous": "皮下注射",
    "topical": "外用",
    "inhalation": "吸入",
    "rectal": "直肠给药",
    "sublingual": "舌下给药",
    "ophthalmic": "眼部给药",
    "nasal": "鼻腔给药",
    "transdermal": "经皮给药",
}
_STRENGTHS_ZH = {"strong": "强", "moderate": "中等", "weak": "弱"}
_ASPECTS_ZH = {
    "metabolism": "代谢",
    "serum concentration": "血清浓度",
    "serum concentration of active metabolites": "活性代谢物的血清浓度",
    "therapeutic efficacy": "疗效",
    "efficacy": "疗效",
    "absorption": "吸收",
    "bioavailability": "生物利用度",
    "excretion": "排泄",
    "excretion rate": "排泄率",
    "protein binding": "蛋白结合",
    "activity": "活性",
    "expression": "表达",
    "abundance": "水平",
    "synthesis": "合成",
    "secretion": "分泌",
    "degradation": "降解",
    "uptake": "摄取",
    "transport": "转运",
    "stability": "稳定性",
    "risk of adverse effects": "不良反应风险",
    "risk or severity of adverse effects": "不良反应的风险或严重程度",
}
_RISKS_ZH = {
    "adverse effects": "不良反应",
    "bleeding": "出血",
    "hemorrhage": "出血",
    "gastrointestinal bleeding": "胃肠道出血",
    "hypotension": "低血压",
    "hypertension": "高血压",
    "hypoglycemia": "低血糖",
    "hyperglycemia": "高血糖",
    "hyperkalemia": "高钾血症",
    "hypokalemia": "低钾血症",
    "QTc prolongation": "QTc间期延长",
    "CNS depression": "中枢神经抑制",
    "serotonin syndrome": "血清素综合征",
    "nephrotoxicity": "肾毒性",
    "hepatotoxicity": "肝毒性",
    "myelosuppression": "骨髓抑制",
    "seizure": "癫痫发作",
    "sedation": "镇静",
    "bradycardia": "心动过缓",
    "tachycardia": "心动过速",
    "thrombosis": "血栓",
    "infection": "感染",
    "renal failure": "肾衰竭",
    "myopathy": "肌病",
    "rhabdomyolysis": "横纹肌溶解",
}
_ACTIVITIES_ZH = {
    "anticoagulant": "抗凝",
    "antiplatelet": "抗血小板",
    "hypotensive": "降压",
    "antihypertensive": "抗高血压",
    "orthostatic hypotensive": "直立性降压",
    "hypertensive": "升压",
    "sedative": "镇静",
    "hypoglycemic": "降糖",
    "hyperglycemic": "升糖",
    "hyperkalemic": "升钾",
    "hypokalemic": "降钾",
    "QTc-prolonging": "延长QTc间期",
    "nephrotoxic": "肾毒性",
    "hepatotoxic": "肝毒性",
    "neurotoxic": "神经毒性",
    "cardiotoxic": "心脏毒性",
    "ototoxic": "耳毒性",
    "central nervous system depressant": "中枢神经抑制",
    "respiratory depressant": "呼吸抑制",
    "bradycardic": "减慢心率",
    "tachycardic": "加快心率",
    "arrhythmogenic": "致心律失常",
    "serotonergic": "血清素能",
    "neuromuscular blocking": "神经肌肉阻滞",
    "immunosuppressive": "免疫抑制",
    "myelosuppressive": "骨髓抑制",
    "vasodilatory": "扩血管",
    "vasoconstricting": "缩血管",
    "analgesic": "镇痛",
    "anticholinergic": "抗胆碱",
    "photosensitizing": "光敏",
    "diuretic": "利尿",
    "thrombogenic": "促血栓形成",
    "ulcerogenic": "致溃疡",
    "stimulatory": "兴奋",
    "bronchodilatory": "扩张支气管",
}
_VALUES_ZH = {"route": _ROUTES_ZH, "strength": _STRENGTHS_ZH}
_ORDER = ("severity", "kind", "aspect", "dose", "route", "frequency", "strength", "country")
_HIDDEN = frozenset(("role_group",))


def severity(lang: Language, value: str) -> str:
    """A severity as a title of its own.

    >>> severity("en", "Critical"), severity("zh", "Critical")
    ('Critical', '严重')
    """
    return SEVERITY_ZH.get(value, value) if lang == "zh" else value


def severity_rank(value: str) -> int:
    """Where a severity stands, worst first; an unknown one after the known.

    >>> severity_rank("Critical") < severity_rank("Significant") < severity_rank("")
    True
    """
    return SEVERITIES.index(value) if value in SEVERITIES else len(SEVERITIES)


def tail(qualifiers: Mapping[str, str], name: Callable[[str], str], *, lang: Language) -> str:
    """Qualifiers as what stands behind a sentence, before its full stop; '' for none.

    ``name`` gives the name of the id that ``affected`` or ``actor`` holds.

    >>> [tail({"severity": "Critical"}, str, lang=lang) for lang in ("en", "zh")]
    [' (severity: critical)', '（严重程度：严重）']
    >>> said = {"aspect": "anticoagulant activity", "direction": "increased", "affected": "x:1"}
    >>> tail(said, {"x:1": "warfarin"}.__getitem__, lang="en")
    ' (the anticoagulant activity of warfarin is increased)'
    >>> tail(said, {"x:1": "华法林"}.__getitem__, lang="zh")
    '（华法林的抗凝活性增强）'
    """
    if not qualifiers:
        return ""
    parts = [text for text in _parts(dict(qualifiers), name, lang) if text]
    if not parts:
        return ""
    return f"（{'，'.join(parts)}）" if lang == "zh" else f" ({', '.join(parts)})"


def _parts(said: dict[str, str], name: Callable[[str], str], lang: Language) -> list[str]:
    place = 1 if lang == "zh" else 0
    parts = []
    change = _change(said, name, lang)
    for key in sorted(said, key=lambda k: (_ORDER.index(k) if k in _ORDER else len(_ORDER), k)):
        value = said[key]
        if key in _HIDDEN or not value:
            continue
        if key == "severity":
            word = severity(lang, value) if lang == "zh" else _lower(value)
            parts.append(_labelled(key, word, lang))
        elif key == "kind" and value in _KINDS:
            parts.append(_KINDS[value][place])
        elif key == "country":
            codes = [code.strip() for code in value.split(",")]
            names = [_COUNTRIES.get(code, (code, code))[place] for code in codes]
            parts.append("、".join(names) if place else "in " + ", ".join(names))
        elif key in _VALUES_ZH:
            known = _VALUES_ZH[key].get(value, value) if place else value
            parts.append(_labelled(key, known, lang))
        elif key in {"affected", "actor"}:
            parts.append(_labelled(key, name(value), lang))
        else:
            parts.append(_labelled(key, value.replace("_", " "), lang))
    return [change, *parts] if change else parts


def _change(said: dict[str, str], name: Callable[[str], str], lang: Language) -> str:
    """What is affected and how, as a clause; takes the qualifiers that it tells."""
    if "aspect" not in said or said.get("direction") not in {"increased", "decreased"}:
        return ""
    aspect, direction = said.pop("aspect"), said.pop("direction")
    whose = name(said.pop("affected")) if "affected" in said else ""
    if lang == "zh":
        text = _aspect_zh(aspect)
        return (f"{whose}的{text}" if whose else text) + _direction_zh(text, direction)
    of = f" of {whose}" if whose else ""
    if aspect.startswith("risk ") and whose:
        of = f" from {whose}"
    return f"the {aspect.replace('_', ' ')}{of} is {direction}"


def _aspect_zh(aspect: str) -> str:
    aspect = aspect.replace("_", " ")
    if aspect in _ASPECTS_ZH:
        return _ASPECTS_ZH[aspect]
    kind = aspect.removesuffix(" activity")
    if kind != aspect:
        words = [_ACTIVITIES_ZH.get(word.strip()) for word in kind.split(" and ")]
        if all(words):
            return "和".join(word for word in words if word) + "活性"
    for head, end in (("risk or severity of ", "的风险或严重程度"), ("risk of ", "的风险")):
        risk = aspect.removeprefix(head)
        if risk != aspect and risk in _RISKS_ZH:
            return _RISKS_ZH[risk] + end
    return aspect


def _direction_zh(aspect: str, direction: str) -> str:
    more = direction == "increased"
    if aspect.endswith(("活性", "疗效", "作用", "代谢", "表达")):
        return "增强" if more else "减弱"
    if aspect.endswith(("浓度", "水平", "度", "率")):
        return "升高" if more else "降低"
    return "增加" if more else "减少"


def _labelled(key: str, value: str, lang: Language) -> str:
    label = _LABELS.get(key, (key.replace("_", " "),) * 2)
    return f"{label[1]}：{value}" if lang == "zh" else f"{label[0]}: {value}"


def _lower(value: str) -> str:
    return value if value.isupper() else value[:1].lower() + value[1:]
