"""DrugMechDB: curated mechanism paths from a drug to a disease, one YAML file per indication.

https://github.com/SuLab/DrugMechDB (Gonzalez-Cavazos et al. 2023, doi:10.1038/s41597-023-02534-z).
A record names its drug, its disease, the nodes between them with free-text names, and the links in
order. What is kept: the links as statements (those equal in several records once, with all records
as their source), the order as paths, ``treats`` from the drug to the disease, names, other ids.
"""

from __future__ import annotations

import re
import tarfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TypedDict, cast

from kgmed.builders.open_data.extract.common import (
    Extract,
    clean,
    count_names,
    plain,
    shares_a_word,
)
from kgmed.builders.open_data.extract.salts import base_name
from kgmed.builders.open_data.extract.yaml_subset import load
from kgmed.builders.source import SourceInfo
from kgmed.kg.curies import is_well_formed, normalize
from kgmed.kg.errors import RowError

ARCHIVE = "drugmechdb/drugmechdb_kb_paths.tar.gz"

INFO = SourceInfo(
    infores="infores:drugmechdb",
    name="DrugMechDB",
    release="2026-07-02",
    licence="CC0-1.0",
    url="https://github.com/SuLab/DrugMechDB",
    attribution="Gonzalez-Cavazos et al., DrugMechDB: A Curated Database of Drug Mechanisms, "
    "Scientific Data 2023.",
)

PREDICATES: dict[str, str] = {
    "actively involved in": "participates_in",
    "affected by": "^affects",
    "affects risk for": "affects_risk_for",
    "ameliorates": "treats",
    "capable of": "capable_of",
    "caused by": "^causes",
    "causes": "causes",
    "chemically similar to": "chemically_similar_to",
    "coexists with": "coexists_with",
    "contraindicated for": "contraindicated_in",
    "contributes to": "contributes_to",
    "correlated with": "correlated_with",
    "decreases abundance of": "decreases_abundance_of",
    "decreases activity of": "decreases_activity_of",
    "decreases expression of": "decreases_expression_of",
    "decreases response to": "decreases_response_to",
    "decreases synthesis of": "decreases_synthesis_of",
    "decreases uptake of": "decreases_uptake_of",
    "derives from": "derives_from",
    "derives into": "derives_into",
    "directly interacts with": "molecularly_interacts_with",
    "disrupted by": "^disrupts",
    "disrupts": "disrupts",
    "enables": "capable_of",
    "exacerbates": "exacerbates",
    "expressed in": "expressed_in",
    "expresses": "^expressed_in",
    "has active ingredient": "has_active_ingredient",
    "has metabolite": "has_metabolite",
    "has output": "produces",
    "has part": "^part_of",
    "has participant": "^participates_in",
    "has phenotype": "has_phenotype",
    "in complex with": "molecularly_interacts_with",
    "in taxon": "in_taxon",
    "increases abundance of": "increases_abundance_of",
    "increases activity of": "increases_activity_of",
    "increases degradation of": "increases_degradation_of",
    "increases expression of": "increases_expression_of",
    "increases response to": "increases_response_to",
    "increases stability of": "increases_stability_of",
    "increases transport of": "increases_transport_of",
    # none of the three such links is between two drugs, the domain of interacts_with
    "interacts with": "molecularly_interacts_with",
    "is metabolite of": "^has_metabolite",
    "located in": "located_in",
    "location of": "^located_in",
    "manifestation of": "manifestation_of",
    "molecularly interacts with": "molecularly_interacts_with",
    "negatively correlated with": "negatively_correlated_with",
    "negatively regulates": "negatively_regulates",
    "occurs in": "occurs_in",
    "part of": "part_of",
    "participates in": "participates_in",
    "phenotype of": "^has_phenotype",
    "physically interacts with": "molecularly_interacts_with",
    "positively correlated with": "positively_correlated_with",
    "positively regulates": "positively_regulates",
    "precedes": "precedes",
    "predisposes": "predisposes_to",
    "prevents": "prevents",
    "produced by": "^produces",
    "produces": "produces",
    "regulates": "regulates",
    "similar to": "chemically_similar_to",
    "subclass of": "subclass_of",
    "superclass of": "^subclass_of",
    "treats": "treats",
}
"""A link's key -> kgmed's predicate; ``^``: the link states the predicate's reverse direction."""

CATEGORIES = {
    "BiologicalProcess": "BiologicalProcess",
    "Cell": "Cell",
    "CellularComponent": "CellularComponent",
    "ChemicalSubstance": "ChemicalEntity",
    "Disease": "Disease",
    "Drug": "Drug",
    "GeneFamily": "GeneFamily",
    "GrossAnatomicalStructure": "GrossAnatomicalStructure",
    "MacromolecularComplex": "MacromolecularComplex",
    "MolecularActivity": "MolecularActivity",
    "OrganismTaxon": "OrganismTaxon",
    "Pathway": "Pathway",
    "PhenotypicFeature": "PhenotypicFeature",
    "Protein": "Protein",
}
SUBSTANCES = frozenset({"Drug", "ChemicalEntity"})
CONTRAINDICATED, CAUSES = "contraindicated for", "causes"
"""Links to a record's disease that say the drug is no treatment of it: the first from any node (the
drug's metabolite), the second straight from the drug."""

DOUBTED = "0.6"
"""Confidence of a mapping between two ids whose names elsewhere speak against it."""

OFTEN = 4
"""How many times more often a name must be used for another id to be that id's name."""


class _Graph(TypedDict, total=False):
    _id: str
    disease: str
    disease_mesh: str
    drug: str
    drug_mesh: str
    drugbank: str


class _Link(TypedDict):
    key: str
    source: str
    target: str


class _Node(TypedDict, total=False):
    id: str
    label: str
    name: str
    alt_names: list[str]
    alt_ids: list[str]


class _Record(TypedDict):
    graph: _Graph
    links: list[_Link]
    nodes: list[_Node]
    references: list[str]


@dataclass(slots=True)
class DrugMechDb:
    """DrugMechDB's tables, and what other modules need of its names and drugs."""

    extract: Extract
    names: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Node id -> its names with their uses."""
    kinds: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Node id -> its categories with their uses."""
    roles: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Node id -> 'start' or 'end', where it is a record's drug or disease."""
    drugs: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """(start node, the record's DrugBank id) -> the record's drug names with their uses."""
    ids_by_name: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """(prefix, plain name) -> the well-formed ids that have it."""
    noted: set[tuple[str, str]] = field(default_factory=set)
    forms: list[tuple[str, str]] = field(default_factory=list)
    """(start node, DrugBank id), where the node is a salt or ester and another node the base."""


def extract(data: Path) -> DrugMechDb:
    """Read the archive."""
    out = Extract("drugmechdb", INFO)
    db = DrugMechDb(out)
    references: dict[tuple[str, str, str], list[set[str]]] = defaultdict(list)
    tallies = {kind: out.tally(f"drugmechdb: {kind}") for kind in ("records", "links", "nodes")}
    records = _records(data / ARCHIVE)
    for _, record in records:
        for node in record["nodes"]:
            id = _spelled(node["id"])
            if is_well_formed(id):
                db.ids_by_name[id.partition(":")[0], plain(node["name"])].add(id)
    for file, record in records:
        tallies["records"].read += 1
        _nodes(db, record, file)
        _links(db, record, file, references)
        tallies["records"].kept += 1
    for row in out.tables["statements"]:
        common = reduce(
            set.intersection, references[row["subject"], row["predicate"], row["object"]]
        )
        row["publications"] = "|".join(sorted(common))
    return db


def _records(path: Path) -> list[tuple[str, _Record]]:
    found = []
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            stream = archive.extractfile(member)
            if stream is None or not name.endswith(".yaml") or name == "_index.yaml":
                continue
            found.append((name, cast("_Record", load(stream.read().decode(), where=name))))
    return sorted(found, key=lambda item: item[0])


OTHER_DRUGS = {
    ("naltrexone", "mesh:D009270"): "drugbank:DB00704",  # naloxone
    ("low dose naltrexone", "mesh:D009270"): "drugbank:DB00704",
    ("ponatinib", "mesh:D004103"): "drugbank:DB08901",  # diiodohydroxyquinoline
    ("thioacetazone", "mesh:C107057"): "drugbank:DB12829",  # faropenem
    ("rifapentine", "mesh:C107057"): "drugbank:DB01201",
    ("prucalopride", "mesh:C004315"): "drugbank:DB06480",  # dantron
}
"""(a record's drug, a MeSH id that it gives it) -> the drug: the MeSH id is another drug's, named
behind. What such a record says must not become a statement of the other drug."""


def _curie(db: DrugMechDb, written: str, record: _Record) -> str:
    """An id of a record as a CURIE; one of a wrong shape is mended where only one reading fits."""
    curie = _spelled(written)
    meant = OTHER_DRUGS.get((clean(record["graph"]["drug"]).casefold(), curie))
    if meant is not None:
        noted = (curie, record["graph"]["_id"])
        if noted not in db.noted:
            db.noted.add(noted)
            found = {"id": curie, "name": record["graph"]["drug"], "record": noted[1]}
            db.extract.find("MeSH id of another drug, mended", **found, mended=meant)
        return meant
    if is_well_formed(curie):
        return curie
    prefix, _, local = curie.partition(":")
    names = [clean(node["name"]) for node in record["nodes"] if node["id"] == written]
    mended = _mended(db, prefix, local, record, names[0] if names else "")
    noted = (curie, record["graph"]["_id"])
    if noted not in db.noted:
        db.noted.add(noted)
        kind = "malformed id, mended" if mended else "malformed id, kept"
        found = {"id": curie, "name": names[0] if names else "", "record": noted[1]}
        db.extract.find(kind, **found, **({"mended": mended} if mended else {}))
    return mended or curie


def _spelled(written: str) -> str:
    """An id with the Bioregistry prefix of the database that it is of."""
    curie = normalize(clean(written))
    prefix, _, local = curie.partition(":")
    if prefix == "tigrfam" and local.isdigit():
        curie = f"tigrfam:TIGR{local}"
    elif prefix == "interpro" and local.startswith("SSF"):
        curie = f"supfam:{local}"  # SUPERFAMILY, a member database of InterPro
    elif prefix == "interpro" and local.startswith("cd"):
        curie = f"cdd:{local}"
    elif prefix == "drugbank" and local.startswith(("DBMET", "DBSALT")):
        curie = f"drugbank.{'metabolite' if local.startswith('DBMET') else 'salt'}:{local}"
    elif prefix == "uniprot" and re.fullmatch(r"\w+-\d+", local):
        curie = f"uniprot.isoform:{local}"
    return curie


def _mended(db: DrugMechDb, prefix: str, local: str, record: _Record, name: str) -> str:
    """The one well-formed id that the shape, the record's references or the name speak for."""
    if prefix == "drugbank":
        cited = re.findall(r"go\.drugbank\.com/drugs/(DB\d{5})", " ".join(_references(record)))
        digits = re.sub(r"\D", "", local)
        fits = {f"drugbank:{id}" for id in cited if one_edit(id[2:], digits)}
    elif prefix == "interpro":
        digits = re.sub(r"\D", "", local)
        fits = {f"interpro:IPR{digits}"} if len(digits) == 6 else set()
    else:
        namesakes = db.ids_by_name.get((prefix, plain(name)), set())
        fits = {id for id in namesakes if one_edit(id.partition(":")[2], local)}
    return min(fits) if len(fits) == 1 else ""


def one_edit(one: str, other: str) -> bool:
    """Whether two ids are equal but for one character too many or too few.

    >>> one_edit("P35354", "P3535"), one_edit("01047", "010473"), one_edit("P35354", "P35355")
    (True, True, False)
    """
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1:
        return False
    return short == long or any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _references(record: _Record) -> list[str]:
    return record.get("references") or []


def publications(references: list[str]) -> set[str]:
    """References as CURIEs where they are papers; DrugBank's pages, under its licence, left out.

    >>> sorted(publications(["https://pubmed.ncbi.nlm.nih.gov/15774254/",
    ...     "https://go.drugbank.com/drugs/DB02362", "DOI:10.2217/fmb.10.125"]))
    ['doi:10.2217/fmb.10.125', 'pubmed:15774254']
    """
    found = set()
    for reference in references:
        text = reference.strip().split("#")[0]
        paper = re.search(r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d+)", text)
        article = re.search(r"(PMC\d+)", text)
        doi = re.search(r"(?:doi\.org/|^DOI: ?)(?:https://doi\.org/)?(10\.\S+)", text)
        if "drugbank.com" in text:
            continue
        if paper:
            found.add(f"pubmed:{paper[1]}")
        elif article:
            found.add(f"pmc:{article[1]}")
        elif doi:
            found.add(f"doi:{doi[1].lower().rstrip('/')}")
        else:
            found.add(text.rstrip("/").replace("|", "%7C"))
    return found - {""}


def _nodes(db: DrugMechDb, record: _Record, file: str) -> None:
    tally = db.extract.tally("drugmechdb: nodes")
    for node in record["nodes"]:
        tally.read += 1
        tally.kept += 1
        id = _curie(db, node["id"], record)
        label = node["label"]
        if label not in CATEGORIES:
            raise RowError(file, 1, found=f"label {label!r}", expected=", ".join(CATEGORIES))
        db.kinds[id][CATEGORIES[label]] += 1
        db.names[id][clean(node["name"])] += 1
        for name in node.get("alt_names") or []:
            db.names[id][clean(name)] += 0
        for other in node.get("alt_ids") or []:
            _related(db, id, _curie(db, other, record), clean(node["name"]))


def _related(db: DrugMechDb, id: str, other: str, name: str) -> None:
    """Another id that a record gives for a node: a salt as often as the same, so a close match."""
    if other != id:
        db.extract.mapping(
            *(id, "skos:closeMatch", other),
            justification="semapv:ManualMappingCuration",
            subject_label=name,
        )


def _links(
    db: DrugMechDb,
    record: _Record,
    file: str,
    references: dict[tuple[str, str, str], list[set[str]]],
) -> None:
    out, graph = db.extract, record["graph"]
    where, cited = graph["_id"], publications(_references(record))
    ids = {node["id"] for node in record["nodes"]}
    listed = [m.strip() for m in graph.get("drug_mesh", "").split(",") if m.strip()]
    starts = [id for id in (*listed, graph.get("drugbank", "")) if id in ids]
    if not starts or graph["disease_mesh"] not in ids:
        raise RowError(file, 1, found="a drug or disease that is no node", expected="a node")
    start, end = _curie(db, starts[0], record), _curie(db, graph["disease_mesh"], record)
    db.roles[start].add("start")
    db.roles[end].add("end")
    code = _curie(db, graph["drugbank"], record) if graph.get("drugbank") else ""
    if code and code != start:
        db.drugs[start, code][clean(graph["drug"])] += 1
    for other in listed:
        _related(db, start, _curie(db, other, record), clean(graph["drug"]))

    def state(subject: str, predicate: str, object: str, key: str) -> None:
        references[subject, predicate, object].append(cited)
        out.statement(
            *(subject, predicate, object),
            source_record=where,
            original_predicate=key,
            knowledge_level="knowledge_assertion",
            agent_type="manual_agent",
        )

    tally = out.tally("drugmechdb: links")
    treated = True
    for position, link in enumerate(record["links"]):
        tally.read += 1
        subject, object = _curie(db, link["source"], record), _curie(db, link["target"], record)
        if object == end and (
            link["key"] == CONTRAINDICATED or (link["key"] == CAUSES and subject == start)
        ):
            treated = False
        if subject == object:
            tally.skipped["both ends are the same node"] += 1
            out.find("link from a node to itself", record=where, id=subject, key=link["key"])
            continue
        predicate = PREDICATES.get(link["key"])
        if predicate is None:
            raise RowError(file, 1, found=f"key {link['key']!r}", expected=", ".join(PREDICATES))
        if predicate.startswith("^"):
            subject, predicate, object = object, predicate[1:], subject
        if predicate == "treats" and subject != start:
            predicate = "affects"  # a step of a mechanism relieves the disease; it is no treatment
        tally.kept += 1
        state(subject, predicate, object, link["key"])
        out.tables["paths"].append(
            {
                "path": where,
                "start": start,
                "end": end,
                "position": str(position),
                "subject": subject,
                "predicate": predicate,
                "object": object,
            }
        )
    tally = out.tally("drugmechdb: indications")
    tally.read += 1
    if treated:
        tally.kept += 1
        state(start, "treats", end, "indication")
    else:
        tally.skipped["the record's own link says the drug harms"] += 1
        out.find("record of no treatment", record=where, drug=graph["drug"], name=graph["disease"])


def finish(db: DrugMechDb, names_elsewhere: dict[str, set[str]]) -> None:
    """Write concepts and names, given what the other sources call the ids.

    ``names_elsewhere``: id -> the names that other sources have for it, or for an id that they map
    exactly to it. A name that isn't an id's main name and is another id's, there or in far more
    records, is a mistake of a record or narrower than the id: it is listed, not kept.
    """
    _conflicts(db, names_elsewhere)
    out = db.extract
    owners: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for id, names in db.names.items():
        for name, uses in names.items():
            owners[id.partition(":")[0], plain(name)][id] += uses
    elsewhere: dict[tuple[str, str], set[str]] = defaultdict(set)
    for id, texts in names_elsewhere.items():
        for text in texts:
            elsewhere[id.partition(":")[0], plain(text)].add(id)
    tally = out.tally("drugmechdb: names")
    for id in sorted(db.names):
        out.concept(id, *_categories(db, id))
        folded = count_names(db.names[id])
        main, main_uses = folded[0]
        prefix = id.partition(":")[0]
        for i, (name, uses) in enumerate(folded):
            tally.read += 1
            key = (prefix, plain(name))
            others = {o for o, used in owners[key].items() if o != id and used > OFTEN * uses}
            theirs = elsewhere.get(key, set())
            if id not in theirs:
                others |= theirs
            doubted = uses < main_uses or bool(theirs)
            if i > 0 and others and doubted and plain(name) != plain(main):
                tally.skipped["the name is another id's"] += 1
                out.find("name is another id's", id=id, name=name, main=main, elsewhere=min(others))
                continue
            known = names_elsewhere.get(id, set())
            if i == 0 and others and known and not any(shares_a_word(name, k) for k in known):
                columns = {"id": id, "name": name, "known": min(known), "elsewhere": min(others)}
                out.find("main name is another id's", **columns)
            tally.kept += 1
            out.name(id, name, kind="preferred" if i == 0 else "synonym")


def _conflicts(db: DrugMechDb, names_elsewhere: dict[str, set[str]]) -> None:
    """Map each record's drug to its DrugBank id; list the ids that another drug seems to have.

    Nothing is decided here: the mapping carries the name that stood beside both ids, and a lower
    confidence where something speaks against it, so that identity resolution can refuse it.
    """
    owner: dict[str, set[str]] = defaultdict(set)
    for id, theirs in names_elsewhere.items():
        if id.startswith("drugbank:"):
            for name in theirs:
                owner[plain(name)].add(id)
    own: dict[str, set[str]] = defaultdict(set)
    for (_, id), texts in db.drugs.items():
        for name in texts:
            own[plain(name)].add(id)

    def agrees(start: str, code: str) -> bool:
        ours = db.drugs[start, code]
        return any(shares_a_word(name, k) for name in ours for k in names_elsewhere[code])

    for (start, code), names in sorted(db.drugs.items()):
        name, main = count_names(names)[0][0], count_names(db.names[start])[0][0]
        codes = {c for s, c in db.drugs if s == start}
        several = len(codes) > 1 and not shares_a_word(name, main)
        known = names_elsewhere.get(code)
        contradicted = bool(known) and not agrees(start, code)
        form = _is_form(db, start, code, names_elsewhere.get(code, set()))
        if form:
            db.forms.append((start, code))
        db.extract.mapping(
            *(start, "skos:broadMatch" if form else "skos:exactMatch", code),
            justification="semapv:ManualMappingCuration",
            confidence=DOUBTED if contradicted or several else "",
            subject_label=name,
            object_label=name,
        )
        if several:
            columns = {"id": start, "name": name, "main": main, "drugbank": code}
            db.extract.find("MeSH id of another drug", **columns)
        if not known or not contradicted:
            continue
        ours = [*db.drugs[start, code], *db.names[start]]
        right = {id for name in ours for id in owner[plain(name)] or own[plain(name)]} - {code}
        right |= {c for s, c in db.drugs if s == start and c != code and c in names_elsewhere
                  and agrees(s, c)}  # fmt: skip
        rivals = {s for s, c in db.drugs if c == code and s != start and agrees(s, c)}
        kind = "DrugBank id of another drug" if right or rivals else "DrugBank id, other name"
        db.extract.find(
            *(kind,),
            id=code,
            name=ours[0],
            node=start,
            elsewhere=min(known),
            expected="|".join(sorted(right)),
        )


def _is_form(db: DrugMechDb, start: str, code: str, known: set[str]) -> bool:
    """Whether a node is a salt or ester and another node of that DrugBank id is the base.

    With no such other node the DrugBank id stands for the form too, as it does in DrugBank.
    """
    base = plain(base_name(count_names(db.drugs[start, code])[0][0]))
    others = [count_names(n)[0][0] for (s, c), n in db.drugs.items() if c == code and s != start]
    bases = {plain(name) for name in others if not base_name(name)}
    return bool(base and bases) and base in bases | {plain(name) for name in known}


def _categories(db: DrugMechDb, id: str) -> list[str]:
    """A node's categories, most used first; never both a substance and a disease."""
    found = [kind for kind, _ in sorted(db.kinds[id].items(), key=lambda item: (-item[1], item[0]))]
    if "Drug" in found and "ChemicalEntity" in found:
        found.remove("ChemicalEntity")
    if "Disease" in found and SUBSTANCES & set(found):
        only = len(db.roles[id]) == 1
        disease = db.roles[id] == {"end"} if only else found[0] not in SUBSTANCES
        kept = [kind for kind in found if (kind not in SUBSTANCES) == disease]
        db.extract.find(
            "labelled both disease and substance",
            id=id,
            name=count_names(db.names[id])[0][0],
            kept=kept[0],
        )
        return kept
    return found
