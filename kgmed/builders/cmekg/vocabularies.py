"""CMeKG's words: fields of its records, and the categories on either side of its predicates.

CMeKG (https://cmekg.pcl.ac.cn) states no categories; which predicate a string stands beside tells.
The 23 predicates are those of https://github.com/king-yyf/CMeKG_tools (predicate.json); the fields
of diseases, symptoms, drugs and procedures those of the site's records. What a predicate means is
in ``predicates.toml`` (labels ``cmekg``); here is only what CMeKG lets conclude.
"""

from __future__ import annotations

SIDES: dict[str, tuple[str, str]] = {
    "相关疾病": ("", "Disease"),
    "相关症状": ("", "PhenotypicFeature"),
    "临床表现": ("Disease", "PhenotypicFeature"),
    "临床症状及体征": ("", "PhenotypicFeature"),
    "临床症状": ("Disease", "PhenotypicFeature"),
    "症状": ("Disease", "PhenotypicFeature"),
    "检查": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "辅助检查": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "影像学检查": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "实验室检查": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "组织学检查": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "用法用量": ("Drug", ""),
    "贮藏": ("Drug", ""),
    "性状": ("Drug", ""),
    "禁忌": ("Drug", "DiseaseOrPhenotypicFeature"),
    "禁忌证": ("Drug", "DiseaseOrPhenotypicFeature"),
    "禁忌症": ("Drug", "DiseaseOrPhenotypicFeature"),
    "不良反应": ("Drug", "DiseaseOrPhenotypicFeature"),
    "有效期": ("Drug", ""),
    "注意事项": ("", ""),
    "适应症": ("", "DiseaseOrPhenotypicFeature"),
    "适应证": ("", "DiseaseOrPhenotypicFeature"),
    "成份": ("Drug", "ChemicalEntity"),
    "成分": ("Drug", "ChemicalEntity"),
    "病因": ("DiseaseOrPhenotypicFeature", ""),
    "治疗": ("DiseaseOrPhenotypicFeature", ""),
    "治疗方案": ("DiseaseOrPhenotypicFeature", ""),
    "药物治疗": ("DiseaseOrPhenotypicFeature", "Drug"),
    "治疗药物": ("DiseaseOrPhenotypicFeature", "Drug"),
    "手术治疗": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "辅助治疗": ("DiseaseOrPhenotypicFeature", "Procedure"),
    "规格": ("Drug", ""),
    "并发症": ("DiseaseOrPhenotypicFeature", "DiseaseOrPhenotypicFeature"),
    "药物相互作用": ("Drug", "Drug"),
    "主治": ("Drug", "DiseaseOrPhenotypicFeature"),
    "入药部位": ("Drug", ""),
    "功效": ("Drug", ""),
    "性味": ("Drug", ""),
    "功能主治": ("Drug", ""),
    "高危因素": ("DiseaseOrPhenotypicFeature", ""),
    "发病部位": ("DiseaseOrPhenotypicFeature", "AnatomicalEntity"),
}
"""中文谓词 -> categories of its subject and object, '' where it doesn't tell."""

SECTIONS: dict[str, str] = {
    "疾病": "Disease",
    "症状": "PhenotypicFeature",
    "药物": "Drug",
    "药品": "Drug",
    "中药": "Drug",
    "诊疗": "Procedure",
    "检查": "Procedure",
    "手术": "Procedure",
}
"""Top-level key of a crawler's dump -> the category of its records."""

SUBJECT_FIELDS = ("中心词", "名称", "name")
"""Fields that hold the subject of a record, the first that is there."""
SYNONYM_FIELDS = frozenset(("同义词", "别名", "别称", "英文名", "英文名称", "俗称"))
ICD10_FIELDS = frozenset(("ICD-10", "ICD10", "ICD-10编码", "ICD编码", "ICD"))
TYPE_FIELDS = frozenset(("id", "_id", "url", "type", "类型", "来源"))
"""Fields about the record; they state nothing."""

SUBJECT_COLUMNS = frozenset(("subject", "head", "头实体", "主体", "主语", "实体1", "entity1", "s"))
PREDICATE_COLUMNS = frozenset(("predicate", "relation", "关系", "谓词", "谓语", "p", "r", "属性"))
OBJECT_COLUMNS = frozenset(
    ("object", "tail", "尾实体", "客体", "宾语", "实体2", "entity2", "o", "值", "属性值")
)
"""What people call the columns of a CSV of triples, in lower case."""

PLACEHOLDERS = frozenset(
    (
        *("无", "暂无", "不详", "未知", "尚不明确", "尚不明", "不明", "暂无资料", "暂无数据"),
        *("详见说明书", "见说明书", "其他", "其它"),
        *("null", "none", "nan", "n/a", "na", "unknown"),
    )
)
"""What stands where there is nothing to say."""

CONCEPT_CHARACTERS = 40
"""A longer string is a sentence: of the 35,862 names of ICD-10's Chinese clinical edition 99.9%
are shorter."""
VALUE_CHARACTERS = 20_000
"""A longer text isn't one statement."""
