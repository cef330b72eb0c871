"""CURIEs with Bioregistry prefixes: what kgmed writes, and every spelling it accepts at the door.

kgmed writes a prefix as the Bioregistry does (https://bioregistry.io, lower case) and the local id
as the authority does. Upper-case prefixes, the file spellings of UMLS, SNOMED and the Disease
Ontology, and bare ids of a shape that only one authority uses are accepted. A prefix that isn't
listed here is kept as written: a user's own graph may have its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kgmed.kg.errors import CurieError


class Prefix(NamedTuple):
    """A prefix: how Biolink and KGX files spell it, other spellings, and the shape of local ids.

    ``bare`` says that an id of that shape without a prefix is taken to be one.
    """

    biolink: str
    label: str
    pattern: str
    synonyms: tuple[str, ...] = ()
    bare: bool = False


PREFIXES: dict[str, Prefix] = {
    "umls": Prefix("UMLS", "UMLS CUI", r"C\d{7}", ("umls_cui", "cui", "umlscui"), bare=True),
    "mondo": Prefix("MONDO", "MONDO id", r"\d{7}"),
    "doid": Prefix("DOID", "Disease Ontology id", r"\d+", ("do",)),
    "hp": Prefix("HP", "HPO id", r"\d{7}", ("hpo",)),
    "drugbank": Prefix("DRUGBANK", "DrugBank id", r"DB\d{5}", ("db", "drugbank.drug"), bare=True),
    "rxnorm": Prefix("RXNORM", "RxNorm id", r"\d{1,8}", ("rxcui",)),
    "chebi": Prefix("CHEBI", "ChEBI id", r"\d+"),
    "snomedct": Prefix(
        "SNOMEDCT",
        "SNOMED CT id",
        r"\d{6,18}",
        ("snomed", "sctid", "snomedct_us", "snomed_ct", "sct", "snomed-ct"),
    ),
    "mesh": Prefix("MESH", "MeSH id", r"[ADCFGMSV]\d{3,9}", ("msh", "mesh.descriptor")),
    "cmekg": Prefix("CMEKG", "CMeKG id", r"\S+"),
    "ncit": Prefix("NCIT", "NCIt id", r"C\d+", ("nci", "nci_thesaurus")),
    "ndfrt": Prefix("NDFRT", "NDF-RT NUI", r"N\d{10}", ("ndf-rt", "nui"), bare=True),
    "symp": Prefix("SYMP", "Symptom Ontology id", r"\d{7}"),
    "omim": Prefix("OMIM", "OMIM id", r"\d{6}", ("mim",)),
    "omim.ps": Prefix("OMIM.PS", "OMIM phenotypic series", r"\d{6}", ("omimps", "mim.ps")),
    "orphanet": Prefix("Orphanet", "Orphanet id", r"\d+", ("ordo", "orpha", "orphanet.ordo")),
    "gard": Prefix("GARD", "GARD id", r"\d+"),
    "icd10": Prefix("ICD10", "ICD-10 code", r"[A-Z]\d[\dA-Z](\.[\dA-Z]+)?", ("icd10who",)),
    "icd10cm": Prefix("ICD10CM", "ICD-10-CM code", r"[A-Z]\d[\dA-Z](\.[\dA-Z]+)?"),
    "icd9cm": Prefix("ICD9", "ICD-9-CM code", r"[\dEV]\d+(\.\d+)?", ("icd9",)),
    "icd11": Prefix("icd11.foundation", "ICD-11 id", r"\S+", ("icd11.foundation",)),
    "icdo": Prefix("ICDO", "ICD-O code", r"\S+"),
    "meddra": Prefix("MEDDRA", "MedDRA code", r"\d+"),
    "atc": Prefix("ATC", "ATC code", r"[A-Z]\d\d([A-Z]([A-Z](\d\d)?)?)?"),
    "efo": Prefix("EFO", "EFO id", r"\d{7}"),
    "go": Prefix("GO", "Gene Ontology id", r"\d{7}"),
    "uniprot": Prefix("UniProtKB", "UniProt id", r"[A-Z0-9]{6,10}", ("uniprotkb",)),
    "ncbigene": Prefix("NCBIGene", "NCBI Gene id", r"\d+", ("entrez", "geneid", "ncbi_gene")),
    "hgnc": Prefix("HGNC", "HGNC id", r"\d+"),
    "reactome": Prefix("REACT", "Reactome id", r"R-[A-Z]{3}-\d+"),
    "interpro": Prefix("InterPro", "InterPro id", r"IPR\d{6}"),
    "pfam": Prefix("PFAM", "Pfam id", r"PF\d{5}"),
    "tigrfam": Prefix("TIGRFAM", "TIGRFAM id", r"TIGR\d+", ("tigr",)),
    "pr": Prefix("PR", "Protein Ontology id", r"\S+"),
    "uberon": Prefix("UBERON", "Uberon id", r"\d{7}"),
    "cl": Prefix("CL", "Cell Ontology id", r"\d{7}"),
    "ncbitaxon": Prefix("NCBITaxon", "NCBI Taxonomy id", r"\d+", ("taxonomy", "taxid")),
    "kegg.pathway": Prefix("KEGG.PATHWAY", "KEGG pathway id", r"\S+", ("kegg",)),
    "pubmed": Prefix("PMID", "PubMed id", r"\d+", ("pmid",)),
    "wikidata": Prefix("WIKIDATA", "Wikidata id", r"Q\d+"),
    "pubchem.compound": Prefix("PUBCHEM.COMPOUND", "PubChem CID", r"\d+", ("pubchem",)),
    "chembl.compound": Prefix("CHEMBL.COMPOUND", "ChEMBL id", r"CHEMBL\d+", ("chembl",)),
    "vo": Prefix("VO", "Vaccine Ontology id", r"\d{7}"),
    "kgmed.product": Prefix("kgmed.product", "kgmed product", r"\S+"),
    "kgmed.drugclass": Prefix("kgmed.drugclass", "kgmed drug class", r"\S+"),
    # Drugs and other chemicals beyond those above
    "drugbank.salt": Prefix("DRUGBANK.SALT", "DrugBank salt id", r"DBSALT\d{6}"),
    "drugbank.metabolite": Prefix("DRUGBANK.METABOLITE", "DrugBank metabolite id", r"DBMET\d+"),
    # The Bioregistry now writes drugbank.bioentity, DrugBank's own files say target.
    "drugbank.target": Prefix(
        "DRUGBANK.TARGET",
        "DrugBank target id",
        r"BE\d+",
        ("drugbank.bioentity", "drugbankv4.target"),
    ),
    "cas": Prefix("CAS", "CAS number", r"\d{2,7}-\d\d-\d", ("casrn", "casid", "cas_rn", "cas_id")),
    "unii": Prefix("UNII", "UNII code", r"[A-Z\d]{10}"),
    "chemspider": Prefix("CHEMSPIDER", "ChemSpider id", r"\d+", ("chemspiderid",)),
    "bindingdb": Prefix("BINDINGDB", "BindingDB id", r"\d+"),
    "iuphar.ligand": Prefix("GTOPDB", "Guide to Pharmacology id", r"\d+", ("iuphar_ligand",)),
    "kegg.compound": Prefix("KEGG.COMPOUND", "KEGG compound id", r"C\d{5}"),
    "kegg.drug": Prefix("KEGG.DRUG", "KEGG drug id", r"D\d{5}"),
    "pdb.ligand": Prefix("PDB.LIGAND", "PDB ligand id", r"[A-Za-z\d]{1,5}", ("pdb_chem_id",)),
    "pharmgkb.drug": Prefix("PHARMGKB.DRUG", "PharmGKB id", r"PA\d+"),
    "pubchem.substance": Prefix("PUBCHEM.SUBSTANCE", "PubChem SID", r"\d+"),
    "ttd.drug": Prefix("TTD.DRUG", "TTD id", r"\w+"),
    "zinc": Prefix("ZINC", "ZINC id", r"(ZINC)?\d+"),
    "medrt": Prefix("MED-RT", "MED-RT NUI", r"N\d{10}", ("med-rt",)),
    "vandf": Prefix("VANDF", "VANDF id", r"\d{7}"),
    "cvx": Prefix("CVX", "CVX code", r"\d{1,4}"),
    "ndc": Prefix("NDC", "NDC code", r"[\d-]+"),
    "dpd": Prefix("dpd", "Drug Product Database id", r"\d+"),
    # Genes, proteins, pathways, anatomy
    "ensembl": Prefix("ENSEMBL", "Ensembl id", r"\S+"),
    "genbank": Prefix("GENBANK", "GenBank id", r"\S+"),
    "uniprot.isoform": Prefix("UNIPROT.ISOFORM", "UniProt isoform id", r"[A-Z\d]{6,10}-\d+"),
    "cdd": Prefix("CDD", "Conserved Domain id", r"(cd)?\d+"),
    "supfam": Prefix("SUPFAM", "SUPERFAMILY id", r"\w+"),
    "smpdb": Prefix("SMPDB", "SMPDB id", r"SMP\d+"),
    "fma": Prefix("FMA", "FMA id", r"\d+", ("fmaid",)),
    "uwda": Prefix("uwda", "Digital Anatomist id", r"\d+"),
    # Diseases, observations, procedures
    "kegg.disease": Prefix("KEGG.DISEASE", "KEGG disease id", r"H\d{5}"),
    "icd11.code": Prefix("icd11.code", "ICD-11 code", r"[\dA-Z]+(\.[\dA-Z]+)?"),
    "icpc2": Prefix("icpc2", "ICPC-2 code", r"\S+"),
    "loinc": Prefix("LOINC", "LOINC code", r"(\d{1,7}|LP\d+|LA\d+|LL\d+|LG\d+)-\d", ("lnc",)),
    "hcpcs": Prefix("HCPCS", "HCPCS code", r"[A-Z]\d{4}"),
    "ctv3": Prefix("ctv3", "Read code, version 3", r"\S+"),
    "snomedrt": Prefix("snomedrt", "SNOMED RT id", r"\S+"),
    "gmdn": Prefix("gmdn", "GMDN code", r"\d+"),
    # Publications, and graphs that have ids of their own
    "pmc": Prefix("PMC", "PubMed Central id", r"PMC\d+(\.\d+)?", ("pmcid",)),
    "doi": Prefix("doi", "DOI", r"10\.\d{2,9}/\S+"),
    "wikipedia.en": Prefix("WIKIPEDIA.EN", "Wikipedia article", r"\S+", ("wikipedia",)),
    "bios": Prefix("bios", "BIOS id", r"\S+"),
    "ddinter": Prefix("ddinter", "DDInter id", r"DDInter\d+"),
    "hetionet.pathway": Prefix("hetionet.pathway", "Hetionet pathway", r"\S+"),
    "primekg.disease": Prefix("primekg.disease", "PrimeKG disease group", r"\S+"),
}
"""Bioregistry prefix -> its spellings. The order is that in which bare numbers are tried; what
kgmed's own readers give an id of that the Bioregistry has no prefix for is here too."""

_ALIASES: dict[str, str] = {
    spelling.lower(): prefix
    for prefix, entry in PREFIXES.items()
    for spelling in (prefix, entry.biolink, *entry.synonyms)
}


@lru_cache(maxsize=4096)
def normalize_prefix(prefix: str) -> str:
    """Write a prefix the Bioregistry's way; one that isn't listed stays as it is.

    >>> normalize_prefix("SNOMEDCT_US"), normalize_prefix("UniProtKB"), normalize_prefix("acme")
    ('snomedct', 'uniprot', 'acme')
    """
    lower = prefix.lower()
    if lower.startswith("snomedct_us_"):  # the Disease Ontology adds the release's date
        return "snomedct"
    return _ALIASES.get(lower, prefix)


def normalize(curie: str) -> str:
    """Write a CURIE kgmed's way.

    Raises :class:`~kgmed.kg.errors.CurieError` where ``curie`` is no CURIE at all.

    >>> normalize("MONDO:0005136"), normalize("DrugBank:DB00682"), normalize("MESH:D014859")
    ('mondo:0005136', 'drugbank:DB00682', 'mesh:D014859')
    """
    prefix, colon, local = curie.strip().partition(":")
    if not colon or not prefix or not local or any(character.isspace() for character in prefix):
        raise CurieError(f"Found {curie[:80]!r}, expected a CURIE such as drugbank:DB00682.")
    prefix = normalize_prefix(prefix)
    if local[: len(prefix) + 1].lower() == prefix + ":":  # GO:GO:0006954
        local = local[len(prefix) + 1 :]
    return f"{prefix}:{local}"


def candidates(text: str) -> list[str]:
    """The CURIEs that ``text`` may stand for: itself, or a bare id with each fitting prefix.

    A bare id of a shape of one authority's own (``C0043031``, ``DB00682``) gives one; a bare number
    gives one per authority that numbers its records, RxNorm first.

    >>> candidates("db00682"), candidates("UMLS:C0043031")
    (['drugbank:DB00682'], ['umls:C0043031'])
    >>> candidates("11289")[:2], candidates("warfarin")
    (['rxnorm:11289', 'ncbigene:11289'], [])
    """
    text = text.strip()
    if ":" in text:
        try:
            return [normalize(text)]
        except CurieError:
            return []
    upper = text.upper()
    if text.isascii() and text.isdigit():
        order = ("rxnorm", "snomedct", "ncbigene")
        return [f"{name}:{text}" for name in order if _fits(name, text)]
    found = [
        f"{name}:{upper}" for name, entry in PREFIXES.items() if entry.bare and _fits(name, upper)
    ]
    if not found and _fits("mesh", upper) and len(upper) >= 7:
        found = [f"mesh:{upper}"]
    return found


@lru_cache(maxsize=64)
def _pattern(prefix: str) -> re.Pattern[str]:
    return re.compile(PREFIXES[prefix].pattern)


def _fits(prefix: str, local: str) -> bool:
    return _pattern(prefix).fullmatch(local) is not None


def is_well_formed(curie: str) -> bool:
    """Whether a normalised CURIE's local id has its authority's shape; True for a foreign prefix.

    >>> is_well_formed("drugbank:DB00682"), is_well_formed("drugbank:B02362")
    (True, False)
    """
    prefix, _, local = curie.partition(":")
    return _fits(prefix, local) if prefix in PREFIXES else bool(local)


def to_biolink(curie: str) -> str:
    """Write a CURIE as Biolink and KGX files spell it.

    >>> to_biolink("drugbank:DB00682"), to_biolink("ncbigene:5743")
    ('DRUGBANK:DB00682', 'NCBIGene:5743')
    """
    prefix, _, local = curie.partition(":")
    return f"{PREFIXES[prefix].biolink if prefix in PREFIXES else prefix}:{local}"
