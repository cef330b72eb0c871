"""Valid files of a few rows, cut out of synthetic releases or written by hand, one set a reader.

What is cut out stays whole: the rows of a few concepts with all that these name among themselves.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from kgmed.builders.synthetic import write
from kgmed.builders.synthetic.drugbank import XML_NAME
from kgmed.builders.umls.rrf import COLUMNS

Files = Mapping[str, bytes]
"""Relative path -> content."""

SCALE, SEED = 0.0001, 1
DRUGBANK = "{http://www.drugbank.ca}"
SNOMED_ROOT = "138875005"


def put(files: Files, folder: Path) -> Path:
    """Write files into a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@cache
def _whole(source: str) -> Files:
    with TemporaryDirectory() as folder:
        write(source, Path(folder), scale=SCALE, seed=SEED)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }


def _lines(data: bytes, keep: Callable[[list[str]], bool], separator: str) -> list[str]:
    lines = data.decode().splitlines(keepends=True)
    return [line for line in lines if keep(line.rstrip("\r\n").split(separator))]


# UMLS ---------------------------------------------------------------------------------------------


@cache
def umls() -> Files:
    """Four concepts with statements between them, and what became of two retired CUIs."""
    whole = _whole("umls")
    vocabularies = ("MTH", "NCI", "MSH", "SNOMEDCT_US", "MED-RT")
    pairs = [row.split("|") for row in whole["MRREL.RRF"].decode().splitlines()]
    first = next(r for r in pairs if r[7] == "may_treat" and r[14] == "N")
    second = next(r for r in pairs if r[4] == first[0] and r[7] == "isa" and r[14] == "N")
    defined = next(iter(whole["MRDEF.RRF"].decode().splitlines())).split("|")[0]
    cuis = {first[0], first[4], second[0], defined}
    named: Counter[str] = Counter()

    def is_named(row: list[str]) -> bool:
        """At most three English names of a concept, and its Chinese one."""
        ours = row[0] in cuis and row[11] in vocabularies and row[1] in {"ENG", "CHI"}
        named[row[0]] += ours
        return ours and (row[1] == "CHI" or named[row[0]] <= 3)

    looped: Counter[bool] = Counter()

    def is_related(row: list[str]) -> bool:
        """What is stated between these concepts, and one row within a concept."""
        inside = {row[0], row[4]} <= cuis
        looped[inside and row[0] == row[4]] += 1
        return inside and (row[0] != row[4] or looped[True] == 1)

    retired = whole["MRCUI.RRF"].decode().splitlines()
    merged = retired[0].split("|")
    merged[5] = first[0]
    keep: dict[str, Callable[[list[str]], bool]] = {
        "MRCONSO": is_named,
        "MRSTY": lambda row: row[0] in cuis,
        "MRDEF": lambda row: row[0] in cuis,
        "MRSAT": lambda row: row[0] in cuis,
        "MRREL": is_related,
        "MRSAB": lambda row: row[3] in vocabularies,
        "MRRANK": lambda row: row[1] in vocabularies[:4],
        "MRDOC": lambda row: row[1] in {"isa", "inverse_isa", "may_treat", "may_be_treated_by"},
    }
    files = {
        f"META/{name}.RRF": "".join(_lines(whole[f"{name}.RRF"], its, "|")).encode()
        for name, its in keep.items()
    }
    files["META/MRCUI.RRF"] = "\n".join(("|".join(merged), retired[3], "")).encode()
    return files


def umls_column(table: str, column: str) -> int:
    """The place of a column in a table's rows."""
    return COLUMNS[f"{table}.RRF"].index(column)


# SNOMED CT ----------------------------------------------------------------------------------------


@cache
def snomed(*, optional: bool = True) -> Files:
    """A few concepts and the root: each kind of row; without the optional files if so asked."""
    whole = {n: d for n, d in _whole("snomed").items() if n.startswith("Snapshot")}
    rows = {
        name: [line.split("\t") for line in data.decode().splitlines()[1:]]
        for name, data in whole.items()
    }

    def first(kind: str, column: int = 2, value: str = "1") -> list[str]:
        return next(r for n in rows if kind in n for r in rows[n] if r[column] == value)

    sited = first("_Relationship_", 7, "363698007")
    moved = first("Association", 4, "900000000000526001")
    concepts = {SNOMED_ROOT, *sited[4:6], *moved[5:7], first("ConcreteValues")[4]}
    concepts |= {first("ExtendedMap")[5], first("TextDefinition")[4]}
    for name in whole:
        if "Description_" in name:
            rows[name] = _a_few(rows[name])
    described = {
        row[0]
        for name in whole
        if "Description" in name or "TextDefinition" in name
        for row in rows[name]
        if row[4] in concepts
    }
    files = {}
    for name, data in whole.items():
        if optional or any(part in name for part in _REQUIRED):
            kept = [row for row in rows[name] if _belongs(name, row, concepts, described)]
            head = data.partition(b"\n")[0] + b"\n"
            files[name] = head + "".join("\t".join(row) + "\r\n" for row in kept).encode()
    return files


def _a_few(rows: list[list[str]]) -> list[list[str]]:
    """Three descriptions of each concept."""
    seen: Counter[str] = Counter()
    kept = []
    for row in rows:
        seen[row[4]] += 1
        if seen[row[4]] <= 3:
            kept.append(row)
    return kept


_REQUIRED = ("_Concept_", "_Description_", "_Relationship_", "_cRefset_Language")


def _belongs(
    name: str, row: list[str], concepts: Collection[str], described: Collection[str]
) -> bool:
    if "Language" in name:
        return row[5] in described
    if "Refset" in name:
        return row[5] in concepts
    if "Relationship_" in name:
        return row[4] in concepts and row[5] in concepts
    return row[0] in concepts if "_Concept_" in name else row[4] in concepts


# DrugBank -----------------------------------------------------------------------------------------


@cache
def drugbank(*, drugs: int = 3) -> Files:
    """A few drugs, each with one or two entries of every kind, as a file that has a drug a line."""
    ET.register_namespace("", DRUGBANK.strip("{}"))
    text = _whole("drugbank")[XML_NAME].decode()
    head = text[: text.index("<drug ")]
    root = ET.fromstring(text)  # noqa: S314  # made by kgmed itself
    lines = []
    for drug in list(root)[:drugs]:
        for part in drug:
            for entry in list(part)[2:]:
                part.remove(entry)
        whole = ET.tostring(drug, encoding="unicode")
        whole = whole.replace(f' xmlns="{DRUGBANK.strip("{}")}"', "", 1)
        lines.append("".join(line.strip() for line in whole.splitlines()) + "\n")
    return {"full database.xml": (head + "".join(lines) + "</drugbank>\n").encode()}


# CMeKG --------------------------------------------------------------------------------------------


@cache
def cmekg() -> Files:
    """The four shapes, a record a line; two of them in GB18030."""
    whole = _whole("cmekg")
    spo = json.loads(whole["spo_list.json"])[:5]
    records = json.loads(whole["records.json"].decode("gb18030"))[:5]
    dump = json.loads(whole["dump.json"])
    triples = whole["triples.csv"].decode("gb18030").splitlines(keepends=True)[:7]
    parts = ",\n".join(
        f'"{part}": [\n{_a_line(found[:3])}\n]' for part, found in list(dump.items())[:2]
    )
    return {
        "spo_list.json": f"[\n{_a_line(spo)}\n]\n".encode(),
        "records.json": f"[\n{_a_line(records)}\n]\n".encode("gb18030"),
        "records.jsonl": (_a_line(records).replace(",\n{", "\n{") + "\n").encode(),
        "dump.json": f"{{\n{parts}\n}}\n".encode(),
        "triples.csv": "".join(triples).encode("gb18030"),
    }


def _a_line(records: Iterable[object]) -> str:
    return ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)


# Written by hand ----------------------------------------------------------------------------------


def _table(*rows: str) -> bytes:
    return "".join("\t".join(row.split(" | ")) + "\n" for row in rows).encode()


KGX: Files = {
    "graph_nodes.tsv": _table(
        "id | category | name | synonym | xref",
        "DRUGBANK:DB00682 | biolink:Drug | Warfarin | Coumadin|华法林 | CHEBI:10033|cas:81-81-2",
        "DRUGBANK:DB00945 | biolink:Drug | Aspirin |  | ",
        "MONDO:0005136 | biolink:Disease | Malaria | Ague " + '"the" | DOID:12365',
        "HP:0001945 | biolink:PhenotypicFeature|biolink:Foo | Fever |  | ",
        "UniProtKB:P23219 | biolink:Protein | PTGS1 |  | ",
    ),
    "graph_edges.tsv": _table(
        "subject | predicate | object | negated | primary_knowledge_source | publications | dose",
        "DRUGBANK:DB00682 | biolink:interacts_with | DRUGBANK:DB00945 | false | infores:a |"
        " PMID:1|PMID:2 | 5 mg",
        "DRUGBANK:DB00945 | biolink:treats | HP:0001945 |  |  |  | ",
        "MONDO:0005136 | biolink:has_phenotype | HP:0001945 | False | infores:b |  | ",
        "DRUGBANK:DB00945 | biolink:treats | MONDO:0005136 | true |  | PMID:3 | ",
        "DRUGBANK:DB00945 | smells_of | UniProtKB:P23219 |  |  |  | ",
    ),
}

KGX_JSON: Files = {
    "graph_nodes.jsonl": "".join(
        json.dumps(row, ensure_ascii=False) + "\n"
        for row in (
            {"id": "DRUGBANK:DB00682", "category": ["biolink:Drug"], "name": "Warfarin",
             "synonym": ["Coumadin", "华法林"], "xref": ["CHEBI:10033"]},
            {"id": "DRUGBANK:DB00945", "category": "biolink:Drug", "name": "Aspirin"},
            {"id": "MONDO:0005136", "category": ["biolink:Disease"], "name": "Malaria\u2028"},
            {"id": "HP:0001945", "name": "Fever", "description": "hot"},
        )
    ).encode(),
    "graph_edges.jsonl": "".join(
        json.dumps(row, ensure_ascii=False) + "\n"
        for row in (
            {"subject": "DRUGBANK:DB00682", "predicate": "biolink:interacts_with",
             "object": "DRUGBANK:DB00945", "negated": False, "publications": ["PMID:1"]},
            {"subject": "DRUGBANK:DB00945", "predicate": "biolink:treats",
             "object": "HP:0001945", "dose": 5, "days": 2.5},
            {"subject": "MONDO:0005136", "predicate": "biolink:has_phenotype",
             "object": "HP:0001945", "qualifiers": None},
            {"subject": "DRUGBANK:DB00945", "predicate": "biolink:treats",
             "object": "MONDO:0005136", "negated": True},
        )
    ).encode(),
}  # fmt: skip

SSSOM: Files = {
    "pairs.sssom.tsv": b"#curie_map:\n#  WARD: https://ward.example/\n#license: CC0\n"
    b"#mapping_set_version: 2026-01-01\n"
    + _table(
        "subject_id | subject_label | predicate_id | object_id | mapping_justification | confidence"
        " | predicate_modifier | comment",
        "MONDO:0005136 | malaria | skos:exactMatch | DOID:12365 | semapv:LexicalMatching | 0.9 |"
        "  | ",
        'MONDO:0000001 | "disease, ""any""" | skos:broadMatch | WARD:1 |'
        " semapv:ManualMappingCuration |  |  | two words",
        "MONDO:0005148 | type 2 diabetes | skos:exactMatch | DOID:9352 |"
        " semapv:ManualMappingCuration | 1 |  | ",
        "MONDO:0005147 | type 1 diabetes | skos:exactMatch | DOID:9352 |"
        " semapv:ManualMappingCuration | 0.5 | Not | ",
        "HP:0001945 | 发热 | skos:closeMatch | SYMP:0000613 | semapv:LexicalMatching |  |  | ",
    )
}

TABLES_MAPPING = """
name = "Ward list"
infores = "infores:ward"
release = "2026"
licence = "CC0-1.0"

[[nodes]]
path = "drugs.csv"
id = { column = "id", prefix = "drugbank" }
name = "name"
category = { constant = "Drug" }
synonyms = { column = "other", separator = ";" }

[[edges]]
path = "effects.tsv"
subject = { column = "drug", prefix = "drugbank" }
predicate = { column = "does", values = { cures = "treats" } }
object = "disease"
qualifiers = { dose = "dose" }

[[edges]]
path = "doses.csv"
where = { live = ["1"] }
distinct = true
subject = { column = "drug", prefix = "drugbank" }
predicate = { constant = "has_dosage" }
value = "dose"
"""

TABLES: Files = {
    "drugs.csv": 'id,name,other,note\nDB00682,Warfarin,Coumadin;华法林,\nDB00945,"Aspirin, tablet",'
    ',x\nDB00316,"The ""para""",,\nDB01050,Ibuprofen,Advil,"two, or three"\n'.encode(),
    "effects.tsv": _table(
        "drug | does | disease | dose",
        "DB00945 | cures | HP:0001945 | 5 mg",
        "DB00682 | interacts_with | drugbank:DB00945 | ",
        'DB00316 | cures | MONDO:0005136 | "5',
        "DB01050 | smells_of | HP:0002315 | ",
    ),
    "doses.csv": b"drug,dose,live\nDB00682,5 mg,1\nDB00682,5 mg,1\nDB00945,1 g,0\n"
    b"DB00945,75 mg,1\n",
}

OBO: Files = {
    "ward.obo": b"""format-version: 1.2
data-version: releases/2026-01-01
ontology: doid

[Term]
id: DOID:4
name: disease

[Term]
id: DOID:0050117
name: disease by infectious agent
def: "A disease \\"caused\\" by an agent." [url:x]
synonym: "infection" EXACT []
synonym: "bug" RELATED []
xref: MESH:D003141
xref: UMLS_CUI:C0009450
is_a: DOID:4 ! disease

[Term]
id: DOID:12365
name: malaria
is_a: DOID:0050117 {source="x"} ! disease by infectious agent
relationship: RO:0002200 HP:0001945 ! has phenotype

[Term]
id: DOID:14067
name: Plasmodium falciparum malaria
alt_id: DOID:99999
is_a: DOID:12365

[Term]
id: DOID:99
name: obsolete ague
is_obsolete: true
replaced_by: DOID:12365

[Typedef]
id: RO:0002200
name: has phenotype
"""
}

OBO_GRAPH: Files = {
    "ward.json": json.dumps(
        {
            "graphs": [
                {
                    "id": "http://purl.obolibrary.org/obo/doid.owl",
                    "meta": {"version": "http://x/2026-01-01/doid.owl"},
                    "nodes": [
                        {"id": "http://purl.obolibrary.org/obo/DOID_4", "lbl": "disease",
                         "type": "CLASS"},
                        {"id": "http://purl.obolibrary.org/obo/DOID_12365", "lbl": "malaria",
                         "type": "CLASS",
                         "meta": {"definition": {"val": "A disease.", "xrefs": ["url:x"]},
                                  "synonyms": [{"pred": "hasExactSynonym", "val": "ague"}],
                                  "xrefs": [{"val": "MESH:D008288"}]}},
                        {"id": "http://purl.obolibrary.org/obo/DOID_99", "lbl": "old",
                         "type": "CLASS", "meta": {"deprecated": True}},
                    ],
                    "edges": [
                        {"sub": "http://purl.obolibrary.org/obo/DOID_12365", "pred": "is_a",
                         "obj": "http://purl.obolibrary.org/obo/DOID_4"}
                    ],
                }
            ]
        },
        indent=1,
    ).encode()
}  # fmt: skip

_IRI = "http://purl.obolibrary.org/obo/"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_OIO = "http://www.geneontology.org/formats/oboInOwl#"
_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_CLASS = "<http://www.w3.org/2002/07/owl#Class>"

RDF_LINES: Files = {
    "ward.nt": "".join(
        f"{line} .\n"
        for line in (
            f"<{_IRI}DOID_4> {_TYPE} {_CLASS}",
            f'<{_IRI}DOID_4> <{_RDFS}label> "disease"@en',
            f"<{_IRI}DOID_12365> {_TYPE} {_CLASS}",
            f'<{_IRI}DOID_12365> <{_RDFS}label> "malaria"',
            f'<{_IRI}DOID_12365> <{_RDFS}label> "疟疾"@zh',
            f"<{_IRI}DOID_12365> <{_RDFS}subClassOf> <{_IRI}DOID_4>",
            f'<{_IRI}DOID_12365> <{_OIO}hasDbXref> "MESH:D1"',
        )
    ).encode()
}

RDF_TURTLE: Files = {
    "ward.ttl": f"""@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <{_RDFS}> .
@prefix doid: <{_IRI}DOID_> .
doid:4 a owl:Class ; rdfs:label "disease" .
doid:12365 a owl:Class ; rdfs:label "malaria", "疟疾"@zh ;
  rdfs:subClassOf doid:4,
    [ a owl:Restriction ; owl:onProperty <{_IRI}RO_0002200> ; owl:someValuesFrom <{_IRI}HP_1> ] .
""".encode()
}

RDF_XML: Files = {
    "ward.owl": f"""<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY obo "{_IRI}"> ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="{_RDFS}"
  xmlns:owl="http://www.w3.org/2002/07/owl#">
<owl:Class rdf:about="&obo;DOID_4"><rdfs:label>disease</rdfs:label></owl:Class>
<owl:Class rdf:about="{_IRI}DOID_12365">
<rdfs:label xml:lang="zh">疟疾</rdfs:label>
<rdfs:subClassOf rdf:resource="{_IRI}DOID_4"/>
</owl:Class>
</rdf:RDF>
""".encode()
}
