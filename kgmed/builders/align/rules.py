"""The rules of alignment: what each claims, how sure it is, and what may not be one thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kgmed.kg.categories import PARENTS, ancestors

SOURCE = "infores:kgmed-alignment"
"""Whose mappings these are. Not ``infores:kgmed``: the names they come from have their licences."""

VERSION = "1"
"""Of the rules and their confidences; the release of :data:`SOURCE`."""

ICD10 = ("icd10", "icd10cm")
"""Codes of these are compared by what follows the prefix: ICD-10-CM keeps WHO's codes where it
didn't divide them further."""

EXACT, CLOSE, BROAD = "skos:exactMatch", "skos:closeMatch", "skos:broadMatch"
_LEXICAL, _COMPOSITE = "semapv:LexicalMatching", "semapv:CompositeMatching"
_CHAIN = "semapv:MappingChaining"


class Rule(NamedTuple):
    """What a rule claims (``predicate``), how sure it is (0-1), on what ground, in words."""

    confidence: float
    predicate: str
    justification: str
    says: str


RULES: dict[str, Rule] = {
    "code and name": Rule(0.98, EXACT, _COMPOSITE, "the same ICD-10 code, and a name agrees"),
    "code and like name": Rule(0.97, EXACT, _COMPOSITE, "the same code, and ending or latin"),
    "name": Rule(0.96, EXACT, _LEXICAL, "the preferred name is a name of the other"),
    "spelling": Rule(0.95, EXACT, _LEXICAL, "as name; numerals, 综合症 or 氏 written otherwise"),
    "code by label": Rule(0.94, EXACT, _CHAIN, "the name is a code's label, the code the other's"),
    "ending": Rule(0.93, EXACT, _LEXICAL, "as name; with 症 added or dropped"),
    "synonym": Rule(0.92, EXACT, _LEXICAL, "a synonym is a name of the other"),
    "gloss": Rule(0.9, EXACT, _LEXICAL, "the Chinese part of 阿司匹林(Aspirin) is a name"),
    "latin": Rule(0.7, EXACT, _LEXICAL, "the Latin part of 阿司匹林(Aspirin) is a name"),
    "form": Rule(0.97, BROAD, _LEXICAL, "the name without the dosage form is a name"),
    "salt": Rule(0.96, BROAD, _LEXICAL, "the name without form, acid or base is a name"),
    "label of a code": Rule(0.95, BROAD, _LEXICAL, "the name is the label of an ICD-10 code"),
    "brand": Rule(0.8, BROAD, _LEXICAL, "the name is a brand of the other"),
    "code": Rule(0.8, BROAD, _CHAIN, "the code is the other's alone; no name agrees"),
}
"""Rule -> what it claims."""

LIKE = ("ending", "latin")
"""Rules that don't take the name as it is: another code refutes them, and the same code makes them
less sure than it makes the others."""

OF_PREFIX = {
    "mondo": "Disease", "doid": "Disease", "orphanet": "Disease", "omim": "Disease",
    "hp": "PhenotypicFeature", "symp": "PhenotypicFeature", "drugbank": "Drug", "rxnorm": "Drug",
    "ndfrt": "Drug", "chebi": "ChemicalEntity", "pubchem.compound": "ChemicalEntity",
    "ncbigene": "Gene", "hgnc": "Gene", "uniprot": "Protein", "uberon": "AnatomicalEntity",
    "cl": "Cell", "go": "BiologicalProcess", "ncbitaxon": "OrganismTaxon",
}  # fmt: skip
"""Prefix -> the category of an id for which no source states one: a label alone states none."""

NEVER_DISJOINT = {
    "clinical": ("DiseaseOrPhenotypicFeature", "Procedure", "ClinicalAttribute"),
    "substance": ("ChemicalEntity", "Protein", "MacromolecularComplex"),
    "gene": ("Gene", "GeneFamily", "Protein"),
    "anatomy": ("AnatomicalEntity",),
    "taxon": ("OrganismTaxon",),
    "situation": ("SituationWithExplicitContext",),
}
"""Families of categories that name one thing in different sources; a category of none of them goes
with any. A family is disjoint with all others: a disease is no gene, no drug and no organ."""


def families() -> dict[str, list[str]]:
    """Category -> the families it belongs to.

    >>> families()["Drug"], families()["Protein"], families()["NamedThing"]
    (['substance'], ['substance', 'gene'], [])
    """
    return {
        category: [
            family
            for family, roots in NEVER_DISJOINT.items()
            if any(root in ancestors(category) for root in roots)
        ]
        for category in PARENTS
    }


KINDS = ("Disease", "PhenotypicFeature", "Procedure", "ChemicalEntity", "Gene", "Protein",
         "AnatomicalEntity", "OrganismTaxon", "BiologicalProcessOrActivity")  # fmt: skip
"""What a category is first of all: of two concepts of one name, that of the same kind is meant."""


def kinds() -> dict[str, list[str]]:
    """Category -> its kinds; one above a kind has all kinds below it.

    >>> kinds()["Drug"], kinds()["DiseaseOrPhenotypicFeature"]
    (['ChemicalEntity'], ['Disease', 'PhenotypicFeature'])
    """
    return {
        category: [
            kind for kind in KINDS if kind in ancestors(category) or category in ancestors(kind)
        ]
        for category in PARENTS
        if category not in ("NamedThing", "BiologicalEntity")
    }


def prefix(column: str) -> str:
    """The SQL of a CURIE's prefix."""
    return f"split_part({column}, ':', 1)"


def quoted(values: Iterable[str]) -> str:
    """The SQL of a list of strings, for IN.

    >>> quoted(["umls", "o'b"]), quoted([])
    ("'umls', 'o''b'", "''")
    """
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values) or "''"
