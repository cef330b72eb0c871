"""Concepts and statements as RDF terms, one by one, over any back end.

The same quads that :mod:`kgmed.kg.views.rdf_sql` writes in bulk; a test compares them. The model is
described in ``docs/rdf.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kgmed.kg.iris import encoded, to_iri
from kgmed.kg.model import Concept, Name, Statement, Value
from kgmed.kg.store.base import GraphInfo, GraphStore
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.licensing import Terms
from kgmed.kg.views.rdf_provenance import lines, provenance
from kgmed.kg.views.rdf_terms import BIOLINK, KGMED, RDF, RDFS, SKOS, XSD
from kgmed.kg.views.subgraph import Subgraph

if TYPE_CHECKING:
    import rdflib

Quad = tuple[str, str, str, str]
"""Subject, predicate and object as N-Quads writes them, and the graph's IRI."""

_KINDS = {
    "preferred": (f"{SKOS}prefLabel", f"{RDFS}label"),
    "synonym": (f"{SKOS}altLabel",),
    "abbreviation": (f"{SKOS}altLabel", f"{KGMED}abbreviation"),
    "brand": (f"{SKOS}altLabel", f"{KGMED}brand_name"),
}


def concept_quads(concept: Concept, names: Iterable[Name], snapshot: str) -> Iterator[Quad]:
    """A concept: its sources, categories, other ids and names."""
    this = _id(concept.id)
    own = terms.SNAPSHOT + snapshot
    for source in concept.sources:
        yield this, f"<{RDF}type>", f"<{SKOS}Concept>", terms.graph_iri(source)
    for category in concept.categories:
        yield this, f"<{RDF}type>", f"<{terms.category_iri(category)}>", own
    for id in concept.equivalent_ids[1:]:
        yield this, f"<{SKOS}exactMatch>", _id(id), own
    for name in names:
        text = terms.literal(name.text, tag=terms.language_tag(name.language))
        for property in _KINDS[name.kind]:
            yield this, f"<{property}>", text, terms.graph_iri(name.source)


def statement_quads(statement: Statement) -> Iterator[Quad]:
    """A statement: its triple, unless it is negated, and its resource with every detail."""
    s = statement
    graph = terms.graph_iri(s.primary_knowledge_source, s.release, s.licence)
    object = _id(s.object) if s.value is None else value_term(s.value)
    predicate = f"<{terms.predicate_iri(s.predicate)}>"
    if not s.negated:
        yield _id(s.subject), predicate, object, graph
    this = f"<{terms.STATEMENT}{s.id}>"

    def said(property: str, term: str) -> Quad:
        return this, f"<{property}>", term, graph

    yield said(f"{RDF}type", f"<{BIOLINK}Association>")
    yield said(f"{RDF}subject", _id(s.subject))
    yield said(f"{RDF}predicate", predicate)
    yield said(f"{RDF}object", object)
    source = f"<{terms.source_iri(s.primary_knowledge_source)}>"
    yield said(f"{BIOLINK}primary_knowledge_source", source)
    for name in ("knowledge_level", "agent_type"):
        if (word := getattr(s, name)) != "not_provided":
            yield said(BIOLINK + name, terms.literal(word))
    if s.original_predicate:
        yield said(f"{BIOLINK}original_predicate", terms.literal(s.original_predicate))
    if s.negated:
        yield said(f"{BIOLINK}negated", terms.literal("true", datatype=f"{XSD}boolean"))
    if s.original_subject not in {"", s.subject}:
        yield said(f"{BIOLINK}original_subject", _id(s.original_subject))
    if s.original_object not in {"", s.object}:
        yield said(f"{BIOLINK}original_object", _id(s.original_object))
    if s.text:
        yield said(f"{BIOLINK}supporting_text", terms.literal(s.text))
    for record in s.source_record:
        yield said(f"{KGMED}source_record", terms.literal(record))
    for publication in s.publications:
        yield said(f"{BIOLINK}publications", terms.publication_term(publication))
    for name, value in s.qualifiers.items():
        yield said(terms.QUALIFIER + encoded(name), terms.literal(value))
    if s.value is not None:
        for property, text in _beside(s.value):
            yield said(property, terms.literal(text))


def value_term(value: Value) -> str:
    """A value as a literal.

    >>> value_term(Value("5.0", "number")), value_term(Value("头痛", language="zh"))
    ('"5.0"^^<http://www.w3.org/2001/XMLSchema#decimal>', '"头痛"@zh')
    """
    if value.type == "text":
        return terms.literal(value.text, tag=terms.language_tag(value.language))
    return terms.literal(value.text, datatype=terms.value_datatype(value.text, value.type))


def _beside(value: Value) -> Iterator[tuple[str, str]]:
    """What the literal doesn't say."""
    if value.type != "text":
        yield f"{KGMED}value_type", value.type
        yield f"{KGMED}value", value.text
        if value.language:
            yield f"{KGMED}value_language", value.language
    if value.unit:
        yield f"{KGMED}unit", value.unit


def _id(curie: str) -> str:
    return f"<{to_iri(curie)}>"


def part_quads(
    store: GraphStore, part: Subgraph, info: GraphInfo, terms_of: Terms
) -> Iterator[Quad]:
    """A part of a graph, with what its named graphs are; only what may leave."""
    stated = [
        s
        for s in (*part.statements, *part.values)
        if terms_of.lets(s.primary_knowledge_source, s.licence)
    ]
    graphs = {(s.primary_knowledge_source, s.release, s.licence) for s in stated}
    said = provenance(
        info,
        graphs,
        predicates={s.predicate for s in stated},
        categories={name for c in part.concepts.values() for name in c.categories},
    )
    for triple in said:
        yield (*triple, terms.PROVENANCE)
    ids = list(part.concepts)
    whole = all(terms_of.lets_source(name) for c in part.concepts.values() for name in c.sources)
    used = {end for s in stated for end in (s.subject, s.object)}
    for id, names in zip(ids, store.lexicon.names(ids), strict=True):
        concept = part.concepts[id]
        sources = tuple(name for name in concept.sources if terms_of.lets_source(name))
        if not sources and id not in used:
            continue
        leaving = Concept(
            id, concept.categories, concept.names, concept.equivalent_ids if whole else (id,),
            sources,
        )  # fmt: skip
        kept = [name for name in names if terms_of.lets_source(name.source)]
        yield from concept_quads(leaving, kept, info.snapshot)
    for statement in stated:
        yield from statement_quads(statement)


def to_rdf(store: GraphStore, part: Subgraph, info: GraphInfo, terms_of: Terms) -> rdflib.Dataset:
    """A part of a graph as an rdflib dataset, its named graphs those of the sources."""
    rdflib = _rdflib()
    text: dict[str, list[tuple[str, str, str]]] = {}
    for s, p, o, graph in part_quads(store, part, info, terms_of):
        text.setdefault(graph, []).append((s, p, o))
    dataset = rdflib.Dataset()
    for prefix, base in terms.PREFIXES_OF_FILES.items():
        dataset.bind(prefix, base)
    for graph, triples in text.items():
        dataset.graph(rdflib.URIRef(graph)).parse(data=lines(triples), format="nt")
    return dataset


def _rdflib() -> Any:
    from kgmed.kg.errors import MissingExtra

    try:
        import rdflib
    except ImportError as error:
        raise MissingExtra("rdflib", "rdf") from error
    return rdflib
