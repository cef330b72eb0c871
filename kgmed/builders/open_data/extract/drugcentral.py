"""DrugCentral (CC BY-SA 4.0): what drugs act on and how, their classes, their indications.

https://drugcentral.org, as prepared at https://github.com/dhimmel/drugcentral. Everything taken
from it stays in tables of its own, so that the share-alike part of the graph can be left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, read_rows
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import normalize
from kgmed.kg.errors import RowError

FOLDER = "drugcentral"
TARGETS, CLASSES, MEMBERS, INDICATIONS = (
    "targets.tsv",
    "classes.tsv",
    "drug-to-class.tsv",
    "indications.tsv",
)

INFO = SourceInfo(
    infores="infores:drugcentral",
    name="DrugCentral",
    release="2016",
    licence="CC-BY-SA-4.0",
    url="https://drugcentral.org",
    attribution="DrugCentral (Ursu et al., Nucleic Acids Research 2017), University of New Mexico,"
    " CC BY-SA 4.0; as prepared at https://github.com/dhimmel/drugcentral.",
)

ACTIONS = {
    "": "has_target",
    "activator": "activates",
    "agonist": "agonist_of",
    "allosteric antagonist": "allosteric_antagonist_of",
    "antagonist": "antagonist_of",
    "blocker": "blocks",
    "inhibitor": "inhibits",
    "inverse agonist": "inverse_agonist_of",
    "modulator": "modulates",
    "negative allosteric modulator": "negative_allosteric_modulator_of",
    "opener": "opens",
    "partial agonist": "partial_agonist_of",
    "positive allosteric modulator": "positive_allosteric_modulator_of",
    "positive modulator": "positive_modulator_of",
    "releasing agent": "releases",
    "substrate": "substrate_of",
}
CLASS_TYPES = {
    "Application": ("has_role", "ChemicalRole"),
    "Chemical/Ingredient": ("has_chemical_structure_class", "DrugClass"),
    "FDA Established Pharmacologic Class": ("in_drug_class", "DrugClass"),
    "Mechanism of Action": ("has_mechanism_of_action", "DrugClass"),
    "Pharmacological Action": ("has_role", "ChemicalRole"),
    "Physiologic Effect": ("has_physiologic_effect", "BiologicalProcess"),
}
"""A class's type -> predicate of its members, category of the class."""

_STATED = {"knowledge_level": "knowledge_assertion", "agent_type": "manual_agent"}


@dataclass(slots=True)
class DrugCentral:
    """DrugCentral's tables, and the names of its drugs."""

    extract: Extract
    drugs: dict[str, str] = field(default_factory=dict)
    genes: set[str] = field(default_factory=set)

    def drug(self, code: str, name: str) -> str:
        """Add a drug; returns its id."""
        id = f"drugbank:{code}"
        self.drugs[id] = clean(name)
        self.extract.concept(id, "Drug")
        self.extract.name(id, clean(name), kind="preferred")
        return id


def extract(data: Path) -> DrugCentral:
    """Read the four files."""
    found = DrugCentral(Extract("drugcentral", INFO))
    _targets(data / FOLDER / TARGETS, found)
    _classes(data / FOLDER, found)
    _indications(data / FOLDER / INDICATIONS, found)
    return found


def _targets(path: Path, found: DrugCentral) -> None:
    tally = found.extract.tally(TARGETS)
    for number, row in enumerate(read_rows(path), 2):
        tally.read += 1
        drug = found.drug(row["drugbank_id"], row["drugbank_name"])
        gene = f"ncbigene:{row['GeneID']}"
        found.genes.add(gene)
        found.extract.concept(gene, "Gene")
        for action in row["actions"].split("|"):
            if action not in ACTIONS:
                expected = ", ".join(ACTIONS)
                raise RowError(TARGETS, number, found=f"action {action!r}", expected=expected)
            papers = re.findall(r"\d+", row["pubmed_ids"])
            found.extract.statement(
                *(drug, ACTIONS[action], gene),
                source_record=row["sources"],
                publications="|".join(f"pubmed:{paper}" for paper in papers),
                original_predicate=action,
                **_STATED,
            )
        tally.kept += 1


def class_curie(id: str) -> str:
    """A class's id with its prefix.

    >>> class_curie("D000925"), class_curie("N0000175655"), class_curie("CHEBI:35846")
    ('mesh:D000925', 'ndfrt:N0000175655', 'chebi:35846')
    """
    if ":" in id:
        return normalize(id)
    return f"ndfrt:{id}" if id.startswith("N") else f"mesh:{id}"


def _classes(folder: Path, found: DrugCentral) -> None:
    out, tally = found.extract, found.extract.tally(CLASSES)
    kinds = {}
    for row in read_rows(folder / CLASSES):
        tally.read += 1
        tally.kept += 1
        kinds[row["class_id"]] = row["class_type"]
        id = class_curie(row["class_id"])
        out.concept(id, CLASS_TYPES[row["class_type"]][1])
        out.name(id, clean(row["class_name"]), kind="preferred")
    tally = out.tally(MEMBERS)
    for row in read_rows(folder / MEMBERS):
        tally.read += 1
        tally.kept += 1
        kind = kinds[row["class_id"]]
        out.statement(
            found.drug(row["drugbank_id"], row["drugbank_name"]),
            *(CLASS_TYPES[kind][0], class_curie(row["class_id"])),
            original_predicate=kind,
            **_STATED,
        )


def _indications(path: Path, found: DrugCentral) -> None:
    # The column `category` is PharmacotherapyDB's judgement, and stands there; the pair is
    # DrugCentral's.
    out, tally = found.extract, found.extract.tally(INDICATIONS)
    for row in read_rows(path):
        tally.read += 1
        if row["category"] == "NOT":
            tally.skipped["found to be no indication by PharmacotherapyDB"] += 1
            continue
        tally.kept += 1
        disease = normalize(row["doid_id"])
        out.concept(disease, "Disease")
        out.statement(
            found.drug(row["drugbank_id"], row["drug"]),
            *("treats", disease),
            original_predicate="indication",
            **_STATED,
        )
