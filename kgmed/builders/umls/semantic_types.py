"""The 127 semantic types of the UMLS Semantic Network, and kgmed's category for each.

Types and names: https://www.nlm.nih.gov/research/umls/knowledge_sources/semantic_network/
(SemanticTypes_2018AB). Categories: the mappings to ``STY`` of the Biolink model 4.4.4
(https://github.com/biolink/biolink-model/blob/master/biolink-model.yaml), where Biolink's class is
one of kgmed's categories, else its nearest ancestor that is. Where Biolink is silent or answers
with a class that no question asks for (``pathological process``, ``phenomenon``), the semantic
group decides (https://lhncbc.nlm.nih.gov/semanticnetwork/download/SemGroups.txt): T037 and T046 are
of the group Disorders.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kgmed.kg.errors import ConfigError


class SemanticType(NamedTuple):
    """A semantic type's name and kgmed's category."""

    name: str
    category: str


_TABLE = {
    "OrganismTaxon": """T001 Organism; T002 Plant; T004 Fungus; T005 Virus; T007 Bacterium;
        T008 Animal; T010 Vertebrate; T011 Amphibian; T012 Bird; T013 Fish; T014 Reptile;
        T015 Mammal; T016 Human; T194 Archaeon; T204 Eukaryote""",
    "AnatomicalEntity": """T017 Anatomical Structure; T022 Body System;
        T029 Body Location or Region; T030 Body Space or Junction; T031 Body Substance""",
    "GrossAnatomicalStructure": """T018 Embryonic Structure;
        T021 Fully Formed Anatomical Structure; T023 Body Part, Organ, or Organ Component;
        T024 Tissue""",
    "Cell": "T025 Cell",
    "CellularComponent": "T026 Cell Component",
    "Gene": "T028 Gene or Genome",
    "Disease": """T019 Congenital Abnormality; T020 Acquired Abnormality;
        T047 Disease or Syndrome; T048 Mental or Behavioral Dysfunction;
        T049 Cell or Molecular Dysfunction; T191 Neoplastic Process""",
    "DiseaseOrPhenotypicFeature": """T033 Finding; T037 Injury or Poisoning;
        T046 Pathologic Function""",
    "PhenotypicFeature": "T184 Sign or Symptom; T190 Anatomical Abnormality",
    "ClinicalFinding": "T034 Laboratory or Test Result",
    "ClinicalAttribute": "T032 Organism Attribute; T201 Clinical Attribute",
    "BiologicalEntity": "T050 Experimental Model of Disease; T129 Immunologic Factor",
    "BiologicalProcess": """T038 Biologic Function; T041 Mental Process; T053 Behavior;
        T054 Social Behavior; T055 Individual Behavior""",
    "PhysiologicalProcess": """T039 Physiologic Function; T040 Organism Function;
        T042 Organ or Tissue Function; T043 Cell Function; T045 Genetic Function""",
    "MolecularActivity": "T044 Molecular Function",
    "Event": "T051 Event",
    "Activity": """T052 Activity; T056 Daily or Recreational Activity; T057 Occupational Activity;
        T058 Health Care Activity; T062 Research Activity;
        T064 Governmental or Regulatory Activity; T065 Educational Activity;
        T066 Machine Activity""",
    "Procedure": """T059 Laboratory Procedure; T060 Diagnostic Procedure;
        T061 Therapeutic or Preventive Procedure; T063 Molecular Biology Research Technique""",
    "Device": "T074 Medical Device; T075 Research Device; T203 Drug Delivery Device",
    "PhysicalEntity": "T072 Physical Object; T073 Manufactured Object",
    "Drug": "T121 Pharmacologic Substance; T195 Antibiotic; T200 Clinical Drug",
    "SmallMolecule": """T109 Organic Chemical; T125 Hormone; T127 Vitamin;
        T196 Element, Ion, or Isotope; T197 Inorganic Chemical""",
    "ChemicalEntity": """T085 Molecular Sequence; T086 Nucleotide Sequence;
        T088 Carbohydrate Sequence; T103 Chemical; T104 Chemical Viewed Structurally;
        T114 Nucleic Acid, Nucleoside, or Nucleotide; T120 Chemical Viewed Functionally;
        T122 Biomedical or Dental Material; T123 Biologically Active Substance;
        T130 Indicator, Reagent, or Diagnostic Aid; T131 Hazardous or Poisonous Substance;
        T167 Substance""",
    "Protein": """T087 Amino Acid Sequence; T116 Amino Acid, Peptide, or Protein; T126 Enzyme;
        T192 Receptor""",
    "Food": "T168 Food",
    "Cohort": """T097 Professional or Occupational Group; T098 Population Group;
        T099 Family Group; T100 Age Group; T101 Patient or Disabled Group""",
    "Publication": "T170 Intellectual Product",
    "InformationContentEntity": """T077 Conceptual Entity; T078 Idea or Concept;
        T079 Temporal Concept; T080 Qualitative Concept; T081 Quantitative Concept;
        T082 Spatial Concept; T089 Regulation or Law; T102 Group Attribute;
        T169 Functional Concept; T171 Language; T185 Classification""",
    "NamedThing": """T067 Phenomenon or Process; T068 Human-caused Phenomenon or Process;
        T069 Environmental Effect of Humans; T070 Natural Phenomenon or Process; T071 Entity;
        T083 Geographic Area; T090 Occupation or Discipline;
        T091 Biomedical Occupation or Discipline; T092 Organization;
        T093 Health Care Related Organization; T094 Professional Society;
        T095 Self-help or Relief Organization; T096 Group""",
}

SEMANTIC_TYPES: dict[str, SemanticType] = {
    entry.split()[0]: SemanticType(" ".join(entry.split()[1:]), category)
    for category, entries in _TABLE.items()
    for entry in entries.split(";")
}
"""TUI -> its name and category."""

CATEGORIES: tuple[str, ...] = tuple(_TABLE)
"""The categories that a concept of the Metathesaurus may have."""


def as_tuis(given: Iterable[str]) -> frozenset[str]:
    """The TUIs of semantic types given by TUI or name; :class:`ConfigError` for an unknown one.

    >>> sorted(as_tuis(["t047", "sign or symptom"]))
    ['T047', 'T184']
    """
    by_name = {kind.name.lower(): tui for tui, kind in SEMANTIC_TYPES.items()}
    found = set()
    for text in given:
        tui = text.strip().upper()
        tui = tui if tui in SEMANTIC_TYPES else by_name.get(text.strip().lower(), "")
        if not tui:
            valid = "; ".join(f"{t} {kind.name}" for t, kind in sorted(SEMANTIC_TYPES.items()))
            raise ConfigError(f"Found the semantic type {text!r}, expected one of: {valid}.")
        found.add(tui)
    return frozenset(found)
