"""Quads of an RDF file that kgmed wrote, taken apart into tables in DuckDB.

pyoxigraph parses the file as a stream. Quads may come in any order: other tools may have rewritten
the file. What is there twice for readers of RDF's sake - the statements' plain triples, labels
beside preferred labels, the ids of one concept - is counted and passed over.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from kgmed.builders.source import Tally
from kgmed.kg.errors import DataError, MissingExtra
from kgmed.kg.iris import to_curie
from kgmed.kg.views import rdf_terms as terms
from kgmed.kg.views.rdf_terms import (
    BIOLINK,
    DCAT,
    DCTERMS,
    KGMED,
    OWL,
    PROV,
    RDF,
    RDFS,
    SKOS,
    SSSOM,
)

if TYPE_CHECKING:
    import duckdb

BATCH_ROWS = 50_000
ENDINGS = {".nq": "N_QUADS", ".nt": "N_TRIPLES", ".trig": "TRIG", ".ttl": "TURTLE"}
"""Ending of a file's name -> pyoxigraph's name of its format."""

DESCRIBING = {
    f"{DCTERMS}title": "title",
    f"{DCAT}version": "release",
    f"{KGMED}licence": "licence",
    f"{DCTERMS}bibliographicCitation": "attribution",
    f"{KGMED}position": "position",
    f"{PROV}wasDerivedFrom": "source",
}
"""Properties of sources and named graphs -> what they say."""

_curie = lru_cache(1 << 17)(to_curie)
Read = Callable[[Any], str]


def _iri(term: Any) -> str:
    return _curie(term.value)


def _text(term: Any) -> str:
    return cast(str, term.value)


def _reference(term: Any) -> str:
    text: str = term.value
    return text if _is_literal(term) else _curie(text) or text


def _is_literal(term: Any) -> bool:
    return type(term).__name__ == "Literal"


def _predicate(term: Any) -> str:
    return terms.predicate_name(term.value)


def _source(term: Any) -> str:
    return terms.source_name(term.value)


STATED: dict[str, tuple[str, Read]] = {
    f"{RDF}subject": ("subject", _iri),
    f"{RDF}predicate": ("predicate", _predicate),
    f"{RDF}object": ("object", _iri),
    f"{BIOLINK}primary_knowledge_source": ("source", _source),
    f"{BIOLINK}knowledge_level": ("level", _text),
    f"{BIOLINK}agent_type": ("agent", _text),
    f"{BIOLINK}original_predicate": ("own", _text),
    f"{BIOLINK}original_subject": ("original_subject", _iri),
    f"{BIOLINK}original_object": ("original_object", _iri),
    f"{BIOLINK}negated": ("negated", _text),
    f"{BIOLINK}supporting_text": ("text", _text),
    f"{BIOLINK}publications": ("publication", _reference),
    f"{KGMED}source_record": ("record", _text),
    f"{KGMED}value": ("value", _text),
    f"{KGMED}value_type": ("value_type", _text),
    f"{KGMED}value_language": ("value_language", _text),
    f"{KGMED}unit": ("unit", _text),
    f"{DCTERMS}isPartOf": ("part", _text),
}
"""Property of a statement -> its name here, and how its object is read."""
MAPPED: dict[str, tuple[str, Read]] = {
    f"{OWL}annotatedSource": ("subject", _iri),
    f"{OWL}annotatedProperty": ("predicate", _iri),
    f"{OWL}annotatedTarget": ("object", _iri),
    f"{SSSOM}mapping_justification": ("justification", _reference),
    f"{SSSOM}confidence": ("confidence", _text),
    f"{SSSOM}predicate_modifier": ("modifier", _text),
    f"{SSSOM}subject_label": ("subject_label", _text),
    f"{SSSOM}object_label": ("object_label", _text),
    f"{SSSOM}mapping_provider": ("source", _source),
    f"{KGMED}status": ("status", _text),
    f"{KGMED}reason": ("reason", _text),
}
PATHS: dict[str, tuple[str, Read]] = {
    f"{KGMED}record": ("path", _text),
    f"{KGMED}start": ("start", _iri),
    f"{KGMED}end": ("end", _iri),
    f"{KGMED}steps": ("steps", _text),
}
NAMED = {
    f"{SKOS}prefLabel": "preferred",
    f"{SKOS}altLabel": "synonym",
    f"{KGMED}abbreviation": "abbreviation",
    f"{KGMED}brand_name": "brand",
}
TYPE = f"{RDF}type"
TOLD = (f"{RDFS}label", f"{SKOS}exactMatch")
"""What other quads say as well."""


def parse(path: Path) -> Iterator[Any]:
    """The quads, or triples, of a file. Raises :class:`~kgmed.kg.errors.DataError`."""
    try:
        import pyoxigraph
    except ImportError as error:
        raise MissingExtra("pyoxigraph", "rdf") from error
    name = path.name.removesuffix(".gz")
    ending = Path(name).suffix
    if ending not in ENDINGS:
        raise DataError(
            f"{path}: found the ending {ending!r}, expected one of {', '.join(ENDINGS)},"
            " each also with .gz."
        )
    format = getattr(pyoxigraph.RdfFormat, ENDINGS[ending])
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with cast("IO[bytes]", opened(path, "rb")) as file:
            yield from pyoxigraph.parse(file, format=format)
    except SyntaxError as error:
        line = f" line {error.lineno}" if error.lineno else ""
        raise DataError(
            f"{path}{line}: not {ENDINGS[ending].replace('_', '-').title()}: {error.msg}."
            " Was the file cut short?"
        ) from error
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: can't be read ({error}).") from error


def described(path: Path) -> dict[str, dict[str, str]]:
    """IRI of each source and named graph -> what the file says of it.

    Read from the file's beginning, where kgmed writes it, or from wherever it is.
    """
    found: dict[str, dict[str, str]] = {}
    whole = False
    for quad in parse(path):
        property = DESCRIBING.get(quad.predicate.value)
        if property:
            found.setdefault(quad.subject.value, {})[property] = quad.object.value
            whole = whole or property == "position"
        elif whole and quad.predicate.value == TYPE and quad.object.value in _THINGS:
            break
    return found


_THINGS = {f"{SKOS}Concept", f"{BIOLINK}Association", f"{SSSOM}Mapping"}


class Loader:
    """Puts a file's quads into ``st``, ``mp``, ``pt`` (thing, what, text, tag, graph), ``nm``
    (concept, kind, text, language, graph) and ``cc`` (concept, what, text, graph)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tally: Tally) -> None:
        self.connection = connection
        self.tally = tally
        self._rows: dict[str, list[tuple[str, ...]]] = {}
        for table in ("st", "mp", "pt", "nm", "cc"):
            self._rows[table] = []
            connection.execute(
                f"CREATE TABLE {table}(thing VARCHAR, what VARCHAR, text VARCHAR, tag VARCHAR,"
                " graph VARCHAR)"
            )

    def load(self, path: Path) -> None:
        """Read a file."""
        kinds = (
            (terms.STATEMENT, "st", STATED),
            (terms.MAPPING, "mp", MAPPED),
            (terms.PATH, "pt", PATHS),
        )
        skipped, kept, count = self.tally.skipped, 0, 0
        for quad in parse(path):
            count += 1
            subject = quad.subject.value
            graph = getattr(getattr(quad, "graph_name", None), "value", "")
            reason = ""
            for base, table, properties in kinds:
                if subject.startswith(base):
                    reason = self._about(table, subject[len(base) :], properties, quad, graph)
                    break
            else:
                reason = self._concept(subject, quad, graph)
            if reason:
                skipped[reason] += 1
            else:
                kept += 1
            if not count % BATCH_ROWS:
                self._flush()
        self._flush()
        self.tally.read += count
        self.tally.kept += kept

    def _about(
        self, table: str, thing: str, properties: dict[str, tuple[str, Read]], quad: Any, graph: str
    ) -> str:
        predicate, object = quad.predicate.value, quad.object
        entry = properties.get(predicate)
        if entry is None:
            if predicate == TYPE:
                return "a type, told by the id"
            if table != "st" or not predicate.startswith(terms.QUALIFIER):
                return "a property that kgmed's model lacks"
            what = "qualifier:" + unquote(predicate[len(terms.QUALIFIER) :])
            self._rows[table].append((thing, what, object.value, "", graph))
            return ""
        what, read = entry
        tag = ""
        if what == "object" and table == "st" and _is_literal(object):
            what, text, tag = "literal", object.value, object.language or ""
        else:
            text = read(object)
        self._rows[table].append((thing, what, text, tag, graph))
        return ""

    def _concept(self, subject: str, quad: Any, graph: str) -> str:
        predicate = quad.predicate.value
        if predicate in DESCRIBING:
            return "of sources and graphs"
        id = _curie(subject)
        if not id:
            return "of sources and graphs"
        kind = NAMED.get(predicate)
        if kind:
            object = quad.object
            self._rows["nm"].append((id, kind, object.value, object.language or "", graph))
            return ""
        if predicate == TYPE:
            iri = quad.object.value
            if iri == f"{SKOS}Concept":
                self._rows["cc"].append((id, "concept", "", "", graph))
                return ""
            name = terms.category_name(iri)
            if name:
                self._rows["cc"].append((id, "category", name, "", graph))
            return "" if name else "a type that kgmed's model lacks"
        if predicate == f"{DCTERMS}source":
            self._rows["cc"].append((id, "source", terms.source_name(quad.object.value), "", graph))
            return ""
        if predicate in TOLD:
            return "told by other quads"
        if terms.predicate_name(predicate) or _curie(predicate):
            return "a statement's or mapping's triple, told by its resource"
        return "a property that kgmed's model lacks"

    def _flush(self) -> None:
        import pyarrow as pa

        names = ("thing", "what", "text", "tag", "graph")
        for table, rows in self._rows.items():
            if rows:
                columns = zip(*rows, strict=True)
                batch = pa.table(
                    {n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)}
                )
                self.connection.register("loaded", batch)
                self.connection.execute(f"INSERT INTO {table} SELECT * FROM loaded")
                self.connection.unregister("loaded")
                rows.clear()
