"""Which categories an ontology's terms have: by its prefix, or by the branch that a term is under.

Branches are roots of https://hpo.jax.org, https://geneontology.org, https://www.ebi.ac.uk/chebi and
https://ncithesaurus.nci.nih.gov; ids as they publish them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

BY_PREFIX: dict[str, str] = {
    "atc": "DrugClass",
    "chebi": "ChemicalEntity",
    "cl": "Cell",
    "doid": "Disease",
    "hgnc": "Gene",
    "hp": "PhenotypicFeature",
    "icd10": "Disease",
    "icd10cm": "Disease",
    "icd11": "Disease",
    "mondo": "Disease",
    "ncbitaxon": "OrganismTaxon",
    "orphanet": "Disease",
    "pr": "Protein",
    "symp": "PhenotypicFeature",
    "uberon": "AnatomicalEntity",
}
"""Bioregistry prefix -> the category of its terms."""

BY_ROOT: dict[str, str] = {
    "chebi:24431": "ChemicalEntity",
    "chebi:50906": "ChemicalRole",
    "go:0003674": "MolecularActivity",
    "go:0005575": "CellularComponent",
    "go:0008150": "BiologicalProcess",
    "hp:0000118": "PhenotypicFeature",  # not modes of inheritance, modifiers, frequencies
    "ncit:C12219": "AnatomicalEntity",
    "ncit:C14250": "OrganismTaxon",
    "ncit:C16612": "Gene",
    "ncit:C17828": "BiologicalProcess",
    "ncit:C1908": "ChemicalEntity",
    "ncit:C25218": "Procedure",
    "ncit:C2991": "Disease",
    "ncit:C3367": "PhenotypicFeature",
}
"""Root of a branch -> the category of all under it, by subclass_of."""


def categories_of(
    parents: Mapping[str, Iterable[str]], *, default: str = ""
) -> dict[str, tuple[str, ...]]:
    """The categories of terms: by ``default``, by the branch a term is under, or by prefix.

    ``parents`` has every term. Where a file lacks all roots of an ontology (a slim), its prefix
    decides.

    >>> categories_of({"hp:0000118": (), "hp:1": ["hp:0000118"], "hp:2": (), "doid:1": ()})
    {'hp:0000118': ('PhenotypicFeature',), 'hp:1': ('PhenotypicFeature',), 'hp:2': (), \
'doid:1': ('Disease',)}
    """
    if default:
        return dict.fromkeys(parents, (default,))
    rooted = {root.partition(":")[0] for root in BY_ROOT if root in parents}
    children: dict[str, list[str]] = {}
    for term, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(term)
    found: dict[str, set[str]] = {}
    for root, category in BY_ROOT.items():
        reached, open_ends = set(), [root]
        while open_ends:
            term = open_ends.pop()
            if term not in reached:
                reached.add(term)
                open_ends += children.get(term, ())
        for term in reached:
            found.setdefault(term, set()).add(category)
    out = {}
    for term in parents:
        prefix = term.partition(":")[0]
        fallback = "" if prefix in rooted else BY_PREFIX.get(prefix, "")
        out[term] = tuple(sorted(found.get(term, ()))) or ((fallback,) if fallback else ())
    return out
