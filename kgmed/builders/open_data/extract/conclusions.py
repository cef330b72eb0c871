"""What kgmed concludes from the sources' drug names, and states in its own name.

Three things, each from names and lists that anyone can read: which drug is a salt or ester of which
(``form_of``), which NDF-RT drug is which DrugBank or MeSH drug where no mapping file says so (equal
names, :data:`semapv:LexicalMatching`), and which drugs NDF-RT speaks of by their class only. What
follows from DrugCentral's names alone goes into DrugCentral's tables.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from kgmed.builders.open_data.extract.common import Extract, count_names, plain, shares_a_word
from kgmed.builders.open_data.extract.drugcentral import DrugCentral
from kgmed.builders.open_data.extract.drugmechdb import SUBSTANCES, DrugMechDb
from kgmed.builders.open_data.extract.ndfrt import Ndfrt
from kgmed.builders.open_data.extract.other_names import OTHER_NAMES
from kgmed.builders.open_data.extract.pharmacotherapydb import PharmacotherapyDb
from kgmed.builders.open_data.extract.salts import base_name
from kgmed.builders.source import SourceInfo

INFO = SourceInfo(
    infores="infores:kgmed",
    name="kgmed's names and curated statements",
    release="0.1.0",
    licence="Apache-2.0",
    url="https://github.com/kgmed/kgmed",
    attribution="The kgmed authors.",
)

LEXICAL_CONFIDENCE = "0.9"

HELD_AS_CLASS: dict[str, tuple[str, ...]] = {
    "digitalis": ("digoxin", "digitoxin"),
    "penicillin": ("benzylpenicillin", "penicillin g", "phenoxymethylpenicillin", "penicillin v"),
    "insulin": (
        "insulin human",
        "insulin regular",
        "insulin lispro",
        "insulin aspart",
        "insulin glargine",
        "insulin glulisine",
        "insulin detemir",
        "insulin degludec",
    ),
    "interferon": (
        "interferon alfa-2a",
        "interferon alfa-2b",
        "interferon alfa-n1",
        "interferon alfa-n3",
        "interferon alfacon-1",
        "interferon beta-1a",
        "interferon beta-1b",
        "interferon gamma-1b",
        "peginterferon alfa-2a",
        "peginterferon alfa-2b",
    ),
    "estrogens": ("conjugated estrogens", "estradiol", "estrone", "estropipate", "estriol"),
    "vitamin K": ("phytonadione", "phylloquinone", "menadione"),
}
"""NDF-RT drug that is a class -> names of drugs in it. NDF-RT states interactions of the class and
has none for these drugs (digoxin), or few. Members are well-known; reviewed by hand."""

_CONCLUDED = {
    "primary_knowledge_source": INFO.infores,
    "knowledge_level": "logical_entailment",
    "agent_type": "automated_agent",
}
_CURATED = {
    "primary_knowledge_source": INFO.infores,
    "knowledge_level": "knowledge_assertion",
    "agent_type": "manual_agent",
}


@dataclass(slots=True)
class Drugs:
    """Every drug name of the sources but NDF-RT, and whose id it is."""

    open: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Plain name -> DrugBank ids in sources without share-alike."""
    share_alike: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Plain name -> DrugBank ids in DrugCentral."""
    mesh: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Plain name -> MeSH ids of substances in DrugMechDB."""
    label: dict[str, str] = field(default_factory=dict)
    """DrugBank id -> its name in a source without share-alike."""

    def find(self, names: set[str]) -> tuple[str, bool]:
        """The one id that has one of ``names``, and whether only DrugCentral says so."""
        for table, share_alike in ((self.open, False), (self.share_alike, True)):
            found = {id for name in names for id in table.get(name, ())}
            if found:
                return (min(found), share_alike) if len(found) == 1 else ("", False)
        found = {id for name in names for id in self.mesh.get(name, ())}
        return (min(found), False) if len(found) == 1 else ("", False)


def collect(
    drugmechdb: DrugMechDb, pharmacotherapydb: PharmacotherapyDb, drugcentral: DrugCentral
) -> Drugs:
    """Index the sources' drugs by name; pairs of id and name in conflict are left out."""
    drugs = Drugs()
    for id, name in pharmacotherapydb.drugs.items():
        drugs.open[plain(name)].add(id)
        drugs.label[id] = name
    for id, name in drugcentral.drugs.items():
        drugs.share_alike[plain(name)].add(id)
    refused = {
        (row["node"], row["id"])
        for row in drugmechdb.extract.findings.get("DrugBank id of another drug", ())
    }
    for (start, id), names in sorted(drugmechdb.drugs.items()):
        if (start, id) not in refused:
            for name in names:
                drugs.open[plain(name)].add(id)
            drugs.label.setdefault(id, count_names(names)[0][0])
    for id, texts in drugmechdb.names.items():
        prefix = id.partition(":")[0]
        name = count_names(texts)[0][0]
        if prefix == "drugbank":
            drugs.open[plain(name)].add(id)
            drugs.label.setdefault(id, name)
        elif prefix == "mesh" and SUBSTANCES & set(drugmechdb.kinds[id]):
            drugs.mesh[plain(name)].add(id)
    for id, others in OTHER_NAMES.items():
        for name in others:
            drugs.open[plain(name)] = {id}
    return drugs


def extract(
    ndfrt: Ndfrt, drugmechdb: DrugMechDb, drugs: Drugs, drugcentral: DrugCentral
) -> Extract:
    """Add NDF-RT's DrugBank mappings, and make kgmed's own statements and mappings."""
    out = Extract("kgmed", INFO)
    for id, names in OTHER_NAMES.items():
        out.concept(id, "Drug")
        for name in names:
            out.name(id, name)
    _assigned(ndfrt, drugs)
    _lexical(ndfrt, drugs, out, drugcentral)
    _forms(ndfrt, drugs, out, drugcentral.extract)
    tally = out.tally("DrugMechDB salts and esters beside their bases")
    for node, code in drugmechdb.forms:
        tally.read += 1
        tally.kept += 1
        out.concept(code, "Drug")
        out.statement(node, "form_of", code, **_CONCLUDED)
    _classes(ndfrt, drugs, out)
    return out


def _assigned(ndfrt: Ndfrt, drugs: Drugs) -> None:
    """NDF-RT's DrugBank ids: a salt's id is its base's in that file, so the match is broader."""
    for nui, code in sorted(ndfrt.drugbank.items()):
        name, id = ndfrt.names[nui][0], f"drugbank:{code}"
        label = drugs.label.get(id, "")
        base = base_name(name)
        salt_of_base = bool(base) and plain(label) != plain(name)
        same = {plain(other) for other in OTHER_NAMES.get(id, ())}
        if label and not shares_a_word(name, label) and plain(name) not in same:
            columns = {"id": id, "name": name, "node": f"ndfrt:{nui}", "elsewhere": label}
            others = drugs.open.get(plain(name), set()) - {id}
            kind = "DrugBank id of another drug" if others else "DrugBank id, other name"
            ndfrt.extract.find(kind, **columns, expected="|".join(sorted(others)))
        ndfrt.extract.mapping(
            f"ndfrt:{nui}",
            "skos:broadMatch" if salt_of_base else "skos:exactMatch",
            id,
            justification="semapv:UnspecifiedMatching",
            subject_label=name,
            object_label=label,
        )


def _groups(ndfrt: Ndfrt) -> list[list[str]]:
    """NUIs that one RxCUI joins, the interacting one first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for nui in sorted(ndfrt.names, key=lambda nui: (nui not in ndfrt.interacting, nui)):
        groups[ndfrt.rxcui.get(nui, nui)].append(nui)
    return list(groups.values())


def _lexical(ndfrt: Ndfrt, drugs: Drugs, out: Extract, drugcentral: DrugCentral) -> None:
    share_alike, central = drugcentral.extract, drugcentral.drugs
    tally = out.tally("NDF-RT drugs by name")
    for group in _groups(ndfrt):
        tally.read += 1
        if any(nui in ndfrt.drugbank and not base_name(ndfrt.names[nui][0]) for nui in group):
            tally.skipped["NDF-RT's mapping file has its DrugBank id"] += 1
            continue
        names = {plain(name) for nui in group for name in ndfrt.names[nui]}
        id, only_drugcentral = drugs.find(names)
        if not id:
            tally.skipped["no other source has a drug of that name, or several have"] += 1
            continue
        tally.kept += 1
        target = share_alike if only_drugcentral else out
        target.mapping(
            *(f"ndfrt:{group[0]}", "skos:exactMatch", id),
            justification="semapv:LexicalMatching",
            confidence=LEXICAL_CONFIDENCE,
            subject_label=ndfrt.names[group[0]][0],
            object_label=drugs.label.get(id) or (central[id] if only_drugcentral else ""),
        )


def _forms(ndfrt: Ndfrt, drugs: Drugs, out: Extract, share_alike: Extract) -> None:
    tally = out.tally("NDF-RT salts and esters")
    bases: dict[str, str] = {}
    for group in _groups(ndfrt):
        for nui in group:
            for name in ndfrt.names[nui]:
                bases.setdefault(plain(name), group[0])
    for group in _groups(ndfrt):
        forms = [nui for nui in group if base_name(ndfrt.names[nui][0])]
        if not forms:
            continue
        tally.read += 1
        nui = forms[0]
        name = ndfrt.names[nui][0]
        base = base_name(name)
        target, object = out, f"ndfrt:{bases.get(plain(base), '')}"
        if object == f"ndfrt:{group[0]}":
            tally.skipped["RxNorm has one id for the salt and the base"] += 1
            out.find("salt and base share an RxCUI", id=f"ndfrt:{nui}", name=name)
            continue
        if object == "ndfrt:":
            object, only_drugcentral = drugs.find({plain(base)})
            target = share_alike if only_drugcentral else out
        if not object:
            tally.skipped["no source has an id of the base"] += 1
            out.find("salt without a base", id=f"ndfrt:{nui}", name=name, base=base)
            continue
        tally.kept += 1
        if not object.startswith("ndfrt:"):
            target.concept(object, "Drug")
            target.name(object, base)
        target.statement(f"ndfrt:{nui}", "form_of", object, **_CONCLUDED)


def _classes(ndfrt: Ndfrt, drugs: Drugs, out: Extract) -> None:
    tally = out.tally("NDF-RT drugs that are classes")
    nui_of = {plain(name): nui for nui in sorted(ndfrt.interacting) for name in ndfrt.names[nui]}
    for drug_class, members in HELD_AS_CLASS.items():
        for name in members:
            tally.read += 1
            id, only_drugcentral = drugs.find({plain(name)})
            member = f"ndfrt:{nui_of[plain(name)]}" if plain(name) in nui_of else id
            if not member or (only_drugcentral and not member.startswith("ndfrt:")):
                tally.skipped["no open source has a drug of that name"] += 1
                continue
            tally.kept += 1
            out.concept(member, "Drug")
            out.name(member, name)
            out.statement(
                *(member, "in_drug_class", f"ndfrt:{nui_of[plain(drug_class)]}"), **_CURATED
            )
    for drug_class in HELD_AS_CLASS:
        out.concept(f"ndfrt:{nui_of[plain(drug_class)]}", "DrugClass")
