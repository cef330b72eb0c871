"""The Disease Ontology: names, hierarchy, symptoms and cross-references.

https://disease-ontology.org. The release of 2026 (CC0) has every term in ``HumanDO.tsv`` and
``allXREFinDO.tsv``, synonyms only in its OBO subsets (rare, cancer, infectious diseases). The
release of May 2015 (CC BY 3.0) has exact synonyms for the others: they are a source of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from kgmed.builders.open_data.extract.common import Extract, clean, plain, read_rows
from kgmed.builders.open_data.extract.obo import Term, read_terms, release
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import normalize

TERMS, XREFS, SYMPTOMS = "HumanDO.tsv", "allXREFinDO.tsv", "disease-symptom.tsv"
SUBSETS = (
    "DO_rare_slim.obo",
    "DO_cancer_slim.obo",
    "DO_infectious_disease_slim.obo",
)
OLD = "HumanDO.obo"
LICENSED = ("meddra",)
"""Vocabularies whose ids the open graph doesn't ship."""

ROOT = "DOID:4"
RESIDUAL = re.compile(
    r"\b(NOS|NEC|unspecified|not otherwise specified|not elsewhere|other|\[X\]|\[M\]|\[D\])(?!\w)"
    r"|\[|\(& ",
    re.IGNORECASE,
)
"""Wordings of classification codes, which name no disease of their own."""

SNOMED_TAG = re.compile(r"\((disorder|finding|morphologic abnormality|qualifier value|situation)")


@dataclass(slots=True)
class Doid:
    """The Disease Ontology's tables, and what other modules need of it."""

    extract: Extract
    labels: dict[str, str]
    """DOID:... -> name, every live term."""
    names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """DOID:... -> plain names, exact synonyms of the subsets among them."""


def extract(data: Path) -> Doid:
    """Read the release of 2026."""
    folder = data / "doid"
    info = SourceInfo(
        infores="infores:disease-ontology",
        name="Disease Ontology",
        release=release(folder / SUBSETS[0]),
        licence="CC0-1.0",
        url="https://disease-ontology.org",
        attribution="Human Disease Ontology, Institute for Genome Sciences, University of "
        "Maryland School of Medicine.",
    )
    out = Extract("doid", info)
    labels = {row["id"]: clean(row["label"]) for row in read_rows(folder / TERMS)}
    labels[ROOT] = "disease"  # the root stands in no row of its own
    doid = Doid(out, labels)
    _hierarchy(folder / TERMS, doid)
    merged = _synonyms(folder, doid)
    _symptoms(folder / SYMPTOMS, doid, merged)
    _xrefs(folder / XREFS, doid)
    return doid


def _hierarchy(path: Path, doid: Doid) -> None:
    out, tally = doid.extract, doid.extract.tally(TERMS)
    ids = defaultdict(set)
    for id, label in doid.labels.items():
        ids[label].add(id)
        curie = normalize(id)
        out.concept(curie, "Disease")
        out.name(curie, label, kind="preferred")
        doid.names[id].add(plain(label))
    for row in read_rows(path):
        tally.read += 1
        parents = ids.get(clean(row["subClassOf"]), set())
        if len(parents) != 1:
            tally.skipped["the parent's name is no term's, or several terms'"] += 1
            out.find("parent not found", id=row["id"], parent=row["subClassOf"])
            continue
        tally.kept += 1
        out.statement(
            *(normalize(row["id"]), "subclass_of", normalize(min(parents))),
            original_predicate="subClassOf",
            **_ASSERTED,
        )


_ASSERTED = {"knowledge_level": "knowledge_assertion", "agent_type": "manual_agent"}


def _synonyms(folder: Path, doid: Doid) -> dict[str, str]:
    """Add the subsets' synonyms; returns the ids that were merged into a live one."""
    out, merged = doid.extract, {}
    label_of = {plain(label): id for id, label in doid.labels.items()}
    seen: set[str] = set()
    for file in SUBSETS:
        tally = out.tally(file)
        for term in read_terms(folder / file):
            merged.update(dict.fromkeys(term.alt_ids, term.id))
            for synonym in term.synonyms:
                tally.read += 1
                owner = label_of.get(plain(synonym.text), term.id)
                if term.id in seen:
                    reason = "the term is in an earlier subset too"
                elif term.obsolete or term.id not in doid.labels:
                    reason = "the term is obsolete"
                elif synonym.scope != "EXACT":
                    reason = f"the synonym is {synonym.scope}, not EXACT"
                elif owner != term.id:
                    reason = "the synonym is another term's name"
                    out.find(reason, id=normalize(term.id), name=synonym.text, owner=owner)
                else:
                    reason = ""
                if reason:
                    tally.skipped[reason] += 1
                    continue
                tally.kept += 1
                doid.names[term.id].add(plain(synonym.text))
                kind = "abbreviation" if synonym.acronym else "synonym"
                out.name(normalize(term.id), clean(synonym.text), kind=kind)
        seen |= {term.id for term in read_terms(folder / file)}
    return merged


def _symptoms(path: Path, doid: Doid, merged: dict[str, str]) -> None:
    out, tally = doid.extract, doid.extract.tally(SYMPTOMS)
    for row in read_rows(path):
        tally.read += 1
        id = row["disease_id"]
        if id not in doid.labels:
            live = merged.get(id, "")
            columns = {"id": id, "name": row["disease_label"], "live": live}
            if live not in doid.labels:
                tally.skipped["the disease is no longer in the ontology"] += 1
                out.find("symptom of a disease that is gone", **columns)
                continue
            out.find("symptom of a disease that was merged", **columns)
            id = live
        elif plain(row["disease_label"]) not in doid.names[id]:
            columns = {"id": id, "name": row["disease_label"], "label": doid.labels[id]}
            out.find("symptom row with another name for the disease", **columns)
        tally.kept += 1
        symptom = normalize(row["symptom_id"])
        out.concept(symptom, "PhenotypicFeature")
        out.name(symptom, clean(row["symptom_label"]), kind="preferred")
        out.statement(normalize(id), "has_symptom", symptom, **_ASSERTED)


def _xrefs(path: Path, doid: Doid) -> None:
    out, tally = doid.extract, doid.extract.tally(XREFS)
    for row in read_rows(path):
        tally.read += 1
        target = xref_curie(row["xref"])
        prefix = target.partition(":")[0]
        if prefix in LICENSED:
            tally.skipped[f"ids of {prefix} aren't shipped"] += 1
            continue
        tally.kept += 1
        out.mapping(
            *(normalize(row["id"]), "oboInOwl:hasDbXref", target),
            justification="semapv:ManualMappingCuration",
            subject_label=doid.labels[row["id"]],
        )


def xref_curie(xref: str) -> str:
    """A cross-reference of the Disease Ontology with its Bioregistry prefix.

    >>> xref_curie("SNOMEDCT_US_2025_09_01:80258006"), xref_curie("MIM:PS118220")
    ('snomedct:80258006', 'omim.ps:118220')
    >>> xref_curie("KEGG:05223"), xref_curie("KEGG:H00467"), xref_curie("ICD11:2D10.0")
    ('kegg.pathway:map05223', 'kegg.disease:H00467', 'icd11.code:2D10.0')
    """
    prefix, _, local = xref.partition(":")
    if prefix == "MIM" and local.startswith("PS"):
        return f"omim.ps:{local[2:]}"
    if prefix == "KEGG":
        return f"kegg.disease:{local}" if local.startswith("H") else f"kegg.pathway:map{local}"
    if prefix == "ICD11":
        return f"icd11.code:{local}"
    return normalize(xref)


def extract_old(data: Path, doid: Doid) -> Extract:
    """Read the exact synonyms of the release of 2015 for terms that still have that name."""
    path = data / "doid_2016_obo" / OLD
    info = SourceInfo(
        infores="infores:disease-ontology-2015",
        name="Disease Ontology, synonyms of 2015",
        release=release(path),
        licence="CC-BY-3.0",
        url="https://disease-ontology.org",
        attribution="Human Disease Ontology (Kibbe et al., Nucleic Acids Research 2015), "
        "CC BY 3.0; as published at https://github.com/dhimmel/disease-ontology.",
    )
    out = Extract("doid2016", info)
    label_of = {plain(label): id for id, label in doid.labels.items()}
    synonym_of: dict[str, set[str]] = defaultdict(set)
    for id, names in doid.names.items():
        for name in names:
            synonym_of[name].add(id)
    tally = out.tally(OLD)
    candidates: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for term in read_terms(path):
        for synonym in term.synonyms:
            tally.read += 1
            key = plain(synonym.text)
            reason = _old_reason(term, synonym.text, synonym.scope, synonym.found_in, doid)
            owner = label_of.get(key, term.id)
            if not reason and key in doid.names[term.id]:
                reason = "the release of 2026 has the name"
            elif not reason and (owner != term.id or synonym_of.get(key, {term.id}) != {term.id}):
                reason = "the name is another term's in 2026"
                out.find(reason, id=normalize(term.id), name=synonym.text, owner=owner)
            if reason:
                tally.skipped[reason] += 1
            else:
                kind = "abbreviation" if synonym.acronym else "synonym"
                candidates[key].append((term.id, clean(synonym.text), kind))
    for found in candidates.values():
        if len({id for id, _, _ in found}) > 1:
            tally.skipped["the name is several terms'"] += len(found)
            continue
        for id, text, kind in found:
            tally.kept += 1
            out.name(normalize(id), text, kind=kind)
    return out


def _old_reason(term: Term, text: str, scope: str, found_in: str, doid: Doid) -> str:
    """Why a synonym of 2015 is left out, '' where nothing speaks against it so far."""
    if term.obsolete or term.id not in doid.labels:
        return "the term is gone in 2026"
    if scope != "EXACT":
        return f"the synonym is {scope}, not EXACT"
    if plain(term.name) not in doid.names[term.id]:
        return "the term has another name in 2026"
    if "SNOMED" in found_in or SNOMED_TAG.search(text):
        return "the synonym is SNOMED CT's wording"
    if "OMIM" in found_in:
        return "the synonym is OMIM's wording"
    if RESIDUAL.search(text):
        return "the synonym is the wording of a classification code"
    return ""
