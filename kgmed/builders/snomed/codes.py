"""SNOMED CT's own concepts that the reader decides by, and what it makes of each.

Ids are those of the International Edition; https://browser.ihtsdotools.org shows each. The
model's metadata concepts begin with 900000000000.
"""

from __future__ import annotations

import re

IS_A = 116680003

FSN, SYNONYM, DEFINITION = 900000000000003001, 900000000000013009, 900000000000550004
"""Types of a description: |Fully specified name|, |Synonym|, |Definition|."""

PREFERRED, ACCEPTABLE = 900000000000548007, 900000000000549004

INFERRED, ADDITIONAL = 900000000000011006, 900000000000227009
"""Characteristic types that are read: what the classifier found, and what is true beyond the
definition. Not read: |Stated relationship| and |Qualifying relationship| (what may be refined)."""
SOME = 900000000000451002
"""The modifier |Existential restriction|; no release has used another."""

LANGUAGE_REFSETS = (900000000000509007, 900000000000508004)
"""US English, GB English: whose preferred term comes first unless the user says otherwise. Other
language reference sets follow by id."""

SAME_AS, REPLACED_BY = 900000000000527005, 900000000000526001
MOVED_TO = 900000000000524003

ASSOCIATIONS: dict[int, tuple[str, str]] = {
    SAME_AS: ("SAME AS", "skos:closeMatch"),
    REPLACED_BY: ("REPLACED BY", "skos:closeMatch"),
    900000000000523009: ("POSSIBLY EQUIVALENT TO", "skos:closeMatch"),
    1186921001: ("POSSIBLY REPLACED BY", "skos:closeMatch"),
    1186924009: ("PARTIALLY EQUIVALENT TO", "skos:relatedMatch"),
    900000000000530003: ("ALTERNATIVE", "skos:closeMatch"),
    900000000000529008: ("SIMILAR TO", "skos:closeMatch"),
    900000000000528000: ("WAS A", "skos:broadMatch"),
    900000000000525002: ("MOVED FROM", "skos:relatedMatch"),
    900000000000531004: ("REFERS TO", "skos:relatedMatch"),
    734138000: ("ANATOMY STRUCTURE AND ENTIRE", "skos:relatedMatch"),
    734139008: ("ANATOMY STRUCTURE AND PART", "skos:relatedMatch"),
}
"""Association reference set -> its name, and the mapping it states (SAME AS and REPLACED BY: where
they don't name one successor). Other sets state skos:relatedMatch. Descriptions of the historical
ones: Release File Specification, section 5.2.5 (Association Reference Set)."""

MAPS: dict[int, str] = {
    447562003: "icd10",
    6011000124106: "icd10cm",
    999002271000000101: "icd10",
    450993002: "icpc2",
    446608001: "icdo",
    784008009: "orphanet",
    900000000000497000: "ctv3",
    900000000000498005: "snomedrt",
    467614008: "gmdn",
}
"""Map reference set -> CURIE prefix of its codes: WHO's ICD-10, the US ICD-10-CM and the UK ICD-10
maps, ICPC-2, ICD-O morphology, Orphanet, and the older codes of the same concepts."""

CLASSIFICATION_MAPS = frozenset({"icd10", "icd10cm", "icpc2", "icdo"})
"""Prefixes whose codes are classes: a simple map to them is skos:broadMatch."""

ALWAYS = ("TRUE", "OTHERWISE TRUE", "")
"""Rules of an extended map that ask for nothing beyond the concept itself."""

CATEGORIES: dict[str, str] = {
    "disorder": "Disease",
    "finding": "ClinicalFinding",
    "situation": "SituationWithExplicitContext",
    "context-dependent category": "SituationWithExplicitContext",
    "observable entity": "ClinicalAttribute",
    "procedure": "Procedure",
    "regime/therapy": "Procedure",
    "body structure": "GrossAnatomicalStructure",
    "cell": "Cell",
    "cell structure": "CellularComponent",
    "morphologic abnormality": "AnatomicalEntity",
    "substance": "ChemicalEntity",
    "product": "Drug",
    "medicinal product": "Drug",
    "medicinal product form": "Drug",
    "clinical drug": "Drug",
    "packaged clinical drug": "Drug",
    "real clinical drug": "Drug",
    "virtual clinical drug": "Drug",
    "real medicinal product": "Drug",
    "virtual medicinal product": "Drug",
    "product name": "NamedThing",
    "supplier": "NamedThing",
    "disposition": "ChemicalRole",
    "role": "ChemicalRole",
    "organism": "OrganismTaxon",
    "physical object": "PhysicalEntity",
    "specimen": "PhysicalEntity",
    "physical force": "NamedThing",
    "event": "Event",
    "ethnic group": "Cohort",
    "racial group": "Cohort",
    "person": "Cohort",
    "occupation": "NamedThing",
    "social concept": "NamedThing",
    "religion/philosophy": "NamedThing",
    "life style": "NamedThing",
    "environment": "NamedThing",
    "environment / location": "NamedThing",
    "geographic location": "NamedThing",
    "qualifier value": "NamedThing",
    "dose form": "NamedThing",
    "basic dose form": "NamedThing",
    "administration method": "NamedThing",
    "intended site": "NamedThing",
    "release characteristic": "NamedThing",
    "transformation": "NamedThing",
    "state of matter": "NamedThing",
    "unit of presentation": "NamedThing",
    "number": "NamedThing",
    "record artifact": "InformationContentEntity",
    "assessment scale": "InformationContentEntity",
    "staging scale": "InformationContentEntity",
    "tumor staging": "InformationContentEntity",
    "attribute": "InformationContentEntity",
    "link assertion": "InformationContentEntity",
    "linkage concept": "InformationContentEntity",
    "namespace concept": "InformationContentEntity",
    "navigational concept": "InformationContentEntity",
    "special concept": "InformationContentEntity",
    "inactive concept": "InformationContentEntity",
    "metadata": "InformationContentEntity",
    "core metadata concept": "InformationContentEntity",
    "foundation metadata concept": "InformationContentEntity",
    "OWL metadata concept": "InformationContentEntity",
    "SNOMED RT+CTV3": "NamedThing",
}
"""Semantic tag of the fully specified name (Editorial Guide, Semantic tag) -> category.

A morphologic abnormality is an abnormal structure, not the disease that shows it; a situation is
about a disease that is absent, past, suspected or someone else's. Products are Drugs whether they
name a substance or a group of them."""

_TAG = re.compile(r"\s*\(([^()]*)\)\s*$")


def readable_name(fsn: str, type_id: int) -> str:
    """What an attribute that predicates.toml lacks is called, from its fully specified name.

    >>> readable_name("Procedure site - Direct (attribute)", 405813007)
    'procedure_site_direct'
    >>> readable_name("", 405813007)
    'attribute_405813007'
    """
    name = "_".join(re.findall(r"\w+", _TAG.sub("", fsn).lower()))
    return name or f"attribute_{type_id}"
