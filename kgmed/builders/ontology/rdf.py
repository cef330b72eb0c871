"""OWL, SKOS and other RDF through rdflib: RDF/XML, Turtle and N-Triples from a local path.

What is read of OWL 2 (https://www.w3.org/TR/owl2-mapping-to-rdf/): named classes, ``subClassOf`` a
named class or an existential restriction, ``equivalentClass`` with a named class or an intersection
of those - which entails both. Of SKOS (https://www.w3.org/TR/skos-reference/): concepts, labels,
``broader``, mappings. Of oboInOwl and IAO: synonyms, cross-references, definitions, replacements.
``owl:imports`` are listed, never followed; rdflib (https://rdflib.readthedocs.io) is handed an open
file, so nothing is fetched. JSON-LD isn't read: its contexts are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kgmed.builders.forecast import InputFile, survey_files
from kgmed.builders.ontology.iris import Iris
from kgmed.builders.ontology.obo import LICENCE_URL, release_of
from kgmed.builders.ontology.terms import (
    ABBREVIATIONS,
    XREF,
    Name,
    Relation,
    Term,
    TermSource,
    quiet,
)
from kgmed.builders.ontology.terms import Mapping as TermMapping
from kgmed.builders.quarantine import SetAside, append
from kgmed.builders.rows import OnError, counted, digest, opened, read_blocks, shown, split_name
from kgmed.builders.source import REPLACED_BY, SourceInfo, Tally
from kgmed.builders.sssom.metadata import licence_of
from kgmed.kg.errors import DataError, MissingExtra, RowError

if TYPE_CHECKING:
    from rdflib import Graph
    from rdflib.term import Node

READER_VERSION = "rdf 2"
PACE = 50.0
"""Seconds to read a million triples."""
FORMATS = {
    ".owl": "",
    ".rdf": "",
    ".xml": "",
    ".ttl": "turtle",
    ".n3": "turtle",
    ".nt": "nt",
}
"""Ending -> rdflib's name of the format; '' = by the file's beginning."""

HEAD_BYTES = 256 << 10
"""How much of a file is searched for its release and licence before it is parsed."""

OBO = "http://purl.obolibrary.org/obo/"
OIO = "http://www.geneontology.org/formats/oboInOwl#"
OWL = "http://www.w3.org/2002/07/owl#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"

CLASSES = (f"{OWL}Class", f"{RDFS}Class", f"{SKOS}Concept")
PREFERRED = (f"{RDFS}label", f"{SKOS}prefLabel")
EXACT = (f"{OIO}hasExactSynonym", f"{SKOS}altLabel")
INEXACT = {
    f"{OIO}hasRelatedSynonym": "RELATED synonym",
    f"{OIO}hasNarrowSynonym": "NARROW synonym",
    f"{OIO}hasBroadSynonym": "BROAD synonym",
    f"{SKOS}hiddenLabel": "hidden label",
}
DEFINITIONS = (f"{OBO}IAO_0000115", f"{SKOS}definition")
MAPPINGS = {
    **{f"{SKOS}{kind}Match": f"skos:{kind}Match"
       for kind in ("exact", "close", "broad", "narrow", "related")},
    f"{OWL}sameAs": "owl:sameAs",
    f"{OIO}hasDbXref": XREF,
}  # fmt: skip
EDITORIAL = (f"{OIO}hasAlternativeId", f"{OBO}IAO_0100001")
"""An id that the term had, or what an obsolete term is now."""

ENTITY_CHARACTERS = 1_000
"""No namespace is longer."""

_ENTITY = re.compile(r"""<!ENTITY\s[^"'>]*?(SYSTEM|PUBLIC)?\s*(["'])(.*?)\2""", re.DOTALL)
_TRIPLE = re.compile(r"\s*(?:#.*|(?:<[^>]*>|_:\S+)\s+<[^>]*>\s+\S.*\.\s*(?:#.*)?)?$")


class RdfSource(TermSource):
    """One ontology or thesaurus as OWL, Turtle, RDF/XML or N-Triples, plain or gzipped.

    ``prefixes`` says what a base IRI of your own is as a prefix (``{"ward":
    "http://ward.org/id/"}``); OBO's, identifiers.org's and the authorities' IRIs are known, and the
    prefixes that a file declares are used last. ``category`` is given to every term; without it,
    the prefix or the branch decides. Deprecated classes are counted and left out.

    rdflib holds the whole file in memory, about 1.7 kB a triple, and reads some 20,000
    triples/s.

    Raises :class:`~kgmed.kg.errors.MissingExtra` without rdflib,
    :class:`~kgmed.kg.errors.RowError` for text that isn't RDF. Only N-Triples have lines that can
    be set aside with ``on_error="skip"``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        prefixes: Mapping[str, str] | None = None,
        version: str | None = None,
        info: SourceInfo | None = None,
        category: str = "",
        on_error: OnError = "stop",
        quarantine: Path | None = None,
    ) -> None:
        super().__init__(category)
        self.path = Path(path)
        self._prefixes = dict(prefixes or {})
        self._on_error: OnError = on_error
        self._quarantine = quarantine
        with opened(self.path) as file:
            start = file.read(HEAD_BYTES)
        if b"\0" in start[:200]:
            raise DataError(f"{self.path}: found text in UTF-16, expected UTF-8. Convert it.")
        head = start.decode("utf-8", "replace")
        self._format = _format(self.path, head)
        if self._format == "xml":
            _defuse(self.path, head)
        self.info = _info(head, self.path, version, info)

    def fingerprint(self) -> str:
        """SHA-256 over the file's bytes, the options and the reader's version."""
        options = f"{sorted(self._prefixes.items())} {self._category} {self.info}"
        said = f"{READER_VERSION} {self._on_error} {self._format} {options}"
        return digest(said, [("ontology", self.path)])

    def survey(self) -> list[InputFile]:
        """The file, with its triples by its size: about one a line."""
        return survey_files([self.path], pace=PACE)

    def load(self) -> list[Term]:
        """Parse the file; the tally counts its triples."""
        self.tallies.clear()
        tally = self.tally(self.path.name)
        with quiet("rdflib", "rdflib.term"):
            graph = self._parse(tally)
            declared = {prefix: str(base) for prefix, base in graph.namespaces()}
            reading = _Graph(graph, Iris(self._prefixes, declared), tally)
            terms = reading.terms()
        self.find("IRI without a prefix", counted("namespace", reading.iris.unknown))
        self.find("property that isn't read", counted("property", reading.unread))
        self.find(
            "ontology imported, not read",
            [{"import": each} for each in sorted(reading.objects_of(f"{OWL}imports"))],
        )
        return terms

    def _parse(self, tally: Tally) -> Graph:
        try:
            import rdflib
        except ImportError as error:
            raise MissingExtra("rdflib", "ontology") from error
        graph = rdflib.Graph(bind_namespaces="none")
        try:
            if self._format == "nt":
                return self._parse_lines(graph, tally)
            with opened(self.path) as file:
                graph.parse(file=file, format=self._format, publicID=self.path.name)
        except (DataError, RowError):
            raise
        except Exception as error:
            raise self._explained(error) from error
        return graph

    def _parse_lines(self, graph: Graph, tally: Tally) -> Graph:
        """N-Triples: as a whole, or without the lines that rdflib doesn't take."""
        import rdflib

        wrong: list[SetAside] = []
        lines = dict(self._lines(wrong))
        try:
            graph.parse(data="\n".join(lines.values()) + "\n", format="nt")
        except Exception as error:
            bad = [at for at, line in lines.items() if not _is_triple(line)]
            if not bad:
                raise
            written = self._written(bad)
            for at in bad:
                del lines[at]
                self._refuse_line(at, written[at], "", wrong, error)
            graph = rdflib.Graph(bind_namespaces="none")
            graph.parse(data="\n".join(lines.values()) + "\n", format="nt")
        tally.read += len(wrong)
        if wrong:
            tally.skipped["not a triple"] += len(wrong)
        append(self._quarantine, sorted(wrong, key=lambda row: row.line))
        return graph

    def _lines(self, wrong: list[SetAside]) -> Iterator[tuple[int, str]]:
        """The lines that look like triples, by number; the others are refused."""
        for block in read_blocks(self.path):
            for index, line in enumerate(block.lines):
                at, problem = block.first + index, block.problems.get(index)
                if problem is None and _TRIPLE.match(line):
                    yield at, line
                else:
                    raw = block.raw(index)[0].decode("utf-8", "surrogateescape")
                    found = "" if problem is None else problem.found
                    self._refuse_line(at, raw.removesuffix("\r"), found, wrong)

    def _written(self, numbers: Collection[int]) -> dict[int, str]:
        """Lines as they stand in the file."""
        found = {}
        for block in read_blocks(self.path):
            for at in set(numbers) & set(range(block.first, block.first + len(block))):
                found[at] = block.raw(at - block.first)[0].decode().removesuffix("\r")
        return found

    def _refuse_line(
        self,
        at: int,
        line: str,
        found: str,
        wrong: list[SetAside],
        cause: Exception | None = None,
    ) -> None:
        if self._on_error == "stop":
            raise RowError(
                self.path,
                at,
                found=found or shown(line),
                expected="a triple '<subject> <predicate> object .'",
                hint="Or set such rows aside with --on-error skip.",
            ) from cause
        wrong.append(SetAside(self.path, at, "not a triple", line))

    def _explained(self, error: Exception) -> DataError:
        """rdflib's errors, with the line where they know it."""
        line = getattr(error, "lines", None)
        if line is None and hasattr(error, "getLineNumber"):
            line = error.getLineNumber()
        why = " ".join(str(getattr(error, "_why", "") or error).split())[:200]
        if isinstance(line, int):
            at = line + 1 if hasattr(error, "lines") else line
            return RowError(
                self.path,
                at,
                found=f"text that isn't {self._format} ({why})",
                expected="RDF",
                hint="Is the download complete, and the file's ending right?",
            )
        return DataError(f"{self.path}: rdflib can't read it as {self._format}: {why}.")


class _Graph:
    """A parsed graph on its way to terms; counts each triple as kept, or skipped for a reason."""

    def __init__(self, graph: Graph, iris: Iris, tally: Tally) -> None:
        import rdflib

        self.iris = iris
        self.unread: Counter[str] = Counter()
        self._graph = graph
        self._tally = tally
        self._iri = rdflib.URIRef
        self._terms: dict[str, Term] = {}
        self._properties: dict[str, str] = {}
        self._short: set[tuple[str, str]] = set()

    def objects_of(self, predicate: str) -> list[str]:
        """The objects of all triples of one predicate."""
        return [str(object) for object in self._graph.objects(None, self._iri(predicate))]

    def terms(self) -> list[Term]:
        """The terms, in the order of their ids."""
        from rdflib import BNode, URIRef

        graph = self._graph
        a, label = self._iri(f"{RDF}type"), self._iri(f"{RDFS}label")
        self._properties = {
            str(of): str(graph.value(of, label) or "")
            for of in graph.subjects(a, self._iri(f"{OWL}ObjectProperty"))
        }
        self._short = self._abbreviations()
        subjects: set[Node] = set()
        for kind in CLASSES:
            subjects |= set(graph.subjects(a, self._iri(kind)))
        subjects |= set(graph.subjects(self._iri(f"{RDFS}subClassOf"), None))
        named = [of for of in subjects if isinstance(of, URIRef) and self.iris(str(of))]
        deprecated = self._iri(f"{OWL}deprecated")
        for each in sorted(named, key=str):
            id = self.iris(str(each))
            gone = str(graph.value(each, deprecated)).lower() in {"true", "1"}
            self._terms.setdefault(id, Term(id, gone))
        for of, predicate, object in graph:
            self._tally.read += 1
            term = self._terms.get(self.iris(str(of))) if isinstance(of, URIRef) else None
            if term is not None:
                why = self._triple(term, str(predicate), object)
            elif isinstance(of, BNode):
                why = "structure of a class expression or annotation"
            else:
                why = "not about a class or concept"
            if why:
                self._tally.skipped[why] += 1
            else:
                self._tally.kept += 1
        for term in self._terms.values():
            _in_order(term)
        return [self._terms[id] for id in sorted(self._terms)]

    def _abbreviations(self) -> set[tuple[str, str]]:
        """(id, text) of synonyms that an axiom's annotation calls an abbreviation."""
        graph = self._graph
        found = set()
        for axiom, kind in graph.subject_objects(self._iri(f"{OIO}hasSynonymType")):
            if self.iris(str(kind)) in ABBREVIATIONS:
                of = graph.value(axiom, self._iri(f"{OWL}annotatedSource"))
                text = graph.value(axiom, self._iri(f"{OWL}annotatedTarget"))
                found.add((self.iris(str(of)), str(text)))
        return found

    def _triple(self, term: Term, predicate: str, object: Node) -> str:
        """Take a triple of a term; '' where it was taken, else why not."""
        from rdflib import Literal, URIRef

        if predicate in EDITORIAL:
            return self._editorial(term, predicate, object)
        if term.is_obsolete:
            return "of an obsolete term"
        if predicate in {f"{RDF}type", f"{OWL}deprecated"}:
            return "" if predicate == f"{RDF}type" else "says that it isn't deprecated"
        if predicate in PREFERRED or predicate in EXACT:
            if not isinstance(object, Literal) or not str(object).strip():
                return "a name that isn't a text"
            term.names.append(self._name(term, predicate, object))
            return ""
        if predicate in INEXACT:
            return INEXACT[predicate]
        if predicate in DEFINITIONS:
            term.definitions.append((str(object), _language(object)))
            return ""
        if predicate in MAPPINGS:
            curie = self.iris.literal(str(object))
            if not curie:
                return "a mapping to what is no CURIE"
            term.mappings.append(TermMapping(MAPPINGS[predicate], curie))
            return ""
        if predicate == f"{RDFS}subClassOf":
            return self._superclass(term, object)
        if predicate == f"{OWL}equivalentClass":
            return self._equivalent(term, object)
        label = self.iris(predicate)
        if isinstance(object, URIRef) and (
            predicate in self._properties or label in {"skos:broader", "skos:narrower"}
        ):
            return self._relation(term, predicate, object)
        self.unread[label or predicate] += 1
        return "a property that isn't read"

    def _name(self, term: Term, predicate: str, object: Node) -> Name:
        text = str(object)
        kind = "preferred" if predicate in PREFERRED else "synonym"
        if kind == "synonym" and (term.id, text) in self._short:
            kind = "abbreviation"
        return Name(text, kind, _language(object))

    def _editorial(self, term: Term, predicate: str, object: Node) -> str:
        curie = self.iris.literal(str(object))
        if not curie:
            return "a mapping to what is no CURIE"
        if term.is_obsolete == (predicate == f"{OBO}IAO_0100001"):
            term.mappings.append(TermMapping(REPLACED_BY, curie, editorial=True))
            return ""
        return "of an obsolete term" if term.is_obsolete else "a replacement of a live term"

    def _superclass(self, term: Term, object: Node) -> str:
        from rdflib import URIRef

        if isinstance(object, URIRef):
            parent = self.iris(str(object))
            if not parent or parent == "owl:Thing":
                return "" if parent else "an IRI without a prefix"
            term.parents.append(parent)
            return ""
        return self._restriction(term, object)

    def _restriction(self, term: Term, object: Node) -> str:
        """``subClassOf (property some class)``; any other expression isn't a statement."""
        from rdflib import URIRef

        on = self._graph.value(object, self._iri(f"{OWL}onProperty"))
        some = self._graph.value(object, self._iri(f"{OWL}someValuesFrom"))
        if not isinstance(on, URIRef) or not isinstance(some, URIRef):
            return "a class expression other than someValuesFrom a named class"
        return self._relation(term, str(on), some)

    def _relation(self, term: Term, predicate: str, object: Node) -> str:
        curie = self.iris(str(object))
        if not curie:
            return "an IRI without a prefix"
        label = self.iris(predicate) or predicate
        name = self._properties.get(predicate, "")
        term.relations.append(Relation(label, curie, name))
        return ""

    def _equivalent(self, term: Term, object: Node) -> str:
        from rdflib import URIRef
        from rdflib.collection import Collection

        if isinstance(object, URIRef):
            curie = self.iris(str(object))
            if not curie:
                return "an IRI without a prefix"
            term.mappings.append(TermMapping("owl:equivalentClass", curie))
            return ""
        parts = self._graph.value(object, self._iri(f"{OWL}intersectionOf"))
        if parts is None:
            return self._restriction(term, object)
        taken = 0
        for part in Collection(self._graph, parts):
            taken += not self._superclass(term, part)
        return "" if taken else "a class expression other than someValuesFrom a named class"


def _in_order(term: Term) -> None:
    """A set's order isn't the file's: sort what a term says, once each."""
    names = {(n.kind != "preferred", n.language, n.text, n.kind): n for n in term.names}
    term.names = [name for _, name in sorted(names.items())]
    term.parents = sorted(set(term.parents) - {term.id})
    relations = {(one.label, one.object): one for one in term.relations}
    term.relations = [relation for _, relation in sorted(relations.items())]
    mappings = {(one.predicate, one.object): one for one in term.mappings}
    term.mappings = [mapping for _, mapping in sorted(mappings.items())]
    term.definitions = sorted(set(term.definitions))


def _language(literal: Any) -> str:
    """A literal's language, the part before a region: 'zh' of 'zh-Hans'."""
    return (getattr(literal, "language", None) or "").partition("-")[0].lower()


class _Nowhere:
    """Takes the triples of lines that are only tried."""

    def triple(self, *_parts: object) -> None:
        pass


def _is_triple(line: str) -> bool:
    """Whether rdflib takes a line of N-Triples."""
    from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

    try:
        W3CNTriplesParser(sink=_Nowhere()).parsestring(f"{line}\n")
    except Exception:  # whatever it raises says no
        return False
    return True


def _defuse(path: Path, head: str) -> None:
    """Refuse what an XML parser would blow up or look up: OWL needs entities for namespaces only.

    https://docs.python.org/3/library/xml.html#xml-security
    """
    problem = ""
    if "<!DOCTYPE" in head and "]>" not in head and "<!ENTITY" in head:
        problem = f"a DOCTYPE longer than {HEAD_BYTES:,} bytes"
    for match in _ENTITY.finditer(head):
        outside, value = match[1], match[3] or ""
        if outside or "%" in match[0].partition('"')[0]:
            problem = problem or "an entity outside the file"
        elif "&" in value.replace("&#", "") or "%" in value:
            problem = problem or "an entity made of entities"
        elif len(value) > ENTITY_CHARACTERS:
            problem = problem or f"an entity of {len(value):,} characters"
    if problem:
        raise DataError(
            f"{path}: found {problem}, expected entities that abbreviate namespaces. Such a file"
            " can exhaust memory or read other files; write it without its DOCTYPE."
        )


def _format(path: Path, head: str) -> str:
    """rdflib's name of a file's format, by its ending and its beginning."""
    ending = split_name(path)[1]
    if ending not in FORMATS:
        hint = ' OBO files are read as type = "obo".' if ending in {".obo", ".json"} else ""
        raise DataError(
            f"{path}: found a file of format {ending or 'unknown'!r}, expected one of"
            f" {', '.join(FORMATS)}, plain or .gz.{hint}"
        )
    if FORMATS[ending]:
        return FORMATS[ending]
    start = head.lstrip("\ufeff \t\r\n")
    if start.startswith(("Prefix(", "Ontology(")) or "<Ontology " in start[:2000]:
        raise DataError(
            f"{path}: found OWL in functional or XML syntax, expected RDF/XML or Turtle. Convert"
            " it: robot convert --input in.owl --output out.ttl."
        )
    return "xml" if start.startswith(("<?xml", "<rdf:RDF", "<!")) else "turtle"


def _info(head: str, path: Path, version: str | None, given: SourceInfo | None) -> SourceInfo:
    """What the beginning of a file says of its ontology, less what is given."""
    about = re.search(r'versionIRI[^<"]*[<"]([^>"]+)', head)
    number = re.search(r'versionInfo[^>"]*[>"]\s*"?([^<"]+)', head)
    release = release_of(about[1] if about else number[1].strip() if number else "")
    licence = re.search(r'(?:license|rights)[^<"]{0,40}[<">]+([^>"<]+)', head)
    url = LICENCE_URL.search(licence[1]) if licence else None
    stem = split_name(path)[0].lower().replace(" ", "-")
    infores = (given.infores if given else "") or f"infores:{stem}"
    return SourceInfo(
        infores,
        (given.name if given else "") or infores.removeprefix("infores:"),
        (given.release if given else "") or version or release,
        (given.licence if given else "") or (licence_of(url[0].rstrip(".")) if url else ""),
        (given.url if given else "") or "",
        (given.attribution if given else "") or "",
    )
