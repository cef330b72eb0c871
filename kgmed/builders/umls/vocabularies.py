"""What kgmed knows about the vocabularies of the Metathesaurus, beyond what MRSAB says of them.

Abbreviations (SAB, TTY, LAT, REL):
https://www.nlm.nih.gov/research/umls/knowledge_sources/metathesaurus/release/abbreviations.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from kgmed.builders.resolve import CLASSIFICATIONS

LANGUAGES: dict[str, str] = {
    "ARA": "ar", "BAQ": "eu", "BUL": "bg", "CAT": "ca", "CHI": "zh", "CZE": "cs", "DAN": "da",
    "DUT": "nl", "ENG": "en", "EST": "et", "FIN": "fi", "FRE": "fr", "GER": "de", "GRE": "el",
    "HEB": "he", "HUN": "hu", "ICE": "is", "IND": "id", "ITA": "it", "JPN": "ja", "KOR": "ko",
    "LAV": "lv", "LIT": "lt", "NOR": "no", "POL": "pl", "POR": "pt", "RUM": "ro", "RUS": "ru",
    "SCR": "hr", "SLO": "sk", "SLV": "sl", "SPA": "es", "SWE": "sv", "THA": "th", "TUR": "tr",
    "UKR": "uk", "VIE": "vi",
}  # fmt: skip
"""LAT -> ISO 639-1; LAT is ISO 639-2/B but for SCR (https://www.loc.gov/standards/iso639-2/)."""


def iso_language(lat: str) -> str:
    """The ISO 639-1 code of a LAT; one that isn't listed stays, in lower case.

    >>> iso_language("CHI"), iso_language("QAA")
    ('zh', 'qaa')
    """
    return LANGUAGES.get(lat, lat.lower())


def iso_languages(given: Iterable[str]) -> frozenset[str]:
    """ISO codes of languages given as ISO codes or as LAT.

    >>> sorted(iso_languages(["ENG", "zh"]))
    ['en', 'zh']
    """
    return frozenset(iso_language(text.strip().upper()) if len(text.strip()) == 3
                     else text.strip().lower() for text in given)  # fmt: skip


# Names --------------------------------------------------------------------------------------------

ABBREVIATIONS = frozenset(("AA", "AB", "ACR", "MTH_ACR"))
"""TTYs of abbreviations and acronyms; HGNC's symbols are ACR."""

BRANDS = frozenset(("BN", "BD", "FBD"))
"""TTYs of brand names: RxNorm's, and fully specified ones, US and foreign."""

NAME_KINDS = ("synonym", "abbreviation", "brand")


def name_kind(tty: str) -> int:
    """A TTY's kind of name as a place in :data:`NAME_KINDS`.

    >>> NAME_KINDS[name_kind("BN")], NAME_KINDS[name_kind("PT")]
    ('brand', 'synonym')
    """
    return 1 if tty in ABBREVIATIONS else 2 if tty in BRANDS else 0


# Codes --------------------------------------------------------------------------------------------

HEADINGS = frozenset(("MH", "NM"))
"""TTYs of MeSH's main headings and supplementary concepts' names. A descriptor's other terms may
belong to narrower concepts that MeSH files under it."""


class CodeRule(NamedTuple):
    """Where a vocabulary's id stands, the CURIE prefix it gets, and what stands before it."""

    prefix: str
    column: Literal["CODE", "SCUI"] = "CODE"
    strip: str = ""

    @property
    def kind(self) -> Literal["exact", "heading", "class"]:
        """``class``: a code is broader than what is filed under it. ``heading``: MeSH's rule."""
        if self.prefix in CLASSIFICATIONS:
            return "class"
        return "heading" if self.prefix == "mesh" else "exact"


_RULES: dict[CodeRule, str] = {
    CodeRule("snomedct", "SCUI"): "SNOMEDCT_US SNOMEDCT_VET SCTSPA SNOMEDCT",
    CodeRule("rxnorm"): "RXNORM",
    CodeRule("mesh"): "MSH",
    CodeRule("ncit"): "NCI",
    CodeRule("hp", strip="HP:"): "HPO",
    CodeRule("go", strip="GO:"): "GO",
    CodeRule("mondo", strip="MONDO:"): "MONDO",
    CodeRule("omim"): "OMIM",
    CodeRule("orphanet", strip="ORPHA:"): "ORPHANET",
    CodeRule("drugbank"): "DRUGBANK",
    CodeRule("hgnc", strip="HGNC:"): "HGNC",
    CodeRule("ncbitaxon"): "NCBI",
    CodeRule("ndfrt"): "NDFRT",
    CodeRule("medrt"): "MED-RT",
    CodeRule("loinc"): "LNC",
    CodeRule("fma"): "FMA",
    CodeRule("uwda"): "UWDA",
    CodeRule("cvx"): "CVX",
    CodeRule("vandf"): "VANDF",
    CodeRule("unii"): "MTHSPL",
    CodeRule("hcpcs"): "HCPCS",
    CodeRule("icd10"): "ICD10 ICD10AM ICD10AMAE ICD10AE ICD10DUT DMDICD10",
    CodeRule("icd10cm"): "ICD10CM",
    CodeRule("icd9cm"): "ICD9CM",
    CodeRule("atc"): "ATC",
    CodeRule("meddra"): "MDR",
}

CODE_RULES: dict[str, CodeRule] = {
    sab: rule for rule, sabs in _RULES.items() for sab in sabs.split()
}
"""SAB -> how its codes become CURIEs."""

_TRANSLATION = re.compile(r"(MSH|MDR)[A-Z]{3}|(LNC)-[A-Z]{2}-[A-Z]{2}")


def code_rule(sab: str) -> CodeRule | None:
    """How a vocabulary's codes become CURIEs. Translations carry the ids of what they translate.

    >>> code_rule("MDRSPA").prefix, code_rule("LNC-ZH-CN").prefix, code_rule("CHV")
    ('meddra', 'loinc', None)
    """
    match = _TRANSLATION.fullmatch(sab)
    return CODE_RULES.get(match[1] or match[2] if match else sab)


PATTERNS: dict[str, str] = {
    "mesh": r"[CDQ]\d{6,9}",
}
"""The shape of ids where :mod:`kgmed.kg.curies` takes more than one vocabulary's. Codes that NLM
made up for a source that has none (MTHU000012) have no authority's shape."""

NO_CODE = frozenset(("", "NOCODE"))


# Relationships ------------------------------------------------------------------------------------

TRUE_IS_A = frozenset(("GO", "HPO", "NCBI"))
"""Vocabularies whose PAR and CHD are true is-a also where no RELA says so: two OBO ontologies whose
parents are is_a, and a taxonomy."""

LEFT_OUT: dict[str, str] = {
    "SIB": "siblings (SIB): they follow from their parents",
    "AQ": "allowed qualifier (AQ, QB)",
    "QB": "allowed qualifier (AQ, QB)",
    "XR": "states that no mapping was found (XR)",
    "DEL": "deleted concept (DEL)",
}
"""REL -> the reason under which its rows are counted."""


# Where statements come from -----------------------------------------------------------------------

_INFORES = {
    "ATC": "atc", "CVX": "cvx", "DRUGBANK": "drugbank", "FMA": "fma", "GO": "go", "HGNC": "hgnc",
    "HPO": "hpo", "ICD10": "icd10", "ICD10CM": "icd10cm", "ICD9CM": "icd9cm", "LNC": "loinc",
    "MDR": "meddra", "MED-RT": "medrt", "MONDO": "mondo", "MSH": "mesh", "MTH": "umls",
    "NCBI": "ncbi-taxonomy", "NCI": "ncit", "NDFRT": "ndfrt", "OMIM": "omim",
    "ORPHANET": "orphanet", "RXNORM": "rxnorm", "SNOMEDCT_US": "snomedct",
}  # fmt: skip
"""SAB -> information resource, where the vocabulary has one of its own."""


def infores(sab: str) -> str:
    """The information resource of a vocabulary.

    >>> infores("MSH"), infores("MEDLINEPLUS"), infores("MTH")
    ('infores:mesh', 'infores:umls-medlineplus', 'infores:umls')
    """
    known = _INFORES.get(sab)
    if known is None:
        known = "umls-" + "".join(c if c.isalnum() else "-" for c in sab.lower())
    return f"infores:{known}"


RESTRICTION_LEVELS = ("0", "1", "2", "3", "4", "9")
"""SRL: what a vocabulary's owner adds to the Metathesaurus licence, from nothing (0) to the SNOMED
CT Affiliate Licence (9)."""

OPEN_LICENCES: dict[str, str] = {
    "GO": "CC-BY-4.0",  # http://geneontology.org/docs/go-citation-policy/
    "HGNC": "CC0-1.0",  # https://www.genenames.org/about/license/
    "MED-RT": "US-PD",  # Department of Veterans Affairs
    "NCI": "CC-BY-4.0",  # https://evs.nci.nih.gov/ftp1/NCI_Thesaurus/ThesaurusTermsofUse.htm
    "NDFRT": "US-PD",  # Department of Veterans Affairs
}
"""Vocabularies of level 0 that their publisher gives to everyone under an open licence: a licence
that a user already has for a source also applies to it as distributed within the Metathesaurus. All
others of level 0 may not be redistributed as part of it (section 3 of the agreement)."""


def licence_of(sab: str, srl: str) -> str:
    """The licence of a vocabulary's statements, an id of :mod:`kgmed.kg.licences`.

    >>> licence_of("SNOMEDCT_US", "9"), licence_of("NCI", "0"), licence_of("NEW", "")
    ('UMLS-SRL-9', 'CC-BY-4.0', 'UMLS')
    """
    if srl == "0" and sab in OPEN_LICENCES:
        return OPEN_LICENCES[sab]
    return f"UMLS-SRL-{srl}" if srl in RESTRICTION_LEVELS else "UMLS"
