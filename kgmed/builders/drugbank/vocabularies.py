"""Tables that turn DrugBank's own words into kgmed's: languages, resources, texts.

Resources are those of ``external-identifiers`` in drugbank.xsd 5.1; prefixes are the Bioregistry's
(https://bioregistry.io).
"""

from __future__ import annotations

XREF = "oboInOwl:hasDbXref"
RELATED = "skos:relatedMatch"

RESOURCES: dict[str, tuple[str, str]] = {
    "BindingDB": ("bindingdb", XREF),
    "ChEBI": ("chebi", XREF),
    "ChEMBL": ("chembl.compound", XREF),
    "ChemSpider": ("chemspider", XREF),
    "Drugs Product Database (DPD)": ("dpd", RELATED),
    "GenBank": ("genbank", RELATED),
    "Guide to Pharmacology": ("iuphar.ligand", XREF),
    "IUPHAR": ("iuphar.ligand", XREF),
    "KEGG Compound": ("kegg.compound", XREF),
    "KEGG Drug": ("kegg.drug", XREF),
    "National Drug Code Directory": ("ndc", RELATED),
    "PDB": ("pdb.ligand", XREF),
    "PharmGKB": ("pharmgkb.drug", XREF),
    "PubChem Compound": ("pubchem.compound", XREF),
    "PubChem Substance": ("pubchem.substance", XREF),
    "RxCUI": ("rxnorm", XREF),
    "Therapeutic Targets Database": ("ttd.drug", XREF),
    "UniProtKB": ("uniprot", RELATED),
    "Wikipedia": ("wikipedia.en", XREF),
    "ZINC": ("zinc", XREF),
}
"""Resource -> (prefix, what the identifier claims). A protein's UniProt entry, a sequence or a
package is not the drug: these are related only."""

LANGUAGES = {
    "arabic": "ar",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hungarian": "hu",
    "icelandic": "is",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "latin": "la",
    "norwegian": "no",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "slovak": "sk",
    "slovenian": "sl",
    "spanish": "es",
    "swedish": "sv",
    "turkish": "tr",
}
"""``synonym@language`` -> ISO 639-1."""

TEXTS = (
    "description",
    "indication",
    "pharmacodynamics",
    "mechanism-of-action",
    "toxicity",
    "metabolism",
    "absorption",
    "half-life",
    "protein-binding",
    "route-of-elimination",
    "volume-of-distribution",
    "clearance",
)
"""Elements that hold prose; each is a value statement."""

READ = frozenset(
    (
        *TEXTS,
        *("drugbank-id", "name", "cas-number", "unii", "groups", "salts", "synonyms", "products"),
        *("international-brands", "mixtures", "categories", "food-interactions", "pathways"),
        *("drug-interactions", "external-identifiers", "atc-codes", "targets", "enzymes"),
        *("carriers", "transporters"),
    )
)
"""Elements of a drug that are read; others are listed as a finding."""

STRENGTHS = {"inhibitor": "inhibition-strength", "inducer": "induction-strength"}
"""An enzyme's action -> the element that says how strong it is."""

PRODUCT_CODES = ("ndc-product-code", "ndc-id", "dpd-id", "ema-ma-number", "ema-product-code")
"""What identifies a product in its country, the first that is given."""
