"""Targets, enzymes, carriers and transporters of a drug, and the proteins that they are.

A target of one polypeptide is that protein (``uniprot:``), with DrugBank's own id mapped to it; a
group of several, or a target that isn't a protein, keeps DrugBank's id (``drugbank.target:``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import tostring  # parses nothing

from kgmed.builders.drugbank.rows import CURATION, BadElement, Rows, all_text, text_of
from kgmed.builders.drugbank.stream import Place
from kgmed.builders.drugbank.vocabularies import STRENGTHS
from kgmed.builders.rows import Problem, shown
from kgmed.kg.curies import is_well_formed
from kgmed.kg.model import canonical_qualifiers

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_EC_NUMBER = re.compile(r"\d+(\.[\dn-]+){3}")


def targets(
    rows: Rows, id: str, number: int, section: str, parts: dict[str, Element]
) -> Iterator[BadElement]:
    """A section of a drug -> statements about its targets; yields those without an id."""
    tag = section.removesuffix("s")
    tally = rows.tallies[tag]
    for index, entry in enumerate(rows.entries(parts, section, tag)):
        tally.read += 1
        accession = text_of(entry, "id")
        if not accession or len(accession.split()) > 1:
            problem = Problem(
                f"{tag} without an id",
                f"the id {shown(accession)}",
                "DrugBank's id such as BE0000048",
                f"Fill it in or drop the {tag}.",
            )
            tally.skipped[problem.reason] += 1
            yield BadElement(Place(number, 4, tag, index), problem, all_text(entry))
            continue
        tally.kept += 1
        target = _target(rows, accession, entry)
        publications = [
            f"pubmed:{text}"
            for article in entry.iterfind("references/articles/article")
            if (text := text_of(article, "pubmed-id")).isdigit()
        ]
        known = text_of(entry, "known-action").lower()
        shared = {"pharmacological_action": known} if known in ("yes", "no") else {}
        actions = [(e.text or "").strip().lower() for e in entry.iterfind("actions/action")]
        for action in list(filter(None, actions)) or [""]:
            label, qualifiers = _action(rows, section, action, entry)
            rows.state(
                id,
                label,
                target,
                id,
                qualifiers=canonical_qualifiers(shared | qualifiers),
                publications=publications,
                said=f"{section}/{action}" if action else section,
            )


def _action(rows: Rows, section: str, action: str, entry: Element) -> tuple[str, dict[str, str]]:
    """The label of an action's predicate, and what that label leaves unsaid."""
    qualifiers: dict[str, str] = {}
    if section == "enzymes" and (tag := STRENGTHS.get(action)):
        strength = text_of(entry, tag).lower()
        if strength and strength != "unknown":
            qualifiers["strength"] = strength
    known = rows.registry.from_label
    if not action:
        return section, qualifiers
    if known("drugbank", f"{section}/{action}"):
        return f"{section}/{action}", qualifiers
    if section == "targets" and known("drugbank", action):
        return action, qualifiers
    if action not in ("unknown", "other", "other/unknown"):
        rows.unknown["action"][f"{section}/{action}"] += 1
        qualifiers["action"] = action
    return section, qualifiers


def _target(rows: Rows, accession: str, entry: Element) -> str:
    """The CURIE of a target; its own rows are added the first time."""
    polypeptides = [
        (f"uniprot:{protein.get('id', '').strip()}", protein)
        for protein in entry.findall("polypeptide")
    ]
    polypeptides = [(id, protein) for id, protein in polypeptides if is_well_formed(id)]
    own = f"drugbank.target:{accession}"
    single = len(polypeptides) == 1
    target = polypeptides[0][0] if single else own
    name = text_of(entry, "name")
    said = (f"{id} {hash(tostring(protein))}" for id, protein in polypeptides)
    if not rows.first("target", " ".join((own, name, *said))):
        return target  # as another drug has said
    for id, protein in polypeptides:
        _polypeptide(rows, id, protein)
        if not single:
            rows.facts.add(id, "part_of", own, "", own, [], "polypeptide")
    if single:
        rows.mappings.add(own, "skos:exactMatch", target, CURATION, name)
        if name and name != text_of(polypeptides[0][1], "name"):
            rows.names.add(target, name, "en", "synonym")
    else:
        if rows.first("concept", own):
            rows.concepts.add(own, ["Protein"] if polypeptides else ["NamedThing"])
        rows.name(own, name)
    return target


def _polypeptide(rows: Rows, id: str, protein: Element) -> None:
    if rows.first("concept", id):
        rows.concepts.add(id, ["Protein"])
    name = text_of(protein, "name")
    if not rows.first("polypeptide", f"{id} {hash(tostring(protein))}"):
        return
    rows.name(id, name)
    gene = text_of(protein, "gene-name")
    if gene and rows.first("gene", f"{id} {gene}"):
        rows.names.add(id, gene, "en", "abbreviation")
    tally = rows.tallies["polypeptide/synonym"]
    for synonym in protein.iterfind("synonyms/synonym"):
        tally.read += 1
        text = (synonym.text or "").strip()
        if not text or _EC_NUMBER.fullmatch(text):
            tally.skipped["an EC number" if text else "empty"] += 1
        else:
            tally.kept += 1
            rows.names.add(id, text, "en", "synonym")
    for identifier in protein.iterfind("external-identifiers/external-identifier"):
        hgnc = text_of(identifier, "identifier").upper().removeprefix("HGNC:")
        if "HGNC" in text_of(identifier, "resource") and is_well_formed(f"hgnc:{hgnc}"):
            rows.mappings.add(id, "skos:relatedMatch", f"hgnc:{hgnc}", CURATION, name)
    organism = protein.find("organism")
    taxon = "" if organism is None else organism.get("ncbi-taxonomy-id", "").strip()
    if organism is not None and taxon.isdigit():
        species = f"ncbitaxon:{taxon}"
        if rows.first("concept", species):
            rows.concepts.add(species, ["OrganismTaxon"])
        rows.name(species, (organism.text or "").strip())
        if rows.first("in_taxon", f"{id} {species}"):
            rows.facts.add(id, "in_taxon", species, "", "", [], "polypeptide/organism")
