"""OBO Graph JSON (https://github.com/geneontology/obographs) by pyobo's own converter of ids.

pyobo 0.14's reader of whole documents gives up on the first id that breaks its authority's pattern
and on versions with a slash, as all of OBO's have; so the graph is standardised by its parts
(obographs and pyobo's converter) and turned into terms here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kgmed.builders.ontology.pyobo_ids import SKOS, count_lost, curie_of
from kgmed.builders.ontology.terms import (
    ABBREVIATIONS,
    XREF,
    Mapping,
    Name,
    Relation,
    Term,
    TermSource,
)
from kgmed.builders.rows import opened
from kgmed.builders.source import REPLACED_BY
from kgmed.kg.errors import DataError, RowError

SUBCLASS_OF = ("rdfs:subclassof", "obo:is_a", "is_a")
REPLACED = "iao:0100001"


class OboGraphs:
    """The terms of one document; the tallies go to its source."""

    def __init__(self, source: TermSource, path: Path, prefix: str) -> None:
        self._source, self._path, self._prefix = source, path, prefix

    def terms(self) -> list[Term]:
        """Read the document."""
        import obographs
        from pyobo.identifier_utils import get_converter

        document = read_json(self._path)
        try:
            raw = obographs.GraphDocument.model_validate(document).graphs
            graphs = [graph.standardize(get_converter(), strict=False) for graph in raw]
        except Exception as error:
            raise DataError(f"{self._path}: pyobo's obographs can't read it: {error}") from error
        terms: dict[str, Term] = {}
        for written, graph in zip(document["graphs"], graphs, strict=True):
            self._graph(written, graph, terms)
        return list(terms.values())

    def _graph(self, written: dict[str, Any], graph: Any, terms: dict[str, Term]) -> None:
        tally = self._source.tally(self._path.name)
        nodes = [node for node in written.get("nodes") or () if node.get("type") == "CLASS"]
        names = {
            curie_of(node.reference): node.label or ""
            for node in graph.nodes
            if node.type == "PROPERTY"
        }
        tally.read += len(nodes)
        before = sum(tally.skipped.values()) + tally.kept
        others = []
        for node in graph.nodes:
            if node.type != "CLASS":
                continue
            id = curie_of(node.reference)
            if id in terms:
                tally.skipped["a term stated twice"] += 1
                continue
            term = self._node(id, node)
            if self._prefix and not id.startswith(f"{self._prefix}:"):
                tally.skipped["a term of another prefix"] += 1
                others.append(term)
                continue
            terms[id] = term
            if term.is_obsolete:
                tally.skipped["obsolete term"] += 1
            else:
                tally.kept += 1
        done = sum(tally.skipped.values()) + tally.kept - before
        count_lost(tally, len(nodes) - done)
        self._edges(written, graph, terms, names)
        self._json_clauses(written, list(terms.values()), others)

    def _node(self, id: str, node: Any) -> Term:
        meta = node.meta
        term = Term(id, bool(meta and meta.deprecated))
        for property in (meta.properties if meta else None) or ():
            if isinstance(property.value, str):
                continue
            label = curie_of(property.predicate)
            if label == REPLACED and term.is_obsolete:
                object = curie_of(property.value)
                term.mappings.append(Mapping(REPLACED_BY, object, editorial=True))
            elif label.partition(":")[0] == "skos" and label.partition(":")[2] in SKOS:
                term.mappings.append(Mapping(label, curie_of(property.value)))
        if term.is_obsolete or meta is None:
            if node.label and not term.is_obsolete:
                term.names.append(Name(node.label, "preferred"))
            return term
        if node.label:
            term.names.append(Name(node.label, "preferred"))
        for synonym in meta.synonyms or ():
            if synonym.predicate.identifier == "hasExactSynonym" and synonym.text:
                kind = synonym.type is not None and curie_of(synonym.type) in ABBREVIATIONS
                term.names.append(Name(synonym.text, "abbreviation" if kind else "synonym"))
        for xref in meta.xrefs or ():
            term.mappings.append(Mapping(XREF, curie_of(xref.reference)))
        if meta.definition and meta.definition.value:
            term.definitions.append((meta.definition.value, ""))
        return term

    def _edges(
        self, written: dict[str, Any], graph: Any, terms: dict[str, Term], names: dict[str, str]
    ) -> None:
        tally = self._source.tally(f"{self._path.name}: edges")
        count = len(written.get("edges") or ())
        tally.read += count
        for edge in graph.edges:
            term = terms.get(curie_of(edge.subject))
            label, object = curie_of(edge.predicate), curie_of(edge.object)
            if term is None or term.is_obsolete:
                tally.skipped["of no live term"] += 1
                continue
            tally.kept += 1
            if label.lower() in SUBCLASS_OF:
                term.parents.append(object)
            else:
                name = getattr(edge.predicate, "name", "") or names.get(label, "")
                term.relations.append(Relation(label, object, name))
        count_lost(tally, count - len(graph.edges))

    def _json_clauses(self, written: dict[str, Any], terms: list[Term], others: list[Term]) -> None:
        """Count what a graph's nodes say beside what was taken of it."""
        said, scopes = Counter[str](), Counter[str]()
        for node in written.get("nodes") or ():
            meta = node.get("meta") or {}
            if node.get("type") != "CLASS" or meta.get("deprecated"):
                continue
            said["xrefs"] += len(meta.get("xrefs") or ())
            for synonym in meta.get("synonyms") or ():
                said["synonyms"] += 1
                scope = str(synonym.get("pred", "")).rpartition("/")[2].rpartition("#")[2]
                if scope != "hasExactSynonym":
                    scopes[scope.removeprefix("has").removesuffix("Synonym").upper()] += 1
        for kind in ("synonyms", "xrefs"):
            tally = self._source.tally(f"{self._path.name}: {kind}")
            before = tally.kept + sum(tally.skipped.values())
            tally.read += said[kind]
            tally.kept += _taken(terms, kind)
            if left := _taken(others, kind):
                tally.skipped["of a term of another prefix"] += left
            if kind == "synonyms":
                tally.skipped.update({f"{scope} synonym": n for scope, n in scopes.items()})
            done = tally.kept + sum(tally.skipped.values()) - before
            count_lost(tally, said[kind] - done)


def _taken(terms: Iterable[Term], kind: str) -> int:
    if kind == "xrefs":
        return sum(mapping.predicate == XREF for term in terms for mapping in term.mappings)
    return sum(name.kind != "preferred" for term in terms for name in term.names)


def read_json(path: Path) -> dict[str, Any]:
    """A document of graphs; any other JSON is refused."""
    try:
        with opened(path) as file:
            data = file.read()
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        hint = "Is the download complete?"
        raise RowError(
            path, line, found=f"text that isn't JSON ({error})", expected="OBO Graphs", hint=hint
        ) from error
    graphs = document.get("graphs") if isinstance(document, dict) else None
    if not isinstance(graphs, list) or not graphs or not all(isinstance(g, dict) for g in graphs):
        raise DataError(
            f"{path}: found JSON without graphs, expected OBO Graphs"
            ' (https://github.com/geneontology/obographs): {"graphs": [{"nodes": ...}]}.'
        )
    if _SURROGATE.search(data) and not _is_whole(document):
        raise DataError(
            f"{path}: found an escape that is half of a surrogate pair, expected whole characters."
            " The file was cut or written by a faulty program; write it again."
        )
    found: dict[str, Any] = document
    return found


_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def _is_whole(document: Any) -> bool:
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def json_header(path: Path) -> list[tuple[str, str]]:
    """What an OBO header would say, of a JSON document."""
    graph = read_json(path)["graphs"][0]
    meta = graph.get("meta") or {}
    found = [("ontology", str(graph.get("id", "")).rpartition("/")[2].partition(".")[0])]
    if meta.get("version"):
        found.append(("data-version", str(meta["version"])))
    for value in meta.get("basicPropertyValues") or ():
        found.append(("property_value", f"{value.get('pred')} {value.get('val')}"))
    return found
