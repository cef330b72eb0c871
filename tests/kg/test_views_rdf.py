"""RDF out, and in again: nothing is lost, whatever the texts are made of."""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
import rdflib
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support import RowSource, concept, exact, source, tables_of

from kgmed.builders.contract import violations
from kgmed.builders.pipeline import build
from kgmed.builders.rdf_graph import RdfGraph, sources_of
from kgmed.builders.source import SourceInfo
from kgmed.facade import Graph, open_graph
from kgmed.kg.curies import PREFIXES
from kgmed.kg.diff.comparison import compare
from kgmed.kg.errors import DataError, UsageError
from kgmed.kg.iris import RESERVED, to_curie, to_iri
from kgmed.kg.model import canonical_qualifiers
from kgmed.kg.store.snapshot import Snapshot
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.rdf_model import concept_quads, statement_quads
from kgmed.kg.views.tables import Tables

SLOW = settings(
    max_examples=6,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink builds hundreds of graphs
)
TABLES = ("concepts", "names", "statements", "mappings", "paths")

nasty = st.one_of(
    st.sampled_from(
        ['say "no"', "a\nb", "a\r\nb", "tab\there", "back\\slash", "\\u0041", "{\x01}\x7f",
         "华法林", "وارفارين", "💊\U0010ffff", "a\u2028b\x85c", "<urn:x> .", "^^@en", "50%"]
    ),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1e\x1f"),
        min_size=1, max_size=12,
    ).filter(str.strip),
)  # fmt: skip
locals_ = st.one_of(
    st.from_regex(r"[A-Za-z0-9]{1,6}", fullmatch=True),
    st.sampled_from(["感冒", "50%", "a#b?c", "x<y>", 'q"', "a/b:c_d", "a\\b", "%41", "ü|{}^`"]),
)
prefixes = st.sampled_from(["mesh", "umls", "doid", "ward", "statement", "id", "cmekg", "Ünit%"])
curies = st.builds("{}:{}".format, prefixes, locals_)
languages = st.sampled_from(["en", "zh", "zh-Hant", "simple English", "EN", "pt-br", "x"])
maybe = st.one_of(st.just(""), nasty)


@st.composite
def worlds(draw: st.DrawFn) -> list[RowSource]:
    """Two sources of nasty rows that speak of the same few concepts."""
    ids = draw(st.lists(curies, min_size=2, max_size=5, unique=True))
    one = st.sampled_from(ids)
    kinds = st.sampled_from(["preferred", "synonym", "abbreviation", "brand"])
    name = st.fixed_dictionaries({"id": one, "text": nasty, "language": languages, "kind": kinds})
    pairs = st.lists(st.tuples(nasty, nasty), max_size=2).map(dict)
    common = {
        "subject": one,
        "predicate": st.sampled_from(["treats", "interacts_with", "subclass_of", "may\tbe", "不"]),
        "qualifiers": pairs.map(canonical_qualifiers),
        "negated": st.booleans(),
        "source_record": maybe,
        "publications": st.lists(
            st.sampled_from(["pubmed:1", "doi:10.1/x y", "Smith"]), max_size=2
        ),
        "text": maybe,
        "original_predicate": maybe,
        "knowledge_level": st.sampled_from(["", "prediction", "not_provided"]),
        "agent_type": st.sampled_from(["manual_agent", "not_provided"]),
        "primary_knowledge_source": st.sampled_from(["", "infores:other", "infores:b"]),
        "release": st.sampled_from(["", "2025 (b):é"]),
        "licence": st.sampled_from(["", "CC-BY-4.0"]),
    }
    edge = st.fixed_dictionaries({**common, "object": one})
    value = st.fixed_dictionaries(
        {
            **common,
            "value": st.one_of(nasty, st.sampled_from(["5.0", "1e3", "2024-02-29", "0000-01-01"])),
            "value_type": st.sampled_from(["text", "number", "date"]),
            "unit": st.sampled_from(["", "mg", '"']),
            "value_language": st.sampled_from(["", "zh", "zh-Hant"]),
        }
    )
    mapping = st.fixed_dictionaries(
        {
            "subject": one,
            "predicate": st.sampled_from(
                ["skos:exactMatch", "skos:broadMatch", "oboInOwl:hasDbXref", "IAO:0100001"]
            ),
            "object": st.one_of(one, curies),
            "modifier": st.sampled_from(["", "", "Not"]),
            "justification": st.sampled_from(["semapv:LexicalMatching", "", "said so"]),
            "confidence": st.one_of(st.none(), st.floats(0, 1)),
            "subject_label": maybe,
            "object_label": maybe,
        }
    )
    found = []
    for infores in ("infores:a", "infores:b c"):
        info = SourceInfo(infores, draw(nasty), draw(nasty), "CC0-1.0", attribution=draw(maybe))
        rows: dict[Any, list[dict[str, Any]]] = {
            "concepts": [
                {"id": id, "categories": draw(st.sampled_from([["Drug"], ["Wörd"], ["DrugClass"]]))}
                for id in draw(st.lists(one, unique=True, max_size=3))
            ],
            "names": draw(st.lists(name, max_size=4)),
            "statements": draw(st.lists(edge, max_size=4)) + draw(st.lists(value, max_size=3)),
            "mappings": draw(st.lists(mapping, max_size=3)),
        }
        found.append(RowSource(info, rows))
    return found


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def rows_of(snapshot: Snapshot, *, names_of_sources: bool = True) -> dict[str, Counter[str]]:
    """Table -> its rows as texts."""
    with Tables(snapshot) as tables:
        found = {}
        for name in TABLES:
            table = tables.arrow(name)
            if name == "names" and not names_of_sources:
                table = table.drop_columns(["source"])
            found[name] = Counter(map(repr, table.to_pylist()))
        return found


def again(graph: Graph, file: Path, root: Path, **options: Any) -> Snapshot:
    """Write a graph, and build it from what was written."""
    made = graph.write_rdf(file, **options)
    assert not made.left_out
    return build(sources_of(file), root).snapshot


@SLOW
@given(worlds(), st.sampled_from(["g.nq", "g.trig", "g.nq.gz"]))
def test_what_was_written_and_read_again_is_the_same_graph(
    world: list[RowSource], name: str
) -> None:
    with folder() as work:
        build(world, work / "old")
        with open_graph(work / "old") as graph:
            new = again(graph, work / name, work / "new")
            with compare(graph.store.snapshot, new) as changes:
                assert changes.summary.same
            before, after = rows_of(graph.store.snapshot), rows_of(new)
            for table in TABLES:
                assert after[table] - before[table] == before[table] - after[table]
                assert after[table] == before[table]


RDFLIB_ITSELF = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib.*")


@RDFLIB_ITSELF
@SLOW
@given(worlds())
def test_both_libraries_read_what_is_written(world: list[RowSource]) -> None:
    with folder() as work:
        build(world, work / "old")
        with open_graph(work / "old") as graph:
            for name in ("g.nq", "g.nt", "g.trig", "g.ttl"):
                made = graph.write_rdf(work / name)
                text = (work / name).read_bytes()
                format = getattr(pyoxigraph.RdfFormat, FORMATS[name])
                parsed = list(pyoxigraph.parse(text, format=format))
                assert len(parsed) == made.quads
                loaded = rdflib.Dataset()
                loaded.parse(data=text, format=RDFLIB[name])
                assert len(list(loaded.quads())) == len({str(quad) for quad in parsed})


FORMATS = {"g.nq": "N_QUADS", "g.nt": "N_TRIPLES", "g.trig": "TRIG", "g.ttl": "TURTLE"}
RDFLIB = {"g.nq": "nquads", "g.nt": "nt", "g.trig": "trig", "g.ttl": "turtle"}


@SLOW
@given(worlds())
def test_one_by_one_the_quads_are_those_of_bulk(world: list[RowSource]) -> None:
    """:mod:`rdf_model` and :mod:`rdf_sql` say the same of every concept and statement."""
    with folder() as work:
        build(world, work / "old")
        with open_graph(work / "old") as graph:
            graph.write_rdf(work / "g.nq")
            info = graph.info()
            expected: set[str] = set()
            with graph.tables() as tables:
                ids = [row[0] for row in tables.sql("SELECT id FROM concepts").fetchall()]
                said = [row[0] for row in tables.sql("SELECT id FROM statements").fetchall()]
            store = graph.store
            for c, names in zip(store.concepts(ids), store.lexicon.names(ids), strict=True):
                assert c is not None
                quads = concept_quads(c, names, info.snapshot)
                expected |= {f"{s} {p} {o} <{g}> ." for s, p, o, g in quads}
            for statement in store.statements(said):
                assert statement is not None
                quads = statement_quads(statement)
                expected |= {f"{s} {p} {o} <{g}> ." for s, p, o, g in quads}
            lines = set((work / "g.nq").read_text(encoding="utf-8").split("\n")) - {""}
            others = ("provenance>", terms.MAPPING, terms.PATH)
            mapped = {line for line in lines if any(word in line for word in others)}
            assert expected <= lines
            left = lines - expected - mapped
            assert all(_is_mapping(line) for line in left)


def _is_mapping(line: str) -> bool:
    """A mapping's triple: between ids, by no predicate of a statement."""
    property = line.split(" ")[1]
    return "Match>" in property or "hasDbXref>" in property or "IAO_0100001>" in property


def test_the_open_graph_comes_back_whole(graph: Graph, tmp_path: Path) -> None:
    new = again(graph, tmp_path / "open.nq", tmp_path / "new")
    with compare(graph.store.snapshot, new) as changes:
        assert changes.summary.same
    assert rows_of(new) == rows_of(graph.store.snapshot)


def small(**more: Any) -> list[RowSource]:
    found = [concept("mesh:D1", "aspirin", "Drug"), concept("doid:1", "gout", "Disease")]
    treats = {"subject": "mesh:D1", "predicate": "treats", "object": "doid:1", **more}
    return [
        source("infores:a", **tables_of(found), statements=[treats], mappings=[
            exact("mesh:D1", "drugbank:DB00945", justification="semapv:ManualMappingCuration")
        ])
    ]  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A small graph's quads."""
    build(small(), tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        graph.write_rdf(tmp_path / "g.nq")
    return tmp_path / "g.nq"


def test_turtle_comes_back_but_for_the_sources_of_names(tmp_path: Path) -> None:
    build(small(), tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        for name in ("g.ttl", "g.nt.gz"):
            new = again(graph, tmp_path / name, tmp_path / f"new-{name}")
            expected = rows_of(graph.store.snapshot, names_of_sources=False)
            assert rows_of(new, names_of_sources=False) == expected


def test_a_negated_statement_has_no_triple(tmp_path: Path) -> None:
    for negated in (False, True):
        root = tmp_path / str(negated)
        build(small(negated=negated), root)
        with open_graph(root) as graph:
            graph.write_rdf(tmp_path / "g.nq", plain=True)
        store = pyoxigraph.Store()
        store.bulk_load(path=str(tmp_path / "g.nq"), format=pyoxigraph.RdfFormat.N_QUADS)
        treats = pyoxigraph.NamedNode(terms.predicate_iri("treats"))
        found = list(store.quads_for_pattern(None, treats, None, None))
        assert len(found) == (0 if negated else 1)


def test_identity_that_was_decided_stands(tmp_path: Path) -> None:
    """A merged mapping stays merged, although it alone would not join these ids."""
    sure = {"confidence": 0.9, "justification": "semapv:ManualMappingCuration"}
    maps = [
        exact("doid:1", "mondo:0000001", **sure),
        exact("doid:1", "mondo:0000002", **{**sure, "confidence": 0.8}),
    ]
    found = [concept("doid:1", "gout", "Disease")]
    build([source("infores:a", **tables_of(found), mappings=maps)], tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        new = again(graph, tmp_path / "g.nq", tmp_path / "new")
        statuses = {m.object: m.status for m in graph.store.mappings(["mondo:0000001"])[0]}
        assert statuses == {"mondo:0000001": "merged", "mondo:0000002": "refused"}
    with open_graph(new.root) as graph:
        after = {m.object: m.status for m in graph.store.mappings(["mondo:0000001"])[0]}
        assert after == statuses


def test_restricted_rows_stay_unless_named(tmp_path: Path) -> None:
    rows = small()[0].rows
    info = SourceInfo("infores:closed", "Closed", "1", "SNOMEDCT")
    build([RowSource(info, rows)], tmp_path / "g")
    with open_graph(tmp_path / "g") as graph:
        made = graph.write_rdf(tmp_path / "g.nq")
        assert made.rows["statements"] == made.rows["concepts"] == 0
        assert [(held.source, held.tier) for held in made.left_out] == [
            ("infores:closed", "registered")
        ]
        text = (tmp_path / "g.nq").read_text()
        assert "aspirin" not in text
        assert "DB00945" not in text
        made = graph.write_rdf(tmp_path / "g.nq", allow_restricted=["SNOMEDCT"])
        assert (made.rows["statements"], made.left_out) == (1, ())
        assert made.licences == ("SNOMEDCT",)
        with pytest.raises(UsageError, match="SNOMEDCT"):
            graph.write_rdf(tmp_path / "g.nq", allow_restricted=["CC-BY"])


def test_the_reader_keeps_the_contract(written: Path) -> None:
    graph = RdfGraph(written)
    assert violations(lambda: RdfGraph(written).sources[0]) == []
    list(graph.sources[0].batches("concepts"))
    assert graph.tally.adds_up
    assert graph.tally.read == len(written.read_text().splitlines())


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.nq"
    other.write_text("<urn:a> <urn:b> <urn:c> .\n")
    with pytest.raises(DataError, match="type rdf"):
        sources_of(other)
    with pytest.raises(DataError, match=r"\.nq"):
        sources_of(tmp_path / "other.xml")


def test_a_cut_file_is_an_error_with_its_line(written: Path) -> None:
    whole = written.read_bytes()
    written.write_bytes(whole[: len(whole) - 30])
    with pytest.raises(DataError, match=r"line .*cut short"):
        list(sources_of(written)[0].batches("concepts"))
    packed = written.with_name("cut.nq.gz")
    packed.write_bytes(gzip.compress(whole)[:-20])
    with pytest.raises(DataError, match="can't be read"):
        list(sources_of(packed)[0].batches("concepts"))


def test_a_statement_under_another_id_is_listed(written: Path) -> None:
    text = written.read_text()
    id = text.partition(terms.STATEMENT)[2][:32]
    written.write_text(text.replace(id, "0" * 32))
    read = sources_of(written)[0]
    assert sum(batch.num_rows for batch in read.batches("statements")) == 1
    (kind,) = read.findings
    assert read.findings[kind][0]["id"] == "0" * 32


@RDFLIB_ITSELF
def test_named_graphs_say_source_release_and_licence(written: Path) -> None:
    dataset = rdflib.Dataset()
    dataset.parse(written, format="nquads")
    (row,) = dataset.query("""
        PREFIX biolink: <https://w3id.org/biolink/vocab/>
        PREFIX dcat: <http://www.w3.org/ns/dcat#>
        PREFIX kgmed: <urn:kgmed:vocab:>
        PREFIX prov: <http://www.w3.org/ns/prov#>
        SELECT ?source ?release ?licence WHERE {
          GRAPH ?g { ?s biolink:treats ?o }
          GRAPH <urn:kgmed:provenance> {
            ?g prov:wasDerivedFrom ?source ; dcat:version ?release ; kgmed:licence ?licence }
        }""")
    assert [str(cell) for cell in row] == [
        "https://w3id.org/biolink/infores/a", "2026", "CC0-1.0",
    ]  # fmt: skip


@RDFLIB_ITSELF
def test_a_part_is_an_rdflib_dataset(graph: Graph) -> None:
    dataset = graph.to_rdf(["imatinib"], predicates=["inhibits"])
    rows = list(
        dataset.query("""
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?name WHERE {
          GRAPH ?g { ?drug <urn:kgmed:predicate:inhibits> ?target }
          GRAPH ?n { ?target rdfs:label ?name FILTER(lang(?name) = "en") } }""")
    )
    assert "ABL1" in {str(row[0]) for row in rows}


@given(st.one_of(curies, st.builds("{}:{}".format, st.sampled_from(sorted(PREFIXES)), nasty)))
def test_a_curie_survives_its_iri(curie: str) -> None:
    iri = to_iri(curie)
    assert to_curie(iri) == curie
    assert pyoxigraph.NamedNode(iri).value == iri


def test_no_prefix_hides_another() -> None:
    iris = {to_iri(f"{prefix}:x"): prefix for prefix in (*PREFIXES, *RESERVED)}
    assert len(iris) == len({*PREFIXES, *RESERVED})
    assert {iri: to_curie(iri) for iri in iris} == {i: f"{p}:x" for i, p in iris.items()}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_languages_and_predicates_survive(text: str) -> None:
    assert terms.language_of(terms.language_tag(text)) == text
    assert terms.predicate_name(terms.predicate_iri(text)) == text
    assert terms.category_name(terms.category_iri(text)) == text
    assert terms.source_name(terms.source_iri(text)) == text


def test_the_examples_of_the_docs_find_something(graph: Graph, tmp_path: Path) -> None:
    graph.write_rdf(tmp_path / "open.nq")
    store = pyoxigraph.Store()
    store.bulk_load(path=str(tmp_path / "open.nq"), format=pyoxigraph.RdfFormat.N_QUADS)
    page = Path(__file__).parents[2] / "docs" / "rdf.md"
    parts = page.read_text(encoding="utf-8").split("```sparql\n")[1:]
    found = [list(store.query(part.partition("```")[0])) for part in parts]
    assert len(found) == 4
    assert all(found), [len(rows) for rows in found]
    assert "Imatinib" in {row["name"].value for row in found[0]}
    assert len(found[1]) == 26
    licences = {row["licence"].value: int(row["n"].value) for row in found[2]}
    assert licences == graph.info().licences
    assert "痛风" in {row["name"].value for row in found[3]}
