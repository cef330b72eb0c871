"""The Biolink categories that kgmed uses, and what people call them.

Names and the is-a tree follow the Biolink model 4.2 (https://w3id.org/biolink/vocab/). A category
is written without its ``biolink:`` prefix. ``PARENTS`` holds only the categories in use; a concept
may have several.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

PARENTS: dict[str, str] = {
    "NamedThing": "",
    "ChemicalEntity": "NamedThing",
    "Drug": "ChemicalEntity",
    "SmallMolecule": "ChemicalEntity",
    "Food": "ChemicalEntity",
    "ChemicalRole": "NamedThing",
    "DrugClass": "ChemicalEntity",
    "BiologicalEntity": "NamedThing",
    "Gene": "BiologicalEntity",
    "GeneFamily": "BiologicalEntity",
    "Protein": "BiologicalEntity",
    "MacromolecularComplex": "BiologicalEntity",
    "DiseaseOrPhenotypicFeature": "BiologicalEntity",
    "Disease": "DiseaseOrPhenotypicFeature",
    "PhenotypicFeature": "DiseaseOrPhenotypicFeature",
    "BiologicalProcessOrActivity": "BiologicalEntity",
    "BiologicalProcess": "BiologicalProcessOrActivity",
    "MolecularActivity": "BiologicalProcessOrActivity",
    "PhysiologicalProcess": "BiologicalProcess",
    "Pathway": "BiologicalProcess",
    "AnatomicalEntity": "BiologicalEntity",
    "GrossAnatomicalStructure": "AnatomicalEntity",
    "Cell": "AnatomicalEntity",
    "CellularComponent": "AnatomicalEntity",
    "OrganismTaxon": "NamedThing",
    "Procedure": "NamedThing",
    "Device": "NamedThing",
    "ClinicalFinding": "PhenotypicFeature",
    "ClinicalAttribute": "BiologicalEntity",
    "Publication": "NamedThing",
    "InformationContentEntity": "NamedThing",
    "Event": "NamedThing",
    "Cohort": "NamedThing",
    "SituationWithExplicitContext": "NamedThing",
    "PhysicalEntity": "NamedThing",
    "Activity": "NamedThing",
}
"""Category -> its parent. DrugClass and SituationWithExplicitContext are kgmed's own: Biolink has
no category for either; their Biolink form is the parent's."""

BIOLINK_FALLBACK = {"DrugClass": "ChemicalEntity", "SituationWithExplicitContext": "NamedThing"}

DISJOINT: tuple[tuple[str, str], ...] = (
    ("Gene", "DiseaseOrPhenotypicFeature"),
    ("GeneFamily", "DiseaseOrPhenotypicFeature"),
    ("ChemicalEntity", "DiseaseOrPhenotypicFeature"),
    ("OrganismTaxon", "DiseaseOrPhenotypicFeature"),
    ("AnatomicalEntity", "Drug"),
    ("AnatomicalEntity", "DrugClass"),
)
"""Pairs of categories of which nothing is both; they hold for all below, too. A short list on
purpose. Not on it, as real sources have things that are both: disease, phenotype, finding and
procedure; chemical, drug, food and protein; gene and protein; a body part and a substance (blood,
bile); an organism and a drug (medicinal plants)."""

LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "Drug": ("drug", "drugs"),
        "DrugClass": ("drug class", "drug classes"),
        "ChemicalEntity": ("chemical", "chemicals"),
        "Disease": ("disease", "diseases"),
        "PhenotypicFeature": ("sign or symptom", "signs and symptoms"),
        "Gene": ("gene", "genes"),
        "Protein": ("protein", "proteins"),
        "BiologicalProcess": ("process", "processes"),
        "Pathway": ("pathway", "pathways"),
        "OrganismTaxon": ("organism", "organisms"),
        "ChemicalRole": ("role of chemicals", "roles of chemicals"),
        "GeneFamily": ("gene family", "gene families"),
        "MacromolecularComplex": ("molecular complex", "molecular complexes"),
        "MolecularActivity": ("molecular activity", "molecular activities"),
        "AnatomicalEntity": ("body part", "body parts"),
        "Cell": ("cell", "cells"),
        "CellularComponent": ("part of the cell", "parts of the cell"),
        "Procedure": ("procedure", "procedures"),
        "Device": ("device", "devices"),
        "ClinicalAttribute": ("measurement", "measurements"),
        "Event": ("event", "events"),
        "Activity": ("activity", "activities"),
    },
    "zh": {
        "Drug": ("药物", "药物"),
        "DrugClass": ("药物类别", "药物类别"),
        "ChemicalEntity": ("化学物质", "化学物质"),
        "Disease": ("疾病", "疾病"),
        "PhenotypicFeature": ("症状或体征", "症状或体征"),
        "Gene": ("基因", "基因"),
        "Protein": ("蛋白质", "蛋白质"),
        "BiologicalProcess": ("生物过程", "生物过程"),
        "Pathway": ("通路", "通路"),
        "OrganismTaxon": ("生物", "生物"),
        "ChemicalRole": ("化学作用类型", "化学作用类型"),
        "GeneFamily": ("基因家族", "基因家族"),
        "MacromolecularComplex": ("大分子复合物", "大分子复合物"),
        "MolecularActivity": ("分子活性", "分子活性"),
        "AnatomicalEntity": ("身体部位", "身体部位"),
        "Cell": ("细胞", "细胞"),
        "CellularComponent": ("细胞组分", "细胞组分"),
        "Procedure": ("操作", "操作"),
        "Device": ("器械", "器械"),
        "ClinicalAttribute": ("测量指标", "测量指标"),
        "Event": ("事件", "事件"),
        "Activity": ("活动", "活动"),
    },
}
"""Language -> category -> (singular, plural); a category without its own uses its parent's."""


@cache
def ancestors(category: str) -> tuple[str, ...]:
    """A category and everything above it, nearest first.

    >>> ancestors("Drug")
    ('Drug', 'ChemicalEntity', 'NamedThing')
    """
    chain = []
    while category:
        chain.append(category)
        category = PARENTS.get(category, "")
    return tuple(chain)


def is_a(category: str, other: str) -> bool:
    """Whether ``category`` is ``other`` or below it.

    >>> is_a("Drug", "ChemicalEntity"), is_a("Disease", "Drug")
    (True, False)
    """
    return other in ancestors(category)


@cache
def _exclude(category: str, other: str, pairs: tuple[tuple[str, str], ...]) -> bool:
    return any(
        (is_a(category, a) and is_a(other, b)) or (is_a(category, b) and is_a(other, a))
        for a, b in pairs
    )


def disjoint(
    categories: Iterable[str],
    others: Iterable[str],
    *,
    pairs: tuple[tuple[str, str], ...] = DISJOINT,
) -> bool:
    """Whether what has ``categories`` can't be what has ``others``: each of the one excludes each
    of the other, by ``pairs``. What has none, or one that isn't known, may be anything.

    >>> disjoint(["Gene"], ["Disease"]), disjoint(["Drug", "SmallMolecule"], ["ClinicalFinding"])
    (True, True)
    >>> disjoint(["Disease"], ["PhenotypicFeature"]), disjoint(["Drug", "Disease"], ["Disease"])
    (False, False)
    >>> disjoint(["Gene"], []), disjoint(["Gene"], ["NamedThing"])
    (False, False)
    """
    mine, theirs = tuple(categories), tuple(others)
    return bool(mine and theirs) and all(_exclude(a, b, pairs) for a in mine for b in theirs)


def label(category: str, *, language: str = "en", plural: bool = False) -> str:
    """What people call a category.

    >>> label("Drug", plural=True), label("Drug", language="zh")
    ('drugs', '药物')
    """
    for name in ancestors(category):
        if name in LABELS[language]:
            return LABELS[language][name][1 if plural else 0]
    return {"en": ("concept", "concepts"), "zh": ("概念", "概念")}[language][1 if plural else 0]
