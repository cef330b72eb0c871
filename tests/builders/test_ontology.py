"""Ontologies: what is read of OBO, OBO Graph JSON and RDF, what is counted, what is refused.

The extra ``ontology`` (pyobo, rdflib) is needed; the real files are in ``../shared/data/open``.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgmed.builders.ontology import OboSource, RdfSource
from kgmed.builders.ontology.categories import categories_of
from kgmed.builders.ontology.iris import Iris
from kgmed.builders.pipeline import build
from kgmed.builders.source import Source, SourceInfo, TableName, schema
from kgmed.kg.errors import DataError, KgmedError, MissingExtra, RowError

REAL = Path(__file__).parents[3] / "shared" / "data" / "open"
Row = dict[str, Any]


@pytest.fixture
def _pyobo() -> None:
    pytest.importorskip("pyobo", reason="needs the extra 'ontology'")


@pytest.fixture
def _rdflib() -> None:
    pytest.importorskip("rdflib", reason="needs the extra 'ontology'")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every attempt to reach another machine."""
    tried: list[Any] = []

    def refuse(*given: Any, **_named: Any) -> None:
        tried.append(given)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


def read(source: Source, table: TableName) -> list[Row]:
    found = []
    for batch in source.batches(table):
        assert batch.schema == schema(table)
        found += batch.to_pylist()
    assert all(tally.adds_up for tally in source.tallies.values())
    return found


def said(source: Source) -> set[tuple[str, str, str]]:
    rows = read(source, "statements")
    return {(row["subject"], row["predicate"], row["object"] or row["value"]) for row in rows}


def mapped(source: Source) -> set[tuple[str, str, str]]:
    return {(r["subject"], r["predicate"], r["object"]) for r in read(source, "mappings")}


def named(source: Source) -> set[tuple[str, str, str, str]]:
    return {(r["id"], r["text"], r["language"], r["kind"]) for r in read(source, "names")}


HEADER = """format-version: 1.2
data-version: doid/releases/2026-07-31/doid.obo
property_value: http://purl.org/dc/terms/license "https://creativecommons.org/licenses/by/4.0/" xsd:string
import: http://example.org/never-fetched.obo
ontology: doid
"""  # noqa: E501
TERMS = r"""
[Term]
id: DOID:4
name: disease
def: "A \"state\"\, of sorts." [url:http\://example.org]
synonym: "illness" EXACT []
synonym: "DIS" EXACT OMO:0003012 []
synonym: "疾病" EXACT []
synonym: "ailment" RELATED []
synonym: "mishap" NARROW []
alt_id: DOID:5
xref: MESH:D004194 {source="x"}
xref: SNOMEDCT_US_2025_09_01:64572001
xref: PMID:123
xref: ICD11:2A81.Z
xref: ICD9CM:230-234.99
property_value: skos:broadMatch NCIT:C2991
equivalent_to: MONDO:0000001

[Term]
id: DOID:162
name: cancer
is_a: DOID:4 {source="x"} ! disease
relationship: has_symptom SYMP:0000613 ! fever
relationship: RO:0002200 HP:0001945
relationship: smells_of HP:0000002

[Term]
id: DOID:9
name: obsolete thing
synonym: "gone" EXACT []
is_obsolete: true
replaced_by: DOID:162

[Term]
id: DOID:10
name: obsolete other
is_obsolete: true
replaced_by: DOID:4
replaced_by: DOID:162

[Term]
id: UBERON:0000178
name: blood

[Typedef]
id: smells_of
name: smells of
"""


def obo(folder: Path, text: str = HEADER + TERMS, **options: Any) -> OboSource:
    path = folder / "d.obo"
    path.write_text(text, encoding="utf-8")
    return OboSource(path, **options)


@pytest.mark.usefixtures("_pyobo")
class TestObo:
    """OBO files."""

    def test_it_is_a_source(self, tmp_path: Path) -> None:
        assert isinstance(obo(tmp_path), Source)

    def test_terms_are_concepts_and_obsolete_ones_are_not(self, tmp_path: Path) -> None:
        source = obo(tmp_path)
        concepts = {row["id"]: row["categories"] for row in read(source, "concepts")}
        assert concepts == {
            "doid:4": ["Disease"],
            "doid:162": ["Disease"],
            "uberon:0000178": ["AnatomicalEntity"],
        }
        tally = source.tallies["d.obo"]
        assert (tally.read, tally.kept, tally.skipped) == (5, 3, {"obsolete term": 2})

    def test_exact_synonyms_are_names_and_others_are_counted(self, tmp_path: Path) -> None:
        source = obo(tmp_path)
        assert {name for name in named(source) if name[0] == "doid:4"} == {
            ("doid:4", "disease", "en", "preferred"),
            ("doid:4", "illness", "en", "synonym"),
            ("doid:4", "DIS", "en", "abbreviation"),
            ("doid:4", "疾病", "zh", "synonym"),
        }
        assert source.tallies["d.obo: synonyms"].skipped == {
            "RELATED synonym": 1,
            "NARROW synonym": 1,
        }

    def test_is_a_relationships_and_definitions_are_statements(self, tmp_path: Path) -> None:
        source = obo(tmp_path)
        assert said(source) == {
            ("doid:4", "has_definition", 'A "state", of sorts.'),
            ("doid:162", "subclass_of", "doid:4"),
            ("doid:162", "has_symptom", "symp:0000613"),
            ("doid:162", "has_phenotype", "hp:0001945"),
            ("doid:162", "smells_of", "hp:0000002"),
        }
        assert source.findings["predicate that predicates.toml lacks"] == [
            {"predicate": "smells_of", "count": "1"}
        ]

    def test_other_ids_are_mappings(self, tmp_path: Path) -> None:
        source = obo(tmp_path)
        assert mapped(source) == {
            ("doid:4", "oboInOwl:hasDbXref", "mesh:D004194"),
            ("doid:4", "oboInOwl:hasDbXref", "snomedct:64572001"),
            ("doid:4", "oboInOwl:hasDbXref", "icd11:2A81.Z"),
            ("doid:4", "skos:broadMatch", "ncit:C2991"),
            ("doid:4", "owl:equivalentClass", "mondo:0000001"),
            ("doid:5", "IAO:0100001", "doid:4"),
            ("doid:9", "IAO:0100001", "doid:162"),
            ("doid:10", "IAO:0100001", "doid:4"),
            ("doid:10", "IAO:0100001", "doid:162"),
        }
        editorial = [r for r in read(source, "mappings") if r["predicate"] == "IAO:0100001"]
        assert {(r["confidence"], r["subject_label"]) for r in editorial} == {(1.0, "")}

    def test_what_pyobo_leaves_out_is_counted_and_listed(self, tmp_path: Path) -> None:
        source = obo(tmp_path)
        read(source, "mappings")
        assert source.tallies["d.obo: xrefs"].skipped == {
            "a publication or a page": 1,
            "an id that pyobo doesn't read": 1,
        }
        assert source.findings["xref that pyobo doesn't read"] == [
            {"xref": "ICD9CM:230-234.99", "count": "1"}
        ]

    def test_release_and_licence_are_the_headers_unless_given(self, tmp_path: Path) -> None:
        info = obo(tmp_path).info
        assert (info.infores, info.release, info.licence) == (
            "infores:disease-ontology",
            "2026-07-31",
            "CC-BY-4.0",
        )
        given = SourceInfo("infores:x", "X", "", "CC0-1.0")
        assert obo(tmp_path, info=given).info == SourceInfo(
            "infores:x", "X", "2026-07-31", "CC0-1.0"
        )

    def test_nothing_is_fetched(self, tmp_path: Path, no_network: list[Any]) -> None:
        source = obo(tmp_path)
        assert len(read(source, "concepts")) == 3
        assert not no_network
        assert source.findings["ontology imported, not read"] == [
            {"import": "http://example.org/never-fetched.obo"}
        ]

    def test_pyobo_prints_nothing(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        read(obo(tmp_path), "concepts")
        assert capfd.readouterr() == ("", "")

    def test_one_prefix_only(self, tmp_path: Path) -> None:
        source = obo(tmp_path, prefix="DOID")
        assert {row["id"] for row in read(source, "concepts")} == {"doid:4", "doid:162"}
        assert source.tallies["d.obo"].skipped["a term of another prefix"] == 1

    def test_a_category_of_ones_own(self, tmp_path: Path) -> None:
        rows = read(obo(tmp_path, category="PhenotypicFeature"), "concepts")
        assert {tuple(row["categories"]) for row in rows} == {("PhenotypicFeature",)}

    def test_gzip_says_the_same(self, tmp_path: Path) -> None:
        plain = obo(tmp_path)
        packed = tmp_path / "d.obo.gz"
        packed.write_bytes(gzip.compress(plain.path.read_bytes()))
        assert said(OboSource(packed)) == said(plain)

    def test_a_prefix_that_the_bioregistry_lacks_is_refused_with_a_way_out(
        self, tmp_path: Path
    ) -> None:
        text = "ontology: wardzz\n\n[Term]\nid: WARDZZ:1\nname: x\n"
        with pytest.raises(DataError, match=r"ids of WARDZZ, expected.*type = .rdf."):
            read(obo(tmp_path, text), "concepts")

    def test_a_stanza_that_starts_wrong_costs_not_the_one_before_it(self, tmp_path: Path) -> None:
        text = "[Term]\nid: DOID:4\nname: disease\n\n[T\udce5rm]\nid: DOID:5\nname: x\n"
        path, aside = tmp_path / "d.obo", tmp_path / "aside.tsv"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        source = OboSource(path, on_error="skip", quarantine=aside)
        assert [row["id"] for row in read(source, "concepts")] == ["doid:4"]
        assert source.tallies["d.obo"].skipped == {"not UTF-8": 1}
        assert aside.read_bytes().endswith(b"\t5\tnot UTF-8\t[T\xe5rm]\n")

    def test_an_obo_file_builds_a_graph(self, tmp_path: Path) -> None:
        made = build([obo(tmp_path)], tmp_path / "graph")
        counts = made.snapshot.manifest["counts"]
        assert (counts["statements"], counts["values"]) == (4, 1)

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("nonsense", r"line 4: found 'nonsense', expected a clause"),
            ("synonym: illness EXACT []", r"line 4: .*expected a text in quotes"),
            ("relationship: part_of", r"line 4: .*expected a relation and an id"),
            ("xref:", r"line 4: found an empty xref"),
            ("name: again", r"line 4: found a second name"),
            ("\n[Term\nid: DOID:5", r"line 5: found '\[Term', expected the start of a stanza"),
            ("\n[Term]\nname: x", r"line 5: found \[Term\] without an id"),
            ("\n[Term]\nid: DOID:4", r"line 5: found a second \[Term\] DOID:4"),
        ],
    )
    def test_a_bad_line_is_an_error_or_set_aside(
        self, tmp_path: Path, line: str, says: str
    ) -> None:
        text = f"[Term]\nid: DOID:4\nname: disease\n{line}\n\n[Term]\nid: DOID:7\nname: y\n"
        with pytest.raises(RowError, match=says):
            read(obo(tmp_path, text), "concepts")
        aside = tmp_path / "aside.tsv"
        source = obo(tmp_path, text, on_error="skip", quarantine=aside)
        assert "doid:7" in {row["id"] for row in read(source, "concepts")}
        tally = source.tallies["d.obo"]
        assert tally.adds_up
        assert tally.read == tally.kept + 1
        assert len(aside.read_text().splitlines()) == 2

    def test_another_format_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"'.owl', expected .obo or .json.*type = .rdf."):
            OboSource(tmp_path / "d.owl")
        with pytest.raises(RowError, match=r"line 1: found .<\?xml.*Is this an OBO file"):
            read(obo(tmp_path, "<?xml version='1.0'?>\n"), "concepts")
        with pytest.raises(DataError, match=r"found no \[Term\]"):
            read(obo(tmp_path, "ontology: doid\n"), "concepts")

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(cut=st.integers(0, 10**6), put=st.binary(max_size=16))
    def test_any_bytes_are_read_or_refused_in_kgmeds_words(
        self, tmp_path: Path, cut: int, put: bytes
    ) -> None:
        data = (HEADER + TERMS).encode()
        cut %= len(data)
        path = tmp_path / "m.obo"
        path.write_bytes(data[:cut] + put + data[cut + len(put) :])
        try:
            source = OboSource(path, on_error="skip")
            for table in ("concepts", "names", "mappings", "statements"):
                read(source, table)
        except KgmedError:
            pass


def graph_json(folder: Path, **changes: Any) -> Path:
    base = "http://purl.obolibrary.org/obo/"
    meta = {
        "definition": {"val": "Not well.", "xrefs": []},
        "synonyms": [
            {"pred": "hasExactSynonym", "val": "illness", "xrefs": []},
            {"pred": "hasRelatedSynonym", "val": "ailment", "xrefs": []},
        ],
        "xrefs": [{"val": "UMLS_CUI:C0012634"}, {"val": "ICD9CM:230-234.99"}],
    }
    gone = {
        "deprecated": True,
        "basicPropertyValues": [{"pred": f"{base}IAO_0100001", "val": f"{base}DOID_4"}],
    }
    nodes = [
        {"id": f"{base}DOID_4", "lbl": "disease", "type": "CLASS", "meta": meta},
        {"id": f"{base}DOID_162", "lbl": "cancer", "type": "CLASS"},
        {"id": f"{base}DOID_9", "lbl": "obsolete x", "type": "CLASS", "meta": gone},
        {"id": f"{base}RO_0002200", "lbl": "has phenotype", "type": "PROPERTY"},
    ]
    edges = [
        {"sub": f"{base}DOID_162", "pred": "is_a", "obj": f"{base}DOID_4"},
        {"sub": f"{base}DOID_162", "pred": f"{base}RO_0002200", "obj": f"{base}HP_0002664"},
    ]
    about = {
        "version": f"{base}doid/releases/2026-07-31/doid.json",
        "basicPropertyValues": [
            {
                "pred": "http://purl.org/dc/terms/license",
                "val": "https://creativecommons.org/publicdomain/zero/1.0/",
            }
        ],
    }
    graph = {"id": f"{base}doid.json", "meta": about, "nodes": nodes, "edges": edges} | changes
    path = folder / "d.json"
    path.write_text(json.dumps({"graphs": [graph]}), encoding="utf-8")
    return path


@pytest.mark.usefixtures("_pyobo")
class TestOboGraph:
    """OBO Graph JSON."""

    def test_it_says_what_obo_says(self, tmp_path: Path, no_network: list[Any]) -> None:
        source = OboSource(graph_json(tmp_path))
        assert {row["id"] for row in read(source, "concepts")} == {"doid:4", "doid:162"}
        assert said(source) == {
            ("doid:4", "has_definition", "Not well."),
            ("doid:162", "subclass_of", "doid:4"),
            ("doid:162", "has_phenotype", "hp:0002664"),
        }
        assert ("doid:4", "illness", "en", "synonym") in named(source)
        assert ("doid:4", "oboInOwl:hasDbXref", "umls:C0012634") in mapped(source)
        assert ("doid:9", "IAO:0100001", "doid:4") in mapped(source)
        assert (source.info.release, source.info.licence) == ("2026-07-31", "CC0-1.0")
        assert source.tallies["d.json: synonyms"].skipped == {"RELATED synonym": 1}
        assert source.tallies["d.json"].skipped == {"obsolete term": 1}
        assert not no_network

    def test_json_that_is_no_graph_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "x.json"
        path.write_text('{"nodes": []}')
        with pytest.raises(DataError, match="JSON without graphs"):
            OboSource(path)
        path.write_text('{"graphs": [\n{"nodes": ')
        with pytest.raises(RowError, match=r"line 2: .*Is the download complete"):
            OboSource(path)

    def test_half_a_surrogate_pair_is_refused(self, tmp_path: Path) -> None:
        path = graph_json(tmp_path)
        path.write_text(path.read_text(encoding="utf-8").replace("illness", "\\ud83d"))
        with pytest.raises(DataError, match="half of a surrogate pair, expected whole characters"):
            OboSource(path)
        path.write_text(path.read_text(encoding="utf-8").replace("\\ud83d", "\\ud83d\\ude00"))
        assert ("doid:4", "😀", "en", "synonym") in named(OboSource(path))

    def test_a_blank_label_is_no_name(self, tmp_path: Path) -> None:
        path = graph_json(tmp_path)
        path.write_text(path.read_text(encoding="utf-8").replace('"cancer"', '"\\u001f"'))
        assert {row[0] for row in named(OboSource(path))} == {"doid:4"}

    def test_nodes_of_another_shape_are_refused(self, tmp_path: Path) -> None:
        path = graph_json(tmp_path, nodes=[{"no": "id"}])
        with pytest.raises(DataError, match="can't read it"):
            read(OboSource(path), "concepts")


PREFIXES = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix oio: <http://www.geneontology.org/formats/oboInOwl#> .
@prefix obo: <http://purl.obolibrary.org/obo/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ward: <http://ward.org/id/> .
"""
OWL = (
    PREFIXES
    + """
<http://ward.org/o> a owl:Ontology ; owl:versionIRI <http://ward.org/2026-03-01/o.owl> ;
    owl:imports <http://example.org/never-fetched.owl> ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> .
obo:BFO_0000050 a owl:ObjectProperty ; rdfs:label "part of" .
ward:smells_of a owl:ObjectProperty ; rdfs:label "smells of" .
obo:HP_0001945 a owl:Class ; rdfs:label "Fever" , "发热"@zh-Hans ;
    oio:hasExactSynonym "Pyrexia" , "FUO" ; oio:hasRelatedSynonym "hot" ;
    obo:IAO_0000115 "Elevated temperature."@en ;
    oio:hasDbXref "UMLS:C0015967" ; skos:closeMatch <http://id.nlm.nih.gov/mesh/D005334> ;
    oio:hasAlternativeId "HP:0001950" ;
    rdfs:comment "not read" ;
    rdfs:subClassOf obo:HP_0000118 , owl:Thing ,
      [ a owl:Restriction ; owl:onProperty obo:BFO_0000050 ;
        owl:someValuesFrom obo:UBERON_0000178 ] ,
      [ a owl:Restriction ; owl:onProperty obo:BFO_0000050 ;
        owl:allValuesFrom obo:UBERON_0000178 ] .
[] a owl:Axiom ; owl:annotatedSource obo:HP_0001945 ; owl:annotatedProperty oio:hasExactSynonym ;
    owl:annotatedTarget "FUO" ; oio:hasSynonymType obo:OMO_0003012 .
obo:HP_0000118 a owl:Class ; rdfs:label "Phenotypic abnormality" .
obo:HP_0000001 a owl:Class ; owl:deprecated true ; rdfs:label "gone" ;
    obo:IAO_0100001 obo:HP_0000118 .
ward:a a owl:Class ; rdfs:label "a" ; owl:equivalentClass obo:MONDO_0000001 ,
    [ a owl:Class ; owl:intersectionOf ( obo:HP_0001945
      [ a owl:Restriction ; owl:onProperty ward:smells_of ; owl:someValuesFrom ward:b ] ) ] .
ward:b a owl:Class ; rdfs:label "b" ; ward:smells_of ward:a .
"""
)


def rdf(folder: Path, text: str = OWL, name: str = "o.ttl", **options: Any) -> RdfSource:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return RdfSource(path, **options)


@pytest.mark.usefixtures("_rdflib")
class TestRdf:
    """OWL, SKOS and their syntaxes."""

    def test_it_is_a_source(self, tmp_path: Path) -> None:
        assert isinstance(rdf(tmp_path), Source)

    def test_classes_are_concepts_and_deprecated_ones_are_not(self, tmp_path: Path) -> None:
        concepts = {row["id"]: row["categories"] for row in read(rdf(tmp_path), "concepts")}
        assert concepts == {
            "hp:0000118": ["PhenotypicFeature"],
            "hp:0001945": ["PhenotypicFeature"],
            "ward:a": ["PhenotypicFeature"],  # its definition puts it under fever
            "ward:b": [],
        }

    def test_labels_and_exact_synonyms_are_names_in_their_language(self, tmp_path: Path) -> None:
        assert {name for name in named(rdf(tmp_path)) if name[0] == "hp:0001945"} == {
            ("hp:0001945", "Fever", "en", "preferred"),
            ("hp:0001945", "发热", "zh", "preferred"),
            ("hp:0001945", "Pyrexia", "en", "synonym"),
            ("hp:0001945", "FUO", "en", "abbreviation"),
        }

    def test_axioms_are_statements(self, tmp_path: Path) -> None:
        source = rdf(tmp_path)
        assert said(source) == {
            ("hp:0001945", "subclass_of", "hp:0000118"),
            ("hp:0001945", "part_of", "uberon:0000178"),
            ("hp:0001945", "has_definition", "Elevated temperature."),
            ("ward:a", "subclass_of", "hp:0001945"),
            ("ward:a", "smells_of", "ward:b"),
            ("ward:b", "smells_of", "ward:a"),
        }
        assert source.findings["predicate that predicates.toml lacks"] == [
            {"predicate": "smells_of", "count": "2"}
        ]

    def test_mappings(self, tmp_path: Path) -> None:
        assert mapped(rdf(tmp_path)) == {
            ("hp:0001945", "oboInOwl:hasDbXref", "umls:C0015967"),
            ("hp:0001945", "skos:closeMatch", "mesh:D005334"),
            ("hp:0001950", "IAO:0100001", "hp:0001945"),
            ("hp:0000001", "IAO:0100001", "hp:0000118"),
            ("ward:a", "owl:equivalentClass", "mondo:0000001"),
        }

    def test_every_triple_is_kept_or_skipped_for_a_reason(self, tmp_path: Path) -> None:
        source = rdf(tmp_path)
        read(source, "concepts")
        tally = source.tallies["o.ttl"]
        assert tally.adds_up
        assert tally.skipped["RELATED synonym"] == 1
        assert tally.skipped["class expression other than someValuesFrom a named class"] == 0
        assert tally.skipped["a class expression other than someValuesFrom a named class"] == 1
        assert tally.skipped["a property that isn't read"] == 1
        assert source.findings["property that isn't read"] == [
            {"property": "rdfs:comment", "count": "1"}
        ]

    def test_release_and_licence_are_the_ontologys(self, tmp_path: Path) -> None:
        info = rdf(tmp_path).info
        assert (info.infores, info.release, info.licence) == (
            "infores:o",
            "2026-03-01",
            "CC-BY-4.0",
        )

    def test_nothing_is_fetched(self, tmp_path: Path, no_network: list[Any]) -> None:
        source = rdf(tmp_path)
        read(source, "concepts")
        assert not no_network
        assert source.findings["ontology imported, not read"] == [
            {"import": "http://example.org/never-fetched.owl"}
        ]

    @pytest.mark.parametrize(
        ("name", "format"), [("o.owl", "xml"), ("o.rdf", "xml"), ("o.nt", "nt")]
    )
    def test_every_syntax_says_the_same(self, tmp_path: Path, name: str, format: str) -> None:
        import rdflib

        graph = rdflib.Graph().parse(data=OWL, format="turtle")
        written = graph.serialize(format=format)
        other = rdf(tmp_path, written, name, prefixes={"ward": "http://ward.org/id/"})
        assert said(other) == said(rdf(tmp_path))
        assert named(other) == named(rdf(tmp_path))
        assert mapped(other) == mapped(rdf(tmp_path))
        packed = tmp_path / f"{name}.gz"
        packed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        again = RdfSource(packed, prefixes={"ward": "http://ward.org/id/"})
        assert said(again) == said(other)
        assert again.info.release == other.info.release == "2026-03-01"

    def test_an_owl_file_may_be_turtle(self, tmp_path: Path) -> None:
        assert said(rdf(tmp_path, OWL, "o.owl")) == said(rdf(tmp_path))

    def test_skos_concepts(self, tmp_path: Path) -> None:
        text = PREFIXES + (
            'ward:x a skos:Concept ; skos:prefLabel "fever"@en , "发热"@zh ;'
            ' skos:altLabel "pyrexia"@en ; skos:hiddenLabel "fevr" ; skos:broader ward:y ;'
            ' skos:definition "hot"@en ; skos:exactMatch obo:HP_0001945 .\n'
            "ward:y a skos:Concept ; skos:narrower ward:x .\n"
        )
        source = rdf(tmp_path, text)
        assert said(source) == {
            ("ward:x", "broader", "ward:y"),
            ("ward:x", "has_definition", "hot"),
        }
        assert mapped(source) == {("ward:x", "skos:exactMatch", "hp:0001945")}
        assert ("ward:x", "pyrexia", "en", "synonym") in named(source)

    def test_iris_without_a_prefix_are_listed(self, tmp_path: Path) -> None:
        text = OWL.replace("ward:b", "<http://other.org/terms#b>")
        source = rdf(tmp_path, text)
        read(source, "concepts")
        listed = source.findings["IRI without a prefix"]
        assert {"namespace": "http://other.org/terms#", "count": "1"} in listed

    @pytest.mark.parametrize(
        ("name", "text", "says"),
        [
            ("o.ttl", PREFIXES + "ward:a a owl:Class ;;; }", r"line 9: .*isn't turtle"),
            ("o.owl", "<?xml version='1.0'?>\n<rdf:RDF>\n<a", r"line \d: .*isn't xml"),
            ("o.nt", "<http://a> <http://b> <http://c> .\nnonsense\n", r"line 2: found 'nonsense'"),
        ],
    )
    def test_text_that_is_not_rdf_is_an_error_with_its_line(
        self, tmp_path: Path, name: str, text: str, says: str
    ) -> None:
        with pytest.raises(RowError, match=says):
            read(rdf(tmp_path, text, name), "concepts")

    def test_lines_that_are_not_triples_are_set_aside(self, tmp_path: Path) -> None:
        a = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
        triple = f"<http://ward.org/id/a> <{a}> <http://www.w3.org/2002/07/owl#Class> .\n"
        aside = tmp_path / "aside.tsv"
        prefixes = {"ward": "http://ward.org/id/"}
        source = rdf(
            tmp_path,
            "# a comment\n" + triple + "nonsense\n\n",
            "o.nt",
            prefixes=prefixes,
            on_error="skip",
            quarantine=aside,
        )
        assert [row["id"] for row in read(source, "concepts")] == ["ward:a"]
        assert source.tallies["o.nt"].skipped == {"not a triple": 1}
        assert aside.read_text().splitlines()[1].endswith("3\tnot a triple\tnonsense")

    def test_a_line_that_only_looks_like_a_triple_costs_no_other(self, tmp_path: Path) -> None:
        a = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
        good = [f"<http://w.org/{n}> <{a}> <http://www.w3.org/2002/07/owl#Class> ." for n in "ab"]
        bad = f'<http://w.org/c> <{a}> "never closed .'
        text = "\n".join([good[0], bad, good[1]]) + "\n"
        options = {"prefixes": {"w": "http://w.org/"}}
        with pytest.raises(RowError, match=r"line 2: found '<http://w.org/c>.*expected a triple"):
            read(rdf(tmp_path, text, "o.nt", **options), "concepts")
        aside = tmp_path / "aside.tsv"
        source = rdf(tmp_path, text, "o.nt", **options, on_error="skip", quarantine=aside)
        assert [row["id"] for row in read(source, "concepts")] == ["w:a", "w:b"]
        assert aside.read_text().splitlines()[1].split("\t")[1:] == ["2", "not a triple", bad]

    def test_an_entity_bomb_is_refused(self, tmp_path: Path) -> None:
        entities = '<!ENTITY a0 "ha">'
        for n in range(1, 12):
            entities += f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'
        text = (
            f'<?xml version="1.0"?><!DOCTYPE rdf:RDF [{entities}]>'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
            ' xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">'
            '<rdf:Description rdf:about="http://a"><rdfs:label>&a11;</rdfs:label>'
            "</rdf:Description></rdf:RDF>"
        )
        with pytest.raises(DataError, match="an entity made of entities"):
            rdf(tmp_path, text, "o.owl")
        long = re.sub(r"\[.*\]>", f'[<!ENTITY a11 "{"x" * 5000}">]>', text)
        with pytest.raises(DataError, match="an entity of 5,000 characters"):
            rdf(tmp_path, long, "o.owl")
        outside = re.sub(r"\[.*\]>", '[<!ENTITY a11 SYSTEM "file:///etc/passwd">]>', text)
        with pytest.raises(DataError, match="an entity outside the file"):
            rdf(tmp_path, outside, "o.owl")
        (tmp_path / "u.owl").write_bytes(text.encode("utf-16"))
        with pytest.raises(DataError, match="UTF-8"):
            RdfSource(tmp_path / "u.owl")

    def test_entities_that_abbreviate_namespaces_are_read(self, tmp_path: Path) -> None:
        text = (
            '<?xml version="1.0"?><!DOCTYPE rdf:RDF ['
            '<!ENTITY owl "http://www.w3.org/2002/07/owl#">]>'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="http://purl.obolibrary.org/obo/HP_1">'
            '<rdf:type rdf:resource="&owl;Class"/></rdf:Description></rdf:RDF>'
        )
        assert read(rdf(tmp_path, text, "o.owl"), "concepts")[0]["id"] == "hp:1"

    def test_other_syntaxes_of_owl_are_refused_with_a_way_out(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"functional or XML syntax.*robot convert"):
            rdf(tmp_path, "Prefix(owl:=<http://www.w3.org/2002/07/owl#>)\n", "o.owl")
        with pytest.raises(DataError, match=r"'.obo', expected one of .*type = .obo."):
            rdf(tmp_path, "", "o.obo")

    def test_the_order_of_triples_changes_nothing(self, tmp_path: Path) -> None:
        import rdflib

        graph = rdflib.Graph().parse(data=OWL, format="turtle")
        lines = sorted(graph.serialize(format="nt").splitlines())
        prefixes = {"ward": "http://ward.org/id/"}
        first = rdf(tmp_path, "\n".join(lines), "a.nt", prefixes=prefixes)
        second = rdf(tmp_path, "\n".join(reversed(lines)), "b.nt", prefixes=prefixes)
        for table in ("concepts", "names", "statements", "mappings"):
            assert read(first, table) == read(second, table)


@pytest.mark.parametrize(
    ("iri", "curie"),
    [
        ("http://purl.obolibrary.org/obo/DOID_4", "doid:4"),
        ("http://identifiers.org/mesh/D004194", "mesh:D004194"),
        ("http://snomed.info/id/64572001", "snomedct:64572001"),
        ("http://www.orpha.net/ORDO/Orphanet_752", "orphanet:752"),
        ("http://www.w3.org/2004/02/skos/core#broader", "skos:broader"),
        ("http://purl.obolibrary.org/obo/doid#has_symptom", "obo:doid#has_symptom"),
        ("http://ward.org/id/deep/7", "deep:7"),
        ("http://ward.org/id/7", "ward:7"),
        ("http://file.org/x1", "file:x1"),
        ("http://nobody.org/x", ""),
    ],
)
def test_an_iri_is_a_curie_by_ones_own_prefix_the_authoritys_or_the_files(
    iri: str, curie: str
) -> None:
    own = {"ward": "http://ward.org/id/", "deep": "http://ward.org/id/deep/"}
    assert Iris(own, {"file": "http://file.org/"})(iri) == curie


def test_a_branch_decides_the_category_where_its_root_is_in_the_file() -> None:
    parents = {"hp:0000118": [], "hp:1": ["hp:0000118"], "hp:2": ["hp:1"], "hp:3": []}
    found = categories_of(parents)
    assert found["hp:2"] == ("PhenotypicFeature",)
    assert found["hp:3"] == ()
    assert categories_of({"hp:3": []})["hp:3"] == ("PhenotypicFeature",)


@pytest.mark.parametrize(("package", "name"), [("pyobo", "d.obo"), ("rdflib", "o.ttl")])
def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, name: str
) -> None:
    for module in [each for each in sys.modules if each.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    source = obo(tmp_path) if package == "pyobo" else rdf(tmp_path)
    with pytest.raises(MissingExtra, match=rf"'{package}'.*kgmed\[ontology\]"):
        list(source.batches("concepts"))
    assert (tmp_path / name).exists()


def test_importing_the_readers_imports_neither_package() -> None:
    import subprocess

    code = (
        "import sys; from kgmed.builders.ontology import OboSource, RdfSource;"
        "print({'pyobo', 'rdflib'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


# Real files


def real(path: str) -> Path:
    found = REAL / path
    if not found.is_file():
        pytest.skip(f"needs {found}")
    return found


@pytest.mark.usefixtures("_pyobo")
@pytest.mark.parametrize(
    ("path", "counts", "header"),
    [
        ("doid/DO_cancer_slim.obo", (729, 657, 3012), ("2026-07-31", "")),
        ("doid_2016_obo/HumanDO.obo", (6574, 6921, 31603), ("2015-05-14", "CC-BY-3.0")),
        ("mondo_sssom/hp_import.obo", (1188, 1397, 2799), ("2021-10-07", "")),
    ],
)
def test_a_real_ontology(
    path: str, counts: tuple[int, int, int], header: tuple[str, str], no_network: list[Any]
) -> None:
    file = real(path)
    source = OboSource(file)
    concepts = len(read(source, "concepts"))
    predicates = Counter(row["predicate"] for row in read(source, "statements"))
    xrefs = source.tallies[f"{file.name}: xrefs"].kept
    assert (concepts, predicates["subclass_of"], xrefs) == counts
    lines = file.read_text(encoding="utf-8").splitlines()
    assert source.tallies[file.name].read == lines.count("[Term]")
    assert (source.info.release, source.info.licence) == header
    assert not no_network
