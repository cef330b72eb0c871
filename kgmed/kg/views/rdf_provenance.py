"""What the named graphs of an RDF export are: sources, releases, licences, the snapshot.

Terms of DCAT (https://www.w3.org/TR/vocab-dcat-3/), PROV-O and Dublin Core; all of it lies in the
graph ``urn:kgmed:provenance``. Predicates and categories that aren't Biolink's are placed under the
nearest that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kgmed.kg.categories import BIOLINK_FALLBACK
from kgmed.kg.licences import licence
from kgmed.kg.predicates import registry
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.rdf_terms import BIOLINK, DCAT, DCTERMS, KGMED, OWL, PROV, RDF, RDFS, SKOS, XSD

if TYPE_CHECKING:
    from kgmed.kg.store.base import GraphInfo, SourceRow

Term = str
Quad = tuple[Term, Term, Term]


def provenance(
    info: GraphInfo,
    graphs: Iterable[tuple[str, str, str]],
    *,
    predicates: Iterable[str],
    categories: Iterable[str],
) -> Iterator[Quad]:
    """Triples, as N-Quads writes terms, that describe an export.

    ``graphs`` are the (source, release, licence) whose statements it holds.
    """
    snapshot = f"<{terms.SNAPSHOT}{info.snapshot}>"
    yield from _typed(snapshot)
    yield snapshot, _p(DCTERMS, "title"), terms.literal("kgmed graph")
    yield snapshot, _p(DCTERMS, "identifier"), terms.literal(info.snapshot)
    yield snapshot, _p(DCTERMS, "created"), _typed_literal(info.created, "dateTime")
    described: set[str] = set()
    for position, row in enumerate(info.sources):
        if row.infores not in described:
            described.add(row.infores)
            yield from _source(row, position, snapshot)
    for source, release, id in sorted(graphs):
        graph = f"<{terms.graph_iri(source, release, id)}>"
        yield graph, _p(RDF, "type"), _p(PROV, "Entity")
        yield graph, _p(PROV, "wasDerivedFrom"), f"<{terms.source_iri(source)}>"
        yield graph, _p(DCTERMS, "isPartOf"), snapshot
        yield graph, _p(DCAT, "version"), terms.literal(release)
        yield from _licence(graph, id)
    yield from _vocabulary(predicates, categories)


def _source(row: SourceRow, position: int, snapshot: Term) -> Iterator[Quad]:
    source = f"<{terms.source_iri(row.infores)}>"
    graph = f"<{terms.graph_iri(row.infores)}>"
    yield from _typed(source)
    yield source, _p(DCTERMS, "title"), terms.literal(row.name)
    yield source, _p(DCAT, "version"), terms.literal(row.release)
    yield from _licence(source, row.licence)
    if row.attribution:
        yield source, _p(DCTERMS, "bibliographicCitation"), terms.literal(row.attribution)
    yield source, _p(KGMED, "position"), _typed_literal(str(position), "integer")
    yield graph, _p(RDF, "type"), _p(PROV, "Entity")
    yield graph, _p(PROV, "wasDerivedFrom"), source
    yield graph, _p(DCTERMS, "isPartOf"), snapshot


def _licence(subject: Term, id: str) -> Iterator[Quad]:
    yield subject, _p(KGMED, "licence"), terms.literal(id)
    for one in id.split(" AND "):
        if url := licence(one).url:
            yield subject, _p(DCTERMS, "license"), f"<{url}>"


def _vocabulary(predicates: Iterable[str], categories: Iterable[str]) -> Iterator[Quad]:
    for name in ("abbreviation", "brand_name"):
        yield _p(KGMED, name), _p(RDFS, "subPropertyOf"), _p(SKOS, "altLabel")
    known = registry()
    for name in sorted(predicates):
        iri = terms.predicate_iri(name)
        if iri.startswith(terms.PREDICATE):
            yield f"<{iri}>", _p(RDFS, "label"), terms.literal(name)
            entry = known.get(name)
            if entry is not None and entry.nearest:
                nearest = entry.nearest.removeprefix("biolink:")
                yield f"<{iri}>", _p(RDFS, "subPropertyOf"), _p(BIOLINK, nearest)
    for name in sorted(categories):
        iri = terms.category_iri(name)
        if iri.startswith(terms.CATEGORY):
            above = BIOLINK_FALLBACK.get(name, "NamedThing")
            yield f"<{iri}>", _p(RDF, "type"), _p(OWL, "Class")
            yield f"<{iri}>", _p(RDFS, "subClassOf"), _p(BIOLINK, above)


def _typed(thing: Term) -> Iterator[Quad]:
    yield thing, _p(RDF, "type"), _p(DCAT, "Dataset")
    yield thing, _p(RDF, "type"), _p(PROV, "Entity")


def _typed_literal(text: str, type: str) -> Term:
    return terms.literal(text, datatype=XSD + type)


def _p(base: str, name: str) -> Term:
    return f"<{base}{name}>"


def lines(quads: Iterable[Sequence[Term]], graph: str = "") -> str:
    """Triples as lines of N-Quads in a graph, or of N-Triples."""
    end = f" <{graph}> .\n" if graph else " .\n"
    return "".join(f"{s} {p} {o}{end}" for s, p, o in quads)
